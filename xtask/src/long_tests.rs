//! Tests that take as long as they are given; the usual run has short forms of
//! them.

use std::process::ExitCode;

use crate::command::{self, cargo, program, target};
use crate::machine;
use crate::packages;
use crate::products::{self, WORKSPACE};
use crate::steps::Steps;

/// Builds the provider and a program of the tests crate, and runs that.
pub(crate) fn run(name: &'static str, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let mut steps = Steps::new(5);
    steps.need("What this machine lacks", || machine::prepare(&machine::EVERYTHING))?;
    steps.need("JavaScript packages", packages::install)?;
    steps.need("The phone app and the SDK", products::browser_side)?;
    steps.need("The provider and its tests", || {
        let wanted = ["--bin", "openpsc", "--bin", "openpsc-test-postgres", "--bin", name];
        command::run(cargo().arg("build").args(WORKSPACE).args(wanted))
    })?;
    steps
        .need(name, || command::run(program(target().join("debug").join(name)).args(arguments)))?;
    Ok(steps.finish())
}
