//! The level of a login: an ordered minimum, never an exact value.
//!
//! The real service began to answer `eidas2` for cards in 2026, and clients
//! that compared for equality broke.

/// How strong a login was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Low.
    Eidas1,
    /// Substantial.
    Eidas2,
    /// High.
    Eidas3,
}

impl Level {
    /// Reads the wire's word; an unknown word is no level.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "eidas1" => Some(Self::Eidas1),
            "eidas2" => Some(Self::Eidas2),
            "eidas3" => Some(Self::Eidas3),
            _ => None,
        }
    }

    /// The wire's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eidas1 => "eidas1",
            Self::Eidas2 => "eidas2",
            Self::Eidas3 => "eidas3",
        }
    }
}

/// Whether what was earned is enough. An unknown level is enough only when
/// none was demanded (S12).
pub fn is_enough(earned: Option<Level>, demanded: Option<Level>) -> bool {
    demanded.is_none() || earned >= demanded
}

#[cfg(test)]
mod tests {
    use super::{Level::*, *};

    #[test]
    fn a_level_is_an_ordered_minimum() {
        assert!(is_enough(Some(Eidas3), Some(Eidas2)));
        assert!(is_enough(Some(Eidas2), Some(Eidas2)));
        assert!(!is_enough(Some(Eidas1), Some(Eidas2)));
    }

    #[test]
    fn an_unknown_level_is_enough_only_when_none_is_demanded() {
        assert!(is_enough(None, None));
        assert!(!is_enough(None, Some(Eidas1)));
        assert_eq!(Level::parse("EIDAS3"), None);
        assert_eq!(Level::parse("1"), None);
    }

    #[test]
    fn words_are_those_of_the_wire() {
        for level in [Eidas1, Eidas2, Eidas3] {
            assert_eq!(Level::parse(level.as_str()), Some(level));
        }
    }
}
