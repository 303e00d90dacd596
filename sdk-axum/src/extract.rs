//! What a handler asks for: the session, or the way to one.

use std::convert::Infallible;

use axum::{
    extract::{FromRef, FromRequestParts, OptionalFromRequestParts, OriginalUri},
    http::{Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use crate::{Activity, Error, ErrorCode, Level, Psc, PscClaims, Session, keeper::Kept, pages};

/// Who is logged in. A handler with this argument is not run for anyone else:
/// a page is sent to the login and comes back, a fetch is answered 401
/// `{"error":"login_required"}`. `Option<PscSession>` lets everyone in.
#[derive(Clone, Debug)]
pub struct PscSession {
    psc: Psc,
    key: String,
    session: Session,
}

impl std::ops::Deref for PscSession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl PscSession {
    /// Refuses a login that is weaker than `minimum`.
    pub fn at_least(&self, minimum: Level) -> Result<(), Error> {
        if self.level >= Some(minimum) {
            return Ok(());
        }
        let found = self.level.map_or("none", Level::as_str);
        Err(Error::new(ErrorCode::LevelTooLow, format!("{found} is below {minimum}")))
    }

    /// Refuses a login that is older than so many seconds.
    pub fn authenticated_within(&self, seconds: u32) -> Result<(), Error> {
        let age = self.psc.parts().clock.now() - self.authenticated_at;
        if age <= i64::from(seconds) {
            return Ok(());
        }
        Err(Error::new(ErrorCode::LoginRequired, format!("the login is {age} s old")))
    }

    /// The professional data, typed.
    pub fn claims(&self) -> PscClaims {
        PscClaims::read(&self.session.claims)
    }

    /// Every profession at every place, for a choice.
    pub fn activities(&self) -> Vec<Activity> {
        self.claims().activities()
    }

    /// A token for an API call made for this person, renewed when less than
    /// 15 seconds remain. Do not hand it to the page.
    pub async fn access_token(&self) -> Result<String, Error> {
        self.psc.parts().fresh_access_token(&self.key).await
    }
}

/// Why there is no session for a handler.
#[derive(Debug)]
pub enum SessionRejection {
    /// A page: the person can log in and come back here.
    Login(String),
    /// A page reached by a login that failed. Sending it to the login again
    /// would turn in circles, so the person is asked.
    Failed(String, Option<ErrorCode>),
    /// Not a page, or the session store is down.
    Error(Error),
}

impl IntoResponse for SessionRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Login(address) => Redirect::to(&address).into_response(),
            Self::Failed(address, why) => {
                (StatusCode::UNAUTHORIZED, pages::login_failed(&address, why)).into_response()
            }
            Self::Error(error) => error.into_response(),
        }
    }
}

impl<S> FromRequestParts<S> for PscSession
where
    S: Send + Sync,
    Psc: FromRef<S>,
{
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, SessionRejection> {
        let psc = Psc::from_ref(state);
        match psc.parts().find_session(&parts.headers).await {
            Ok(Some(Kept { key, record })) => Ok(Self { psc, key, session: record.session }),
            Ok(None) => Err(rejection(&psc, parts)),
            Err(error) => {
                tracing::error!(%error, "a session could not be looked up");
                Err(SessionRejection::Error(error))
            }
        }
    }
}

impl<S> OptionalFromRequestParts<S> for PscSession
where
    S: Send + Sync,
    Psc: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Infallible> {
        Ok(<Self as FromRequestParts<S>>::from_request_parts(parts, state).await.ok())
    }
}

fn rejection(psc: &Psc, parts: &Parts) -> SessionRejection {
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let navigates = match header("sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => header(header::ACCEPT.as_str()).is_some_and(|types| types.contains("text/html")),
    };
    if parts.method != Method::GET || !navigates {
        let detail = "nobody is logged in";
        return SessionRejection::Error(Error::new(ErrorCode::LoginRequired, detail));
    }
    // A router that is nested in another sees only the end of the address.
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let query = uri.query().unwrap_or_default();
    if let Some(why) = query.split('&').find_map(|pair| pair.strip_prefix("psc_error=")) {
        return SessionRejection::Failed(psc.login_url(uri.path()), ErrorCode::parse(why));
    }
    let here = uri.path_and_query().map_or("/", |path| path.as_str());
    SessionRejection::Login(psc.login_url(here))
}
