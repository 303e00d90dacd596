//! The fetcher against hosts that mean harm.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::*;
use crate::fetch::resolve::Looking;

/// A host that answers each connection with the same bytes, and tells what it
/// was sent.
struct Host {
    address: SocketAddr,
    heard: mpsc::UnboundedReceiver<String>,
}

impl Host {
    async fn answering(bytes: impl Into<String>) -> Self {
        let bytes = bytes.into();
        Self::doing("127.0.0.1:0", move |mut stream| {
            let bytes = bytes.clone();
            async move {
                let _ = stream.write_all(bytes.as_bytes()).await;
            }
        })
        .await
    }

    async fn doing<F>(on: &str, act: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send,
    {
        let listener = TcpListener::bind(on).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, heard) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = vec![0; 4096];
                let length = stream.read(&mut head).await.unwrap_or(0);
                let _ = tell.send(String::from_utf8_lossy(&head[..length]).into_owned());
                act(stream).await;
            }
        });
        Self { address, heard }
    }

    async fn silent() -> Self {
        Self::doing("127.0.0.1:0", |stream| async move {
            let _held = stream;
            std::future::pending().await
        })
        .await
    }

    fn url(&self) -> String {
        format!("http://{}/x", self.address)
    }

    fn heard_nothing(&mut self) -> bool {
        self.heard.try_recv().is_err()
    }
}

