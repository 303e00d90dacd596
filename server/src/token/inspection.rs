//! What a token of ours says, for those who may ask and those who give it back.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    access_token::{self, AccessTokenError},
    grant::Presented,
    refresh_token, store,
};
use crate::{
    app::App,
    audit::{self, Event},
    clients::Client,
    secret::from_base64url,
    sessions,
};

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For an API.
    Access,
    /// For the token endpoint.
    Refresh,
}

/// A token that is good at this moment.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// Which of the two it is.
    pub kind: Kind,
    /// Who it was issued to.
    pub client_id: String,
    /// The professional, if it speaks of one.
    pub username: Option<String>,
    /// Everything that it says.
    pub claims: Arc<Value>,
}

/// Reads a token of either kind and asks everything that it rests on: its
/// grant, its session, its client, its person.
pub async fn inspect(app: &App, text: &str) -> anyhow::Result<Option<Inspected>> {
    match access_token::verified(app, text).await {
        Ok(verified) => {
            let token = &verified.token;
            let gone = |id: &String| app.directory.find(id).is_none();
            if token.national_id.as_ref().is_some_and(gone) {
                return Ok(None);
            }
            Ok(Some(Inspected {
                kind: Kind::Access,
                client_id: token.azp.clone(),
                username: token.national_id.clone(),
                claims: Arc::clone(&verified.claims),
            }))
        }
        Err(AccessTokenError::Inactive) => inspect_refresh_token(app, text).await,
        Err(AccessTokenError::Internal(cause)) => Err(cause),
    }
}

async fn inspect_refresh_token(app: &App, text: &str) -> anyhow::Result<Option<Inspected>> {
    let token = refresh_token::read(app, text)?;
    let Some(token) = token.filter(|token| !token.is_over(app.clock.now())) else {
        return Ok(None);
    };
    let Some(grant) = store::find(app, &token.grant_id).await? else { return Ok(None) };
    let Some(client) = app.clients.find(&grant.client_id) else { return Ok(None) };
    let settings = &app.config.tokens;
    let presented = grant.present(
        &grant.client_id,
        client.is_public(),
        token.generation,
        settings,
        app.clock.now(),
    );
    // A spent one that a lost answer would excuse is not good: it has a successor.
    let current = matches!(presented, Ok(Presented::Keep | Presented::Rotate { .. }));
    let Some(session) = sessions::find(app, &grant.sid).await? else { return Ok(None) };
    if !current || app.directory.find(&grant.national_id).is_none() {
        return Ok(None);
    }
    let claims = match payload(text) {
        Some(claims) => claims,
        None => serde_json::to_value(refresh_token::claims(
            app,
            &grant,
            grant.idle_with(app, &session),
        ))?,
    };
    Ok(Some(Inspected {
        kind: Kind::Refresh,
        client_id: grant.client_id,
        username: Some(grant.national_id),
        claims: Arc::new(claims),
    }))
}

/// The claims of a token that has been verified.
fn payload(text: &str) -> Option<Value> {
    let claims: Map<String, Value> =
        serde_json::from_slice(&from_base64url(text.split('.').nth(1)?)?).ok()?;
    Some(claims.into())
}

/// Takes back a token of this client's own: a refresh token with everything
/// that its grant gave, an access token alone (RFC 7009 §2.1).
pub async fn revoke(app: &App, client: &Client, text: &str) -> anyhow::Result<()> {
    if let Some(token) = refresh_token::read(app, text)? {
        // Spent generations too: whoever gives one back wants an end of it all.
        let grant = store::find(app, &token.grant_id).await?;
        if let Some(grant) = grant.filter(|grant| grant.client_id == client.client_id) {
            let event = store::about(&grant, audit::Kind::GrantRevoked);
            store::revoke(app, &token.grant_id, event).await?;
        }
        return Ok(());
    }
    let verified = access_token::read(app, text).await?;
    let token = verified.as_ref().map(|verified| &verified.token);
    if let Some(token) = token.filter(|token| token.azp == client.client_id) {
        let event = Event::of(audit::Kind::TokenRevoked).client(&client.client_id);
        store::revoke_access_token(app, &token.jti, token.exp, event).await?;
    }
    Ok(())
}
