//! One RSA key for the servers of all tests.
//!
//! Making one takes longer than most tests. It is made once and kept among
//! what cargo builds; the keys on P-256 are each server's own.

use std::fs;

use anyhow::Context;
use openpsc::{
    app::App,
    database::sql,
    jose::{Alg, SigningKey},
    keys::Purpose,
    secret::random_token,
};

use crate::program::folder;

/// Gives a new server the key, as if it had made it itself.
pub(crate) async fn give_to(app: &App) -> anyhow::Result<()> {
    let pkcs8 = tokio::task::spawn_blocking(kept).await.context("could not wait")??;
    let key = SigningKey::from_pkcs8(Alg::RS256, &pkcs8)?;
    sql("insert into signing_keys (kid, purpose, alg, private_sealed, created_at)
         values ($1, $2, $3, $4, $5) on conflict (kid) do nothing")
    .bind(key.kid())
    .bind(Purpose::Tokens.as_str())
    .bind(Alg::RS256.as_str())
    .bind(app.sealer.seal("signing key", &pkcs8)?)
    .bind(app.clock.now())
    .execute(&app.database)
    .await?;
    Ok(())
}

fn kept() -> anyhow::Result<Vec<u8>> {
    let folder = folder()?;
    let path = folder.join("openpsc-tests-rsa.key");
    if let Ok(pkcs8) = fs::read(&path) {
        return Ok(pkcs8);
    }
    let (_, pkcs8) = SigningKey::generate(Alg::RS256)?;
    // Many tests may start at once: each writes a whole file, one of them stays.
    let draft = folder.join(format!("openpsc-tests-rsa.{}", random_token()));
    fs::write(&draft, &pkcs8).context("could not write the key")?;
    fs::rename(&draft, &path).context("could not keep the key")?;
    Ok(pkcs8)
}
