//! Logout over HTTP: GET and POST.

use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, header},
    response::Response,
    routing::{get, post},
};

use super::{
    front_channel,
    request::{Asked, LogoutError, check},
};
use crate::{
    app::App,
    audit::Actor,
    authorize::redirect,
    browser::{browser, csrf, posted_here},
    clients::Client,
    config::REALM,
    pages::{ErrorPage, LoggedOutPage, LogoutPage, Visit},
    parameters::Parameters,
    secret::random_token,
    sessions::{self, Session},
    token::{read_id_token_hint, subject_of},
};

const CONFIRMED: &str = "/logout/confirmed";

/// Routes of this room.
pub fn router() -> Router<App> {
    let path = format!("{REALM}/protocol/openid-connect/logout");
    Router::new().route(&path, get(by_get).post(by_post)).route(CONFIRMED, post(confirmed))
}

async fn by_get(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    visit: Visit,
) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    answer(&app, &parameters, &headers, &visit).await
}

async fn by_post(
    State(app): State<App>,
    headers: HeaderMap,
    visit: Visit,
    body: Bytes,
) -> Response {
    answer(&app, &Parameters::parse(&body), &headers, &visit).await
}

async fn answer(
    app: &App,
    parameters: &Parameters,
    headers: &HeaderMap,
    visit: &Visit,
) -> Response {
    ErrorPage::or(logout(app, parameters, headers, visit).await, visit)
}

/// Where the person goes afterwards.
struct Onward<'a> {
    client: Option<&'a Client>,
    uri: Option<&'a str>,
    state: Option<&'a str>,
}

impl Onward<'_> {
    /// The registered address, letter by letter, and `state`.
    fn address(&self) -> Option<String> {
        let uri = self.uri?;
        let joint = if uri.contains('?') { "&" } else { "?" };
        let state = self.state.map(|state| {
            let pair = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("state", state)
                .finish();
            format!("{joint}{pair}")
        });
        Some(format!("{uri}{}", state.unwrap_or_default()))
    }
}

async fn logout(
    app: &App,
    parameters: &Parameters,
    headers: &HeaderMap,
    visit: &Visit,
) -> anyhow::Result<Response> {
    let read = (
        parameters.one("id_token_hint"),
        parameters.one("client_id"),
        parameters.one("post_logout_redirect_uri"),
        parameters.one("state"),
    );
    let (Ok(hint), Ok(client_id), Ok(uri), Ok(state)) = read else {
        return Ok(ErrorPage::bad_logout(
            "invalid_request",
            "A parameter was sent more than once.",
        )
        .render(visit));
    };
    let hint = match hint {
        None => None,
        Some(text) => match read_id_token_hint(app, text).await? {
            Some(hint) => Some(hint),
            None => {
                return Ok(ErrorPage::bad_logout(
                    "invalid_request",
                    "id_token_hint is not an ID token of this provider.",
                )
                .render(visit));
            }
        },
    };
    let asked = Asked { hint, client_id, post_logout_redirect_uri: uri };
    let client = match check(&app.clients, &asked) {
        Ok(client) => client,
        Err(error) => return Ok(refused(error, &asked).render(visit)),
    };
    let onward = Onward { client: client.as_deref(), uri, state };
    let session = sessions::current(app, headers).await?;

    match (&asked.hint, session) {
        // This browser's own session, proven by its token.
        (Some(hint), Some(session))
            if hint.sid == session.sid && speaks_of(&hint.sub, &session) =>
        {
            let frames = end(app, &session.sid).await?;
            Ok(forgotten(app, done(&onward, frames, visit)))
        }
        // A service's server, or a browser whose session is already over. Or a
        // stranger's form, which brings no `SameSite=Lax` cookie: it must not
        // take the cookie of another session away.
        (Some(hint), None) => {
            // The pages of the session's other services are for its browser: a
            // service's server would learn from them whom else the person uses.
            end(app, &hint.sid).await?;
            Ok(done(&onward, Vec::new(), visit))
        }
        // Another session than the hint's, or no hint: the person decides.
        (_, Some(session)) => Ok(ask(app, &onward, &session, headers, visit)),
        (None, None) => Ok(done(&onward, Vec::new(), visit)),
    }
}

