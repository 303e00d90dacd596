//! Service A, the agenda of a practice: **its server keeps the tokens**.
//!
//! What an integrator needs is in [`service`]: a `Psc`, its router, and pages
//! that ask for a `PscSession`. The rest is the agenda's own business. Every
//! page works without JavaScript; `agenda/agenda.js` adds the button and
//! follows what other tabs do.

mod day;
mod language;
mod pages;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::Context;
use axum::{
    Form, Router,
    extract::{FromRef, OriginalUri, Query, State},
    http::{HeaderMap, StatusCode},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use openpsc_sdk_axum::{Activity, Clock, Config, ErrorCode, Level, Psc, PscSession, Secret};
use rust_embed::RustEmbed;
use serde::Deserialize;
use tower_http::csrf::CsrfLayer;

use self::{
    day::DAY,
    language::Language,
    pages::{Choice, DayPage, LandingPage, Person, PrescriptionPage, describe, page, sentence},
};
use crate::{Flags, files, page_headers};

/// How the provider knows this service: what its pages and phones show.
pub(crate) const REGISTERED_NAME: &str = "Agenda du cabinet des Tilleuls";
/// Who may sign a prescription: a login by the e-CPS at least, this recent.
const SIGNING_LEVEL: Level = Level::Eidas2;
const SIGNING_SECONDS: u32 = 60;

/// The service: the SDK's router beside its own pages.
pub(crate) fn service(flags: &Flags) -> anyhow::Result<Router> {
    let mut config = Config::new(
        &flags.issuer,
        "demo-agenda",
        // The sandbox's own. A real one comes from the environment.
        Secret::new("demo-agenda-secret-0123456789abcdef"),
        flags.agenda_url(),
    );
    // Cookies ignore ports: two services on one host need two names.
    config.name = "agenda".into();
    config.allow_insecure_loopback = true;
    let psc = Psc::new(config).context("the agenda's settings")?;

    let pages = Router::new()
        .route("/", get(home))
        .route("/activity", post(choose_activity))
        .route("/prescription", get(prescription))
        .route("/prescription/sign", post(sign));
    let app = Agenda {
        psc: psc.clone(),
        dossier_url: format!("{}/", flags.dossier_url()),
        choices: Arc::default(),
    };
    let issuer = page_headers::origin(&flags.issuer)?;
    let policy = page_headers::policy("'self'", "", &issuer);
    Ok(Router::new()
        .merge(pages.clone())
        .nest("/en", pages)
        .merge(psc.router())
        .merge(files::sdk())
        .route("/agenda.css", get(asset))
        .route("/agenda.js", get(asset))
        .route("/icon.svg", get(asset))
        .layer(CsrfLayer::new())
        .layer(middleware::from_fn(move |request, next| {
            page_headers::write(policy.clone(), request, next)
        }))
        .with_state(app))
}

#[derive(Clone)]
struct Agenda {
    psc: Psc,
    dossier_url: String,
    /// The activity each person chose. A real service keeps it in its database.
    choices: Arc<Mutex<HashMap<String, Activity>>>,
}

/// Lets handlers ask for a `PscSession`.
impl FromRef<Agenda> for Psc {
    fn from_ref(agenda: &Agenda) -> Self {
        agenda.psc.clone()
    }
}

/// The day for those who are logged in, the way in for the others.
async fn home(
    State(agenda): State<Agenda>,
    language: Language,
    session: Option<PscSession>,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
    Query(query): Query<HomeQuery>,
) -> Response {
    if session.is_none() && language.is_not_chosen(&headers) {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return Redirect::to(&format!("/en{query}")).into_response();
    }
    let failure = query.psc_error.map(|code| sentence(code, language));
    let Some(session) = session else {
        let popup = query.popup.is_some();
        return page(&LandingPage { language, failure, popup, path: "/" });
    };
    let activities = session.activities();
    let chosen = agenda.choice(&session, &activities);
    page(&DayPage {
        language,
        failure,
        path: "/",
        person: Person::of(&session),
        date: day::date(Clock::System.now(), language),
        appointments: &DAY,
        dossier_url: &agenda.dossier_url,
        activities: (0..)
            .zip(&activities)
            .map(|(n, activity)| Choice {
                label: describe(activity, language),
                chosen: chosen == Some(n),
            })
            .collect(),
        asks: activities.len() > 1 && chosen.is_none(),
        claims: serde_json::to_string_pretty(&session.claims).unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct HomeQuery {
    psc_error: Option<ErrorCode>,
    popup: Option<String>,
}

/// Pro Santé Connect leaves the choice of the activity to the service.
async fn choose_activity(
    State(agenda): State<Agenda>,
    language: Language,
    session: PscSession,
    Form(form): Form<ActivityForm>,
) -> Redirect {
    if let Some(activity) = session.activities().into_iter().nth(form.activity) {
        agenda.choices().insert(session.subject.clone(), activity);
    }
    Redirect::to(language.home())
}

#[derive(Deserialize)]
struct ActivityForm {
    activity: usize,
}

/// The prescription, to be signed by someone who has just shown who they are.
async fn prescription(
    language: Language,
    session: PscSession,
    Query(query): Query<HomeQuery>,
) -> Response {
    let failure = query.psc_error.map(|code| sentence(code, language));
    prescription_page(language, &session, failure, false)
}

/// Signs. The page only offers the button when this would succeed; the rule is
/// here all the same.
async fn sign(language: Language, session: PscSession) -> Response {
    match may_sign(&session) {
        Ok(()) => prescription_page(language, &session, None, true),
        Err(error) => {
            let failure = Some(sentence(error.code, language));
            let page = prescription_page(language, &session, failure, false);
            (StatusCode::FORBIDDEN, page).into_response()
        }
    }
}

fn may_sign(session: &PscSession) -> Result<(), openpsc_sdk_axum::Error> {
    session.at_least(SIGNING_LEVEL)?;
    session.authenticated_within(SIGNING_SECONDS)
}

fn prescription_page(
    language: Language,
    session: &PscSession,
    failure: Option<&'static str>,
    signed: bool,
) -> Response {
    let here = language.path("/prescription");
    page(&PrescriptionPage {
        language,
        failure,
        path: "/prescription",
        person: Person::of(session),
        date: day::date(Clock::System.now(), language),
        signed,
        may_sign: may_sign(session).is_ok(),
        // A step-up is a login that asks for more: the same link, two words longer.
        step_up: format!(
            "/psc/login?level={SIGNING_LEVEL}&max_age={SIGNING_SECONDS}&return_to={here}&locale={}",
            language.tag()
        ),
    })
}

impl Agenda {
    fn choices(&self) -> MutexGuard<'_, HashMap<String, Activity>> {
        self.choices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The activity in use: the only one, or the one that was chosen.
    fn choice(&self, session: &PscSession, activities: &[Activity]) -> Option<usize> {
        if let [_only] = activities {
            return Some(0);
        }
        let choices = self.choices();
        let chosen = choices.get(&session.subject)?;
        activities.iter().position(|activity| activity == chosen)
    }
}

#[derive(RustEmbed)]
#[folder = "agenda/"]
struct Assets;

async fn asset(OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    let name = uri.path().trim_start_matches('/');
    files::file(Assets::get(name), name, &headers)
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use clap::Parser;
    use tower::ServiceExt;

    use super::*;

    async fn ask(request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let flags = Flags::parse_from(["demo"]);
        let answer = service(&flags).unwrap().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    fn open(path: &str) -> Request<Body> {
        Request::get(path).header("sec-fetch-mode", "navigate").body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn the_way_in_works_without_a_script_in_both_languages() {
        let (status, headers, page) = ask(open("/")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("<html lang=\"fr\">"));
        assert!(page.contains("href=\"/psc/login?return_to=/&amp;locale=fr\""));
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(policy.contains("form-action 'self' http://localhost:8080;"), "{policy}");

        let (_, _, page) = ask(open("/en")).await;
        assert!(page.contains("<html lang=\"en\">"));
        assert!(page.contains("href=\"/psc/login?return_to=/en&amp;locale=en\""));
    }

    #[tokio::test]
    async fn a_browser_that_speaks_english_is_answered_in_english() {
        let arrive = |languages: &str, from: &str| {
            let request = Request::get("/?popup").header("accept-language", languages);
            ask(request.header("sec-fetch-site", from).body(Body::empty()).unwrap())
        };
        let (status, headers, _) = arrive("de, en-GB;q=0.9, fr;q=0.5", "none").await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert_eq!(headers["location"], "/en?popup");
        // Whoever follows the link to the French page has chosen it.
        assert_eq!(arrive("en-GB", "same-origin").await.0, StatusCode::OK);
        assert_eq!(arrive("fr-FR, en;q=0.8", "none").await.0, StatusCode::OK);
        assert_eq!(arrive("de", "none").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn the_page_says_the_name_that_the_phone_will_show() {
        let (_, _, page) = ask(open("/")).await;
        assert_eq!(page.matches(REGISTERED_NAME).count(), 2);
        assert!(!page.contains("votre carte"), "no card is offered yet");
    }

    #[tokio::test]
    async fn a_failed_login_is_told_without_a_script_too() {
        let (_, _, page) = ask(open("/?psc_error=access_denied")).await;
        assert!(page.contains("<noscript><p class=\"notice\" role=\"alert\">Connexion annulée"));
    }

    #[tokio::test]
    async fn the_prescription_is_for_those_who_are_logged_in() {
        let (status, headers, _) = ask(open("/en/prescription")).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert_eq!(headers["location"], "/psc/login?return_to=%2Fen%2Fprescription");
    }

    #[tokio::test]
    async fn another_site_cannot_sign() {
        let request = Request::post("/prescription/sign")
            .header("sec-fetch-site", "same-site")
            .header("origin", "http://localhost:8083")
            .body(Body::empty())
            .unwrap();
        assert_eq!(ask(request).await.0, StatusCode::FORBIDDEN);
    }
}
