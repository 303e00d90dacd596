//! A PostgreSQL for the tests, and one database in it for each of them.
//!
//! `OPENPSC_TEST_POSTGRES` names a server where databases may be made. Without
//! it the first test that needs one starts the program
//! `openpsc-test-postgres`, which all tests of a run share: it lives as long as
//! the test runner, the parent of every test process.

use std::{
    fs,
    io::ErrorKind,
    os::unix::process::{CommandExt, parent_id},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::program::beside_the_tests;

/// The variable that names a server where databases may be made.
pub const VARIABLE: &str = "OPENPSC_TEST_POSTGRES";

const PATIENCE: Duration = Duration::from_secs(60);

/// A private server, on a socket in a folder of its own; it ends with this.
pub struct PrivatePostgres {
    server: Child,
    folder: PathBuf,
}

impl PrivatePostgres {
    /// Makes and starts one. It keeps nothing: not even a crash of the machine
    /// has to leave it whole.
    pub fn start() -> anyhow::Result<Self> {
        let programs = programs()?;
        // The path of a socket has at most 107 bytes.
        let folder = std::env::temp_dir().join(format!("psc-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
        let owner = other_user()?;
        if let Some((uid, gid)) = owner {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).context("could not chown")?;
        }
        let command = |name: &str| {
            let mut command = Command::new(programs.join(name));
            command.current_dir(&folder).stdin(Stdio::null());
            if let Some((uid, gid)) = owner {
                command.uid(uid).gid(gid);
            }
            command
        };
        let data = folder.join("data");
        let made = command("initdb")
            .args([
                "-U",
                "psc",
                "--auth=trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "-D",
            ])
            .arg(&data)
            .output()
            .context("could not run initdb")?;
        ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let log = fs::File::create(folder.join("log")).context("could not make the log")?;
        let server = command("postgres")
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&folder)
            .args(["-c", "listen_addresses=", "-c", "max_connections=500"])
            .args(["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "jit=off"])
            .stdout(Stdio::null())
            .stderr(log)
            // The terminal's Ctrl-C is for the runner; we end it ourselves.
            .process_group(0)
            .spawn()
            .context("could not run postgres")?;
        let mut started = Self { server, folder };
        started.until_ready()?;
        Ok(started)
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("postgres://psc@localhost/postgres?host={}", self.folder.display())
    }

    fn until_ready(&mut self) -> anyhow::Result<()> {
        let ready = self.folder.join("data/postmaster.pid");
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            // The last line of this file says how far the start has come.
            if fs::read_to_string(&ready).is_ok_and(|text| text.trim_end().ends_with("ready")) {
                return Ok(());
            }
            if let Some(status) = self.server.try_wait()? {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("postgres ended with {status}: {log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("postgres was not ready within {PATIENCE:?}")
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        // Nothing in it is worth a checkpoint; its own children see it go.
        let pid = self.server.id().to_string();
        let asked = Command::new("kill").args(["-QUIT", &pid]).status();
        if !asked.is_ok_and(|status| status.success()) {
            self.server.kill().ok();
        }
        self.server.wait().ok();
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// The newest installed version.
fn programs() -> anyhow::Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let numbered = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let newest = numbered.filter(|(_, path)| path.join("initdb").exists()).max();
    newest.map(|(_, path)| path).with_context(|| {
        format!("PostgreSQL is not installed (apt-get install postgresql); or set {VARIABLE}")
    })
}

/// PostgreSQL refuses to run as root: its own user then does.
fn other_user() -> anyhow::Result<Option<(u32, u32)>> {
    let id = Command::new("id").arg("-u").output().context("could not run id")?;
    if id.stdout.trim_ascii() != b"0" {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("could not read /etc/passwd")?;
    let line = users.lines().find_map(|line| line.strip_prefix("postgres:"));
    let mut fields = line.context("there is no user postgres")?.split(':').skip(1);
    let mut number = || fields.next().and_then(|text| text.parse().ok());
    let (uid, gid) = (number(), number());
    Ok(Some((uid.context("postgres has no uid")?, gid.context("postgres has no gid")?)))
}

/// A database that nobody else uses.
pub struct TestDatabase {
    server: String,
    name: String,
}

impl TestDatabase {
    /// Makes one.
    pub async fn create() -> anyhow::Result<Self> {
        let server = tokio::task::spawn_blocking(shared_server)
            .await
            .context("could not wait for PostgreSQL")??;
        let random = openpsc::secret::random_bytes::<8>();
        let name =
            random.iter().fold("psc_test_".to_owned(), |name, byte| format!("{name}{byte:02x}"));
        let database = Self { server, name };
        database.order(format!("create database {}", database.name)).await?;
        Ok(database)
    }

    /// Where it answers.
    pub fn url(&self) -> anyhow::Result<String> {
        let mut url = url::Url::parse(&self.server).context(VARIABLE)?;
        url.set_path(&self.name);
        Ok(url.into())
    }

    /// Removes it, whoever is still connected.
    pub async fn remove(self) -> anyhow::Result<()> {
        self.order(format!("drop database {} with (force)", self.name)).await
    }

    async fn order(&self, text: String) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.server)
            .await
            .with_context(|| format!("could not connect to {}", self.server))?;
        connection.execute(AssertSqlSafe(text.clone())).await.context(text)?;
        connection.close().await.context("could not say good-bye")
    }
}

/// The server of this run; starts it when nobody has.
fn shared_server() -> anyhow::Result<String> {
    if let Some(url) = std::env::var(VARIABLE).ok().filter(|url| !url.is_empty()) {
        return Ok(url);
    }
    let runner = parent_id();
    let notice = std::env::temp_dir().join(format!("psc-postgres-of-{runner}"));
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        match fs::read_to_string(notice.join("url")) {
            Ok(url) if url.ends_with('\n') => return Ok(url.trim_end().to_owned()),
            _ => {}
        }
        match fs::create_dir(&notice) {
            // We are the first.
            Ok(()) => start_keeper(runner, &notice)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).context(notice.display().to_string()),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let log = fs::read_to_string(notice.join("log")).unwrap_or_default();
    bail!("no PostgreSQL within {PATIENCE:?}; remove {} and try again. {log}", notice.display())
}

/// Outlives this process, which is only the first of many.
fn start_keeper(runner: u32, notice: &Path) -> anyhow::Result<()> {
    let log = fs::File::create(notice.join("log")).context("could not make the log")?;
    Command::new(beside_the_tests("openpsc-test-postgres")?)
        .arg("--until-the-end-of")
        .arg(runner.to_string())
        .arg("--notice")
        .arg(notice)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0)
        .spawn()
        .context("could not start openpsc-test-postgres")?;
    Ok(())
}

/// What `openpsc-test-postgres` does: keeps a server until a process ends, and
/// tells its address in a folder.
pub fn keep_for(runner: u32, notice: &Path) -> anyhow::Result<()> {
    let started = PrivatePostgres::start();
    let kept = started.and_then(|server| {
        let draft = notice.join("draft");
        fs::write(&draft, format!("{}\n", server.url())).context("could not write the address")?;
        fs::rename(&draft, notice.join("url")).context("could not tell the address")?;
        let process = PathBuf::from(format!("/proc/{runner}"));
        while process.exists() {
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    });
    if kept.is_ok() {
        fs::remove_dir_all(notice).ok();
    }
    kept
}
