//! What a machine lacks, and installing it.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::command::{self, output, program};
use crate::packages;

/// A Debian package and a file that shows it is there.
pub(crate) struct Package {
    name: &'static str,
    found: fn() -> bool,
}

/// What building asks of the machine beyond rustup, Node and git.
pub(crate) const BUILD_ONLY: [Package; 1] = [COMPILER];

/// What the tests ask besides: two browsers, PostgreSQL, and what the clients of
/// others that they log in with run on. `apache2-bin` starts no service.
pub(crate) const EVERYTHING: [Package; 10] = [
    COMPILER,
    Package { name: "chromium", found: || Path::new("/usr/bin/chromium").exists() },
    Package { name: "firefox-esr", found: || Path::new("/usr/bin/firefox-esr").exists() },
    Package { name: "postgresql", found: postgresql_is_there },
    Package { name: "python3-venv", found: packages::python_is_there },
    Package { name: "openssl", found: || on_path("openssl") },
    Package { name: "apache2-bin", found: || Path::new("/usr/sbin/apache2").exists() },
    Package { name: "libapache2-mod-auth-openidc", found: || Path::new(OPENIDC).exists() },
    // The second stands in for a web server, which would be started.
    Package { name: "liblemonldap-ng-portal-perl", found: || Path::new(PORTAL).exists() },
    Package { name: "lemonldap-ng-uwsgi-app", found: || Path::new(PORTAL).exists() },
];

const OPENIDC: &str = "/usr/lib/apache2/modules/mod_auth_openidc.so";
const PORTAL: &str = "/usr/share/lemonldap-ng/portal/htdocs/index.psgi";
const COMPILER: Package = Package { name: "gcc", found: || on_path("cc") };

/// Installs what is missing of the toolchain and of `packages`.
pub(crate) fn prepare(packages: &[Package]) -> anyhow::Result<()> {
    node()?;
    toolchain()?;
    debian(packages)
}

/// Node is the one thing that we cannot install well: each machine has its way.
fn node() -> anyhow::Result<()> {
    let version = output(program("node").arg("--version"))
        .context("Node.js 20 or later is needed: see https://nodejs.org/")?;
    let major = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    if major.parse::<u32>().is_ok_and(|major| major >= 20) {
        return Ok(());
    }
    bail!("Node.js 20 or later is needed, and this is {}", version.trim());
}

/// The toolchain file lists these, but rustup reads it only when it may
/// install by itself (`RUSTUP_AUTO_INSTALL=0` forbids it).
fn toolchain() -> anyhow::Result<()> {
    let sysroot = output(program("rustc").args(["--print", "sysroot"]))?;
    let sysroot = Path::new(sysroot.trim());
    if !sysroot.join("lib/rustlib/wasm32-unknown-unknown").exists() {
        command::run(program("rustup").args(["target", "add", "wasm32-unknown-unknown"]))?;
    }
    for (component, file) in [("rustfmt", "bin/rustfmt"), ("clippy", "bin/cargo-clippy")] {
        if !sysroot.join(file).exists() {
            command::run(program("rustup").args(["component", "add", component]))?;
        }
    }
    Ok(())
}

fn debian(packages: &[Package]) -> anyhow::Result<()> {
    let missing: Vec<&str> =
        packages.iter().filter(|package| !(package.found)()).map(|package| package.name).collect();
    if missing.is_empty() {
        println!("nothing is missing");
        return Ok(());
    }
    let install = format!(
        "apt-get update && apt-get install -y --no-install-recommends {}",
        missing.join(" ")
    );
    if !on_path("apt-get") {
        bail!("please install {} with this system's own means", missing.join(", "));
    }
    if !is_root() {
        bail!("please run this, then start again:\n\n    sudo sh -c '{install}'\n");
    }
    println!("installing {}", missing.join(", "));
    command::run(program("apt-get").arg("update"))?;
    command::run(
        program("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["install", "-y", "--no-install-recommends"])
            .args(&missing),
    )?;
    for package in packages {
        if !(package.found)() {
            bail!("{} was installed and still cannot be found", package.name);
        }
    }
    Ok(())
}

fn is_root() -> bool {
    output(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Whether a program of this name can be started.
pub(crate) fn on_path(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).exists()))
}

/// Debian keeps the server's programs in a folder named by the version.
fn postgresql_is_there() -> bool {
    fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
        versions.flatten().any(|version| version.path().join("bin/initdb").exists())
    })
}
