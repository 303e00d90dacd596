//! Measures the release binary on loopback: code flows, SSO flows, key sets.
//!
//! The server runs on one core, the load on another, with the durable settings
//! that it is shipped with. Every answer is checked: a flow that fails ends the
//! run. `cargo xtask bench` builds both and prints the table.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PORT: u16 = 18080;
const CONNECTIONS: usize = 64;
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(10);
const REALM: &str = "/auth/realms/esante-wallet/protocol/openid-connect";
// RFC 7636 Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn main() -> anyhow::Result<()> {
    // Built together, they stand in the same folder.
    let binary = std::env::current_exe()?.with_file_name("openpsc");
    let folder = PathBuf::from(format!("target/bench-{}", std::process::id()));
    let outcome = measure(&binary, &folder);
    std::fs::remove_dir_all(&folder).ok();
    outcome
}

fn measure(binary: &Path, folder: &Path) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let began = Instant::now();
    let server = Server::start(binary, folder)?;
    runtime.block_on(until_ready(began))?;
    let ready = began.elapsed();
    println!("start to first answer: {:.0} ms", ready.as_secs_f64() * 1000.0);
    println!("idle memory: {} MiB", server.resident_mebibytes()?);
    println!();
    println!("| flow | per second | p50 | p99 | resident memory |");
    println!("|---|---|---|---|---|");
    for flow in [Flow::CodeEs256, Flow::CodeRs256, Flow::Sso, Flow::Jwks] {
        let times = runtime.block_on(flow.run())?;
        let line = summary(times);
        println!("| {} | {line} | {} MiB |", flow.name(), server.resident_mebibytes()?);
    }
    Ok(())
}

/// The server, alone on the first core where there is a second.
struct Server(Child);

impl Server {
    fn start(binary: &Path, folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let clients = folder.join("clients.toml");
        std::fs::write(&clients, CLIENTS)?;
        let pinned = Command::new("taskset").arg("--version").output().is_ok();
        let mut command = if pinned {
            let mut command = Command::new("taskset");
            command.args(["-c", "0"]).arg(binary);
            command
        } else {
            println!("taskset is missing: the server runs on every core");
            Command::new(binary)
        };
        let child = command
            .args(["sandbox", "--port", &PORT.to_string(), "--data-dir"])
            .arg(folder)
            .arg("--clients")
            .arg(&clients)
            .env("OPENPSC_LOG", "warn")
            .stdin(Stdio::null())
            .spawn()
            .context("could not start the server")?;
        Ok(Self(child))
    }

    fn resident_mebibytes(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes: u64 = line
            .and_then(|line| line.split_whitespace().next())
            .context("the server has no VmRSS: did it end?")?
            .parse()?;
        Ok(kibibytes / 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

const CLIENTS: &str = r#"
[[clients]]
client_id = "bench-rs256"
client_name = "Bench"
client_secret = "bench-secret-0123456789abcdefghijkl"
token_endpoint_auth_method = "client_secret_post"
redirect_uris = ["http://localhost/callback"]
auto_login = true

[[clients]]
client_id = "bench-es256"
client_name = "Bench"
client_secret = "bench-secret-0123456789abcdefghijkl"
token_endpoint_auth_method = "client_secret_post"
redirect_uris = ["http://localhost/callback"]
id_token_signed_response_alg = "ES256"
auto_login = true
"#;

async fn until_ready(began: Instant) -> anyhow::Result<()> {
    while began.elapsed() < Duration::from_secs(10) {
        if let Ok(mut connection) = Connection::open().await {
            let answer = connection
                .send("GET", "/auth/realms/esante-wallet/.well-known/openid-configuration", "", "")
                .await?;
            ensure!(answer.starts_with("HTTP/1.1 200"), "discovery answers {answer}");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bail!("the server did not answer within 10 s")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    CodeEs256,
    CodeRs256,
    Sso,
    Jwks,
}

impl Flow {
    fn name(self) -> &'static str {
        match self {
            Self::CodeEs256 => "code, new session each, ES256",
            Self::CodeRs256 => "code, new session each, RS256",
            Self::Sso => "code, one session per browser (SSO), ES256",
            Self::Jwks => "key set",
        }
    }

    /// Runs the flow on every connection; answers how long each one took.
    async fn run(self) -> anyhow::Result<Vec<Duration>> {
        let stop = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicBool::new(false));
        let mut tasks = Vec::new();
        for _ in 0..CONNECTIONS {
            let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
            tasks.push(tokio::spawn(async move {
                let mut visitor = Visitor::open(self).await?;
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    visitor.go().await?;
                    if count.load(Ordering::Relaxed) {
                        times.push(began.elapsed());
                    }
                }
                anyhow::Ok(times)
            }));
        }
        tokio::time::sleep(WARM_UP).await;
        count.store(true, Ordering::Relaxed);
        tokio::time::sleep(MEASURED).await;
        stop.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await??);
        }
        Ok(all)
    }
}

