//! Keys at rest: sealed, never in clear.

use anyhow::Context;

use super::Purpose;
use crate::{
    app::App,
    database::sql,
    jose::{Alg, SigningKey},
};

const SEAL: &str = "signing key";

/// The oldest key of a purpose that is not retired.
pub(super) async fn oldest(
    app: &App,
    purpose: Purpose,
    alg: Alg,
) -> anyhow::Result<Option<SigningKey>> {
    let row = sql("select private_sealed from signing_keys where purpose = $1 and alg = $2 and retired_at is null order by created_at, kid limit 1")
        .bind(purpose.as_str())
        .bind(alg.as_str())
        .fetch_optional(&app.database)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let pkcs8 = app
        .sealer
        .open(SEAL, &row.bytes("private_sealed")?)
        .context("a signing key does not open: is this the key-encryption key of this database?")?;
    Ok(Some(SigningKey::from_pkcs8(alg, &pkcs8)?))
}

/// Keeps a new key.
pub(super) async fn insert(
    app: &App,
    purpose: Purpose,
    key: &SigningKey,
    pkcs8: &[u8],
) -> anyhow::Result<()> {
    sql("insert into signing_keys (kid, purpose, alg, private_sealed, created_at) values ($1, $2, $3, $4, $5)")
        .bind(key.kid())
        .bind(purpose.as_str())
        .bind(key.alg().as_str())
        .bind(app.sealer.seal(SEAL, pkcs8)?)
        .bind(app.clock.now())
        .execute(&app.database)
        .await
        .context("could not keep a signing key")?;
    Ok(())
}
