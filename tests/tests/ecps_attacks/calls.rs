//! Calls that are altered, replayed, forged, oversized or from elsewhere.

use openpsc_ecps_keys::{PossessionKey, base64url};
use openpsc_protocol::ecps::{
    DeviceStatus, Proof, RefusalCode, Revocation, SignedMessage, Verdict, kid, paths, typ,
};
use openpsc_tests::{TestServer, Thief, on_both_engines};
use rand_core::OsRng;
use serde_json::{Value, json};

use crate::{DOCTOR, PHARMACIST};

async fn thief(server: &TestServer) -> Thief {
    Thief::copying(&server.enrol(DOCTOR).await, server.app_url())
}

async fn refused(thief: &Thief, body: &[u8], proof: Option<String>) -> RefusalCode {
    let answer = thief.send::<DeviceStatus>(paths::DEVICE, body.to_vec(), proof).await;
    let refusal = answer.unwrap_err();
    assert!(refusal.nonce.is_some(), "every refusal brings the next nonce");
    assert!(refusal.status.is_client_error());
    refusal.refused.error
}

on_both_engines! {
    /// E21
    async fn a_proof_is_for_one_call_only(server: TestServer) {
        let thief = thief(&server).await;
        let good = thief.proof(paths::DEVICE, b"{}").await;
        for bad in [
            Proof { htm: "GET".into(), ..good.clone() },
            Proof { htp: paths::HISTORY.into(), ..good.clone() },
            Proof { bh: openpsc_ecps_keys::digest_b64("{ }"), ..good.clone() },
        ] {
            let proof = Some(thief.sign_proof(&bad));
            assert_eq!(refused(&thief, b"{}", proof).await, RefusalCode::InvalidProof);
        }
        assert_eq!(refused(&thief, b"{}", None).await, RefusalCode::InvalidProof);
        let proof = Some(thief.sign_proof(&good));
        thief.send::<DeviceStatus>(paths::DEVICE, b"{}".to_vec(), proof).await.unwrap();
    }

    /// E21
    async fn a_proof_is_good_once(server: TestServer) {
        let thief = thief(&server).await;
        let proof = Some(thief.sign_proof(&thief.proof(paths::DEVICE, b"{}").await));
        thief.send::<DeviceStatus>(paths::DEVICE, b"{}".to_vec(), proof.clone()).await.unwrap();
        assert_eq!(refused(&thief, b"{}", proof).await, RefusalCode::UseNonce);
    }

    /// E21
    async fn a_proof_is_good_for_a_minute(server: TestServer) {
        let thief = thief(&server).await;
        let proof = thief.proof(paths::DEVICE, b"{}").await;
        server.clock.advance(60);
        let old = Some(thief.sign_proof(&proof));
        assert_eq!(refused(&thief, b"{}", old).await, RefusalCode::UseNonce);
        let invented = Proof { nonce: "1.2.3".into(), ..proof };
        let invented = Some(thief.sign_proof(&invented));
        assert_eq!(refused(&thief, b"{}", invented).await, RefusalCode::UseNonce);
    }

    /// E21
    async fn another_phone_cannot_speak_for_this_one(server: TestServer) {
        let mut thief = thief(&server).await;
        let other = server.enrol(PHARMACIST).await;
        thief.state.possession_key = other.state().possession_key;
        let proof = Some(thief.sign_proof(&thief.proof(paths::DEVICE, b"{}").await));
        assert_eq!(refused(&thief, b"{}", proof).await, RefusalCode::InvalidProof);

        thief.state.device_id = base64url::random_id(&mut OsRng);
        let proof = Some(thief.sign_proof(&thief.proof(paths::DEVICE, b"{}").await));
        assert_eq!(refused(&thief, b"{}", proof).await, RefusalCode::UnknownDevice);
    }

    /// E21
    async fn a_page_of_another_origin_gets_nothing(server: TestServer) {
        let url = format!("{}{}", server.app_url(), paths::NONCE);
        let client = reqwest::Client::new();
        let asked = client
            .request(reqwest::Method::OPTIONS, &url)
            .header("origin", "https://evil.test")
            .header("access-control-request-method", "POST")
            .send()
            .await
            .unwrap();
        assert!(asked.headers().keys().all(|name| !name.as_str().starts_with("access-control")));
        let simple = client
            .post(&url)
            .header("origin", "https://evil.test")
            .header("content-type", "text/plain")
            .body("{}")
            .send()
            .await
            .unwrap();
        assert_eq!(simple.status(), 400);
        assert!(simple.headers().keys().all(|name| !name.as_str().starts_with("access-control")));
    }

    /// E09
    async fn a_body_of_more_than_8_kb_is_not_read(server: TestServer) {
        let thief = thief(&server).await;
        let body = format!("{{{}}}", " ".repeat(8 * 1024)).into_bytes();
        let proof = Some(thief.sign_proof(&thief.proof(paths::DEVICE, &body).await));
        let refusal = thief.send::<DeviceStatus>(paths::DEVICE, body, proof).await.unwrap_err();
        assert_eq!(refusal.status, 413);
    }
}

