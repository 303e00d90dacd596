//! The pages of a login.

use axum::{
    Router,
    extract::Query,
    http::header,
    response::Response,
    routing::{get, post},
};
use openpsc_protocol::ecps::RequestState;
use serde::Deserialize;

use super::{
    complete, ecps as ecps_pages,
    here::{Here, Posted},
    identifier, means, progress, store, waiting,
};
use crate::{
    app::App,
    audit::{Event, Kind},
    authorize::{self, Outcome},
    browser::{browser, csrf},
    ecps,
    pages::{LoginNotice, LoginPage, MeansLink, WaitState},
    sandbox,
};

/// Routes of this room; one click logs in nobody outside the sandbox.
pub fn router(app: &App) -> Router<App> {
    let router = Router::new()
        .route("/login/{handle}", get(page))
        .route("/login/{handle}/ecps/qr", get(ecps_pages::qr))
        .route("/login/{handle}/ecps/push", post(ecps_pages::push))
        .route("/login/{handle}/ecps/link", post(ecps_pages::link))
        .route("/login/{handle}/wait", get(waiting::wait))
        .route("/login/{handle}/state", get(waiting::state))
        .route("/login/{handle}/events", get(waiting::events))
        .route("/login/{handle}/complete", get(complete::complete))
        .route("/login/{handle}/cancel", post(cancel));
    match app.config.sandbox {
        Some(_) => router.route("/login/{handle}/sandbox", post(one_click)),
        None => router,
    }
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    notice: String,
}

/// GET /login/{handle}
async fn page(mut here: Here, Query(told): Query<Told>) -> Response {
    match fresh(&mut here).await {
        Ok(None) => landing(&here, LoginNotice::of(&told.notice)),
        Ok(Some(elsewhere)) => elsewhere,
        Err(cause) => here.or_error(Err(cause)),
    }
}

/// Coming back to the first page starts over: what was sent to a phone is
/// taken back, and a QR code that has ended is replaced.
async fn fresh(here: &mut Here) -> anyhow::Result<Option<Response>> {
    let progress = progress::of(&here.app, &here.login).await?;
    match progress.state {
        WaitState::Approved => return Ok(Some(here.redirect("/complete"))),
        _ if here.login.is_open(here.app.clock.now())
            && let Some(response) = complete::from_session(here).await? =>
        {
            // The person logged in meanwhile, in another tab.
            return Ok(Some(response));
        }
        _ if !here.login.is_open(here.app.clock.now()) => {
            return Ok(Some(waiting::page(here, progress.state, None)));
        }
        _ => {}
    }
    if let Some(rid) = here.login.rid.take() {
        ecps::cancel(&here.app, &rid).await?;
        store::set_rid(&here.app, &here.login, None).await?;
    }
    if let Some(rid) = &here.login.qr_rid {
        let view = ecps::view(&here.app, rid).await?;
        if view.is_none_or(|view| view.state != RequestState::Pending) {
            ecps::cancel(&here.app, rid).await?;
            here.login.qr_rid = None;
            store::set_qr_rid(&here.app, &here.login, None).await?;
        }
    }
    Ok(None)
}

/// Back to the first page, with a notice on top: a page that answered a form
/// could not be reloaded, nor shown in the other language.
pub(super) fn back(here: &Here, notice: LoginNotice, typed: &str) -> Response {
    let mut response = here.redirect(&format!("?notice={}", notice.as_str()));
    response.headers_mut().append(header::SET_COOKIE, identifier::typed_cookie(typed));
    response
}

fn landing(here: &Here, notice: Option<LoginNotice>) -> Response {
    let Here { app, login, headers, visit, .. } = here;
    let client = app.clients.find(&login.request.client_id);
    let remembered = identifier::read(headers);
    let remember = remembered.is_some();
    let national_id = identifier::read_typed(headers)
        .filter(|text| notice.is_some() && !text.is_empty())
        .or(remembered)
        .or_else(|| login.request.login_hint.clone())
        .unwrap_or_default();
    let link = |it: &means::Means| MeansLink {
        label: visit.language.text(it.label),
        href: format!("/login/{}{}", login.handle, it.path),
        current: it.path.is_empty(),
    };
    LoginPage {
        handle: login.handle.clone(),
        client_name: client.map(|client| client.client_name.clone()).unwrap_or_default(),
        csrf: csrf(app, &browser(headers).unwrap_or_default()),
        means: means::ALL.iter().map(link).collect(),
        notice,
        national_id,
        remember,
        push: app.config.ecps.push_start,
        identities: sandbox::identities(app),
        portal: app.config.sandbox.as_ref().map(|_| "/portal".to_owned()),
        return_to: login.request.redirect_uri.clone(),
        app_origin: app.config.ecps.app_url.clone(),
    }
    .render(visit)
}

/// POST …/sandbox: a test identity, at once.
async fn one_click(Posted { here, form }: Posted) -> Response {
    let national_id = form.one("national_id").ok().flatten().unwrap_or_default();
    let chosen = form.one("means").ok().flatten().unwrap_or_default();
    match sandbox::one_click(&here.app, national_id, chosen) {
        Some(authentication) => {
            here.or_error(complete::finish(&here, authentication, Vec::new()).await)
        }
        None => back(&here, LoginNotice::IdentifierInvalid, ""),
    }
}

/// POST …/cancel: back to the service, which learns that the person refused.
async fn cancel(Posted { here, .. }: Posted) -> Response {
    match give_up(&here).await {
        Ok(true) => {
            let refused = Outcome::Error("access_denied", "The person cancelled the login.");
            let answer =
                authorize::respond(&here.app, &here.login.request, &refused, &here.visit).await;
            here.or_error(answer)
        }
        Ok(false) => here.redirect(""),
        Err(cause) => here.or_error(Err(cause)),
    }
}

async fn give_up(Here { app, login, .. }: &Here) -> anyhow::Result<bool> {
    for rid in [&login.rid, &login.qr_rid].into_iter().flatten() {
        ecps::cancel(app, rid).await?;
    }
    let event = Event::of(Kind::LoginFailed).client(&login.request.client_id).reason("cancelled");
    let cancelled = store::cancel(app, login, event).await?;
    app.database.all_or_nothing(authorize::endings(app, &login.request)).await?;
    Ok(cancelled)
}
