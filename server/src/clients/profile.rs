//! The rules in which the two profiles differ: one named rule a line.
//!
//! There is one pipeline. Where it could be strict or lenient it asks
//! [`Rules`], and nothing else asks which profile a client has.

use serde::Deserialize;

/// How a client is treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The standards, strictly.
    #[default]
    Openid,
    /// The observed behaviour of the real Pro Santé Connect.
    Psc,
}

/// Each leniency by its name; all `false` is the strict pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// A request without `code_challenge` is accepted (psc-protocol §4.1).
    pub pkce_is_optional: bool,
    /// A request without `scope=openid` is treated as if it had it (§7.5).
    pub openid_is_implied: bool,
    /// Scopes that we do not know are dropped rather than refused (§4.1).
    pub unknown_scopes_are_dropped: bool,
    /// Basic and form credentials may both be sent when they agree (§3).
    pub credentials_may_be_sent_twice: bool,
    /// `acr` repeats the level that was asked for, `eidas1` by default (§4.1).
    pub acr_echoes_the_request: bool,
    /// The access token has no `aud` and `typ` is `Bearer` (§6.2).
    pub access_token_has_no_audience: bool,
    /// The refresh token is a JWT that clients decode (§6.3).
    pub refresh_token_is_a_jwt: bool,
    /// Introspection repeats every claim of the token (§9).
    pub introspection_repeats_the_token: bool,
    /// `x5t#S256` is base64 of the digest's hexadecimal text (§1).
    pub thumbprint_is_hexadecimal: bool,
    /// `nonce` is an empty string when none was sent (§6.4).
    pub nonce_is_never_absent: bool,
    /// In CIBA `binding_message` is two digits and nothing else (§12.1).
    pub binding_message_is_two_digits: bool,
    /// In CIBA a poll is answered at once, never held (§12.2).
    pub polls_are_answered_at_once: bool,
    /// `error_description` is what PSC's software says (§5.4, §9, §12).
    pub errors_say_what_psc_says: bool,
}

impl Profile {
    /// The rules of this profile.
    pub fn rules(self) -> Rules {
        let psc = self == Self::Psc;
        Rules {
            pkce_is_optional: psc,
            openid_is_implied: psc,
            unknown_scopes_are_dropped: psc,
            credentials_may_be_sent_twice: psc,
            acr_echoes_the_request: psc,
            access_token_has_no_audience: psc,
            refresh_token_is_a_jwt: psc,
            introspection_repeats_the_token: psc,
            thumbprint_is_hexadecimal: psc,
            nonce_is_never_absent: psc,
            binding_message_is_two_digits: psc,
            polls_are_answered_at_once: psc,
            errors_say_what_psc_says: psc,
        }
    }
}
