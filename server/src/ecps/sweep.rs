//! Every table has an end.

use super::store::{devices, enrolments, pushes, requests};
use crate::app::App;

/// Writes down what time has ended and forgets what is old.
pub async fn sweep(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let keep = app.config.ecps.history_days * 24 * 60 * 60;
    let steps = [
        requests::sweep(now, keep),
        enrolments::sweep(now),
        devices::sweep(now, keep),
        vec![pushes::sweep(now)],
    ];
    for step in steps.into_iter().flatten() {
        step.execute(&app.database).await?;
    }
    Ok(())
}
