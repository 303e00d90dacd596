//! A grant: what a client holds for a person, and the rotation of its refresh
//! tokens.
//!
//! A public client's refresh token changes at each use. A token from before the
//! last change is somebody's copy: the whole grant dies (RFC 9700 §4.14.2) —
//! except shortly after the change, when it is more likely that the answer got
//! lost, and the same successor is given again.

use openpsc_protocol::level::Level;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Settings;
use crate::{app::App, clock::UnixTime, sessions::Session};

/// A grant as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// Names it.
    pub id: String,
    /// The session that it lives under.
    pub sid: String,
    /// Who holds it.
    pub client_id: String,
    /// For whom.
    pub national_id: String,
    /// What was granted.
    pub scope: String,
    /// Of the authorization request.
    pub nonce: Option<String>,
    /// The level granted to this client.
    pub acr: Level,
    /// Which refresh token is the current one.
    pub generation: i64,
    /// Since when.
    pub rotated_at: UnixTime,
    /// When it was last used.
    pub last_used_at: UnixTime,
    /// When it ends in any case.
    pub expires_at: UnixTime,
    /// It was taken back.
    pub revoked: bool,
    /// Whom its access tokens are for; nobody in particular when empty.
    pub resources: Vec<String>,
    /// The key that its tokens are bound to.
    pub confirmation: Option<Confirmation>,
}

/// The key that a token is bound to: its `cnf` (RFC 7800 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmation {
    /// The RFC 7638 thumbprint of a DPoP key (RFC 9449 §6.1).
    #[serde(rename = "jkt")]
    Jkt(String),
    /// The SHA-256 of a client certificate (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256")]
    Certificate(String),
}

/// What to do with a refresh token that was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presented {
    /// The current one of a confidential client: use it again and again.
    Keep,
    /// The current one of a public client: this is the next.
    Rotate {
        /// The next generation.
        next: i64,
    },
    /// The answer was lost: give the current one again.
    Repeat,
}

/// Why a refresh token is worth nothing. Every one is `invalid_grant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum GrantError {
    /// Expired, revoked, or another client's.
    #[error("The refresh token is not active.")]
    Inactive,
    /// Spent: the grant must die.
    #[error("The refresh token was already used: the grant is revoked.")]
    Reused,
}

impl Grant {
    /// When it ends unless it is used again.
    pub(super) fn idle_at(&self, settings: &Settings) -> UnixTime {
        (self.last_used_at + settings.refresh).min(self.expires_at)
    }

    /// The same, with the session that it rests on.
    pub(super) fn idle_with(&self, app: &App, session: &Session) -> UnixTime {
        self.idle_at(&app.config.tokens).min(session.idle_at(&app.config.sessions))
    }

    /// Judges a refresh token of this grant.
    pub(super) fn present(
        &self,
        client_id: &str,
        public: bool,
        generation: i64,
        settings: &Settings,
        now: UnixTime,
    ) -> Result<Presented, GrantError> {
        let over = now >= self.idle_at(settings);
        if self.client_id != client_id || self.revoked || over {
            return Err(GrantError::Inactive);
        }
        if generation == self.generation {
            return Ok(if public {
                Presented::Rotate { next: self.generation + 1 }
            } else {
                Presented::Keep
            });
        }
        let lost_answer =
            generation == self.generation - 1 && now < self.rotated_at + settings.rotation_grace;
        if lost_answer { Ok(Presented::Repeat) } else { Err(GrantError::Reused) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            id: "g".into(),
            sid: "s".into(),
            client_id: "a".into(),
            national_id: "899700990015".into(),
            scope: "openid".into(),
            nonce: None,
            acr: Level::Eidas2,
            generation: 5,
            rotated_at: 1000,
            last_used_at: 1000,
            expires_at: 9000,
            revoked: false,
            resources: vec![],
            confirmation: None,
        }
    }

    fn present(generation: i64, public: bool, now: i64) -> Result<Presented, GrantError> {
        grant().present("a", public, generation, &Settings::default(), now)
    }

    #[test]
    fn a_public_client_rotates_and_a_confidential_one_keeps() {
        assert_eq!(present(5, true, 1100), Ok(Presented::Rotate { next: 6 }));
        assert_eq!(present(5, false, 1100), Ok(Presented::Keep));
    }

    #[test]
    fn a_lost_answer_gives_the_same_successor_for_a_short_while() {
        assert_eq!(present(4, true, 1029), Ok(Presented::Repeat));
        assert_eq!(present(4, true, 1030), Err(GrantError::Reused));
        assert_eq!(present(3, true, 1001), Err(GrantError::Reused));
        assert_eq!(present(6, true, 1001), Err(GrantError::Reused));
    }

    #[test]
    fn an_idle_old_revoked_or_foreign_grant_is_inactive() {
        assert_eq!(present(5, true, 2800), Err(GrantError::Inactive));
        let settings = Settings::default();
        let old = Grant { expires_at: 1001, ..grant() };
        assert_eq!(old.present("a", true, 5, &settings, 1001), Err(GrantError::Inactive));
        let revoked = Grant { revoked: true, ..grant() };
        assert_eq!(revoked.present("a", true, 5, &settings, 1001), Err(GrantError::Inactive));
        assert_eq!(grant().present("b", true, 5, &settings, 1001), Err(GrantError::Inactive));
    }
}
