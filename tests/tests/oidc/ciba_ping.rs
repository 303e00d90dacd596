//! A service in ping mode is told when to come (C09, C21).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use openpsc::database::sql;
use openpsc_tests::{Asked, CIBA, Client, Credentials, TestServer, on_both_engines};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::DOCTOR;

const SECRET: &str = "garde-secret-0123456789abcdefghijklmnop";
const TOKEN: &str = "8d67dc78-7faa-4d41-aabd-67707b374255";

/// A service's web server: it answers each call with the next of its answers,
/// the last one for ever.
struct Bell {
    url: String,
    heard: mpsc::UnboundedReceiver<String>,
    rung: Arc<AtomicUsize>,
}

impl Bell {
    async fn answering(answers: &[&str]) -> Self {
        let answers: Vec<String> = answers.iter().map(|it| (*it).to_owned()).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}/ping", listener.local_addr().unwrap().port());
        let (tell, heard) = mpsc::unbounded_channel();
        let rung = Arc::new(AtomicUsize::new(0));
        let count = rung.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = whole(&mut stream).await;
                let nth = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
                let _ = stream.write_all(answers[nth].as_bytes()).await;
                let _ = tell.send(request);
            }
        });
        Self { url, heard, rung }
    }

    async fn hears(&mut self) -> String {
        self.heard.recv().await.unwrap()
    }

    fn rung(&self) -> usize {
        self.rung.load(Ordering::SeqCst)
    }
}

