//! A token that is used: did it come in the way that its binding demands?

use axum::http::{HeaderMap, header};

use super::call::{Call, Refusal, prove};
use crate::{
    app::App,
    token::{AccessToken, Confirmation},
};

/// How a token came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// For whoever holds it.
    Bearer,
    /// With a proof.
    Dpop,
}

/// A token as it was presented.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The token.
    pub token: &'a str,
    /// How it came.
    pub scheme: Scheme,
}

impl<'a> Presented<'a> {
    /// The token of the `Authorization` header. The scheme is compared without
    /// case (RFC 9110 §11.1).
    pub fn in_header(headers: &'a HeaderMap) -> Option<Self> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        let scheme = match scheme {
            it if it.eq_ignore_ascii_case("bearer") => Scheme::Bearer,
            it if it.eq_ignore_ascii_case("dpop") => Scheme::Dpop,
            _ => return None,
        };
        Some(Self { token, scheme })
    }

    /// Whether whoever presents this token may use it: a bound one needs a proof
    /// of its key, and is never taken as a bearer's (RFC 9449 §7.1, §7.2).
    pub async fn holds(
        self,
        app: &App,
        token: &AccessToken,
        method: &str,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<(), Refusal> {
        let bound = match &token.cnf {
            Some(Confirmation::Jkt(jkt)) => Some(jkt),
            Some(Confirmation::Certificate(_)) | None => None,
        };
        match (self.scheme, bound) {
            (Scheme::Bearer, None) => Ok(()),
            (Scheme::Bearer, Some(_)) => {
                Err(Refusal::Broken("This token is bound to a key: use the DPoP scheme."))
            }
            (Scheme::Dpop, None) => {
                Err(Refusal::Broken("This token is not bound to a key: use the Bearer scheme."))
            }
            (Scheme::Dpop, Some(jkt)) => {
                let client = app.clients.find(&token.azp);
                let nonce_wanted = app.config.dpop.require_nonce
                    || client.is_some_and(|client| client.demands.dpop_nonce);
                let access_token = Some(self.token);
                let call = Call { method, path, headers, access_token, nonce_wanted };
                match prove(app, call).await? {
                    Some(proved) if proved == *jkt => Ok(()),
                    Some(_) => Err(Refusal::Broken("This token is bound to another key.")),
                    None => Err(Refusal::Broken("The DPoP proof is missing.")),
                }
            }
        }
    }
}
