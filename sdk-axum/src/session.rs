//! A session of this service: who, how sure, until when.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Config, Level, clock::UnixTime, id_token::Verified};

/// What a page may know of who is logged in. This is the body of `/session`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The person at this provider: `sub`.
    pub subject: String,
    /// The national identifier, type digit included.
    pub national_id: String,
    /// The first name, or nothing.
    pub given_name: String,
    /// The surname, or nothing.
    pub family_name: String,
    /// How sure the login was; none when the provider did not say.
    pub level: Option<Level>,
    /// By what: `CARD`, `MOBILE`, or what the provider says.
    pub means: Option<String>,
    /// When the person showed themselves to the provider.
    pub authenticated_at: UnixTime,
    /// The absolute end of this session.
    pub expires_at: UnixTime,
    /// Userinfo, as on the wire.
    pub claims: Map<String, Value>,
}

/// The tokens, which never leave the server. There is no `Debug` here.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) access_expires_at: UnixTime,
    pub(crate) renewed_at: UnixTime,
    pub(crate) refresh_token: Option<String>,
    pub(crate) id_token: String,
}

/// What the store keeps.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) session: Session,
    pub(crate) tokens: Tokens,
    pub(crate) seen_at: UnixTime,
    /// The provider's name of its session.
    #[serde(default)]
    pub(crate) sid: Option<String>,
    /// When the provider was last asked whether it still stands.
    #[serde(default)]
    pub(crate) asked_at: UnixTime,
}

impl Session {
    /// The session of a login that was verified.
    pub(crate) fn open(
        verified: Verified,
        userinfo: Map<String, Value>,
        config: &Config,
        now: UnixTime,
    ) -> Self {
        let claim = |name: &str| {
            [&userinfo, &verified.claims]
                .into_iter()
                .filter_map(|claims| claims.get(name)?.as_str())
                .find(|text| !text.is_empty())
                .map(ToOwned::to_owned)
        };
        let national_id = claim("SubjectNameID")
            .or_else(|| claim("preferred_username"))
            // PSC's `sub` is `f:<provider>:<national id>`.
            .or_else(|| verified.subject.splitn(3, ':').nth(2).map(ToOwned::to_owned))
            .unwrap_or_else(|| verified.subject.clone());
        let authenticated_at = verified.authenticated_at.unwrap_or(now).min(now);
        Self {
            national_id,
            given_name: claim("given_name").unwrap_or_default(),
            family_name: claim("family_name").unwrap_or_default(),
            level: verified.level,
            means: claim("authMode"),
            authenticated_at,
            // No longer than the provider's own session, which began when the
            // person showed themselves; yet long enough to be of use.
            expires_at: (authenticated_at + config.session_seconds)
                .clamp(now + config.idle_seconds, now + config.session_seconds),
            subject: verified.subject,
            claims: userinfo,
        }
    }
}

impl Record {
    /// When this session ends if nothing more happens.
    pub(crate) fn ends_at(&self, config: &Config) -> UnixTime {
        self.session.expires_at.min(self.seen_at + config.idle_seconds)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: UnixTime = 1_800_000_000;

    fn open(id_token: Value, userinfo: Value, authenticated_at: Option<UnixTime>) -> Session {
        let object = |value: Value| value.as_object().unwrap().clone();
        let verified = Verified {
            subject: "f:550dc1c8:3990000001/CPE00007".into(),
            level: Some(Level::Eidas2),
            authenticated_at,
            claims: object(id_token),
        };
        Session::open(verified, object(userinfo), &Config::default(), NOW)
    }

    #[test]
    fn names_come_from_userinfo_then_from_the_id_token() {
        let session = open(
            json!({ "given_name": "AURORE", "family_name": "ANCIEN", "authMode": "MOBILE" }),
            json!({ "given_name": "", "family_name": "LANTERNIER" }),
            Some(NOW),
        );
        assert_eq!(session.given_name, "AURORE");
        assert_eq!(session.family_name, "LANTERNIER");
        assert_eq!(session.means.as_deref(), Some("MOBILE"));
    }

    #[test]
    fn the_national_id_is_the_tail_of_sub_when_nothing_else_says_it() {
        assert_eq!(open(json!({}), json!({}), None).national_id, "3990000001/CPE00007");
        let named = open(json!({}), json!({ "SubjectNameID": "899700990015" }), None);
        assert_eq!(named.national_id, "899700990015");
    }

    #[test]
    fn a_session_ends_with_the_providers() {
        let end = |since| open(json!({}), json!({}), Some(since)).expires_at;
        assert_eq!(end(NOW), NOW + 4 * 3600);
        assert_eq!(end(NOW - 3600), NOW + 3 * 3600);
        assert_eq!(end(NOW - 24 * 3600), NOW + 1800);
    }
}
