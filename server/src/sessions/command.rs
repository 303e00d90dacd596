//! `openpsc session`: an operator looks at a person's sessions and ends them.

use std::{fmt::Write, path::PathBuf};

use anyhow::bail;
use clap::Subcommand;

use super::{end, end_everything, of_person};
use crate::{app::App, audit::Actor, config::Config};

/// What can be done with sessions.
#[derive(Subcommand)]
pub enum Command {
    /// Show the sessions of a person.
    List {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// The national identifier.
        person: String,
    },
    /// End one session: its tokens are worth nothing, its services are told.
    End {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// The session, as tokens and audit lines name it.
        sid: String,
    },
    /// End every session of a person, in whichever browser.
    EndAll {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// The national identifier.
        person: String,
    },
}

impl Command {
    /// Opens the database, does it, and says what was done.
    pub async fn run(self) -> anyhow::Result<String> {
        let (Self::List { config, .. } | Self::End { config, .. } | Self::EndAll { config, .. }) =
            &self;
        let app = App::open(Config::read(config)?).await?;
        let said = self.act(&app).await;
        app.database.close().await;
        said
    }

    /// Does it on an open database.
    pub async fn act(&self, app: &App) -> anyhow::Result<String> {
        match self {
            Self::List { person, .. } => list(app, person).await,
            Self::End { sid, .. } => {
                if !end(app, sid, Actor::Operator, "by the operator").await? {
                    bail!("no session {sid:?} is alive");
                }
                Ok(format!("{sid} has ended; its services are told by the running server\n"))
            }
            Self::EndAll { person, .. } => {
                let sessions = of_person(app, person).await?.len();
                end_everything(app, person, Actor::Operator, "by the operator").await?;
                Ok(format!(
                    "{sessions} sessions have ended; services are told by the running server\n"
                ))
            }
        }
    }
}

async fn list(app: &App, person: &str) -> anyhow::Result<String> {
    let (now, mut out) = (app.clock.now(), String::new());
    for session in of_person(app, person).await? {
        let place = session.origin.map_or_else(
            || "without a browser".to_owned(),
            |origin| format!("{} {} {}", origin.browser, origin.os, origin.network),
        );
        let authentication = &session.authentication;
        writeln!(
            out,
            "{} {} {} {place}, begun {} s ago, used {} s ago",
            session.sid,
            authentication.means.as_str(),
            authentication.acr.as_str(),
            now - session.started_at,
            now - session.last_seen_at,
        )?;
    }
    Ok(out)
}
