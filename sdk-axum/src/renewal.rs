//! New tokens for a session whose access token is nearly over.

use openidconnect::{
    OAuth2TokenResponse, RefreshToken, RequestTokenError, TokenResponse,
    core::CoreErrorResponseType,
};

use crate::{
    Error, ErrorCode,
    clock::UnixTime,
    id_token::Expected,
    keeper::after,
    psc::Parts,
    redemption,
    session::{Record, Tokens},
};

/// Asks for new tokens. `login_required` means that the session is over;
/// every other failure may pass.
pub(crate) async fn renew(psc: &Parts, record: &Record, now: UnixTime) -> Result<Tokens, Error> {
    let over = |detail: &str| Error::new(ErrorCode::LoginRequired, detail);
    let refresh_token = record
        .tokens
        .refresh_token
        .as_ref()
        .ok_or_else(|| over("the provider gave no refresh token"))?;
    let found = psc.provider.found(&psc.config, now).await?;
    let client = found.client(&psc.config, &psc.checked.redirect_uri)?;
    let answer = client
        .exchange_refresh_token(&RefreshToken::new(refresh_token.clone()))
        .request_async(&psc.provider.http)
        .await
        .map_err(|error| match &error {
            RequestTokenError::ServerResponse(answer)
                if *answer.error() == CoreErrorResponseType::InvalidGrant =>
            {
                over("invalid_grant")
            }
            _ => redemption::refused(ErrorCode::RefreshFailed, error),
        })?;

    let id_token = match answer.id_token() {
        Some(id_token) => {
            let expected = Expected {
                nonce: None,
                subject: Some(&record.session.subject),
                level: None,
                authenticated_since: None,
            };
            redemption::verify(psc, &found, &answer, &expected, now).await?;
            id_token.to_string()
        }
        // OIDC Core §12.2: a renewed answer may come without one.
        None => record.tokens.id_token.clone(),
    };
    // PSC may keep the refresh token as it is, or give a new one.
    let renewed = answer.refresh_token().map(|token| token.secret().clone());
    Ok(Tokens {
        access_token: answer.access_token().secret().clone(),
        access_expires_at: after(now, answer.expires_in()),
        renewed_at: now,
        refresh_token: renewed.or_else(|| record.tokens.refresh_token.clone()),
        id_token,
    })
}
