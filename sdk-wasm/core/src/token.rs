//! The token endpoint: what we send and what we make of the answer.

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::json;
use crate::refusal::{Code, Refusal};
use crate::url;

/// Tokens as they arrived, not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// What opens the interfaces.
    pub access: String,
    /// Whether the access token is bound to our key (RFC 9449 §5).
    pub bound: bool,
    /// For how many seconds the access token lives.
    pub lives: i64,
    /// What renews the others, when the provider gave one.
    pub refresh: Option<String>,
    /// Who logged in, when the provider says it again.
    pub id: Option<String>,
}

/// The form that redeems a code.
pub fn code_form(client_id: &str, redirect_uri: &str, code: &str, verifier: &str) -> String {
    form(&[
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ])
}

/// The form that renews the tokens.
pub fn refresh_form(client_id: &str, refresh_token: &str) -> String {
    form(&[
        ("grant_type", "refresh_token"),
        ("client_id", client_id),
        ("refresh_token", refresh_token),
    ])
}

fn form(parameters: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in parameters {
        url::push_parameter(&mut form, name, value);
    }
    form
}

/// Reads a successful answer.
pub fn answer(text: &str) -> Result<Tokens, Refusal> {
    let answer = json::parse(text).ok_or_else(|| Refusal::token("answer"))?;
    let kind = answer.text("token_type").unwrap_or("");
    let bound = kind.eq_ignore_ascii_case("DPoP");
    if !bound && !kind.eq_ignore_ascii_case("Bearer") {
        return Err(Refusal::token("token_type"));
    }
    let owned = |name: &str| answer.text(name).map(str::to_owned);
    Ok(Tokens {
        access: owned("access_token").ok_or_else(|| Refusal::token("access_token"))?,
        bound,
        // RFC 6749 §5.1: without a lifetime, count on one use.
        lives: answer.seconds("expires_in").unwrap_or(0),
        refresh: owned("refresh_token"),
        id: owned("id_token"),
    })
}

/// Reads a failed answer. Only `invalid_grant` on a refresh ends a session:
/// anything else may be better in a minute (S25).
pub fn failure(text: &str, refreshing: bool) -> Refusal {
    let document = json::parse(text);
    let error = document.as_ref().and_then(|document| document.text("error")).unwrap_or("");
    let code = match error {
        "invalid_grant" if refreshing => Code::LoginRequired,
        _ if refreshing => Code::RefreshFailed,
        "invalid_client"
        | "unauthorized_client"
        | "invalid_request"
        | "invalid_scope"
        | "unsupported_grant_type" => Code::Configuration,
        "invalid_grant" => Code::TokenRejected,
        _ => Code::Server,
    };
    Refusal::new(code, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_redeemed_with_its_verifier_and_the_same_redirect_uri() {
        assert_eq!(
            code_form("demo", "https://app.example/", "c/1", "ver"),
            "grant_type=authorization_code&client_id=demo&code=c%2F1\
             &redirect_uri=https%3A%2F%2Fapp.example%2F&code_verifier=ver"
        );
        assert_eq!(
            refresh_form("demo", "r"),
            "grant_type=refresh_token&client_id=demo&refresh_token=r"
        );
    }

    #[test]
    fn the_answer_of_the_real_service_is_read() {
        let tokens = answer(
            r#"{"access_token":"a","expires_in":120,"refresh_expires_in":1800,"refresh_token":"r",
                "token_type":"Bearer","id_token":"i","not-before-policy":0,"session_state":"s","scope":"openid"}"#,
        );
        assert_eq!(
            tokens,
            Ok(Tokens {
                access: "a".into(),
                bound: false,
                lives: 120,
                refresh: Some("r".into()),
                id: Some("i".into())
            })
        );
    }

    #[test]
    fn an_answer_without_token_or_of_another_kind_is_refused() {
        for text in [
            r#"{"token_type":"Bearer"}"#,
            r#"{"access_token":"","token_type":"Bearer"}"#,
            r#"{"access_token":"a","token_type":"mac"}"#,
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#,
            "[]",
            "<html>",
        ] {
            assert_eq!(answer(text).unwrap_err().code, Code::TokenRejected, "{text}");
        }
    }

    #[test]
    fn only_invalid_grant_ends_a_session() {
        let refused = |text, refreshing| failure(text, refreshing).code;
        assert_eq!(refused(r#"{"error":"invalid_grant"}"#, true), Code::LoginRequired);
        assert_eq!(refused(r#"{"error":"server_error"}"#, true), Code::RefreshFailed);
        assert_eq!(refused("<html>bad gateway", true), Code::RefreshFailed);
        assert_eq!(refused(r#"{"error":"invalid_client"}"#, false), Code::Configuration);
        assert_eq!(refused(r#"{"error":"invalid_grant"}"#, false), Code::TokenRejected);
        assert_eq!(refused("", false), Code::Server);
    }
}
