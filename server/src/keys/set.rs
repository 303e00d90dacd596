//! The keys in memory: those that sign and those still published.

use std::{str::FromStr, sync::Arc};

use anyhow::Context;
use axum::body::Bytes;
use serde_json::json;
use tokio::sync::OnceCell;

use super::store;
use crate::{
    app::App,
    jose::{Alg, SigningKey},
};

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// ID tokens and access tokens.
    Tokens,
    /// Challenges to phones.
    Ecps,
}

impl Purpose {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Ecps => "ecps",
        }
    }
}

impl FromStr for Purpose {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Tokens, Self::Ecps].into_iter().find(|purpose| purpose.as_str() == word).ok_or(())
    }
}

/// Reads the keys when they are first needed, makes those that are missing.
#[derive(Default)]
pub struct Keys(OnceCell<Arc<KeySet>>);

impl Keys {
    /// The keys. Making an RSA key takes a tenth of a second, once.
    pub async fn get(&self, app: &App) -> anyhow::Result<Arc<KeySet>> {
        let load = async || anyhow::Ok(Arc::new(KeySet::load(app).await?));
        self.0.get_or_try_init(load).await.cloned()
    }
}

/// Every key in use.
pub struct KeySet {
    tokens: Vec<SigningKey>,
    ecps: SigningKey,
    /// The published set, as sent.
    pub(super) jwks: Bytes,
}

impl KeySet {
    async fn load(app: &App) -> anyhow::Result<Self> {
        let mut tokens = Vec::new();
        for alg in Alg::ALL {
            tokens.push(active(app, Purpose::Tokens, alg).await?);
        }
        let ecps = active(app, Purpose::Ecps, Alg::ES256).await?;
        let published: Vec<_> = tokens.iter().map(SigningKey::jwk).collect();
        let jwks = json!({"keys": published}).to_string().into();
        Ok(Self { tokens, ecps, jwks })
    }

    /// The key that signs tokens with this algorithm.
    pub fn tokens(&self, alg: Alg) -> &SigningKey {
        let signs = |key: &&SigningKey| key.alg() == alg;
        self.tokens.iter().find(signs).expect("there is a key for every algorithm")
    }

    /// The token key that has this `kid`.
    pub fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.tokens.iter().find(|key| key.kid() == kid)
    }

    /// The key that signs challenges to phones.
    pub fn ecps(&self) -> &SigningKey {
        &self.ecps
    }
}

/// The oldest live key of a purpose; made when there is none. Two nodes that
/// start together may each make one: both then read the same oldest.
async fn active(app: &App, purpose: Purpose, alg: Alg) -> anyhow::Result<SigningKey> {
    if let Some(key) = store::oldest(app, purpose, alg).await? {
        return Ok(key);
    }
    let (key, pkcs8) = tokio::task::spawn_blocking(move || SigningKey::generate(alg))
        .await
        .context("could not make a key")??;
    store::insert(app, purpose, &key, &pkcs8).await?;
    store::oldest(app, purpose, alg).await?.context("the new key is not in the database")
}
