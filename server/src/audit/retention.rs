//! The trail's own end: old records go, oldest first, and what stays can still
//! be verified.

use super::{Event, Kind, store};
use crate::app::App;

/// Records removed in one transaction.
const AT_ONCE: i64 = 1000;

/// Transactions in one sweep.
const ROUNDS: usize = 50;

/// Removes what is older than retention, and names the other chains each hour.
pub async fn sweep(app: &App) -> anyhow::Result<()> {
    let (trail, database) = (&app.audit, &app.database);
    let retention = app.config.audit.retention();
    let before = trail.now() - retention;
    'rounds: for _ in 0..ROUNDS {
        let overdue = store::overdue(database, before, AT_ONCE).await?;
        if overdue.is_empty() {
            break;
        }
        for (chain, anchor) in overdue {
            let pruned = Event::of(Kind::TrailPruned).request(&chain).count(anchor.through);
            let [keep, remove] = store::prune(trail.key(), &chain, &anchor);
            if !database.all_or_nothing(vec![keep.audited(pruned), remove]).await? {
                // Another node does the same.
                break 'rounds;
            }
        }
    }
    // A record that names a chain is written while that chain's own last record
    // is kept: it is gone one more retention later.
    store::forget(database, before - retention).await?;
    name_the_others(app).await
}

async fn name_the_others(app: &App) -> anyhow::Result<()> {
    if !app.audit.is_time_to_name() {
        return Ok(());
    }
    let heads = store::all_heads(&app.database).await?;
    let (chain, last) = app.audit.chain();
    if let Some((record, mac)) = last {
        // Kept elsewhere, this line shows that a tail was cut.
        tracing::info!(target: "audit", event = "chain_head", chain, record, mac);
    }
    let new = app.audit.not_named(heads, &chain);
    if !new.is_empty() {
        app.audit.record(Event::of(Kind::ChainsSeen).heads(new));
    }
    Ok(())
}
