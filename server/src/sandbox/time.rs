//! `POST /sandbox/v1/clock?advance=SECONDS`: to see what expiry looks like.

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::post,
};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    error::{Error, ErrorCode},
    sweep,
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/sandbox/v1/clock", post(advance))
}

#[derive(Deserialize)]
struct Push {
    #[serde(default)]
    advance: u32,
}

#[derive(Serialize)]
struct Now {
    now: i64,
}

/// A month is the longest step: the clock never goes back.
const LONGEST: u32 = 31 * 24 * 3600;

async fn advance(State(app): State<App>, Query(push): Query<Push>) -> Result<Json<Now>, Error> {
    if push.advance > LONGEST {
        return Err(Error::Refused(
            ErrorCode::InvalidRequest,
            "advance is at most 31 days, in seconds.",
        ));
    }
    app.clock.advance(push.advance);
    sweep::once(&app).await?;
    Ok(Json(Now { now: app.clock.now() }))
}
