//! What an ID token must say before anyone is believed (Core §3.1.3.7, S11).

use alloc::borrow::ToOwned;
use alloc::string::String;

use sha2::{Digest, Sha256};

use crate::base64url;
use crate::json::{self, Value};
use crate::level::{self, Level};
use crate::refusal::{Code, Refusal};

/// How far two clocks may differ, in seconds.
const TOLERANCE: i64 = 30;

/// What we know before reading the token.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Who must have issued it.
    pub issuer: &'a str,
    /// For whom it must be.
    pub client_id: &'a str,
    /// The access token that came with it.
    pub access_token: &'a str,
    /// The nonce of the login.
    pub nonce: &'a str,
    /// Whom it must be about: known once a first token was believed (S13).
    pub subject: Option<&'a str>,
    /// The least level that the service accepts.
    pub level: Option<Level>,
    /// How long ago the person may have proved who they are, in seconds.
    pub max_age: Option<i64>,
    /// The time here.
    pub now: i64,
}

/// Who logged in, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider's name for the person.
    pub subject: String,
    /// How strong the login was, when the provider says it in known words.
    pub level: Option<Level>,
    /// When the person proved who they are.
    pub authenticated_at: i64,
    /// The national identifier.
    pub national_id: Option<String>,
    /// The given name, for want of professional data.
    pub given_name: Option<String>,
    /// The family name, for want of professional data.
    pub family_name: Option<String>,
    /// By which means.
    pub means: Option<String>,
}

/// Checks the claims. The signature is verified by WebCrypto, before anything
/// of this is used.
pub fn check(claims: &Value, expected: Expected<'_>) -> Result<Identity, Refusal> {
    if claims.text("iss") != Some(expected.issuer) {
        return Err(Refusal::new(Code::IssuerMismatch, "id_token"));
    }
    audience(claims, expected.client_id)?;
    if claims.text("typ").is_some_and(|kind| kind != "ID") {
        return Err(Refusal::token("typ"));
    }
    let subject = claims.text("sub").ok_or_else(|| Refusal::token("sub"))?;
    if expected.subject.is_some_and(|known| known != subject) {
        return Err(Refusal::token("sub"));
    }
    nonce(claims, expected)?;
    let authenticated_at = times(claims, expected)?;
    at_hash(claims, expected.access_token)?;

    let level = claims.text("acr").and_then(Level::parse);
    if !level::is_enough(level, expected.level) {
        return Err(Refusal::new(Code::LevelTooLow, claims.text("acr").unwrap_or("")));
    }
    let owned = |name: &str| claims.text(name).map(str::to_owned);
    Ok(Identity {
        subject: subject.to_owned(),
        level,
        authenticated_at,
        national_id: owned("SubjectNameID").or_else(|| owned("preferred_username")),
        given_name: owned("given_name"),
        family_name: owned("family_name"),
        means: owned("authMode"),
    })
}

fn audience(claims: &Value, client_id: &str) -> Result<(), Refusal> {
    let party = claims.text("azp");
    let (ours, several) = match claims.member("aud") {
        Some(Value::Text(only)) => (only == client_id, false),
        Some(Value::Array(all)) if all.iter().all(|one| matches!(one, Value::Text(_))) => {
            (all.iter().any(|one| one.is_text(client_id)), all.len() > 1)
        }
        _ => (false, false),
    };
    if !ours {
        return Err(Refusal::token("aud"));
    }
    // Core §3.1.3.7-4 and -5.
    if party.is_some_and(|party| party != client_id) || several && party.is_none() {
        return Err(Refusal::token("azp"));
    }
    Ok(())
}

fn nonce(claims: &Value, expected: Expected<'_>) -> Result<(), Refusal> {
    match claims.text("nonce") {
        Some(nonce) if nonce == expected.nonce => Ok(()),
        // Core §12.2: a refreshed token may leave the nonce out.
        None if expected.subject.is_some() => Ok(()),
        _ => Err(Refusal::new(Code::NonceMismatch, "id_token")),
    }
}

