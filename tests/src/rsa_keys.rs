//! The RSA keys of the servers of all tests.
//!
//! Making one takes longer than most tests. They are made once and kept among
//! what cargo builds; the keys on elliptic curves are each server's own.

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

/// Gives a new server the keys, as if it had made them itself.
pub(crate) async fn give_to(app: &App) -> anyhow::Result<()> {
    for alg in [Alg::RS256, Alg::PS256] {
        give(app, alg).await?;
    }
    Ok(())
}

async fn give(app: &App, alg: Alg) -> anyhow::Result<()> {
    let pkcs8 =
        tokio::task::spawn_blocking(move || kept(alg)).await.context("could not wait")??;
    let key = SigningKey::from_pkcs8(alg, &pkcs8)?;
    sql("insert into signing_keys (kid, purpose, alg, private_sealed, created_at, activates_at)
         values ($1, $2, $3, $4, $5, $5) on conflict do nothing")
    .bind(key.kid())
    .bind(Purpose::Tokens.as_str())
    .bind(alg.as_str())
    .bind(app.sealer.seal("signing key", &pkcs8)?)
    .bind(app.clock.now())
    .execute(&app.database)
    .await?;
    Ok(())
}

fn kept(alg: Alg) -> anyhow::Result<Vec<u8>> {
    let folder = folder()?;
    let path = folder.join(format!("openpsc-tests-{}.key", alg.as_str()));
    if let Ok(pkcs8) = fs::read(&path) {
        return Ok(pkcs8);
    }
    let (_, pkcs8) = SigningKey::generate(alg)?;
    // Many tests may start at once: each writes a whole file, one of them stays.
    let draft = folder.join(format!("openpsc-tests-rsa.{}", random_token()));
    fs::write(&draft, &pkcs8).context("could not write the key")?;
    fs::rename(&draft, &path).context("could not keep the key")?;
    Ok(pkcs8)
}
