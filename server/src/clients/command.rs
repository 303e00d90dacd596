//! `openpsc client`: services registered by the operator.

use std::{fmt::Write, path::PathBuf};

use anyhow::{Context, bail};
use clap::Subcommand;
use serde_json::Value;

use super::{ClientSettings, store};
use crate::{
    app::App,
    audit::{Event, Kind},
    config::Config,
    secret::{Hidden, digest_of, random_token},
};

const DAY: i64 = 24 * 3600;

/// What can be done with services.
#[derive(Subcommand)]
pub enum Command {
    /// Register a service; its secret is made here and shown once.
    Add {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// A TOML file with the keys of one `[[clients]]` entry.
        #[arg(long)]
        from: PathBuf,
    },
    /// Show one service, or the names of all that were registered.
    Show {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// Names the service.
        client_id: Option<String>,
    },
    /// End a service: it gets no more tokens, and its tokens are worth nothing.
    Disable {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// Names the service.
        client_id: String,
    },
    /// Give a service another secret; the present one stays good for a while.
    RotateSecret {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// Names the service.
        client_id: String,
        /// Days that the present secret stays good; 0 ends it at once.
        #[arg(long, default_value_t = 7)]
        keep_days: u32,
    },
    /// Make a token that lets somebody register services (RFC 7591).
    RegistrationToken {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// How many services.
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// For how many days.
        #[arg(long, default_value_t = 7)]
        days: u32,
    },
}

impl Command {
    /// Opens the database, does it, and says what was done.
    pub async fn run(self) -> anyhow::Result<String> {
        let config = match &self {
            Self::Add { config, .. }
            | Self::Show { config, .. }
            | Self::Disable { config, .. }
            | Self::RotateSecret { config, .. }
            | Self::RegistrationToken { config, .. } => config,
        };
        let app = App::open(Config::read(config)?).await?;
        let said = self.act(&app).await;
        app.database.close().await;
        said
    }

    /// Does it on an open database.
    pub async fn act(&self, app: &App) -> anyhow::Result<String> {
        match self {
            Self::Add { from, .. } => {
                let text = std::fs::read_to_string(from)
                    .with_context(|| format!("could not read {}", from.display()))?;
                add(app, &text).await.with_context(|| format!("{} is not usable", from.display()))
            }
            Self::Show { client_id: None, .. } => list(app).await,
            Self::Show { client_id: Some(client_id), .. } => show(app, client_id).await,
            Self::Disable { client_id, .. } => disable(app, client_id).await,
            Self::RotateSecret { client_id, keep_days, .. } => {
                rotate_secret(app, client_id, i64::from(*keep_days)).await
            }
            Self::RegistrationToken { uses, days, .. } => {
                let (token, now) = (random_token(), app.clock.now());
                let until = now + i64::from(*days) * DAY;
                store::keep_registration_token(
                    &app.database,
                    digest_of(&token),
                    i64::from(*uses),
                    until,
                )
                .await?;
                Ok(format!("registration token, shown once: {token}\n"))
            }
        }
    }
}

async fn add(app: &App, text: &str) -> anyhow::Result<String> {
    let settings: ClientSettings = toml::from_str(text)?;
    if settings.client_secret.is_some() {
        bail!("client_secret is made here: leave it out");
    }
    let client_id = settings.client_id.clone();
    if app.clients.is_of_the_file(&client_id) {
        bail!("{client_id:?} is in the configuration file already");
    }
    let secret = settings.needs_secret().then(random_token);
    let settings =
        ClientSettings { client_secret: secret.as_deref().map(Hidden::from), ..settings };
    settings.check(app.config.sandbox.is_some())?;
    let metadata: Value = toml::from_str(text)?;
    let new = store::New {
        client_id: &client_id,
        metadata: &metadata,
        secret_digest: secret.as_deref().map(digest_of),
        registration_digest: None,
        expires_at: None,
    };
    let event = Event::of(Kind::ClientAdded).client(&client_id);
    if !store::insert(&app.database, None, new, app.clock.now(), event).await? {
        bail!("{client_id:?} exists already, or did within the last day");
    }
    let mut out = format!("client_id: {client_id}\n");
    if let Some(secret) = secret {
        writeln!(out, "client_secret, shown once: {secret}")?;
    }
    Ok(out)
}

async fn list(app: &App) -> anyhow::Result<String> {
    Ok(store::ids(&app.database).await?.iter().map(|id| format!("{id}\n")).collect())
}

async fn show(app: &App, client_id: &str) -> anyhow::Result<String> {
    let client = store::find(&app.database, client_id).await?;
    let client = client.with_context(|| unknown(app, client_id))?;
    let (now, mut out) = (app.clock.now(), format!("client_id: {client_id}\n"));
    let good = client.secrets.iter().filter(|secret| secret.is_good(now)).count();
    writeln!(out, "state: {}", if client.ended { "disabled" } else { "active" })?;
    writeln!(out, "secrets: {good}")?;
    writeln!(out, "registered by itself: {}", client.registration_digest.is_some())?;
    writeln!(out, "{}", serde_json::to_string_pretty(&client.metadata)?)?;
    Ok(out)
}

async fn disable(app: &App, client_id: &str) -> anyhow::Result<String> {
    let event = Event::of(Kind::ClientEnded).client(client_id);
    if !store::end(&app.database, client_id, app.clock.now(), event).await? {
        bail!(unknown(app, client_id));
    }
    Ok(format!("{client_id} is disabled; every node knows within seconds\n"))
}

async fn rotate_secret(app: &App, client_id: &str, keep_days: i64) -> anyhow::Result<String> {
    let (secret, now) = (random_token(), app.clock.now());
    let until = now + keep_days * DAY;
    if !store::rotate_secret(&app.database, client_id, digest_of(&secret), until).await? {
        bail!("{}, or it has no secret", unknown(app, client_id));
    }
    Ok(format!(
        "client_secret, shown once: {secret}\nThe one before is good for {keep_days} days more.\n"
    ))
}

fn unknown(app: &App, client_id: &str) -> String {
    if app.clients.is_of_the_file(client_id) {
        format!("{client_id:?} is in the configuration file: change it there")
    } else {
        format!("no active client {client_id:?} was registered")
    }
}
