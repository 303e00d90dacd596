//! Requests that are guessed, stolen, answered twice, late or by the wrong one.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openpsc_protocol::ecps::{RefusalCode, RequestState, Verdict, paths};
use openpsc_tests::{BROWSER, LOGIN, PIN, Thief, on_both_engines};

use crate::{DOCTOR, PHARMACIST};

on_both_engines! {
    /// E04
    async fn one_wrong_number_ends_the_request(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        let wrong = format!("{:02}", (push.number.parse::<u8>().unwrap() + 1) % 100);

        let refused = phone.approve(&push.rid, Some(&wrong)).await.unwrap_err();
        assert_eq!(refused.refusal(), Some(RefusalCode::NumberWrong));
        assert_eq!(server.state(&push.rid).await, RequestState::NumberWrong);

        let refused = phone.approve(&push.rid, Some(&push.number)).await.unwrap_err();
        assert_eq!(refused.refusal(), Some(RefusalCode::RequestOver));
        assert!(!server.consume(&push.rid, LOGIN, BROWSER).await);
    }

    /// E04
    async fn the_number_is_nowhere_in_what_the_phone_gets(server: TestServer) {
        let thief = Thief::copying(&server.enrol(DOCTOR).await, server.app_url());
        server.push(DOCTOR).await;

        let challenge = thief.request().await.challenge;

        let payload = challenge.split('.').nth(1).unwrap();
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
        let challenge: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        let mut members: Vec<_> = challenge.as_object().unwrap().keys().cloned().collect();
        members.sort();
        let expected = "acr aud client exp iat iss jti lang match nonce origin rid start";
        assert_eq!(members.join(" "), expected);
    }

    /// E05: the phone's clock has no say.
    async fn a_late_answer_is_refused(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        phone.requests(0).await.unwrap();
        server.clock.advance(120);

        let refused = phone.approve(&push.rid, Some(&push.number)).await.unwrap_err();

        assert_eq!(refused.refusal(), Some(RefusalCode::RequestExpired));
        assert_eq!(server.state(&push.rid).await, RequestState::Expired);
    }

    /// E05
    async fn an_approval_that_nobody_fetches_is_soon_worth_nothing(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        phone.approve(&push.rid, Some(&push.number)).await.unwrap();
        server.clock.advance(120);

        assert!(openpsc::ecps::approved(&server.app, &push.rid).await.unwrap().is_none());
        assert!(!server.consume(&push.rid, LOGIN, BROWSER).await);
    }

    /// E06
    async fn names_and_secrets_cannot_be_guessed(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let link = server.link().await;
        let secret = link.link.rsplit('.').next().unwrap();
        for id in [link.rid.as_str(), &phone.device_id()] {
            assert!(BASE64_URL_SAFE_NO_PAD.decode(id).unwrap().len() >= 16, "{id}");
        }
        assert!(secret.len() * 6 >= 128, "{secret}");
        assert_ne!(link.rid, LOGIN);
        let refused = phone.open_link(&link.rid, "AAAAAAAAAAAAAAAAAAAAAA").await.unwrap_err();
        assert_eq!(refused.refusal(), Some(RefusalCode::UnknownRequest));
        assert_eq!(server.state(&link.rid).await, RequestState::Pending);
    }

    /// L2
    async fn a_photograph_of_a_code_is_soon_worth_nothing(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let rid = server.qr(LOGIN).await;
        let photograph = server.draw_qr(&rid).await.unwrap();
        server.clock.advance(6);
        let refused = phone.scan(&photograph).await.unwrap_err();
        assert_eq!(refused.refusal(), Some(RefusalCode::CodeStale));

        let (before, mac) = photograph.rsplit_once('.').unwrap();
        let (before, _) = before.rsplit_once('.').unwrap();
        let forged = format!("{before}.{}.{mac}", server.clock.now());
        let refused = phone.scan(&forged).await.unwrap_err();
        assert_eq!(refused.refusal(), Some(RefusalCode::UnknownRequest));
    }

    async fn a_code_belongs_to_the_first_phone_that_scans_it(server: TestServer) {
        let (first, second) = (server.enrol(DOCTOR).await, server.enrol(PHARMACIST).await);
        let rid = server.qr(LOGIN).await;
        let code = server.draw_qr(&rid).await.unwrap();
        let challenge = first.scan(&code).await.unwrap();

        let refused = second.scan(&code).await.unwrap_err();

        assert_eq!(refused.refusal(), Some(RefusalCode::RequestOver));
        let again = first.scan(&code).await.unwrap();
        assert_eq!(again.jti, challenge.jti, "the same phone gets the same challenge");
    }

    async fn another_persons_request_does_not_exist(server: TestServer) {
        let (phone, other) = (server.enrol(DOCTOR).await, server.enrol(PHARMACIST).await);
        server.push(DOCTOR).await;
        let owner = Thief::copying(&phone, server.app_url());
        let thief = Thief::copying(&other, server.app_url());
        let request = owner.request().await;

        let decision = thief.decision(&request, Verdict::Deny);
        let refused =
            thief.call::<()>(paths::DECIDE, &thief.sign(&decision, None)).await.unwrap_err();
        assert_eq!(refused.refused.error, RefusalCode::UnknownRequest);
        let refused = thief.guess(&request, PIN).await.err().unwrap();
        assert_eq!(refused.refused.error, RefusalCode::UnknownRequest);
    }

    /// E07
    async fn an_approval_is_used_once_by_many_at_once(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        phone.approve(&push.rid, Some(&push.number)).await.unwrap();

        let uses: Vec<_> = (0..20)
            .map(|_| {
                let (app, rid, now) = (server.app.clone(), push.rid.clone(), server.clock.now());
                tokio::spawn(async move {
                    let steps = openpsc::ecps::consume(&rid, LOGIN, BROWSER, now);
                    app.database.all_or_nothing(steps).await.unwrap()
                })
            })
            .collect();
        let mut used = 0;
        for one in uses {
            used += u32::from(one.await.unwrap());
        }
        assert_eq!(used, 1);
    }

    /// E07: and the same body gets the same answer, the phone may not have heard it.
    async fn an_answer_sent_by_many_at_once_is_taken_once(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        let thief = Thief::copying(&phone, server.app_url());
        let request = thief.request().await;
        let k2 = thief.guess(&request, PIN).await.unwrap();
        let mut decision = thief.decision(&request, Verdict::Approve);
        decision.num = Some(push.number.clone());
        let message = thief.sign(&decision, Some(&k2));

        let call = || thief.call::<openpsc_protocol::ecps::Decided>(paths::DECIDE, &message);
        let (a, b, c) = tokio::join!(call(), call(), call());

        assert_eq!(a, b);
        assert_eq!(b, c);
        let decided = call().await.unwrap();
        assert_eq!(a, Ok(decided));
        assert_eq!(phone.status().await.unwrap().ctr, 1);
    }

    /// E08
    async fn another_browser_cannot_use_an_approval(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        phone.approve(&push.rid, Some(&push.number)).await.unwrap();

        assert!(!server.consume(&push.rid, LOGIN, "browser-2").await);
        assert!(!server.consume(&push.rid, "login-2", BROWSER).await);
        assert!(server.consume(&push.rid, LOGIN, BROWSER).await);
    }

    /// E17
    async fn a_name_cannot_turn_the_words_around(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        server.push(DOCTOR).await;
        let [challenge] = phone.requests(0).await.unwrap().try_into().unwrap();
        assert_eq!(challenge.client.name, "Agenda du cabinet");
        assert!(challenge.client.name.chars().count() <= 60);
    }

    /// L7
    async fn what_was_signed_must_be_what_was_sent(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let thief = Thief::copying(&phone, server.app_url());
        server.push(DOCTOR).await;
        let request = thief.request().await;
        let mut decision = thief.decision(&request, Verdict::Deny);
        decision.ch = openpsc_ecps_keys::digest_b64("another challenge");

        let refused =
            thief.call::<()>(paths::DECIDE, &thief.sign(&decision, None)).await.unwrap_err();

        assert_eq!(refused.refused.error, RefusalCode::ChallengeMismatch);
        assert_eq!(server.state(&request.rid).await, RequestState::Fetched);
    }
}
