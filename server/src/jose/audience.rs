//! `aud`: whom a token is for.

use serde::{Deserialize, Serialize};

/// One name, or several (RFC 7519 §4.1.3); nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// A string.
    One(String),
    /// An array of strings.
    Several(Vec<String>),
}

impl Audience {
    /// Whether it names somebody.
    pub fn names(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Several(several) => several.iter().any(|it| it == name),
        }
    }
}

impl From<Vec<String>> for Audience {
    fn from(mut names: Vec<String>) -> Self {
        if names.len() == 1 { Self::One(names.swap_remove(0)) } else { Self::Several(names) }
    }
}
