//! Whoever knows an identifier, which is public, starts logins with it.

use openpsc::ecps::StartError;
use openpsc_protocol::ecps::{DenialReason, RequestState};
use openpsc_tests::{LOGIN, TestServer, on_both_engines};

use crate::{DOCTOR, STRANGER};

async fn retry_after(server: &TestServer, national_id: &str) -> Option<i64> {
    match server.try_push(national_id).await {
        Ok(_) => None,
        Err(StartError::TooMany { retry_after }) => Some(retry_after),
        Err(other) => panic!("{other}"),
    }
}

on_both_engines! {
    /// E01
    async fn a_stranger_learns_nothing_about_who_has_a_phone(server: TestServer) {
        let _phone = server.enrol(DOCTOR).await;
        for _ in 0..3 {
            let (known, unknown) = (server.push(DOCTOR).await, server.push(STRANGER).await);
            let (mut known, mut unknown) =
                (server.view(&known.rid).await, server.view(&unknown.rid).await);
            for view in [&mut known, &mut unknown] {
                assert!(view.number.take().is_some_and(|number| number.len() == 2));
                view.rid.clear();
                // What was typed is shown again, shortened.
                view.who = None;
                // Two starts in a row may fall into two seconds.
                (view.created_at, view.expires_at) = (0, 0);
            }
            assert_eq!(known, unknown);
        }
        assert!(retry_after(&server, DOCTOR).await.is_some());
        assert!(retry_after(&server, STRANGER).await.is_some());
        server.clock.advance(120);
        let both = (retry_after(&server, DOCTOR).await, retry_after(&server, STRANGER).await);
        assert!(matches!(both, (Some(_), Some(_))), "{both:?}");
    }

    /// E01, by configuration.
    async fn an_operator_may_choose_to_say_that_there_is_no_phone(server: TestServer) {
        let server = server.reconfigured(|config| config.ecps.reveal_missing_phone = true).await;
        let refused = server.try_push(STRANGER).await;
        assert!(matches!(refused, Err(StartError::NoPhone)));
    }

    /// E02
    async fn a_phone_is_rung_three_times_in_five_minutes(server: TestServer) {
        for _ in 0..3 {
            server.push(DOCTOR).await;
        }
        assert!(retry_after(&server, DOCTOR).await.is_some_and(|wait| (1..=300).contains(&wait)));
        server.clock.advance(301);
        assert_eq!(retry_after(&server, DOCTOR).await, None);
    }

    /// E02
    async fn a_phone_is_rung_ten_times_in_an_hour(server: TestServer) {
        for _ in 0..10 {
            server.push(DOCTOR).await;
            server.clock.advance(150);
        }
        assert!(retry_after(&server, DOCTOR).await.is_some());
        server.clock.advance(3600 - 10 * 150 + 1);
        assert_eq!(retry_after(&server, DOCTOR).await, None);
    }

    /// E02
    async fn a_success_in_between_frees_the_way(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        for _ in 0..6 {
            let push = server.push(DOCTOR).await;
            server.clock.advance(1);
            phone.approve(&push.rid, Some(&push.number)).await.unwrap();
        }
    }

    /// E02
    async fn another_identifier_of_the_same_person_is_no_way_around(server: TestServer) {
        let mut people = server.app.directory.people().iter();
        let aliased = people.find(|person| person.other_ids.len() > 1);
        let person = aliased.expect("the sandbox has a person with two identifiers");
        for other in person.other_ids.iter().cycle().take(3) {
            server.push(other.id.as_str()).await;
        }
        for other in &person.other_ids {
            assert!(retry_after(&server, other.id.as_str()).await.is_some());
        }
    }

    /// E02
    async fn many_starts_at_once_ring_no_more_often(server: TestServer) {
        let starts: Vec<_> = (0..12)
            .map(|_| {
                let app = server.app.clone();
                tokio::spawn(async move {
                    let asking = openpsc::ecps::Asking {
                        login_id: LOGIN,
                        browser_digest: "b",
                        client_id: "demo-agenda",
                        client_name: "Agenda",
                        acr: None,
                        lang: "fr",
                        origin: Default::default(),
                        address: "192.0.2.7",
                    };
                    openpsc::ecps::start_push(&app, &asking, DOCTOR).await.is_ok()
                })
            })
            .collect();
        let mut rung = 0;
        for start in starts {
            rung += usize::from(start.await.unwrap());
        }
        assert!((1..=3).contains(&rung), "{rung}");
    }

    /// E02
    async fn one_address_is_not_let_through_every_identifier(server: TestServer) {
        let server = server.reconfigured(|config| config.ecps.push_starts_per_address = 5).await;
        for nth in 0..5 {
            server.push(&format!("89979999{nth:04}")).await;
        }
        assert!(retry_after(&server, "899799990005").await.is_some());
    }

    /// E02: what is counted is in the database.
    async fn a_restart_forgets_no_start(server: TestServer) {
        for _ in 0..3 {
            server.push(DOCTOR).await;
        }
        let server = server.restart().await;
        assert!(retry_after(&server, DOCTOR).await.is_some());
    }

    /// E03
    async fn a_newer_push_takes_the_place_of_the_older_one(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let older = server.push(DOCTOR).await;
        phone.requests(0).await.unwrap();

        let newer = server.push(DOCTOR).await;

        assert_eq!(server.state(&older.rid).await, RequestState::Superseded);
        let listed = phone.requests(0).await.unwrap();
        assert_eq!(listed.iter().map(|it| it.rid.as_str()).collect::<Vec<_>>(), [&newer.rid]);
        assert!(phone.approve(&older.rid, Some(&older.number)).await.is_err());
    }

    /// E19
    async fn not_me_stops_pushes_and_leaves_the_code(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        phone.deny(&push.rid, DenialReason::NotMe).await.unwrap();

        assert!(retry_after(&server, DOCTOR).await.is_some_and(|told| told <= 300));
        server.clock.advance(14 * 60);
        assert!(retry_after(&server, DOCTOR).await.is_some());
        let rid = server.qr(LOGIN).await;
        let code = server.draw_qr(&rid).await.unwrap();
        phone.scan(&code).await.unwrap();
        phone.approve(&rid, None).await.unwrap();

        server.clock.advance(61);
        let again = server.push(DOCTOR).await;
        phone.deny(&again.rid, DenialReason::NotMe).await.unwrap();
        server.clock.advance(23 * 60 * 60);
        assert!(retry_after(&server, DOCTOR).await.is_some(), "the second time, for a day");
        server.clock.advance(60 * 60);
        assert_eq!(retry_after(&server, DOCTOR).await, None);
    }

    /// E23
    async fn pushes_are_switched_off_and_the_code_stays(server: TestServer) {
        let server = server.reconfigured(|config| config.ecps.push_start = false).await;
        assert!(matches!(server.try_push(DOCTOR).await, Err(StartError::Off)));
        let rid = server.qr(LOGIN).await;
        assert!(server.draw_qr(&rid).await.is_some());
    }
}
