//! Everything that can grow has an end: rows whose time is over are removed.

use std::time::Duration;

use crate::{app::App, audit, ciba, clients, ecps, keys, login, sessions, spent, token};

/// Sweeps every minute, for ever.
pub async fn run(app: App) {
    let mut ticks = tokio::time::interval(Duration::from_secs(60));
    loop {
        ticks.tick().await;
        if let Err(cause) = once(&app).await {
            tracing::error!(cause = format!("{cause:#}"), "could not sweep");
        }
    }
}

/// One sweep of every table.
pub async fn once(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    login::sweep(app, now).await?;
    sessions::sweep(app, now).await?;
    token::sweep(app, now).await?;
    ecps::sweep(app).await?;
    keys::sweep(app, now).await?;
    clients::store::sweep(&app.database, now).await?;
    ciba::sweep(app, now).await?;
    spent::sweep(&app.database, now).await?;
    app.throttle.sweep(now);
    audit::sweep(app).await?;
    Ok(())
}