fn refused(error: LogoutError, asked: &Asked<'_>) -> ErrorPage {
    let received = [
        ("client_id", asked.client_id),
        ("post_logout_redirect_uri", asked.post_logout_redirect_uri),
    ];
    let details = received
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    ErrorPage::bad_logout(error.code(), &error.to_string()).with_details(details)
}

fn speaks_of(sub: &str, session: &Session) -> bool {
    sub == subject_of(&session.authentication.national_id)
}

/// The last page of a session of this browser, which something else has ended.
pub async fn farewell(app: &App, sid: &str, visit: &Visit) -> anyhow::Result<Response> {
    let frames = front_channel::addresses(app, sid).await?;
    Ok(forgotten(app, done(&Onward { client: None, uri: None, state: None }, frames, visit)))
}

/// Ends a session. Answers with the pages to load: none when it was over.
async fn end(app: &App, sid: &str) -> anyhow::Result<Vec<String>> {
    if !sessions::end(app, sid, Actor::Person, "asked").await? {
        return Ok(Vec::new());
    }
    front_channel::addresses(app, sid).await
}

fn ask(
    app: &App,
    onward: &Onward<'_>,
    session: &Session,
    headers: &HeaderMap,
    visit: &Visit,
) -> Response {
    let person = app.directory.find(&session.authentication.national_id);
    let browser = browser(headers).unwrap_or_else(random_token);
    let mut fields = Vec::new();
    for (name, value) in [
        ("client_id", onward.client.map(|client| client.client_id.as_str())),
        ("post_logout_redirect_uri", onward.uri),
        ("state", onward.state),
    ] {
        if let Some(value) = value {
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
    let page = LogoutPage {
        action: CONFIRMED.into(),
        csrf: csrf(app, &browser),
        who: person.map(|person| person.display_name()),
        client_name: onward.client.map(|client| client.client_name.clone()),
        fields,
        return_to: onward.uri.map(str::to_owned),
    };
    let mut response = page.render(visit);
    let cookie = crate::browser::browser_cookie(&browser);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// The person said yes on our own page.
async fn confirmed(
    State(app): State<App>,
    headers: HeaderMap,
    visit: Visit,
    body: Bytes,
) -> Response {
    let form = Parameters::parse(&body);
    if !posted_here(&app, &headers, &form) {
        return ErrorPage::foreign_form().render(&visit);
    }
    let read = (form.one("client_id"), form.one("post_logout_redirect_uri"), form.one("state"));
    let (Ok(client_id), Ok(uri), Ok(state)) = read else {
        return ErrorPage::bad_logout("invalid_request", "A parameter was sent more than once.")
            .render(&visit);
    };
    let asked = Asked { hint: None, client_id, post_logout_redirect_uri: uri };
    let client = match check(&app.clients, &asked) {
        Ok(client) => client,
        Err(error) => return refused(error, &asked).render(&visit),
    };
    let ended = async {
        let frames = match sessions::current(&app, &headers).await? {
            Some(session) => end(&app, &session.sid).await?,
            None => Vec::new(),
        };
        let onward = Onward { client: client.as_deref(), uri, state };
        anyhow::Ok(forgotten(&app, done(&onward, frames, &visit)))
    };
    ErrorPage::or(ended.await, &visit)
}

/// On to the service with its `state`, at once when no page has to be loaded
/// first; or to a page that says it is over.
fn done(onward: &Onward<'_>, frames: Vec<String>, visit: &Visit) -> Response {
    match onward.address() {
        Some(address) if frames.is_empty() => redirect(&address),
        return_to => {
            let client_name = onward.client.map(|client| client.client_name.clone());
            let patience = front_channel::PATIENCE;
            LoggedOutPage { client_name, return_to, frames, patience }.render(visit)
        }
    }
}

/// The browser's own session is over: its cookies go too.
fn forgotten(app: &App, mut response: Response) -> Response {
    for cookie in sessions::forget_cookies(app) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
