//! Every command of the project: `cargo demo`, `cargo verify`, `cargo xtask …`.
//!
//! A command is a list of [`steps`]; each file is one kind of step:
//! [`machine`] installs what is missing, [`packages`] fetches the JavaScript and Python,
//! [`wasm`] and [`products`] build, [`lint`] and [`dependencies`] read the
//! code and what it stands on, [`runners`] runs the tests and counts them,
//! [`demo`] starts everything, [`mod@bench`] measures, [`long_tests`] are those
//! that one waits for.

mod bench;
mod command;
mod demo;
mod dependencies;
mod freshness;
mod lint;
mod long_tests;
mod machine;
mod packages;
mod products;
mod runners;
mod steps;
mod wasm;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::steps::Steps;

/// Every command of the project.
#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Installs what is missing, builds everything and starts the whole demo.
    Demo(demo::Options),
    /// Installs what is missing and passes every test, those in browsers too.
    Verify,
    /// Formatting, lints, unit and HTTP tests: what to run before each commit.
    Quick,
    /// Formatting, lints, documentation and dependency rules.
    Lint,
    /// Builds everything that the demo starts.
    Build,
    /// Measures the release binary; what follows goes to the bench program.
    Bench {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Kills the program again and again under load, and holds it to what it
    /// has acknowledged: `--minutes 10`, `--engine sqlite|postgres`.
    Crash {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Sends so many of everything that could pile up, and measures what the
    /// program holds of it: `--count 100000`.
    Flood {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Sends what no honest program would to every route: `--minutes 5`.
    Fuzz {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Runs the browser tests alone; what follows goes to Playwright.
    Browser {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Checks dependencies against `deny.toml` and the npm lock file.
    Dependencies,
    /// Compiles one crate to WebAssembly, with its JavaScript glue, into a folder.
    Wasm { package: String, out: PathBuf },
}

fn main() -> ExitCode {
    let outcome = match Xtask::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Verify => verify(),
        Command::Quick => quick(),
        Command::Lint => lint_only(),
        Command::Build => build(),
        Command::Bench { arguments } => bench::run(&arguments),
        Command::Crash { arguments } => long_tests::run("crash", &arguments),
        Command::Flood { arguments } => long_tests::run("flood", &arguments),
        Command::Fuzz { arguments } => long_tests::run("fuzz", &arguments),
        Command::Browser { arguments } => browser(&arguments),
        Command::Dependencies => dependencies::check().map(|()| ExitCode::SUCCESS),
        Command::Wasm { package, out } => wasm::build(&package, &out).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("\nerror: {error:#}");
        ExitCode::FAILURE
    })
}

/// The cheap refusals come first, the slow proofs last.
fn verify() -> anyhow::Result<ExitCode> {
    let mut steps = Steps::new(13);
    steps.check("Formatting", lint::formatting);
    steps.need("What this machine lacks", || machine::prepare(&machine::EVERYTHING))?;
    steps.need("JavaScript packages", packages::install)?;
    steps.need("Python packages", packages::python)?;
    steps.check("Dependency rules", dependencies::check);
    steps.need("The phone app and the SDK", products::browser_side)?;
    steps.need("Every program and every test", products::programs_and_tests)?;
    steps.check("Lints", lint::clippy);
    steps.check("Documentation", lint::documentation);
    steps.count("Tests in Rust", runners::rust);
    steps.count("Examples in the documentation", runners::doc_examples);
    steps.count("Tests of the SDK", runners::sdk);
    steps.count("Tests in browsers", || runners::browser(&[]));
    Ok(steps.finish())
}

fn quick() -> anyhow::Result<ExitCode> {
    let mut steps = Steps::new(6);
    steps.check("Formatting", lint::formatting);
    steps.need("What this machine lacks", || machine::prepare(&machine::BUILD_ONLY))?;
    steps.need("JavaScript packages", packages::install)?;
    steps.need("The phone app and the SDK", products::browser_side)?;
    steps.check("Lints", lint::clippy);
    steps.count("Tests in Rust", runners::rust);
    Ok(steps.finish())
}

fn lint_only() -> anyhow::Result<ExitCode> {
    let mut steps = Steps::new(7);
    steps.check("Formatting", lint::formatting);
    steps.need("What this machine lacks", || machine::prepare(&machine::BUILD_ONLY))?;
    steps.need("JavaScript packages", packages::install)?;
    steps.need("The phone app and the SDK", products::browser_side)?;
    steps.check("Dependency rules", dependencies::check);
    steps.check("Lints", lint::clippy);
    steps.check("Documentation", lint::documentation);
    Ok(steps.finish())
}

fn build() -> anyhow::Result<ExitCode> {
    let mut steps = Steps::new(4);
    products::steps(&mut steps)?;
    Ok(steps.finish())
}

fn browser(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let mut steps = Steps::new(7);
    steps.need("What the browser tests need", || machine::prepare(&machine::EVERYTHING))?;
    steps.need("Python packages", packages::python)?;
    products::steps(&mut steps)?;
    steps.count("Tests in browsers", || runners::browser(arguments));
    Ok(steps.finish())
}
