//! Measuring the release binary on this machine.

use std::process::ExitCode;

use crate::command::{self, cargo, program, target};
use crate::machine;
use crate::packages;
use crate::products;
use crate::steps::Steps;

/// Builds for release and runs the bench program of the tests crate.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let mut steps = Steps::new(6);
    steps.need("What this machine lacks", || machine::prepare(&machine::BUILD_ONLY))?;
    steps.need("JavaScript packages", packages::install)?;
    steps.need("The provider to compare with", packages::install_for_the_bench)?;
    steps.need("The phone app and the SDK", products::browser_side)?;
    steps.need("The provider and the bench, for release", || {
        command::run(cargo().args(["build", "--locked", "--release"]).args([
            "-p",
            "openpsc",
            "-p",
            "openpsc-tests",
            "--bins",
        ]))
    })?;
    steps.need("Measuring", || {
        command::run(program(target().join("release/bench")).args(arguments))
    })?;
    Ok(steps.finish())
}
