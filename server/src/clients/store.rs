//! Clients that were registered while running.
//!
//! Each change takes the next version, under the lock of one row, so that a
//! node asks only for what is newer than what it knows.

use anyhow::Context;
use serde_json::Value;

use super::{Client, ClientSettings, SecretDigest};
use crate::{
    audit::{Actor, Event, Kind},
    clock::UnixTime,
    database::{Database, Row, Statement, sql},
};

/// How long the row of an ended client stays, so that every node hears of it.
const HEARD: i64 = 24 * 3600;

/// A client as it lies there.
#[derive(Clone, Debug)]
pub struct Registered {
    /// Names it.
    pub client_id: String,
    /// What was registered, as in the configuration file, without a secret.
    pub metadata: Value,
    /// Digests of its secrets: the present one first.
    pub secrets: Vec<SecretDigest>,
    /// Digest of the token that manages it (RFC 7592), if one does.
    pub registration_digest: Option<String>,
    /// Since when.
    pub created_at: UnixTime,
    /// It may do nothing any more.
    pub ended: bool,
    pub(super) version: i64,
}

impl Registered {
    /// The settings that it amounts to.
    pub fn settings(&self) -> anyhow::Result<ClientSettings> {
        settings_of(&self.client_id, &self.metadata)
    }

    /// The client that it amounts to.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        Ok(Client { secrets: self.secrets.clone(), ..Client::from(&self.settings()?) })
    }
}

/// Reads what was registered under an id.
pub fn settings_of(client_id: &str, metadata: &Value) -> anyhow::Result<ClientSettings> {
    let mut metadata = metadata.clone();
    metadata["client_id"] = client_id.into();
    Ok(serde_json::from_value(metadata)?)
}

/// The client of this id, ended or not.
pub async fn find(database: &Database, client_id: &str) -> anyhow::Result<Option<Registered>> {
    let row = sql("select client_id, metadata, secret_digest, previous_digest, previous_until, registration_digest, version, created_at, ended_at from clients where client_id = $1")
        .bind(client_id)
        .fetch_optional(database)
        .await?;
    row.as_ref().map(read).transpose().context("a row of clients makes no sense")
}

/// Every client that changed after a version, in the order of their changes.
pub(super) async fn changed(database: &Database, after: i64) -> anyhow::Result<Vec<Registered>> {
    let rows = sql("select client_id, metadata, secret_digest, previous_digest, previous_until, registration_digest, version, created_at, ended_at from clients where version > $1 order by version")
        .bind(after)
        .fetch_all(database)
        .await?;
    rows.iter().map(read).collect::<anyhow::Result<_>>().context("a row of clients makes no sense")
}

fn read(row: &Row) -> anyhow::Result<Registered> {
    let mut secrets = Vec::new();
    if let Some(digest) = row.optional_text("secret_digest")? {
        secrets.push(SecretDigest { digest, until: None });
    }
    if let Some(digest) = row.optional_text("previous_digest")? {
        secrets.push(SecretDigest { digest, until: row.optional_integer("previous_until")? });
    }
    Ok(Registered {
        client_id: row.text("client_id")?,
        metadata: row.json("metadata")?,
        secrets,
        registration_digest: row.optional_text("registration_digest")?,
        created_at: row.integer("created_at")?,
        ended: row.optional_integer("ended_at")?.is_some(),
        version: row.integer("version")?,
    })
}

/// A client to keep.
pub struct New<'a> {
    /// Names it.
    pub client_id: &'a str,
    /// What is registered.
    pub metadata: &'a Value,
    /// Digest of its secret, if it has one.
    pub secret_digest: Option<String>,
    /// Digest of the token that manages it, if one does.
    pub registration_digest: Option<String>,
    /// When it ends by itself, if it does.
    pub expires_at: Option<UnixTime>,
}

