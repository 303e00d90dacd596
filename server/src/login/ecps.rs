//! The e-CPS on the login page: the QR code, the number, the link.

use std::net::SocketAddr;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{origin, pending::Login, routes, store, visitor};
use crate::{
    app::App,
    authorize::redirect,
    browser::same_site,
    directory::NationalId,
    ecps::{self, Asking, StartError},
    pages::{ErrorPage, LoginNotice, Qr, Visit},
    parameters::Parameters,
    serve::Peer,
};

/// Says to the e-CPS room who asks, and from where.
struct Asker {
    client_name: String,
    origin: openpsc_protocol::ecps::Origin,
    address: String,
}

impl Asker {
    fn of(app: &App, login: &Login, headers: &HeaderMap, peer: SocketAddr) -> Self {
        let client = app.clients.find(&login.request.client_id);
        Self {
            client_name: client.map(|client| client.client_name.clone()).unwrap_or_default(),
            origin: origin::of(headers, Some(peer)),
            address: peer.ip().to_string(),
        }
    }

    fn asking<'a>(&'a self, app: &App, login: &'a Login, visit: &'a Visit) -> Asking<'a> {
        let client = app.clients.find(&login.request.client_id);
        let minimum = client.and_then(|client| client.minimum_level);
        Asking {
            login_id: &login.id,
            browser_digest: &login.browser_digest,
            client_id: &login.request.client_id,
            client_name: &self.client_name,
            acr: login.request.acr_values.iter().copied().min().max(minimum),
            lang: visit.language.as_str(),
            origin: self.origin.clone(),
            address: &self.address,
        }
    }
}

/// GET …/ecps/qr: the code of this second.
pub(super) async fn qr(
    State(app): State<App>,
    Path(handle): Path<String>,
    peer: Peer,
    headers: HeaderMap,
    visit: Visit,
) -> Response {
    let Ok(login) = visitor::login(&app, &headers, &handle, &visit).await else {
        return StatusCode::FORBIDDEN.into_response();
    };
    if !login.is_open(app.clock.now()) || !same_site(&headers) {
        return StatusCode::GONE.into_response();
    }
    match draw(&app, &login, &headers, peer.address, &visit).await {
        Ok(Some(qr)) => ([(header::CACHE_CONTROL, "no-store")], Json(qr)).into_response(),
        Ok(None) => StatusCode::GONE.into_response(),
        Err(StartError::TooMany { .. }) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Err(StartError::Internal(cause)) => ErrorPage::internal(&cause).render(&visit),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn draw(
    app: &App,
    login: &Login,
    headers: &HeaderMap,
    peer: SocketAddr,
    visit: &Visit,
) -> Result<Option<Qr>, StartError> {
    let rid = match &login.qr_rid {
        Some(rid) => rid.clone(),
        None => {
            let asker = Asker::of(app, login, headers, peer);
            let rid = ecps::start_qr(app, &asker.asking(app, login, visit)).await?;
            store::set_qr_rid(app, login, Some(&rid)).await?;
            app.wake.notify(&login.id);
            rid
        }
    };
    let text = ecps::draw_qr(app, &rid).await?;
    Ok(text.map(|text| Qr::of(&text)).transpose()?)
}

/// POST …/ecps/push: to the phone of this identifier.
pub(super) async fn push(
    State(app): State<App>,
    Path(handle): Path<String>,
    peer: Peer,
    headers: HeaderMap,
    visit: Visit,
    body: Bytes,
) -> Response {
    let form = Parameters::parse(&body);
    let login = match routes::posted(&app, &headers, &handle, &form, &visit).await {
        Ok(login) => login,
        Err(page) => return *page,
    };
    let typed = form.one("national_id").ok().flatten().unwrap_or_default();
    let compact: String = typed.chars().filter(|it| !it.is_whitespace()).collect();
    let Ok(national_id) = compact.parse::<NationalId>() else {
        return routes::landing(
            &app,
            &login,
            &headers,
            &visit,
            Some(LoginNotice::IdentifierInvalid),
            typed,
        )
        .await;
    };
    let asker = Asker::of(&app, &login, &headers, peer.address);
    let started =
        ecps::start_push(&app, &asker.asking(&app, &login, &visit), national_id.as_str()).await;
    let notice = match started {
        Ok(started) => {
            if let Err(cause) = store::set_rid(&app, &login, Some(&started.rid)).await {
                return ErrorPage::internal(&cause).render(&visit);
            }
            let mut response = redirect(&format!("/login/{handle}/wait"));
            let remembered = form.has("remember").then_some(national_id.as_str());
            response
                .headers_mut()
                .append(header::SET_COOKIE, visitor::identifier_cookie(remembered));
            return response;
        }
        Err(StartError::TooMany { .. }) => LoginNotice::TooManyRequests,
        Err(StartError::Off) => LoginNotice::PushRefused,
        Err(StartError::NoPhone) => LoginNotice::NoPhone,
        Err(StartError::Internal(cause)) => return ErrorPage::internal(&cause).render(&visit),
    };
    routes::landing(&app, &login, &headers, &visit, Some(notice), typed).await
}

/// POST …/ecps/link: the e-CPS is on this very device.
pub(super) async fn link(
    State(app): State<App>,
    Path(handle): Path<String>,
    peer: Peer,
    headers: HeaderMap,
    visit: Visit,
    body: Bytes,
) -> Response {
    let form = Parameters::parse(&body);
    let login = match routes::posted(&app, &headers, &handle, &form, &visit).await {
        Ok(login) => login,
        Err(page) => return *page,
    };
    let asker = Asker::of(&app, &login, &headers, peer.address);
    match ecps::start_link(&app, &asker.asking(&app, &login, &visit)).await {
        Ok(started) => match store::set_rid(&app, &login, Some(&started.rid)).await {
            Ok(()) => {
                app.wake.notify(&login.id);
                if let Some(qr_rid) = &login.qr_rid {
                    app.wake.notify(&ecps::wake_key(qr_rid));
                }
                redirect(&started.link)
            }
            Err(cause) => ErrorPage::internal(&cause).render(&visit),
        },
        Err(StartError::Internal(cause)) => ErrorPage::internal(&cause).render(&visit),
        Err(_) => {
            let notice = Some(LoginNotice::TooManyRequests);
            routes::landing(&app, &login, &headers, &visit, notice, "").await
        }
    }
}
