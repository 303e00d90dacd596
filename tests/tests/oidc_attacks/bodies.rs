//! Bodies of the wrong kind and size, wrong methods, and what a refusal may say
//! (oidc-rules §0.2 to §0.4), at every endpoint of back ends.

use openpsc_tests::{CIBA, Page, TestServer, http, on_both_engines};
use reqwest::Method;
use serde_json::Value;

use super::DOCTOR;

/// Every endpoint that takes a form, and a client that may call it.
const ENDPOINTS: [(&str, &str); 6] = [
    ("token", "agenda"),
    ("ext/par/request", "agenda"),
    ("token/introspect", "agenda"),
    ("revoke", "agenda"),
    ("ext/ciba/auth", "chevet"),
    ("token", "dossier"),
];

/// RFC 6749 §5.2: what every refusal keeps to.
fn is_a_refusal(page: &Page, what: &str) -> String {
    assert!(page.header("content-type").starts_with("application/json"), "{what}: {page:?}");
    assert_eq!(page.header("cache-control"), "no-store", "{what}");
    let body: Value =
        serde_json::from_str(&page.text).unwrap_or_else(|_| panic!("{what}: {page:?}"));
    let description = body["error_description"].as_str().unwrap_or_default();
    let allowed = |byte: u8| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    assert!(description.bytes().all(allowed), "{what}: {description}");
    body["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn only_forms_of_a_good_size_are_taken() {
    let server = TestServer::start().await;
    for (endpoint, client_id) in ENDPOINTS {
        let client = server.client(client_id);
        for kind in [
            "application/json",
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded2",
            "application/x-www-form-urlencoded, text/plain",
            "",
        ] {
            let call = client.back_channel(endpoint, &[("token", "x")]);
            let mut call = call.build().unwrap();
            call.headers_mut().insert("content-type", kind.parse().unwrap());
            let page = Page::of(client.http().execute(call).await.unwrap()).await;
            assert_eq!(page.status, 415, "{endpoint} {kind}");
            is_a_refusal(&page, kind);
        }
        let large = "x".repeat(64 * 1024);
        let page = client.call(client.back_channel(endpoint, &[("q", large.as_str())])).await;
        assert_eq!(page.status, 413, "{endpoint}");
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
            let call = http().request(method.clone(), client.endpoint(endpoint));
            let page = client.call(call).await;
            assert_eq!(page.status, 405, "{method} {endpoint}");
            assert!(page.header("allow").contains("POST"), "{method} {endpoint}");
        }
    }
}

on_both_engines! {
    async fn a_refusal_repeats_nothing(server: TestServer) {
        let hostile = "\"\\\r\nset-cookie: e=1\u{1}é<script>";
        for (endpoint, client_id) in ENDPOINTS {
            let client = server.client(client_id);
            for name in [
                "grant_type", "code", "refresh_token", "scope", "redirect_uri", "code_verifier",
                "resource", "token", "token_type_hint", "auth_req_id", "login_hint",
                "binding_message", "id_token_hint", "login_hint_token", "request", "request_uri",
                "requested_expiry", "acr_values", "channel", "client_assertion",
                "client_assertion_type", "response_type", "response_mode", "prompt", "max_age",
                "claims", "state", "nonce",
            ] {
                let base: &[(&str, &str)] = match endpoint {
                    "token" => &[("grant_type", "authorization_code"), ("code", "x")],
                    "ext/ciba/auth" => &[("scope", "openid"), ("login_hint", DOCTOR), ("binding_message", "7 7")],
                    _ => &[("token", "x")],
                };
                let mut form: Vec<_> = base.iter().copied().filter(|(it, _)| *it != name).collect();
                form.push((name, hostile));
                let page = client.call(client.back_channel(endpoint, &form)).await;
                let what = format!("{endpoint} {name}: {} {}", page.status, page.text);
                assert!(!page.status.is_server_error(), "{what}");
                assert!(!page.text.contains("set-cookie") && !page.text.contains("<script"), "{what}");
                assert_eq!(page.cookies(), Vec::<String>::new(), "{what}");
                if page.status.is_client_error() {
                    is_a_refusal(&page, &what);
                } else if let Some(request) = page.text.split(r#""auth_req_id":""#).nth(1) {
                    let id = request.split('"').next().unwrap();
                    server.unattended(id, "deny").await;
                }
            }
        }
    }

    /// RFC 6749 §3.3, wherever a scope is read.
    async fn a_scope_is_words_with_single_spaces(server: TestServer) {
        let (agenda, chevet) = (server.client("agenda"), server.client("chevet"));
        let tokens = agenda.log_in(&server.browser(), DOCTOR).await;
        for scope in [
            "openid  scope_all", " openid", "openid ", "openid\tscope_all", "openid\nscope_all",
            "openid \"", "openid \\", "openid é", "openid,scope_all", "OPENID", "Openid",
            "openid admin",
        ] {
            let request = agenda.request().changed("scope", scope);
            let page = server.browser().get(&request.url).await;
            assert_eq!(page.answer().error(), "invalid_scope", "{scope:?}");
            let page = agenda.push(&request).await;
            assert_eq!(is_a_refusal(&page, scope), "invalid_scope", "{scope:?}");
            let form = [("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh_token), ("scope", scope)];
            assert_eq!(agenda.token(&form).await.unwrap_err().error, "invalid_scope", "{scope:?}");
            let form = [("scope", scope), ("login_hint", DOCTOR), ("binding_message", "07")];
            assert_eq!(chevet.ask_form(&form).await.unwrap_err().error, "invalid_scope", "{scope:?}");
        }
        let upper = agenda.token(&[("grant_type", "REFRESH_TOKEN"), ("refresh_token", "x")]).await;
        assert_eq!(upper.unwrap_err().error, "unsupported_grant_type");
        let other = chevet.token(&[("GRANT_TYPE", CIBA), ("auth_req_id", "x")]).await;
        assert_eq!(other.unwrap_err().error, "invalid_request", "names are case sensitive");
    }
}
