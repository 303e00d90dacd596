//! Services that prove who they are by a certificate (RFC 8705).

use std::process::Command;

use openpsc_tests::{Certified, Client, Jwt, Pki, TestServer, Tokens, http};
use rcgen::SanType;
use serde_json::{Value, json};

use super::DOCTOR;

const NAME: &str = "CN=agenda-demo,O=CLINIQUE DES ESSAIS,C=FR";

fn registration(client_id: &str, more: Value) -> Value {
    let mut registration = json!({
        "client_id": client_id,
        "client_name": "Service à certificat",
        "token_endpoint_auth_method": "tls_client_auth",
        "redirect_uris": [format!("https://{client_id}.example/callback")],
        "id_token_signed_response_alg": "ES256",
        "auto_login": true,
    });
    let members = registration.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    registration
}

async fn server_with(pki: &Pki, registrations: Vec<Value>) -> TestServer {
    let mutual = pki.mutual();
    let server = TestServer::start().await.reconfigured(|config| config.mtls = mutual).await;
    server.with_clients(registrations).await
}

/// A service at the door that is made for certificates.
fn client(server: &TestServer, pki: &Pki, id: &'static str, shown: Option<&str>) -> Client {
    let redirect_uri = format!("https://{id}.example/callback").leak();
    let door = server.app.config.mtls.public_url.clone().unwrap();
    Client::registered(id, redirect_uri, server.url()).through(pki.http(shown), &door)
}

async fn log_in(server: &TestServer, client: &Client) -> Tokens {
    let request = client.request().with("login_hint", DOCTOR);
    let page = server.browser().get(&request.url).await;
    let code = client.code(&request, &page);
    client.redeem(&code, &request.verifier).await.unwrap()
}

#[tokio::test]
async fn an_authority_vouches_for_a_service_by_any_one_of_its_names() {
    let pki = Pki::create();
    let certified = pki.issue(|params| {
        params.subject_alt_names = vec![
            SanType::DnsName("agenda.example".try_into().unwrap()),
            SanType::URI("https://agenda.example/".try_into().unwrap()),
            SanType::IpAddress("192.0.2.7".parse().unwrap()),
            SanType::Rfc822Name("agenda@example.org".try_into().unwrap()),
        ];
    });
    let names = [
        ("nom", json!({"tls_client_auth_subject_dn": NAME})),
        ("dns", json!({"tls_client_auth_san_dns": "agenda.example"})),
        ("uri", json!({"tls_client_auth_san_uri": "https://agenda.example/"})),
        ("ip", json!({"tls_client_auth_san_ip": "192.0.2.7"})),
        ("mail", json!({"tls_client_auth_san_email": "agenda@example.org"})),
    ];
    let registrations = names.iter().map(|(id, more)| registration(id, more.clone())).collect();
    let server = server_with(&pki, registrations).await;
    for (id, _) in names {
        let client = client(&server, &pki, id, Some(&certified.identity()));
        let tokens = log_in(&server, &client).await;
        assert_eq!(server.verified(&tokens.id_token).await.text("aud"), id);
        assert!(Jwt::read(&tokens.access_token).claims.get("cnf").is_none(), "it did not ask");
        client.refresh(&tokens.refresh_token).await.unwrap();
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
    }
}

#[tokio::test]
async fn a_service_may_be_its_own_authority_with_a_registered_key() {
    let pki = Pki::create();
    let own = Certified::self_signed(|_| {});
    let registered = registration(
        "soi",
        json!({"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": own.jwks()}),
    );
    let server = server_with(&pki, vec![registered]).await;
    let client = client(&server, &pki, "soi", Some(&own.identity()));
    log_in(&server, &client).await;
}

#[tokio::test]
async fn tokens_are_bound_to_the_certificate_in_each_profiles_words() {
    let pki = Pki::create();
    let certified = pki.issue(|_| {});
    let more = |profile: &str| {
        json!({
            "tls_client_auth_subject_dn": NAME,
            "tls_client_certificate_bound_access_tokens": true,
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "profile": profile,
        })
    };
    let registrations =
        vec![registration("strict", more("openid")), registration("hopital2", more("psc"))];
    let server = server_with(&pki, registrations).await;
    for (id, thumbprint) in
        [("strict", certified.thumbprint()), ("hopital2", certified.hexadecimal_thumbprint())]
    {
        let client = client(&server, &pki, id, Some(&certified.identity()));
        let tokens = log_in(&server, &client).await;
        let refreshed = client.refresh(&tokens.refresh_token).await.unwrap();
        for token in [&tokens.access_token, &refreshed.access_token] {
            let cnf = Jwt::read(token).claims["cnf"].clone();
            assert_eq!(cnf, json!({"x5t#S256": thumbprint}));
            let page = client.userinfo(token).await;
            assert_eq!(page.status, 200, "{}", page.text);
        }
        assert_eq!(tokens.token_type, "Bearer");
        let form = [("token", tokens.access_token.as_str())];
        let page = client.call(client.back_channel("token/introspect", &form)).await;
        let said: Value = serde_json::from_str(&page.text).unwrap();
        assert_eq!(said["cnf"]["x5t#S256"], thumbprint.as_str(), "RFC 8705 §3.2: {said}");

        let form = [("grant_type", "client_credentials")];
        let page = client.call(client.token_request(&form)).await;
        let answer: Value = serde_json::from_str(&page.text).unwrap();
        let token = Jwt::read(answer["access_token"].as_str().unwrap());
        assert_eq!(token.claims["cnf"]["x5t#S256"], thumbprint.as_str());
    }
}