/// A request to the end of its body.
async fn whole(stream: &mut TcpStream) -> String {
    let (mut text, mut piece) = (String::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut piece).await.unwrap_or(0);
        text.push_str(&String::from_utf8_lossy(&piece[..length]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let announced = head.lines().find_map(|line| {
            line.to_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok()
        });
        if length == 0 || body.len() >= announced.unwrap_or(0) {
            return text;
        }
    }
}

const HEARD: &str = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

fn status(line: &str) -> String {
    format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

async fn registered(server: TestServer, bell: &Bell) -> (TestServer, Client) {
    let registration = json!({
        "client_id": "garde",
        "client_name": "Garde de nuit",
        "client_secret": SECRET,
        "grant_types": [CIBA, "refresh_token"],
        "id_token_signed_response_alg": "ES256",
        "backchannel_token_delivery_mode": "ping",
        "backchannel_client_notification_endpoint": bell.url,
    });
    let server = server.with_clients([registration]).await;
    let mut client = Client::registered("garde", "", server.url());
    client.credentials = Credentials::Basic(SECRET);
    (server, client)
}

async fn ask(client: &Client) -> Asked {
    let more = [("binding_message", "07"), ("client_notification_token", TOKEN)];
    client.ask_with(DOCTOR, &more).await.unwrap()
}

/// Waits until the server has nothing more to tell.
async fn until_told(server: &TestServer) {
    loop {
        let row = sql("select count(*) as rows from ciba_requests where ping_sealed is not null");
        let row = row.fetch_optional(&server.app.database).await.unwrap().unwrap();
        if row.integer("rows").unwrap() == 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

on_both_engines! {
    async fn a_service_is_told_and_comes(server: TestServer) {
        // Its answer has a body, which nobody reads.
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
        let mut bell = Bell::answering(&[answer]).await;
        let (server, client) = registered(server, &bell).await;
        let asked = ask(&client).await;
        // A client of ping may poll, and its early poll costs it nothing later.
        let (pending, ()) = tokio::join!(client.poll(&asked.auth_req_id), async {
            tokio::task::yield_now().await;
            server.unattended(&asked.auth_req_id, "deny").await;
        });
        assert_eq!(pending.unwrap_err().error, "access_denied");
        bell.hears().await;

        let asked = ask(&client).await;
        server.unattended(&asked.auth_req_id, "allow").await;
        let request = bell.hears().await;

        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let head = head.to_lowercase();
        assert!(head.starts_with("post /ping http/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("authorization: bearer {TOKEN}")), "{head}");
        assert!(head.contains("content-type: application/json"), "{head}");
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body, json!({"auth_req_id": asked.auth_req_id}), "and nothing else");
        client.poll(&asked.auth_req_id).await.unwrap();
        until_told(&server).await;
    }

    async fn a_service_is_told_of_an_end_without_tokens(server: TestServer) {
        let mut bell = Bell::answering(&[HEARD]).await;
        let (server, client) = registered(server, &bell).await;
        let asked = ask(&client).await;
        server.clock.advance(121);
        assert!(bell.hears().await.contains(&asked.auth_req_id), "of its expiry");
        assert_eq!(client.poll_error(&asked.auth_req_id).await, "expired_token");
    }

    async fn a_redirect_and_a_refusal_end_it(server: TestServer) {
        let elsewhere = Bell::answering(&[HEARD]).await;
        let moved = format!(
            "HTTP/1.1 307 x\r\nLocation: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            elsewhere.url
        );
        let (denied, forbidden) = (status("401 Unauthorized"), status("403 Forbidden"));
        let bell = Bell::answering(&[&moved, &denied, &forbidden]).await;
        let (server, client) = registered(server, &bell).await;
        for nth in 1..=3 {
            let asked = ask(&client).await;
            server.unattended(&asked.auth_req_id, "allow").await;
            until_told(&server).await;
            assert_eq!(bell.rung(), nth, "told once each time");
            client.poll(&asked.auth_req_id).await.unwrap();
            server.clock.advance(300);
        }
        assert_eq!(elsewhere.rung(), 0, "CIBA Core §10.2: a redirect is not followed");
    }

    async fn a_service_that_falls_over_is_told_again(server: TestServer) {
        let failed = status("503 Service Unavailable");
        let bell = Bell::answering(&[&failed, HEARD]).await;
        let (server, client) = registered(server, &bell).await;
        let asked = ask(&client).await;
        server.unattended(&asked.auth_req_id, "allow").await;
        until_told(&server).await;
        assert_eq!(bell.rung(), 2);
    }

    /// What was promised is kept by another process.
    async fn a_restart_forgets_no_ping(server: TestServer) {
        let mut bell = Bell::answering(&[HEARD]).await;
        let (server, client) = registered(server, &bell).await;
        let asked = ask(&client).await;
        let server = server.restart().await;
        // The lease of the process that is gone must end first.
        server.clock.advance(31);
        server.unattended(&asked.auth_req_id, "allow").await;
        assert!(bell.hears().await.contains(&asked.auth_req_id));
        client.poll(&asked.auth_req_id).await.unwrap();
    }

    /// Two nodes: one of them tells.
    async fn two_nodes_tell_once(server: TestServer) {
        let bell = Bell::answering(&[HEARD]).await;
        let (server, client) = registered(server, &bell).await;
        let _other = server.second_node().await;
        let asked = ask(&client).await;
        server.unattended(&asked.auth_req_id, "allow").await;
        until_told(&server).await;
        assert_eq!(bell.rung(), 1);
    }

    async fn a_ping_needs_a_token_and_keeps_it_sealed(server: TestServer) {
        let bell = Bell::answering(&[HEARD]).await;
        let (server, client) = registered(server, &bell).await;
        for token in ["", "short", "with space 0123456789abcdef"] {
            let more = [("binding_message", "07"), ("client_notification_token", token)];
            let refusal = client.ask_with(DOCTOR, &more).await.unwrap_err();
            assert_eq!(refusal.error, "invalid_request", "{token}");
        }
        let asked = ask(&client).await;
        let row = sql("select ping_sealed from ciba_requests");
        let row = row.fetch_optional(&server.app.database).await.unwrap().unwrap();
        let sealed = row.text("ping_sealed").unwrap();
        assert!(!sealed.contains(TOKEN) && !sealed.contains(&asked.auth_req_id));
    }
}
