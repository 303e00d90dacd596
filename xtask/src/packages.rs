//! The JavaScript packages that building and testing need.

use anyhow::Context;

use crate::command::{self, program, root};
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