fn times(claims: &Value, expected: Expected<'_>) -> Result<i64, Refusal> {
    let (Some(issued), Some(expires)) = (claims.seconds("iat"), claims.seconds("exp")) else {
        return Err(Refusal::token("exp"));
    };
    // The token was issued a moment ago: if it looks old or from the future,
    // it is a clock that is wrong.
    if issued > expected.now.saturating_add(TOLERANCE)
        || expires.saturating_add(TOLERANCE) < expected.now
    {
        let mut times = "token ".to_owned();
        json::push_digits(&mut times, issued);
        times.push_str(", here ");
        json::push_digits(&mut times, expected.now);
        return Err(Refusal { code: Code::ClockSkew, detail: times });
    }
    let authenticated_at = claims.seconds("auth_time");
    if let Some(limit) = expected.max_age {
        let oldest = expected.now.saturating_sub(limit).saturating_sub(TOLERANCE);
        if authenticated_at.is_none_or(|time| time < oldest) {
            return Err(Refusal::token("auth_time"));
        }
    }
    Ok(authenticated_at.unwrap_or(issued))
}

fn at_hash(claims: &Value, access_token: &str) -> Result<(), Refusal> {
    let Some(claimed) = claims.member("at_hash") else { return Ok(()) };
    let digest = Sha256::digest(access_token);
    let half = base64url::encode(digest.get(..16).unwrap_or_default());
    if claimed.is_text(&half) { Ok(()) } else { Err(Refusal::token("at_hash")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "agenda-demo";
    const ISSUER: &str = "https://auth.bas.psc.esante.gouv.fr/auth/realms/esante-wallet";
    /// The sample of the wire, with invented values.
    const CLAIMS: &str = r#"{
        "exp": 1767258120, "iat": 1767258000, "auth_time": 1767257990, "jti": "0b1e54a2",
        "iss": "https://auth.bas.psc.esante.gouv.fr/auth/realms/esante-wallet", "aud": "agenda-demo",
        "sub": "f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:899700990015", "typ": "ID", "azp": "agenda-demo",
        "nonce": "no", "session_state": "5d2f0e0a", "sid": "5d2f0e0a", "authMode": "MOBILE", "acr": "eidas1",
        "SubjectNameID": "899700990015", "preferred_username": "899700990015",
        "given_name": "AURORE", "family_name": "LANTERNIER"}"#;

    fn expected() -> Expected<'static> {
        Expected {
            issuer: ISSUER,
            client_id: CLIENT,
            access_token: "access",
            nonce: "no",
            subject: None,
            level: None,
            max_age: None,
            now: 1767258001,
        }
    }

    fn check_text(claims: &str, expected: Expected<'_>) -> Result<Identity, Refusal> {
        check(&json::parse(claims).expect("the test's claims are JSON"), expected)
    }

    fn mutated(from: &str, to: &str) -> Refusal {
        assert!(CLAIMS.contains(from));
        check_text(&CLAIMS.replace(from, to), expected()).expect_err(to)
    }

    #[test]
    fn the_token_of_the_wire_is_believed() {
        let identity = check_text(CLAIMS, expected()).unwrap();
        assert_eq!(identity.subject, "f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:899700990015");
        assert_eq!(identity.level, Some(Level::Eidas1));
        assert_eq!(identity.authenticated_at, 1767257990);
    }

    #[test]
    fn every_claim_that_lies_is_refused() {
        for (from, to, code, detail) in [
            ("/auth/realms/esante-wallet", "/auth/realms/other", Code::IssuerMismatch, "id_token"),
            (r#""aud": "agenda-demo""#, r#""aud": "other""#, Code::TokenRejected, "aud"),
            (r#""aud": "agenda-demo""#, r#""aud": ["other"]"#, Code::TokenRejected, "aud"),
            (r#""aud": "agenda-demo""#, r#""aud": ["agenda-demo", 1]"#, Code::TokenRejected, "aud"),
            (r#""aud": "agenda-demo","#, "", Code::TokenRejected, "aud"),
            (r#""azp": "agenda-demo""#, r#""azp": "other""#, Code::TokenRejected, "azp"),
            (r#""typ": "ID""#, r#""typ": "Bearer""#, Code::TokenRejected, "typ"),
            (r#""nonce": "no""#, r#""nonce": "yes""#, Code::NonceMismatch, "id_token"),
            (r#""nonce": "no""#, r#""nonce": """#, Code::NonceMismatch, "id_token"),
            (r#""exp": 1767258120, "#, "", Code::TokenRejected, "exp"),
            (r#""iat": 1767258000"#, r#""iat": "1767258000""#, Code::TokenRejected, "exp"),
            (
                r#""sub": "f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:899700990015""#,
                r#""sub": """#,
                Code::TokenRejected,
                "sub",
            ),
            (r#""azp": "agenda-demo""#, r#""at_hash": "wrong""#, Code::TokenRejected, "at_hash"),
        ] {
            assert_eq!(mutated(from, to), Refusal::new(code, detail), "{to}");
        }
    }

    #[test]
    fn several_audiences_need_an_authorized_party() {
        let several =
            CLAIMS.replace(r#""aud": "agenda-demo""#, r#""aud": ["other", "agenda-demo"]"#);
        assert!(check_text(&several, expected()).is_ok());
        let nobody = several.replace(r#""azp": "agenda-demo","#, "");
        assert_eq!(check_text(&nobody, expected()).unwrap_err().detail, "azp");
    }

    #[test]
    fn thirty_seconds_are_tolerated_and_more_is_a_clock() {
        let at = |now| check_text(CLAIMS, Expected { now, ..expected() });
        assert!(at(1767258000 - 30).is_ok());
        assert!(at(1767258120 + 30).is_ok());
        let early = at(1767258000 - 31).unwrap_err();
        assert_eq!(early, Refusal::new(Code::ClockSkew, "token 1767258000, here 1767257969"));
        assert_eq!(at(1767258120 + 31).unwrap_err().code, Code::ClockSkew);
    }

    #[test]
    fn times_at_the_edge_of_numbers_do_not_overflow() {
        for time in ["999999999999999", "0", "9223372036854775807", "-9223372036854775808"] {
            let claims = CLAIMS.replace("1767258120", time).replace("1767257990", time);
            let max_age = Some(i64::MAX);
            for now in [i64::MIN, 0, i64::MAX] {
                let _ = check_text(&claims, Expected { now, max_age, ..expected() });
            }
        }
    }

    #[test]
    fn a_level_below_the_demanded_one_is_refused() {
        let demanding = |level| Expected { level: Some(level), ..expected() };
        assert!(check_text(CLAIMS, demanding(Level::Eidas1)).is_ok());
        let refusal = check_text(CLAIMS, demanding(Level::Eidas2)).unwrap_err();
        assert_eq!(refusal, Refusal::new(Code::LevelTooLow, "eidas1"));
        let higher = CLAIMS.replace("eidas1", "eidas3");
        assert!(check_text(&higher, demanding(Level::Eidas2)).is_ok());
    }

    #[test]
    fn a_missing_or_unknown_level_is_fine_when_none_is_demanded() {
        let unknown = CLAIMS.replace("eidas1", "silver");
        assert_eq!(check_text(&unknown, expected()).unwrap().level, None);
        let demanding = Expected { level: Some(Level::Eidas1), ..expected() };
        assert_eq!(check_text(&unknown, demanding).unwrap_err().code, Code::LevelTooLow);
    }

    #[test]
    fn a_login_older_than_max_age_is_refused() {
        let within = |max_age| {
            check_text(CLAIMS, Expected { max_age: Some(max_age), now: 1767258100, ..expected() })
        };
        assert!(within(110).is_ok());
        assert!(within(80).is_ok());
        assert_eq!(within(79).unwrap_err().detail, "auth_time");
        let silent = CLAIMS.replace(r#""auth_time": 1767257990, "#, "");
        let max_age = Some(60);
        assert_eq!(
            check_text(&silent, Expected { max_age, ..expected() }).unwrap_err().detail,
            "auth_time"
        );
    }

    #[test]
    fn a_refreshed_token_is_about_the_same_person() {
        let subject = Some("f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:899700990015");
        let without_nonce = CLAIMS.replace(r#""nonce": "no","#, "");
        assert!(check_text(&without_nonce, Expected { subject, ..expected() }).is_ok());
        let other = Expected { subject: Some("f:x:899700990023"), ..expected() };
        assert_eq!(check_text(CLAIMS, other).unwrap_err().detail, "sub");
    }

    #[test]
    fn at_hash_is_that_of_core_appendix_a() {
        // Core §A.3 gives this access token and its hash.
        let claims =
            CLAIMS.replace(r#""azp": "agenda-demo""#, r#""at_hash": "77QmUPtjPfzWtF2AnpK9RQ""#);
        let access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert!(check_text(&claims, Expected { access_token, ..expected() }).is_ok());
        assert!(check_text(&claims, expected()).is_err());
    }
}
