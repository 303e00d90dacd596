//! The pages of a login.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::{get, post},
};
use openpsc_protocol::ecps::RequestState;

use super::{
    complete, ecps as ecps_pages, means, pending::Login, progress, store, visitor, waiting,
};
use crate::{
    app::App,
    authorize::{Answer, Outcome, redirect},
    browser::{browser, csrf, posted_here},
    ecps,
    pages::{ErrorKind, ErrorPage, LoginNotice, LoginPage, MeansLink, Visit, WaitState},
    parameters::Parameters,
    sandbox,
};

/// Routes of this room.
pub fn router() -> Router<App> {
    Router::new()
        .route("/login/{handle}", get(page))
        .route("/login/{handle}/ecps/qr", get(ecps_pages::qr))
        .route("/login/{handle}/ecps/push", post(ecps_pages::push))
        .route("/login/{handle}/ecps/link", post(ecps_pages::link))
        .route("/login/{handle}/wait", get(waiting::wait))
        .route("/login/{handle}/state", get(waiting::state))
        .route("/login/{handle}/events", get(waiting::events))
        .route("/login/{handle}/complete", get(complete::complete))
        .route("/login/{handle}/sandbox", post(one_click))
        .route("/login/{handle}/cancel", post(cancel))
}

/// GET /login/{handle}
async fn page(
    State(app): State<App>,
    Path(handle): Path<String>,
    headers: HeaderMap,
    visit: Visit,
) -> Response {
    let login = match visitor::login(&app, &headers, &handle, &visit).await {
        Ok(login) => login,
        Err(page) => return *page,
    };
    match fresh(&app, login, &headers, &visit).await {
        Ok(Ok(login)) => landing(&app, &login, &headers, &visit, None, "").await,
        Ok(Err(elsewhere)) => *elsewhere,
        Err(cause) => ErrorPage::internal(&cause).render(&visit),
    }
}

/// Coming back to the first page starts over: what was sent to a phone is
/// taken back, and a QR code that has ended is replaced.
async fn fresh(
    app: &App,
    mut login: Login,
    headers: &HeaderMap,
    visit: &Visit,
) -> anyhow::Result<Result<Login, Box<Response>>> {
    let progress = progress::of(app, &login).await?;
    match progress.state {
        WaitState::Approved | WaitState::LoginFinished => {
            return Ok(Err(Box::new(redirect(&format!("/login/{}/complete", login.handle)))));
        }
        _ if !login.is_open(app.clock.now()) => {
            let page = waiting::page(app, &login, progress.state, headers, visit, None);
            return Ok(Err(Box::new(page)));
        }
        _ => {}
    }
    if let Some(rid) = login.rid.take() {
        ecps::cancel(app, &rid).await?;
        store::set_rid(app, &login, None).await?;
    }
    if let Some(rid) = &login.qr_rid {
        let live = ecps::view(app, rid).await?.is_some_and(|it| it.state == RequestState::Pending);
        if !live {
            ecps::cancel(app, rid).await?;
            login.qr_rid = None;
            store::set_qr_rid(app, &login, None).await?;
        }
    }
    Ok(Ok(login))
}

/// The first page, perhaps with a notice on top.
pub(super) async fn landing(
    app: &App,
    login: &Login,
    headers: &HeaderMap,
    visit: &Visit,
    notice: Option<LoginNotice>,
    typed: &str,
) -> Response {
    let client = app.clients.find(&login.request.client_id);
    let remembered = visitor::identifier(headers);
    let remember = remembered.is_some();
    let national_id = Some(typed.to_owned())
        .filter(|text| !text.is_empty())
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

/// The login of a form that this browser posted, still open.
pub(super) async fn posted(
    app: &App,
    headers: &HeaderMap,
    handle: &str,
    form: &Parameters,
    visit: &Visit,
) -> Result<Login, Box<Response>> {
    let login = visitor::login(app, headers, handle, visit).await?;
    if !posted_here(app, headers, form) {
        let page = ErrorPage {
            status: StatusCode::FORBIDDEN,
            kind: ErrorKind::Request,
            code: "invalid_request".into(),
            description: "The form does not come from a page of this login: its csrf token is missing or wrong.".into(),
            reference: crate::secret::random_token()[..8].to_owned(),
            details: Vec::new(),
            service: visitor::service_of(&login.request.redirect_uri),
        };
        return Err(Box::new(page.render(visit)));
    }
    if !login.is_open(app.clock.now()) {
        return Err(Box::new(redirect(&format!("/login/{handle}"))));
    }
    Ok(login)
}

/// POST …/sandbox: a test identity, at once.
async fn one_click(
    State(app): State<App>,
    Path(handle): Path<String>,
    headers: HeaderMap,
    visit: Visit,
    body: Bytes,
) -> Response {
    let form = Parameters::parse(&body);
    let login = match posted(&app, &headers, &handle, &form, &visit).await {
        Ok(login) => login,
        Err(page) => return *page,
    };
    let national_id = form.one("national_id").ok().flatten().unwrap_or_default();
    let chosen = form.one("means").ok().flatten().unwrap_or_default();
    let Some(authentication) = sandbox::one_click(&app, national_id, chosen) else {
        return landing(&app, &login, &headers, &visit, Some(LoginNotice::IdentifierInvalid), "")
            .await;
    };
    complete::finish(&app, &login, authentication, Vec::new(), &headers, &visit)
        .await
        .unwrap_or_else(|cause| ErrorPage::internal(&cause).render(&visit))
}

/// POST …/cancel: back to the service, which learns that the person refused.
async fn cancel(
    State(app): State<App>,
    Path(handle): Path<String>,
    headers: HeaderMap,
    visit: Visit,
    body: Bytes,
) -> Response {
    let form = Parameters::parse(&body);
    let login = match posted(&app, &headers, &handle, &form, &visit).await {
        Ok(login) => login,
        Err(page) => return *page,
    };
    match give_up(&app, &login).await {
        Ok(true) => {
            let refused = Outcome::Error("access_denied", "The person cancelled the login.");
            Answer::to(&login.request, &app.issuer).respond(&refused, &visit)
        }
        Ok(false) => redirect(&format!("/login/{handle}")),
        Err(cause) => ErrorPage::internal(&cause).render(&visit),
    }
}

async fn give_up(app: &App, login: &Login) -> anyhow::Result<bool> {
    for rid in [&login.rid, &login.qr_rid].into_iter().flatten() {
        ecps::cancel(app, rid).await?;
    }
    store::cancel(app, login).await
}