/// Keeps a new client after `first` has succeeded; `false` when either could
/// not be done.
pub async fn insert(
    database: &Database,
    first: Option<Statement>,
    new: New<'_>,
    now: UnixTime,
    event: Event,
) -> anyhow::Result<bool> {
    let insert = sql("insert into clients (client_id, metadata, secret_digest, registration_digest, created_at, expires_at, version)
         values ($1, $2, $3, $4, $5, $6, (select counter from client_changes where id = 1)) on conflict (client_id) do nothing")
        .bind(new.client_id)
        .bind(new.metadata.to_string())
        .bind(new.secret_digest)
        .bind(new.registration_digest)
        .bind(now)
        .bind(new.expires_at)
        .must_touch(1)
        .audited(event);
    database.all_or_nothing(first.into_iter().chain([next_version(), insert]).collect()).await
}

/// Replaces what is registered of a client that has not ended.
pub async fn replace(
    database: &Database,
    client_id: &str,
    metadata: &Value,
    secret_digest: Option<String>,
    event: Event,
) -> anyhow::Result<bool> {
    let update = sql("update clients set metadata = $1, secret_digest = $2, version = (select counter from client_changes where id = 1) where client_id = $3 and ended_at is null")
        .bind(metadata.to_string())
        .bind(secret_digest)
        .bind(client_id)
        .must_touch(1)
        .audited(event);
    database.all_or_nothing(vec![next_version(), update]).await
}

/// Gives a client a new secret; the present one is good until `until`, the one
/// before it no more.
pub(super) async fn rotate_secret(
    database: &Database,
    client_id: &str,
    secret_digest: String,
    until: UnixTime,
) -> anyhow::Result<bool> {
    let update = sql("update clients set previous_digest = secret_digest, previous_until = $1, secret_digest = $2, version = (select counter from client_changes where id = 1) where client_id = $3 and ended_at is null and secret_digest is not null")
        .bind(until)
        .bind(secret_digest)
        .bind(client_id)
        .must_touch(1)
        .audited(Event::of(Kind::ClientSecretRotated).client(client_id));
    database.all_or_nothing(vec![next_version(), update]).await
}

/// Ends a client: its tokens are worth nothing from then on.
pub async fn end(
    database: &Database,
    client_id: &str,
    now: UnixTime,
    event: Event,
) -> anyhow::Result<bool> {
    let update = sql("update clients set ended_at = $1, version = (select counter from client_changes where id = 1) where client_id = $2 and ended_at is null")
        .bind(now)
        .bind(client_id)
        .must_touch(1)
        .audited(event);
    database.all_or_nothing(vec![next_version(), update]).await
}

/// How many clients there are.
pub async fn count(database: &Database) -> anyhow::Result<i64> {
    let row = sql("select count(*) as clients from clients").fetch_optional(database).await?;
    row.context("no count")?.integer("clients")
}

/// Every client's id.
pub(super) async fn ids(database: &Database) -> anyhow::Result<Vec<String>> {
    let rows = sql("select client_id from clients order by client_id").fetch_all(database).await?;
    rows.iter().map(|row| row.text("client_id")).collect()
}

/// Lets somebody register so many services.
pub(super) async fn keep_registration_token(
    database: &Database,
    digest: String,
    uses: i64,
    expires_at: UnixTime,
) -> anyhow::Result<()> {
    sql("insert into registration_tokens (digest, uses_left, expires_at) values ($1, $2, $3)")
        .bind(digest)
        .bind(uses)
        .bind(expires_at)
        .audited(Event::of(Kind::RegistrationTokenMade).count(uses))
        .execute(database)
        .await?;
    Ok(())
}

/// Whether a registration token has a use left.
pub async fn registration_token_is_good(
    database: &Database,
    digest: &str,
    now: UnixTime,
) -> anyhow::Result<bool> {
    let row = sql("select digest from registration_tokens where digest = $1 and uses_left > 0 and expires_at > $2")
        .bind(digest)
        .bind(now)
        .fetch_optional(database)
        .await?;
    Ok(row.is_some())
}

/// Takes one use of a registration token, in the transaction that uses it.
pub fn use_registration_token(digest: String, now: UnixTime) -> Statement {
    sql("update registration_tokens set uses_left = uses_left - 1 where digest = $1 and uses_left > 0 and expires_at > $2")
        .bind(digest)
        .bind(now)
        .must_touch(1)
}

/// Ends clients whose time is over and forgets what every node has heard of.
pub async fn sweep(database: &Database, now: UnixTime) -> anyhow::Result<()> {
    let over = sql("select client_id from clients where expires_at <= $1 and ended_at is null")
        .bind(now)
        .fetch_all(database)
        .await?;
    for row in over {
        let client_id = row.text("client_id")?;
        let event = Event::of(Kind::ClientEnded).by(Actor::Server).client(&client_id);
        end(database, &client_id, now, event.reason("expired")).await?;
    }
    sql("delete from clients where ended_at < $1").bind(now - HEARD).execute(database).await?;
    sql("delete from registration_tokens where expires_at <= $1 or uses_left = 0")
        .bind(now)
        .execute(database)
        .await?;
    Ok(())
}

fn next_version() -> Statement {
    sql("update client_changes set counter = counter + 1 where id = 1").must_touch(1)
}
