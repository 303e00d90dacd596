//! `grant_type=urn:openid:params:grant-type:ciba` (CIBA Core §10.1).
//!
//! No browser takes part, so the session that the tokens live under is one
//! that no browser holds: its cookie is given to nobody. It lives and ends as
//! any other does, and the person sees it among theirs.

use super::{
    audience, binding,
    code::Code,
    grant::Grant,
    issue::{self, Tokens},
    store,
};
use crate::{
    app::App,
    audit::{Event, Kind},
    authorize::told_level,
    back_channel::Authenticated,
    ciba::{self, PollError},
    error::{Error, ErrorCode},
    sessions,
};

/// Exchanges an approved request, once.
pub(super) async fn redeem(app: &App, call: &Authenticated) -> Result<Tokens, Error> {
    let Authenticated { client, parameters, .. } = call;
    let confirmation = binding::of_call(call)?;
    let auth_req_id = parameters
        .one("auth_req_id")?
        .ok_or(Error::Refused(ErrorCode::InvalidRequest, "auth_req_id is missing."))?;
    // Before the poll: what is refused here must not use the approval up.
    let resources = audience::narrowed(&[], client, &app.issuer, parameters.all("resource"))?;
    let allowed = match ciba::poll(app, client, auth_req_id).await {
        Ok(allowed) => allowed,
        Err(refusal) => return Err(refused(app, &client.client_id, refusal).await),
    };
    let authentication = &allowed.authentication;
    let Some(person) = app.directory.find(&authentication.national_id) else {
        return Err(Error::Refused(
            ErrorCode::AccessDenied,
            "The professional is no longer in the directory.",
        ));
    };
    let now = app.clock.now();
    let started = sessions::start(app, authentication.clone(), None, None);
    let session = started.session;
    let grant = Grant {
        id: Code::new_id(),
        sid: session.sid.clone(),
        client_id: client.client_id.clone(),
        national_id: authentication.national_id.clone(),
        scope: allowed.scope.clone(),
        nonce: None,
        acr: told_level(&allowed.acr_values, client, authentication.acr),
        generation: 0,
        rotated_at: now,
        last_used_at: now,
        expires_at: session.expires_at,
        revoked: false,
        confirmation,
        resources: Vec::new(),
    };
    let mut steps = ciba::redeemed(&allowed, client, &grant.id, now);
    let login = store::about(&grant, Kind::Login)
        .means(authentication.means.as_str())
        .acr(authentication.acr.as_str());
    steps.push(started.keep.audited(login));
    steps.push(store::kept(&grant)?.audited(store::about(&grant, Kind::CibaRedeemed)));
    if !app.database.all_or_nothing(steps).await? {
        // Another call was faster, or the phone was given up meanwhile.
        let refusal = ciba::why_not(app, client, &allowed).await;
        return Err(refused(app, &client.client_id, refusal).await);
    }
    Ok(issue::tokens(app, client, &Grant { resources, ..grant }, &session, person).await?)
}

async fn refused(app: &App, client_id: &str, refusal: PollError) -> Error {
    let (code, description) = match refusal {
        PollError::Internal(cause) => return Error::Internal(cause),
        PollError::Replayed { grant_id } => {
            // Whoever comes second holds a copy (C18), as with a code.
            let event = Event::of(Kind::CibaReused).client(client_id);
            if let Err(cause) = store::revoke(app, &grant_id, event).await {
                return Error::Internal(cause);
            }
            (
                ErrorCode::InvalidGrant,
                "The auth_req_id was already used: what it was exchanged for is revoked.",
            )
        }
        PollError::Unknown => {
            (ErrorCode::InvalidGrant, "The auth_req_id is unknown, or was given to another client.")
        }
        PollError::Expired => {
            (ErrorCode::ExpiredToken, "The request has expired: start another one.")
        }
        PollError::Denied(why) => (ErrorCode::AccessDenied, why),
        PollError::Pending => {
            (ErrorCode::AuthorizationPending, "The person has not answered yet: ask again later.")
        }
        PollError::SlowDown => {
            (ErrorCode::SlowDown, "The interval was not kept: from now on it is 5 seconds longer.")
        }
        PollError::Hammered => (
            ErrorCode::InvalidRequest,
            "The interval was not kept, again and again, in spite of slow_down.",
        ),
    };
    Error::Refused(code, description)
}
