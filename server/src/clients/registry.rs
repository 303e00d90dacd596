//! The clients by their id.

use std::{collections::HashMap, sync::Arc};

use super::{Client, ClientSettings};

/// Every registered client.
pub struct Clients(HashMap<String, Arc<Client>>);

impl Clients {
    /// Takes the clients of the configuration file.
    pub fn new(settings: &[ClientSettings]) -> Self {
        let by_id = |settings| {
            let client = Arc::new(Client::from(settings));
            (client.client_id.clone(), client)
        };
        Self(settings.iter().map(by_id).collect())
    }

    /// The client of this id.
    pub fn find(&self, client_id: &str) -> Option<&Arc<Client>> {
        self.0.get(client_id)
    }

    /// Whether a page of this origin may call token and userinfo. `null` never may.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.0.values().any(|client| client.web_origins.iter().any(|allowed| allowed == origin))
    }
}
