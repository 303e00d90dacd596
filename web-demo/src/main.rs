//! Two demo services, as two practices' software would be: what an integrator
//! copies from.
//!
//! [`agenda`] keeps the tokens on its server, [`dossier`] leaves them to its
//! page. They have two origins and know nothing of each other; logging in to
//! the second after the first needs no gesture, because the provider remembers.

mod agenda;
mod dossier;
mod files;
mod page_headers;

use std::net::{IpAddr, SocketAddr};

use anyhow::Context;
use axum::Router;
use clap::Parser;
use tokio::net::TcpListener;

/// Two demo services that log in with Pro Santé Connect.
#[derive(Parser)]
pub(crate) struct Flags {
    /// The provider, exactly as it names itself.
    #[arg(
        long,
        env = "OPENPSC_ISSUER",
        default_value = "http://localhost:8080/auth/realms/esante-wallet"
    )]
    issuer: String,
    /// The port of the agenda, whose server keeps the tokens.
    #[arg(long, default_value_t = 8082)]
    agenda_port: u16,
    /// The port of the patient file, whose page keeps the tokens.
    #[arg(long, default_value_t = 8083)]
    dossier_port: u16,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    listen: IpAddr,
}

impl Flags {
    fn agenda_url(&self) -> String {
        format!("http://localhost:{}", self.agenda_port)
    }

    fn dossier_url(&self) -> String {
        format!("http://localhost:{}", self.dossier_port)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .init();
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();

    let flags = Flags::parse();
    let agenda = listen(&flags, flags.agenda_port).await?;
    let dossier = listen(&flags, flags.dossier_port).await?;
    println!("Agenda          {}/", flags.agenda_url());
    println!("Dossier patient {}/", flags.dossier_url());
    tokio::try_join!(
        serve(agenda, agenda::service(&flags)?),
        serve(dossier, dossier::service(&flags)?),
    )?;
    Ok(())
}

async fn listen(flags: &Flags, port: u16) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::new(flags.listen, port);
    TcpListener::bind(address).await.with_context(|| format!("could not listen on {address}"))
}

async fn serve(listener: TcpListener, service: Router) -> anyhow::Result<()> {
    let stop = async {
        // Without the signal there is nothing to wait for but the end itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    axum::serve(listener, service).with_graceful_shutdown(stop).await.context("could not serve")
}
