//! How sure a login is: eIDAS levels, in order.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A level of assurance, as PSC writes it in `acr`. The order is the meaning:
/// a service asks for a minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// eIDAS low.
    Eidas1,
    /// eIDAS substantial: what the e-CPS earns.
    Eidas2,
    /// eIDAS high: what the CPS card earns.
    Eidas3,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 3] = [Self::Eidas1, Self::Eidas2, Self::Eidas3];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eidas1 => "eidas1",
            Self::Eidas2 => "eidas2",
            Self::Eidas3 => "eidas3",
        }
    }
}

/// A word that is not a level we know.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownLevel;

impl fmt::Display for UnknownLevel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not one of eidas1, eidas2, eidas3")
    }
}

impl std::error::Error for UnknownLevel {}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(word: &str) -> Result<Self, UnknownLevel> {
        Self::ALL.into_iter().find(|level| level.as_str() == word).ok_or(UnknownLevel)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered() {
        assert!(Level::Eidas1 < Level::Eidas2 && Level::Eidas2 < Level::Eidas3);
    }

    #[test]
    fn a_level_reads_back_what_it_writes() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert_eq!("eidas4".parse::<Level>(), Err(UnknownLevel));
    }
}
