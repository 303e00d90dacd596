//! A service without a page: it asks, a person answers, it polls.

use serde_json::Value;

use super::{
    Actor, Heard, Memory, Once, chance,
    fact::{Called, Fact},
    wire::Wire,
};
use crate::{CIBA, Client};

const CLIENT: &str = "chevet";

/// People without a phone: the sandbox answers in their place. Each service has
/// its own, because a person is asked one thing at a time.
const PEOPLE: [&str; 3] = ["899700990072", "899700990080", "899700990098"];

pub(super) struct Bedside {
    wire: Wire,
    person: &'static str,
    memory: Memory,
}

impl Bedside {
    pub(super) fn new(wire: Wire, number: usize) -> Self {
        Self { wire, person: PEOPLE[number], memory: Memory::default() }
    }

    /// The person's answer. It may have counted when it was cut: then the
    /// second one finds the request over.
    async fn decide(&self, auth_req_id: &str, answer: &str) -> Option<()> {
        let address = format!("{}/sandbox/v1/ciba/{auth_req_id}/{answer}", self.wire.provider());
        let mut cut = false;
        loop {
            if let Some(page) = self.wire.call(self.wire.http().post(&address)).await {
                let held = page.status == 200 || (cut && page.status == 400);
                let lost = || format!("an auth_req_id is lost: {} {}", page.status, page.text);
                let held = held.then_some(()).ok_or_else(lost);
                self.wire.ledger.check("an auth_req_id that was given is known", held);
                return Some(());
            }
            cut = true;
            self.wire.alive().await?;
        }
    }
}

impl Actor for Bedside {
    async fn flow(&mut self) -> Option<()> {
        let wire = self.wire.clone();
        let client = Client::of(CLIENT, wire.provider());
        let form =
            [("scope", "openid scope_all"), ("login_hint", self.person), ("binding_message", "07")];
        let page = wire.call(client.back_channel("ext/ciba/auth", &form)).await?;
        if page.status == 429 {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            return None;
        }
        let asked: Value = serde_json::from_str(&page.text).unwrap();
        let Some(auth_req_id) = asked["auth_req_id"].as_str() else {
            wire.ledger.violation(format!("CIBA answers {}: {}", page.status, page.text));
            return None;
        };
        let allow = !chance(5);
        self.decide(auth_req_id, if allow { "allow" } else { "deny" }).await?;

        let form = [("grant_type", CIBA), ("auth_req_id", auth_req_id)];
        let spent = Fact::Spent {
            what: "an auth_req_id serves once",
            client: Called::Known(CLIENT),
            endpoint: "token",
            form: form.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        };
        if !allow {
            self.memory.keep(spent);
            return Some(());
        }
        let mut once = Once::new("an auth_req_id");
        let mut together = if chance(3) { 2 } else { 1 };
        loop {
            let call = || wire.heard(client.token_request(&form));
            let heard = match together {
                2 => <[_; 2]>::from(tokio::join!(call(), call())).to_vec(),
                _ => vec![call().await],
            };
            together = 1;
            wire.ledger.check("an auth_req_id serves once", once.hear(&heard));
            if heard.iter().any(|heard| *heard != Heard::Nothing) {
                break;
            }
            wire.alive().await?;
        }
        wire.ledger.flow("CIBA");
        self.memory.keep(spent);
        Some(())
    }

    fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }
}