/// One browser and its service.
struct Visitor {
    flow: Flow,
    connection: Connection,
    cookie: String,
}

impl Visitor {
    async fn open(flow: Flow) -> anyhow::Result<Self> {
        let mut visitor =
            Self { flow, connection: Connection::open().await?, cookie: String::new() };
        if flow == Flow::Sso {
            let answer = visitor.authorize().await?;
            let cookie = between(&answer, "set-cookie: ", ";").context("no session cookie")?;
            visitor.cookie = format!("cookie: {cookie}\r\n");
        }
        Ok(visitor)
    }

    async fn go(&mut self) -> anyhow::Result<()> {
        if self.flow == Flow::Jwks {
            let answer = self.connection.send("GET", &format!("{REALM}/certs"), "", "").await?;
            ensure!(answer.starts_with("HTTP/1.1 200"), "certs answers {answer}");
            return Ok(());
        }
        let answer = self.authorize().await?;
        let code = between(&answer, "code=", "&").context("no code in the redirect")?;
        let body = format!(
            "grant_type=authorization_code&code={code}&redirect_uri=http%3A%2F%2Flocalhost%2Fcallback\
             &code_verifier={VERIFIER}&client_id={}&client_secret=bench-secret-0123456789abcdefghijkl",
            self.client()
        );
        let path = format!("{REALM}/token");
        let form = "content-type: application/x-www-form-urlencoded\r\n";
        let answer = self.connection.send("POST", &path, form, &body).await?;
        let complete = answer.starts_with("HTTP/1.1 200") && answer.contains("\"id_token\":\"ey");
        ensure!(complete, "the token endpoint answers {answer}");
        Ok(())
    }

    async fn authorize(&mut self) -> anyhow::Result<String> {
        let path = format!(
            "/auth?response_type=code&scope=openid%20scope_all&state=s&nonce=n&client_id={}\
             &redirect_uri=http%3A%2F%2Flocalhost%2Fcallback&code_challenge={CHALLENGE}\
             &code_challenge_method=S256&login_hint=899700990015",
            self.client()
        );
        let answer = self.connection.send("GET", &path, &self.cookie, "").await?;
        ensure!(answer.starts_with("HTTP/1.1 303"), "authorize answers {answer}");
        Ok(answer)
    }

    fn client(&self) -> &'static str {
        if self.flow == Flow::CodeRs256 { "bench-rs256" } else { "bench-es256" }
    }
}

/// A kept-alive HTTP/1.1 connection, as lean as can be: the load must not cost
/// more than what it measures.
struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    async fn open() -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", PORT)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request and reads the whole answer, head and body.
    async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> anyhow::Result<String> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost:{PORT}\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                bail!("the server closed the connection");
            }
            let text = std::str::from_utf8(&self.received)?;
            let Some(head) = text.find("\r\n\r\n") else { continue };
            let length = between(&text[..head + 2], "content-length: ", "\r\n")
                .map_or(Ok(0), str::parse::<usize>)?;
            if text.len() >= head + 4 + length {
                return Ok(text.to_owned());
            }
        }
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

fn summary(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: f64| {
        let index = ((times.len() as f64 - 1.0) * share) as usize;
        times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    let rate = times.len() as f64 / MEASURED.as_secs_f64();
    format!("{rate:.0} | {:.1} ms | {:.1} ms", at(0.5), at(0.99))
}
