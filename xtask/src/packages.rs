//! The JavaScript packages that building and testing need, and the Python ones
//! that tests log in with.

use std::process::Stdio;

use anyhow::Context;

use crate::command::{self, program, root, target};
use crate::freshness::unless_fresh;

/// Installs exactly what the lock file names, and runs no script of theirs.
pub(crate) fn install() -> anyhow::Result<()> {
    let inputs = ["package.json", "package-lock.json"].map(Into::into);
    unless_fresh("npm", &inputs, &[root().join("node_modules")], || clean_install("."))
}

/// The provider that the bench compares with has a lock file of its own: only
/// who measures needs it.
pub(crate) fn install_for_the_bench() -> anyhow::Result<()> {
    let inputs = ["tests/bench/package.json", "tests/bench/package-lock.json"].map(Into::into);
    let installed = root().join("tests/bench/node_modules");
    unless_fresh("npm-bench", &inputs, &[installed], || clean_install("tests/bench"))
}

fn clean_install(folder: &str) -> anyhow::Result<()> {
    let mut npm = program("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    command::run(npm.current_dir(root().join(folder)))
        .context("could not install the JavaScript packages")
}

/// The lock file of the Python packages: a digest for each of their files.
const REQUIREMENTS: &str = "tests/browser/requirements.txt";

/// Installs what its lock file names into a folder that only the tests use.
/// `--only-binary`: no package's script runs here either.
pub(crate) fn python() -> anyhow::Result<()> {
    let folder = target().join("python");
    let python = folder.join("bin/python");
    let installed = folder.join("bin/flask");
    unless_fresh("python", &[REQUIREMENTS.into()], &[python.clone(), installed], || {
        command::run(program("python3").args(["-m", "venv", "--clear"]).arg(&folder))
            .context("could not make a folder for the Python packages")?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        let locked = ["--require-hashes", "--only-binary=:all:", "--requirement", REQUIREMENTS];
        command::run(program(python).args(install).args(locked))
            .context("could not install the Python packages")
    })
}

/// Whether Python can make such a folder: Debian has that in a package apart.
pub(crate) fn python_is_there() -> bool {
    let mut command = program("python3");
    command.args(["-c", "import ensurepip, venv"]).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
