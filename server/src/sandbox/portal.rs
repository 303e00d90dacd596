//! The portal: any test identity gets an e-CPS.
//!
//! In the sandbox choosing an identity stands for proving it: the card and the
//! mailed code, which do so for real, start the same enrolment.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use openpsc_protocol::ecps::DeviceState;
use serde_json::json;

use crate::{
    app::App,
    authorize::redirect,
    browser::{browser, browser_cookie, csrf, posted_here},
    directory::Person,
    ecps::{self, EnrolmentError, EnrolmentState, EnrolmentView},
    pages::{EnrolPage, EnrolState, ErrorPage, PhoneState, PortalIdentity, PortalPage, Qr, Visit},
    parameters::Parameters,
    secret::{digest_of, random_token},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/portal", get(portal))
        .route("/portal/enrolments", post(start))
        .route("/portal/enrolments/{id}", get(enrolment))
        .route("/portal/enrolments/{id}/qr", get(qr))
        .route("/portal/enrolments/{id}/state", get(state))
        .route("/portal/enrolments/{id}/confirm", post(confirm))
        .route("/portal/enrolments/{id}/refuse", post(refuse))
}

async fn portal(State(app): State<App>, headers: HeaderMap, visit: Visit) -> Response {
    let browser = browser(&headers).unwrap_or_else(random_token);
    let mut identities = Vec::new();
    for person in app.directory.people() {
        match listed(&app, person).await {
            Ok(identity) => identities.push(identity),
            Err(cause) => return ErrorPage::internal(&cause).render(&visit),
        }
    }
    let page = PortalPage { csrf: csrf(&app, &browser), identities };
    let mut response = page.render(&visit);
    response.headers_mut().append(header::SET_COOKIE, browser_cookie(&browser));
    response
}

async fn listed(app: &App, person: &Person) -> anyhow::Result<PortalIdentity> {
    let devices = ecps::devices_of(app, person.national_id.as_str()).await?;
    let phone = devices.iter().find_map(|device| match device.state {
        DeviceState::Active => Some(PhoneState::Active { label: device.label.clone() }),
        DeviceState::Claimed | DeviceState::PinSet => Some(PhoneState::Enrolling),
        DeviceState::PinLocked => Some(PhoneState::Locked),
        DeviceState::Suspended => Some(PhoneState::Suspended),
        DeviceState::Revoked | DeviceState::Expired => None,
    });
    Ok(PortalIdentity {
        national_id: person.national_id.to_string(),
        name: person.display_name(),
        occupation: person.occupation(),
        place: person.first_activity().map(|it| it.place().to_owned()).filter(|it| !it.is_empty()),
        phone: phone.unwrap_or(PhoneState::None),
    })
}

async fn start(State(app): State<App>, headers: HeaderMap, visit: Visit, body: Bytes) -> Response {
    let form = Parameters::parse(&body);
    let Some(browser) = browser(&headers).filter(|_| posted_here(&app, &headers, &form)) else {
        return ErrorPage::foreign_form().render(&visit);
    };
    let national_id = form.one("national_id").ok().flatten().unwrap_or_default();
    match ecps::start_enrolment(&app, national_id, &digest_of(&browser)).await {
        Ok(started) => redirect(&format!("/portal/enrolments/{}", started.id)),
        Err(EnrolmentError::Internal(cause)) => ErrorPage::internal(&cause).render(&visit),
        Err(_) => {
            ErrorPage::bad_request("national_id is nobody's in this directory.").render(&visit)
        }
    }
}

async fn enrolment(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    visit: Visit,
) -> Response {
    ErrorPage::or(shown(&app, &id, &headers, &visit).await, &visit)
}

async fn shown(
    app: &App,
    id: &str,
    headers: &HeaderMap,
    visit: &Visit,
) -> anyhow::Result<Response> {
    let Some(view) = ecps::enrolment_view(app, id).await? else {
        return Ok(ErrorPage::not_found("No enrolment of this address is known.").render(visit));
    };
    let person = app.directory.find(&view.national_id);
    let page = EnrolPage {
        id: id.to_owned(),
        csrf: csrf(app, &browser(headers).unwrap_or_default()),
        name: person.map(Person::display_name).unwrap_or_default(),
        state: state_of(app, &view),
        expires_in: (view.expires_at - app.clock.now()).max(0),
        link: ecps::draw_enrolment(app, id).await?,
        check: view.check,
        national_id: view.national_id,
        app_origin: app.config.ecps.app_url.clone(),
    };
    Ok(page.render(visit))
}

fn state_of(app: &App, view: &EnrolmentView) -> EnrolState {
    match view.state {
        EnrolmentState::Waiting => EnrolState::Waiting,
        EnrolmentState::Claimed => EnrolState::Claimed,
        EnrolmentState::PinSet => EnrolState::PinSet,
        EnrolmentState::Active => EnrolState::Active,
        // Over before its time: somebody said no.
        EnrolmentState::Over if app.clock.now() < view.expires_at => EnrolState::Refused,
        EnrolmentState::Over => EnrolState::Expired,
    }
}

async fn qr(State(app): State<App>, Path(id): Path<String>, visit: Visit) -> Response {
    match ecps::draw_enrolment(&app, &id).await {
        Ok(Some(link)) => match Qr::of(&link) {
            Ok(Qr { size, path }) => {
                let body = json!({"size": size, "path": path, "link": link});
                ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
            }
            Err(cause) => ErrorPage::internal(&cause).render(&visit),
        },
        Ok(None) => (StatusCode::GONE, [(header::CACHE_CONTROL, "no-store")]).into_response(),
        Err(cause) => ErrorPage::internal(&cause).render(&visit),
    }
}

async fn state(State(app): State<App>, Path(id): Path<String>, visit: Visit) -> Response {
    match ecps::enrolment_view(&app, &id).await {
        Ok(Some(view)) => {
            let state = state_of(&app, &view).as_str();
            let body = json!({"state": state, "check": view.check});
            ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(cause) => ErrorPage::internal(&cause).render(&visit),
    }
}

async fn confirm(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    visit: Visit,
    body: Bytes,
) -> Response {
    answer(&app, &id, &headers, &visit, &body, true).await
}

async fn refuse(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    visit: Visit,
    body: Bytes,
) -> Response {
    answer(&app, &id, &headers, &visit, &body, false).await
}

async fn answer(
    app: &App,
    id: &str,
    headers: &HeaderMap,
    visit: &Visit,
    body: &Bytes,
    yes: bool,
) -> Response {
    let form = Parameters::parse(body);
    let Some(browser) = browser(headers).filter(|_| posted_here(app, headers, &form)) else {
        return ErrorPage::foreign_form().render(visit);
    };
    match ecps::confirm_enrolment(app, id, &digest_of(&browser), yes).await {
        // Too late, twice, or another browser: the page says where it stands.
        Ok(()) | Err(EnrolmentError::Over | EnrolmentError::UnknownPerson) => {
            redirect(&format!("/portal/enrolments/{id}"))
        }
        Err(EnrolmentError::Internal(cause)) => ErrorPage::internal(&cause).render(visit),
    }
}
