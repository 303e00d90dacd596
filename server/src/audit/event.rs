//! One thing that happened.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Actor, Kind, Outcome, caller};

/// The last record of a chain, as somebody saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The chain.
    pub chain: String,
    /// The record's number in it.
    pub number: i64,
    /// When it was written, in milliseconds.
    pub at: i64,
    /// Its MAC, base64url.
    pub mac: String,
}

/// One thing that happened: no code, token, secret or PIN fits in here, and of
/// a person nothing but the identifier.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    event: Kind,
    actor: Actor,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    means: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    heads: Vec<Head>,
}

/// An event and its time, in milliseconds.
#[derive(Serialize)]
struct Line<'a> {
    at: i64,
    #[serde(flatten)]
    event: &'a Event,
}

impl Event {
    /// It happened, in the call that is being answered.
    pub fn of(kind: Kind) -> Self {
        Self {
            event: kind,
            actor: kind.actor(),
            outcome: kind.outcome(),
            person: None,
            client: None,
            session: None,
            address: caller::address(),
            acr: None,
            means: None,
            device: None,
            request: None,
            key: None,
            reason: None,
            count: None,
            heads: Vec::new(),
        }
    }

    /// Somebody else did it than usually.
    #[must_use]
    pub fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    /// The professional, by their national identifier.
    #[must_use]
    pub fn person(self, national_id: &str) -> Self {
        Self { person: Some(national_id.to_owned()), ..self }
    }

    /// The service.
    #[must_use]
    pub fn client(self, client_id: &str) -> Self {
        Self { client: Some(client_id.to_owned()), ..self }
    }

    /// The session, by its `sid`.
    #[must_use]
    pub fn session(self, sid: &str) -> Self {
        Self { session: Some(sid.to_owned()), ..self }
    }

    /// The level.
    #[must_use]
    pub fn acr(self, acr: &'static str) -> Self {
        Self { acr: Some(acr), ..self }
    }

    /// The means of identification.
    #[must_use]
    pub fn means(self, means: &'static str) -> Self {
        Self { means: Some(means), ..self }
    }

    /// The phone.
    #[must_use]
    pub fn device(self, device_id: &str) -> Self {
        Self { device: Some(device_id.to_owned()), ..self }
    }

    /// What was asked of a phone, or its enrolment, by its id.
    #[must_use]
    pub fn request(self, id: &str) -> Self {
        Self { request: Some(id.to_owned()), ..self }
    }

    /// The key, by its `kid`.
    #[must_use]
    pub fn key(self, kid: &str) -> Self {
        Self { key: Some(kid.to_owned()), ..self }
    }

    /// Why, or how: a word of ours, never text that somebody sent.
    #[must_use]
    pub fn reason(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// How many.
    #[must_use]
    pub fn count(self, count: i64) -> Self {
        Self { count: Some(count), ..self }
    }

    /// The other chains.
    #[must_use]
    pub(super) fn heads(self, heads: Vec<Head>) -> Self {
        Self { heads, ..self }
    }

    /// As it stands in a record.
    pub(super) fn line(&self, at: i64) -> String {
        serde_json::to_string(&Line { at, event: self }).expect("an event is plain words")
    }

    /// Says it in the structured log, too.
    pub(crate) fn log(&self) {
        if !tracing::enabled!(target: "audit", tracing::Level::INFO) {
            return;
        }
        let address = self.address.map(|address| address.to_string());
        tracing::info!(
            target: "audit",
            event = self.event.as_str(),
            outcome = ?self.outcome,
            person = self.person.as_deref(),
            client = self.client.as_deref(),
            session = self.session.as_deref(),
            address = address.as_deref(),
            acr = self.acr,
            means = self.means,
            device = self.device.as_deref(),
            request = self.request.as_deref(),
            key = self.key.as_deref(),
            reason = self.reason.as_deref(),
            count = self.count,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_event_says_where_its_call_came_from_and_leaves_out_what_it_has_not() {
        let line = super::super::called_from("192.0.2.7".parse().unwrap(), async {
            Event::of(Kind::CodeIssued).client("agenda").acr("eidas2").line(12)
        });
        assert_eq!(
            line.await,
            r#"{"at":12,"event":"code_issued","actor":"person","outcome":"success","client":"agenda","address":"192.0.2.7","acr":"eidas2"}"#
        );
        assert!(!Event::of(Kind::Login).line(1).contains("address"));
    }
}
