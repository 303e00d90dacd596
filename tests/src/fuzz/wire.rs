//! A request as bytes, and what is right about its answer.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::chance::MARK;

/// How long an answer may take; a stream of events is left open longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request that may be as wrong as one likes.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Host and port.
    pub to: String,
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Form(Vec<(String, String)>),
    Json(Vec<u8>),
    None,
}

impl Request {
    fn bytes(&self) -> Vec<u8> {
        let form = |pairs: &[(String, String)]| {
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
        };
        let query =
            if self.query.is_empty() { String::new() } else { format!("?{}", form(&self.query)) };
        let (kind, body) = match &self.body {
            Body::Form(pairs) => ("application/x-www-form-urlencoded", form(pairs).into_bytes()),
            Body::Json(bytes) => ("application/json", bytes.clone()),
            Body::None => ("", Vec::new()),
        };
        let mut bytes = format!("{} {}{query} HTTP/1.1\r\n", self.method, self.path).into_bytes();
        let mut line = |name: &str, value: &[u8]| {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        };
        for (name, value) in &self.headers {
            line(name, value);
        }
        let has =
            |wanted: &str| self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        for (name, value) in
            [("host", self.to.as_str()), ("content-type", kind), ("connection", "close")]
        {
            if !has(name) && !value.is_empty() {
                line(name, value.as_bytes());
            }
        }
        line("content-length", body.len().to_string().as_bytes());
        bytes.extend(b"\r\n");
        bytes.extend(body);
        bytes
    }

    /// As it was sent, for who looks into a finding.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

/// What came.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// 0 when the connection was closed without an answer.
    pub status: u16,
    pub text: String,
    late: bool,
}

/// Sends it, and reads until the other side has said everything.
pub(super) async fn send(request: &Request) -> Answer {
    let mut stream = TcpStream::connect(&request.to).await.unwrap();
    // A head that is refused may end the connection before all is sent.
    let _ = stream.write_all(&request.bytes()).await;
    let mut bytes = Vec::new();
    let read = async {
        loop {
            match stream.read_buf(&mut bytes).await {
                Ok(1..) if is_events(&bytes) => return,
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            }
        }
    };
    let late = timeout(PATIENCE, read).await.is_err();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    Answer { status: status.unwrap_or(0), text, late }
}

fn is_events(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.split_once("\r\n\r\n").is_some_and(|(head, _)| head.contains("text/event-stream"))
}

impl Answer {
    /// Every rule that this answer breaks.
    pub(super) fn wrong(&self) -> Vec<String> {
        let (head, body) = self.text.split_once("\r\n\r\n").unwrap_or((&self.text, ""));
        let head = head.to_ascii_lowercase();
        let mut wrong = Vec::new();
        if self.late {
            wrong.push("no end of an answer".to_owned());
        }
        if self.status >= 500 {
            wrong.push(format!("status {}", self.status));
        }
        if head.contains("\nzq9:") || head.contains(&MARK[..4]) {
            wrong.push("a header that the caller wrote".into());
        }
        if head.contains("text/html") && body.contains(MARK.get(..4).unwrap()) {
            wrong.push("a page that the caller wrote".into());
        }
        let page = head.contains("text/html");
        if page && !head.contains("content-security-policy: default-src 'none'") {
            wrong.push("a page without its policy".into());
        }
        if self.status != 0
            && !self.text.starts_with("HTTP/1.1 400")
            && !head.contains("nosniff")
            && self.status != 414
            && self.status != 431
        {
            wrong.push("an answer without nosniff".into());
        }
        if head.contains("location: ") {
            let to = head.split("location: ").nth(1).unwrap().lines().next().unwrap();
            let own = to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\");
            let registered = [
                "https://agenda.example/",
                "https://dossier.example/",
                "https://robot.example/",
                "https://imagerie.example/",
                "https://cle.example/",
                "http://localhost:",
            ];
            if !own && !registered.iter().any(|at| to.starts_with(at)) {
                wrong.push(format!("a redirect to {to}"));
            }
        }
        wrong
    }
}
