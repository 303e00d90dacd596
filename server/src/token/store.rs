//! Grants at rest.

use anyhow::Context;

use super::grant::Grant;
use crate::{
    app::App,
    audit::{Actor, Event, Kind},
    clock::UnixTime,
    database::{Row, Statement, sql},
    sessions,
};

/// Keeps a grant under its code's id. `false`: that code was redeemed before.
pub(super) async fn insert(app: &App, grant: &Grant) -> anyhow::Result<bool> {
    let event = about(grant, Kind::CodeRedeemed);
    Ok(kept(grant)?.audited(event).execute(&app.database).await? == 1)
}

/// What the audit trail says of a grant.
pub(super) fn about(grant: &Grant, kind: Kind) -> Event {
    Event::of(kind)
        .person(&grant.national_id)
        .client(&grant.client_id)
        .session(&grant.sid)
        .acr(grant.acr.as_str())
}

/// The same, as a step of a transaction.
pub(super) fn kept(grant: &Grant) -> anyhow::Result<Statement> {
    let cnf = grant.confirmation.as_ref().map(serde_json::to_string).transpose()?;
    let resources = (!grant.resources.is_empty()).then(|| serde_json::to_string(&grant.resources));
    let resources = resources.transpose()?;
    Ok(sql("insert into grants (id, sid, client_id, national_id, scope, nonce, acr, generation, rotated_at, created_at, last_used_at, expires_at, cnf, resources)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9, $10, $11, $12) on conflict (id) do nothing")
        .bind(&grant.id)
        .bind(&grant.sid)
        .bind(&grant.client_id)
        .bind(&grant.national_id)
        .bind(&grant.scope)
        .bind(grant.nonce.clone())
        .bind(grant.acr.as_str())
        .bind(grant.generation)
        .bind(grant.rotated_at)
        .bind(grant.expires_at)
        .bind(cnf)
        .bind(resources)
        .must_touch(1))
}

/// Takes a grant back.
pub(super) async fn revoke(app: &App, id: &str, event: Event) -> anyhow::Result<()> {
    sql("update grants set revoked_at = $1 where id = $2 and revoked_at is null")
        .bind(app.clock.now())
        .bind(id)
        .audited(event)
        .execute(&app.database)
        .await?;
    Ok(())
}

/// What a client holds under one session of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The session.
    pub sid: String,
    /// Who holds it.
    pub client_id: String,
    /// Since when.
    pub created_at: UnixTime,
    /// When tokens were last asked for.
    pub last_used_at: UnixTime,
}

/// Nobody is shown more than so many services.
const MOST_HELD: i64 = 500;

