//! The two servers, each alone on the first core.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};

use crate::connection::Connection;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    Openpsc,
    /// node-oidc-provider, see tests/bench/provider.js.
    Node,
}

/// Where a provider's endpoints are.
pub(crate) struct Paths {
    pub(crate) discovery: &'static str,
    pub(crate) authorize: &'static str,
    pub(crate) push: &'static str,
    pub(crate) token: &'static str,
    pub(crate) userinfo: &'static str,
    pub(crate) introspection: &'static str,
    pub(crate) ciba: &'static str,
    pub(crate) jwks: &'static str,
}

macro_rules! realm {
    ($rest:literal) => {
        concat!("/auth/realms/esante-wallet/protocol/openid-connect/", $rest)
    };
}

const OPENPSC: Paths = Paths {
    discovery: "/auth/realms/esante-wallet/.well-known/openid-configuration",
    authorize: "/auth",
    push: realm!("ext/par/request"),
    token: realm!("token"),
    userinfo: realm!("userinfo"),
    introspection: realm!("token/introspect"),
    ciba: realm!("ext/ciba/auth"),
    jwks: realm!("certs"),
};

const NODE: Paths = Paths {
    discovery: "/.well-known/openid-configuration",
    authorize: "/auth",
    push: "/request",
    token: "/token",
    userinfo: "/me",
    introspection: "/token/introspection",
    ciba: "/backchannel",
    jwks: "/jwks",
};

impl Provider {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Openpsc => "openpsc",
            Self::Node => "node-oidc-provider",
        }
    }

    pub(crate) fn port(self) -> u16 {
        match self {
            Self::Openpsc => 18080,
            Self::Node => 18090,
        }
    }

    pub(crate) fn paths(self) -> &'static Paths {
        match self {
            Self::Openpsc => &OPENPSC,
            Self::Node => &NODE,
        }
    }

    fn command(self, folder: &Path) -> anyhow::Result<Command> {
        Ok(match self {
            Self::Openpsc => {
                // Built together, they stand in the same folder.
                let mut command = pinned(std::env::current_exe()?.with_file_name("openpsc"));
                command.arg("serve").arg("--config").arg(configuration(folder, self.port())?);
                // A line for each login would measure who reads them.
                command.env("OPENPSC_LOG", "warn");
                command
            }
            Self::Node => {
                let mut command = pinned("node".into());
                command.arg("tests/bench/provider.js").arg(self.port().to_string());
                command.env("NODE_ENV", "production");
                command
            }
        })
    }
}

/// A server that runs.
pub(crate) struct Server {
    provider: Provider,
    process: Process,
    /// On an empty folder: the database and the keys must be made.
    pub(crate) first_start: Start,
    /// With everything there.
    pub(crate) later_start: Start,
    /// Resident before anybody has asked for anything but two documents.
    pub(crate) idle_mebibytes: f64,
}

/// How long a start took.
pub(crate) struct Start {
    /// Until the discovery document was answered.
    pub(crate) answers: Duration,
    /// Until the key set was.
    pub(crate) has_keys: Duration,
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Server {
    pub(crate) async fn start(provider: Provider, folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let (first, first_start) = answering(provider, folder).await?;
        drop(first);
        let (process, later_start) = answering(provider, folder).await?;
        // What was only needed to start is given back after a moment.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let idle_mebibytes = resident(&process)? as f64 / 1024.0;
        Ok(Self { provider, process, first_start, later_start, idle_mebibytes })
    }

    pub(crate) fn provider(&self) -> Provider {
        self.provider
    }

    pub(crate) fn resident_mebibytes(&self) -> anyhow::Result<u64> {
        Ok(resident(&self.process)? / 1024)
    }

    /// What all its threads have used of a core, the kernel's work for them
    /// included.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.process.0.id()))?;
        let (_, after_name) = text.rsplit_once(") ").context("/proc/…/stat has no name")?;
        let fields: Vec<&str> = after_name.split(' ').collect();
        let ticks = |at: usize| -> anyhow::Result<u64> {
            Ok(fields.get(at).context("/proc/…/stat is too short")?.parse()?)
        };
        // utime and stime (proc_pid_stat(5)), in hundredths of a second.
        Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
    }
}

