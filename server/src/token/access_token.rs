//! An access token comes back: is it ours, alive, and still standing?

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::{
    Confirmation,
    issue::{MACHINE, access_token_typ},
    store,
    verified::Verified,
};
use crate::{
    app::App,
    clients::GrantType,
    jose::{Audience, Compact},
    keys::KeySet,
    sessions::Means,
    tls::ClientCertificate,
};

/// A verified access token.
#[derive(Clone, Debug, Deserialize)]
pub struct AccessToken {
    /// When it expires.
    pub(super) exp: i64,
    /// Names it, behind the id of its grant.
    pub(super) jti: String,
    iss: String,
    typ: String,
    /// The client that it was issued to.
    pub azp: String,
    /// Whom it speaks of.
    pub sub: String,
    /// What it allows.
    pub scope: String,
    /// Whom it is for; PSC does not say.
    pub aud: Option<Audience>,
    /// The key that it is bound to.
    pub cnf: Option<Confirmation>,
    /// The national id; a service that acts for itself has none.
    #[serde(rename = "SubjectNameID", default)]
    pub national_id: Option<String>,
    #[serde(rename = "authMode", default)]
    auth_mode: String,
}

/// Why an access token is worth nothing.
#[derive(Debug, Error)]
pub enum AccessTokenError {
    /// Not ours, expired, or taken back.
    #[error("the access token is not active")]
    Inactive,
    /// Our fault.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl AccessToken {
    /// The means that the login was made with.
    pub fn means(&self) -> Option<Means> {
        self.auth_mode.parse().ok()
    }

    /// Whether it is for somebody: a token for a service's resource is not for
    /// our own (RFC 9068 §4).
    pub fn is_for(&self, name: &str) -> bool {
        self.aud.as_ref().is_none_or(|audience| audience.names(name))
    }

    /// Whether a service holds it for itself, and for no person.
    pub fn is_of_a_machine(&self) -> bool {
        self.grant_id() == MACHINE
    }

    fn grant_id(&self) -> &str {
        self.jti.split_once('.').map_or("", |(grant_id, _)| grant_id)
    }

    /// Whether whoever presents this token may: one that is bound to a
    /// certificate comes with it, or from a thief (RFC 8705 §3).
    pub fn comes_with(&self, app: &App, certificate: Option<&ClientCertificate>) -> bool {
        let Some(Confirmation::Certificate(thumbprint)) = &self.cnf else { return true };
        let client = app.clients.find(&self.azp);
        client
            .zip(certificate)
            .is_some_and(|(client, presented)| client.is_thumbprint_of(thumbprint, presented))
    }

    /// Whether the scope holds a word.
    pub fn allows(&self, word: &str) -> bool {
        self.scope.split(' ').any(|granted| granted == word)
    }
}

/// Verifies an access token and asks whether its grant still stands.
pub async fn verify_access_token(app: &App, text: &str) -> Result<AccessToken, AccessTokenError> {
    Ok(verified(app, text).await?.token.clone())
}

/// The same, with everything that it says.
pub(super) async fn verified(app: &App, text: &str) -> Result<Arc<Verified>, AccessTokenError> {
    let verified = read(app, text).await?.ok_or(AccessTokenError::Inactive)?;
    let token = &verified.token;
    let (now, jti) = (app.clock.now(), token.jti.as_str());
    let stands = if token.is_of_a_machine() {
        // Its client was found by `read`: it is what such a token rests on.
        !store::is_revoked(app, jti).await?
    } else {
        store::stands(app, token.grant_id(), jti, now).await?
    };
    if stands { Ok(verified) } else { Err(AccessTokenError::Inactive) }
}

/// Reads an access token of ours that has not expired, whether or not its
/// grant still stands.
pub(super) async fn read(app: &App, text: &str) -> anyhow::Result<Option<Arc<Verified>>> {
    let keys = app.keys.get(app).await?;
    let verified = match app.verified_tokens.find(text) {
        // A key may have been taken away since.
        Some(known) => keys.find(&known.kid).is_some().then_some(known),
        None => signed_by_us(&keys, text).map(Arc::new).inspect(|verified| {
            app.verified_tokens.put(text, Arc::clone(verified));
        }),
    };
    let Some(verified) = verified else { return Ok(None) };
    let token = &verified.token;
    let typ_fits = app.clients.find(&token.azp).is_some_and(|client| {
        let still_allowed =
            !token.is_of_a_machine() || client.may_use(GrantType::ClientCredentials);
        access_token_typ(&client) == verified.typ && still_allowed
    });
    let fits =
        typ_fits && token.typ == "Bearer" && token.iss == app.issuer && app.clock.now() < token.exp;
    Ok(fits.then_some(verified))
}

fn signed_by_us(keys: &KeySet, text: &str) -> Option<Verified> {
    let compact = Compact::parse(text).ok()?;
    let key = compact.kid().and_then(|kid| keys.find(kid))?;
    // The two profiles write two `typ`; each is taken from its own clients only.
    ["at+jwt", "JWT"].into_iter().find_map(|typ| {
        let claims: Value = compact.verified(key, typ).ok()?;
        let token = AccessToken::deserialize(&claims).ok()?;
        Some(Verified { kid: key.kid().to_owned(), typ, token, claims: Arc::new(claims) })
    })
}
