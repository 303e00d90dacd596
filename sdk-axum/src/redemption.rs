//! From a code to a session: tokens, their check, the person's claims.

use axum::http::{Request, StatusCode, header};
use openidconnect::{
    AccessToken, AuthorizationCode, Nonce, OAuth2TokenResponse, PkceCodeVerifier,
    RequestTokenError, TokenResponse,
    core::{CoreErrorResponseType, CoreTokenResponse},
};
use serde_json::{Map, Value};

use crate::{
    Error, ErrorCode, Session,
    clock::UnixTime,
    http::{self, HttpError},
    id_token::{self, Expected, Refusal, Verified},
    keeper::after,
    login_cookie::Login,
    provider::Found,
    psc::Parts,
    session::Tokens,
    unique_json,
};

/// `auth_time` may be a little older than what the clock here says.
const SKEW: i64 = 30;

/// What the token endpoint refuses with.
type TokenError =
    RequestTokenError<HttpError, openidconnect::StandardErrorResponse<CoreErrorResponseType>>;

/// Redeems the code of a login that is this browser's.
pub(crate) async fn redeem(
    psc: &Parts,
    found: &Found,
    login: Login,
    code: String,
    now: UnixTime,
) -> Result<(Session, Tokens), Error> {
    let client = found.client(&psc.config, &psc.checked.redirect_uri)?;
    let answer = client
        .exchange_code(AuthorizationCode::new(code))
        .set_pkce_verifier(PkceCodeVerifier::new(login.verifier))
        .request_async(&psc.provider.http)
        .await
        .map_err(|error| refused(ErrorCode::Server, error))?;

    let nonce = Nonce::new(login.nonce);
    let expected = Expected {
        nonce: Some(&nonce),
        subject: None,
        level: login.level,
        authenticated_since: login
            .max_age
            .map(|seconds| login.started_at - i64::from(seconds) - SKEW),
    };
    let verified = verify(psc, found, &answer, &expected, now).await?;
    if login.subject.is_some_and(|subject| subject != verified.subject) {
        return Err(Error::new(ErrorCode::OtherPerson, "a step-up by another person"));
    }
    let userinfo = userinfo(psc, found, answer.access_token(), &verified.subject).await?;
    let tokens = tokens(&answer, now)?;
    Ok((Session::open(verified, userinfo, &psc.config, now), tokens))
}

/// Checks the ID token of an answer. When it names a key that we do not know,
/// the keys are read again, once.
pub(crate) async fn verify(
    psc: &Parts,
    found: &Found,
    answer: &CoreTokenResponse,
    expected: &Expected<'_>,
    now: UnixTime,
) -> Result<Verified, Error> {
    let id_token = answer
        .id_token()
        .ok_or_else(|| Error::new(ErrorCode::TokenRejected, "no ID token in the answer"))?;
    let redirect_uri = &psc.checked.redirect_uri;
    let check = |found: &Found| {
        let client = found.client(&psc.config, redirect_uri).map_err(Refusal::Broken)?;
        id_token::verify(&client, id_token, answer.access_token(), expected, now)
    };
    let refusal = match check(found) {
        Err(Refusal::UnknownKey) => {
            check(&*psc.provider.found_with_new_keys(&psc.config, now).await?)
        }
        checked => checked,
    };
    refusal.map_err(|refusal| match refusal {
        Refusal::UnknownKey => {
            Error::new(ErrorCode::TokenRejected, "no key of the provider signed the ID token")
        }
        Refusal::Broken(error) => error,
    })
}

/// The claims of the person, with the `sub` of the ID token (OIDC Core §5.3.2).
async fn userinfo(
    psc: &Parts,
    found: &Found,
    access_token: &AccessToken,
    subject: &str,
) -> Result<Map<String, Value>, Error> {
    let rejected = |detail: String| Error::new(ErrorCode::TokenRejected, detail);
    let request = Request::get(found.metadata.userinfo_endpoint.as_str())
        .header(header::ACCEPT, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {}", access_token.secret()))
        .body(Vec::new())
        .map_err(|error| rejected(error.to_string()))?;
    let answer = psc.provider.http.send(request).await.map_err(|error| http::failure(&error))?;
    if answer.status() != StatusCode::OK {
        let detail = format!("userinfo answers {}", answer.status().as_u16());
        return Err(Error::new(ErrorCode::Server, detail));
    }
    let claims = unique_json::object(answer.body())
        .map_err(|error| rejected(format!("userinfo: {error}")))?;
    if claims.get("sub").and_then(Value::as_str) != Some(subject) {
        return Err(rejected("userinfo is another person's".into()));
    }
    Ok(claims)
}

/// The tokens of an answer whose ID token was checked.
pub(crate) fn tokens(answer: &CoreTokenResponse, now: UnixTime) -> Result<Tokens, Error> {
    let id_token = answer
        .id_token()
        .ok_or_else(|| Error::new(ErrorCode::TokenRejected, "no ID token in the answer"))?;
    Ok(Tokens {
        access_token: answer.access_token().secret().clone(),
        access_expires_at: after(now, answer.expires_in()),
        renewed_at: now,
        refresh_token: answer.refresh_token().map(|token| token.secret().clone()),
        id_token: id_token.to_string(),
    })
}

/// The token endpoint said no, or nothing. Its answer may hold tokens, so it
/// is never logged.
pub(crate) fn refused(code: ErrorCode, error: TokenError) -> Error {
    match error {
        RequestTokenError::ServerResponse(answer) => Error::new(code, answer.error().to_string()),
        RequestTokenError::Request(error) => http::failure(&error),
        RequestTokenError::Parse(error, _) => {
            Error::new(ErrorCode::Server, format!("the token endpoint's answer: {error}"))
        }
        RequestTokenError::Other(detail) => Error::new(ErrorCode::Server, detail),
    }
}
