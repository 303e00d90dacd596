//! Two copies of one phone.

use openpsc_ecps_phone::Phone;
use openpsc_protocol::ecps::{Decided, DenialReason, RefusalCode, RequestState, Verdict, paths};
use openpsc_tests::{LOGIN, PIN, TestServer, Thief, on_both_engines};

use crate::DOCTOR;

async fn approve(server: &TestServer, phone: &Phone) -> Result<(), Option<RefusalCode>> {
    server.clock.advance(121);
    let rid = server.qr(LOGIN).await;
    let code = server.draw_qr(&rid).await.unwrap();
    phone.scan(&code).await.map_err(|refused| refused.refusal())?;
    phone.approve(&rid, None).await.map(drop).map_err(|refused| refused.refusal())
}

on_both_engines! {
    /// E14: a restored backup.
    async fn two_copies_stop_each_other(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        approve(&server, &phone).await.unwrap();
        let copy = phone.copied();
        approve(&server, &phone).await.unwrap();

        assert_eq!(approve(&server, &copy).await, Err(Some(RefusalCode::DeviceSuspended)));

        assert_eq!(approve(&server, &phone).await, Err(Some(RefusalCode::DeviceSuspended)));
        assert_eq!(phone.status().await.unwrap_err().refusal(), Some(RefusalCode::DeviceSuspended));
        assert!(server.try_push(DOCTOR).await.is_ok(), "a push goes nowhere, and looks the same");
    }

    /// E14: the copy knows the counter, but not the chain.
    async fn a_right_counter_with_a_wrong_chain_is_a_copy(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        approve(&server, &phone).await.unwrap();
        let thief = Thief::copying(&phone, server.app_url());
        server.push(DOCTOR).await;
        let request = thief.request().await;
        let mut decision = thief.decision(&request, Verdict::Deny);
        decision.chain = openpsc::secret::random_token();

        let refused =
            thief.call::<()>(paths::DECIDE, &thief.sign(&decision, None)).await.unwrap_err();

        assert_eq!(refused.refused.error, RefusalCode::DeviceSuspended);
        assert_eq!(server.state(&request.rid).await, RequestState::Cancelled);
    }

    /// E14: an approval that waits for its browser falls with the phone.
    async fn a_suspicion_reaches_what_was_just_approved(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let copy = phone.copied();
        let push = server.push(DOCTOR).await;
        phone.approve(&push.rid, Some(&push.number)).await.unwrap();

        let rid = server.qr("login-2").await;
        copy.scan(&server.draw_qr(&rid).await.unwrap()).await.unwrap();
        copy.deny(&rid, DenialReason::Mistake).await.unwrap_err();

        assert_eq!(server.state(&push.rid).await, RequestState::Cancelled);
        assert!(!server.consume(&push.rid, LOGIN, openpsc_tests::BROWSER).await);
    }

    /// §5.4: one lost answer, for the same request only.
    async fn a_lost_answer_is_no_copy(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let thief = Thief::copying(&phone, server.app_url());
        let push = server.push(DOCTOR).await;
        let request = thief.request().await;
        let k2 = thief.guess(&request, PIN).await.unwrap();
        let mut decision = thief.decision(&request, Verdict::Approve);
        decision.num = Some(push.number.clone());
        let first: Decided =
            thief.call(paths::DECIDE, &thief.sign(&decision, Some(&k2))).await.unwrap();

        // The same words signed once more are another body.
        decision.iat += 1;
        let again: Decided =
            thief.call(paths::DECIDE, &thief.sign(&decision, Some(&k2))).await.unwrap();

        assert_eq!(first, again);
        assert_eq!(server.state(&push.rid).await, RequestState::Approved);
    }

    /// Who has no K1 cannot have anybody suspended.
    async fn a_forged_counter_suspends_nobody(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let thief = Thief::copying(&phone, server.app_url());
        server.push(DOCTOR).await;
        let request = thief.request().await;
        let mut ahead = thief.decision(&request, Verdict::Deny);
        ahead.ctr = 1000;
        let refused = thief.call::<()>(paths::DECIDE, &thief.sign(&ahead, None)).await.unwrap_err();
        assert_eq!(refused.refused.error, RefusalCode::InvalidRequest);

        let mut forged = thief.sign(&thief.decision(&request, Verdict::Deny), None);
        let mut decision = thief.decision(&request, Verdict::Deny);
        decision.ctr = 0;
        forged.payload = thief.sign(&decision, None).payload;
        let refused = thief.call::<()>(paths::DECIDE, &forged).await.unwrap_err();
        assert_eq!(refused.refused.error, RefusalCode::InvalidRequest);
        assert!(phone.status().await.is_ok());
    }
}
