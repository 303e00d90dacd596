//! `grant_type=refresh_token` (RFC 6749 §6).

use super::{
    audience, binding,
    grant::{Grant, GrantError, Presented},
    issue::{self, Tokens},
    refresh_token, store,
};
use crate::{
    app::App,
    audit::Kind,
    back_channel::Authenticated,
    error::{Error, ErrorCode},
    sessions,
};

/// Exchanges a refresh token for new tokens.
pub(super) async fn refresh(app: &App, call: &Authenticated) -> Result<Tokens, Error> {
    let Authenticated { client, parameters, .. } = call;
    let presented = parameters
        .one("refresh_token")?
        .ok_or(Error::Refused(ErrorCode::InvalidRequest, "refresh_token is missing."))?;
    let token = refresh_token::read(app, presented)?
        .filter(|token| !token.is_over(app.clock.now()))
        .ok_or(GrantError::Inactive)?;
    let grant = store::find(app, &token.grant_id).await?.ok_or(GrantError::Inactive)?;
    // Before the rest: who has not the key cannot take the grant down either.
    let confirmation = binding::of_refresh(call, &grant)?;
    let judged = grant.present(
        &client.client_id,
        client.is_public(),
        token.generation,
        &app.config.tokens,
        app.clock.now(),
    );
    if judged == Err(GrantError::Reused) {
        store::revoke(app, &grant.id, store::about(&grant, Kind::RefreshReused)).await?;
    }
    let judged = judged?;

    let session = sessions::find(app, &grant.sid).await?.ok_or(GrantError::Inactive)?;
    let person = app.directory.find(&grant.national_id).ok_or(GrantError::Inactive)?;
    let scope = narrowed(&grant.scope, parameters.one("scope")?)?;
    let resources =
        audience::narrowed(&grant.resources, client, &app.issuer, parameters.all("resource"))?;
    let grant = advance(app, grant, judged).await?;
    let session = sessions::touch(app, session).await?;
    Ok(issue::tokens(
        app,
        client,
        &Grant { scope, resources, confirmation, ..grant },
        &session,
        person,
    )
    .await?)
}

async fn advance(app: &App, grant: Grant, judged: Presented) -> Result<Grant, Error> {
    match judged {
        Presented::Keep => store::touch(app, grant).await?.ok_or(GrantError::Inactive.into()),
        Presented::Repeat => {
            app.audit.record(store::about(&grant, Kind::TokensRefreshed).reason("repeated"));
            Ok(grant)
        }
        Presented::Rotate { next } => {
            let now = app.clock.now();
            if store::rotate(app, &grant, next, now).await? {
                return Ok(Grant { generation: next, rotated_at: now, last_used_at: now, ..grant });
            }
            // Another call of the same client was faster by a hair: both get
            // the same successor.
            let now = store::find(app, &grant.id).await?;
            let now = now
                .filter(|now| !now.revoked && now.generation == next)
                .ok_or(GrantError::Inactive)?;
            app.audit.record(store::about(&now, Kind::TokensRefreshed).reason("repeated"));
            Ok(now)
        }
    }
}

/// A refresh may ask for less than was granted, never for more.
fn narrowed(granted: &str, asked: Option<&str>) -> Result<String, Error> {
    let Some(asked) = asked else { return Ok(granted.into()) };
    let within = asked.split(' ').all(|word| granted.split(' ').any(|known| known == word));
    if within {
        Ok(asked.into())
    } else {
        Err(Error::Refused(ErrorCode::InvalidScope, "scope asks for more than was granted."))
    }
}

impl From<GrantError> for Error {
    fn from(error: GrantError) -> Self {
        let description = match error {
            GrantError::Inactive => "The refresh token is not active.",
            GrantError::Reused => "The refresh token was already used: the grant is revoked.",
        };
        Self::Refused(ErrorCode::InvalidGrant, description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_may_shrink_and_never_grow() {
        assert_eq!(narrowed("openid scope_all", None).unwrap(), "openid scope_all");
        assert_eq!(narrowed("openid scope_all", Some("openid")).unwrap(), "openid");
        assert!(narrowed("openid", Some("openid scope_all")).is_err());
    }
}
