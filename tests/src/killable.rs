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
    environment: Vec<(String, String)>,
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

    /// Starts it on nothing, with these variables in its environment.
    pub async fn in_environment(variables: &[(&str, &str)]) -> Self {
        let program = tokio::task::spawn_blocking(built).await.unwrap();
        let (folder, ports) = (Self::folder_of_its_own(), free_ports());
        let arguments = as_a_sandbox(ports, &folder);
        Self::begin(program, arguments, variables, ports[0], folder).await
    }

    /// Starts this program on nothing, or on an empty PostgreSQL database.
    pub async fn of(program: PathBuf, database_url: Option<&str>) -> Self {
        let (folder, ports) = (Self::folder_of_its_own(), free_ports());
        let arguments = match database_url {
            None => as_a_sandbox(ports, &folder),
            Some(url) => by_a_file(url, "", ports, &folder),
        };
        Self::begin(program, arguments, &[], ports[0], folder).await
    }

    /// Starts this program on nothing, with more settings.
    pub async fn with_settings(program: PathBuf, settings: &str) -> Self {
        let (folder, ports) = (Self::folder_of_its_own(), free_ports());
        let database = format!("sqlite:{}/openpsc.db", folder.path().display());
        let arguments = by_a_file(&database, settings, ports, &folder);
        Self::begin(program, arguments, &[], ports[0], folder).await
    }

    fn folder_of_its_own() -> Folder {
        let folder = Folder::create();
        fs::write(folder.path().join("clients.toml"), include_str!("clients.toml")).unwrap();
        folder
    }

    async fn begin(
        program: PathBuf,
        arguments: Vec<String>,
        variables: &[(&str, &str)],
        provider: u16,
        folder: Folder,
    ) -> Self {
        let environment = variables.iter().map(|&(name, value)| (name.into(), value.into()));
        let environment: Vec<_> = environment.collect();
        let child = spawn(&program, &arguments, &environment, &folder);
        let started = Self { program, arguments, environment, provider, folder, child };
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
        self.child = spawn(&self.program, &self.arguments, &self.environment, &self.folder);
        self.first_answer().await
    }

    /// Kill −9, then what another program of ours says about what it has left:
    /// `openpsc audit verify` and its like. Answers whether it went well, and
    /// what it printed.
    pub fn kill_and_ask(&mut self, words: &[&str]) -> (bool, String) {
        self.kill();
        let folder = self.folder.path();
        let file = folder.join("asked.toml");
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
            app_url = "http://localhost:1"
            "#,
            self.url(),
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

    /// Starts what was killed, and kills it after so long, ready or not.
    pub async fn start_and_kill(&mut self, after: Duration) {
        self.child = spawn(&self.program, &self.arguments, &self.environment, &self.folder);
        tokio::time::sleep(after).await;
        self.kill();
    }

    /// Where it keeps everything.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The memory that it holds, in KiB (`VmRSS` of `proc(5)`).
    pub fn resident_kibibytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
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

fn by_a_file(database_url: &str, more: &str, ports: [u16; 4], folder: &Folder) -> Vec<String> {
    let file = folder.path().join("openpsc.toml");
    let settings = crate::server::settings([ports[0], ports[1]], database_url, folder.path());
    fs::write(&file, format!("{settings}\n{more}")).unwrap();
    vec!["serve".into(), "--config".into(), file.display().to_string()]
}

fn spawn(
    program: &Path,
    arguments: &[String],
    environment: &[(String, String)],
    folder: &Folder,
) -> Child {
    let log = folder.path().join("log");
    let log = fs::File::options().create(true).append(true).open(log).unwrap();
    Command::new(program)
        .args(arguments)
        .envs(environment.iter().map(|(name, value)| (name, value)))
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
