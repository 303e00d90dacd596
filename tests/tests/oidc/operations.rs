//! What an operator's machines are told.

use std::net::TcpListener;

use openpsc_tests::{TestServer, http};
use reqwest::StatusCode;

use super::DOCTOR;

/// A server whose operators ask at the address that comes with it.
async fn watched() -> (TestServer, String) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let settings = openpsc::operations::Settings { listen: listen.clone() };
    let server = TestServer::with(|config| config.operations = Some(settings)).await;
    let address = format!("http://{listen}");
    // The port opens a moment after the server's own.
    while http().get(format!("{address}/live")).send().await.is_err() {
        tokio::task::yield_now().await;
    }
    (server, address)
}

async fn metrics(address: &str) -> String {
    http().get(format!("{address}/metrics")).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn logins_tokens_and_answers_are_counted_and_nobody_is_named() {
    let (server, address) = watched().await;
    let client = server.client("agenda");
    let tokens = client.log_in(&server.browser(), DOCTOR).await;
    client.refresh(&tokens.refresh_token).await.unwrap();
    server.browser().get("/no/such/address").await;

    let text = metrics(&address).await;
    for line in [
        r#"openpsc_logins_total{means="MOBILE",acr="eidas2"} 1"#,
        r#"openpsc_tokens_total{grant_type="authorization_code"} 1"#,
        r#"openpsc_tokens_total{grant_type="refresh_token"} 1"#,
        r#"route="/login/{handle}",status="200"} 1"#,
        r#"method="GET",route="none",status="404"} 1"#,
        "openpsc_http_request_seconds_bucket",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"), "OpenMetrics ends so");
    for secret in [DOCTOR, &tokens.session_state, "agenda-secret", "/no/such/address"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn ready_says_whether_the_database_answers() {
    let (server, address) = watched().await;
    let ready = http().get(format!("{address}/ready")).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
    server.app.database.close().await;
    let ready = http().get(format!("{address}/ready")).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let live = http().get(format!("{address}/live")).send().await.unwrap();
    assert_eq!(live.status(), StatusCode::OK);
}

#[tokio::test]
async fn browsers_and_services_do_not_reach_what_operators_ask() {
    let (server, _) = watched().await;
    for path in ["/metrics", "/live", "/ready"] {
        for origin in [server.url(), server.app_url()] {
            let answer = http().get(format!("{origin}{path}")).send().await.unwrap();
            let text = answer.text().await.unwrap();
            assert!(!text.contains("# EOF") && !text.starts_with('{'), "{text}");
        }
    }
}
