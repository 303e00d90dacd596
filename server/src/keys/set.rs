//! The keys in memory: those that sign and those still published.

use std::{
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
};

use anyhow::Context;
use serde_json::json;
use tokio::sync::Mutex;

use super::{
    rotation::{self, Life, State},
    store::{self, Kept},
};
use crate::{
    app::App,
    cached::CachedDocument,
    clock::UnixTime,
    jose::{Alg, SigningKey},
};

/// What other nodes and the operator did is noticed after so many seconds.
const RELOAD: i64 = 10;

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

/// Reads the keys when they are first needed and again every few seconds, and
/// makes those that are missing or due.
#[derive(Default)]
pub struct Keys {
    held: RwLock<Option<(UnixTime, Arc<KeySet>)>>,
    loading: Mutex<()>,
}

impl Keys {
    /// The keys. Making an RSA key takes a tenth of a second, once.
    pub async fn get(&self, app: &App) -> anyhow::Result<Arc<KeySet>> {
        match self.fresh(app.clock.now()) {
            Some(set) => Ok(set),
            // In a box, because it is large and seldom needed.
            None => Box::pin(self.read_again(app)).await,
        }
    }

    async fn read_again(&self, app: &App) -> anyhow::Result<Arc<KeySet>> {
        let now = app.clock.now();
        let _loading = self.loading.lock().await;
        if let Some(set) = self.fresh(now) {
            return Ok(set);
        }
        let held = self.held().map(|(_, set)| set);
        let set = match (KeySet::load(app, held.as_deref()).await, held) {
            (Ok(set), _) => Arc::new(set),
            (Err(cause), Some(held)) => {
                tracing::error!(cause = format!("{cause:#}"), "could not read the keys again");
                held
            }
            (Err(cause), None) => return Err(cause),
        };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some((now, set.clone()));
        Ok(set)
    }

    fn fresh(&self, now: UnixTime) -> Option<Arc<KeySet>> {
        self.held().filter(|(at, _)| now < at + RELOAD).map(|(_, set)| set)
    }

    fn held(&self) -> Option<(UnixTime, Arc<KeySet>)> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Every key in use.
pub struct KeySet {
    /// Those that sign first, of each algorithm.
    tokens: Vec<Arc<SigningKey>>,
    ecps: Arc<SigningKey>,
    /// The published set, as sent.
    pub(super) jwks: CachedDocument,
}

impl KeySet {
    async fn load(app: &App, held: Option<&Self>) -> anyhow::Result<Self> {
        let now = app.clock.now();
        let mut kept = store::all(app).await?;
        if make_due(app, &kept, now).await? {
            kept = store::all(app).await?;
        }
        // Opening an RSA key costs more than reading its row: once is enough.
        let open = |key: &Kept| match held.and_then(|held| held.holds(&key.kid)) {
            Some(key) => Ok(key),
            None => key.open(app).map(Arc::new),
        };
        let mut tokens = Vec::new();
        for wanted in [State::Signs, State::Announced, State::Kept] {
            for alg in Alg::ALL {
                let chain = store::lives(&kept, Purpose::Tokens)(alg);
                let mine = kept.iter().filter(|it| it.purpose == Purpose::Tokens && it.alg == alg);
                for key in mine {
                    let state = rotation::state(&key.life, &chain, store::keep(app), now);
                    if state == wanted {
                        tokens.push(open(key)?);
                    }
                }
            }
        }
        let ecps = kept.iter().find(|key| key.purpose == Purpose::Ecps && !key.life.retired);
        let ecps = open(ecps.context("the key of the e-CPS is not in the database")?)?;
        let published: Vec<_> = tokens.iter().map(|key| key.jwk()).collect();
        let jwks = CachedDocument::json(&json!({"keys": published}))?;
        Ok(Self { tokens, ecps, jwks })
    }

    /// The key that signs tokens with this algorithm.
    pub fn tokens(&self, alg: Alg) -> &SigningKey {
        let signs = |key: &&Arc<SigningKey>| key.alg() == alg;
        self.tokens.iter().find(signs).expect("there is a key for every algorithm")
    }

    /// The token key that has this `kid`.
    pub fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.tokens.iter().find(|key| key.kid() == kid).map(AsRef::as_ref)
    }

    /// The key that signs challenges to phones.
    pub fn ecps(&self) -> &SigningKey {
        &self.ecps
    }

    fn holds(&self, kid: &str) -> Option<Arc<SigningKey>> {
        self.tokens.iter().chain([&self.ecps]).find(|key| key.kid() == kid).cloned()
    }
}

/// Makes the keys that are missing or due; says whether there were any. The
/// e-CPS keeps its key: phones know it.
async fn make_due(app: &App, kept: &[Kept], now: UnixTime) -> anyhow::Result<bool> {
    let mut made = false;
    for alg in Alg::ALL {
        let chain = store::lives(kept, Purpose::Tokens)(alg);
        if let Some(life) = rotation::due(&chain, &app.config.keys, now) {
            make(app, Purpose::Tokens, alg, life).await?;
            made = true;
        }
    }
    if store::lives(kept, Purpose::Ecps)(Alg::ES256).is_empty() {
        let life = Life { generation: 0, activates_at: now, retired: false };
        make(app, Purpose::Ecps, Alg::ES256, life).await?;
        made = true;
    }
    Ok(made)
}

/// Makes a key. When two nodes do so together, the first one's stays.
pub(super) async fn make(app: &App, purpose: Purpose, alg: Alg, life: Life) -> anyhow::Result<()> {
    let (key, pkcs8) = tokio::task::spawn_blocking(move || SigningKey::generate(alg))
        .await
        .context("could not make a key")??;
    store::insert(app, purpose, &key, &pkcs8, life).await
}
