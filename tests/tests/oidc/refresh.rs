//! Refresh tokens: kept by services with a secret, rotated by those without.

use openpsc_tests::{Client, Jwt, TestServer, Tokens, nearly, on_both_engines};

use super::DOCTOR;

async fn refused(client: &Client, refresh_token: &str) -> String {
    client.refresh(refresh_token).await.unwrap_err().error
}

async fn is_active(client: &Client, tokens: &Tokens) -> bool {
    client.userinfo(&tokens.access_token).await.status == 200
}

async fn logged_in(server: &TestServer, client_id: &'static str) -> (Client, Tokens) {
    let client = server.client(client_id);
    let tokens = client.log_in(&server.browser(), DOCTOR).await;
    (client, tokens)
}

on_both_engines! {
    async fn a_service_with_a_secret_refreshes_again_and_again(server: TestServer) {
        let (client, first) = logged_in(&server, "agenda").await;
        for _ in 0..3 {
            server.clock.advance(119);
            let next = client.refresh(&first.refresh_token).await.unwrap();
            assert_eq!(next.session_state, first.session_state);
            let (old, new) =
                (server.verified(&first.id_token).await, server.verified(&next.id_token).await);
            // Core §12.2: the same person, login and nonce, later.
            for claim in ["iss", "sub", "aud", "nonce", "acr", "sid"] {
                assert_eq!(old.text(claim), new.text(claim), "{claim}");
            }
            assert_eq!(old.number("auth_time"), new.number("auth_time"));
            assert!(new.number("iat") >= old.number("iat") + 119);
            assert!(is_active(&client, &next).await);
        }
    }

    /// Use is written down once a minute; the answer never promises more.
    async fn a_refresh_token_lives_as_long_as_the_answer_says(server: TestServer) {
        let (client, first) = logged_in(&server, "agenda").await;
        server.clock.advance(50);
        let soon = client.refresh(&first.refresh_token).await.unwrap();
        nearly(soon.refresh_expires_in, 1750);
        server.clock.advance(1740);
        let late = client.refresh(&first.refresh_token).await.unwrap();
        nearly(late.refresh_expires_in, 1800);
        server.clock.advance(1800);
        assert_eq!(refused(&client, &first.refresh_token).await, "invalid_grant");
    }

    async fn a_public_service_gets_a_new_one_each_time(server: TestServer) {
        let (client, first) = logged_in(&server, "dossier").await;
        let mut current = first;
        for _ in 0..3 {
            server.clock.advance(60);
            let next = client.refresh(&current.refresh_token).await.unwrap();
            assert_ne!(next.refresh_token, current.refresh_token);
            current = next;
        }
        assert!(is_active(&client, &current).await);
    }

    /// The successor is the same one: using it up uses up both copies.
    async fn a_lost_answer_is_given_again(server: TestServer) {
        let (client, first) = logged_in(&server, "dossier").await;
        client.refresh(&first.refresh_token).await.unwrap();
        server.clock.advance(20);
        let again = client.refresh(&first.refresh_token).await.unwrap();
        let third = client.refresh(&again.refresh_token).await.unwrap();
        assert!(is_active(&client, &third).await);
        // Two generations back is no lost answer.
        assert_eq!(refused(&client, &first.refresh_token).await, "invalid_grant");
        assert!(!is_active(&client, &third).await);
    }

    async fn a_lost_answer_gives_one_generation_only(server: TestServer) {
        let (client, first) = logged_in(&server, "dossier").await;
        let second = client.refresh(&first.refresh_token).await.unwrap();
        let twin = client.refresh(&first.refresh_token).await.unwrap();
        client.refresh(&second.refresh_token).await.unwrap();
        // The twin was spent with its brother, and later than the grace it is a copy.
        server.clock.advance(31);
        assert_eq!(refused(&client, &twin.refresh_token).await, "invalid_grant");
    }

    async fn a_spent_one_takes_the_whole_family_down(server: TestServer) {
        let (client, first) = logged_in(&server, "dossier").await;
        let second = client.refresh(&first.refresh_token).await.unwrap();
        server.clock.advance(31);
        assert!(is_active(&client, &second).await);
        assert_eq!(refused(&client, &first.refresh_token).await, "invalid_grant");
        assert_eq!(refused(&client, &second.refresh_token).await, "invalid_grant");
        assert!(!is_active(&client, &second).await);
    }

    /// Two tabs of the same service at the same instant are not a thief.
    async fn eight_at_once_all_get_the_same_successor(server: TestServer) {
        let (_, first) = logged_in(&server, "dossier").await;
        let calls = (0..8).map(|_| {
            let (client, token) = (server.client("dossier"), first.refresh_token.clone());
            tokio::spawn(async move { client.refresh(&token).await })
        });
        let mut successors = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            successors.push(call.await.unwrap().unwrap());
        }
        let client = server.client("dossier");
        for successor in successors {
            assert!(is_active(&client, &successor).await);
        }
    }

    /// psc-protocol §5.3: the one before stays good until its own end.
    async fn a_jwt_of_psc_ends_when_it_says(server: TestServer) {
        let client = server.client("hopital");
        let first = client.log_in(&server.browser(), DOCTOR).await;
        nearly(Jwt::read(&first.refresh_token).number("exp") - server.clock.now(), 1800);
        server.clock.advance(1000);
        let second = client.refresh(&first.refresh_token).await.unwrap();
        server.clock.advance(790);
        client.refresh(&first.refresh_token).await.unwrap();
        server.clock.advance(10);
        assert_eq!(refused(&client, &first.refresh_token).await, "invalid_grant");
        let form = [("token", first.refresh_token.as_str())];
        let page = client.call(client.back_channel("token/introspect", &form)).await;
        assert_eq!(page.text, r#"{"active":false}"#);
        client.refresh(&second.refresh_token).await.unwrap();
    }

    /// The session has a clock of its own: a token tells the earlier end.
    async fn no_more_is_told_than_the_session_gives(server: TestServer) {
        let server = server.reconfigured(|config| config.sessions.idle = 600).await;
        let browser = server.browser();
        let (first, second) = (server.client("agenda"), server.client("imagerie"));
        nearly(first.log_in(&browser, DOCTOR).await.refresh_expires_in, 600);
        server.clock.advance(59);
        let request = second.request();
        let code = second.code(&request, &browser.get(&request.url).await);
        let tokens = second.redeem(&code, &request.verifier).await.unwrap();
        let told = u32::try_from(tokens.refresh_expires_in).unwrap();
        server.clock.advance(told - 5);
        second.refresh(&tokens.refresh_token).await.unwrap();
        let tokens = second.refresh(&tokens.refresh_token).await.unwrap();
        server.clock.advance(u32::try_from(tokens.refresh_expires_in).unwrap());
        assert_eq!(refused(&second, &tokens.refresh_token).await, "invalid_grant");
    }

    async fn thirty_idle_minutes_end_it(server: TestServer) {
        let (client, first) = logged_in(&server, "agenda").await;
        server.clock.advance(29 * 60);
        client.refresh(&first.refresh_token).await.unwrap();
        server.clock.advance(29 * 60);
        client.refresh(&first.refresh_token).await.unwrap();
        server.clock.advance(31 * 60);
        assert_eq!(refused(&client, &first.refresh_token).await, "invalid_grant");
    }

    async fn a_scope_may_shrink_and_never_grow(server: TestServer) {
        let (client, first) = logged_in(&server, "agenda").await;
        let refresh = async |scope| {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", first.refresh_token.as_str()),
                ("scope", scope),
            ];
            client.token(&form).await
        };
        assert_eq!(refresh("openid").await.unwrap().scope, "openid");
        // What was granted stays granted.
        assert_eq!(client.refresh(&first.refresh_token).await.unwrap().scope, "openid scope_all");
        assert_eq!(refresh("openid admin").await.unwrap_err().error, "invalid_scope");
    }

    async fn another_service_can_neither_use_nor_harm_it(server: TestServer) {
        let (agenda, first) = logged_in(&server, "agenda").await;
        for other in ["imagerie", "dossier", "hopital"] {
            let other = server.client(other);
            assert_eq!(refused(&other, &first.refresh_token).await, "invalid_grant");
        }
        agenda.refresh(&first.refresh_token).await.unwrap();
    }

    async fn nonsense_is_refused(server: TestServer) {
        let (client, first) = logged_in(&server, "agenda").await;
        for nonsense in ["x", "..", &first.access_token, &first.id_token, &"A".repeat(300)] {
            assert_eq!(refused(&client, nonsense).await, "invalid_grant", "{nonsense}");
        }
        let bare = client.token(&[("grant_type", "refresh_token")]).await;
        assert_eq!(bare.unwrap_err().error, "invalid_request");
    }
}
