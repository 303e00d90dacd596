//! Connections that are slow, silent, greedy or ambiguous (oidc-rules §16).

use std::time::{Duration, Instant};

use openpsc_tests::{TestServer, http};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

/// Longer than every patience of the server.
const LONGEST: Duration = Duration::from_secs(60);

async fn connect(server: &TestServer) -> TcpStream {
    TcpStream::connect(&server.app.config.listen).await.unwrap()
}

/// All that comes until the server hangs up.
async fn until_hung_up(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let ended = timeout(LONGEST, stream.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "still open: {}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn an_address_and_a_head_have_a_greatest_size() {
    let server = TestServer::start().await;
    for (size, status) in [(15 * 1024, 400), (17 * 1024, 414), (30 * 1024, 414)] {
        let address = format!("{}/auth?q={}", server.url(), "q".repeat(size));
        assert_eq!(http().get(address).send().await.unwrap().status(), status, "{size}");
    }
    for (size, status) in [(30 * 1024, 200), (33 * 1024, 431)] {
        let request = http().get(server.endpoint("certs")).header("x-padding", "x".repeat(size));
        assert_eq!(request.send().await.unwrap().status(), status, "{size}");
    }
}

/// Each piece comes well in time, and the whole never would.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_drips_is_cut_off() {
    let server = TestServer::start().await;
    let mut stream = connect(&server).await;
    let head = format!(
        "POST {}/protocol/openid-connect/token HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n",
        openpsc::config::REALM
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let began = Instant::now();
    let mut answer = [0; 4096];
    loop {
        assert!(began.elapsed() < LONGEST, "it drips for ever");
        let _ = stream.write_all(b"g").await;
        match timeout(Duration::from_secs(1), stream.read(&mut answer)).await {
            Err(_) => {}
            Ok(Ok(length)) => {
                let answer = String::from_utf8_lossy(&answer[..length]);
                assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
                break;
            }
            Ok(Err(_)) => break,
        }
    }
    assert!(began.elapsed() > Duration::from_secs(10), "it was not the pieces' own patience");
}

/// Asks and asks, and takes no answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_is_hung_up_on() {
    let server = TestServer::start().await;
    let mut stream = connect(&server).await;
    let request = format!(
        "GET {}/.well-known/openid-configuration HTTP/1.1\r\nhost: x\r\n\r\n",
        openpsc::config::REALM
    );
    let requests = request.repeat(100);
    let flood = async { while stream.write_all(requests.as_bytes()).await.is_ok() {} };
    assert!(timeout(LONGEST, flood).await.is_ok(), "the connection stays open");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_silent_callers_keep_nobody_out() {
    let server = TestServer::start().await;
    let mut silent = JoinSet::new();
    for number in 0..400 {
        let mut stream = connect(&server).await;
        if number % 2 == 0 {
            // Had one answer, and stays for another.
            let ask = "GET /auth HTTP/1.1\r\nhost: x\r\n\r\n";
            stream.write_all(ask.as_bytes()).await.unwrap();
        }
        silent.spawn(async move { until_hung_up(&mut stream).await });
    }
    let began = Instant::now();
    assert_eq!(http().get(server.endpoint("certs")).send().await.unwrap().status(), 200);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    while let Some(hung_up) = silent.join_next().await {
        hung_up.unwrap();
    }
}

/// Two programs in a row must not see different requests (RFC 9112 §11.2).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_hides_behind_a_request() {
    let server = TestServer::start().await;
    let hidden = "GET /hidden HTTP/1.1\r\nhost: x\r\n\r\n";
    let chunks = format!("0\r\n\r\n{hidden}");
    let mut talks = JoinSet::new();
    for head in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: identity, chunked\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding:\tchunked\r\n",
        "transfer-encoding : chunked\r\n",
        "transfer-encoding\r\n : chunked\r\n",
        "x: y\r\n transfer-encoding: chunked\r\n",
        "x: y\rtransfer-encoding: chunked\r\n",
        "x: \0\r\ntransfer-encoding: chunked\r\n",
        "content-length: -1\r\n",
        "content-length: 0x5\r\n",
        "content-length: 5 5\r\n",
        "content-length: 99999999999999999999999\r\n",
        "content-length: 5\r\ncontent-length: 0\r\n",
    ] {
        let mut stream = connect(&server).await;
        let request = format!("POST /auth HTTP/1.1\r\nhost: x\r\n{head}\r\n{chunks}");
        talks.spawn(async move {
            stream.write_all(request.as_bytes()).await.unwrap();
            (head, until_hung_up(&mut stream).await)
        });
    }
    for chunk in ["ffffffffffffffffff\r\nx", "-1\r\nx", "1;\0\r\nx\r\n0\r\n\r\n", "1 \n0\r\n\r\n"] {
        let mut stream = connect(&server).await;
        let head = "transfer-encoding: chunked\r\n";
        let request = format!("POST /auth HTTP/1.1\r\nhost: x\r\n{head}\r\n{chunk}{hidden}");
        talks.spawn(async move {
            stream.write_all(request.as_bytes()).await.unwrap();
            (chunk, until_hung_up(&mut stream).await)
        });
    }
    while let Some(talk) = talks.join_next().await {
        let (what, answer) = talk.unwrap();
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{what:?}: {answer}");
        assert!(!answer.starts_with("HTTP/1.1 2"), "{what:?}: {answer}");
    }
}

/// What a proxy would send on as an address of another host.
#[tokio::test]
async fn an_absolute_address_is_not_believed() {
    let server = TestServer::start().await;
    let realm = openpsc::config::REALM;
    for target in [
        format!("http://evil.example{realm}/.well-known/openid-configuration"),
        format!("https://evil.example:443{realm}/.well-known/openid-configuration"),
    ] {
        let mut stream = connect(&server).await;
        let request =
            format!("GET {target} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = until_hung_up(&mut stream).await;
        assert!(!answer.contains("evil.example"), "{answer}");
        assert!(answer.contains(server.issuer()), "{answer}");
    }
}
