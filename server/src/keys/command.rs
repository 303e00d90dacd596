//! `openpsc keys`: the operator's hand on the keys.

use std::{fmt::Write, path::PathBuf};

use anyhow::bail;
use clap::Subcommand;

use super::{Purpose, rotation, set, store};
use crate::{app::App, clock::UnixTime, config::Config, jose::Alg};

/// What can be done with the keys that sign tokens.
#[derive(Subcommand)]
pub enum Command {
    /// Show every key and what it does.
    List {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Announce the next key of every algorithm; it signs after `keys.announce`.
    Rotate {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Take a key away at once: whatever it signed is no longer believed.
    Retire {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// Names the key, see `openpsc keys list`.
        kid: String,
    },
}

impl Command {
    /// Opens the database, does it, and says what was done.
    pub async fn run(self) -> anyhow::Result<String> {
        let config = match &self {
            Self::List { config } | Self::Rotate { config } | Self::Retire { config, .. } => config,
        };
        let app = App::open(Config::read(config)?).await?;
        let said = self.act(&app).await;
        app.database.close().await;
        said
    }

    /// Does it on an open database.
    pub async fn act(&self, app: &App) -> anyhow::Result<String> {
        match self {
            Self::List { .. } => list(app).await,
            Self::Rotate { .. } => rotate(app).await,
            Self::Retire { kid, .. } => retire(app, kid).await,
        }
    }
}

async fn list(app: &App) -> anyhow::Result<String> {
    app.keys.get(app).await?;
    let (keys, now) = (store::all(app).await?, app.clock.now());
    let mut out = String::new();
    for key in &keys {
        let chain = store::lives(&keys, key.purpose)(key.alg);
        let state = rotation::state(&key.life, &chain, store::keep(app), now);
        let since = when(key.life.activates_at, now);
        writeln!(
            out,
            "{}  {:6}  {:6}  {:9}  active {since}",
            key.kid,
            key.purpose.as_str(),
            key.alg.as_str(),
            format!("{state:?}").to_lowercase(),
        )?;
    }
    Ok(out)
}

async fn rotate(app: &App) -> anyhow::Result<String> {
    app.keys.get(app).await?;
    let (keys, now) = (store::all(app).await?, app.clock.now());
    let mut out = String::new();
    for alg in Alg::ALL {
        let chain = store::lives(&keys, Purpose::Tokens)(alg);
        let alg_word = alg.as_str();
        match rotation::next(&chain, &app.config.keys, now) {
            Some(life) => {
                set::make(app, Purpose::Tokens, alg, life).await?;
                writeln!(out, "{alg_word}: the next key signs {}", when(life.activates_at, now))?;
            }
            None => writeln!(out, "{alg_word}: the next key is announced already")?,
        }
    }
    Ok(out)
}

async fn retire(app: &App, kid: &str) -> anyhow::Result<String> {
    if !store::retire(app, kid).await? {
        bail!("there is no key {kid:?} that signs tokens, or it is retired already");
    }
    // Makes another, should it have been the last.
    app.keys.get(app).await?;
    Ok(format!("{kid} is retired; every node knows within seconds\n"))
}

/// How long ago, or in how long.
fn when(at: UnixTime, now: UnixTime) -> String {
    let spell = |seconds: i64| match seconds {
        ..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        172_800.. => format!("{} days", seconds / 86_400),
    };
    if at > now { format!("in {}", spell(at - now)) } else { format!("since {}", spell(now - at)) }
}
