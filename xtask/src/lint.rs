//! What the compiler and its companions think of the code.

use crate::command::{self, cargo};

/// The crates whose real life is in a browser.
const BROWSER_CRATES: [&str; 3] = ["openpsc-ecps-app", "openpsc-sdk-wasm", "openpsc-sdk-core"];

pub(crate) fn formatting() -> anyhow::Result<()> {
    command::run(cargo().args(["fmt", "--all", "--check"]))
}

/// Clippy on everything, then once more on the code that only the browser's
/// target compiles.
pub(crate) fn clippy() -> anyhow::Result<()> {
    const STRICT: [&str; 3] = ["--", "-D", "warnings"];
    command::run(
        cargo().args(["clippy", "--locked", "--workspace", "--all-targets"]).args(STRICT),
    )?;
    for package in BROWSER_CRATES {
        // One by one: together, the app's features would bring the standard
        // library into the SDK, which does without.
        const TARGET: [&str; 4] =
            ["clippy", "--locked", "--target=wasm32-unknown-unknown", "--lib"];
        command::run(cargo().args(TARGET).args(["--package", package]).args(STRICT))?;
    }
    Ok(())
}

pub(crate) fn documentation() -> anyhow::Result<()> {
    command::run(cargo().env("RUSTDOCFLAGS", "-D warnings").args([
        "doc",
        "--locked",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]))
}
