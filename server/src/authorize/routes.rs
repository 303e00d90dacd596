//! The authorization endpoint over HTTP.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::{get, post as posted},
};

use super::{
    AuthorizationRequest, Outcome,
    answer::{redirect, respond},
    decision::{self, Decision, granted_level},
    pushed,
    reading::{self, Refused},
};
use crate::{
    app::App,
    audit::{Actor, Event, Kind},
    clients::Client,
    config::REALM,
    database::Statement,
    login,
    pages::{ErrorKind, ErrorPage, Language, Visit},
    parameters::Parameters,
    sandbox,
    serve::Peer,
    sessions::{self, Session},
    token::Code,
};

/// Routes of this room: PSC's wallet path, with and without its slash, and
/// Keycloak's own.
pub fn router() -> Router<App> {
    Router::new()
        .route("/auth", get(authorize).post(post))
        .route("/auth/", get(authorize).post(post))
        .route(&format!("{REALM}/protocol/openid-connect/auth"), get(authorize).post(post))
}

/// What a service's back end calls.
pub fn for_back_ends() -> Router<App> {
    let path = format!("{REALM}/protocol/openid-connect/ext/par/request");
    Router::new().route(&path, posted(pushed::push))
}

async fn authorize(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    peer: Peer,
    headers: HeaderMap,
    visit: Visit,
) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    ErrorPage::or(answer(&app, &parameters, (&headers, peer), &visit).await, &visit)
}

/// A cross-site POST brings no `SameSite=Lax` cookie: the same parameters are
/// asked for again with GET, so that a session is seen.
async fn post(uri: axum::http::Uri, visit: Visit, body: Bytes) -> Response {
    match std::str::from_utf8(&body) {
        Ok(text) if text.len() <= 12 * 1024 && text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            redirect(&format!("{}?{text}", uri.path()))
        }
        _ => page_error("invalid_request", "The body is a form of at most 12 KiB.", vec![])
            .render(&visit),
    }
}

async fn answer(
    app: &App,
    parameters: &Parameters,
    caller: (&HeaderMap, Peer),
    visit: &Visit,
) -> anyhow::Result<Response> {
    if let Ok(Some(client_id)) = parameters.one("client_id") {
        app.clients.meet(&app.database, client_id).await?;
    }
    let client = &match known_client(app, parameters) {
        Ok(client) => client,
        Err(page) => return Ok(page.render(visit)),
    };
    match reading::read(app, client, parameters, false).await? {
        Ok(request) => proceed(app, client, request, caller, visit).await,
        Err(Refused::OnPage(page)) => {
            let mut details = vec![("client_id".into(), client.client_id.clone())];
            details.extend(page.detail.map(|(name, sent)| (name.to_owned(), shortened(&sent))));
            Ok(page_error(page.error, page.sentence, details).render(visit))
        }
        Err(Refused::ToService(way, (code, sentence))) => {
            respond(app, &way, &Outcome::Error(code, sentence), visit).await
        }
    }
}

