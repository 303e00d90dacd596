//! Registering what one may not.

use std::path::PathBuf;

use openpsc::clients::Command;
use openpsc_tests::{Page, TestServer, http, on_both_engines};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const CALLBACK: &str = "https://nouveau.example/callback";

fn endpoint(server: &TestServer) -> String {
    format!("{}/clients-registrations/openid-connect", server.issuer())
}

async fn sent(request: RequestBuilder) -> (u16, Value) {
    let page = Page::of(request.send().await.unwrap()).await;
    (page.status.as_u16(), serde_json::from_str(&page.text).unwrap_or_default())
}

async fn register(server: &TestServer, token: Option<&str>) -> (u16, Value) {
    let request = http().post(endpoint(server)).json(&json!({"redirect_uris": [CALLBACK]}));
    sent(match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    })
    .await
}

async fn outside_the_sandbox(server: TestServer, enabled: bool) -> TestServer {
    let server = server.reconfigured(|config| {
        config.sandbox = None;
        config.registration.enabled = enabled;
        config.clients.retain(|client| !client.auto_login);
    });
    server.await
}

async fn registration_token(server: &TestServer, uses: u32) -> String {
    let make = Command::RegistrationToken { config: PathBuf::new(), uses, days: 7 };
    let said = make.act(&server.app).await.unwrap();
    said.trim().rsplit_once(' ').unwrap().1.to_owned()
}

