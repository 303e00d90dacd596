//! What the provider says of itself is true.

use openpsc_tests::{http, on_both_engines};
use reqwest::Method;
use serde_json::Value;

on_both_engines! {
    /// PSC's path, the standard one, and both placements of RFC 8414.
    async fn every_well_known_path_gives_the_same_document(server: TestServer) {
        let realm = server.issuer().strip_prefix(server.url()).unwrap();
        let mut documents = Vec::new();
        for address in [
            format!("{}/.well-known/openid-configuration", server.issuer()),
            format!("{}/.well-known/wallet-openid-configuration", server.issuer()),
            format!("{}/.well-known/oauth-authorization-server", server.issuer()),
            format!("{}/.well-known/oauth-authorization-server{realm}", server.url()),
        ] {
            let answer = http().get(&address).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{address}");
            assert_eq!(answer.headers()["content-type"], "application/json");
            assert_eq!(answer.headers()["cache-control"], "public, max-age=300");
            documents.push(answer.json::<Value>().await.unwrap());
        }
        documents.dedup();
        let [document] = documents.as_slice() else { panic!("they differ: {documents:?}") };

        // Discovery §4.3: exactly the `iss` of the tokens.
        assert_eq!(document["issuer"], server.issuer());
        assert_eq!(document["response_types_supported"], serde_json::json!(["code"]));
        assert_eq!(document["code_challenge_methods_supported"], serde_json::json!(["S256"]));
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        // True is the default of these when they are absent.
        assert_eq!(document["request_uri_parameter_supported"], false);
        assert_eq!(document["request_parameter_supported"], true);
        assert_eq!(document["claims_parameter_supported"], true);
        for logout in ["frontchannel", "backchannel"] {
            assert_eq!(document[format!("{logout}_logout_supported")], true);
            assert_eq!(document[format!("{logout}_logout_session_supported")], true);
        }
        // What does not work is not listed.
        assert!(document.get("device_authorization_endpoint").is_none());
    }

    async fn every_listed_endpoint_answers(server: TestServer) {
        let address = format!("{}/.well-known/openid-configuration", server.issuer());
        let document: Value = http().get(address).send().await.unwrap().json().await.unwrap();
        let mut endpoints = 0;
        for (name, value) in document.as_object().unwrap() {
            let expected = match name.as_str() {
                // An authorization without a client is a page, not a redirect.
                "authorization_endpoint" => (Method::GET, 400),
                "token_endpoint" | "introspection_endpoint" | "revocation_endpoint" => {
                    (Method::POST, 401)
                }
                "userinfo_endpoint" => (Method::GET, 401),
                "registration_endpoint" => (Method::POST, 415),
                "jwks_uri" => (Method::GET, 200),
                "end_session_endpoint" | "check_session_iframe" => (Method::GET, 200),
                "pushed_authorization_request_endpoint" => (Method::POST, 401),
                "backchannel_authentication_endpoint" => (Method::POST, 401),
                "issuer" => continue,
                other => {
                    assert!(!other.ends_with("_endpoint") && !other.ends_with("_uri"), "{other}");
                    continue;
                }
            };
            let form: [(&str, &str); 1] = [("grant_type", "authorization_code")];
            let request = http().request(expected.0.clone(), value.as_str().unwrap());
            let request = if expected.0 == Method::POST { request.form(&form) } else { request };
            assert_eq!(request.send().await.unwrap().status(), expected.1, "{name}");
            endpoints += 1;
        }
        assert_eq!(endpoints, 11);
    }

    async fn keys_show_their_public_half_only(server: TestServer) {
        let keys = server.jwks().await;
        let mut algorithms: Vec<&str> = Vec::new();
        let mut kids: Vec<&str> = Vec::new();
        for key in &keys {
            let members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
            let public = ["kty", "n", "e", "crv", "x", "y", "kid", "use", "alg"];
            assert!(members.iter().all(|member| public.contains(member)), "{members:?}");
            assert_eq!(key["use"], "sig");
            algorithms.push(key["alg"].as_str().unwrap());
            kids.push(key["kid"].as_str().unwrap());
        }
        algorithms.sort_unstable();
        assert_eq!(algorithms, ["ES256", "EdDSA", "PS256", "RS256"]);
        kids.sort_unstable();
        kids.dedup();
        assert_eq!(kids.len(), 4, "each key has its own kid");
    }
}
