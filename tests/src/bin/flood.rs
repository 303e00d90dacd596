//! Floods the real program and prints what it holds of it. `cargo xtask flood`
//! builds both and runs this.

use std::process::ExitCode;

use anyhow::{Context, bail};
use openpsc_tests::{flood, program::beside_the_tests};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let count = match words.as_slice() {
        [] => 100_000,
        ["--count", count] => count.parse().context("--count is a number")?,
        _ => bail!("usage: flood [--count 100000]"),
    };
    println!("| what came {count} times | taken | refused | memory | database |");
    println!("|---|---|---|---|---|");
    let all =
        flood::run(beside_the_tests("openpsc")?, count, |flooded| println!("{flooded}")).await;
    let unbounded: Vec<_> = all.iter().filter(|it| !it.is_bounded()).map(|it| it.kind).collect();
    if unbounded.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("not bounded: {}", unbounded.join("; "));
    Ok(ExitCode::FAILURE)
}
