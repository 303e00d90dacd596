//! UserInfo (OpenID Connect Core §5.3): who is this, in full.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use serde_json::json;

use crate::{
    app::App,
    back_channel::is_form,
    clients::Client,
    config::REALM,
    dpop::{self, Presented, Scheme},
    error::Error,
    jose::{Alg, sign_compact},
    parameters::Parameters,
    tls,
    token::{AccessTokenError, verify_access_token},
};

/// Routes of this room.
pub fn router() -> Router<App> {
    let path = format!("{REALM}/protocol/openid-connect/userinfo");
    Router::new().route(&path, get(userinfo).post(userinfo))
}

async fn userinfo(
    State(app): State<App>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    tls::Presented(certificate): tls::Presented,
    body: Bytes,
) -> Result<Response, Error> {
    let query = Parameters::parse(query.unwrap_or_default().as_bytes());
    // RFC 9700 §4.3.2: an address ends in logs and histories.
    if query.has("access_token") {
        return Ok(challenge(Some((
            "invalid_request",
            "Send the token in the Authorization header, not in the address.",
        ))));
    }
    // RFC 6750 §2.2: a body counts when it is a form, and never that of a GET.
    let form = if method == Method::POST && is_form(&headers) {
        Parameters::parse(&body)
    } else {
        Parameters::default()
    };
    if headers.get_all(header::AUTHORIZATION).iter().count() > 1 {
        return Ok(challenge(Some(("invalid_request", "Send one Authorization header."))));
    }
    let presented = match (Presented::in_header(&headers), form.one("access_token")) {
        (Some(header), Ok(None)) => header,
        (None, Ok(Some(token))) => Presented { token, scheme: Scheme::Bearer },
        (None, Ok(None)) => return Ok(challenge(None)),
        _ => {
            return Ok(challenge(Some((
                "invalid_request",
                "Send the token once: in the Authorization header or in the body.",
            ))));
        }
    };
    let token = match verify_access_token(&app, presented.token).await {
        Ok(token) => token,
        Err(AccessTokenError::Inactive) => {
            return Ok(challenge(Some(("invalid_token", "Token verification failed"))));
        }
        Err(AccessTokenError::Internal(cause)) => return Err(cause.into()),
    };
    match presented.holds(&app, &token, method.as_str(), uri.path(), &headers).await {
        Ok(()) => {}
        Err(refusal) => return refused(refusal),
    }
    if !token.is_for(&app.issuer) {
        return Ok(challenge(Some(("invalid_token", "The token is for other resources"))));
    }
    if !token.comes_with(&app, certificate.as_ref()) {
        let description = "The token is bound to a certificate, and it did not come with it.";
        return Ok(challenge(Some(("invalid_token", description))));
    }
    if !token.allows("openid") {
        return Ok(challenge(Some(("insufficient_scope", "Missing openid scope"))));
    }
    let person = token.national_id.as_deref().and_then(|id| app.directory.find(id));
    let Some(person) = person else {
        return Ok(challenge(Some(("invalid_token", "Token verification failed"))));
    };
    let auth_mode = token.means().map_or("", |means| means.as_str());
    let claims = person.userinfo(&token.sub, auth_mode);
    let client = app.clients.find(&token.azp);
    let Some((alg, client)) = client.and_then(|client| Some((client.userinfo_alg?, client))) else {
        return Ok(([(header::CACHE_CONTROL, "no-store")], Json(claims)).into_response());
    };
    let signed = signed(&app, &client, alg, claims).await?;
    let headers = [(header::CONTENT_TYPE, "application/jwt"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, signed).into_response())
}

/// Core §5.3.2: a signed answer says who speaks, and to whom.
async fn signed(
    app: &App,
    client: &Client,
    alg: Alg,
    claims: impl Serialize,
) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct Signed<'a, T> {
        iss: &'a str,
        aud: &'a str,
        #[serde(flatten)]
        claims: T,
    }
    let keys = app.keys.get(app).await?;
    let claims = Signed { iss: &app.issuer, aud: &client.client_id, claims };
    sign_compact(keys.tokens(alg), "JWT", &claims)
}

/// RFC 9449 §7.1 and §9: what is wrong with the proof is said by the DPoP
/// challenge.
fn refused(refusal: dpop::Refusal) -> Result<Response, Error> {
    let (code, description) = match &refusal {
        dpop::Refusal::Broken(sentence) => ("invalid_token", *sentence),
        dpop::Refusal::NonceWanted(_) => ("use_dpop_nonce", "Repeat the nonce in a new proof."),
        dpop::Refusal::TooMany(_) | dpop::Refusal::Internal(_) => return Err(refusal.into()),
    };
    let mut response = challenge(Some((code, description)));
    if let dpop::Refusal::NonceWanted(nonce) = refusal
        && let Ok(value) = HeaderValue::from_str(&nonce)
    {
        response.headers_mut().insert("dpop-nonce", value);
    }
    Ok(response)
}

/// RFC 6750 §3: the challenge says what was wrong, a bare one that nothing came.
/// There is one for each scheme (RFC 9449 §7.2).
fn challenge(error: Option<(&'static str, &'static str)>) -> Response {
    let algs = dpop::ALGS.map(Alg::as_str).join(" ");
    let mut response = match error {
        None => (StatusCode::UNAUTHORIZED, [(header::CACHE_CONTROL, "no-store")]).into_response(),
        Some((code, description)) => {
            let status = match code {
                "invalid_request" => StatusCode::BAD_REQUEST,
                "insufficient_scope" => StatusCode::FORBIDDEN,
                _ => StatusCode::UNAUTHORIZED,
            };
            let body = Json(json!({"error": code, "error_description": description}));
            (status, [(header::CACHE_CONTROL, "no-store")], body).into_response()
        }
    };
    let why = error.map_or(String::new(), |(code, description)| {
        format!(r#", error="{code}", error_description="{description}""#)
    });
    for scheme in
        [format!(r#"Bearer realm="esante-wallet"{why}"#), format!(r#"DPoP algs="{algs}"{why}"#)]
    {
        if let Ok(value) = HeaderValue::from_str(&scheme) {
            response.headers_mut().append(header::WWW_AUTHENTICATE, value);
        }
    }
    response
}
