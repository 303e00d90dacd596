//! Pretending to call from somewhere else.

use openpsc::audit::Kind;
use openpsc_tests::{TestServer, http};
use reqwest::StatusCode;

/// Fails to be a service, saying where the call comes from.
async fn fails(server: &TestServer, header: &str, value: &str) -> StatusCode {
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "agenda")];
    let call = http().post(server.endpoint("token")).header(header, value).form(&form);
    call.send().await.unwrap().status()
}

async fn behind_a_proxy() -> TestServer {
    TestServer::with(|config| config.proxy.addresses = vec!["127.0.0.1/32".parse().unwrap()]).await
}

async fn addresses(server: &TestServer) -> Vec<String> {
    let events = server.audited(Kind::ClientNotProved).await;
    events.iter().map(|event| event["address"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn from_nobody_but_the_proxy_a_header_is_believed() {
    let server = TestServer::start().await;
    for nth in 0..100 {
        let invented = format!("198.51.100.{nth}");
        assert_eq!(fails(&server, "x-forwarded-for", &invented).await, 401);
    }
    assert_eq!(fails(&server, "x-forwarded-for", "198.51.100.200").await, 429);
    assert_eq!(fails(&server, "forwarded", "for=198.51.100.201").await, 429);
    assert!(addresses(&server).await.iter().all(|address| address == "127.0.0.1"));
}

#[tokio::test]
async fn behind_the_proxy_callers_are_told_apart_by_what_it_appended() {
    let server = behind_a_proxy().await;
    for nth in 0..100 {
        // The attacker writes a new address each time, the proxy appends theirs.
        let sent = format!("198.51.100.{nth}, 192.0.2.66");
        assert_eq!(fails(&server, "x-forwarded-for", &sent).await, 401);
    }
    assert_eq!(fails(&server, "x-forwarded-for", "203.0.113.1, 192.0.2.66").await, 429);
    assert_eq!(fails(&server, "x-forwarded-for", "192.0.2.66").await, 429);
    assert_eq!(fails(&server, "x-forwarded-for", "192.0.2.7").await, 401, "a neighbour may fail");
    // The header that the proxy does not write is the attacker's own.
    for nth in 0..99 {
        let invented = format!("for=198.51.100.{nth}");
        assert_eq!(fails(&server, "forwarded", &invented).await, 401);
    }
    assert_eq!(fails(&server, "forwarded", "for=203.0.113.9").await, 401);
    assert_eq!(fails(&server, "forwarded", "for=203.0.113.9").await, 429);

    let seen = addresses(&server).await;
    assert_eq!(seen.iter().filter(|address| *address == "192.0.2.66").count(), 100);
    assert_eq!(seen.iter().filter(|address| *address == "192.0.2.7").count(), 1);
    assert_eq!(seen.iter().filter(|address| *address == "127.0.0.1").count(), 100);
}

#[tokio::test]
async fn a_whole_network_of_ipv6_counts_as_one_caller() {
    let server = behind_a_proxy().await;
    for nth in 0..100 {
        let neighbour = format!("2001:db8:1:2::{nth:x}");
        assert_eq!(fails(&server, "x-forwarded-for", &neighbour).await, 401);
    }
    assert_eq!(fails(&server, "x-forwarded-for", "2001:db8:1:2:ffff::1").await, 429);
    assert_eq!(fails(&server, "x-forwarded-for", "2001:db8:1:3::1").await, 401);
}
