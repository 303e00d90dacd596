//! The page and its three forms.

use axum::{
    Router,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, State},
    http::{HeaderMap, header},
    response::Response,
    routing::{get, post},
};

use super::{PATH, list};
use crate::{
    app::App,
    audit::Actor,
    authorize::redirect,
    browser::sent_by_our_page,
    logout,
    pages::{AccountPage, ErrorPage, Visit},
    parameters::Parameters,
    secret::same,
    sessions::{self, Session},
    token,
};

/// Routes of this room.
pub fn router() -> Router<App> {
    Router::new()
        .route(PATH, get(page))
        .route("/account/session", post(end_one))
        .route("/account/service", post(withdraw))
        .route("/account/everything", post(end_everything))
}

async fn page(State(app): State<App>, headers: HeaderMap, visit: Visit) -> Response {
    let shown = async {
        let (session, digest) =
            (sessions::current(&app, &headers).await?, sessions::current_digest(&headers));
        let (Some(session), Some(digest)) = (session, digest) else {
            let mut response = AccountPage::nobody().render(&visit);
            for cookie in sessions::forget_dead(&app, &headers, None) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            return Ok(response);
        };
        let person = app.directory.find(&session.authentication.national_id);
        let page = AccountPage {
            name: person.map(|person| person.display_name()),
            csrf: csrf(&app, &digest),
            sessions: list::sessions(&app, &session).await?,
        };
        Ok(page.render(&visit))
    };
    ErrorPage::or(shown.await, &visit)
}

/// The token of this session's forms: another session's, this person's own
/// included, is worth nothing here.
fn csrf(app: &App, session_digest: &str) -> String {
    app.sealer.tag("account", session_digest)
}

/// A form that this page posted, in the browser of a session that lives.
struct Posted {
    session: Session,
    form: Parameters,
    visit: Visit,
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(visit) = Visit::from_request_parts(&mut parts, app).await;
        let headers = parts.headers.clone();
        let body = match Bytes::from_request(Request::from_parts(parts, body), app).await {
            Ok(body) => body,
            Err(_) => return Err(ErrorPage::bad_request("The form is too long.").render(&visit)),
        };
        let form = Parameters::parse(&body);
        let session = match sessions::current(app, &headers).await {
            Ok(session) => session,
            Err(cause) => return Err(ErrorPage::internal(&cause).render(&visit)),
        };
        // Over meanwhile: the page says that nobody is logged in here.
        let Some(session) = session else { return Err(redirect(PATH)) };
        let token = form.one("csrf").ok().flatten().unwrap_or_default();
        let fits = sessions::current_digest(&headers)
            .is_some_and(|digest| same(token, &csrf(app, &digest)));
        if !fits || !sent_by_our_page(app, &headers) {
            return Err(ErrorPage::foreign_form().render(&visit));
        }
        Ok(Self { session, form, visit })
    }
}

impl Posted {
    fn field(&self, name: &'static str) -> &str {
        self.form.one(name).ok().flatten().unwrap_or_default()
    }

    fn person(&self) -> &str {
        &self.session.authentication.national_id
    }
}

/// Ends one session of the person. Another person's is no different from one
/// that does not exist: the list is shown again.
async fn end_one(State(app): State<App>, posted: Posted) -> Response {
    let sid = posted.field("sid");
    let answered = async {
        if sessions::end_own(&app, posted.person(), sid).await? {
            if sid == posted.session.sid {
                return logout::farewell(&app, sid, &posted.visit).await;
            }
        }
        Ok(redirect(PATH))
    };
    ErrorPage::or(answered.await, &posted.visit)
}

/// Takes back what a service holds under one session; the session goes on.
async fn withdraw(State(app): State<App>, posted: Posted) -> Response {
    let (sid, client) = (posted.field("sid"), posted.field("client_id"));
    let answered = async {
        token::withdraw(&app, posted.person(), sid, client).await?;
        anyhow::Ok(redirect(PATH))
    };
    ErrorPage::or(answered.await, &posted.visit)
}

/// Ends everything, in whichever browser, this one included.
async fn end_everything(State(app): State<App>, posted: Posted) -> Response {
    let answered = async {
        sessions::end_everything(&app, posted.person(), Actor::Person, "own page").await?;
        logout::farewell(&app, &posted.session.sid, &posted.visit).await
    };
    ErrorPage::or(answered.await, &posted.visit)
}
