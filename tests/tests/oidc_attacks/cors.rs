//! Scripts of other origins.

use openpsc_tests::{Page, TestServer, http};
use reqwest::Method;

const REGISTERED: &str = "https://dossier.example";

async fn asked(method: Method, address: &str, origin: &str, preflight: bool) -> Page {
    let mut request = http().request(method, address).header("origin", origin);
    if preflight {
        request = request
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
    }
    let page = Page::of(request.send().await.unwrap()).await;
    assert_eq!(page.header("access-control-allow-credentials"), "", "no cookie ever travels so");
    assert_ne!(page.header("access-control-allow-origin"), "*");
    page
}

fn for_scripts(server: &TestServer) -> Vec<String> {
    vec![
        format!("{}/.well-known/openid-configuration", server.issuer()),
        format!("{}/.well-known/wallet-openid-configuration", server.issuer()),
        server.endpoint("certs"),
        server.endpoint("token"),
        server.endpoint("ext/par/request"),
        server.endpoint("userinfo"),
    ]
}

#[tokio::test]
async fn a_registered_origin_may_call_what_scripts_need() {
    let server = TestServer::start().await;
    for address in for_scripts(&server) {
        let preflight = asked(Method::OPTIONS, &address, REGISTERED, true).await;
        assert!(preflight.status.is_success(), "{address}");
        assert_eq!(preflight.header("access-control-allow-origin"), REGISTERED);
        let allowed = preflight.header("access-control-allow-headers");
        assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{allowed}");
        let method = if address.ends_with("/token") || address.ends_with("/request") {
            Method::POST
        } else {
            Method::GET
        };
        let answer = asked(method, &address, REGISTERED, false).await;
        assert_eq!(answer.header("access-control-allow-origin"), REGISTERED, "{address}");
        assert!(answer.header("vary").contains("origin"), "caches must keep origins apart");
    }
    let refused = asked(Method::GET, &server.endpoint("userinfo"), REGISTERED, false).await;
    assert!(refused.header("access-control-expose-headers").contains("www-authenticate"));
}

#[tokio::test]
async fn no_other_origin_may() {
    let server = TestServer::start().await;
    for address in for_scripts(&server) {
        for origin in [
            "https://evil.example",
            "null",
            "https://dossier.example.evil.example",
            "https://DOSSIER.example",
            "https://dossier.example:443",
            "https://dossier.example/",
            "http://dossier.example",
            "https://agenda.example",
            "*",
        ] {
            for preflight in [true, false] {
                let method = if preflight { Method::OPTIONS } else { Method::GET };
                let page = asked(method, &address, origin, preflight).await;
                assert_eq!(page.header("access-control-allow-origin"), "", "{origin} {address}");
            }
        }
    }
}

/// RFC 9700 §2.6: browsers are sent to the authorization endpoint, no script
/// calls it; nor any page of ours.
#[tokio::test]
async fn no_script_may_read_a_page() {
    let server = TestServer::start().await;
    let request = server.client("dossier").request();
    for address in [
        request.url.to_string(),
        format!("{}?{}", server.endpoint("auth"), request.url.query().unwrap()),
        server.endpoint("logout"),
        format!("{}/login/x", server.url()),
        format!("{}/login/x/state", server.url()),
        format!("{}/portal", server.url()),
        format!("{}/sandbox/v1/clock", server.url()),
        // CIBA is for confidential clients: no script has their secret.
        server.endpoint("ext/ciba/auth"),
        format!("{}/sandbox/v1/ciba/x/allow", server.url()),
    ] {
        for preflight in [true, false] {
            let method = if preflight { Method::OPTIONS } else { Method::GET };
            let page = asked(method, &address, REGISTERED, preflight).await;
            assert_eq!(page.header("access-control-allow-origin"), "", "{address}");
        }
    }
}