on_both_engines! {
    async fn outside_the_sandbox_it_does_not_exist(server: TestServer) {
        let server = outside_the_sandbox(server, false).await;
        assert_eq!(register(&server, None).await.0, 404);
        let address = format!("{}/.well-known/openid-configuration", server.issuer());
        let discovery: Value = http().get(address).send().await.unwrap().json().await.unwrap();
        assert!(discovery.get("registration_endpoint").is_none());
    }

    /// RFC 7591 §3: an initial access token, good for so many services.
    async fn outside_the_sandbox_it_needs_a_token(server: TestServer) {
        let server = outside_the_sandbox(server, true).await;
        let token = registration_token(&server, 1).await;
        for wrong in [None, Some("x"), Some(""), Some(&token[1..])] {
            let (status, answer) = register(&server, wrong).await;
            assert_eq!((status, &answer["error"]), (401, &json!("invalid_token")));
        }
        // A mistake does not use it up.
        let mistaken = http().post(endpoint(&server)).bearer_auth(&token).json(&json!({}));
        assert_eq!(sent(mistaken).await.0, 400);
        // Of many at once exactly one has it.
        let tries = (0..8).map(|_| {
            let request = http()
                .post(endpoint(&server))
                .bearer_auth(&token)
                .json(&json!({"redirect_uris": [CALLBACK]}));
            tokio::spawn(sent(request))
        });
        let mut done = 0;
        for attempt in tries.collect::<Vec<_>>() {
            let (status, answer) = attempt.await.unwrap();
            assert!(status == 201 || status == 401, "{status} {answer}");
            done += u32::from(status == 201);
        }
        assert_eq!(done, 1);
        let late = registration_token(&server, 1).await;
        server.clock.advance(7 * 24 * 3600);
        assert_eq!(register(&server, Some(&late)).await.0, 401);
    }

    async fn nobody_gets_a_right_of_the_operators(server: TestServer) {
        let server = outside_the_sandbox(server, true).await;
        let token = registration_token(&server, 10).await;
        for (member, value) in [
            ("grant_types", json!(["client_credentials"])),
            ("grant_types", json!(["authorization_code", "password"])),
            ("scope", json!("openid admin")),
            ("response_types", json!(["code id_token"])),
            ("id_token_signed_response_alg", json!("none")),
        ] {
            let metadata = json!({"redirect_uris": [CALLBACK], member: value});
            let request = http().post(endpoint(&server)).bearer_auth(&token).json(&metadata);
            let (status, answer) = sent(request).await;
            assert_eq!((status, &answer["error"]), (400, &json!("invalid_client_metadata")), "{member}");
            assert!(answer["error_description"].as_str().unwrap().contains(member), "{answer}");
        }
        let metadata = json!({"redirect_uris": [CALLBACK], "introspects_others": true,
            "auto_login": true, "client_id": "agenda", "client_secret": "0".repeat(40)});
        let request = http().post(endpoint(&server)).bearer_auth(&token).json(&metadata);
        let (status, answer) = sent(request).await;
        assert_eq!(status, 201);
        for ignored in ["introspects_others", "auto_login"] {
            assert!(answer.get(ignored).is_none(), "{ignored}");
        }
        assert_ne!(answer["client_id"], "agenda");
        assert_ne!(answer["client_secret"], "0".repeat(40));
    }

    /// oidc-rules §15: no address that only the server can reach.
    async fn no_address_of_the_inner_network_is_registered(server: TestServer) {
        let server = outside_the_sandbox(server, true).await;
        let token = registration_token(&server, 1).await;
        for uri in [
            "http://keys.example/jwks", "https://127.0.0.1/jwks", "https://[::1]/jwks",
            "https://169.254.169.254/latest", "https://10.0.0.1/", "https://[::ffff:10.0.0.1]/",
            "https://2130706433/", "https://u:p@keys.example/", "file:///etc/passwd",
            "gopher://keys.example/", "https://127.1/", "https://0177.0.0.1/", "https://0x7f000001/",
            "https://0x7f.1/", "https://0/", "https://[::]/", "https://[::ffff:7f00:1]/",
            "https://[64:ff9b::7f00:1]/", "https://[fe80::1]/", "https://[fd00:ec2::254]/",
            "https://100.100.100.200/", "https://192.168.1.1/", "https://172.16.0.1/",
            "https://127.0.0.1./", "https://\u{ff11}27.0.0.1/", "https://127。0。0。1/",
            "https://keys.example@127.0.0.1/", "https://keys.example\\@127.0.0.1/",
            "https://127.0.0.1#@keys.example/", "https://@keys.example:443@[::1]/",
            "https:/\\127.0.0.1/", "https:127.0.0.1", "//keys.example/", "keys.example", "",
            "ftp://keys.example/", "data:application/json,{}", "https://keys.example/#x",
            " javascript:alert(1)", "https://10.0.0.1:99999/",
        ] {
            // Who tries so many is told to wait.
            server.clock.advance(61);
            for member in ["jwks_uri", "backchannel_logout_uri", "request_uris"] {
                let value = if member == "request_uris" { json!([uri]) } else { json!(uri) };
                let metadata = json!({"redirect_uris": [CALLBACK], member: value});
                let request = http().post(endpoint(&server)).bearer_auth(&token).json(&metadata);
                let (status, answer) = sent(request).await;
                assert_eq!(status, 400, "{uri}");
                assert_eq!(answer["error"], "invalid_client_metadata", "{uri}");
                assert!(uri.len() < 5 || !answer.to_string().contains(uri), "it is not repeated");
            }
        }
        for uri in ["http://a.example/", "javascript:alert(1)", "https://a.example/#x", "x"] {
            let request =
                http().post(endpoint(&server)).bearer_auth(&token).json(&json!({"redirect_uris": [uri]}));
            let (status, answer) = sent(request).await;
            assert_eq!((status, &answer["error"]), (400, &json!("invalid_redirect_uri")), "{uri}");
        }
    }

    async fn nobody_manages_anothers_entry(server: TestServer) {
        let (_, own) = register(&server, None).await;
        let (_, other) = register(&server, None).await;
        let address = own["registration_client_uri"].as_str().unwrap();
        let agenda = format!("{}/agenda", endpoint(&server));
        let foreign = other["registration_access_token"].as_str().unwrap();
        let change = json!({"client_id": own["client_id"], "redirect_uris": ["https://evil.example/"]});
        for token in [Some(foreign), Some("x"), own["client_secret"].as_str(), None] {
            for method in [Method::GET, Method::PUT, Method::DELETE] {
                for address in [address, &agenda] {
                    let request = http().request(method.clone(), address).json(&change);
                    let request = match token {
                        Some(token) => request.bearer_auth(token),
                        None => request,
                    };
                    assert_eq!(sent(request).await.0, 401, "{method} {token:?}");
                }
            }
        }
        // Its own token does not make it somebody else.
        let token = own["registration_access_token"].as_str().unwrap();
        for change in [
            json!({"client_id": other["client_id"], "redirect_uris": [CALLBACK]}),
            json!({"redirect_uris": [CALLBACK]}),
            json!({"client_id": own["client_id"], "client_secret": "x", "redirect_uris": [CALLBACK]}),
            json!({"client_id": own["client_id"], "redirect_uris": [CALLBACK],
                "registration_access_token": "chosen"}),
        ] {
            let request = http().put(address).bearer_auth(token).json(&change);
            assert_eq!(sent(request).await.0, 400, "{change}");
        }
        let (status, read) = sent(http().get(address).bearer_auth(token)).await;
        assert_eq!((status, &read["redirect_uris"]), (200, &json!([CALLBACK])));
    }

    async fn there_is_an_end_to_it(server: TestServer) {
        let server = server.reconfigured(|config| config.registration.most_clients = 2).await;
        assert_eq!(register(&server, None).await.0, 201);
        assert_eq!(register(&server, None).await.0, 201);
        assert_eq!(register(&server, None).await.0, 429);
        // And a brake long before that, for whoever only tries.
        let mut told_to_wait = false;
        for _ in 0..60 {
            let request = http().post(endpoint(&server)).body("x");
            let page = Page::of(request.send().await.unwrap()).await;
            told_to_wait = page.status == 429 && !page.header("retry-after").is_empty();
        }
        assert!(told_to_wait);

        for (kind, body, status) in [
            ("text/plain", "{}", 415),
            ("application/json", "[]", 400),
            ("application/json", "{", 400),
            ("application/json", r#"{"redirect_uris":[],"redirect_uris":[]}"#, 400),
        ] {
            server.clock.advance(61);
            let request = http().post(endpoint(&server)).header("content-type", kind).body(body);
            assert_eq!(sent(request).await.0, status, "{body}");
        }
        let long = http().post(endpoint(&server)).json(&json!({"x": "x".repeat(70_000)}));
        assert_eq!(sent(long).await.0, 413);
    }
}
