//! Records at rest.

use anyhow::Context;
use aws_lc_rs::hmac;
use serde_json::json;

use super::{event::Head, record::Record};
use crate::{
    database::{Database, Row, Statement, sql},
    secret::base64url,
};

/// Chains that one record names at the most, those written last.
const NAMED: i64 = 500;

/// Begins a chain.
pub(super) fn begin(chain: &str, at: i64) -> Statement {
    sql("insert into audit_chains (chain, started_at) values ($1, $2)")
        .bind(chain)
        .bind(at)
        .must_touch(1)
}

/// Adds a record.
pub(super) fn insert(record: Record) -> Statement {
    sql("insert into audit_records (chain, number, at, body, mac) values ($1, $2, $3, $4, $5)")
        .bind(record.chain)
        .bind(record.number)
        .bind(record.at)
        .bind(record.body)
        .bind(record.mac)
        .must_touch(1)
}

/// The last record of each chain.
pub(crate) fn heads() -> Statement {
    sql("select r.chain, r.number, r.at, r.mac from audit_chains c
         join audit_records r on r.chain = c.chain
          and r.number = (select max(number) from audit_records where chain = c.chain)
         order by r.at desc, r.chain limit $1")
    .bind(NAMED)
}

/// Reads what [`heads`] gave.
pub(crate) fn read_heads(rows: &[Row]) -> anyhow::Result<Vec<Head>> {
    rows.iter().map(head).collect()
}

fn head(row: &Row) -> anyhow::Result<Head> {
    Ok(Head {
        chain: row.text("chain")?,
        number: row.integer("number")?,
        at: row.integer("at")?,
        mac: base64url(&row.bytes("mac")?),
    })
}

fn record(row: &Row) -> anyhow::Result<Record> {
    Ok(Record {
        chain: row.text("chain")?,
        number: row.integer("number")?,
        at: row.integer("at")?,
        body: row.text("body")?,
        mac: row.bytes("mac")?,
    })
}

/// The next records, chain by chain.
pub(super) async fn after(
    database: &Database,
    chain: &str,
    number: i64,
    most: i64,
) -> anyhow::Result<Vec<Record>> {
    let rows = sql("select chain, number, at, body, mac from audit_records
         where (chain, number) > ($1, $2) order by chain, number limit $3")
    .bind(chain)
    .bind(number)
    .bind(most)
    .fetch_all(database)
    .await?;
    rows.iter().map(record).collect()
}

/// The next records, by time.
pub(super) async fn later(
    database: &Database,
    (at, chain, number): (i64, &str, i64),
    most: i64,
) -> anyhow::Result<Vec<Record>> {
    let rows = sql("select chain, number, at, body, mac from audit_records
         where (at, chain, number) > ($1, $2, $3) order by at, chain, number limit $4")
    .bind(at)
    .bind(chain)
    .bind(number)
    .bind(most)
    .fetch_all(database)
    .await?;
    rows.iter().map(record).collect()
}

/// The MAC of one record, base64url.
pub(super) async fn mac_of(
    database: &Database,
    chain: &str,
    number: i64,
) -> anyhow::Result<Option<String>> {
    let row = sql("select mac from audit_records where chain = $1 and number = $2")
        .bind(chain)
        .bind(number)
        .fetch_optional(database)
        .await?;
    row.map(|row| Ok(base64url(&row.bytes("mac")?))).transpose()
}

/// Whether a chain is in the list.
pub(super) async fn is_listed(database: &Database, chain: &str) -> anyhow::Result<bool> {
    let row = sql("select chain from audit_chains where chain = $1").bind(chain);
    Ok(row.fetch_optional(database).await?.is_some())
}

/// The last record that retention took away: what the rest hangs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) through: i64,
    pub(super) mac: Vec<u8>,
    pub(super) at: i64,
}

impl Anchor {
    fn text(&self, chain: &str) -> String {
        // Begins otherwise than any record.
        let Self { through, mac, at } = self;
        json!(["anchor", chain, through, base64url(mac), at]).to_string()
    }
}

/// Where a chain begins after retention; `Err` when somebody else says so than
/// we.
pub(super) async fn anchor_of(
    database: &Database,
    key: &hmac::Key,
    chain: &str,
) -> anyhow::Result<Option<Result<Anchor, ()>>> {
    let row = sql("select pruned_through, pruned_mac, pruned_at, seal from audit_chains
         where chain = $1 and pruned_through is not null")
    .bind(chain)
    .fetch_optional(database)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (Ok(mac), Ok(at), Ok(seal)) =
        (row.bytes("pruned_mac"), row.integer("pruned_at"), row.bytes("seal"))
    else {
        return Ok(Some(Err(())));
    };
    let anchor = Anchor { through: row.integer("pruned_through")?, mac, at };
    let good = hmac::verify(key, anchor.text(chain).as_bytes(), &seal).is_ok();
    Ok(Some(good.then_some(anchor).ok_or(())))
}

/// The newest of the oldest records of each chain that are older than `before`.
pub(super) async fn overdue(
    database: &Database,
    before: i64,
    most: i64,
) -> anyhow::Result<Vec<(String, Anchor)>> {
    let rows = sql("select r.chain, r.number, r.at, r.mac from audit_records r join
         (select o.chain, max(o.number) as number from
           (select chain, number from audit_records where at < $1 order by at, chain, number limit $2) o
          group by o.chain) last
         on last.chain = r.chain and last.number = r.number order by r.chain")
    .bind(before)
    .bind(most)
    .fetch_all(database)
    .await?;
    let read = |row: &Row| {
        let anchor = Anchor {
            through: row.integer("number")?,
            mac: row.bytes("mac")?,
            at: row.integer("at")?,
        };
        Ok((row.text("chain")?, anchor))
    };
    rows.iter().map(read).collect()
}

/// Takes the oldest records of a chain away, and says under a seal which was
/// the last.
pub(super) fn prune(key: &hmac::Key, chain: &str, anchor: &Anchor) -> [Statement; 2] {
    let seal = hmac::sign(key, anchor.text(chain).as_bytes()).as_ref().to_vec();
    let keep = sql(
        "update audit_chains set pruned_through = $2, pruned_mac = $3, pruned_at = $4, seal = $5
         where chain = $1 and (pruned_through is null or pruned_through < $2)",
    )
    .bind(chain)
    .bind(anchor.through)
    .bind(anchor.mac.clone())
    .bind(anchor.at)
    .bind(seal)
    .must_touch(1);
    let remove = sql("delete from audit_records where chain = $1 and number <= $2")
        .bind(chain)
        .bind(anchor.through);
    [keep, remove]
}

/// Forgets chains that nothing is left of, not even a record that names them.
pub(super) async fn forget(database: &Database, before: i64) -> anyhow::Result<()> {
    sql("delete from audit_chains where pruned_at < $1 and not exists
         (select 1 from audit_records where audit_records.chain = audit_chains.chain)")
    .bind(before)
    .execute(database)
    .await?;
    Ok(())
}

/// Every chain's last record.
pub(super) async fn all_heads(database: &Database) -> anyhow::Result<Vec<Head>> {
    read_heads(&heads().fetch_all(database).await?).context("a row of audit_records makes no sense")
}
