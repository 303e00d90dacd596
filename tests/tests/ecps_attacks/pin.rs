//! Guessing the PIN, with a stolen phone and patience.

use openpsc_ecps_keys::KnowledgeKey;
use openpsc_protocol::ecps::{
    DenialReason, DeviceState, Evaluated, PinPurpose, RefusalCode, RequestState, Verdict, paths,
};
use openpsc_tests::{LOGIN, PIN, TestServer, Thief, WRONG_PIN, on_both_engines};

use crate::DOCTOR;

/// Three wrong PINs in a row, each on a request of its own.
async fn three_wrong(server: &TestServer, phone: &openpsc_ecps_phone::Phone) {
    let rid = scanned(server, phone).await;
    for expected in [RefusalCode::PinWrong, RefusalCode::PinWrong, RefusalCode::PinLocked] {
        let refused = phone.approve_with_pin(&rid, None, WRONG_PIN).await.unwrap_err();
        assert_eq!(refused.refusal(), Some(expected));
    }
}

/// A request that the phone shows; codes have no limit of their own.
async fn scanned(server: &TestServer, phone: &openpsc_ecps_phone::Phone) -> String {
    server.clock.advance(121);
    let rid = server.qr(LOGIN).await;
    phone.scan(&server.draw_qr(&rid).await.unwrap()).await.unwrap();
    rid
}

