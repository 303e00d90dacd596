//! The door of every page of a login: which login, and is this its browser?

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, StatusCode, request::Parts},
    response::Response,
};

use super::{
    pending::{Login, State},
    store,
};
use crate::{
    app::App,
    authorize::redirect,
    browser::{browser, posted_here},
    pages::{ErrorKind, ErrorPage, Visit},
    parameters::Parameters,
    secret::{digest_of, same},
    serve::Peer,
};

/// A login, asked for by the browser that began it.
pub(super) struct Here {
    pub app: App,
    pub login: Login,
    pub headers: HeaderMap,
    pub visit: Visit,
    pub peer: Peer,
}

impl Here {
    /// A page, or the one that says that it could not be made.
    pub(super) fn or_error(&self, outcome: anyhow::Result<Response>) -> Response {
        ErrorPage::or(outcome, &self.visit)
    }

    /// To another page of this login.
    pub(super) fn redirect(&self, page: &str) -> Response {
        redirect(&format!("/login/{}{page}", self.login.handle))
    }
}

impl FromRequestParts<App> for Here {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Ok(visit) = Visit::from_request_parts(parts, app).await;
        let Ok(peer) = Peer::from_request_parts(parts, app).await;
        let Ok(Path(handle)) = Path::<String>::from_request_parts(parts, app).await else {
            return Err(unknown().render(&visit));
        };
        let found = match store::find(app, &handle).await {
            Ok(found) => found,
            Err(cause) => return Err(ErrorPage::internal(&cause).render(&visit)),
        };
        let Some(login) = found else { return Err(unknown().render(&visit)) };
        let headers = parts.headers.clone();
        let its_browser = |browser: String| same(&login.browser_digest, &digest_of(&browser));
        if !browser(&headers).is_some_and(its_browser) {
            return Err(other_browser(&login).render(&visit));
        }
        Ok(Self { app: app.clone(), login, headers, visit, peer })
    }
}

/// A form that a page of a login posted, while the login was open.
pub(super) struct Posted {
    pub here: Here,
    pub form: Parameters,
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let here = Here::from_request_parts(&mut parts, app).await?;
        let body = match Bytes::from_request(Request::from_parts(parts, body), app).await {
            Ok(body) => body,
            Err(_) => {
                return Err(ErrorPage::bad_request("The form is too long.").render(&here.visit));
            }
        };
        let form = Parameters::parse(&body);
        if !posted_here(app, &here.headers, &form) {
            let service = service_of(&here.login.request.redirect_uri);
            return Err(ErrorPage::foreign_form().with_service(service).render(&here.visit));
        }
        if !here.login.is_open(app.clock.now()) {
            // A second click finds the login finished, and is sent on.
            let finished = here.login.state == State::Finished;
            return Err(here.redirect(if finished { "/complete" } else { "" }));
        }
        Ok(Self { here, form })
    }
}

fn unknown() -> ErrorPage {
    let description = "No login of this address is under way; it may be too old.";
    ErrorPage::new(StatusCode::NOT_FOUND, ErrorKind::NotFound, "unknown_login", description)
}

fn other_browser(login: &Login) -> ErrorPage {
    let description = "The cookie of the browser that began this login is missing: cookies are blocked, or the address was opened in another browser.";
    ErrorPage::new(StatusCode::FORBIDDEN, ErrorKind::OtherBrowser, "other_browser", description)
        .with_service(service_of(&login.request.redirect_uri))
}

/// The service's own address, to start again from.
pub(super) fn service_of(redirect_uri: &str) -> Option<String> {
    let url = url::Url::parse(redirect_uri).ok()?;
    Some(format!("{}/", url.origin().ascii_serialization()))
}
