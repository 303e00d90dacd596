//! The real program in a process of its own, which can be killed.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use openpsc::config::REALM;

use crate::{Browser, Client, http, program::beside_the_tests, server::Folder};

const PATIENCE: Duration = Duration::from_secs(60);

/// A sandbox on ports and data of its own, with the clients of `clients.toml`.
pub struct Killable {
    program: PathBuf,
    arguments: Vec<String>,
    provider: u16,
    folder: Folder,
    child: Child,
}

impl Killable {
    /// Starts it on nothing.
    pub async fn start() -> Self {
        let program = tokio::task::spawn_blocking(built).await.unwrap();
        Self::of(program, None).await
    }

    /// Starts this program on nothing, or on an empty PostgreSQL database.
    pub async fn of(program: PathBuf, database_url: Option<&str>) -> Self {
        let folder = Folder::create();
        fs::write(folder.path().join("clients.toml"), include_str!("clients.toml")).unwrap();
        let ports = free_ports();
        let arguments = match database_url {
            None => as_a_sandbox(ports, &folder),
            Some(url) => by_a_file(url, ports, &folder),
        };
        let child = spawn(&program, &arguments, &folder);
        let started = Self { program, arguments, provider: ports[0], folder, child };
        started.first_answer().await;
        started
    }

    /// Kill −9, then starts it again on what it has kept. Answers how long the
    /// first answer took.
    pub async fn kill_and_start(&mut self) -> Duration {
        self.kill();
        self.start_again().await
    }

    /// Kill −9.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts what was killed on what it has kept. Answers how long the first
    /// answer took.
    pub async fn start_again(&mut self) -> Duration {
        self.child = spawn(&self.program, &self.arguments, &self.folder);
        self.first_answer().await
    }

    /// Starts what was killed, and kills it after so long, ready or not.
    pub async fn start_and_kill(&mut self, after: Duration) {
        self.child = spawn(&self.program, &self.arguments, &self.folder);
        tokio::time::sleep(after).await;
        self.kill();
    }

    /// Where it keeps everything.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The process itself.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.provider)
    }

    /// A browser that has never been there.
    pub fn browser(&self) -> Browser {
        Browser::of(&self.url())
    }

    /// A service of `clients.toml`.
    pub fn client(&self, client_id: &'static str) -> Client {
        Client::of(client_id, &self.url())
    }

    /// A call of the sandbox's own interface.
    pub async fn sandbox(&self, path: &str) -> String {
        let call = http().post(format!("{}/sandbox/v1/{path}", self.url()));
        let answer = call.send().await.unwrap();
        assert!(answer.status().is_success(), "{} {path}", answer.status());
        answer.text().await.unwrap()
    }

    async fn first_answer(&self) -> Duration {
        let began = Instant::now();
        let address = format!("{}{REALM}/.well-known/openid-configuration", self.url());
        let client = http();
        while began.elapsed() < PATIENCE {
            if client.get(&address).send().await.is_ok_and(|answer| answer.status() == 200) {
                return began.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        panic!("no answer within {PATIENCE:?}: {log}")
    }
}

impl Drop for Killable {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn as_a_sandbox(ports: [u16; 4], folder: &Folder) -> Vec<String> {
    let [provider, phone, agenda, dossier] = ports.map(|port| port.to_string());
    let data = folder.path().display().to_string();
    let clients = format!("{data}/clients.toml");
    let flags = ["--port", &provider, "--app-port", &phone, "--agenda-port", &agenda];
    let more = ["--dossier-port", &dossier, "--data-dir", &data, "--clients", &clients];
    let words = ["sandbox", "--exit-with-stdin"].iter().chain(&flags).chain(&more);
    words.map(|word| (*word).to_owned()).collect()
}

fn by_a_file(database_url: &str, ports: [u16; 4], folder: &Folder) -> Vec<String> {
    let file = folder.path().join("openpsc.toml");
    let settings = crate::server::settings([ports[0], ports[1]], database_url, folder.path());
    fs::write(&file, settings).unwrap();
    vec!["serve".into(), "--config".into(), file.display().to_string()]
}

fn spawn(program: &Path, arguments: &[String], folder: &Folder) -> Child {
    let log = folder.path().join("log");
    let log = fs::File::options().create(true).append(true).open(log).unwrap();
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// The program as the sources are now: cargo builds it for nobody else than
/// those who ask.
fn built() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = ["build", "--quiet", "--package", "openpsc", "--bin", "openpsc"];
    let status = Command::new(cargo).current_dir(env!("CARGO_MANIFEST_DIR")).args(build).status();
    assert!(status.is_ok_and(|status| status.success()), "openpsc cannot be built");
    beside_the_tests("openpsc").unwrap()
}

/// All are held until all are known, or two might be the same.
fn free_ports() -> [u16; 4] {
    let listeners = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
