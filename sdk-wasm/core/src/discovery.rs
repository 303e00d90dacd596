//! What the provider says about itself (OpenID Connect Discovery §4).

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::json::{self, Value};
use crate::refusal::{Code, Refusal};
use crate::url;

/// The part of the discovery document that a login needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Where the browser is sent to log in.
    pub authorization_endpoint: String,
    /// Where codes and refresh tokens are redeemed.
    pub token_endpoint: String,
    /// Where the professional's data is read.
    pub userinfo_endpoint: String,
    /// Where the keys are published.
    pub jwks_uri: String,
    /// Where a logout is told, when the provider has such a place.
    pub end_session_endpoint: Option<String>,
    /// Whether tokens can be bound to a P-256 key.
    pub dpop: bool,
    /// Whether the answer always names its issuer (RFC 9207).
    pub names_issuer: bool,
}

impl Provider {
    /// Reads the document that was fetched for `issuer` (S03).
    pub fn parse(text: &str, issuer: &str) -> Result<Self, Refusal> {
        let document = json::parse(text).ok_or_else(|| refusal("not a JSON object"))?;
        if document.text("issuer") != Some(issuer) {
            return Err(Refusal::new(Code::IssuerMismatch, document.text("issuer").unwrap_or("")));
        }
        let endpoint = |name: &str| match document.text(name) {
            Some(address) if url::is_safe(address) => Ok(address.to_owned()),
            _ => Err(refusal(name)),
        };
        Ok(Self {
            authorization_endpoint: endpoint("authorization_endpoint")?,
            token_endpoint: endpoint("token_endpoint")?,
            userinfo_endpoint: endpoint("userinfo_endpoint")?,
            jwks_uri: endpoint("jwks_uri")?,
            end_session_endpoint: endpoint("end_session_endpoint").ok(),
            dpop: document
                .items("dpop_signing_alg_values_supported")
                .iter()
                .any(|a| a.is_text("ES256")),
            names_issuer: matches!(
                document.member("authorization_response_iss_parameter_supported"),
                Some(Value::Bool(true))
            ),
        })
    }
}

fn refusal(detail: &str) -> Refusal {
    Refusal::new(Code::Discovery, detail)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const ISSUER: &str = "https://psc.example/auth/realms/esante-wallet";
    pub(crate) const DOCUMENT: &str = r#"{
        "issuer": "https://psc.example/auth/realms/esante-wallet",
        "authorization_endpoint": "https://wallet.psc.example/auth",
        "token_endpoint": "https://psc.example/auth/realms/esante-wallet/protocol/openid-connect/token",
        "userinfo_endpoint": "https://psc.example/auth/realms/esante-wallet/protocol/openid-connect/userinfo",
        "jwks_uri": "https://psc.example/auth/realms/esante-wallet/protocol/openid-connect/certs",
        "end_session_endpoint": "https://psc.example/auth/realms/esante-wallet/protocol/openid-connect/logout",
        "authorization_response_iss_parameter_supported": true
    }"#;

    #[test]
    fn the_document_of_our_issuer_is_read() {
        let provider = Provider::parse(DOCUMENT, ISSUER).unwrap();
        assert_eq!(provider.authorization_endpoint, "https://wallet.psc.example/auth");
        assert!(provider.names_issuer);
        assert!(!provider.dpop);
    }

    #[test]
    fn another_issuer_is_refused_even_by_a_slash() {
        let slash = Provider::parse(DOCUMENT, &(ISSUER.to_owned() + "/")).unwrap_err();
        assert_eq!(slash.code, Code::IssuerMismatch);
    }

    #[test]
    fn an_endpoint_without_tls_is_refused() {
        let plain = DOCUMENT.replace("https://wallet.psc.example", "http://wallet.psc.example");
        let refused = Provider::parse(&plain, ISSUER).unwrap_err();
        assert_eq!(refused, Refusal::new(Code::Discovery, "authorization_endpoint"));
    }

    #[test]
    fn a_missing_logout_place_is_no_fault() {
        let without = DOCUMENT.replace("end_session_endpoint", "x");
        assert_eq!(Provider::parse(&without, ISSUER).unwrap().end_session_endpoint, None);
    }

    #[test]
    fn dpop_needs_the_algorithm_that_the_page_can_make() {
        let with = |list: &str| {
            let member = [r#"{"dpop_signing_alg_values_supported":"#, list, ","].concat();
            Provider::parse(&DOCUMENT.replacen('{', &member, 1), ISSUER).unwrap().dpop
        };
        assert!(with(r#"["RS256","ES256"]"#));
        assert!(!with(r#"["EdDSA"]"#));
    }
}
