//! Getting a phone of one's own into somebody else's name.

use openpsc::ecps::{self, EnrolmentError, EnrolmentState};
use openpsc_ecps_phone::Phone;
use openpsc_protocol::ecps::{DeviceState, RefusalCode};
use openpsc_tests::{PIN, TestServer, on_both_engines};

use crate::DOCTOR;

async fn started(server: &TestServer) -> (String, String) {
    let started = ecps::start_enrolment(&server.app, DOCTOR, "portal").await.unwrap();
    let link = server.draw_enrolment(&started.id).await.unwrap();
    (started.id, link)
}

async fn refusal(server: &TestServer, link: &str) -> Option<RefusalCode> {
    Phone::enrol(server.app_url(), link, PIN, "Phone").await.err().unwrap().refusal()
}

on_both_engines! {
    /// E06
    async fn a_code_is_burnt_by_the_first_phone(server: TestServer) {
        let (id, link) = started(&server).await;
        Phone::enrol(server.app_url(), &link, PIN, "Phone").await.unwrap();
        assert_eq!(refusal(&server, &link).await, Some(RefusalCode::EnrolmentOver));
        assert_eq!(server.draw_enrolment(&id).await, None);
    }

    /// E07
    async fn two_phones_at_once_cannot_both_have_it(server: TestServer) {
        let (_, link) = started(&server).await;
        let enrol = || Phone::enrol(server.app_url(), &link, PIN, "Phone");
        let (a, b, c) = tokio::join!(enrol(), enrol(), enrol());
        assert_eq!([a.is_ok(), b.is_ok(), c.is_ok()].iter().filter(|ok| **ok).count(), 1);
    }

    async fn an_old_code_or_a_forged_one_is_refused(server: TestServer) {
        let (id, link) = started(&server).await;
        server.clock.advance(61);
        assert_eq!(refusal(&server, &link).await, Some(RefusalCode::CodeStale));
        let mac = link.rsplit('.').next().unwrap();
        let forged = format!("{}/#e={id}.{}.{mac}", server.app_url(), server.clock.now());
        assert_eq!(refusal(&server, &forged).await, Some(RefusalCode::EnrolmentOver));
        server.clock.advance(30);
        assert_eq!(server.draw_enrolment(&id).await, None, "ninety seconds, and it is over");
    }

    /// E4: only the browser that started it may confirm.
    async fn another_browser_cannot_confirm(server: TestServer) {
        let (id, link) = started(&server).await;
        let (phone, _) = Phone::enrol(server.app_url(), &link, PIN, "Phone").await.unwrap();

        for yes in [true, false] {
            let refused = ecps::confirm_enrolment(&server.app, &id, "elsewhere", yes).await;
            assert!(matches!(refused, Err(EnrolmentError::Over)));
        }

        assert_eq!(phone.status().await.unwrap().state, DeviceState::PinSet);
        ecps::confirm_enrolment(&server.app, &id, "portal", true).await.unwrap();
        assert_eq!(phone.status().await.unwrap().state, DeviceState::Active);
    }

    /// E4: a code relayed to a stranger's phone shows another value there.
    async fn another_phone_shows_another_value(server: TestServer) {
        let (first, second) = (started(&server).await, started(&server).await);
        let first = Phone::enrol(server.app_url(), &first.1, PIN, "Phone").await.unwrap();
        let second = Phone::enrol(server.app_url(), &second.1, PIN, "Phone").await.unwrap();
        assert_ne!(first.1, second.1);
    }

    async fn a_phone_that_is_not_confirmed_may_do_nothing_and_ends(server: TestServer) {
        let (id, link) = started(&server).await;
        let (phone, _) = Phone::enrol(server.app_url(), &link, PIN, "Phone").await.unwrap();
        let refused = phone.requests(0).await.unwrap_err();
        assert_eq!(refused.refusal(), Some(RefusalCode::UnknownDevice));

        server.clock.advance(600);

        let view = ecps::enrolment_view(&server.app, &id).await.unwrap().unwrap();
        assert_eq!(view.state, EnrolmentState::Over);
        let late = ecps::confirm_enrolment(&server.app, &id, "portal", true).await;
        assert!(matches!(late, Err(EnrolmentError::Over)));
        assert_eq!(phone.status().await.unwrap_err().refusal(), Some(RefusalCode::EnrolmentOver));
        ecps::sweep(&server.app).await.unwrap();
        assert_eq!(phone.status().await.unwrap_err().refusal(), Some(RefusalCode::DeviceRevoked));
    }

    /// E5: an enrolment that fails leaves the old phone alone.
    async fn an_unfinished_enrolment_does_not_end_the_old_phone(server: TestServer) {
        let old = server.enrol(DOCTOR).await;
        let (id, link) = started(&server).await;
        Phone::enrol(server.app_url(), &link, PIN, "Phone").await.unwrap();
        assert!(ecps::confirm_enrolment(&server.app, &id, "elsewhere", true).await.is_err());
        assert_eq!(old.status().await.unwrap().state, DeviceState::Active);
    }
}