on_both_engines! {
    /// E10, E11
    async fn wrong_pins_lock_for_five_minutes_an_hour_and_good(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;

        three_wrong(&server, &phone).await;
        let status = phone.status().await.unwrap();
        let left = status.locked_until.map(|until| until - status.now);
        assert!(left.is_some_and(|left| (240..=300).contains(&left)));
        server.clock.advance(300);
        three_wrong(&server, &phone).await;
        let status = phone.status().await.unwrap();
        let left = status.locked_until.map(|until| until - status.now);
        assert!(left.is_some_and(|left| (3540..=3600).contains(&left)));
        server.clock.advance(3600);
        three_wrong(&server, &phone).await;

        let status = phone.status().await.unwrap();
        assert_eq!((status.state, status.tries_left), (DeviceState::PinLocked, 0));
        server.clock.advance(365 * 24 * 60 * 60);
        assert_eq!(phone.status().await.unwrap().state, DeviceState::PinLocked);
        let rid = server.qr(LOGIN).await;
        let refused = phone.scan(&server.draw_qr(&rid).await.unwrap()).await.unwrap_err();
        assert_eq!(refused.refusal(), Some(RefusalCode::PinLocked));
    }

    /// E10
    async fn a_locked_phone_refuses_the_right_pin_and_says_so_to_the_page(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        for _ in 0..3 {
            let wrong = phone.approve_with_pin(&push.rid, Some(&push.number), WRONG_PIN).await;
            assert!(wrong.is_err());
        }

        let refused = phone.approve(&push.rid, Some(&push.number)).await.unwrap_err();

        assert_eq!(refused.refusal(), Some(RefusalCode::PinLocked));
        let view = server.view(&push.rid).await;
        assert_eq!((view.state, view.phone_locked), (RequestState::Cancelled, true));
    }

    /// E10: counted before it is answered, even when nothing follows.
    async fn a_guess_counts_though_nothing_is_made_of_it(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let thief = Thief::copying(&phone, server.app_url());
        server.push(DOCTOR).await;
        let request = thief.request().await;
        for left in [2, 1, 0] {
            thief.guess(&request, WRONG_PIN).await.map(drop).unwrap();
            let status = phone.status().await.unwrap();
            let expected = if left == 0 { (0, true) } else { (left, false) };
            assert_eq!((status.tries_left, status.locked_until.is_some()), expected);
        }

        let refused = thief.guess(&request, WRONG_PIN).await.err().unwrap();

        assert_eq!(refused.refused.error, RefusalCode::PinLocked);
        assert!(refused.refused.locked_until.is_some());
    }

    /// E10
    async fn many_guesses_at_once_are_all_counted(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let thief = Thief::copying(&phone, server.app_url());
        server.push(DOCTOR).await;
        let request = thief.request().await;

        let guess = || thief.guess(&request, WRONG_PIN);
        let (a, b, c, d, e, f) =
            tokio::join!(guess(), guess(), guess(), guess(), guess(), guess());

        let answered = [a, b, c, d, e, f].iter().filter(|guess| guess.is_ok()).count();
        assert!(answered <= 3, "{answered} guesses were answered");
    }

    /// E10
    async fn only_a_full_success_forgives(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let rid = scanned(&server, &phone).await;
        phone.approve_with_pin(&rid, None, WRONG_PIN).await.unwrap_err();
        phone.deny(&rid, DenialReason::Mistake).await.unwrap();
        assert_eq!(phone.status().await.unwrap().tries_left, 2, "a denial forgives nothing");

        let push = server.push(DOCTOR).await;
        let wrong = format!("{:02}", (push.number.parse::<u8>().unwrap() + 1) % 100);
        phone.approve(&push.rid, Some(&wrong)).await.unwrap_err();
        assert_eq!(phone.status().await.unwrap().tries_left, 2, "nor does a wrong number, which costs no try");

        let rid = scanned(&server, &phone).await;
        phone.approve(&rid, None).await.unwrap();
        assert_eq!(phone.status().await.unwrap().tries_left, 3);
    }

    /// E10, E11: on every node, and after a restart.
    async fn another_node_or_a_restart_is_no_way_around_a_lock(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let rid = scanned(&server, &phone).await;
        phone.approve_with_pin(&rid, None, WRONG_PIN).await.unwrap_err();

        let second = server.second_node().await;
        second.clock.advance(121);
        let there = Thief::copying(&phone, second.app_url());
        let request = there.request().await;
        there.guess(&request, WRONG_PIN).await.map(drop).unwrap();
        there.guess(&request, WRONG_PIN).await.map(drop).unwrap();
        drop(second);

        let server = server.restart().await;
        let refused =
            Thief::copying(&phone, server.app_url()).guess(&request, PIN).await.err().unwrap();
        assert_eq!(refused.refused.error, RefusalCode::PinLocked);
    }

    /// The answer to a signature that was not paid for with a counted call is the
    /// same, right or wrong: else it would be a free guess.
    async fn an_uncounted_signature_is_never_looked_at(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let thief = Thief::copying(&phone, server.app_url());
        let rid = scanned(&server, &phone).await;
        let request = thief.request().await;
        let right = thief.guess(&request, PIN).await.unwrap();
        // A second counted call takes the place of the first, and a wrong key
        // spends it: the right one comes without any.
        thief.guess(&request, WRONG_PIN).await.map(drop).unwrap();
        let wrong = KnowledgeKey::from_prk(&[7; 32]);
        let decision = thief.decision(&request, Verdict::Approve);

        for key in [&wrong, &right, &wrong] {
            let message = thief.sign(&decision, Some(key));
            let refused = thief.call::<()>(paths::DECIDE, &message).await.unwrap_err();
            assert_eq!(refused.refused.error, RefusalCode::PinWrong);
            assert_eq!(refused.refused.tries_left, Some(1));
        }
        assert_eq!(server.state(&rid).await, RequestState::Fetched);
    }

    /// Two minutes, then it is one more wrong PIN.
    async fn an_evaluation_does_not_keep(server: TestServer) {
        let server = server.reconfigured(|config| config.ecps.request_lifetime = 120).await;
        let phone = server.enrol(DOCTOR).await;
        for _ in 0..9 {
            server.clock.advance(3601);
            let rid = server.qr(LOGIN).await;
            phone.scan(&server.draw_qr(&rid).await.unwrap()).await.unwrap();
            let thief = Thief::copying(&phone, server.app_url());
            let request = thief.request().await;
            thief.guess(&request, PIN).await.map(drop).unwrap();
        }
        let state = phone.status().await.unwrap().state;
        assert_eq!(state, DeviceState::Active, "the ninth may still be right");
        server.clock.advance(120);
        assert_eq!(phone.status().await.unwrap().state, DeviceState::PinLocked);
    }

    /// E12
    async fn what_is_not_a_point_is_not_evaluated(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let thief = Thief::copying(&phone, server.app_url());
        server.push(DOCTOR).await;
        let request = thief.request().await;
        let purpose = || PinPurpose::Approve {
            rid: request.rid.clone(),
            ch: openpsc_ecps_keys::digest_b64(&request.challenge),
        };
        let mut off_field = [0xff; 33];
        off_field[0] = 2;
        for blinded in [&[0][..], &[0; 33], &off_field, &[4; 65], &[]] {
            let message = thief.sign_oprf(&thief.question(purpose(), blinded));
            let refused = thief.call::<Evaluated>(paths::PIN_OPRF, &message).await.unwrap_err();
            assert_eq!(refused.refused.error, RefusalCode::InvalidRequest);
        }
        assert_eq!(phone.status().await.unwrap().tries_left, 3);
    }

    /// E12
    async fn one_signed_call_is_evaluated_once(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let thief = Thief::copying(&phone, server.app_url());
        server.push(DOCTOR).await;
        let request = thief.request().await;
        let ch = openpsc_ecps_keys::digest_b64(&request.challenge);
        let purpose = PinPurpose::Approve { rid: request.rid.clone(), ch };
        let (_, blinded) = openpsc_ecps_keys::oprf::blind(b"x", &mut rand_core::OsRng);
        let message = thief.sign_oprf(&thief.question(purpose, &blinded));

        thief.call::<Evaluated>(paths::PIN_OPRF, &message).await.unwrap();
        let refused = thief.call::<Evaluated>(paths::PIN_OPRF, &message).await.unwrap_err();

        assert_eq!(refused.refused.error, RefusalCode::InvalidRequest);
        assert_eq!(phone.status().await.unwrap().tries_left, 2);
    }

    /// The new PIN of a change is evaluated under another key: it is no free guess
    /// at the old one.
    async fn a_new_pin_tells_nothing_about_the_old_one(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let thief = Thief::copying(&phone, server.app_url());
        let refused = thief.evaluate(PIN, PinPurpose::ChangeNew).await.err().unwrap();
        assert_eq!(refused.refused.error, RefusalCode::InvalidRequest, "not without the old one");

        let old = thief.evaluate(PIN, PinPurpose::ChangeOld).await.unwrap();
        let new = thief.evaluate(PIN, PinPurpose::ChangeNew).await.unwrap();
        assert_ne!(old.public_key(), new.public_key());
        let refused = thief.evaluate(PIN, PinPurpose::ChangeNew).await.err().unwrap();
        assert_eq!(refused.refused.error, RefusalCode::InvalidRequest, "once");
        let refused = thief.evaluate(PIN, PinPurpose::Enrol).await.err().unwrap();
        assert_eq!(refused.refused.error, RefusalCode::UnknownDevice, "nor as a first PIN");
    }

    async fn a_pin_is_not_changed_without_the_old_one(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        phone.misremember(WRONG_PIN);
        let refused = phone.change_pin("593817").await.unwrap_err();
        assert_eq!(refused.refusal(), Some(RefusalCode::PinWrong));
        assert_eq!(phone.status().await.unwrap().tries_left, 2);
        phone.misremember(PIN);
        let rid = scanned(&server, &phone).await;
        phone.approve(&rid, None).await.unwrap();
    }
}
