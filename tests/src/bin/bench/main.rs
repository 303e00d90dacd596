//! Measures openpsc on loopback, and node-oidc-provider beside it.
//!
//! Each server runs on the first core, the load on the second, and while one is
//! measured the other has nothing to do. openpsc has the durable settings that
//! it is shipped with. Every answer is checked: a flow that fails ends the run.
//! `cargo xtask bench` builds all that is needed and prints the table.

mod connection;
mod flow;
mod load;
mod million;
mod proof;
mod server;
mod table;
mod visitor;

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use flow::Flow;
use load::Figures;
use server::{Provider, Server};

/// Measures openpsc, and node-oidc-provider beside it.
#[derive(Parser)]
struct Options {
    /// Seconds that each flow is measured, after one of warm-up.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Connections that are kept busy.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Only flows whose name holds this.
    #[arg(long, default_value = "")]
    only: String,
    /// Leave node-oidc-provider out.
    #[arg(long)]
    alone: bool,
    /// Instead of the table: memory after a million flows, with 100 000 of
    /// their sessions alive.
    #[arg(long)]
    million: bool,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let folder = PathBuf::from(format!("target/bench-{}", std::process::id()));
    let outcome = server::leave_the_first_core().and_then(|()| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            if options.million {
                million::measure(&folder, options.connections).await
            } else {
                measure(&options, &folder).await
            }
        })
    });
    std::fs::remove_dir_all(&folder).ok();
    outcome
}

async fn measure(options: &Options, folder: &std::path::Path) -> anyhow::Result<()> {
    let mut servers = vec![Server::start(Provider::Openpsc, folder).await?];
    if !options.alone {
        servers.push(Server::start(Provider::Node, folder).await?);
    }
    table::head(&servers);
    let time = Duration::from_secs(options.seconds);
    for flow in Flow::ALL.into_iter().filter(|flow| flow.name().contains(&options.only)) {
        let mut figures: Vec<Figures> = Vec::new();
        for server in &servers {
            figures.push(load::run(flow, server, options.connections, time).await?);
        }
        table::row(flow, &figures);
    }
    Ok(())
}
