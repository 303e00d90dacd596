//! The browser in front of a login page: is this login its own, whom does it
//! remember?

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode},
    response::Response,
};

use super::{pending::Login, store};
use crate::{
    app::App,
    browser::browser,
    pages::{ErrorKind, ErrorPage, Visit},
    secret::{base64url, digest_of, from_base64url, same},
    sessions::{read_cookie, set_cookie},
};

const IDENTIFIER: &str = "__Host-openpsc-identifier";
const YEAR: i64 = 365 * 24 * 3600;

/// The identifier that the person asked this browser to remember.
pub(super) fn identifier(headers: &HeaderMap) -> Option<String> {
    let bytes = from_base64url(&read_cookie(headers, IDENTIFIER)?)?;
    String::from_utf8(bytes).ok().filter(|text| text.len() <= 64)
}

/// Remembers an identifier, or forgets it.
pub(super) fn identifier_cookie(identifier: Option<&str>) -> HeaderValue {
    match identifier {
        Some(text) => set_cookie(IDENTIFIER, &base64url(text.as_bytes()), Some(YEAR)),
        None => set_cookie(IDENTIFIER, "", Some(0)),
    }
}

/// The login of this handle, if this browser began it; a page that says what
/// is wrong otherwise.
pub(super) async fn login(
    app: &App,
    headers: &HeaderMap,
    handle: &str,
    visit: &Visit,
) -> Result<Login, Box<Response>> {
    let found = store::find(app, handle)
        .await
        .map_err(|cause| Box::new(ErrorPage::internal(&cause).render(visit)))?;
    let Some(login) = found else {
        return Err(Box::new(
            refusal(ErrorKind::NotFound, StatusCode::NOT_FOUND, None).render(visit),
        ));
    };
    let bound = browser(headers).is_some_and(|it| same(&login.browser_digest, &digest_of(&it)));
    if bound {
        return Ok(login);
    }
    let service = service_of(&login.request.redirect_uri);
    Err(Box::new(refusal(ErrorKind::OtherBrowser, StatusCode::FORBIDDEN, service).render(visit)))
}

fn refusal(kind: ErrorKind, status: StatusCode, service: Option<String>) -> ErrorPage {
    let (code, description) = match kind {
        ErrorKind::OtherBrowser => (
            "other_browser",
            "The cookie of the browser that began this login is missing: cookies are blocked, or the address was opened in another browser.",
        ),
        _ => ("unknown_login", "No login of this address is under way; it may be too old."),
    };
    ErrorPage {
        status,
        kind,
        code: code.into(),
        description: description.into(),
        reference: crate::secret::random_token()[..8].to_owned(),
        details: Vec::new(),
        service,
    }
}

/// The service's own address, to start again from.
pub(super) fn service_of(redirect_uri: &str) -> Option<String> {
    let url = url::Url::parse(redirect_uri).ok()?;
    Some(format!("{}/", url.origin().ascii_serialization()))
}
