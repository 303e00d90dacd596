//! The provider tells us that a session has ended.

use axum::{
    Form,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::{
    Error, Psc,
    logout_token::{self, Refusal},
};

#[derive(Deserialize)]
pub(super) struct Notice {
    #[serde(default)]
    logout_token: String,
}

/// 200 when the session is over here too, 400 when the token is not believed
/// (Back-Channel Logout 1.0 §2.8).
pub(super) async fn logout(State(psc): State<Psc>, Form(notice): Form<Notice>) -> Response {
    let psc = psc.parts();
    let now = psc.clock.now();
    let ended = async {
        let found = psc.provider.found(&psc.config, now).await?;
        let mut verified = logout_token::verify(&notice.logout_token, &found, &psc.config, now);
        if matches!(verified, Err(Refusal::UnknownKey)) {
            let found = psc.provider.found_with_new_keys(&psc.config, now).await?;
            verified = logout_token::verify(&notice.logout_token, &found, &psc.config, now);
        }
        match verified {
            Ok(ended) => {
                psc.note_end(&ended).await?;
                Ok::<_, Error>(None)
            }
            Err(Refusal::UnknownKey) => Ok(Some("kid is no key of the provider")),
            Err(Refusal::Broken(rule)) => Ok(Some(rule)),
        }
    };
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    match ended.await {
        Ok(None) => (StatusCode::OK, no_store).into_response(),
        Ok(Some(rule)) => {
            tracing::warn!(rule, "a logout token was refused");
            let body = serde_json::json!({"error": "invalid_request", "error_description": rule});
            (StatusCode::BAD_REQUEST, no_store, axum::Json(body)).into_response()
        }
        // The provider, or our store, cannot be reached: told again, it works.
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error).into_response(),
    }
}
