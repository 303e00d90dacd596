//! Kills the real program again and again under load, and holds it to what it
//! has acknowledged. `cargo xtask crash` builds both and runs this.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, bail};
use openpsc_tests::{
    Engine,
    crash::{self, Options},
    program::beside_the_tests,
};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let ledger = crash::run(options()?).await;
    println!("{ledger}");
    Ok(if ledger.violations().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn options() -> anyhow::Result<Options> {
    let mut options = Options {
        program: beside_the_tests("openpsc")?,
        engine: Engine::Sqlite,
        length: Duration::from_secs(600),
        forgetting: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--minutes" => {
                options.length = Duration::from_secs_f64(value()?.parse::<f64>()? * 60.0)
            }
            "--engine" => {
                options.engine = match value()?.as_str() {
                    "sqlite" => Engine::Sqlite,
                    "postgres" => Engine::Postgres,
                    other => bail!("--engine is sqlite or postgres, not {other}"),
                };
            }
            "--forgetting" => options.forgetting = true,
            _ => bail!("usage: crash [--minutes 10] [--engine sqlite|postgres] [--forgetting]"),
        }
    }
    Ok(options)
}
