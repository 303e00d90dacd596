//! `private_key_jwt`: a service signs who it is.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use openpsc::jose::Alg;
use openpsc_tests::{Client, Signer, TestServer, Tokens, on_both_engines};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::DOCTOR;

async fn log_in(server: &TestServer, signer: &Signer, client_id: &'static str) -> Tokens {
    let redirect_uri = format!("https://{client_id}.example/callback").leak();
    let client = Client::registered(client_id, redirect_uri, server.url());
    let request = client.request();
    let browser = server.browser();
    let page = browser.open(&request.url).await;
    let page = browser.one_click(&page, DOCTOR, "ecps").await;
    let code = client.code(&request, &page);
    let assertion = signer.assertion(server, client_id);
    let mut form = client.redemption(&code, &request.verifier);
    form.extend(Signer::form(&assertion));
    let tokens = client.token(&form).await.unwrap();
    let assertion = signer.assertion(server, client_id);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh_token)];
    let form = [refresh.as_slice(), &Signer::form(&assertion)].concat();
    client.token(&form).await.unwrap()
}

on_both_engines! {
    async fn a_service_with_a_key_completes_a_login(server: TestServer) {
        let signers = Alg::ALL.map(Signer::new);
        let names = ["rs256", "ps256", "es256", "eddsa"];
        let registered = signers.iter().zip(names).map(|(signer, id)| signer.registration(id));
        let server = server.with_clients(registered).await;
        for (signer, id) in signers.iter().zip(names) {
            let tokens = log_in(&server, signer, id).await;
            assert_eq!(server.verified(&tokens.id_token).await.text("aud"), id);
        }
    }
}

/// A service's web server, which publishes its keys.
struct Publisher {
    jwks: Arc<Mutex<Value>>,
    asked: Arc<AtomicUsize>,
    uri: String,
}

impl Publisher {
    async fn of(jwks: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://localhost:{}/jwks", listener.local_addr().unwrap().port());
        let (jwks, asked) = (Arc::new(Mutex::new(jwks)), Arc::new(AtomicUsize::new(0)));
        let (served, counted) = (jwks.clone(), asked.clone());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 4096]).await;
                counted.fetch_add(1, Ordering::Relaxed);
                let body = served.lock().unwrap().to_string();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                let length = body.len();
                let answer = format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { jwks, asked, uri }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

async fn believed(server: &TestServer, client: &Client, assertion: &str) -> bool {
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let form = [refresh.as_slice(), &Signer::form(assertion)].concat();
    match client.token(&form).await.unwrap_err().error.as_str() {
        "invalid_grant" => true,
        "invalid_client" => false,
        other => panic!("{other} from {}", server.url()),
    }
}

#[tokio::test]
async fn published_keys_are_kept_and_a_new_one_is_asked_for_once_a_minute() {
    let (first, second) = (Signer::new(Alg::ES256), Signer::new(Alg::ES256));
    let publisher = Publisher::of(first.jwks()).await;
    let mut registration = first.registration("cle");
    registration["jwks"] = Value::Null;
    registration["jwks_uri"] = publisher.uri.as_str().into();
    let server = TestServer::start().await.with_clients([registration]).await;
    let client = Client::registered("cle", "https://cle.example/callback", server.url());
    assert_eq!(publisher.asked(), 0, "nobody has needed them yet");

    for _ in 0..3 {
        assert!(believed(&server, &client, &first.assertion(&server, "cle")).await);
    }
    assert_eq!(publisher.asked(), 1);

    // The service changes its key. Whoever invents keys makes no calls.
    *publisher.jwks.lock().unwrap() = json!({"keys": [first.key.jwk(), second.key.jwk()]});
    for _ in 0..3 {
        assert!(!believed(&server, &client, &second.assertion(&server, "cle")).await);
    }
    assert_eq!(publisher.asked(), 1);
    server.clock.advance(61);
    assert!(believed(&server, &client, &second.assertion(&server, "cle")).await);
    assert!(believed(&server, &client, &first.assertion(&server, "cle")).await);
    assert_eq!(publisher.asked(), 2);

    // A key that was withdrawn dies with the set that held it.
    *publisher.jwks.lock().unwrap() = second.jwks();
    server.clock.advance(601);
    assert!(!believed(&server, &client, &first.assertion(&server, "cle")).await);
    assert!(believed(&server, &client, &second.assertion(&server, "cle")).await);

    // A service whose web server is down for a while is believed all the same.
    *publisher.jwks.lock().unwrap() = "down".into();
    server.clock.advance(601);
    assert!(believed(&server, &client, &second.assertion(&server, "cle")).await);
    server.clock.advance(3600);
    assert!(!believed(&server, &client, &second.assertion(&server, "cle")).await);
}
