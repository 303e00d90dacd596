//! The answer that comes back in the address bar.

use alloc::string::String;

use crate::refusal::{Code, Refusal};
use crate::url::{Parameter, parameter};

/// Reads the code out of the answer to the login that `state` started.
pub fn code(query: &str, state: &str, issuer: &str, names_issuer: bool) -> Result<String, Refusal> {
    match parameter(query, "state") {
        Parameter::Once(value) if value == state && !state.is_empty() => {}
        _ => return Err(Refusal::new(Code::StateMismatch, "state")),
    }
    // RFC 9207 §2.4: another issuer means that the answer was mixed up (S03).
    match parameter(query, "iss") {
        Parameter::Once(value) if value == issuer => {}
        Parameter::Absent if !names_issuer => {}
        _ => return Err(Refusal::new(Code::IssuerMismatch, "iss")),
    }
    match (parameter(query, "error"), parameter(query, "code")) {
        (Parameter::Absent, Parameter::Once(code)) => Ok(code),
        (Parameter::Once(error), Parameter::Absent) => Err(Refusal::new(reason(&error), &error)),
        _ => Err(Refusal::new(Code::StateMismatch, "code")),
    }
}

/// What the provider's error means for a page.
fn reason(error: &str) -> Code {
    match error {
        "access_denied" => Code::AccessDenied,
        "login_required"
        | "interaction_required"
        | "consent_required"
        | "account_selection_required" => Code::LoginRequired,
        "unmet_authentication_requirements" => Code::LevelTooLow,
        "server_error" | "temporarily_unavailable" => Code::Server,
        _ => Code::Configuration,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://psc.example";

    fn read(query: &str) -> Result<String, Code> {
        code(query, "st", ISSUER, true).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_good_answer_gives_its_code() {
        assert_eq!(
            read("code=a.b%2Fc&state=st&session_state=x&iss=https%3A%2F%2Fpsc.example"),
            Ok("a.b/c".into())
        );
    }

    #[test]
    fn an_answer_to_another_login_is_refused() {
        assert_eq!(read("code=a&state=other&iss=https://psc.example"), Err(Code::StateMismatch));
        assert_eq!(read("code=a&iss=https://psc.example"), Err(Code::StateMismatch));
        assert_eq!(code("code=a&state=", "", ISSUER, false).unwrap_err().code, Code::StateMismatch);
    }

    #[test]
    fn an_answer_from_another_issuer_is_refused() {
        assert_eq!(read("code=a&state=st&iss=https://evil.example"), Err(Code::IssuerMismatch));
        assert_eq!(
            read("code=a&state=st&iss=https://psc.example&iss=x"),
            Err(Code::IssuerMismatch)
        );
        assert_eq!(read("code=a&state=st"), Err(Code::IssuerMismatch));
        assert_eq!(code("code=a&state=st", "st", ISSUER, false), Ok("a".into()));
    }

    #[test]
    fn a_doubled_or_contradictory_answer_is_refused() {
        let tail = "&state=st&iss=https://psc.example";
        assert_eq!(read(&("code=a&code=b".to_owned() + tail)), Err(Code::StateMismatch));
        assert_eq!(
            read(&("code=a&error=access_denied".to_owned() + tail)),
            Err(Code::StateMismatch)
        );
        assert_eq!(read(tail), Err(Code::StateMismatch));
    }

    #[test]
    fn the_providers_errors_have_a_meaning() {
        for (error, expected) in [
            ("access_denied", Code::AccessDenied),
            ("login_required", Code::LoginRequired),
            ("interaction_required", Code::LoginRequired),
            ("unmet_authentication_requirements", Code::LevelTooLow),
            ("temporarily_unavailable", Code::Server),
            ("invalid_scope", Code::Configuration),
        ] {
            let query = ["error=", error, "&state=st&iss=https://psc.example"].concat();
            let refusal = code(&query, "st", ISSUER, true).unwrap_err();
            assert_eq!(refusal, Refusal::new(expected, error));
        }
    }
}
