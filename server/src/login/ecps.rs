//! The e-CPS on the login page: the QR code, the number, the link.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    here::{Here, Posted},
    identifier, origin, routes, store,
};
use crate::{
    authorize::redirect,
    browser::same_site,
    directory::{NationalId, Origin},
    ecps::{self, Asking, StartError},
    pages::{ErrorPage, LoginNotice, Qr},
};

/// Says to the e-CPS room who asks, and from where.
struct Asker {
    client_name: String,
    origin: openpsc_protocol::ecps::Origin,
    address: String,
    acr: Option<openpsc_protocol::level::Level>,
}

impl Asker {
    fn of(Here { app, login, headers, peer, .. }: &Here) -> Self {
        let client = app.clients.find(&login.request.client_id);
        let minimum = client.as_ref().and_then(|client| client.minimum_level);
        Self {
            client_name: client.map(|client| client.client_name.clone()).unwrap_or_default(),
            origin: origin::origin_of(headers, Some(peer.client)),
            address: peer.network(),
            acr: login.request.acr_values.iter().copied().min().max(minimum),
        }
    }

    fn asking<'a>(&'a self, here: &'a Here) -> Asking<'a> {
        Asking {
            login_id: &here.login.id,
            browser_digest: &here.login.browser_digest,
            client_id: &here.login.request.client_id,
            client_name: &self.client_name,
            acr: self.acr,
            lang: here.visit.language.as_str(),
            origin: self.origin.clone(),
            address: &self.address,
        }
    }
}

/// GET …/ecps/qr: the code of this second.
pub(super) async fn qr(here: Here) -> Response {
    if !here.login.is_open(here.app.clock.now()) || !same_site(&here.headers) {
        return gone();
    }
    match draw(&here).await {
        Ok(Some(qr)) => ([(header::CACHE_CONTROL, "no-store")], Json(qr)).into_response(),
        Ok(None) => gone(),
        Err(StartError::TooMany { retry_after }) => {
            let wait = [(header::RETRY_AFTER, retry_after.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, wait).into_response()
        }
        Err(StartError::Internal(cause)) => ErrorPage::internal(&cause).render(&here.visit),
        Err(StartError::Off | StartError::NoPhone) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Browsers keep a bare 410 for ever (RFC 9111 §4.2.2): the next code would be
/// lost with it.
fn gone() -> Response {
    (StatusCode::GONE, [(header::CACHE_CONTROL, "no-store")]).into_response()
}

async fn draw(here: &Here) -> Result<Option<Qr>, StartError> {
    let Here { app, login, .. } = here;
    let rid = match &login.qr_rid {
        Some(rid) => rid.clone(),
        None => {
            let rid = ecps::start_qr(app, &Asker::of(here).asking(here)).await?;
            store::set_qr_rid(app, login, Some(&rid)).await?;
            app.wake.notify(&login.id);
            rid
        }
    };
    let text = ecps::draw_qr(app, &rid).await?;
    Ok(text.map(|text| Qr::of(&text)).transpose()?)
}

/// POST …/ecps/push: to the phone of this identifier.
pub(super) async fn push(Posted { here, form }: Posted) -> Response {
    let typed = form.one("national_id").ok().flatten().unwrap_or_default();
    let Some(national_id) = identifier(&here, typed) else {
        return routes::back(&here, LoginNotice::IdentifierInvalid, typed);
    };
    let asker = Asker::of(&here);
    let started = ecps::start_push(&here.app, &asker.asking(&here), national_id.as_str()).await;
    let notice = match started {
        Ok(started) => {
            let remembered = form.has("remember").then_some(national_id.as_str());
            return here.or_error(sent(&here, &started.rid, remembered).await);
        }
        Err(StartError::TooMany { .. }) => LoginNotice::TooManyRequests,
        Err(StartError::Off) => LoginNotice::PushRefused,
        Err(StartError::NoPhone) => LoginNotice::NoPhone,
        Err(StartError::Internal(cause)) => return ErrorPage::internal(&cause).render(&here.visit),
    };
    routes::back(&here, notice, typed)
}

/// A shape that no register has can only be an error of typing, unless the
/// directory knows better.
fn identifier(Here { app, .. }: &Here, typed: &str) -> Option<NationalId> {
    let national_id = NationalId::typed(typed).ok()?;
    let known = || app.directory.find(national_id.as_str()).is_some();
    (national_id.origin() != Origin::Rass || known()).then_some(national_id)
}

async fn sent(here: &Here, rid: &str, remembered: Option<&str>) -> anyhow::Result<Response> {
    store::set_rid(&here.app, &here.login, Some(rid)).await?;
    let mut response = here.redirect("/wait");
    response.headers_mut().append(header::SET_COOKIE, identifier::cookie(remembered));
    Ok(response)
}

/// POST …/ecps/link: the e-CPS is on this very device.
pub(super) async fn link(Posted { here, .. }: Posted) -> Response {
    let asker = Asker::of(&here);
    match ecps::start_link(&here.app, &asker.asking(&here)).await {
        Ok(started) => here.or_error(opened(&here, &started.rid, &started.link).await),
        Err(StartError::Internal(cause)) => ErrorPage::internal(&cause).render(&here.visit),
        Err(_) => routes::back(&here, LoginNotice::TooManyRequests, ""),
    }
}

async fn opened(here: &Here, rid: &str, link: &str) -> anyhow::Result<Response> {
    let Here { app, login, .. } = here;
    store::set_rid(app, login, Some(rid)).await?;
    // The page that stays open now waits for another row.
    app.wake.notify(&login.id);
    if let Some(qr_rid) = &login.qr_rid {
        app.wake.notify(&ecps::wake_key(qr_rid));
    }
    Ok(redirect(link))
}
