//! Programs that cargo built together with these tests.

use std::path::PathBuf;

use anyhow::{Context, ensure};

/// The path of a program of this workspace.
pub fn beside_the_tests(name: &str) -> anyhow::Result<PathBuf> {
    let path = folder()?.join(name);
    ensure!(path.exists(), "{} is missing: build it first (cargo build)", path.display());
    Ok(path)
}

/// Where cargo put this workspace's programs.
pub(crate) fn folder() -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe().context("which program is this?")?;
    let folder = test.parent().context("a program lies in a folder")?;
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    Ok(folder.to_owned())
}
