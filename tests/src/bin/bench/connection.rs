//! A kept-alive HTTP/1.1 connection, as lean as can be: the load must not cost
//! more than what it measures.

use anyhow::{Context, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) struct Connection {
    stream: TcpStream,
    port: u16,
    sent: Vec<u8>,
    received: Vec<u8>,
}

/// What was answered.
#[derive(Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) head: &'a str,
    pub(crate) body: &'a str,
}

impl Connection {
    pub(crate) async fn open(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, port, sent: Vec::new(), received: Vec::with_capacity(16 * 1024) })
    }

    pub(crate) async fn get(&mut self, path: &str, headers: &str) -> anyhow::Result<Answer<'_>> {
        self.send("GET", path, headers, "").await
    }

    /// Sends a form.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        headers: &str,
        form: &str,
    ) -> anyhow::Result<Answer<'_>> {
        self.send("POST", path, headers, form).await
    }

    /// Sends a request and reads the whole answer, head and body.
    async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        form: &str,
    ) -> anyhow::Result<Answer<'_>> {
        use std::io::Write;

        let Self { stream, port, sent, received } = self;
        sent.clear();
        write!(sent, "{method} {path} HTTP/1.1\r\nhost: localhost:{port}\r\n{headers}")?;
        if method == "POST" {
            write!(
                sent,
                "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
                form.len()
            )?;
        }
        write!(sent, "\r\n{form}")?;
        stream.write_all(sent).await?;
        received.clear();
        let body_at = loop {
            if stream.read_buf(received).await? == 0 {
                bail!("the server closed the connection");
            }
            let Some(end) = received.windows(4).position(|at| at == b"\r\n\r\n") else { continue };
            let length = length_of(std::str::from_utf8(&received[..end + 2])?)?;
            if received.len() >= end + 4 + length {
                break end + 4;
            }
        };
        let text = std::str::from_utf8(received)?;
        let status = text.get(9..12).and_then(|code| code.parse().ok());
        let status = status.context("the answer has no status")?;
        Ok(Answer { status, head: &text[..body_at], body: &text[body_at..] })
    }
}

fn length_of(head: &str) -> anyhow::Result<usize> {
    let length = header(head, "content-length").next();
    // Without a length there is a body in chunks, which no flow here meets.
    anyhow::ensure!(header(head, "transfer-encoding").next().is_none(), "a body in chunks");
    Ok(length.map_or(Ok(0), str::parse)?)
}

/// The values of a header.
pub(crate) fn header<'a>(head: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    head.split("\r\n").filter_map(move |line| {
        let (known, value) = line.split_once(": ")?;
        known.eq_ignore_ascii_case(name).then_some(value)
    })
}
