//! Logging people out, or sending them away, against their will.

use openpsc_tests::{Browser, Page, SESSION_COOKIE, TestServer, on_both_engines};
use reqwest::StatusCode;

use super::{ATTACKER, DOCTOR};

fn address(server: &TestServer, parameters: &[(&str, &str)]) -> url::Url {
    url::Url::parse_with_params(&server.endpoint("logout"), parameters).unwrap()
}

async fn still_logged_in(server: &TestServer, browser: &Browser) {
    assert!(browser.cookie(SESSION_COOKIE).is_some(), "the cookie is still there");
    let request = server.client("imagerie").request().with("prompt", "none");
    browser.get(&request.url).await.answer().code();
}

async fn refused(page: &Page) {
    assert_eq!(page.error_code(), "invalid_request");
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

on_both_engines! {
    /// An image, a link, a form on the attacker's page: with no proof at all,
    /// with the proof of the attacker's own session, with nonsense.
    async fn a_stranger_cannot_log_somebody_out(server: TestServer) {
        let (victim, attacker) = (server.browser(), server.browser());
        let client = server.client("agenda");
        client.log_in(&victim, DOCTOR).await;
        let own = client.log_in(&attacker, ATTACKER).await.id_token;
        let attempts: [&[(&str, &str)]; 4] = [
            &[],
            &[("client_id", "agenda")],
            &[("id_token_hint", &own)],
            &[("client_id", "agenda"), ("post_logout_redirect_uri", "https://agenda.example/bye")],
        ];
        for parameters in attempts {
            let page = victim.get(address(&server, parameters)).await;
            page.form("/logout/confirmed");
            still_logged_in(&server, &victim).await;
            // A form from elsewhere brings no cookie, so no session is seen:
            // the answer must not take the cookie away either.
            victim.post_from_elsewhere(server.endpoint("logout"), parameters).await;
            still_logged_in(&server, &victim).await;
        }
    }

    async fn the_confirmation_is_a_form_of_ours_only(server: TestServer) {
        let (victim, attacker) = (server.browser(), server.browser());
        server.client("agenda").log_in(&victim, DOCTOR).await;
        server.client("agenda").log_in(&attacker, ATTACKER).await;
        let page = victim.get(address(&server, &[])).await;
        let own = page.form("/logout/confirmed").fields["csrf"].clone();
        let foreign = attacker.get(address(&server, &[])).await;
        let foreign = foreign.form("/logout/confirmed").fields["csrf"].clone();
        for csrf in ["", "x", &foreign] {
            victim.post("/logout/confirmed", &[("csrf", csrf)]).await.error_code();
        }
        victim.post_from_elsewhere("/logout/confirmed", &[("csrf", &own)]).await.error_code();
        let request = victim.posting("/logout/confirmed", &[("csrf", &own)]);
        victim.send(request.header("sec-fetch-site", "cross-site")).await.error_code();
        let by_get = victim.get(format!("/logout/confirmed?csrf={own}")).await;
        assert_eq!(by_get.status, StatusCode::METHOD_NOT_ALLOWED);
        still_logged_in(&server, &victim).await;
    }

    async fn a_browser_is_sent_only_where_the_client_registered(server: TestServer) {
        let browser = server.browser();
        let tokens = server.client("agenda").log_in(&browser, DOCTOR).await;
        let hint = tokens.id_token.as_str();
        for uri in [
            "https://evil.example/",
            "https://agenda.example/bye/",
            "https://agenda.example/bye?x=1",
            "https://agenda.example/bye#x",
            "https://agenda.example/BYE",
            "https://agenda.example/callback",
            "https://agenda.example@evil.example/bye",
            "https://dossier.example/",
            "//evil.example/bye",
            "javascript:alert(1)",
            "data:text/html,x",
            "/bye",
        ] {
            for proof in [("id_token_hint", hint), ("client_id", "agenda")] {
                let parameters = [proof, ("post_logout_redirect_uri", uri)];
                refused(&browser.get(address(&server, &parameters)).await).await;
                refused(&browser.post(server.endpoint("logout"), &parameters).await).await;
            }
        }
        // Whose address would it be?
        let nobodys = [("post_logout_redirect_uri", "https://agenda.example/bye")];
        refused(&browser.get(address(&server, &nobodys)).await).await;
        still_logged_in(&server, &browser).await;

        // The confirmation checks again: its fields can be altered.
        let page = browser.get(address(&server, &[("client_id", "agenda")])).await;
        let evil = [("post_logout_redirect_uri", "https://evil.example/")];
        refused(&browser.submit(&page, "/logout/confirmed", &evil).await).await;
        still_logged_in(&server, &browser).await;
    }

    async fn a_hint_that_is_not_ours_is_refused(server: TestServer) {
        let browser = server.browser();
        let tokens = server.client("agenda").log_in(&browser, DOCTOR).await;
        let mut unsigned = openpsc_tests::Jwt::read(&tokens.id_token);
        unsigned.header["alg"] = "none".into();
        let unsigned = unsigned.forged();
        let (input, _) = tokens.id_token.rsplit_once('.').unwrap();
        for hint in [unsigned.as_str(), &format!("{input}."), "x", &tokens.refresh_token] {
            refused(&browser.get(address(&server, &[("id_token_hint", hint)])).await).await;
        }
        let mixed = [("id_token_hint", tokens.id_token.as_str()), ("client_id", "imagerie")];
        refused(&browser.get(address(&server, &mixed)).await).await;
        let unknown = [("client_id", "nobody")];
        let page = browser.get(address(&server, &unknown)).await;
        assert_eq!((page.status, page.error_code()), (StatusCode::BAD_REQUEST, "invalid_client"));
        for twice in ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"] {
            refused(&browser.get(address(&server, &[(twice, "x"), (twice, "x")])).await).await;
        }
        still_logged_in(&server, &browser).await;
    }

    async fn hostile_texts_come_out_inert(server: TestServer) {
        let browser = server.browser();
        let tokens = server.client("agenda").log_in(&browser, DOCTOR).await;
        let state = "x\r\nset-cookie: evil=1\r\n\r\n\"><script>alert(1)</script>";
        let bye = ("post_logout_redirect_uri", "https://agenda.example/bye");
        let page =
            browser.get(address(&server, &[("client_id", "agenda"), bye, ("state", state)])).await;
        assert!(!page.text.contains("<script>alert"), "{}", page.text);
        let hint = ("id_token_hint", tokens.id_token.as_str());
        let page = browser.get(address(&server, &[hint, bye, ("state", state)])).await;
        assert_eq!(page.answer().member("state"), state);
        assert!(!page.cookies().iter().any(|line| line.contains("evil")));
    }
}
