//! The end of a login: an approval becomes a session, once, and the service
//! gets its code.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{pending, progress, store, visitor, waiting};
use crate::{
    app::App,
    authorize::{self, Answer, redirect},
    browser::same_site,
    ecps,
    pages::{ErrorPage, Visit, WaitState},
    sessions::{self, Authentication, Means, Session},
};

/// GET: it changes nothing that a stranger could want, for the approval is the
/// person's and the cookie this browser's; and a page without JavaScript can
/// come here by itself.
pub(super) async fn complete(
    State(app): State<App>,
    Path(handle): Path<String>,
    headers: HeaderMap,
    visit: Visit,
) -> Response {
    if !same_site(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let login = match visitor::login(&app, &headers, &handle, &visit).await {
        Ok(login) => login,
        Err(page) => return *page,
    };
    end(&app, &login, &headers, &visit)
        .await
        .unwrap_or_else(|cause| ErrorPage::internal(&cause).render(&visit))
}

async fn end(
    app: &App,
    login: &pending::Login,
    headers: &HeaderMap,
    visit: &Visit,
) -> anyhow::Result<Response> {
    let progress = progress::of(app, login).await?;
    match (progress.state, progress.approved) {
        (WaitState::Approved, Some(rid)) => {
            let Some(approved) = ecps::approved(app, &rid).await? else {
                return Ok(redirect(&format!("/login/{}/wait", login.handle)));
            };
            let authentication = Authentication {
                national_id: approved.national_id,
                means: Means::Mobile,
                acr: ecps::LEVEL,
                amr: ecps::AMR.iter().map(|word| (*word).to_owned()).collect(),
                auth_time: approved.auth_time,
                device_id: Some(approved.device_id),
            };
            let consume = ecps::consume(&rid, &login.id, &login.browser_digest, app.clock.now());
            finish(app, login, authentication, consume, headers, visit).await
        }
        (WaitState::LoginFinished, _) => again(app, login, headers, visit).await,
        _ => Ok(redirect(&format!("/login/{}/wait", login.handle))),
    }
}

/// Ends a login in one transaction: the approval is consumed, the session
/// made, the record closed; or nothing of it.
pub(super) async fn finish(
    app: &App,
    login: &pending::Login,
    authentication: Authentication,
    mut statements: Vec<crate::database::Statement>,
    headers: &HeaderMap,
    visit: &Visit,
) -> anyhow::Result<Response> {
    let previous = sessions::current(app, headers).await?;
    let other = previous
        .as_ref()
        .filter(|it| it.authentication.national_id != authentication.national_id)
        .map(|it| it.sid.clone());
    let started = sessions::start(app, authentication, previous.as_ref());
    statements.push(started.keep);
    statements.push(store::finish(login, &started.session.sid, app.clock.now()));
    if !app.database.all_or_nothing(statements).await? {
        // A double click: the other call was faster. This browser will hold
        // its cookie in a moment, or has lost it and must start again.
        return Ok(waiting::page(app, login, WaitState::LoginFinished, headers, visit, None));
    }
    if let Some(sid) = other {
        // One browser, one person: the other one's session ends here.
        sessions::end(app, &sid).await?;
    }
    tracing::info!(
        target: "audit",
        event = "login",
        person = started.session.authentication.national_id,
        client = login.request.client_id,
        sid = started.session.sid,
        means = started.session.authentication.means.as_str(),
        acr = started.session.authentication.acr.as_str(),
    );
    let mut response = answer(app, login, &started.session, visit)?;
    response.headers_mut().append(header::SET_COOKIE, started.cookie);
    Ok(response)
}

/// The page came here twice (double click, reload, back button): the browser
/// that holds the session of this login gets a code for it, nobody else.
async fn again(
    app: &App,
    login: &pending::Login,
    headers: &HeaderMap,
    visit: &Visit,
) -> anyhow::Result<Response> {
    let session = sessions::current(app, headers).await?;
    match session.filter(|session| login.sid.as_deref() == Some(&session.sid)) {
        Some(session) if app.clock.now() < login.expires_at => answer(app, login, &session, visit),
        _ => Ok(waiting::page(app, login, WaitState::LoginFinished, headers, visit, None)),
    }
}

fn answer(
    app: &App,
    login: &pending::Login,
    session: &Session,
    visit: &Visit,
) -> anyhow::Result<Response> {
    let way = Answer::to(&login.request, &app.issuer);
    let Some(client) = app.clients.find(&login.request.client_id) else {
        anyhow::bail!("the client {:?} is no longer registered", login.request.client_id);
    };
    let code = authorize::give_code(app, &login.request, client, session)?;
    Ok(way.respond(&code, visit))
}
