//! The means of identification, as data: a new one is a new line.

use openpsc_protocol::level::Level;

use crate::app::App;

/// A means that a person may choose on the login page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Means {
    /// The last part of its address, below the login's.
    pub path: &'static str,
    /// The key of its label.
    pub label: &'static str,
    /// What it earns.
    pub level: Level,
}

/// Every means that works, the default first.
pub(super) const ALL: &[Means] = &[Means { path: "", label: "means-ecps", level: Level::Eidas2 }];

/// The highest level that somebody can earn here; the sandbox simulates them
/// all.
pub fn highest_level(app: &App) -> Level {
    match app.config.sandbox {
        Some(_) => Level::Eidas3,
        None => ALL.iter().map(|means| means.level).max().unwrap_or(Level::Eidas1),
    }
}