fn json(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Set-Cookie: a=b\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn sandbox() -> Fetcher {
    let settings = Settings { time_limit: 1, size_limit: 1000, ..Settings::default() };
    Fetcher::new(&settings, true)
}

/// A resolver that the attacker runs: each question gets the next answer.
struct Rebinding {
    answers: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

impl Names for Rebinding {
    fn look_up(&self, _: String) -> Looking {
        let at = self.asked.fetch_add(1, Ordering::Relaxed).min(self.answers.len() - 1);
        let addresses: Vec<IpAddr> =
            self.answers[at].iter().map(|it| it.parse().unwrap()).collect();
        Box::pin(async move { io::Result::Ok(addresses) })
    }
}

/// Outside the sandbox, where one network is opened: it stands for the public
/// one.
fn outside(answers: &[&[&'static str]]) -> (Fetcher, Arc<Rebinding>) {
    let answers = answers.iter().map(|answer| answer.to_vec()).collect();
    let names = Arc::new(Rebinding { answers, asked: AtomicUsize::new(0) });
    let settings = Settings {
        allowed_networks: vec!["127.0.0.2/32".parse().unwrap()],
        time_limit: 1,
        ..Settings::default()
    };
    (Fetcher::asking(names.clone(), &settings, false), names)
}

#[tokio::test]
async fn json_is_read_and_a_form_is_posted() {
    let mut host = Host::answering(json(r#"{"keys":[]}"#)).await;
    let fetcher = sandbox();
    assert_eq!(fetcher.get_json(&host.url()).await, Ok(serde_json::json!({"keys": []})));
    let sent = host.heard.recv().await.unwrap().to_lowercase();
    assert!(sent.starts_with("get /x http/1.1\r\n") && !sent.contains("authorization"), "{sent}");

    let form = [("logout_token", "a b&c")];
    let answer = fetcher.post_form(&host.url(), &form, Some("Bearer t0k")).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    let sent = host.heard.recv().await.unwrap();
    assert!(sent.contains("authorization: Bearer t0k\r\n"), "{sent}");
    // The cookie of the first answer is not kept.
    assert!(!sent.to_lowercase().contains("cookie"), "{sent}");
    let answer = fetcher.post_json(&host.url(), &"x", None).await.unwrap();
    assert_eq!(answer.media_type(), "application/json");
    let sent = host.heard.recv().await.unwrap();
    assert!(sent.contains("content-type: application/json\r\n"), "{sent}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let mut inner = Host::answering(json("{}")).await;
        let host = Host::answering(format!(
            "HTTP/1.1 {status} x\r\nLocation: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            inner.url()
        ))
        .await;
        let fetcher = sandbox();
        assert_eq!(fetcher.get_json(&host.url()).await, Err(FetchError::Status(status)));
        let answer = fetcher.post_form(&host.url(), &[], Some("Bearer x")).await.unwrap();
        assert_eq!(answer.status.as_u16(), status);
        assert!(inner.heard_nothing());
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    let announced = format!("{head}Content-Length: 100000000\r\n\r\n{}", "x".repeat(2000));
    let host = Host::answering(announced).await;
    assert_eq!(sandbox().get_json(&host.url()).await, Err(FetchError::TooLarge));

    let head = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    let host = Host::doing("127.0.0.1:0", move |mut stream| {
        let head = head.clone();
        async move {
            let _ = stream.write_all(head.as_bytes()).await;
            while stream.write_all(b"10\r\nxxxxxxxxxxxxxxxx\r\n").await.is_ok() {}
        }
    })
    .await;
    assert_eq!(sandbox().get_json(&host.url()).await, Err(FetchError::TooLarge));

    let head = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(2_000_000));
    let host = Host::answering(head).await;
    assert_eq!(sandbox().get_json(&host.url()).await, Err(FetchError::Unreachable));
}

#[tokio::test]
async fn who_dribbles_or_says_nothing_is_left() {
    let silent = Host::silent().await;
    assert_eq!(sandbox().get_json(&silent.url()).await, Err(FetchError::TimedOut));

    let dribbling = Host::doing("127.0.0.1:0", |mut stream| async move {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
        let _ = stream.write_all(head.as_bytes()).await;
        // Each byte comes well within any limit between two of them.
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    assert_eq!(sandbox().get_json(&dribbling.url()).await, Err(FetchError::TimedOut));
}

#[tokio::test]
async fn a_slow_host_takes_no_place_of_another() {
    let silent = Host::silent().await;
    let prompt = Host::answering(json("{}")).await;
    let settings = Settings { time_limit: 2, concurrency: PER_HOST + 1, ..Settings::default() };
    let fetcher = Arc::new(Fetcher::new(&settings, true));
    let url = format!("http://localhost:{}/", silent.address.port());
    let stuck: Vec<_> = (0..100)
        .map(|_| {
            let (fetcher, url) = (fetcher.clone(), url.clone());
            tokio::spawn(async move { fetcher.get_json(&url).await })
        })
        .collect();
    assert_eq!(fetcher.get_json(&prompt.url()).await, Ok(serde_json::json!({})));
    for call in stuck {
        assert_eq!(call.await.unwrap(), Err(FetchError::TimedOut));
    }
    // Hosts that nobody calls are forgotten.
    assert!(fetcher.get_json(&prompt.url()).await.is_ok());
    assert_eq!(fetcher.hosts.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn only_json_that_says_things_once_is_json() {
    for (kind, body) in [
        ("text/html", "{}"),
        ("", "{}"),
        ("application/json", "{"),
        ("application/json", r#"{"keys":1,"keys":2}"#),
    ] {
        let length = body.len();
        let host = Host::answering(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await;
        assert_eq!(
            sandbox().get_json(&host.url()).await,
            Err(FetchError::NotJson),
            "{kind} {body}"
        );
    }
    let host = Host::answering(
        "HTTP/1.1 200 OK\r\nContent-Type: application/jwk-set+json; charset=utf-8\r\n\
         Cache-Control: public, max-age=60\r\nContent-Length: 2\r\n\r\n{}",
    )
    .await;
    let answer = sandbox().get(&host.url(), "application/jwk-set+json").await.unwrap();
    assert_eq!(answer.json(), Ok(serde_json::json!({})));
    assert_eq!(answer.max_age(), Some(60));
}

#[tokio::test]
async fn a_name_that_changes_its_answer_leads_nowhere() {
    let mut good = Host::doing("127.0.0.2:0", |_stream| std::future::ready(())).await;
    let port = good.address.port();
    let mut inner = Host::doing(&format!("127.0.0.1:{port}"), |_| std::future::ready(())).await;
    let url = format!("https://keys.example:{port}/");

    let (fetcher, names) = outside(&[&["127.0.0.2"], &["127.0.0.1"]]);
    // It speaks no TLS, but it was reached, at the address of the one question.
    assert_eq!(fetcher.get_json(&url).await, Err(FetchError::Unreachable));
    assert!(good.heard.recv().await.is_some());
    assert_eq!(names.asked.load(Ordering::Relaxed), 1);
    // A second call asks again and judges again.
    assert_eq!(fetcher.get_json(&url).await, Err(FetchError::Address));
    assert_eq!(names.asked.load(Ordering::Relaxed), 2);

    // One bad address among good ones spoils them all.
    for answer in [
        ["127.0.0.2", "127.0.0.1"],
        ["127.0.0.2", "::ffff:127.0.0.1"],
        ["169.254.169.254", "127.0.0.2"],
        ["127.0.0.2", "10.0.0.1"],
    ] {
        let (fetcher, _) = outside(&[&answer]);
        assert_eq!(fetcher.get_json(&url).await, Err(FetchError::Address), "{answer:?}");
    }
    assert!(good.heard_nothing());
    assert!(inner.heard_nothing());
}

#[tokio::test]
async fn outside_the_sandbox_the_machine_does_not_call_itself() {
    let mut host = Host::answering(json("{}")).await;
    let port = host.address.port();
    let (fetcher, names) = outside(&[&["127.0.0.2"]]);
    for (url, error) in [
        (host.url(), FetchError::Url("is not https")),
        (format!("http://localhost:{port}/"), FetchError::Url("is not https")),
        (format!("https://localhost:{port}/"), FetchError::Address),
        (format!("https://keys.localhost:{port}/"), FetchError::Address),
        (format!("https://127.0.0.1:{port}/"), FetchError::Address),
        (format!("https://[::1]:{port}/"), FetchError::Address),
    ] {
        assert_eq!(fetcher.get_json(&url).await, Err(error), "{url}");
    }
    // No resolver is asked what localhost is.
    assert_eq!(names.asked.load(Ordering::Relaxed), 0);
    assert!(host.heard_nothing());
}

#[tokio::test]
async fn a_credential_that_would_break_the_head_is_refused() {
    let mut host = Host::answering(json("{}")).await;
    let answer = sandbox().post_json(&host.url(), &"x", Some("Bearer x\r\nHost: y")).await;
    assert!(answer.is_err());
    assert!(host.heard_nothing());
}
