//! The clients by their id: those of the file, and those registered while
//! running.
//!
//! Every node holds them all. It asks every other second what has changed, and
//! at once when somebody names a client that it does not know.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use super::{Client, ClientSettings, store};
use crate::{app::App, database::Database};

/// What other nodes changed is noticed within so long.
const NOTICED_WITHIN: Duration = Duration::from_secs(2);

/// Every client.
pub struct Clients {
    of_the_file: HashMap<String, Arc<Client>>,
    registered: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    version: i64,
    by_id: HashMap<String, Arc<Client>>,
}

impl Clients {
    /// Takes the clients of the configuration file.
    pub fn new(settings: &[ClientSettings]) -> Self {
        let by_id = |settings| {
            let client = Arc::new(Client::from(settings));
            (client.client_id.clone(), client)
        };
        Self { of_the_file: settings.iter().map(by_id).collect(), registered: RwLock::default() }
    }

    /// The client of this id, as far as this node knows.
    pub fn find(&self, client_id: &str) -> Option<Arc<Client>> {
        let fixed = self.of_the_file.get(client_id).cloned();
        fixed.or_else(|| {
            let known = self.registered.read().unwrap_or_else(PoisonError::into_inner);
            known.by_id.get(client_id).cloned()
        })
    }

    /// Whether the configuration file names it.
    pub fn is_of_the_file(&self, client_id: &str) -> bool {
        self.of_the_file.contains_key(client_id)
    }

    /// Asks what has changed when this id is not known: another node may have
    /// registered it a moment ago. Called where a client is first named.
    pub async fn meet(&self, database: &Database, client_id: &str) -> anyhow::Result<()> {
        if self.find(client_id).is_some() {
            return Ok(());
        }
        Box::pin(self.refresh(database)).await
    }

    /// Reads what has changed.
    pub async fn refresh(&self, database: &Database) -> anyhow::Result<()> {
        let seen = self.registered.read().unwrap_or_else(PoisonError::into_inner).version;
        let changed = store::changed(database, seen).await?;
        if changed.is_empty() {
            return Ok(());
        }
        let mut known = self.registered.write().unwrap_or_else(PoisonError::into_inner);
        for row in changed {
            // Two refreshes may race: the older row must not win.
            if row.version <= known.version {
                continue;
            }
            known.version = row.version;
            match row.client() {
                Ok(client) if !row.ended => {
                    known.by_id.insert(row.client_id, Arc::new(client));
                }
                Ok(_) => {
                    known.by_id.remove(&row.client_id);
                }
                Err(cause) => {
                    let cause = format!("{cause:#}");
                    tracing::error!(cause, client = row.client_id, "not a usable client");
                    known.by_id.remove(&row.client_id);
                }
            }
        }
        Ok(())
    }

    /// Whether a page of this origin may call token and userinfo. `null` never may.
    pub fn allows_origin(&self, origin: &str) -> bool {
        let allows = |client: &Arc<Client>| client.web_origins.iter().any(|it| it == origin);
        let known = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        self.of_the_file.values().any(allows) || known.by_id.values().any(allows)
    }
}

/// Notices what other nodes change, for ever.
pub async fn watch(app: App) {
    let mut ticks = tokio::time::interval(NOTICED_WITHIN);
    loop {
        ticks.tick().await;
        if let Err(cause) = app.clients.refresh(&app.database).await {
            tracing::error!(cause = format!("{cause:#}"), "could not read the clients again");
        }
    }
}
