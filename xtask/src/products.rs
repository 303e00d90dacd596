//! What we build: the phone app, the SDK, the provider, the demo services.

use std::path::Path;

use crate::command::{self, cargo, program, root};
use crate::freshness::unless_fresh;
use crate::machine;
use crate::packages;
use crate::steps::Steps;
use crate::wasm;

/// The steps from a fresh clone to programs that start.
pub(crate) fn steps(steps: &mut Steps) -> anyhow::Result<()> {
    steps.need("What this machine lacks", || machine::prepare(&machine::BUILD_ONLY))?;
    steps.need("JavaScript packages", packages::install)?;
    steps.need("The phone app and the SDK", browser_side)?;
    steps.need("The provider and the demo services", programs)
}

const APP_WASM: &str = "ecps-app/dist/openpsc_ecps_app_bg.wasm";
const APP_GLUE: &str = "ecps-app/dist/openpsc_ecps_app.js";

/// What runs in browsers comes first: the programs carry it inside them.
pub(crate) fn browser_side() -> anyhow::Result<()> {
    wasm::build("openpsc-ecps-app", Path::new("ecps-app/dist"))?;
    let inputs = ["ecps-app/static", "ecps-app/shell.mjs", APP_WASM, APP_GLUE].map(Into::into);
    unless_fresh("phone app", &inputs, &[root().join("ecps-app/dist/index.html")], || {
        command::run(program("node").arg("ecps-app/shell.mjs"))
    })?;
    wasm::build("openpsc-sdk-wasm", Path::new("sdk-wasm/js/wasm"))?;
    // The folder without what is written into it, then the WebAssembly by name.
    let inputs = ["sdk-wasm", "sdk-wasm/js/wasm", "package-lock.json"].map(Into::into);
    unless_fresh("sdk", &inputs, &[root().join("sdk-wasm/dist/index.js")], || {
        command::run(program("npm").args(["run", "build", "--workspace", "sdk-wasm"]))
    })
}

/// What cargo builds below: everything but ourselves. Naming the workspace even
/// for two programs gives every command the same features of every dependency,
/// so that `cargo verify` after `cargo demo` compiles nothing twice.
pub(crate) const WORKSPACE: [&str; 4] = ["--locked", "--workspace", "--exclude", "xtask"];

/// The two programs that the demo starts.
pub(crate) fn programs() -> anyhow::Result<()> {
    let wanted = ["--bin", "openpsc", "--bin", "openpsc-web-demo"];
    command::run(cargo().arg("build").args(WORKSPACE).args(wanted))
}

/// The same programs and every test of the workspace, in one profile.
pub(crate) fn programs_and_tests() -> anyhow::Result<()> {
    command::run(cargo().arg("build").args(WORKSPACE).arg("--all-targets"))
}