/// What clients hold for a person, by session and client.
pub async fn held_for(app: &App, national_id: &str) -> anyhow::Result<Vec<Held>> {
    let rows = sql("select grants.sid, grants.client_id, min(grants.created_at) as created_at, max(grants.last_used_at) as last_used_at
         from grants join sessions on sessions.sid = grants.sid
         where sessions.national_id = $1 and sessions.ended_at is null
           and grants.revoked_at is null and grants.expires_at > $2
         group by grants.sid, grants.client_id order by grants.sid, grants.client_id limit $3")
        .bind(national_id)
        .bind(app.clock.now())
        .bind(MOST_HELD)
        .fetch_all(&app.database)
        .await?;
    let held = rows.iter().map(|row| {
        Ok(Held {
            sid: row.text("sid")?,
            client_id: row.text("client_id")?,
            created_at: row.integer("created_at")?,
            last_used_at: row.integer("last_used_at")?,
        })
    });
    held.collect()
}

/// Takes back what a client holds under one session of this person, and has it
/// told. `false` when there is no such thing: another person's is none.
pub async fn withdraw(
    app: &App,
    national_id: &str,
    sid: &str,
    client_id: &str,
) -> anyhow::Result<bool> {
    let held = sql("select id from grants where sid = $1 and client_id = $2 and national_id = $3 and revoked_at is null limit 1")
        .bind(sid)
        .bind(client_id)
        .bind(national_id)
        .fetch_optional(&app.database)
        .await?;
    if held.is_none() {
        return Ok(false);
    }
    let now = app.clock.now();
    let withdrawn = Event::of(Kind::GrantRevoked).by(Actor::Person).reason("own page");
    let withdrawn = withdrawn.person(national_id).client(client_id).session(sid);
    let revoked = sql("update grants set revoked_at = $1 where sid = $2 and client_id = $3 and national_id = $4 and revoked_at is null")
        .bind(now)
        .bind(sid)
        .bind(client_id)
        .bind(national_id)
        .audited(withdrawn);
    let told = sessions::client_is_told(national_id, sid, client_id, now);
    app.database.all_or_nothing(vec![revoked, told]).await?;
    sessions::ended(app);
    Ok(true)
}

/// The grant of this id.
pub(super) async fn find(app: &App, id: &str) -> anyhow::Result<Option<Grant>> {
    let row = sql("select id, sid, client_id, national_id, scope, nonce, acr, generation, rotated_at, last_used_at, expires_at, revoked_at, cnf, resources from grants where id = $1")
        .bind(id)
        .fetch_optional(&app.database)
        .await?;
    row.as_ref().map(read).transpose().context("a row of grants makes no sense")
}

fn read(row: &Row) -> anyhow::Result<Grant> {
    Ok(Grant {
        id: row.text("id")?,
        sid: row.text("sid")?,
        client_id: row.text("client_id")?,
        national_id: row.text("national_id")?,
        scope: row.text("scope")?,
        nonce: row.optional_text("nonce")?,
        acr: row.word("acr")?,
        generation: row.integer("generation")?,
        rotated_at: row.integer("rotated_at")?,
        last_used_at: row.integer("last_used_at")?,
        expires_at: row.integer("expires_at")?,
        revoked: row.optional_integer("revoked_at")?.is_some(),
        resources: row
            .optional_text("resources")?
            .map_or(Ok(Vec::new()), |text| serde_json::from_str(&text))
            .context("column resources holds JSON of another shape")?,
        confirmation: row
            .optional_text("cnf")?
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .context("column cnf holds JSON of another shape")?,
    })
}

/// Moves a grant to its next generation; two refreshes can race, one wins.
pub(super) async fn rotate(
    app: &App,
    grant: &Grant,
    next: i64,
    now: UnixTime,
) -> anyhow::Result<bool> {
    let rotated = sql("update grants set generation = $1, rotated_at = $2, last_used_at = $2 where id = $3 and generation = $4 and revoked_at is null")
        .bind(next)
        .bind(now)
        .bind(&grant.id)
        .bind(grant.generation)
        .audited(about(grant, Kind::TokensRefreshed))
        .execute(&app.database)
        .await?;
    Ok(rotated == 1)
}

/// Use is written down at most once in so many seconds: a service that renews
/// at every call would otherwise be a write at every call.
const TOUCH_EVERY: i64 = 60;

/// Writes down that a grant was used, and answers how it stands then; nothing
/// when it was revoked meanwhile. Where nothing is written, a revocation of the
/// same moment is heeded from the next use on, and by whoever asks about the
/// tokens.
pub(super) async fn touch(app: &App, grant: Grant) -> anyhow::Result<Option<Grant>> {
    let now = app.clock.now();
    let used = about(&grant, Kind::TokensRefreshed);
    let seldom = TOUCH_EVERY.min(app.config.tokens.refresh / 2);
    if now - grant.last_used_at < seldom {
        app.audit.record(used);
        return Ok(Some(grant));
    }
    let touched = sql("update grants set last_used_at = $1 where id = $2 and revoked_at is null")
        .bind(now)
        .bind(&grant.id)
        .audited(used)
        .execute(&app.database)
        .await?;
    Ok((touched == 1).then_some(Grant { last_used_at: now, ..grant }))
}

/// Whether a grant and its session still stand, and the token itself was not
/// given back: what an access token rests on.
pub(super) async fn stands(app: &App, id: &str, jti: &str, now: UnixTime) -> anyhow::Result<bool> {
    let row = sql("select sessions.last_seen_at from grants join sessions on sessions.sid = grants.sid where grants.id = $1 and grants.revoked_at is null and sessions.ended_at is null and sessions.expires_at > $2 and not exists (select 1 from revoked_tokens where jti = $3)")
        .bind(id)
        .bind(now)
        .bind(jti)
        .fetch_optional(&app.database)
        .await?;
    Ok(row.is_some())
}

/// Whether an access token was taken back: all that one without a grant may
/// have against it.
pub(super) async fn is_revoked(app: &App, jti: &str) -> anyhow::Result<bool> {
    let row = sql("select jti from revoked_tokens where jti = $1")
        .bind(jti)
        .fetch_optional(&app.database)
        .await?;
    Ok(row.is_some())
}

/// Takes one access token back, until it would have expired anyway.
pub(super) async fn revoke_access_token(
    app: &App,
    jti: &str,
    expires_at: UnixTime,
    event: Event,
) -> anyhow::Result<()> {
    sql(
        "insert into revoked_tokens (jti, expires_at) values ($1, $2) on conflict (jti) do nothing",
    )
    .bind(jti)
    .bind(expires_at)
    .audited(event)
    .execute(&app.database)
    .await?;
    Ok(())
}

/// Forgets what is over. A grant outlives its code, so that a replay finds it.
pub async fn sweep(app: &App, now: UnixTime) -> anyhow::Result<()> {
    sql("delete from grants where expires_at < $1").bind(now - 600).execute(&app.database).await?;
    sql("delete from revoked_tokens where expires_at < $1")
        .bind(now)
        .execute(&app.database)
        .await?;
    Ok(())
}
