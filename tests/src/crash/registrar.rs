//! Registers services, changes them, removes some.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Actor, Memory, chance, fact::Fact, wire::Wire};
use crate::http;

pub(super) struct Registrar {
    wire: Wire,
    memory: Memory,
}

impl Registrar {
    pub(super) fn new(wire: Wire) -> Self {
        Self { wire, memory: Memory::default() }
    }
}

/// Registers a service; nothing when the answer was cut or too many came.
pub(super) async fn register(wire: &Wire, metadata: &Value) -> Option<Value> {
    let realm = openpsc::config::REALM;
    let address = format!("{}{realm}/clients-registrations/openid-connect", wire.provider());
    let page = wire.call(http().post(address).json(metadata)).await?;
    match page.status {
        StatusCode::CREATED => Some(serde_json::from_str(&page.text).unwrap()),
        StatusCode::TOO_MANY_REQUESTS => None,
        other => {
            wire.ledger.violation(format!("registration answers {other}: {}", page.text));
            None
        }
    }
}

impl Actor for Registrar {
    async fn flow(&mut self) -> Option<()> {
        // Sixty in a minute from one address is the limit.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let wire = self.wire.clone();
        let metadata = json!({"redirect_uris": ["https://nouveau.example/"], "client_name": "Un"});
        let answer = register(&wire, &metadata).await?;
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        let (uri, token) = (text("registration_client_uri"), text("registration_access_token"));
        wire.ledger.flow("registration");
        let managing = |method| wire.http().request(method, &uri).bearer_auth(&token);
        let mut name = "Un".to_owned();
        if chance(2) {
            let mut changed = metadata.clone();
            (changed["client_id"], changed["client_name"]) =
                (answer["client_id"].clone(), "Deux".into());
            // A change says where to: it may be said again.
            while wire.call(managing(Method::PUT).json(&changed)).await.is_none() {
                wire.alive().await?;
            }
            name = "Deux".into();
        }
        if chance(3) {
            while wire.call(managing(Method::DELETE)).await.is_none() {
                wire.alive().await?;
            }
            self.memory.keep(Fact::Removed { uri, token });
            return Some(());
        }
        self.memory.keep(Fact::Registered { uri, token, name });
        Some(())
    }

    fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }
}