/// From the session, or through a page, or not at all.
async fn proceed(
    app: &App,
    client: &Client,
    request: AuthorizationRequest,
    (headers, peer): (&HeaderMap, Peer),
    visit: &Visit,
) -> anyhow::Result<Response> {
    let session = sessions::current(app, headers).await?;
    let now = app.clock.now();
    match decision::decide(&request, client, session.as_ref(), now) {
        Decision::Answer => {
            let session = session.expect("only a session can be good enough");
            if !app.database.all_or_nothing(endings(app, &request)).await? {
                return Ok(spent_meanwhile().render(visit));
            }
            app.audit.record(code_issued(&request, client, &session));
            let session = sessions::touch(app, session).await?;
            let code = give_code(app, &request, client, &session)?;
            respond(app, &request, &code, visit).await
        }
        Decision::Refuse(code, sentence) => {
            app.database.all_or_nothing(endings(app, &request)).await?;
            let outcome = Outcome::Error(code, sentence);
            let mut response = respond(app, &request, &outcome, visit).await?;
            for cookie in sessions::forget_dead(app, headers, session.as_ref()) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Ok(response)
        }
        Decision::Ask => {
            let needed = decision::needed_level(&request, client);
            if needed.is_some_and(|needed| needed > login::highest_level(app)) {
                // Nobody should log in for nothing.
                let outcome = Outcome::Error(
                    "unmet_authentication_requirements",
                    "No means of identification here reaches the level that is needed.",
                );
                return respond(app, &request, &outcome, visit).await;
            }
            if let Some(authentication) = sandbox::auto_login(app, client, &request) {
                if let Some((code, sentence)) = decision::shortcoming(
                    &request,
                    client,
                    &authentication.national_id,
                    authentication.acr,
                ) {
                    let outcome = Outcome::Error(code, sentence);
                    return respond(app, &request, &outcome, visit).await;
                }
                let origin = login::origin_of(headers, None);
                let started = sessions::start(app, authentication, Some(origin), session.as_ref());
                let mut statements = endings(app, &request);
                let event = login::made(&started.session, session.as_ref(), &request.client_id);
                statements.push(started.keep.audited(event));
                if !app.database.all_or_nothing(statements).await? {
                    return Ok(spent_meanwhile().render(visit));
                }
                app.audit.record(code_issued(&request, client, &started.session));
                if let Some(sid) = started.replaced {
                    sessions::end(app, &sid, Actor::Person, "other person").await?;
                }
                let code = give_code(app, &request, client, &started.session)?;
                let mut response = respond(app, &request, &code, visit).await?;
                for cookie in started.cookies {
                    response.headers_mut().append(header::SET_COOKIE, cookie);
                }
                return Ok(response);
            }
            if let Err(seconds) = login::may_begin(app, peer, &client.client_id) {
                return Ok(ErrorPage::too_many(seconds).render(visit));
            }
            let language = request.ui_locales.as_deref().and_then(Language::from_ui_locales);
            let begun = Box::pin(login::begin(app, request, headers)).await?;
            let mut response = redirect(&format!("/login/{}", begun.handle));
            response.headers_mut().append(header::SET_COOKIE, begun.cookie);
            if let Some(language) = language {
                response.headers_mut().append(header::SET_COOKIE, language.cookie());
            }
            Ok(response)
        }
    }
}

/// What must be written when an authorization completes, in one transaction
/// with the rest; an answer may leave only when it was.
pub fn endings(app: &App, request: &AuthorizationRequest) -> Vec<Statement> {
    pushed::spend(app, request).into_iter().collect()
}

fn spent_meanwhile() -> Box<ErrorPage> {
    page_error(
        "invalid_request_uri",
        "Another authorization was completed with this request meanwhile.",
        vec![],
    )
}

/// What the audit trail says of a code for a session.
pub fn code_issued(request: &AuthorizationRequest, client: &Client, session: &Session) -> Event {
    let Session { sid, authentication, .. } = session;
    Event::of(Kind::CodeIssued)
        .person(&authentication.national_id)
        .client(&request.client_id)
        .session(sid)
        .acr(granted_level(request, client, authentication.acr).as_str())
}

/// Makes a code for a session.
pub fn give_code(
    app: &App,
    request: &AuthorizationRequest,
    client: &Client,
    session: &Session,
) -> anyhow::Result<Outcome> {
    let code = Code {
        id: Code::new_id(),
        client_id: request.client_id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        sid: session.sid.clone(),
        national_id: session.authentication.national_id.clone(),
        scope: request.scope.clone(),
        nonce: request.nonce.clone(),
        code_challenge: request.code_challenge.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        resources: request.resources.clone(),
        acr: granted_level(request, client, session.authentication.acr),
        expires_at: app.clock.now() + app.config.tokens.code,
    };
    Ok(Outcome::Code { code: code.seal(&app.sealer)?, sid: session.sid.clone() })
}

fn known_client(app: &App, parameters: &Parameters) -> Result<Arc<Client>, Box<ErrorPage>> {
    match parameters.one("client_id") {
        Ok(Some(client_id)) => app.clients.find(client_id).ok_or_else(|| {
            page_error(
                "invalid_client",
                "No client of this client_id is registered with this provider.",
                vec![("client_id".into(), shortened(client_id))],
            )
        }),
        Ok(None) => Err(page_error("invalid_request", "client_id is missing.", vec![])),
        Err(_) => Err(page_error("invalid_request", "client_id was sent more than once.", vec![])),
    }
}

fn page_error(code: &str, description: &str, details: Vec<(String, String)>) -> Box<ErrorPage> {
    let page = ErrorPage::new(StatusCode::BAD_REQUEST, ErrorKind::Request, code, description)
        .with_details(details);
    let reference = &page.reference;
    tracing::warn!(code, description, reference, "an authorization request was refused");
    Box::new(page)
}

fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}