/// Made by openssl, shown over TLS on the main listener, as PSC's own hosts do.
#[tokio::test]
async fn a_certificate_of_openssl_logs_in_over_tls() {
    let folder = std::env::temp_dir().join(openpsc::secret::random_token());
    std::fs::create_dir(&folder).unwrap();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .args(["-subj", "/C=FR/O=CLINIQUE DES ESSAIS/CN=agenda-demo"])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
    let identity = format!("{}{}", read("certificate.pem"), read("key.pem"));
    let modulus = Command::new("openssl")
        .args(["x509", "-in", "certificate.pem", "-noout", "-modulus"])
        .current_dir(&folder)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let digits = String::from_utf8(modulus.stdout).unwrap();
    let digits = digits.trim().strip_prefix("Modulus=").unwrap();
    let modulus: Vec<u8> = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect();
    let jwk = json!({"kty": "RSA", "e": "AQAB", "n": openpsc::secret::base64url(&modulus)});

    let pki = Pki::create();
    let registered = registration(
        "openssl",
        json!({
            "token_endpoint_auth_method": "self_signed_tls_client_auth",
            "jwks": {"keys": [jwk]},
            "tls_client_certificate_bound_access_tokens": true,
        }),
    );
    let server = TestServer::start().await.reconfigured(|config| pki.secure(config)).await;
    let server = server.with_clients([registered]).await;
    assert!(server.url().starts_with("https://"));
    let client = Client::registered("openssl", "https://openssl.example/callback", server.url())
        .through(pki.http(Some(&identity)), server.url());

    let request = client.request().with("login_hint", DOCTOR);
    let page = client.call(pki.http(None).get(request.url.clone())).await;
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
    let code = client.code(&request, &page);
    let tokens = client.redeem(&code, &request.verifier).await.unwrap();
    assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
    // Without the certificate it is another caller.
    let without = client.through(pki.http(None), server.url());
    assert_eq!(without.userinfo(&tokens.access_token).await.status, 401);
    assert_eq!(without.refresh(&tokens.refresh_token).await.unwrap_err().error, "invalid_client");
}

#[tokio::test]
async fn a_proxy_may_pass_a_certificate_on() {
    let pki = Pki::create();
    let certified = pki.issue(|_| {});
    let more = json!({"tls_client_auth_subject_dn": NAME});
    let one_line = certified.pem().trim().replace('\n', " ");
    for (name, value) in [("client-cert", certified.header()), ("x-ssl-cert", one_line)] {
        let ca_files = pki.mutual().ca_files;
        let server = TestServer::start()
            .await
            .reconfigured(|config| {
                config.mtls.ca_files = ca_files;
                config.proxy.addresses = vec!["127.0.0.0/8".parse().unwrap()];
                config.proxy.certificate_header = Some(name.into());
            })
            .await;
        let server = server.with_clients([registration("nom", more.clone())]).await;
        let client = Client::registered("nom", "https://nom.example/callback", server.url());
        let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        let page = client.call(client.token_request(&form).header(name, &value)).await;
        assert!(page.text.contains("invalid_grant"), "{}", page.text);
        let page = client.call(client.token_request(&form)).await;
        assert!(page.text.contains("invalid_client"), "{}", page.text);
    }
}

#[tokio::test]
async fn discovery_names_the_door_and_the_methods_that_are_open() {
    let discovery = |server: &TestServer| {
        http().get(format!("{}/.well-known/openid-configuration", server.issuer()))
    };
    let plain = TestServer::start().await;
    let document: Value = discovery(&plain).send().await.unwrap().json().await.unwrap();
    assert_eq!(document["tls_client_certificate_bound_access_tokens"], false);
    assert!(document.get("mtls_endpoint_aliases").is_none());
    assert!(!document.to_string().contains("tls_client_auth"));

    let pki = Pki::create();
    let server = server_with(&pki, vec![]).await;
    let document: Value = discovery(&server).send().await.unwrap().json().await.unwrap();
    assert_eq!(document["tls_client_certificate_bound_access_tokens"], true);
    let methods = document["token_endpoint_auth_methods_supported"].to_string();
    assert!(methods.contains("\"tls_client_auth\""), "{methods}");
    assert!(methods.contains("\"self_signed_tls_client_auth\""), "{methods}");
    let aliases = document["mtls_endpoint_aliases"].as_object().unwrap();
    let caller = pki.http(None);
    for (name, alias) in aliases {
        assert!(document.get(name).is_some(), "{name} is an alias of something");
        // Who shows nothing is answered, and not let in.
        let alias = alias.as_str().unwrap();
        let answer = if name == "userinfo_endpoint" {
            caller.get(alias).send().await.unwrap()
        } else {
            caller.post(alias).form(&[("client_id", "x")]).send().await.unwrap()
        };
        assert_eq!(answer.status(), 401, "{name}");
    }
    assert_eq!(aliases.len(), 6);
    // No page lives there.
    let door = server.app.config.mtls.public_url.clone().unwrap();
    for path in ["/", "/auth", "/auth/realms/esante-wallet/protocol/openid-connect/logout"] {
        let answer = caller.get(format!("{door}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
}
