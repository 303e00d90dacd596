//! Keys follow each other, and nobody notices.

use std::path::PathBuf;

use openpsc::{database::sql, keys::Command};
use openpsc_tests::{Client, Jwt, Tokens, http, on_both_engines};

use super::DOCTOR;

const DAY: u32 = 24 * 3600;

fn kid(token: &str) -> String {
    Jwt::read(token).header["kid"].as_str().unwrap().to_owned()
}

fn nowhere() -> PathBuf {
    PathBuf::new()
}

async fn logged_in(server: &openpsc_tests::TestServer) -> (Client, Tokens) {
    let client = server.client("agenda");
    let tokens = client.log_in(&server.browser(), DOCTOR).await;
    (client, tokens)
}

on_both_engines! {
    /// Core §10.1.1: published before it signs, and until what it signed is over.
    async fn a_key_gives_way_to_the_next_without_a_gap(server: TestServer) {
        let first = kid(&logged_in(&server).await.1.id_token);
        assert_eq!(server.jwks().await.len(), 4);

        server.clock.advance(89 * DAY + 60);
        let jwks = server.jwks().await;
        assert_eq!(jwks.len(), 8, "the next of each algorithm is announced");
        let (client, tokens) = logged_in(&server).await;
        assert_eq!(kid(&tokens.id_token), first, "and does not sign yet");

        server.clock.advance(DAY - 30);
        let before = client.refresh(&tokens.refresh_token).await;
        assert!(before.is_err(), "that session is over");
        let (client, before) = logged_in(&server).await;
        assert_eq!(kid(&before.access_token), first);
        server.clock.advance(60);
        let (_, after) = logged_in(&server).await;
        let second = kid(&after.access_token);
        assert_ne!(second, first);
        assert!(jwks.iter().any(|key| key["kid"] == second.as_str()), "it was announced");

        // Both are good, here and at the services.
        for tokens in [&before, &after] {
            assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
            server.verified(&tokens.id_token).await;
        }
        let again = client.refresh(&before.refresh_token).await.unwrap();
        assert_eq!(kid(&again.id_token), second);
        // An old ID token is a hint as long as its session may live.
        server.clock.advance(3 * 3600);
        let hint = [("id_token_hint", before.id_token.as_str())];
        let address = url::Url::parse_with_params(&server.endpoint("logout"), hint).unwrap();
        assert_eq!(server.browser().get(address).await.status, 200);

        server.clock.advance(2 * 3600);
        openpsc::sweep::once(&server.app).await.unwrap();
        let kids = server.jwks().await;
        assert_eq!(kids.len(), 4);
        assert!(kids.iter().all(|key| key["kid"] != first.as_str()));
        let rows = sql("select kid from signing_keys where purpose = 'tokens'");
        assert_eq!(rows.fetch_all(&server.app.database).await.unwrap().len(), 4);
    }

    async fn two_nodes_sign_with_the_same_keys(server: TestServer) {
        let node = server.second_node().await;
        for step in [0, 89 * DAY + 60, DAY, 89 * DAY] {
            for clock in [&server.clock, &node.clock] {
                clock.advance(step);
            }
            // Both notice at once that something is due.
            let (here, there) = tokio::join!(server.jwks(), node.jwks());
            assert_eq!(here.len(), there.len(), "{step}");
            let (here, there) =
                (server.app.keys.get(&server.app).await.unwrap(), node.app.keys.get(&node.app).await.unwrap());
            for alg in openpsc::jose::Alg::ALL {
                assert_eq!(here.tokens(alg).kid(), there.tokens(alg).kid());
            }
        }
    }

    async fn a_retired_key_is_believed_no_more(server: TestServer) {
        let (client, tokens) = logged_in(&server).await;
        let seen = kid(&tokens.access_token);
        let said = Command::Retire { config: nowhere(), kid: seen.clone() }.act(&server.app).await;
        assert!(said.unwrap().contains(&seen));
        server.clock.advance(10);
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
        assert!(server.jwks().await.iter().all(|key| key["kid"] != seen.as_str()));
        let (client, fresh) = logged_in(&server).await;
        assert_ne!(kid(&fresh.access_token), seen);
        assert_eq!(client.userinfo(&fresh.access_token).await.status, 200);
        server.verified(&fresh.id_token).await;

        // Neither twice, nor the key that phones know.
        let ecps = server.app.keys.get(&server.app).await.unwrap().ecps().kid().to_owned();
        for kid in [seen, ecps, "x".into()] {
            let said = Command::Retire { config: nowhere(), kid }.act(&server.app).await;
            assert!(said.unwrap_err().to_string().contains("there is no key"));
        }
    }

    async fn an_operator_sees_and_announces(server: TestServer) {
        let act = async |command: Command| command.act(&server.app).await.unwrap();
        let listed = act(Command::List { config: nowhere() }).await;
        assert_eq!(listed.lines().count(), 5, "{listed}");
        assert_eq!(listed.matches(" signs ").count(), 5, "{listed}");
        act(Command::Rotate { config: nowhere() }).await;
        let again = act(Command::Rotate { config: nowhere() }).await;
        assert_eq!(again.matches("announced already").count(), 4, "{again}");
        let listed = act(Command::List { config: nowhere() }).await;
        assert_eq!(listed.matches(" announced ").count(), 4, "{listed}");
        let old = kid(&logged_in(&server).await.1.id_token);
        server.clock.advance(DAY + 10);
        assert_ne!(kid(&logged_in(&server).await.1.id_token), old);
    }

    async fn who_has_a_document_is_not_sent_it_again(server: TestServer) {
        let discovery = format!("{}/.well-known/openid-configuration", server.issuer());
        for address in [discovery, server.endpoint("certs")] {
            let first = http().get(&address).send().await.unwrap();
            let tag = first.headers()["etag"].clone();
            assert_eq!(first.headers()["cache-control"], "public, max-age=300");
            let second = http().get(&address).header("if-none-match", &tag).send().await.unwrap();
            assert_eq!(second.status(), 304);
            assert_eq!(second.headers()["etag"], tag);
            assert_eq!(second.text().await.unwrap(), "");
            let other = http().get(&address).header("if-none-match", "\"x\"").send().await.unwrap();
            assert_eq!(other.status(), 200);
        }
    }
}
