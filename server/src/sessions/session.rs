//! A session and the authentication that it rests on.

use std::str::FromStr;

use openpsc_protocol::{ecps::Origin, level::Level};

use super::Settings;
use crate::clock::UnixTime;

/// The means of identification, in PSC's words (`authMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The e-CPS.
    Mobile,
    /// The CPS card.
    Card,
}

impl Means {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "MOBILE",
            Self::Card => "CARD",
        }
    }
}

impl FromStr for Means {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Mobile, Self::Card].into_iter().find(|means| means.as_str() == word).ok_or(())
    }
}

/// Who proved what, how and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// The professional.
    pub national_id: String,
    /// With what.
    pub means: Means,
    /// What that earned.
    pub acr: Level,
    /// The factors used (RFC 8176).
    pub amr: Vec<String>,
    /// When.
    pub auth_time: UnixTime,
    /// Which phone, if it was one.
    pub device_id: Option<String>,
}

/// A session that lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Names it in tokens; not a secret.
    pub sid: String,
    /// What it rests on.
    pub authentication: Authentication,
    /// Which browser holds it; none does when a service logged the person in
    /// without a page.
    pub origin: Option<Origin>,
    /// When it began.
    pub started_at: UnixTime,
    /// When it was last used.
    pub last_seen_at: UnixTime,
    /// When it ends in any case.
    pub expires_at: UnixTime,
}

impl Session {
    /// When it ends unless it is used again.
    pub fn idle_at(&self, settings: &Settings) -> UnixTime {
        (self.last_seen_at + settings.idle).min(self.expires_at)
    }

    /// Whether it may still be used.
    pub fn is_alive(&self, settings: &Settings, now: UnixTime) -> bool {
        now < self.idle_at(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_idle_and_when_old() {
        let session = Session {
            sid: "s".into(),
            authentication: Authentication {
                national_id: "899700990015".into(),
                means: Means::Mobile,
                acr: Level::Eidas2,
                amr: vec![],
                auth_time: 0,
                device_id: None,
            },
            origin: None,
            started_at: 0,
            last_seen_at: 1000,
            expires_at: 2000,
        };
        let settings = Settings { absolute: 2000, idle: 500, ..Settings::default() };
        assert!(session.is_alive(&settings, 1499));
        assert!(!session.is_alive(&settings, 1500));
        assert!(!Session { last_seen_at: 1900, ..session }.is_alive(&settings, 2000));
    }
}
