//! HTTP itself: hosts, sizes, methods, slow and silent callers.

use std::time::Duration;

use openpsc_tests::{Page, TestServer, http};
use reqwest::{Method, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// CVE class: an issuer made from what the caller says.
#[tokio::test]
async fn the_callers_host_never_becomes_ours() {
    let server = TestServer::start().await;
    let document = format!("{}/.well-known/openid-configuration", server.issuer());
    let honest = http().get(&document).send().await.unwrap().text().await.unwrap();
    let authorization = server.client("agenda").request().url;
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "666"),
        ("x-forwarded-prefix", "/evil.example"),
        ("x-original-url", "/evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
    ] {
        let answer = http().get(&document).header(name, value).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), honest, "{name}");
        let page = http().get(authorization.clone()).header(name, value).send().await.unwrap();
        let page = Page::of(page).await;
        let location = page.header("location");
        assert!(location.starts_with("/login/"), "{name}: {location}");
        let refused = http().get(format!("{}/auth", server.url())).header(name, value);
        assert!(!refused.send().await.unwrap().text().await.unwrap().contains("evil.example"));
    }
}

#[tokio::test]
async fn a_body_has_a_greatest_size() {
    let server = TestServer::start().await;
    for address in [
        server.endpoint("token"),
        server.endpoint("userinfo"),
        server.endpoint("logout"),
        format!("{}/auth", server.url()),
        format!("{}/logout/confirmed", server.url()),
    ] {
        let post = |size: usize| {
            let form = "application/x-www-form-urlencoded";
            http().post(&address).header("content-type", form).body("x".repeat(size)).send()
        };
        assert_eq!(post(64 * 1024 + 1).await.unwrap().status(), 413, "{address}");
        assert_ne!(post(1024).await.unwrap().status(), 413, "{address}");
    }
}

#[tokio::test]
async fn a_head_has_a_greatest_size() {
    let server = TestServer::start().await;
    let get = |size: usize| {
        let request = http().get(server.endpoint("certs"));
        request.header("x-padding", "x".repeat(size)).send()
    };
    assert_eq!(get(8 * 1024).await.unwrap().status(), 200);
    assert_eq!(get(100 * 1024).await.unwrap().status(), 431);
}

#[tokio::test]
async fn unknown_routes_are_not_found_and_wrong_methods_named() {
    let server = TestServer::start().await;
    let realm = server.issuer();
    for address in [
        format!("{}/nothing", server.url()),
        format!("{}/auth/realms/master", server.url()),
        format!("{realm}/protocol/openid-connect/registrations"),
        format!("{realm}/protocol/openid-connect/token/nothing"),
        format!("{realm}/protocol/openid-connect/auth/device"),
        format!("{}/assets/../Cargo.toml", server.url()),
        format!("{}/assets/%2e%2e%2fCargo.toml", server.url()),
        format!("{}/admin", server.url()),
    ] {
        let answer = http().get(&address).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{address}");
    }
    for (method, address, allowed) in [
        (Method::GET, server.endpoint("token"), "POST"),
        (Method::PUT, server.endpoint("token"), "POST"),
        (Method::GET, server.endpoint("ext/ciba/auth"), "POST"),
        (Method::POST, server.endpoint("certs"), "GET"),
        (Method::DELETE, server.endpoint("userinfo"), "GET"),
        (Method::PUT, server.endpoint("logout"), "GET"),
        (Method::PATCH, format!("{}/auth", server.url()), "GET"),
        (Method::TRACE, format!("{}/auth", server.url()), "GET"),
        (Method::GET, format!("{}/login/x/cancel", server.url()), "POST"),
        (Method::POST, format!("{realm}/.well-known/openid-configuration"), "GET"),
    ] {
        let answer = http().request(method.clone(), &address).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {address}");
        let allow = answer.headers()["allow"].to_str().unwrap();
        assert!(allow.contains(allowed), "{method} {address}: {allow}");
    }
}

/// Sends some bytes, then waits for the server to hang up.
async fn hangs_up_on(server: &TestServer, sent: &str) {
    let address = server.app.config.listen.clone();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let ended = timeout(Duration::from_secs(40), stream.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "still open after {sent:?}");
    // A time-out answer is fine; what was not sent whole is not carried out.
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_and_silent_callers_are_hung_up_on() {
    let server = TestServer::start().await;
    let unfinished_body = format!(
        "POST {}/protocol/openid-connect/token HTTP/1.1\r\nhost: x\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\ngrant",
        openpsc::config::REALM
    );
    tokio::join!(
        hangs_up_on(&server, ""),
        hangs_up_on(&server, "GET / HT"),
        hangs_up_on(&server, "GET / HTTP/1.1\r\nhost: x\r\nx-slow: "),
        // The beginning of HTTP/2's preface.
        hangs_up_on(&server, "PRI * HT"),
        hangs_up_on(&server, &unfinished_body),
    );
    // Meanwhile everybody else was answered.
    let answer = http().get(server.endpoint("certs")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// Two messages in one, as two programs could read them differently.
#[tokio::test]
async fn a_request_with_two_lengths_is_refused() {
    let server = TestServer::start().await;
    for head in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
        "content-length: +5\r\n",
    ] {
        let mut stream = TcpStream::connect(&server.app.config.listen).await.unwrap();
        let request = format!("POST /auth HTTP/1.1\r\nhost: x\r\n{head}\r\nhello");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = timeout(Duration::from_secs(40), stream.read_to_end(&mut answer)).await;
        read.expect("the server hangs up").unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.starts_with("HTTP/1.1 400"), "{head:?}: {answer}");
    }
}
