//! Traces, as an operator's collector gets them.

use openpsc::telemetry::Settings;
use openpsc_tests::{Collector, SESSION_COOKIE, TestServer, attribute, http};

use super::DOCTOR;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn traced(collector: &Collector, proxies: &[&str]) -> TestServer {
    let settings = Settings { otlp_endpoint: collector.endpoint.clone(), sample: 1.0 };
    TestServer::with(|config| {
        config.telemetry = Some(settings);
        config.proxy.addresses = proxies.iter().map(|text| text.parse().unwrap()).collect();
    })
    .await
}

/// Asks for the key set in somebody's trace.
async fn asks_in_a_trace(server: &TestServer) {
    let traceparent = format!("00-{TRACE}-{PARENT}-01");
    let call = http().get(server.endpoint("certs")).header("traceparent", traceparent);
    assert_eq!(call.send().await.unwrap().status(), 200);
    server.app.telemetry.flush().await;
}

fn route(word: &str) -> String {
    format!("{}/protocol/openid-connect/{word}", openpsc::config::REALM)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_is_a_span_and_no_secret_and_nobody_is_in_it() {
    let collector = Collector::start().await;
    let server = traced(&collector, &[]).await;
    let (client, browser) = (server.client("agenda"), server.browser());
    let request = client.request();
    let page = browser.open(&request.url).await;
    let handle = page.url.path().rsplit('/').next().unwrap().to_owned();
    let page = browser.one_click(&page, DOCTOR, "ecps").await;
    let code = client.code(&request, &page);
    let tokens = client.redeem(&code, &request.verifier).await.unwrap();
    client.userinfo(&tokens.access_token).await;
    http().get(format!("{}/no/such/{DOCTOR}", server.url())).send().await.unwrap();
    server.app.telemetry.flush().await;

    for (name, status) in [
        ("GET /auth".to_owned(), "303"),
        ("GET /login/{handle}".to_owned(), "200"),
        (format!("POST {}", route("token")), "200"),
        (format!("GET {}", route("userinfo")), "200"),
        ("GET none".to_owned(), "404"),
    ] {
        let span = collector.span(&name);
        assert_eq!(
            attribute(&span, "http.response.status_code").as_deref(),
            Some(status),
            "{name}"
        );
        let (method, pattern) = name.split_once(' ').unwrap();
        assert_eq!(attribute(&span, "http.request.method").as_deref(), Some(method));
        assert_eq!(attribute(&span, "http.route").as_deref(), Some(pattern));
        assert_eq!(span.attributes.len(), 3, "{:?}", span.attributes);
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
        assert!(span.events.is_empty());
    }
    let text = collector.text();
    assert!(text.contains("openpsc"));
    let cookie = browser.cookie(SESSION_COOKIE).unwrap();
    let secrets = [
        DOCTOR,
        &handle,
        &code,
        &cookie,
        &request.state,
        &request.verifier,
        &tokens.access_token,
        &tokens.refresh_token,
        &tokens.id_token,
        &tokens.session_state,
        "agenda-secret",
        "127.0.0.1",
        "client_id",
    ];
    for secret in secrets {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_that_our_proxy_began_goes_on() {
    let collector = Collector::start().await;
    let server = traced(&collector, &["127.0.0.1/32"]).await;
    asks_in_a_trace(&server).await;
    let span = collector.span(&format!("GET {}", route("certs")));
    assert_eq!((hex(&span.trace_id), hex(&span.parent_span_id)), (TRACE.into(), PARENT.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_writes_into_no_trace_of_ours() {
    let collector = Collector::start().await;
    let server = traced(&collector, &["10.0.0.1/32"]).await;
    asks_in_a_trace(&server).await;
    let span = collector.span(&format!("GET {}", route("certs")));
    assert_ne!(hex(&span.trace_id), TRACE);
    assert!(span.parent_span_id.is_empty());
    assert_eq!(span.links.len(), 1);
    assert_eq!(hex(&span.links[0].trace_id), TRACE);
}

/// A collector that is gone costs nobody anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_collector_the_server_serves() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = Settings { otlp_endpoint: format!("http://{gone}"), sample: 1.0 };
    let server = TestServer::with(|config| config.telemetry = Some(settings)).await;
    server.client("agenda").log_in(&server.browser(), DOCTOR).await;
    server.app.telemetry.flush().await;
    server.client("agenda").log_in(&server.browser(), DOCTOR).await;
    // The end waits for no collector either.
    server.reconfigured(|config| config.telemetry = None).await;
}
