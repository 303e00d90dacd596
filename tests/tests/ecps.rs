//! The e-CPS as it is meant to be used.

#![expect(clippy::unwrap_used, reason = "a scene that cannot go on has failed")]

use openpsc::ecps::{self, AMR, EnrolmentError, EnrolmentState, LEVEL};
use openpsc_ecps_phone::Phone;
use openpsc_protocol::{
    ecps::{DenialReason, DeviceState, Matching, RefusalCode, RequestState, Start},
    level::Level,
};
use openpsc_tests::{BROWSER, LOGIN, PIN, WRONG_PIN, on_both_engines};

const DOCTOR: &str = "899700990015";

on_both_engines! {
    async fn a_push_is_approved_with_the_number_of_the_page(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        assert_eq!(server.state(&push.rid).await, RequestState::Pending);

        let [challenge] = phone.requests(0).await.unwrap().try_into().unwrap();
        assert_eq!(challenge.matching, Matching::Typed2);
        assert_eq!(server.state(&push.rid).await, RequestState::Fetched);
        server.clock.advance(7);
        let before = server.clock.now();
        phone.approve(&push.rid, Some(&push.number)).await.unwrap();

        let approved = ecps::approved(&server.app, &push.rid).await.unwrap().unwrap();
        assert_eq!(approved.national_id, DOCTOR);
        assert_eq!(approved.device_id, phone.device_id());
        // E20: the time of the approval, not of the request.
        assert!((before..=server.clock.now()).contains(&approved.auth_time));
        assert_eq!((LEVEL, AMR), (Level::Eidas2, ["swk", "pin", "mfa"]));
        assert!(server.consume(&push.rid, LOGIN, BROWSER).await);
        assert_eq!(server.state(&push.rid).await, RequestState::Consumed);
    }

    async fn a_scanned_code_is_approved_without_a_number(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let rid = server.qr(LOGIN).await;
        let code = server.draw_qr(&rid).await.unwrap();
        assert!(code.starts_with(server.app_url()));

        let challenge = phone.scan(&code).await.unwrap();

        assert_eq!((challenge.start, challenge.matching), (Start::Qr, Matching::Qr));
        assert_eq!(server.draw_qr(&rid).await, None, "a scanned code is no longer shown");
        phone.approve(&rid, None).await.unwrap();
        assert_eq!(server.state(&rid).await, RequestState::Approved);
    }

    async fn a_link_is_followed_on_the_phone_itself(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let link = server.link().await;
        let (_, fragment) = link.link.split_once("#l=").unwrap();
        let (rid, secret) = fragment.split_once('.').unwrap();

        assert_eq!(phone.open_link(rid, secret).await.unwrap().matching, Matching::Link);
        phone.approve(rid, None).await.unwrap();

        assert_eq!(server.state(&link.rid).await, RequestState::Approved);
    }

    async fn a_page_that_is_loaded_again_keeps_its_request(server: TestServer) {
        let first = server.qr(LOGIN).await;
        assert_eq!(server.qr(LOGIN).await, first);
        assert_ne!(server.qr("login-2").await, first, "another tab has its own");
        server.clock.advance(120);
        assert_ne!(server.qr(LOGIN).await, first, "an old one is replaced");
    }

    async fn the_person_may_say_no(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;

        phone.deny(&push.rid, DenialReason::Mistake).await.unwrap();

        assert_eq!(server.state(&push.rid).await, RequestState::Denied);
        let next = server.push(DOCTOR).await;
        phone.approve(&next.rid, Some(&next.number)).await.unwrap();
        let states: Vec<_> =
            phone.history().await.unwrap().into_iter().map(|entry| entry.state).collect();
        assert_eq!(states.len(), 2);
        assert!(states.contains(&RequestState::Denied) && states.contains(&RequestState::Approved));
    }

    async fn a_waiting_phone_hears_of_a_push_at_once(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;

        let (heard, push) = tokio::join!(phone.requests(20), async {
            // The phone must be waiting by then; if it is not, it just reads sooner.
            tokio::task::yield_now().await;
            server.push(DOCTOR).await
        });

        assert_eq!(heard.unwrap()[0].rid, push.rid);
    }

    async fn a_page_gives_up_and_the_phone_forgets(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        phone.requests(0).await.unwrap();

        ecps::cancel(&server.app, &push.rid).await.unwrap();

        assert!(phone.requests(0).await.unwrap().is_empty());
        let refused = phone.approve(&push.rid, Some(&push.number)).await.unwrap_err();
        assert_eq!(refused.refusal(), Some(RefusalCode::RequestOver));
    }

    async fn a_new_phone_replaces_the_old_one(server: TestServer) {
        let old = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        old.requests(0).await.unwrap();

        let new = server.enrol(DOCTOR).await;

        assert_eq!(old.status().await.unwrap_err().refusal(), Some(RefusalCode::DeviceRevoked));
        assert_eq!(server.state(&push.rid).await, RequestState::Cancelled);
        assert_eq!(new.status().await.unwrap().state, DeviceState::Active);
        let devices = ecps::devices_of(&server.app, DOCTOR).await.unwrap();
        let active = devices.iter().filter(|device| device.state == DeviceState::Active).count();
        assert_eq!((devices.len(), active), (2, 1));
    }

    async fn a_portal_that_says_no_ends_the_phone(server: TestServer) {
        let started = ecps::start_enrolment(&server.app, DOCTOR, "portal").await.unwrap();
        let link = server.draw_enrolment(&started.id).await.unwrap();
        let (phone, _) = Phone::enrol(server.app_url(), &link, PIN, "Phone").await.unwrap();
        assert_eq!(phone.status().await.unwrap().state, DeviceState::PinSet);

        ecps::confirm_enrolment(&server.app, &started.id, "portal", false).await.unwrap();

        let view = ecps::enrolment_view(&server.app, &started.id).await.unwrap().unwrap();
        assert_eq!((view.state, view.check), (EnrolmentState::Over, None));
        assert_eq!(phone.status().await.unwrap_err().refusal(), Some(RefusalCode::DeviceRevoked));
    }

    async fn nobody_unknown_is_enrolled(server: TestServer) {
        let refused = ecps::start_enrolment(&server.app, "899799999999", "portal").await;
        assert!(matches!(refused, Err(EnrolmentError::UnknownPerson)));
    }

    async fn a_pin_is_changed(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;

        let status = phone.change_pin(WRONG_PIN).await.unwrap();
        assert_eq!(status.tries_left, 3, "a change costs no try");

        let push = server.push(DOCTOR).await;
        let old = phone.approve_with_pin(&push.rid, Some(&push.number), PIN).await.unwrap_err();
        assert_eq!(old.refusal(), Some(RefusalCode::PinWrong));
        phone.approve(&push.rid, Some(&push.number)).await.unwrap();
    }

    async fn a_phone_gives_itself_up(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        phone.requests(0).await.unwrap();

        assert_eq!(phone.revoke().await.unwrap().state, DeviceState::Revoked);

        assert_eq!(server.state(&push.rid).await, RequestState::Cancelled);
        assert_eq!(phone.status().await.unwrap_err().refusal(), Some(RefusalCode::DeviceRevoked));
    }

    async fn a_phone_is_enrolled_again_after_its_time(server: TestServer) {
        let server = server.reconfigured(|config| config.ecps.device_lifetime_days = 1).await;
        let phone = server.enrol(DOCTOR).await;
        server.clock.advance(24 * 60 * 60);
        assert_eq!(phone.status().await.unwrap_err().refusal(), Some(RefusalCode::DeviceRevoked));
        let push = server.push(DOCTOR).await;
        assert_eq!(server.state(&push.rid).await, RequestState::Pending, "as for anybody unknown");
    }

    async fn every_table_has_an_end(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        phone.deny(&push.rid, DenialReason::NotMe).await.unwrap();
        server.qr(LOGIN).await;

        server.clock.advance(4 * 365 * 24 * 60 * 60);
        ecps::sweep(&server.app).await.unwrap();
        server.clock.advance(91 * 24 * 60 * 60);
        ecps::sweep(&server.app).await.unwrap();

        for table in [
            "select count(*) as rows from ecps_devices",
            "select count(*) as rows from ecps_enrolments",
            "select count(*) as rows from ecps_requests",
            "select count(*) as rows from ecps_push_blocks",
        ] {
            let row = openpsc::database::sql(table).fetch_optional(&server.app.database).await;
            assert_eq!(row.unwrap().unwrap().integer("rows").unwrap(), 0, "{table}");
        }
    }
}
