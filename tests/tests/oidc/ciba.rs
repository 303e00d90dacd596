//! A service without a page logs people in.

use std::time::Duration;

use openpsc_protocol::ecps::{DenialReason, Matching};
use openpsc_tests::{CIBA, Client, DpopKey, TestServer, on_both_engines, token_answer};
use reqwest::StatusCode;
use tokio::time::Instant;

use super::DOCTOR;

/// A server that answers each poll at once.
async fn prompt(server: TestServer) -> TestServer {
    server.reconfigured(|config| config.ciba.long_poll = 0).await
}

on_both_engines! {
    async fn a_bedside_client_logs_a_doctor_in(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        assert_eq!((asked.expires_in, asked.interval), (120, 5));

        let (tokens, challenge) = tokio::join!(client.poll(&asked.auth_req_id), async {
            let challenge = phone.requests(10).await.unwrap().remove(0);
            phone.approve(&challenge.rid, Some("07")).await.unwrap();
            challenge
        });

        assert_eq!(challenge.client.name, "Logiciel au chevet");
        assert_eq!((challenge.matching, challenge.message), (Matching::Typed2, None));
        let tokens = tokens.unwrap();
        let id = server.verified(&tokens.id_token).await;
        assert_eq!(id.text("aud"), "chevet");
        assert_eq!(id.text("SubjectNameID"), DOCTOR);
        assert_eq!((id.text("authMode"), id.text("acr")), ("MOBILE", "eidas2"));
        assert_eq!(id.claims["amr"], serde_json::json!(["swk", "pin", "mfa"]));
        assert!(server.clock.now() - id.number("auth_time") < 30);
        assert_eq!(id.claims.get("nonce"), None);
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
        let again = client.refresh(&tokens.refresh_token).await.unwrap();
        assert_eq!(again.session_state, tokens.session_state);
    }

    /// PSC's own words: `channel`, `eidas1`, the members that its proxy reads.
    async fn a_client_of_psc_is_answered_as_psc_does(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let client = server.client("hopital");
        let more =
            [("binding_message", "42"), ("channel", "MOBILE"), ("acr_values", "eidas1")];
        let asked = client.ask_with(DOCTOR, &more).await.unwrap();
        // Held polls would be new to it: nothing waits here.
        let before = Instant::now();
        assert_eq!(client.poll_error(&asked.auth_req_id).await, "authorization_pending");
        assert!(before.elapsed() < Duration::from_secs(5));
        phone.approve(&phone.requests(0).await.unwrap()[0].rid, Some("42")).await.unwrap();

        let tokens = client.poll(&asked.auth_req_id).await.unwrap();

        assert_eq!(tokens.scope, "openid scope_all identity");
        for token in [&tokens.access_token, &tokens.id_token] {
            let token = server.verified(token).await;
            assert_eq!((token.text("acr"), token.text("authMode")), ("eidas1", "MOBILE"));
            assert_eq!(token.claims["nonce"], "");
            assert_eq!(token.text("session_state"), tokens.session_state);
        }
    }

    async fn a_person_says_no(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        let rid = phone.requests(0).await.unwrap()[0].rid.clone();
        phone.deny(&rid, DenialReason::Mistake).await.unwrap();

        // The official proxy reads every error as "go on": it must stay there.
        for _ in 0..3 {
            assert_eq!(client.poll_error(&asked.auth_req_id).await, "access_denied");
        }
        server.clock.advance(121);
        assert_eq!(client.poll_error(&asked.auth_req_id).await, "expired_token");
    }

    async fn words_are_compared_instead_of_a_number(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let client = server.client("chevet");
        let words = [("binding_message", "Ordonnance 1234")];
        let asked = client.ask_with(DOCTOR, &words).await.unwrap();
        let challenge = phone.requests(0).await.unwrap().remove(0);
        assert_eq!(challenge.matching, Matching::Read);
        assert_eq!(challenge.message.as_deref(), Some("Ordonnance 1234"));

        phone.approve(&challenge.rid, None).await.unwrap();

        client.poll(&asked.auth_req_id).await.unwrap();
    }

    /// C12
    async fn a_shorter_life_is_kept(server: TestServer) {
        let server = prompt(server).await;
        let client = server.client("chevet");
        for (wanted, given) in [("10", 10), ("119", 119), ("100000", 120)] {
            let more = [("binding_message", "07"), ("requested_expiry", wanted)];
            let asked = client.ask_with(DOCTOR, &more).await.unwrap();
            assert_eq!(asked.expires_in, given);
            // Some seconds may really pass meanwhile.
            server.clock.advance(u32::try_from(given).unwrap() - 6);
            assert_ne!(client.poll_error(&asked.auth_req_id).await, "expired_token");
            server.clock.advance(6);
            assert_eq!(client.poll_error(&asked.auth_req_id).await, "expired_token");
            server.clock.advance(300);
        }
    }

    /// C07: expired or not.
    async fn an_id_token_of_before_says_who_is_asked(server: TestServer) {
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        assert_eq!(server.unattended(&asked.auth_req_id, "allow").await.status, 200);
        let tokens = client.poll(&asked.auth_req_id).await.unwrap();
        server.clock.advance(3600);

        let form = [("scope", "openid"), ("id_token_hint", &tokens.id_token), ("binding_message", "12")];
        let asked = client.ask_form(&form).await.unwrap();

        server.unattended(&asked.auth_req_id, "allow").await;
        let tokens = client.poll(&asked.auth_req_id).await.unwrap();
        assert_eq!(server.verified(&tokens.id_token).await.text("SubjectNameID"), DOCTOR);
        assert_eq!(tokens.scope, "openid");
    }

    async fn the_sandbox_answers_in_a_persons_place(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let client = server.client("chevet");
        let allowed = client.ask(DOCTOR).await;
        phone.requests(0).await.unwrap();
        assert_eq!(server.unattended(&allowed.auth_req_id, "allow").await.status, 200);
        assert_eq!(server.unattended(&allowed.auth_req_id, "deny").await.status, 400);
        assert!(phone.requests(0).await.unwrap().is_empty(), "the phone is not asked any more");
        client.poll(&allowed.auth_req_id).await.unwrap();

        let denied = client.ask(DOCTOR).await;
        let address = format!("{}/sandbox/v1/ciba/{}/deny", server.url(), denied.auth_req_id);
        let posted = client.http().post(address).send().await.unwrap();
        assert_eq!(posted.status(), StatusCode::OK);
        assert_eq!(client.poll_error(&denied.auth_req_id).await, "access_denied");
        assert_eq!(server.unattended("nothing", "allow").await.status, 404);
    }

    /// A conformance suite asks for one person dozens of times.
    async fn an_unattended_yes_is_a_success_like_another(server: TestServer) {
        let client = server.client("chevet");
        for _ in 0..12 {
            let asked = client.ask(DOCTOR).await;
            server.clock.advance(1);
            server.unattended(&asked.auth_req_id, "allow").await;
            client.poll(&asked.auth_req_id).await.unwrap();
        }
    }

    /// C19: woken by the answer, not by the clock.
    async fn a_held_poll_ends_with_the_answer(server: TestServer) {
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        let before = Instant::now();
        let (tokens, _) = tokio::join!(client.poll(&asked.auth_req_id), async {
            // The poll is held by then; if it is not, it is only answered sooner.
            tokio::task::yield_now().await;
            server.unattended(&asked.auth_req_id, "allow").await
        });
        tokens.unwrap();
        assert!(before.elapsed() < Duration::from_secs(19), "{:?}", before.elapsed());
    }

    async fn two_nodes_serve_one_request(server: TestServer) {
        let other = server.second_node().await;
        let elsewhere = Client::of("chevet", &format!("http://{}", other.app.config.listen));
        let asked = server.client("chevet").ask(DOCTOR).await;
        let (tokens, _) = tokio::join!(elsewhere.poll(&asked.auth_req_id), async {
            tokio::task::yield_now().await;
            server.unattended(&asked.auth_req_id, "allow").await
        });
        tokens.unwrap();
    }

    /// The session is like any other, but no browser holds it.
    async fn the_session_ends_as_any_other(server: TestServer) {
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        server.unattended(&asked.auth_req_id, "allow").await;
        let tokens = client.poll(&asked.auth_req_id).await.unwrap();
        let logout = client.endpoint("logout");
        let posted = client.http().post(logout).form(&[("id_token_hint", &tokens.id_token)]);
        assert!(client.call(posted).await.status.is_success());
        assert_eq!(client.refresh(&tokens.refresh_token).await.unwrap_err().error, "invalid_grant");
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
    }

    /// C20: the key of the poll is the key of the tokens.
    async fn tokens_are_bound_to_the_key_that_polls(server: TestServer) {
        let server = server
            .reconfigured(|config| {
                let chevet = config.clients.iter_mut().find(|it| it.client_id == "chevet");
                chevet.unwrap().dpop_bound_access_tokens = true;
            })
            .await;
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        server.unattended(&asked.auth_req_id, "allow").await;
        // Without a proof there is nothing, and nothing is lost.
        assert_eq!(client.poll_error(&asked.auth_req_id).await, "invalid_request");

        let key = DpopKey::new();
        let proof = key.proof("POST", &client.endpoint("token"), server.clock.now());
        let form = [("grant_type", CIBA), ("auth_req_id", asked.auth_req_id.as_str())];
        let page = client.call(client.token_request(&form).header("dpop", proof)).await;

        let tokens = token_answer(&page).unwrap();
        assert_eq!(tokens.token_type, "DPoP");
        let token = server.verified(&tokens.access_token).await;
        assert_eq!(token.claims["cnf"]["jkt"], key.jkt());
    }

    /// RFC 8707 §2.2, and a refusal loses nothing.
    async fn a_token_may_be_for_a_resource_of_the_client(server: TestServer) {
        let server = server
            .reconfigured(|config| {
                let chevet = config.clients.iter_mut().find(|it| it.client_id == "chevet");
                chevet.unwrap().resources = vec!["https://api.example/dossier".into()];
            })
            .await;
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        server.unattended(&asked.auth_req_id, "allow").await;
        let form = |resource| {
            [("grant_type", CIBA), ("auth_req_id", &*asked.auth_req_id), ("resource", resource)]
        };
        let refusal = client.token(&form("https://api.example/other")).await.unwrap_err();
        assert_eq!(refusal.error, "invalid_target");
        let tokens = client.token(&form("https://api.example/dossier")).await.unwrap();
        let token = server.verified(&tokens.access_token).await;
        assert_eq!(token.text("aud"), "https://api.example/dossier");
    }
}
