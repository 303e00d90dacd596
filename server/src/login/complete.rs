//! The end of a login: an approval becomes a session, once, and the service
//! gets its code.

use std::sync::Arc;

use anyhow::Context;
use axum::{http::header, response::Response};

use super::{here::Here, origin_of, progress, store, waiting};
use crate::{
    audit::{Actor, Event, Kind},
    authorize::{self, Outcome},
    browser::same_site,
    clients::Client,
    database::Statement,
    ecps,
    pages::WaitState,
    sessions::{self, Authentication, Session},
};

/// GET: it changes nothing that a stranger could want, for the approval is the
/// person's and the cookie this browser's; and a page without JavaScript can
/// come here by itself.
pub(super) async fn complete(here: Here) -> Response {
    if !same_site(&here.headers) {
        // The page says where the login stands, and goes on by itself.
        return here.redirect("/wait");
    }
    here.or_error(end(&here).await)
}

async fn end(here: &Here) -> anyhow::Result<Response> {
    let Here { app, login, .. } = here;
    let progress = progress::of(app, login).await?;
    match (progress.state, progress.approved) {
        (WaitState::Approved, Some(rid)) => {
            let Some(approved) = ecps::approved(app, &rid).await? else {
                return Ok(here.redirect("/wait"));
            };
            let consume = ecps::consume(&rid, &login.id, &login.browser_digest, app.clock.now());
            finish(here, approved.into(), consume).await
        }
        (WaitState::LoginFinished, _) => again(here).await,
        _ => Ok(here.redirect("/wait")),
    }
}

/// Ends a login in one transaction: the approval is consumed, the session
/// made, the record closed; or nothing of it.
pub(super) async fn finish(
    here: &Here,
    authentication: Authentication,
    mut statements: Vec<Statement>,
) -> anyhow::Result<Response> {
    let Here { app, login, .. } = here;
    let client = client_of(here)?;
    let Authentication { national_id, acr, .. } = &authentication;
    let shortcoming = authorize::shortcoming(&login.request, &client, national_id, *acr);
    if let Some((code, sentence)) = shortcoming {
        // The client is never given a lower level silently (Core §5.5.1.1).
        let failed = Event::of(Kind::LoginFailed)
            .person(&authentication.national_id)
            .client(&login.request.client_id)
            .means(authentication.means.as_str())
            .acr(authentication.acr.as_str())
            .reason(code);
        store::cancel(app, login, failed).await?;
        app.database.all_or_nothing(authorize::endings(app, &login.request)).await?;
        let refused = Outcome::Error(code, sentence);
        return authorize::respond(app, &login.request, &refused, &here.visit).await;
    }
    let previous = sessions::current(app, &here.headers).await?;
    let origin = origin_of(&here.headers, Some(here.peer.client));
    let started = sessions::start(app, authentication, Some(origin), previous.as_ref());
    let client_id = &login.request.client_id;
    statements.push(started.keep.audited(made(&started.session, previous.as_ref(), client_id)));
    statements.extend(authorize::endings(app, &login.request));
    let finish = store::finish(login, &started.session.sid, app.clock.now());
    let code = authorize::code_issued(&login.request, &client, &started.session);
    statements.push(finish.audited(code));
    if !app.database.all_or_nothing(statements).await? {
        // A double click: the other call was faster. This browser will hold
        // its cookie in a moment, or has lost it and must start again.
        return Ok(waiting::page(here, WaitState::LoginFinished, None));
    }
    if let Some(sid) = started.replaced {
        sessions::end(app, &sid, Actor::Person, "other person").await?;
    }
    let authentication = &started.session.authentication;
    app.metrics.login(authentication.means.as_str(), authentication.acr.as_str());
    let mut response = answer(here, &started.session).await?;
    for cookie in started.cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// A login, or the step of the same person to a higher level.
pub(crate) fn made(session: &Session, previous: Option<&Session>, client_id: &str) -> Event {
    let Authentication { national_id, means, acr, device_id, .. } = &session.authentication;
    let before = previous.filter(|before| before.sid == session.sid);
    let higher = before.is_some_and(|before| before.authentication.acr < *acr);
    let event = Event::of(if higher { Kind::StepUp } else { Kind::Login })
        .person(national_id)
        .client(client_id)
        .session(&session.sid)
        .means(means.as_str())
        .acr(acr.as_str());
    match device_id {
        Some(device_id) => event.device(device_id),
        None => event,
    }
}

/// Ends a login with a session that this browser has got since it began, when
/// the request is content with it.
pub(super) async fn from_session(here: &Here) -> anyhow::Result<Option<Response>> {
    let Here { app, login, headers, .. } = here;
    let Some(client) = app.clients.find(&login.request.client_id) else { return Ok(None) };
    let Some(session) = sessions::current(app, headers).await? else { return Ok(None) };
    let now = app.clock.now();
    if !authorize::is_good_enough(&login.request, &client, &session, now) {
        return Ok(None);
    }
    let mut ended = authorize::endings(app, &login.request);
    let code = authorize::code_issued(&login.request, &client, &session);
    ended.push(store::finish(login, &session.sid, now).audited(code));
    if !app.database.all_or_nothing(ended).await? {
        return Ok(None);
    }
    answer(here, &session).await.map(Some)
}

/// A second click of a double click comes within seconds.
const DOUBLE_CLICK: i64 = 5;

/// The page came here twice. The browser that holds the session of this login
/// gets another code at once, nobody else; later, its service has long used
/// its `state`, and the page says that the login is finished.
async fn again(here: &Here) -> anyhow::Result<Response> {
    let Here { app, login, headers, .. } = here;
    let session = sessions::current(app, headers).await?;
    match session.filter(|session| login.sid.as_deref() == Some(&session.sid)) {
        Some(session) if app.clock.now() - session.authentication.auth_time <= DOUBLE_CLICK => {
            let code = authorize::code_issued(&login.request, &*client_of(here)?, &session);
            app.audit.record(code.reason("double click"));
            answer(here, &session).await
        }
        _ => Ok(waiting::page(here, WaitState::LoginFinished, None)),
    }
}

fn client_of(Here { app, login, .. }: &Here) -> anyhow::Result<Arc<Client>> {
    let client = app.clients.find(&login.request.client_id);
    client.with_context(|| {
        format!("the client {:?} is no longer registered", login.request.client_id)
    })
}

async fn answer(here: &Here, session: &Session) -> anyhow::Result<Response> {
    let Here { app, login, visit, .. } = here;
    let client = client_of(here)?;
    let code = authorize::give_code(app, &login.request, &client, session)?;
    authorize::respond(app, &login.request, &code, visit).await
}
