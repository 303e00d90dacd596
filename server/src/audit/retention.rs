//! The trail's own end: old records go, oldest first, and what stays can still
//! be verified.

use super::{
    Event, Kind,
    record::Place,
    store::{self, Anchor},
};
use crate::{app::App, secret::base64url};

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
        let mut removed = false;
        for (chain, anchor) in store::overdue(database, before, AT_ONCE).await? {
            if !are_ours(app, &chain, &anchor, before).await? {
                // What we seal away nobody can verify any more: it stays, for
                // `openpsc audit verify` to find.
                tracing::error!(
                    chain,
                    "the audit trail was altered: nothing of this chain is removed"
                );
                continue;
            }
            let pruned = Event::of(Kind::TrailPruned).request(&chain).count(anchor.through);
            let [keep, remove] = store::prune(trail.key(), &chain, &anchor);
            if !database.all_or_nothing(vec![keep.audited(pruned), remove]).await? {
                // Another node does the same.
                break 'rounds;
            }
            removed = true;
        }
        if !removed {
            break;
        }
    }
    // A record that names a chain is written while that chain's own last record
    // is kept: it is gone one more retention later.
    store::forget(database, before - retention).await?;
    name_the_others(app).await
}

/// Whether the oldest records of a chain, as far as `last`, are what this server
/// wrote, each in its place and older than `before`: their columns alone could
/// be anybody's.
async fn are_ours(app: &App, chain: &str, last: &Anchor, before: i64) -> anyhow::Result<bool> {
    let key = app.audit.key();
    let begin = match store::anchor_of(&app.database, key, chain).await? {
        None => (-1, String::new()),
        Some(Ok(anchor)) => (anchor.through, base64url(&anchor.mac)),
        Some(Err(())) => return Ok(false),
    };
    let (mut number, mut previous) = begin;
    let records = store::after(&app.database, chain, number, AT_ONCE + 1).await?;
    for record in records.iter().take_while(|it| it.chain == chain && it.number <= last.through) {
        let expected = Place { chain: chain.into(), number: number + 1, at: record.at, previous };
        if record.place(key).as_ref() != Some(&expected)
            || record.number != expected.number
            || record.at >= before
        {
            return Ok(false);
        }
        (number, previous) = (record.number, record.name());
    }
    Ok(number == last.through && previous == base64url(&last.mac))
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
