//! `grant_type=authorization_code` (RFC 6749 §4.1.3, RFC 7636).

use super::{
    audience, binding,
    code::{Code, CodeError},
    grant::Grant,
    issue::{self, Tokens},
    store,
};
use crate::{
    app::App,
    audit::{Event, Kind},
    back_channel::Authenticated,
    error::{Error, ErrorCode},
    sessions,
};

/// Redeems a code, once.
pub(super) async fn redeem(app: &App, call: &Authenticated) -> Result<Tokens, Error> {
    let Authenticated { client, parameters, jkt, .. } = call;
    let confirmation = binding::of_call(call)?;
    let code = parameters
        .one("code")?
        .ok_or(Error::Refused(ErrorCode::InvalidRequest, "code is missing."))?;
    let now = app.clock.now();
    let code = Code::open(&app.sealer, code).ok_or(CodeError::Unknown)?;
    let checked = code.check(
        &client.client_id,
        parameters.one("redirect_uri")?,
        parameters.one("code_verifier")?,
        jkt.as_deref(),
        now,
    );
    if let Err(refusal) = checked {
        // A replay may come after the code has expired: it still takes down
        // what the code was exchanged for (RFC 6749 §4.1.2), but only when its
        // own client replays it, or anybody who saw a code could log people out.
        if code.client_id == client.client_id && refusal == CodeError::Unknown {
            store::revoke(app, &code.id, reused(&code)).await?;
        }
        return Err(refusal.into());
    }

    let session = sessions::find(app, &code.sid).await?;
    let session = session
        .ok_or(Error::Refused(ErrorCode::InvalidGrant, "The session of this code has ended."))?;
    let person = app.directory.find(&code.national_id).ok_or(Error::Refused(
        ErrorCode::InvalidGrant,
        "The professional is no longer in the directory.",
    ))?;
    let resources =
        audience::narrowed(&code.resources, client, &app.issuer, parameters.all("resource"))?;
    let grant = Grant {
        id: code.id,
        sid: code.sid,
        client_id: code.client_id,
        national_id: code.national_id,
        scope: code.scope,
        nonce: code.nonce,
        acr: code.acr,
        generation: 0,
        rotated_at: now,
        last_used_at: now,
        expires_at: session.expires_at,
        revoked: false,
        resources: code.resources,
        confirmation,
    };
    if !store::insert(app, &grant).await? {
        store::revoke(app, &grant.id, store::about(&grant, Kind::CodeReused)).await?;
        return Err(Error::Refused(
            ErrorCode::InvalidGrant,
            "The code was already used: what it was exchanged for is revoked.",
        ));
    }
    let session = sessions::touch(app, session).await?;
    Ok(issue::tokens(app, client, &Grant { resources, ..grant }, &session, person).await?)
}

fn reused(code: &Code) -> Event {
    Event::of(Kind::CodeReused)
        .person(&code.national_id)
        .client(&code.client_id)
        .session(&code.sid)
        .reason("expired")
}

impl From<CodeError> for Error {
    fn from(error: CodeError) -> Self {
        let description = match error {
            CodeError::Unknown => "The code is unknown or has expired.",
            CodeError::ForeignClient => "The code was given to another client.",
            CodeError::RedirectUri => "redirect_uri is not the one of the authorization request.",
            CodeError::Verifier => "code_verifier is missing, or does not match code_challenge.",
            CodeError::Key => "The code is bound to another DPoP key.",
            CodeError::Downgrade => {
                "code_verifier was sent, but the authorization request had no code_challenge."
            }
        };
        Self::Refused(ErrorCode::InvalidGrant, description)
    }
}
