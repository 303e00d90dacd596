//! An access token comes back: is it ours, alive, and still standing?

use serde::Deserialize;
use thiserror::Error;

use super::{Confirmation, issue::access_token_typ, store};
use crate::{
    app::App,
    jose::{Audience, Compact},
    sessions::Means,
};

/// A verified access token.
#[derive(Clone, Debug, Deserialize)]
pub struct AccessToken {
    exp: i64,
    jti: String,
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
    /// The national id.
    #[serde(rename = "SubjectNameID")]
    pub national_id: String,
    #[serde(rename = "authMode")]
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

    /// Whether the scope holds a word.
    pub fn allows(&self, word: &str) -> bool {
        self.scope.split(' ').any(|granted| granted == word)
    }
}

/// Verifies an access token and asks whether its grant still stands.
pub async fn verify_access_token(app: &App, text: &str) -> Result<AccessToken, AccessTokenError> {
    let token = read(app, text).await?.ok_or(AccessTokenError::Inactive)?;
    let grant_id = token.jti.split_once('.').map_or("", |(grant_id, _)| grant_id);
    if !store::stands(app, grant_id, app.clock.now()).await? {
        return Err(AccessTokenError::Inactive);
    }
    Ok(token)
}

async fn read(app: &App, text: &str) -> anyhow::Result<Option<AccessToken>> {
    let keys = app.keys.get(app).await?;
    let Ok(compact) = Compact::parse(text) else { return Ok(None) };
    let Some(key) = compact.kid().and_then(|kid| keys.find(kid)) else { return Ok(None) };
    // The two profiles write two `typ`; each is taken from its own clients only.
    let token = ["at+jwt", "JWT"]
        .into_iter()
        .find_map(|typ| Some((typ, compact.verified::<AccessToken>(key, typ).ok()?)));
    let Some((typ, token)) = token else { return Ok(None) };
    let typ_fits =
        app.clients.find(&token.azp).is_some_and(|client| access_token_typ(client) == typ);
    let fits =
        typ_fits && token.typ == "Bearer" && token.iss == app.issuer && app.clock.now() < token.exp;
    Ok(fits.then_some(token))
}
