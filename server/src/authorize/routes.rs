//! The authorization endpoint over HTTP.

use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::get,
};

use super::{
    Answer, AuthorizationRequest, Outcome,
    answer::redirect,
    checks::{self, Draft},
    decision::{self, Decision, granted_level},
};
use crate::{
    app::App,
    clients::Client,
    config::REALM,
    login,
    pages::{ErrorKind, ErrorPage, Language, Visit},
    parameters::Parameters,
    sandbox,
    sessions::{self, Session},
    token::{Code, read_id_token_hint},
};

/// Routes of this room: PSC's wallet path, with and without its slash, and
/// Keycloak's own.
pub fn router() -> Router<App> {
    Router::new()
        .route("/auth", get(authorize).post(post))
        .route("/auth/", get(authorize).post(post))
        .route(&format!("{REALM}/protocol/openid-connect/auth"), get(authorize).post(post))
}

async fn authorize(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    visit: Visit,
) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    ErrorPage::or(answer(&app, &parameters, &headers, &visit).await, &visit)
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
    headers: &HeaderMap,
    visit: &Visit,
) -> anyhow::Result<Response> {
    let client = match known_client(app, parameters) {
        Ok(client) => client,
        Err(page) => return Ok(page.render(visit)),
    };
    let (redirect_uri, state, response_mode) = match way_back(client, parameters) {
        Ok(way) => way,
        Err(page) => return Ok(page.render(visit)),
    };
    let mut way = Answer {
        redirect_uri,
        response_mode: Default::default(),
        state: None,
        issuer: &app.issuer,
    };
    let mut request = empty_request(client, redirect_uri);
    match state {
        Ok(state) => {
            way.state = state;
            request.state = state.map(str::to_owned);
        }
        Err((code, sentence)) => return Ok(way.respond(&Outcome::Error(code, sentence), visit)),
    }
    match response_mode {
        Ok(mode) => {
            way.response_mode = mode;
            request.response_mode = mode;
        }
        Err((code, sentence)) => return Ok(way.respond(&Outcome::Error(code, sentence), visit)),
    }
    let request = match checks::check(Draft { parameters, client, request }) {
        Ok(request) => request,
        Err((code, sentence)) => return Ok(way.respond(&Outcome::Error(code, sentence), visit)),
    };
    let request = match with_hint(app, client, parameters, request).await? {
        Ok(request) => request,
        Err((code, sentence)) => return Ok(way.respond(&Outcome::Error(code, sentence), visit)),
    };
    proceed(app, client, request, headers, visit).await
}

/// From the session, or through a page, or not at all.
async fn proceed(
    app: &App,
    client: &Client,
    request: AuthorizationRequest,
    headers: &HeaderMap,
    visit: &Visit,
) -> anyhow::Result<Response> {
    let session = sessions::current(app, headers).await?;
    let now = app.clock.now();
    let way = Answer::to(&request, &app.issuer);
    match decision::decide(&request, client, session.as_ref(), now) {
        Decision::Answer => {
            let session = session.expect("only a session can be good enough");
            sessions::touch(app, &session).await?;
            let code = give_code(app, &request, client, &session)?;
            Ok(way.respond(&code, visit))
        }
        Decision::Refuse(code, sentence) => Ok(way.respond(&Outcome::Error(code, sentence), visit)),
        Decision::Ask => {
            if let Some(authentication) = sandbox::auto_login(app, client, &request) {
                let started = sessions::start(app, authentication, session.as_ref());
                anyhow::ensure!(
                    app.database.all_or_nothing(vec![started.keep]).await?,
                    "the session ended meanwhile"
                );
                let code = give_code(app, &request, client, &started.session)?;
                let mut response = way.respond(&code, visit);
                response.headers_mut().append(header::SET_COOKIE, started.cookie);
                return Ok(response);
            }
            let language = request.ui_locales.as_deref().and_then(Language::from_ui_locales);
            let begun = login::begin(app, request, headers).await?;
            let mut response = redirect(&format!("/login/{}", begun.handle));
            response.headers_mut().append(header::SET_COOKIE, begun.cookie);
            if let Some(language) = language {
                response.headers_mut().append(header::SET_COOKIE, language.cookie());
            }
            Ok(response)
        }
    }
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
        acr: granted_level(request, client, session.authentication.acr),
        expires_at: app.clock.now() + app.config.tokens.code,
    };
    tracing::info!(
        target: "audit",
        event = "code issued",
        client = request.client_id,
        sid = session.sid,
        acr = session.authentication.acr.as_str(),
    );
    Ok(Outcome::Code { code: code.seal(&app.sealer)?, sid: session.sid.clone() })
}

fn known_client<'a>(app: &'a App, parameters: &Parameters) -> Result<&'a Client, Box<ErrorPage>> {
    match parameters.one("client_id") {
        Ok(Some(client_id)) => app.clients.find(client_id).map(AsRef::as_ref).ok_or_else(|| {
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

type Settled<T> = Result<T, checks::Refusal>;
type WayBack<'a> = (&'a str, Settled<Option<&'a str>>, Settled<super::ResponseMode>);

/// RFC 9700 §4.1.3: the redirect URI is compared letter by letter.
fn way_back<'a>(
    client: &Client,
    parameters: &'a Parameters,
) -> Result<WayBack<'a>, Box<ErrorPage>> {
    let redirect_uri = match parameters.one("redirect_uri") {
        Ok(Some(uri)) if client.redirect_uris.iter().any(|registered| registered == uri) => uri,
        Ok(Some(uri)) => {
            return Err(page_error(
                "invalid_request",
                "redirect_uri is not registered for this client. It is compared letter by letter: case, port and final slash count.",
                vec![
                    ("client_id".into(), client.client_id.clone()),
                    ("redirect_uri".into(), shortened(uri)),
                ],
            ));
        }
        Ok(None) => {
            return Err(page_error("invalid_request", "redirect_uri is missing.", vec![]));
        }
        Err(_) => {
            return Err(page_error(
                "invalid_request",
                "redirect_uri was sent more than once.",
                vec![],
            ));
        }
    };
    let state = match parameters.one("state") {
        Ok(Some(state)) if state.len() > 512 => {
            Err(("invalid_request", "state has at most 512 bytes."))
        }
        Ok(state) => Ok(state),
        Err(_) => Err(("invalid_request", "state was sent more than once.")),
    };
    Ok((redirect_uri, state, checks::response_mode(parameters)))
}

/// `id_token_hint`: ours, for this client; expired is fine (Core §3.1.2.1).
async fn with_hint(
    app: &App,
    client: &Client,
    parameters: &Parameters,
    mut request: AuthorizationRequest,
) -> anyhow::Result<Result<AuthorizationRequest, checks::Refusal>> {
    let Ok(Some(text)) = parameters.one("id_token_hint") else { return Ok(Ok(request)) };
    let hint = read_id_token_hint(app, text).await?;
    let Some(hint) = hint.filter(|hint| hint.aud == client.client_id) else {
        return Ok(Err(("invalid_request", "id_token_hint is not an ID token of this client.")));
    };
    request.hinted_subject = Some(hint.sub);
    Ok(Ok(request))
}

fn empty_request(client: &Client, redirect_uri: &str) -> AuthorizationRequest {
    AuthorizationRequest {
        client_id: client.client_id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        response_mode: Default::default(),
        state: None,
        scope: String::new(),
        nonce: None,
        code_challenge: None,
        prompt: Default::default(),
        max_age: None,
        login_hint: None,
        hinted_subject: None,
        acr_values: Vec::new(),
        ui_locales: None,
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
