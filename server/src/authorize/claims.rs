//! The `claims` parameter (Core §5.5), as far as it changes anything here: which
//! level the login must have, and whose it must be.
//!
//! Every other claim that can be asked for comes anyway, and one that we do not
//! know is passed over, as §5.5.1 allows even for an essential one.

use openpsc_protocol::level::Level;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::checks::Refusal;
use crate::jose::StrictValue;

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// `acr` must be one of these, when there are any.
    pub essential: Vec<Level>,
    /// `acr` should be one of these.
    pub voluntary: Vec<Level>,
    /// `sub` must be this.
    pub subject: Option<String>,
}

#[derive(Deserialize)]
struct Parameter {
    userinfo: Option<Map<String, Value>>,
    id_token: Option<Map<String, Value>>,
}

/// One member of `userinfo` or `id_token` (§5.5.1).
#[derive(Default, Deserialize)]
struct Claim {
    #[serde(default)]
    essential: bool,
    value: Option<Value>,
    values: Option<Vec<Value>>,
}

impl Claim {
    fn values(&self) -> impl Iterator<Item = &str> {
        self.value.iter().chain(self.values.iter().flatten()).filter_map(Value::as_str)
    }
}

/// Reads the parameter.
pub(super) fn read(text: &str) -> Result<Asked, Refusal> {
    const MALFORMED: Refusal = (
        "invalid_request",
        "claims is a JSON object as OpenID Connect Core section 5.5 describes it.",
    );
    let StrictValue(value) = serde_json::from_str(text).map_err(|_| MALFORMED)?;
    let parameter: Parameter = serde_json::from_value(value).map_err(|_| MALFORMED)?;
    let mut asked = Asked::default();
    for (place, claims) in [("id_token", parameter.id_token), ("userinfo", parameter.userinfo)] {
        for (name, value) in claims.unwrap_or_default() {
            let claim = serde_json::from_value::<Option<Claim>>(value);
            let claim = claim.map_err(|_| MALFORMED)?.unwrap_or_default();
            match name.as_str() {
                "sub" => subject(&mut asked, &claim)?,
                "acr" if place == "id_token" => level(&mut asked, &claim)?,
                _ => {}
            }
        }
    }
    Ok(asked)
}

fn subject(asked: &mut Asked, claim: &Claim) -> Result<(), Refusal> {
    let Some(value) = &claim.value else { return Ok(()) };
    let subject = value.as_str().ok_or(("invalid_request", "claims: sub is a string."))?;
    if asked.subject.as_deref().is_some_and(|other| other != subject) {
        return Err(("invalid_request", "claims asks for two subjects."));
    }
    asked.subject = Some(subject.to_owned());
    Ok(())
}

fn level(asked: &mut Asked, claim: &Claim) -> Result<(), Refusal> {
    let levels: Vec<Level> = claim.values().filter_map(|word| word.parse().ok()).collect();
    if !claim.essential {
        asked.voluntary = levels;
        return Ok(());
    }
    if levels.is_empty() && claim.values().next().is_some() {
        // Core §5.5.1.1: as good as a login that failed.
        return Err((
            "unmet_authentication_requirements",
            "None of the essential values of acr exists here.",
        ));
    }
    asked.essential = levels;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_and_subject_are_read_and_the_rest_is_passed_over() {
        let text = r#"{"id_token":{"acr":{"essential":true,"values":["eidas3","x","eidas2"]},
            "auth_time":{"essential":true},"sub":{"value":"s"}},
            "userinfo":{"given_name":null,"acr":{"essential":true,"value":"x"}},"other":1}"#;
        let asked = read(text).unwrap();
        assert_eq!(asked.essential, [Level::Eidas3, Level::Eidas2]);
        assert_eq!(asked.subject.as_deref(), Some("s"));
        let asked = read(r#"{"id_token":{"acr":{"value":"eidas2"}}}"#).unwrap();
        assert_eq!((asked.voluntary, asked.essential), (vec![Level::Eidas2], vec![]));
        assert_eq!(read(r#"{"id_token":{"acr":{"essential":true}}}"#), Ok(Asked::default()));
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for text in [
            "",
            "x",
            "[]",
            "1",
            r#"{"id_token":[]}"#,
            r#"{"id_token":{"acr":1}}"#,
            r#"{"id_token":{"acr":{"essential":"yes"}}}"#,
            r#"{"id_token":{"acr":{"values":"eidas2"}}}"#,
            r#"{"id_token":{"sub":{"value":1}}}"#,
            r#"{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}"#,
            r#"{"id_token":{},"id_token":{}}"#,
        ] {
            assert_eq!(read(text).map_err(|refusal| refusal.0), Err("invalid_request"), "{text}");
        }
        let unknown = r#"{"id_token":{"acr":{"essential":true,"value":"urn:x"}}}"#;
        assert_eq!(read(unknown).unwrap_err().0, "unmet_authentication_requirements");
    }
}
