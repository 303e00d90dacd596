//! Services that the operator registers while the provider runs.

use std::path::PathBuf;

use openpsc::{clients::Command, database::sql, secret::random_token};
use openpsc_tests::{Client, Credentials, TestServer, on_both_engines};

use super::DOCTOR;

const CALLBACK: &str = "https://labo.example/callback";

fn labo(server: &TestServer, secret: &str) -> Client {
    let mut client = Client::registered("labo", CALLBACK, server.url());
    client.credentials = Credentials::Basic(String::from(secret).leak());
    client
}

fn nowhere() -> PathBuf {
    PathBuf::new()
}

/// `openpsc client add`, from a file that holds this.
async fn add(server: &TestServer, text: &str) -> anyhow::Result<String> {
    let from = std::env::temp_dir().join(format!("openpsc-test-{}.toml", random_token()));
    std::fs::write(&from, text).unwrap();
    let said = Command::Add { config: nowhere(), from: from.clone() }.act(&server.app).await;
    std::fs::remove_file(from).unwrap();
    said
}

async fn add_labo(server: &TestServer) -> String {
    let text =
        format!("client_id = 'labo'\nclient_name = 'Laboratoire'\nredirect_uris = ['{CALLBACK}']");
    shown_secret(&add(server, &text).await.unwrap())
}

fn shown_secret(said: &str) -> String {
    let (_, rest) = said.split_once("shown once: ").unwrap();
    rest.lines().next().unwrap().to_owned()
}

/// What the client of these credentials is told about nonsense.
async fn standing(client: &Client) -> String {
    client.refresh("x").await.unwrap_err().error
}

on_both_engines! {
    async fn a_service_added_meanwhile_logs_people_in_on_every_node(server: TestServer) {
        let other = server.second_node().await;
        let secret = add_labo(&server).await;
        assert!(secret.len() >= 43, "256 bits");
        for node in [&server, &other] {
            let client = labo(node, &secret);
            let tokens = client.log_in(&node.browser(), DOCTOR).await;
            assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
            assert!(client.refresh(&tokens.refresh_token).await.is_ok());
        }
        let server = server.restart().await;
        assert_eq!(standing(&labo(&server, &secret)).await, "invalid_grant");
        assert_eq!(standing(&labo(&server, "wrong")).await, "invalid_client");
    }

    async fn its_secret_is_shown_once_and_kept_nowhere(server: TestServer) {
        let secret = add_labo(&server).await;
        let row = sql("select metadata, secret_digest from clients where client_id = 'labo'")
            .fetch_optional(&server.app.database)
            .await
            .unwrap()
            .unwrap();
        for column in ["metadata", "secret_digest"] {
            assert!(!row.text(column).unwrap().contains(&secret), "{column}");
        }
        let show = |client_id: Option<&str>| Command::Show {
            config: nowhere(),
            client_id: client_id.map(Into::into),
        };
        assert_eq!(show(None).act(&server.app).await.unwrap(), "labo\n");
        let shown = show(Some("labo")).act(&server.app).await.unwrap();
        assert!(shown.contains("Laboratoire") && shown.contains("secrets: 1"), "{shown}");
        assert!(!shown.contains(&secret));
        assert!(show(Some("nobody")).act(&server.app).await.is_err());
    }

    async fn two_secrets_are_good_while_one_takes_the_others_place(server: TestServer) {
        let other = server.second_node().await;
        let first = add_labo(&server).await;
        assert_eq!(standing(&labo(&other, &first)).await, "invalid_grant");
        let rotate = || Command::RotateSecret { config: nowhere(), client_id: "labo".into(), keep_days: 7 };
        let second = shown_secret(&rotate().act(&server.app).await.unwrap());
        for node in [&server, &other] {
            for secret in [&first, &second] {
                assert_eq!(standing(&labo(node, secret)).await, "invalid_grant");
            }
        }
        // A third puts an end to the first.
        let third = shown_secret(&rotate().act(&server.app).await.unwrap());
        assert_eq!(standing(&labo(&server, &third)).await, "invalid_grant");
        assert_eq!(standing(&labo(&server, &second)).await, "invalid_grant");
        assert_eq!(standing(&labo(&server, &first)).await, "invalid_client");
        server.clock.advance(7 * 24 * 3600);
        assert_eq!(standing(&labo(&server, &second)).await, "invalid_client");
        assert_eq!(standing(&labo(&server, &third)).await, "invalid_grant");
    }

    /// The other node is told nothing: it notices.
    async fn a_disabled_service_is_nobody_within_seconds(server: TestServer) {
        let other = server.second_node().await;
        let secret = add_labo(&server).await;
        let client = labo(&other, &secret);
        let tokens = client.log_in(&other.browser(), DOCTOR).await;
        let disable = Command::Disable { config: nowhere(), client_id: "labo".into() };
        disable.act(&server.app).await.unwrap();
        let noticed = async {
            while standing(&client).await != "invalid_client" {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), noticed).await.unwrap();
        // Its tokens too are worth nothing, and its page is an error.
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
        let page = other.browser().get(&client.request().url).await;
        assert_eq!(page.error_code(), "invalid_client");
        assert!(disable.act(&server.app).await.is_err(), "it is disabled already");
    }

    async fn what_breaks_a_rule_is_not_added(server: TestServer) {
        let usual = "client_name = 'x'\nredirect_uris = ['https://x.example/']";
        for (text, why) in [
            (format!("client_id = 'agenda'\n{usual}"), "configuration file"),
            (format!("client_id = 'x'\n{usual}\nclient_secret = '{}'", "x".repeat(40)), "client_secret"),
            (format!("client_id = 'x'\n{usual}\nredirect_url = 'y'"), "redirect_url"),
            ("client_id = 'x'\nclient_name = 'x'\nredirect_uris = ['http://x.example/']".into(), "https"),
            ("client_name = 'x'".into(), "client_id"),
        ] {
            let refused = format!("{:#}", add(&server, &text).await.unwrap_err());
            assert!(refused.contains(why), "{refused}");
        }
        add_labo(&server).await;
        let again = format!("client_id = 'labo'\n{usual}");
        assert!(format!("{:#}", add(&server, &again).await.unwrap_err()).contains("exists already"));
        for command in [
            Command::Disable { config: nowhere(), client_id: "agenda".into() },
            Command::RotateSecret { config: nowhere(), client_id: "agenda".into(), keep_days: 1 },
        ] {
            let refused = format!("{:#}", command.act(&server.app).await.unwrap_err());
            assert!(refused.contains("configuration file"), "{refused}");
        }
    }
}
