//! Certificates that are old, foreign, stolen, forged, or not there.

use std::sync::Arc;

use openpsc_tests::{
    Certified, Client, Jwt, Pki, Signer, TestServer, Tokens, http, on_both_engines,
};
use rcgen::{DnType, ExtendedKeyUsagePurpose, SanType, SerialNumber, date_time_ymd};
use rustls::{
    ClientConfig, RootCertStore, SignatureScheme,
    client::ResolvesClientCert,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
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

fn named() -> Value {
    json!({"tls_client_auth_subject_dn": NAME, "tls_client_certificate_bound_access_tokens": true})
}

async fn server_with(pki: &Pki, registrations: Vec<Value>) -> TestServer {
    let mutual = pki.mutual();
    let server = TestServer::start().await.reconfigured(|config| config.mtls = mutual).await;
    server.with_clients(registrations).await
}

fn door(server: &TestServer) -> String {
    server.app.config.mtls.public_url.clone().unwrap()
}

fn client(server: &TestServer, pki: &Pki, id: &'static str, shown: Option<&str>) -> Client {
    let redirect_uri = format!("https://{id}.example/callback").leak();
    Client::registered(id, redirect_uri, server.url()).through(pki.http(shown), &door(server))
}

async fn log_in(server: &TestServer, client: &Client) -> Tokens {
    let request = client.request().with("login_hint", DOCTOR);
    let page = server.browser().get(&request.url).await;
    let code = client.code(&request, &page);
    client.redeem(&code, &request.verifier).await.unwrap()
}

/// A refresh with nonsense: whoever is believed gets `invalid_grant`.
async fn answer_to(client: &Client) -> String {
    client.refresh("x").await.unwrap_err().error
}

#[tokio::test]
async fn only_a_good_certificate_of_the_authority_with_the_registered_name_is_believed() {
    let (pki, stranger) = (Pki::create(), Pki::create());
    let server = server_with(&pki, vec![registration("nom", named())]).await;
    let shows = async |certified: &Certified| {
        answer_to(&client(&server, &pki, "nom", Some(&certified.identity()))).await
    };
    assert_eq!(shows(&pki.issue(|_| {})).await, "invalid_grant");

    let bad = [
        ("expired", pki.issue(|it| it.not_after = date_time_ymd(2024, 1, 1))),
        ("not yet valid", pki.issue(|it| it.not_before = date_time_ymd(2090, 1, 1))),
        ("another authority's", stranger.issue(|_| {})),
        ("its owner's own", Certified::self_signed(|_| {})),
        (
            "a server's",
            pki.issue(|it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
        ),
        ("a name more", pki.issue(|it| it.distinguished_name.push(DnType::LocalityName, "X"))),
        (
            "another name",
            pki.issue(|it| it.distinguished_name.push(DnType::CommonName, "agenda-demo2")),
        ),
        (
            "the name among the other names only",
            pki.issue(|it| {
                it.distinguished_name = rcgen::DistinguishedName::new();
                it.subject_alt_names = vec![SanType::DnsName("agenda-demo".try_into().unwrap())];
            }),
        ),
    ];
    for (why, certified) in &bad {
        assert_eq!(shows(certified).await, "invalid_client", "{why}");
    }
    assert_eq!(answer_to(&client(&server, &pki, "nom", None)).await, "invalid_client");
    // The door without TLS knows no certificate.
    let plain = Client::registered("nom", "https://nom.example/callback", server.url());
    assert_eq!(answer_to(&plain).await, "invalid_client");
    // A secret in its place, or beside it.
    let good = client(&server, &pki, "nom", Some(&pki.issue(|_| {}).identity()));
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_secret", "x")];
    assert_eq!(good.token(&form).await.unwrap_err().error, "invalid_client");
    let basic = good.token_request(&form[..2]).basic_auth("nom", Some("x"));
    assert!(good.call(basic).await.text.contains("invalid_client"));
    // Somebody else's name.
    for other in ["agenda", "imagerie"] {
        let other = client(&server, &pki, other, Some(&pki.issue(|_| {}).identity()));
        assert_eq!(answer_to(&other).await, "invalid_client");
    }
}

#[tokio::test]
async fn a_certificate_expires_while_the_server_runs() {
    let pki = Pki::create();
    let certified = pki.issue(|_| {});
    let server = server_with(&pki, vec![registration("nom", named())]).await;
    let client = client(&server, &pki, "nom", Some(&certified.identity()));
    assert_eq!(answer_to(&client).await, "invalid_grant");
    // The same connection: what counts is the hour of the call. (4096 is far.)
    for _ in 0..17 {
        server.clock.advance(u32::MAX);
    }
    assert_eq!(answer_to(&client).await, "invalid_client");
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_within_five_minutes() {
    let pki = Pki::create();
    let numbered =
        |number: u8| pki.issue(|it| it.serial_number = Some(SerialNumber::from_slice(&[number])));
    let (good, bad) = (numbered(1), numbered(2));
    let mut mutual = pki.mutual();
    mutual.crl_files = vec![pki.revoke(&[])];
    let server = TestServer::start().await.reconfigured(|config| config.mtls = mutual).await;
    let server = server.with_clients([registration("nom", named())]).await;
    let shows = async |certified: &Certified| {
        answer_to(&client(&server, &pki, "nom", Some(&certified.identity()))).await
    };
    assert_eq!(shows(&bad).await, "invalid_grant");
    pki.revoke(&[&[2]]);
    server.clock.advance(300);
    assert_eq!(shows(&bad).await, "invalid_client");
    assert_eq!(shows(&good).await, "invalid_grant");
}

#[tokio::test]
async fn a_self_signed_certificate_is_worth_its_registered_key() {
    let pki = Pki::create();
    let own = Certified::self_signed(|_| {});
    let other = Certified::self_signed(|_| {});
    let old = Certified::self_signed(|it| it.not_after = date_time_ymd(2024, 1, 1));
    let method = "self_signed_tls_client_auth";
    let of = |id: &str, it: &Certified| {
        registration(id, json!({"token_endpoint_auth_method": method, "jwks": it.jwks()}))
    };
    let server = server_with(&pki, vec![of("soi", &own), of("ancien", &old)]).await;
    let shows = async |id, certified: &Certified| {
        answer_to(&client(&server, &pki, id, Some(&certified.identity()))).await
    };
    assert_eq!(shows("soi", &own).await, "invalid_grant");
    assert_eq!(shows("soi", &other).await, "invalid_client", "the same name, another key");
    assert_eq!(shows("soi", &pki.issue(|_| {})).await, "invalid_client");
    assert_eq!(shows("ancien", &own).await, "invalid_client");
    assert_eq!(shows("ancien", &old).await, "invalid_client", "it has expired");
}

#[tokio::test]
async fn a_bound_token_is_worth_nothing_without_its_certificate() {
    let pki = Pki::create();
    let other_name = json!({
        "tls_client_auth_san_dns": "autre.example",
        "tls_client_certificate_bound_access_tokens": true,
    });
    let psc = json!({
        "tls_client_auth_subject_dn": NAME,
        "tls_client_certificate_bound_access_tokens": true,
        "profile": "psc",
    });
    let registrations = vec![
        registration("nom", named()),
        registration("autre", other_name),
        registration("psc", psc),
    ];
    let server = server_with(&pki, registrations).await;
    let (own, renewed) = (pki.issue(|_| {}), pki.issue(|_| {}));
    let thief = pki.issue(|it| {
        it.subject_alt_names = vec![SanType::DnsName("autre.example".try_into().unwrap())];
        it.distinguished_name.push(DnType::CommonName, "autre");
    });
    for id in ["nom", "psc"] {
        let victim = client(&server, &pki, id, Some(&own.identity()));
        let tokens = log_in(&server, &victim).await;
        assert_eq!(victim.userinfo(&tokens.access_token).await.status, 200);
        let foreign = client(&server, &pki, "autre", Some(&thief.identity()));
        let nobody = client(&server, &pki, id, None);
        let plain = Client::registered("nom", "https://nom.example/callback", server.url());
        for elsewhere in [&foreign, &nobody, &plain] {
            let page = elsewhere.userinfo(&tokens.access_token).await;
            assert_eq!(page.status, 401, "{}", page.text);
            assert!(page.header("www-authenticate").contains("error=\"invalid_token\""));
            assert!(!page.text.contains("SubjectNameID"));
        }
        // A certificate was renewed: new tokens are bound to the new one.
        let later = client(&server, &pki, id, Some(&renewed.identity()));
        assert_eq!(later.userinfo(&tokens.access_token).await.status, 401);
        let refreshed = later.refresh(&tokens.refresh_token).await.unwrap();
        assert_eq!(later.userinfo(&refreshed.access_token).await.status, 200);
        assert_eq!(victim.userinfo(&refreshed.access_token).await.status, 401);
        // A refresh token is its client's.
        let stolen = foreign.refresh(&tokens.refresh_token).await.unwrap_err();
        assert_eq!(stolen.error, "invalid_grant");
    }
}

/// The method may be another: the tokens are bound all the same.
#[tokio::test]
async fn no_token_is_given_unbound_to_who_asked_for_bound_ones() {
    let pki = Pki::create();
    let signer = Signer::new(openpsc::jose::Alg::ES256);
    let mut signing = signer.registration("cle");
    signing["tls_client_certificate_bound_access_tokens"] = true.into();
    signing["grant_types"] = json!(["client_credentials", "authorization_code", "refresh_token"]);
    let public = registration(
        "public",
        json!({
            "token_endpoint_auth_method": "none",
            "tls_client_certificate_bound_access_tokens": true,
        }),
    );
    let server = server_with(&pki, vec![signing, public]).await;
    let (own, other) = (Certified::self_signed(|_| {}), Certified::self_signed(|_| {}));

    let without = client(&server, &pki, "cle", None);
    let with = client(&server, &pki, "cle", Some(&own.identity()));
    let form = |assertion| {
        [&[("grant_type", "client_credentials")], &Signer::form(assertion)[..]].concat()
    };
    let assertion = signer.assertion(&server, "cle");
    assert_eq!(without.token(&form(&assertion)).await.unwrap_err().error, "invalid_request");
    let assertion = signer.assertion(&server, "cle");
    let page = with.call(with.token_request(&form(&assertion))).await;
    let answer: Value = serde_json::from_str(&page.text).unwrap();
    let token = Jwt::read(answer["access_token"].as_str().unwrap());
    assert_eq!(token.claims["cnf"]["x5t#S256"], own.thumbprint().as_str());

    // A public client's refresh token is bound to its first certificate too.
    let holder = client(&server, &pki, "public", Some(&own.identity()));
    let tokens = log_in(&server, &holder).await;
    let nobody = client(&server, &pki, "public", None);
    assert_eq!(nobody.refresh(&tokens.refresh_token).await.unwrap_err().error, "invalid_request");
    let thief = client(&server, &pki, "public", Some(&other.identity()));
    assert_eq!(thief.refresh(&tokens.refresh_token).await.unwrap_err().error, "invalid_grant");
    holder.refresh(&tokens.refresh_token).await.unwrap();
}

on_both_engines! {
    async fn a_header_that_is_not_the_proxys_is_ignored(server: TestServer) {
        let pki = Pki::create();
        let certified = pki.issue(|_| {});
        let mut mutual = pki.mutual();
        mutual.listen = None;
        mutual.public_url = None;
        let server = server
            .reconfigured(|config| {
                config.mtls = mutual;
                config.proxy.addresses = vec!["10.0.0.1/32".parse().unwrap()];
                config.proxy.certificate_header = Some("client-cert".into());
            })
            .await;
        let server = server.with_clients([registration("nom", named())]).await;
        let header = certified.header();
        let tries = async |server: &TestServer, headers: &[(&str, &str)]| {
            let client = Client::registered("nom", "https://nom.example/callback", server.url());
            let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
            let mut request = client.token_request(&form);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let said: Value = serde_json::from_str(&client.call(request).await.text).unwrap();
            said["error"].as_str().unwrap().to_owned()
        };
        // Nor does a claim to be the proxy help.
        for more in ["x-forwarded-for", "x-real-ip", "forwarded"] {
            let headers = [("client-cert", header.as_str()), (more, "10.0.0.1")];
            assert_eq!(tries(&server, &headers).await, "invalid_client");
        }
        // From the proxy itself one header counts, and only the configured one.
        let server = server
            .reconfigured(|config| config.proxy.addresses = vec!["127.0.0.1/32".parse().unwrap()])
            .await;
        let good = ("client-cert", header.as_str());
        assert_eq!(tries(&server, &[good]).await, "invalid_grant");
        assert_eq!(tries(&server, &[good, good]).await, "invalid_client");
        assert_eq!(tries(&server, &[("x-client-cert", &header)]).await, "invalid_client");
        assert_eq!(tries(&server, &[("client-cert", ":AAAA:")]).await, "invalid_client");
        assert_eq!(tries(&server, &[("client-cert", &header[1..])]).await, "invalid_client");
    }
}

#[tokio::test]
async fn over_tls_of_ours_a_header_does_not_replace_the_certificate() {
    let pki = Pki::create();
    let (victim, thief) = (pki.issue(|_| {}), Certified::self_signed(|_| {}));
    let mutual = pki.mutual();
    let server = TestServer::start()
        .await
        .reconfigured(|config| {
            config.mtls = mutual;
            config.proxy.addresses = vec!["10.0.0.1/32".parse().unwrap()];
            config.proxy.certificate_header = Some("client-cert".into());
        })
        .await;
    let server = server.with_clients([registration("nom", named())]).await;
    for shown in [None, Some(thief.identity())] {
        let client = client(&server, &pki, "nom", shown.as_deref());
        let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        let request = client.token_request(&form).header("client-cert", victim.header());
        assert!(client.call(request).await.text.contains("invalid_client"));
    }
}

/// A certificate is public: whoever shows one must hold its key.
#[derive(Debug)]
struct SomebodyElses(Arc<CertifiedKey>);

impl ResolvesClientCert for SomebodyElses {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_certificate_without_its_key_makes_no_connection() {
    let pki = Pki::create();
    let (victim, thief) = (pki.issue(|_| {}), pki.issue(|_| {}));
    let server = server_with(&pki, vec![registration("nom", named())]).await;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let reaches = async |certificate: &Certified| {
        let der = CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(thief.identity().as_bytes()).unwrap();
        let key = provider.key_provider.load_private_key(key).unwrap();
        let certified = Arc::new(CertifiedKey::new(vec![der], key));
        let mut roots = RootCertStore::empty();
        let ca = std::fs::read(&server.app.config.mtls.ca_files[0]).unwrap();
        roots.add(CertificateDer::from_pem_slice(&ca).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_cert_resolver(Arc::new(SomebodyElses(certified)));
        let http = reqwest::Client::builder().tls_backend_preconfigured(config).build().unwrap();
        let form = [("client_id", "nom"), ("grant_type", "refresh_token"), ("refresh_token", "x")];
        let address = server.endpoint("token").replace(server.url(), &door(&server));
        http.post(address).form(&form).send().await.is_ok_and(|it| it.status() == 400)
    };
    assert!(reaches(&thief).await, "its own certificate is good for this name");
    assert!(!reaches(&victim).await);
    // The listener goes on.
    assert_eq!(http().get(server.endpoint("certs")).send().await.unwrap().status(), 200);
    assert!(reaches(&thief).await);
}
