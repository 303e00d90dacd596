//! The authorization request: code and PKCE S256, nothing else (S01).

use alloc::string::String;

use sha2::{Digest, Sha256};

use crate::discovery::Provider;
use crate::{base64url, url};

/// What makes a login ours: three values of 32 random bytes.
#[derive(Clone, Copy, Debug)]
pub struct Secrets<'a> {
    /// Ties the answer to this browser.
    pub state: &'a str,
    /// Ties the ID token to this login.
    pub nonce: &'a str,
    /// Ties the code to this page (RFC 7636).
    pub verifier: &'a str,
}

/// The PKCE challenge of a verifier (RFC 7636 §4.2).
pub fn challenge(verifier: &str) -> String {
    base64url::encode(&Sha256::digest(verifier))
}

/// The address that the browser is sent to. `wishes` are further parameters,
/// already encoded: level, prompt, language, means.
pub fn address(
    provider: &Provider,
    client_id: &str,
    redirect_uri: &str,
    scope: &str,
    secrets: Secrets<'_>,
    wishes: &str,
) -> String {
    let mut address = url::with_query(&provider.authorization_endpoint);
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("scope", scope),
        ("state", secrets.state),
        ("nonce", secrets.nonce),
        ("code_challenge", &challenge(secrets.verifier)),
        ("code_challenge_method", "S256"),
    ] {
        url::push_parameter(&mut address, name, value);
    }
    if !wishes.is_empty() {
        address.push('&');
        address.push_str(wishes);
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::tests::{DOCUMENT, ISSUER};

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_request_carries_state_nonce_and_challenge_but_never_the_verifier() {
        let provider = Provider::parse(DOCUMENT, ISSUER).unwrap();
        let secrets = Secrets { state: "st", nonce: "no", verifier: "verifier-of-this-test" };
        let address = address(
            &provider,
            "demo",
            "https://app.example/?a=b",
            "openid scope_all",
            secrets,
            "prompt=none",
        );
        assert_eq!(
            address,
            [
                "https://wallet.psc.example/auth?response_type=code&client_id=demo",
                "&redirect_uri=https%3A%2F%2Fapp.example%2F%3Fa%3Db&scope=openid%20scope_all&state=st&nonce=no",
                "&code_challenge=",
                &challenge(secrets.verifier),
                "&code_challenge_method=S256&prompt=none"
            ]
            .concat()
        );
        assert!(!address.contains(secrets.verifier));
    }
}
