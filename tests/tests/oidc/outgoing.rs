//! A call of ours over TLS, to a service's own server.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use openpsc::{clock::Clock, config::REALM, jose::Alg, secret::random_token};
use openpsc_tests::{Certified, Client, Killable, Pki, Signer, http};
use rcgen::{CertificateParams, SanType};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// A service's web server, which publishes its key over https.
struct Publisher {
    uri: String,
    served: Arc<AtomicUsize>,
}

async fn publishing(signer: &Signer, certified: &Certified) -> Publisher {
    let acceptor = TlsAcceptor::from(Arc::new(certified.acceptor()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("https://localhost:{}/jwks", listener.local_addr().unwrap().port());
    let body = signer.jwks().to_string();
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Who does not believe the certificate goes away here.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            if stream.read(&mut [0; 4096]).await.unwrap_or(0) == 0 {
                continue;
            }
            count.fetch_add(1, Ordering::Relaxed);
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.ok();
        }
    });
    Publisher { uri, served }
}

/// Registers a service whose keys are at this address, and signs in its name:
/// the error of a refresh that nobody could get.
async fn error(program: &Killable, signer: &Signer, publisher: &Publisher) -> String {
    let issuer = format!("{}{REALM}", program.url());
    let metadata = json!({
        "redirect_uris": ["https://cle.example/callback"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": publisher.uri,
    });
    let address = format!("{issuer}/clients-registrations/openid-connect");
    let answer = http().post(address).json(&metadata).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let client_id = answer["client_id"].as_str().unwrap().to_owned().leak();
    let now = Clock::default().now();
    let assertion = signer.sign(&json!({
        "iss": client_id, "sub": client_id, "aud": issuer, "exp": now + 60, "jti": random_token(),
    }));
    let client = Client::registered(client_id, "", &program.url());
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let form = [form.as_slice(), &Signer::form(&assertion)].concat();
    client.token(&form).await.unwrap_err().error
}

/// The machine's own list of authorities decides, here a list of one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_fetched_over_tls_from_whom_the_machine_trusts() {
    let pki = Pki::create();
    let named = |name: &str| {
        let name = SanType::DnsName(name.try_into().unwrap());
        move |params: &mut CertificateParams| {
            params.subject_alt_names = vec![name];
            params.extended_key_usages.clear();
        }
    };
    let authority = pki.authority().display().to_string();
    let variables = [("SSL_CERT_FILE", authority.as_str()), ("SSL_CERT_DIR", "")];
    let program = Killable::in_environment(&variables).await;
    let signer = Signer::new(Alg::ES256);

    let good = publishing(&signer, &pki.issue(named("localhost"))).await;
    assert_eq!(error(&program, &signer, &good).await, "invalid_grant", "the key was believed");
    assert_eq!(good.served.load(Ordering::Relaxed), 1);

    for (what, certified) in [
        ("another name", pki.issue(named("keys.example"))),
        ("an authority of its own", Certified::self_signed(named("localhost"))),
        ("another authority", Pki::create().issue(named("localhost"))),
        (
            "its time is over",
            pki.issue(|params| {
                named("localhost")(params);
                params.not_before = rcgen::date_time_ymd(2020, 1, 1);
                params.not_after = rcgen::date_time_ymd(2021, 1, 1);
            }),
        ),
    ] {
        let publisher = publishing(&signer, &certified).await;
        assert_eq!(error(&program, &signer, &publisher).await, "invalid_client", "{what}");
        assert_eq!(publisher.served.load(Ordering::Relaxed), 0, "{what}");
    }
}