/// Starts a server and waits for its first answers.
async fn answering(provider: Provider, folder: &Path) -> anyhow::Result<(Process, Start)> {
    let mut command = provider.command(folder)?;
    command.stdin(Stdio::null());
    let began = Instant::now();
    let process = Process(command.spawn().with_context(|| {
        format!("could not start {}: is all built and installed?", provider.name())
    })?);
    while began.elapsed() < Duration::from_secs(20) {
        if let Ok(mut connection) = Connection::open(provider.port()).await {
            let answer = connection.get(provider.paths().discovery, "").await?;
            ensure!(answer.status == 200, "discovery answers {}{}", answer.head, answer.body);
            let answers = began.elapsed();
            let answer = connection.get(provider.paths().jwks, "").await?;
            ensure!(answer.status == 200, "the key set answers {}{}", answer.head, answer.body);
            return Ok((process, Start { answers, has_keys: began.elapsed() }));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bail!("{} did not answer within 20 s", provider.name())
}

fn resident(process: &Process) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.0.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kibibytes.context("the server has no VmRSS: did it end?")?.parse()?)
}

fn can_pin() -> bool {
    Command::new("taskset").arg("--version").stdout(Stdio::null()).status().is_ok()
        && std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1)
}

fn pinned(program: PathBuf) -> Command {
    if !can_pin() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(program);
    command
}

/// The load runs beside what it measures, never on its core.
pub(crate) fn leave_the_first_core() -> anyhow::Result<()> {
    if !can_pin() {
        println!("Without taskset and a second core, servers and load share what there is.\n");
        return Ok(());
    }
    let pinned = Command::new("taskset")
        .args(["-cp", "1", &std::process::id().to_string()])
        .stdout(Stdio::null())
        .status()?;
    ensure!(pinned.success(), "taskset ended with {pinned}");
    Ok(())
}

/// A sandbox whose brakes are off: one load generator is a hundred services.
fn configuration(folder: &Path, port: u16) -> anyhow::Result<PathBuf> {
    for name in ["key-encryption.key", "oprf-seed.key"] {
        let key = openpsc::secret::base64url(&openpsc::secret::random_bytes::<32>());
        let path = folder.join(name);
        if !path.exists() {
            std::fs::write(path, key)?;
        }
    }
    let folder_name = folder.display();
    let phone = port + 1;
    let text = format!(
        r#"
public_url = "http://localhost:{port}"
listen = "127.0.0.1:{port}"

[database]
url = "sqlite:{folder_name}/openpsc.db"

[secrets]
key_encryption_key_file = "{folder_name}/key-encryption.key"
oprf_seed_file = "{folder_name}/oprf-seed.key"

[ecps]
app_url = "http://localhost:{phone}"
listen = "127.0.0.1:{phone}"
push_starts_per_client = 100000000
push_starts_altogether = 100000000

[dpop]
proofs_per_minute = 100000000

[ciba]
long_poll = 0
requests_per_client = 100000000

[sandbox]
{CLIENTS}"#
    );
    let path = folder.join("openpsc.toml");
    std::fs::write(&path, text)?;
    Ok(path)
}

const CLIENTS: &str = r#"
[[clients]]
client_id = "bench-es256"
client_name = "Bench"
client_secret = "bench-secret-0123456789abcdefghijkl"
token_endpoint_auth_method = "client_secret_post"
redirect_uris = ["http://localhost/callback"]
id_token_signed_response_alg = "ES256"
auto_login = true

[[clients]]
client_id = "bench-rs256"
client_name = "Bench"
client_secret = "bench-secret-0123456789abcdefghijkl"
token_endpoint_auth_method = "client_secret_post"
redirect_uris = ["http://localhost/callback"]
auto_login = true

[[clients]]
client_id = "bench-dpop"
client_name = "Bench"
client_secret = "bench-secret-0123456789abcdefghijkl"
token_endpoint_auth_method = "client_secret_post"
redirect_uris = ["http://localhost/callback"]
id_token_signed_response_alg = "ES256"
dpop_bound_access_tokens = true
auto_login = true

[[clients]]
client_id = "bench-machine"
client_name = "Bench"
client_secret = "bench-secret-0123456789abcdefghijkl"
token_endpoint_auth_method = "client_secret_post"
grant_types = ["client_credentials"]
scope = "dossier.read"
id_token_signed_response_alg = "ES256"

[[clients]]
client_id = "bench-ciba"
client_name = "Bench"
client_secret = "bench-secret-0123456789abcdefghijkl"
token_endpoint_auth_method = "client_secret_post"
grant_types = ["urn:openid:params:grant-type:ciba", "refresh_token"]
backchannel_token_delivery_mode = "poll"
id_token_signed_response_alg = "ES256"
"#;
