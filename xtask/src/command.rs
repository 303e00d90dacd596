//! Starting other programs, with their failure in words.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, bail};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository")
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// The same cargo that runs us.
pub(crate) fn cargo() -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program started at the root, without a terminal to ask questions on.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs a program that must succeed; what it prints is seen as it comes.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("could not start {}", told(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", told(command));
    }
    Ok(())
}

/// Runs a program quietly and gives what it printed.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("could not start {}", told(command)))?;
    if !output.status.success() {
        bail!("{} ended with {}", told(command), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Everything a program printed, and whether it succeeded.
pub(crate) struct Heard {
    pub(crate) text: String,
    pub(crate) succeeded: bool,
}

/// Runs a program, shows what it prints as it comes, and keeps it.
pub(crate) fn listen(command: &mut Command) -> anyhow::Result<Heard> {
    let told = told(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start {told}"))?;
    let stdout = relay(child.stdout.take().expect("stdout is piped"), std::io::stdout());
    let stderr = relay(child.stderr.take().expect("stderr is piped"), std::io::stderr());
    let status = child.wait().with_context(|| format!("could not wait for {told}"))?;
    let mut text = stdout.join().expect("relaying does not panic");
    text.push_str(&stderr.join().expect("relaying does not panic"));
    Ok(Heard { text, succeeded: status.success() })
}

fn relay(
    from: impl Read + Send + 'static,
    mut to: impl Write + Send + 'static,
) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut heard = String::new();
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while let Ok(1..) = from.read_until(b'\n', &mut line) {
            // A closed terminal must not end the tests.
            to.write_all(&line).ok();
            heard.push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
        heard
    })
}

/// The command as a person would type it.
fn told(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
