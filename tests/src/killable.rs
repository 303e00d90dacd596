//! The real program in a process of its own, which can be killed.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use openpsc::config::REALM;

use crate::{Browser, Client, http, program::beside_the_tests, server::Folder};

const PATIENCE: Duration = Duration::from_secs(60);

/// `openpsc sandbox` on ports and data of its own, with the clients of
/// `clients.toml`.
pub struct Killable {
    program: PathBuf,
    ports: [u16; 4],
    folder: Folder,
    child: Child,
}

impl Killable {
    /// Starts it on nothing.
    pub async fn start() -> Self {
        let program = tokio::task::spawn_blocking(built).await.unwrap();
        let folder = Folder::create();
        fs::write(folder.path().join("clients.toml"), include_str!("clients.toml")).unwrap();
        let ports = free_ports();
        let child = spawn(&program, ports, &folder);
        let started = Self { program, ports, folder, child };
        started.first_answer().await;
        started
    }

    /// Kill −9, then starts it again on what it has kept. Answers how long the
    /// first answer took.
    pub async fn kill_and_start(&mut self) -> Duration {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(&self.program, self.ports, &self.folder);
        self.first_answer().await
    }

    /// Kill −9, then what another program of ours says about what it has left:
    /// `openpsc audit verify` and its like. Answers whether it went well, and
    /// what it printed.
    pub fn kill_and_ask(&mut self, words: &[&str]) -> (bool, String) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let folder = self.folder.path();
        let file = folder.join("openpsc.toml");
        let data = folder.display();
        let text = format!(
            r#"
            public_url = "{}"
            [database]
            url = "sqlite:{data}/openpsc.db"
            [secrets]
            key_encryption_key_file = "{data}/key-encryption.key"
            oprf_seed_file = "{data}/oprf-seed.key"
            [ecps]
            app_url = "http://localhost:{}"
            "#,
            self.url(),
            self.ports[1]
        );
        fs::write(&file, text).unwrap();
        let asked = Command::new(&self.program).args(words).arg("--config").arg(&file).output();
        let asked = asked.unwrap();
        let text = [asked.stdout, asked.stderr].concat();
        (asked.status.success(), String::from_utf8(text).unwrap())
    }

    /// Where its database is.
    pub fn database_url(&self) -> String {
        format!("sqlite:{}/openpsc.db", self.folder.path().display())
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.ports[0])
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

fn spawn(program: &PathBuf, ports: [u16; 4], folder: &Folder) -> Child {
    let [provider, phone, agenda, dossier] = ports.map(|port| port.to_string());
    let log = folder.path().join("log");
    let log = fs::File::options().create(true).append(true).open(log).unwrap();
    Command::new(program)
        .args(["sandbox", "--exit-with-stdin", "--port", &provider, "--app-port", &phone])
        .args(["--agenda-port", &agenda, "--dossier-port", &dossier, "--data-dir"])
        .arg(folder.path())
        .arg("--clients")
        .arg(folder.path().join("clients.toml"))
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
