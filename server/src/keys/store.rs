//! Keys at rest: sealed, never in clear.

use anyhow::Context;

use super::{
    Purpose,
    rotation::{self, Life, State},
};
use crate::{
    app::App,
    audit::{Event, Kind},
    clock::UnixTime,
    database::{Row, sql},
    jose::{Alg, SigningKey},
};

const SEAL: &str = "signing key";

/// A key as it lies there.
pub(super) struct Kept {
    pub kid: String,
    pub purpose: Purpose,
    pub alg: Alg,
    pub life: Life,
    sealed: Vec<u8>,
}

impl Kept {
    /// Opens it.
    pub(super) fn open(&self, app: &App) -> anyhow::Result<SigningKey> {
        let pkcs8 = app.sealer.open(SEAL, &self.sealed).context(
            "a signing key does not open: is this the key-encryption key of this database?",
        )?;
        SigningKey::from_pkcs8(self.alg, &pkcs8)
    }
}

/// Every key.
pub(super) async fn all(app: &App) -> anyhow::Result<Vec<Kept>> {
    let rows = sql("select kid, purpose, alg, private_sealed, generation, activates_at, retired_at from signing_keys order by generation")
        .fetch_all(&app.database)
        .await?;
    rows.iter()
        .map(read)
        .collect::<anyhow::Result<_>>()
        .context("a row of signing_keys makes no sense")
}

fn read(row: &Row) -> anyhow::Result<Kept> {
    let life = Life {
        generation: row.integer("generation")?,
        activates_at: row.integer("activates_at")?,
        retired: row.optional_integer("retired_at")?.is_some(),
    };
    Ok(Kept {
        kid: row.text("kid")?,
        purpose: row.word("purpose")?,
        alg: row.word("alg")?,
        life,
        sealed: row.bytes("private_sealed")?,
    })
}

/// Keeps a new key, unless another node was faster with one of its generation.
pub(super) async fn insert(
    app: &App,
    purpose: Purpose,
    key: &SigningKey,
    pkcs8: &[u8],
    life: Life,
) -> anyhow::Result<()> {
    sql("insert into signing_keys (kid, purpose, alg, private_sealed, created_at, generation, activates_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (purpose, alg, generation) do nothing")
        .bind(key.kid())
        .bind(purpose.as_str())
        .bind(key.alg().as_str())
        .bind(app.sealer.seal(SEAL, pkcs8)?)
        .bind(app.clock.now())
        .bind(life.generation)
        .bind(life.activates_at)
        .audited(Event::of(Kind::KeyMade).key(key.kid()).reason(key.alg().as_str()))
        .execute(&app.database)
        .await
        .context("could not keep a signing key")?;
    Ok(())
}

/// Takes a key that signs tokens away; `false` when there is no such key.
pub(super) async fn retire(app: &App, kid: &str) -> anyhow::Result<bool> {
    let retired = sql("update signing_keys set retired_at = $1 where kid = $2 and purpose = $3 and retired_at is null")
        .bind(app.clock.now())
        .bind(kid)
        .bind(Purpose::Tokens.as_str())
        .audited(Event::of(Kind::KeyRetired).key(kid))
        .execute(&app.database)
        .await?;
    Ok(retired == 1)
}

/// Announces keys that are due and destroys those that nobody needs.
pub async fn sweep(app: &App, now: UnixTime) -> anyhow::Result<()> {
    app.keys.get(app).await?;
    let keys = all(app).await?;
    let lives = lives(&keys, Purpose::Tokens);
    for key in keys.iter().filter(|key| key.purpose == Purpose::Tokens) {
        let chain = &lives(key.alg);
        // The last of a chain stays: it says which generation comes next.
        let is_last = chain.iter().all(|life| life.generation <= key.life.generation);
        if rotation::state(&key.life, chain, keep(app), now) == State::Gone && !is_last {
            sql("delete from signing_keys where kid = $1")
                .bind(&key.kid)
                .audited(Event::of(Kind::KeyDestroyed).key(&key.kid))
                .execute(&app.database)
                .await?;
        }
    }
    Ok(())
}

/// The chain of each algorithm.
pub(super) fn lives(keys: &[Kept], purpose: Purpose) -> impl Fn(Alg) -> Vec<Life> {
    move |alg| {
        let of_chain = keys.iter().filter(|key| key.purpose == purpose && key.alg == alg);
        of_chain.map(|key| key.life).collect()
    }
}

/// How long what a key signed may be presented: an ID token comes back as a
/// hint until its session ends.
pub(super) fn keep(app: &App) -> i64 {
    app.config.sessions.absolute + app.config.tokens.access
}
