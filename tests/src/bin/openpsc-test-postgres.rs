//! A private PostgreSQL for the tests.
//!
//! Alone it prints its address, to be given as `OPENPSC_TEST_POSTGRES`, and
//! runs until standard input closes. Tests start it by themselves when that
//! variable is missing.

use std::{io::Read, path::Path};

use anyhow::Context;
use openpsc_tests::postgres::{PrivatePostgres, keep_for};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => {
            let server = PrivatePostgres::start()?;
            println!("{}", server.url());
            std::io::stdin().read_to_end(&mut Vec::new()).context("standard input")?;
            Ok(())
        }
        ["--until-the-end-of", runner, "--notice", notice] => {
            keep_for(runner.parse().context("not a process id")?, Path::new(notice))
        }
        _ => anyhow::bail!("usage: openpsc-test-postgres [--until-the-end-of PID --notice FOLDER]"),
    }
}