/// A message whose header is altered, and signed as it is.
fn with_header(thief: &Thief, header: &Value) -> SignedMessage {
    let revocation = Revocation { device_id: thief.state.device_id.clone(), revoke: true };
    let payload = base64url::encode(serde_json::to_vec(&revocation).unwrap());
    let protected = base64url::encode(header.to_string());
    let signature = thief.k1().sign(format!("{protected}.{payload}").as_bytes());
    let signature = openpsc_protocol::ecps::MessageSignature {
        protected,
        signature: base64url::encode(signature),
    };
    SignedMessage { payload, signatures: vec![signature] }
}

on_both_engines! {
    /// E09
    async fn a_header_says_alg_typ_and_kid_and_nothing_else(server: TestServer) {
        let thief = thief(&server).await;
        let good = json!({ "alg": "ES256", "typ": typ::REVOKE, "kid": kid::K1 });
        let altered = |member: &str, value: Value| {
            let mut header = good.clone();
            header[member] = value;
            header
        };
        for bad in [
            altered("alg", "none".into()),
            altered("alg", "HS256".into()),
            altered("typ", typ::APPROVAL.into()),
            altered("kid", kid::K2.into()),
            altered("crit", json!(["exp"])),
            altered("jwk", json!(PossessionKey::random(&mut OsRng).public_key())),
            altered("jku", "https://evil.test/keys".into()),
        ] {
            let message = with_header(&thief, &bad);
            let refusal = thief.call::<DeviceStatus>(paths::REVOKE, &message).await.unwrap_err();
            assert_eq!(refusal.refused.error, RefusalCode::InvalidRequest, "{bad}");
        }
        thief.call::<DeviceStatus>(paths::REVOKE, &with_header(&thief, &good)).await.unwrap();
    }

    /// E09
    async fn a_message_of_one_kind_is_not_taken_for_another(server: TestServer) {
        let thief = thief(&server).await;
        server.push(DOCTOR).await;
        let request = thief.request().await;
        let denial = thief.sign(&thief.decision(&request, Verdict::Deny), None);
        let refusal = thief.call::<DeviceStatus>(paths::REVOKE, &denial).await.unwrap_err();
        assert_eq!(refusal.refused.error, RefusalCode::InvalidRequest);
    }

    /// E09
    async fn json_is_read_strictly(server: TestServer) {
        let thief = thief(&server).await;
        for body in [
            r#"{"wait":0,"wait":1}"#,
            r#"{"wait":0,"admin":true}"#,
            r#"{"wait":0} {}"#,
            r#"{"wait":-1}"#,
            "[]",
            "",
        ] {
            let proof = thief.proof(paths::REQUESTS, body.as_bytes()).await;
            let proof = Some(thief.sign_proof(&proof));
            let answer = thief.send::<Value>(paths::REQUESTS, body.into(), proof).await;
            assert_eq!(answer.unwrap_err().refused.error, RefusalCode::InvalidRequest, "{body}");
        }
    }

    /// E13: nothing is remembered between calls, on any node.
    async fn a_revocation_holds_at_the_next_call_on_every_node(server: TestServer) {
        let second = server.second_node().await;
        let phone = server.enrol(DOCTOR).await;
        let there = Thief::copying(&phone, second.app_url());
        there.call::<DeviceStatus>(paths::DEVICE, &json!({})).await.unwrap();

        assert!(openpsc::ecps::revoke_device(&server.app, &phone.device_id()).await.unwrap());

        let refusal = there.call::<DeviceStatus>(paths::DEVICE, &json!({})).await.unwrap_err();
        assert_eq!(refusal.refused.error, RefusalCode::DeviceRevoked);
        let refused = phone.requests(20).await.unwrap_err();
        assert_eq!(refused.refusal(), Some(RefusalCode::DeviceRevoked));
    }

    /// E13
    async fn a_phone_revoked_while_it_waits_is_told_so(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let device_id = phone.device_id();
        let (heard, _) = tokio::join!(phone.requests(20), async {
            tokio::task::yield_now().await;
            openpsc::ecps::revoke_device(&server.app, &device_id).await.unwrap()
        });
        assert_eq!(heard.unwrap_err().refusal(), Some(RefusalCode::DeviceRevoked));
    }

    async fn the_app_is_served_on_a_closed_origin(server: TestServer) {
        let answer = reqwest::get(format!("{}/", server.app_url())).await.unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        for rule in ["default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for"] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe-inline"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert!(header("permissions-policy").contains("camera=(self)"));
    }
}
