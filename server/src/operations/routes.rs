//! The three answers.

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use crate::{app::App, database::sql};

/// Routes of the operators' port.
pub fn router() -> Router<App> {
    Router::new()
        .route("/live", get(live))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
}

/// The process answers: nothing more is promised.
async fn live() -> Json<serde_json::Value> {
    Json(json!({"status": "live"}))
}

/// Traffic may come: the database answers and the keys are there.
async fn ready(State(app): State<App>) -> Response {
    let works = async {
        app.keys.get(&app).await?;
        // A write that changes nothing: a database that only reads is no use.
        sql("update signing_keys set kid = kid where 1 = 0").execute(&app.database).await
    };
    match works.await {
        Ok(_) => Json(json!({"status": "ready"})).into_response(),
        Err(cause) => {
            tracing::error!(cause = format!("{cause:#}"), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "not ready"}))).into_response()
        }
    }
}

async fn metrics(State(app): State<App>) -> Response {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match app.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
