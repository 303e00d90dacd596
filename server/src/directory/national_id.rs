//! The national identifier of a person: opaque text whose first character
//! usually tells the register it comes from.

use std::{borrow::Borrow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One type digit and what the register gave: `8` + RPPS, `3` + FINESS + `/` +
/// local number… Clients must treat it as opaque, and so does the server: only
/// its length and alphabet are rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NationalId(String);

/// Why a text is not a national identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NationalIdError {
    /// Nothing was given.
    #[error("an identifier may not be empty")]
    Empty,
    /// More than 64 characters.
    #[error("an identifier has at most 64 characters")]
    TooLong,
    /// A space, a control character, a letter with an accent, or `|`.
    #[error("an identifier has only printable ASCII characters, no space and no « | »")]
    Alphabet,
}

/// The register that gave an identifier, in the words of `otherIds[].origine`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The national register of professionals.
    Rpps,
    /// The register that RPPS replaced.
    Adeli,
    /// An employee numbered by an establishment.
    Finess,
    /// An employee numbered by a company.
    Siren,
    /// An employee numbered by a company's site.
    Siret,
    /// An employee numbered by a practice known to RPPS.
    CabRpps,
    /// An employee numbered by a practice known to ADELI.
    CabAdeli,
    /// A test identity made by the State's tool.
    Edit,
    /// An identity created inside PSC: a UUID.
    Psi,
    /// Anything else.
    Rass,
}

impl NationalId {
    /// The identifier as it is written everywhere, type digit included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which register it comes from, told from its shape.
    pub fn origin(&self) -> Origin {
        let text = self.0.as_str();
        if is_uuid(text) {
            return Origin::Psi;
        }
        if let Some(stamp) = text.strip_prefix("ANS")
            && is_digits(stamp, 14)
        {
            return Origin::Edit;
        }
        let (kind, body) = text.split_at(1);
        let register = body.split_once('/').filter(|(_, local)| !local.is_empty());
        match (kind, register) {
            ("8", None) if is_digits(body, 11) => Origin::Rpps,
            ("0", None) if is_alphanumeric(body, 9) => Origin::Adeli,
            ("3", Some((finess, _))) if is_alphanumeric(finess, 9) => Origin::Finess,
            ("4", Some((siren, _))) if is_digits(siren, 9) => Origin::Siren,
            ("5", Some((siret, _))) if is_digits(siret, 14) => Origin::Siret,
            ("1", Some(_)) => Origin::CabAdeli,
            ("6", Some(_)) => Origin::CabRpps,
            _ => Origin::Rass,
        }
    }

    /// What a person typed: spaces are theirs, and an RPPS number alone, as it
    /// stands on many papers, gets the digit of its register.
    pub fn typed(text: &str) -> Result<Self, NationalIdError> {
        let compact: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        if is_digits(&compact, 11) { format!("8{compact}").parse() } else { compact.parse() }
    }

    /// Whether the check digit is right, where the register has one. Test
    /// sets often break it, so a wrong one is worth a warning and no more.
    pub fn has_valid_key(&self) -> bool {
        let body = &self.0[1..];
        match self.origin() {
            Origin::Rpps => has_luhn_key(body),
            Origin::Siren | Origin::Siret => body.split('/').next().is_none_or(has_luhn_key),
            // How the letters of an ADELI or a FINESS count is not known.
            Origin::Adeli | Origin::Finess => {
                let number = body.split('/').next().unwrap_or(body);
                !number.bytes().all(|byte| byte.is_ascii_digit()) || has_luhn_key(number)
            }
            _ => true,
        }
    }

    /// For a screen that others may see: `899•••••0015`.
    pub fn masked(&self) -> String {
        let length = self.0.len();
        if length < 10 {
            return "•".repeat(length);
        }
        format!("{}{}{}", &self.0[..3], "•".repeat(length - 7), &self.0[length - 4..])
    }
}

impl Origin {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rpps => "RPPS",
            Self::Adeli => "ADELI",
            Self::Finess => "FINESS",
            Self::Siren => "SIREN",
            Self::Siret => "SIRET",
            Self::CabRpps => "CAB_RPPS",
            Self::CabAdeli => "CAB_ADELI",
            Self::Edit => "EDIT",
            Self::Psi => "PSI",
            Self::Rass => "RASS",
        }
    }

    /// `qualite` of an identifier of this origin, when a file does not say.
    pub fn quality(self) -> u8 {
        if self == Self::Psi { 2 } else { 1 }
    }
}

