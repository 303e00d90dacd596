//! `GET` or `POST /sandbox/v1/ciba/{auth_req_id}/{allow|deny}`: answers a CIBA
//! request in the person's place, so that a test suite runs unattended.

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::get,
};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    ciba::{self, Unattended},
    error::{Error, ErrorCode},
};

pub(super) fn router() -> Router<App> {
    // A conformance suite can only GET, and nothing here is anybody's.
    Router::new().route("/sandbox/v1/ciba/{auth_req_id}/{answer}", get(answer).post(answer))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Allow,
    Deny,
}

#[derive(Serialize)]
struct Answered {
    answer: Answer,
}

async fn answer(
    State(app): State<App>,
    Path((auth_req_id, answer)): Path<(String, Answer)>,
) -> Result<Json<Answered>, Error> {
    match ciba::decide(&app, &auth_req_id, answer == Answer::Allow).await? {
        Unattended::Decided => Ok(Json(Answered { answer })),
        Unattended::Unknown => {
            Err(Error::Refused(ErrorCode::NotFound, "No CIBA request has this auth_req_id."))
        }
        Unattended::Over => Err(Error::Refused(
            ErrorCode::InvalidRequest,
            "This CIBA request is over: it was answered, used or has expired.",
        )),
    }
}
