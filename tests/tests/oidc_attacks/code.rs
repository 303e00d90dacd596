//! Authorization codes: stolen, replayed, carried elsewhere.

use openpsc_tests::{Browser, Client, Request, on_both_engines};

use super::DOCTOR;

/// A code, and what is needed to redeem it.
async fn a_code(client: &Client, browser: &Browser) -> (Request, String) {
    let request = client.request();
    let mut page = browser.open(&request.url).await;
    if page.location().is_none() {
        page = browser.one_click(&page, DOCTOR, "ecps").await;
    }
    let code = client.code(&request, &page);
    (request, code)
}

async fn refused(client: &Client, code: &str, verifier: &str) -> bool {
    client.redeem(code, verifier).await.is_err_and(|refused| refused.error == "invalid_grant")
}

on_both_engines! {
    async fn a_replay_takes_down_what_the_code_was_exchanged_for(server: TestServer) {
        for client_id in ["agenda", "dossier", "hopital"] {
            let client = server.client(client_id);
            let (request, code) = a_code(&client, &server.browser()).await;
            let tokens = client.redeem(&code, &request.verifier).await.unwrap();
            assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);

            assert!(refused(&client, &code, &request.verifier).await);
            assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
            assert!(client.refresh(&tokens.refresh_token).await.is_err());
        }
    }

    async fn a_later_replay_does_so_too(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        // While the code would still live, after it died, and much later.
        for seconds in [31, 61, 100] {
            let (request, code) = a_code(&client, &browser).await;
            let tokens = client.redeem(&code, &request.verifier).await.unwrap();
            server.clock.advance(seconds);
            assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
            assert!(refused(&client, &code, &request.verifier).await);
            assert_eq!(client.userinfo(&tokens.access_token).await.status, 401, "{seconds} s");
            assert!(client.refresh(&tokens.refresh_token).await.is_err());
        }
    }

    async fn a_restart_does_not_make_a_code_new(server: TestServer) {
        let client = server.client("agenda");
        let (request, code) = a_code(&client, &server.browser()).await;
        let tokens = client.redeem(&code, &request.verifier).await.unwrap();
        let server = server.restart().await;
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
        assert!(refused(&client, &code, &request.verifier).await);
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
        drop(server);
    }

    async fn a_code_survives_a_restart_until_it_is_redeemed(server: TestServer) {
        let client = server.client("agenda");
        let (request, code) = a_code(&client, &server.browser()).await;
        let server = server.restart().await;
        client.redeem(&code, &request.verifier).await.unwrap();
        assert!(refused(&client, &code, &request.verifier).await);
        drop(server);
    }

    async fn of_eight_at_once_exactly_one_wins(server: TestServer) {
        let browser = server.browser();
        for _ in 0..3 {
            let (request, code) = a_code(&server.client("agenda"), &browser).await;
            let calls = (0..8).map(|_| {
                let client = server.client("agenda");
                let (code, verifier) = (code.clone(), request.verifier.clone());
                tokio::spawn(async move { client.redeem(&code, &verifier).await })
            });
            let mut won = 0;
            for call in calls.collect::<Vec<_>>() {
                match call.await.unwrap() {
                    Ok(_) => won += 1,
                    Err(refused) => assert_eq!(refused.error, "invalid_grant"),
                }
            }
            assert_eq!(won, 1);
        }
    }

    /// What is spent is spent in the database, not in one node's memory.
    async fn of_two_nodes_exactly_one_takes_it(server: TestServer) {
        let second = server.second_node().await;
        let browser = server.browser();
        let address = format!("http://{}", second.app.config.listen);
        let (here, there) = (server.client("agenda"), Client::of("agenda", &address));
        for _ in 0..3 {
            let (request, code) = a_code(&here, &browser).await;
            let both = tokio::join!(
                here.redeem(&code, &request.verifier),
                there.redeem(&code, &request.verifier),
            );
            let won = [both.0, both.1].into_iter().filter(Result::is_ok).count();
            assert_eq!(won, 1);
            assert!(refused(&here, &code, &request.verifier).await);
            assert!(refused(&there, &code, &request.verifier).await);
        }
    }

    async fn another_client_can_neither_redeem_nor_burn_it(server: TestServer) {
        let agenda = server.client("agenda");
        let (request, code) = a_code(&agenda, &server.browser()).await;
        for thief in ["imagerie", "dossier", "hopital"] {
            let thief = server.client(thief);
            assert!(refused(&thief, &code, &request.verifier).await);
            let mut form = thief.redemption(&code, &request.verifier);
            form[2] = ("redirect_uri", agenda.redirect_uri);
            assert_eq!(thief.token(&form).await.unwrap_err().error, "invalid_grant");
        }
        let tokens = agenda.redeem(&code, &request.verifier).await.unwrap();
        // Nor log the person out by replaying what they saw.
        assert!(refused(&server.client("dossier"), &code, &request.verifier).await);
        assert_eq!(agenda.userinfo(&tokens.access_token).await.status, 200);
    }

    async fn a_stolen_code_is_worth_nothing_without_its_verifier(server: TestServer) {
        let client = server.client("dossier");
        let browser = server.browser();
        let (request, code) = a_code(&client, &browser).await;
        let challenge = openpsc::secret::digest_of(&request.verifier);
        let other = client.request().verifier;
        let long = "a".repeat(129);
        let short = &request.verifier[..42];
        let padded = format!("{} ", request.verifier);
        for verifier in ["", short, &long, &challenge, &other, &padded] {
            assert!(refused(&client, &code, verifier).await, "{verifier}");
        }
        let missing = client.token(&client.redemption(&code, "")[..3]).await;
        assert_eq!(missing.unwrap_err().error, "invalid_grant");
    }

    async fn the_address_must_be_the_one_of_the_request(server: TestServer) {
        let client = server.client("agenda");
        let (request, code) = a_code(&client, &server.browser()).await;
        for address in [
            "https://agenda.example/callback/",
            "https://agenda.example/callback?place=2",
            "https://evil.example/",
            "",
        ] {
            let mut form = client.redemption(&code, &request.verifier);
            form[2] = ("redirect_uri", address);
            assert_eq!(client.token(&form).await.unwrap_err().error, "invalid_grant", "{address}");
        }
        let mut form = client.redemption(&code, &request.verifier);
        form.remove(2);
        assert_eq!(client.token(&form).await.unwrap_err().error, "invalid_grant");
    }

    async fn a_code_cannot_be_made_or_altered(server: TestServer) {
        let client = server.client("agenda");
        let (request, code) = a_code(&client, &server.browser()).await;
        let mut altered = Vec::new();
        for at in [0, code.len() / 2, code.len() - 1] {
            let mut bytes = code.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            altered.push(String::from_utf8(bytes).unwrap());
        }
        altered.push(format!("{code}="));
        altered.push(format!("{code}A"));
        altered.push(code[..code.len() - 4].to_owned());
        altered.push("x".into());
        for code in altered {
            assert!(refused(&client, &code, &request.verifier).await, "{code}");
        }
        client.redeem(&code, &request.verifier).await.unwrap();
    }

    async fn a_code_dies_with_the_session(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let tokens = client.log_in(&browser, DOCTOR).await;
        let (request, code) = a_code(&client, &browser).await;
        let hint = [("id_token_hint", tokens.id_token.as_str())];
        let logout = url::Url::parse_with_params(&server.endpoint("logout"), hint).unwrap();
        browser.get(logout).await;
        assert!(refused(&client, &code, &request.verifier).await);
    }

    async fn neither_token_stands_in_for_the_other(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let tokens = client.log_in(&browser, DOCTOR).await;
        let (request, code) = a_code(&client, &browser).await;
        assert!(refused(&client, &tokens.refresh_token, &request.verifier).await);
        assert!(refused(&client, &tokens.access_token, &request.verifier).await);
        assert_eq!(client.refresh(&code).await.unwrap_err().error, "invalid_grant");
    }
}
