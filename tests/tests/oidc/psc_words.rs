//! What refusals say: PSC's sentences to a client of PSC, ours to a strict one.

use openpsc_tests::{CIBA, Client, on_both_engines};
use serde_json::Value;

use super::DOCTOR;

/// Status, code and sentence of a refusal.
async fn refusal(client: &Client, word: &str, form: &[(&str, &str)]) -> (u16, String, String) {
    let page = client.call(client.back_channel(word, form)).await;
    let body: Value = serde_json::from_str(&page.text).unwrap();
    let text = |member: &str| body[member].as_str().unwrap().to_owned();
    (page.status.as_u16(), text("error"), text("error_description"))
}

/// The same call of both clients: the same code, each its own sentence.
async fn differs(psc: &Client, openid: &Client, word: &str, form: &[(&str, &str)], theirs: &str) {
    let lenient = refusal(psc, word, form).await;
    let strict = refusal(openid, word, form).await;
    assert_eq!(lenient.2, theirs, "{form:?}");
    assert_ne!(strict.2, theirs, "{form:?}");
    assert_eq!((lenient.0, lenient.1), (strict.0, strict.1), "{form:?}");
}

on_both_engines! {
    async fn errors_say_what_psc_says(server: TestServer) {
        let (psc, openid) = (server.client("hopital"), server.client("agenda"));
        for (form, theirs) in [
            (&[] as &[_], "Missing form parameter: grant_type"),
            (&[("grant_type", "password")], "Unsupported grant_type"),
            (&[("grant_type", "authorization_code"), ("code", "x")], "Code not valid"),
            (&[("grant_type", "refresh_token"), ("refresh_token", "x")], "Token is not active"),
        ] {
            differs(&psc, &openid, "token", form, theirs).await;
        }
        differs(&psc, &openid, "token/introspect", &[], "Token not provided.").await;

        let browser = server.browser();
        openid.log_in(&browser, DOCTOR).await;
        let mut told = Vec::new();
        for client in [&psc, &openid] {
            for (changed, to) in [("redirect_uri", "https://x.example/"), ("code_verifier", "short")] {
                let request = client.request();
                let code = client.code(&request, &browser.get(&request.url).await);
                let mut form = client.redemption(&code, &request.verifier);
                form.iter_mut().find(|(name, _)| *name == changed).unwrap().1 = to;
                told.push(refusal(client, "token", &form).await.2);
            }
        }
        assert_eq!(told[0], "Incorrect redirect_uri");
        assert!(told[1].starts_with("PKCE verification failed"), "{}", told[1]);
        assert_ne!(told[2], told[0]);
        assert!(!told[3].contains("PKCE verification failed"), "{}", told[3]);
    }

    /// The official proxy and Keycloak's clients read these while they poll.
    async fn errors_of_ciba_say_what_psc_says(server: TestServer) {
        let psc = server.client("hopital");
        server.enrol(DOCTOR).await;
        for (form, theirs) in [
            (&[("login_hint", DOCTOR)], "missing parameter : scope"),
            (&[("scope", "openid")], "missing parameter : login_hint"),
        ] {
            let refused = refusal(&psc, "ext/ciba/auth", form).await;
            assert_eq!(refused, (400, "invalid_request".into(), theirs.into()));
        }
        let asked = psc.ask(DOCTOR).await;
        let poll = |auth_req_id| [("grant_type", CIBA), ("auth_req_id", auth_req_id)];
        let told = refusal(&psc, "token", &poll(&asked.auth_req_id)).await;
        assert_eq!((told.0, told.1.as_str()), (400, "authorization_pending"));
        assert_eq!(
            told.2,
            "The authorization request is still pending as the end-user hasn't yet been authenticated."
        );
        let told = refusal(&psc, "token", &poll(&asked.auth_req_id)).await;
        assert_eq!((told.1.as_str(), told.2.as_str()), ("slow_down", "too early to access"));
        let told = refusal(&psc, "token", &poll("x")).await;
        assert_eq!((told.1.as_str(), told.2.as_str()), ("invalid_grant", "Invalid auth_req_id"));
        let told = refusal(&psc, "token", &[("grant_type", CIBA)]).await;
        assert_eq!(told.2, "Missing parameter: auth_req_id");
        // A strict client that serves terminals is told in our words.
        let told = refusal(&server.client("chevet"), "token", &poll("x")).await;
        assert_eq!(told.1, "invalid_grant");
        assert_ne!(told.2, "Invalid auth_req_id");
    }

    async fn a_public_client_may_not_ask_what_tokens_are_worth(server: TestServer) {
        let form = [("token", "x")];
        let told = refusal(&server.client("mobile"), "token/introspect", &form).await;
        assert_eq!(told, (403, "invalid_request".into(), "Client not allowed.".into()));
        let told = refusal(&server.client("dossier"), "token/introspect", &form).await;
        assert_eq!((told.0, told.1.as_str()), (401, "invalid_client"));
    }
}