impl FromStr for NationalId {
    type Err = NationalIdError;

    fn from_str(text: &str) -> Result<Self, NationalIdError> {
        match text {
            "" => Err(NationalIdError::Empty),
            long if long.chars().count() > 64 => Err(NationalIdError::TooLong),
            odd if !odd.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'|') => {
                Err(NationalIdError::Alphabet)
            }
            good => Ok(Self(good.to_owned())),
        }
    }
}

impl TryFrom<String> for NationalId {
    type Error = NationalIdError;

    fn try_from(text: String) -> Result<Self, NationalIdError> {
        text.parse()
    }
}

impl From<NationalId> for String {
    fn from(id: NationalId) -> Self {
        id.0
    }
}

impl AsRef<str> for NationalId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for NationalId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NationalId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Whether the last digit is the Luhn key of the others.
pub(super) fn has_luhn_key(digits: &str) -> bool {
    let mut sum = 0;
    for (place, byte) in digits.bytes().rev().enumerate() {
        let Some(digit) = char::from(byte).to_digit(10) else { return false };
        sum += match place % 2 {
            0 => digit,
            _ if digit > 4 => 2 * digit - 9,
            _ => 2 * digit,
        };
    }
    sum % 10 == 0
}

fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_alphanumeric(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> NationalId {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_typed_may_have_spaces_and_lack_the_8() {
        for text in ["899700990015", "8 99700 990015", " 99700990015 ", "99700 990015"] {
            assert_eq!(NationalId::typed(text).unwrap().as_str(), "899700990015", "{text}");
        }
        assert!(NationalId::typed(" ").is_err());
    }

    #[test]
    fn the_shape_tells_the_register() {
        for (text, origin) in [
            ("899700990015", Origin::Rpps),
            ("0750990026", Origin::Adeli),
            ("02A0990026", Origin::Adeli),
            ("3990000001/CPE00007", Origin::Finess),
            ("4999999990/AB12", Origin::Siren),
            ("599999999000016/CPAT00012", Origin::Siret),
            ("1750990026/EMP1", Origin::CabAdeli),
            ("699700990015/SEC2", Origin::CabRpps),
            ("ANS20260102030405", Origin::Edit),
            ("8a1e54a2-6a3c-4e0f-8a57-4a7b9f2d1c10", Origin::Psi),
            ("3990000001/", Origin::Rass),
            ("8123", Origin::Rass),
            ("x", Origin::Rass),
        ] {
            assert_eq!(id(text).origin(), origin, "{text}");
        }
    }

    #[test]
    fn length_and_alphabet_are_rules() {
        assert_eq!("".parse::<NationalId>(), Err(NationalIdError::Empty));
        assert_eq!("8".repeat(65).parse::<NationalId>(), Err(NationalIdError::TooLong));
        assert!("8".repeat(64).parse::<NationalId>().is_ok());
        for odd in ["8 1", "8é", "8|1", "8\n"] {
            assert_eq!(odd.parse::<NationalId>(), Err(NationalIdError::Alphabet), "{odd:?}");
        }
    }

    #[test]
    fn a_wrong_key_is_noticed_and_an_unknown_rule_is_not_invented() {
        assert!(id("810999000010").has_valid_key());
        assert!(!id("810999000011").has_valid_key());
        assert!(id("599999999000016/CPAT00012").has_valid_key());
        assert!(!id("599999999000017/CPAT00012").has_valid_key());
        assert!(id("02A0990026").has_valid_key());
        assert!(id("ANS20260102030405").has_valid_key());
    }

    #[test]
    fn a_masked_identifier_keeps_its_ends_only() {
        assert_eq!(id("899700990015").masked(), "899•••••0015");
        assert_eq!(id("8123").masked(), "••••");
    }

    #[test]
    fn json_refuses_what_parsing_refuses() {
        assert!(serde_json::from_str::<NationalId>("\"8 1\"").is_err());
        assert_eq!(serde_json::to_string(&id("899700990015")).unwrap(), "\"899700990015\"");
    }
}
