//! The JavaScript packages that building and testing need.

use anyhow::Context;

use crate::command::{self, program, root};
use crate::freshness::unless_fresh;

/// Installs exactly what the lock file names, and runs no script of theirs.
pub(crate) fn install() -> anyhow::Result<()> {
    let inputs = ["package.json", "package-lock.json"].map(Into::into);
    unless_fresh("npm", &inputs, &[root().join("node_modules")], || {
        command::run(program("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))
            .context("could not install the JavaScript packages")
    })
}
