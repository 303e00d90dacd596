//! Settings of the sandbox.

use serde::Deserialize;

/// Its presence turns the sandbox on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Demo services to name on the home page.
    pub services: Vec<Service>,
}

/// A demo service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// What it is called.
    pub name: String,
    /// Its address.
    pub url: String,
    /// What it is, in one French sentence.
    pub description: String,
    /// The same in English; the French one when absent.
    #[serde(default)]
    pub description_en: Option<String>,
}
