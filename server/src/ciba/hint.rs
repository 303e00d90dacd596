//! Whom a request is about.

use serde::Deserialize;

use super::{checks::Hint, signed};
use crate::{
    app::App,
    clients::Client,
    directory::NationalId,
    error::{Error, ErrorCode},
    jose::{Audience, Compact},
    token,
};

/// A `login_hint_token`: an identifier signed by the client, of `typ`
/// `login-hint+jwt` (our format: CIBA Core §7.1 leaves it open).
#[derive(Deserialize)]
struct LoginHintToken {
    iss: String,
    aud: Audience,
    exp: i64,
    login_hint: String,
}

/// The identifier that a hint leads to; whether anybody has it is not said.
pub(super) async fn identifier(app: &App, client: &Client, hint: &Hint) -> Result<String, Error> {
    let typed = match hint {
        Hint::Login(typed) => typed.clone(),
        Hint::IdToken(text) => of_id_token(app, client, text).await?,
        Hint::LoginToken(text) => of_login_token(app, client, text).await?,
        Hint::Missing => String::new(),
    };
    // Its form says nothing about who exists (C07).
    let national_id = typed.parse::<NationalId>().map_err(|_| {
        Error::Refused(
            ErrorCode::UnknownUserId,
            "login_hint is not a national identifier, such as 8 followed by an RPPS number.",
        )
    })?;
    let person = app.directory.find(national_id.as_str());
    if person.is_none() && client.backchannel.as_ref().is_some_and(|it| it.reveal_unknown_user) {
        return Err(Error::Refused(
            ErrorCode::UnknownUserId,
            "Nobody in the directory has this identifier.",
        ));
    }
    Ok(person.map_or(national_id.to_string(), |person| person.national_id.to_string()))
}

/// Ours, for this client; expired or not (CIBA Core §7.1).
async fn of_id_token(app: &App, client: &Client, text: &str) -> Result<String, Error> {
    let hint = token::read_id_token_hint(app, text).await?;
    let hint = hint.filter(|hint| hint.aud == client.client_id);
    hint.and_then(|hint| token::national_id_of(&hint.sub).map(str::to_owned)).ok_or(Error::Refused(
        ErrorCode::InvalidRequest,
        "id_token_hint is not an ID token that this provider gave to this client.",
    ))
}

async fn of_login_token(app: &App, client: &Client, text: &str) -> Result<String, Error> {
    let refused = || {
        Error::Refused(
            ErrorCode::InvalidRequest,
            "login_hint_token must be signed by this client for this issuer, with typ login-hint+jwt.",
        )
    };
    let token = Compact::parse(text).map_err(|_| refused())?;
    let keys = client.keys(app, token.kid()).await;
    let claims: LoginHintToken =
        token.verified_by(&keys, signed::ALGS, &[Some("login-hint+jwt")]).map_err(|_| refused())?;
    if claims.iss != client.client_id || !claims.aud.names(&app.issuer) {
        return Err(refused());
    }
    if claims.exp <= app.clock.now() {
        return Err(Error::Refused(
            ErrorCode::ExpiredLoginHintToken,
            "login_hint_token has expired.",
        ));
    }
    Ok(claims.login_hint)
}
