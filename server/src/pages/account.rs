//! A person's own sessions, and an end to each.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use openpsc_protocol::{ecps::Origin, level::Level};

use super::{document, visit::Visit};
use crate::sessions::Means;

/// `GET /account`.
#[derive(Clone, Debug)]
pub struct AccountPage {
    /// Whose sessions these are; nobody's in the sandbox's empty directory.
    pub name: Option<String>,
    /// Goes with every form.
    pub csrf: String,
    /// The sessions that live; none when nobody is logged in here.
    pub sessions: Vec<AccountSession>,
}

/// One session.
#[derive(Clone, Debug)]
pub struct AccountSession {
    /// Names it.
    pub sid: String,
    /// Whether this browser holds it.
    pub current: bool,
    /// Which browser holds it; none when a service logged the person in itself.
    pub origin: Option<Origin>,
    /// With what the person logged in.
    pub means: Means,
    /// What that earned.
    pub level: Level,
    /// Seconds since it began.
    pub started: i64,
    /// Seconds since it was used.
    pub used: i64,
    /// Who holds tokens of it.
    pub services: Vec<AccountService>,
}

/// One service that holds tokens.
#[derive(Clone, Debug)]
pub struct AccountService {
    /// Names it.
    pub client_id: String,
    /// What it is called.
    pub name: String,
    /// Seconds since it was given the first ones.
    pub granted: i64,
    /// Seconds since it asked for the last ones.
    pub used: i64,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Html<'a> {
    page: &'a AccountPage,
    visit: &'a Visit,
}

impl Html<'_> {
    fn ago(&self, seconds: &i64) -> String {
        ago(self.visit, *seconds)
    }

    fn with_ago(&self, key: &str, seconds: &i64) -> String {
        self.visit.say_with(key, "when", &self.ago(seconds))
    }
}

impl AccountPage {
    /// Nobody is logged in in this browser.
    pub fn nobody() -> Self {
        Self { name: None, csrf: String::new(), sessions: Vec::new() }
    }

    /// The answer.
    pub fn render(&self, visit: &Visit) -> Response {
        document::answer(visit, StatusCode::OK, &Html { page: self, visit }, &[])
    }
}

impl AccountSession {
    /// Browser and system, as far as they are known.
    fn place(&self, visit: &Visit) -> String {
        let Some(Origin { browser, os, .. }) = &self.origin else {
            return visit.say("account-no-browser");
        };
        match (browser.as_str(), os.as_str()) {
            ("", "") => visit.say("account-unknown-browser"),
            ("", known) | (known, "") => known.to_owned(),
            (browser, os) => {
                visit.language.text_with("account-browser-on", &[("browser", browser), ("os", os)])
            }
        }
    }

    fn network(&self) -> Option<&str> {
        let network = self.origin.as_ref()?.network.as_str();
        (!network.is_empty()).then_some(network)
    }

    fn means_key(&self) -> &'static str {
        match self.means {
            Means::Mobile => "account-by-phone",
            Means::Card => "account-by-card",
        }
    }

    fn level_key(&self) -> &'static str {
        match self.level {
            Level::Eidas1 => "level-low",
            Level::Eidas2 => "level-substantial",
            Level::Eidas3 => "level-high",
        }
    }
}

/// How long ago, in the words of people: no clock of ours knows their zone.
fn ago(visit: &Visit, seconds: i64) -> String {
    match seconds {
        ..60 => visit.say("ago-now"),
        60..3600 => visit.say_with("ago-minutes", "count", &(seconds / 60).to_string()),
        3600..172_800 => visit.say_with("ago-hours", "count", &(seconds / 3600).to_string()),
        _ => visit.say_with("ago-days", "count", &(seconds / 86_400).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::Language;

    #[test]
    fn times_are_told_as_people_do() {
        let french = Visit::new(Language::Fr);
        for (seconds, words) in [
            (-5, "à l’instant"),
            (59, "à l’instant"),
            (60, "il y a 1 minute"),
            (3599, "il y a 59 minutes"),
            (7200, "il y a 2 heures"),
            (172_800, "il y a 2 jours"),
        ] {
            assert_eq!(ago(&french, seconds), words);
        }
        assert_eq!(ago(&Visit::new(Language::En), 3600), "1 hour ago");
    }
}
