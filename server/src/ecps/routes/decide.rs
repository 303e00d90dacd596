//! The person's answer.

use axum::{Json, extract::State};
use openpsc_protocol::ecps::{Decided, RefusalCode, SignedMessage};

use super::{
    super::settle::{NotSettled, settle},
    call::Call,
    pin::refused_over_pin,
    refusal::Refusal,
};
use crate::app::App;

/// Yes or no, under the signatures that it needs.
pub(super) async fn decide(
    State(app): State<App>,
    Call { device, body, digest }: Call<SignedMessage>,
) -> Result<Json<Decided>, Refusal> {
    match settle(&app, &device.device_id, &body, &digest).await {
        Ok(decided) => Ok(Json(decided)),
        Err(NotSettled::Refused(code @ (RefusalCode::PinWrong | RefusalCode::PinLocked))) => {
            Err(refused_over_pin(&app, &device, code).await?)
        }
        Err(NotSettled::Refused(code)) => Err(code.into()),
        Err(NotSettled::Internal(cause)) => Err(Refusal::Internal(cause)),
    }
}
