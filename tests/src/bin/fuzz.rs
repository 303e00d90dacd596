//! Sends what no honest program would, for as long as it is given. `cargo xtask
//! fuzz` builds and runs this.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use openpsc_tests::fuzz;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut minutes = 5.0;
    let mut seed = u64::from_le_bytes(openpsc::secret::random_bytes());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--minutes" => minutes = value.parse().context("--minutes is a number")?,
            "--seed" => seed = value.parse().context("--seed is a number")?,
            _ => bail!("usage: fuzz [--minutes 5] [--seed NUMBER]"),
        }
    }
    println!("--seed {seed}");
    let (began, length) = (Instant::now(), Duration::from_secs_f64(minutes * 60.0));
    let mut fed = 0;
    while began.elapsed() < length / 5 {
        fuzz::parsers::run(seed.wrapping_add(fed), 10_000);
        fed += 10_000;
    }
    println!("parsers: {fed} times each, without a panic");
    let report = fuzz::run(seed, length.saturating_sub(began.elapsed())).await;
    println!("requests: {}, statuses 0xx to 5xx: {:?}", report.requests, report.statuses);
    println!("routes: {}", report.routes.len());
    for finding in &report.findings {
        println!("\nFINDING: {finding}");
    }
    println!("findings: {}", report.findings.len());
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
