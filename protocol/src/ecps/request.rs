//! A login that waits for an answer, and the answer.

use serde::{Deserialize, Serialize};

use crate::level::Level;

/// Asks for the requests that wait for this phone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListRequests {
    /// Hold the answer up to this many seconds (at most 25) until the list
    /// differs from `known`.
    #[serde(default)]
    pub wait: u32,
    /// The requests that the phone already shows.
    #[serde(default)]
    pub known: Vec<String>,
}

/// Answer to [`ListRequests`], oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// What waits now.
    pub requests: Vec<PendingRequest>,
}

/// The phone scanned `{app}/#q=<id>.<t>.<mac>` on a login page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// As scanned; it changes every second and is taken up to 5 s after.
    pub code: super::RotatingCode,
}

/// The person followed `{app}/#l=<rid>.<secret>` on this very phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenLink {
    /// The request.
    pub rid: String,
    /// What makes the link this request's.
    pub secret: String,
}

/// One request. Show nothing that is not inside the signed challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRequest {
    /// The request, 128 bits.
    pub rid: String,
    /// A compact JWS of a [`Challenge`].
    pub challenge: String,
}

/// What the person is asked, signed by the server (ES256).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The issuer.
    pub iss: String,
    /// The device id.
    pub aud: String,
    /// The request.
    pub rid: String,
    /// 128 random bits.
    pub jti: String,
    /// When the request was made.
    pub iat: i64,
    /// When it ends.
    pub exp: i64,
    /// 256 random bits.
    pub nonce: String,
    /// Who asks.
    pub client: ChallengeClient,
    /// The level that the service asks for at least.
    pub acr: Option<Level>,
    /// Where the login page is open.
    pub origin: Origin,
    /// How the request reached this phone.
    pub start: Start,
    /// What the person must do beside the PIN.
    #[serde(rename = "match")]
    pub matching: Matching,
    /// With `read`: what the service shows too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The language of the login page, `fr` or `en`.
    pub lang: String,
}

/// The service that asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeClient {
    /// `client_id`.
    pub id: String,
    /// The name that it was registered with.
    pub name: String,
}

/// Where the login page is open, as far as it is known; empty when unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// For instance `Firefox`.
    #[serde(default)]
    pub browser: String,
    /// For instance `Windows`.
    #[serde(default)]
    pub os: String,
    /// The network address, shortened to its /24 or /48.
    #[serde(default)]
    pub network: String,
}

/// How a request reached the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// The phone scanned the login page.
    Qr,
    /// The identifier was typed on the login page, or named by a service.
    Push,
    /// The login page is on this very phone.
    Link,
}

/// What the person must do beside the PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// Type the two digits that the login page, or the service itself, shows.
    Typed2,
    /// Read `message` and compare it with what the service shows.
    Read,
    /// Nothing: scanning was the transfer of the secret.
    Qr,
    /// Nothing: the link came from this phone.
    Link,
}

/// The person's answer. An approval is signed by K1 and K2, a denial by K1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The device id.
    pub iss: String,
    /// The issuer.
    pub aud: String,
    /// The request.
    pub rid: String,
    /// SHA-256 of the challenge's compact text.
    pub ch: String,
    /// Yes or no.
    pub dec: Verdict,
    /// With `typed2` and yes: the two digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num: Option<String>,
    /// With no: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<DenialReason>,
    /// One more than the last decision of this phone.
    pub ctr: u64,
    /// The value that the server gave with the last decision.
    pub chain: String,
    /// The phone's clock; recorded, not trusted.
    pub iat: i64,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Let me in.
    Approve,
    /// Do not.
    Deny,
}

/// Why a person says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenialReason {
    /// I changed my mind.
    Mistake,
    /// I did not start this: pushes stop for a while.
    NotMe,
}

/// Answer to a decision that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// For the next decision.
    pub next_chain: String,
    /// Its number, now spent.
    pub ctr: u64,
}

/// What this phone answered before, newest first, at most 50.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Each request that reached this phone.
    pub entries: Vec<HistoryEntry>,
}

/// One past request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The service's name.
    pub client_name: String,
    /// When it was made.
    pub created_at: i64,
    /// How it ended.
    pub state: RequestState,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// Waits for a phone.
    Pending,
    /// A phone shows it.
    Fetched,
    /// The person said yes.
    Approved,
    /// The browser has used the approval.
    Consumed,
    /// The person said no.
    Denied,
    /// The number typed was wrong.
    NumberWrong,
    /// Nobody answered in time.
    Expired,
    /// The login page gave up, or the phone was revoked or locked meanwhile.
    Cancelled,
    /// A newer request took its place.
    Superseded,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_with_an_unknown_member_is_refused() {
        let text = r#"{"iss":"d","aud":"i","rid":"r","ch":"c","dec":"approve","ctr":1,"chain":"x","iat":1,"admin":true}"#;
        assert!(serde_json::from_str::<Decision>(text).is_err());
    }

    #[test]
    fn a_decision_with_a_duplicate_member_is_refused() {
        let text = r#"{"iss":"d","aud":"i","rid":"r","ch":"c","dec":"deny","dec":"approve","ctr":1,"chain":"x","iat":1}"#;
        assert!(serde_json::from_str::<Decision>(text).is_err());
    }
}
