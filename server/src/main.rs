//! `openpsc`: the identity provider.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use openpsc::{
    app::App, audit, clients, config::Config, keys, sandbox, serve::Listening, sessions,
};

/// Half the cost of a small allocation: a login makes hundreds.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The open Pro Santé Connect.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve, as a configuration file says.
    Serve {
        /// The configuration file, see docs/settings.md.
        #[arg(long)]
        config: PathBuf,
    },
    /// Serve a sandbox: keys, services and test identities are ready.
    Sandbox(sandbox::Options),
    /// Look at the signing keys, announce the next ones, take one away.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Register services, end them, change their secrets.
    #[command(subcommand)]
    Client(clients::Command),
    /// Read the audit trail, and verify that nobody has altered it.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Look at a person's sessions, end them.
    #[command(subcommand)]
    Session(sessions::Command),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("OPENPSC_LOG")
                .unwrap_or_else(|_| "info,audit=info".into()),
        )
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr)
        .init();
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();

    let arguments = Arguments::parse();
    let (config, exit_with_stdin) = match arguments.command {
        Command::Serve { config } => (Config::read(&config)?, false),
        Command::Sandbox(options) => (options.config()?, options.exit_with_stdin),
        Command::Keys(command) => return say(command.run().await?),
        Command::Client(command) => return say(command.run().await?),
        Command::Audit(command) => return command.run(&mut std::io::stdout().lock()).await,
        Command::Session(command) => return say(command.run().await?),
    };
    let public_url = config.public_url.clone();
    let app = App::open(config).await?;
    let listening = Listening::bind(app).await?;
    tracing::info!("ready on {public_url}");
    listening.serve(stop(exit_with_stdin)).await
}

/// Prints what a command answers.
fn say(text: String) -> anyhow::Result<()> {
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?;
    Ok(())
}

/// Ctrl-C, the service manager's word, or the end of whoever started us.
async fn stop(exit_with_stdin: bool) {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    let orphaned = async {
        if !exit_with_stdin {
            return std::future::pending().await;
        }
        let (sender, receiver) = tokio::sync::oneshot::channel();
        // A thread of its own: a blocked read must not hold the runtime's end.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            let _ = sender.send(());
        });
        let _ = receiver.await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
        () = orphaned => {}
    }
}
