//! Every table has an end.

use super::store::{devices, enrolments, pushes, requests};
use crate::{app::App, audit::Kind};

/// Writes down what time has ended and forgets what is old.
pub async fn sweep(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    time_out(app).await?;
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

/// What nobody has answered has ended by itself: that is written down one by
/// one, because the audit trail tells each.
async fn time_out(app: &App) -> anyhow::Result<()> {
    loop {
        let now = app.clock.now();
        let overdue = requests::overdue(&app.database, now).await?;
        if overdue.is_empty() {
            return Ok(());
        }
        for request in overdue {
            let event = request.event(Kind::ApprovalTimedOut);
            requests::expired(&request.rid, now).audited(event).execute(&app.database).await?;
        }
    }
}
