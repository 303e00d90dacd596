//! Crash under load: the real program dies while many services use it.
//!
//! A [`killer`] kills the program at random moments and starts it again.
//! Meanwhile actors use it: a [`visitor`] logs in, refreshes, revokes and logs
//! out; a [`keyed`] service pushes signed requests; a [`bedside`] one has no
//! page; a [`registrar`] registers services. Each keeps what was acknowledged
//! as [`fact`]s, and asks after each restart whether they still hold. The
//! [`ledger`] counts, and names each promise that was broken:
//!
//! - what may serve once never serves twice;
//! - what was acknowledged is not gone;
//! - a call that was cut may count or not, but never both.

mod bedside;
mod fact;
mod keyed;
mod killer;
mod ledger;
mod listener;
mod registrar;
mod visitor;
mod wire;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinSet};

pub use self::ledger::{Heard, Ledger, Once};
use self::{
    bedside::Bedside,
    fact::Memory,
    keyed::Keyed,
    killer::Killer,
    listener::Listener,
    registrar::Registrar,
    visitor::Visitor,
    wire::{State, Wire},
};
use crate::{Engine, Killable, postgres::TestDatabase};

/// What to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program that dies.
    pub program: PathBuf,
    /// Where it keeps its state.
    pub engine: Engine,
    /// How long.
    pub length: Duration,
    /// Puts an old copy of the database back at the third death, as a provider
    /// would that acknowledges before it has written: the run must find it out.
    pub forgetting: bool,
}

/// Each of them logs people in, one flow after the other.
const VISITORS: usize = 12;

/// Services with keys, services without a page.
const OTHERS: usize = 3;

/// Runs the load, the killer and the checks; the ledger tells what came of it.
pub async fn run(options: Options) -> Arc<Ledger> {
    let database = match options.engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(TestDatabase::create().await.unwrap()),
    };
    let address = database.as_ref().map(|database| database.url().unwrap());
    let program = Killable::of(options.program, address.as_deref()).await;
    let ledger = Arc::new(Ledger::default());
    let listener = Listener::open().await;
    let (state, seen) = watch::channel(State::default());
    let wire = Wire::new(&program.url(), seen, Arc::clone(&ledger));

    let mut actors = JoinSet::new();
    for number in 0..VISITORS {
        let told = (number % 3 == 0).then(|| listener.clone());
        actors.spawn(play(wire.clone(), Visitor::new(wire.clone(), number, told)));
    }
    for number in 0..OTHERS {
        actors.spawn(play(wire.clone(), Keyed::new(wire.clone())));
        actors.spawn(play(wire.clone(), Bedside::new(wire.clone(), number)));
    }
    actors.spawn(play(wire.clone(), Registrar::new(wire.clone())));

    let killer = Killer { program, state, ledger: Arc::clone(&ledger) };
    let program = killer.run(options.length, options.forgetting).await;
    while let Some(ended) = actors.join_next().await {
        // Whoever trusts a provider that forgets may lose even their own name.
        if let Err(error) = ended {
            assert!(options.forgetting, "an actor failed: {error}");
        }
    }
    listener.hears_the_rest(&program, &ledger).await;
    drop(program);
    if let Some(database) = database {
        database.remove().await.unwrap();
    }
    ledger
}

/// Somebody who uses the provider.
trait Actor: Send + 'static {
    /// One flow from its beginning; it ends where the provider is cut off.
    fn flow(&mut self) -> impl Future<Output = Option<()>> + Send;

    /// What must hold from now on.
    fn memory(&mut self) -> &mut Memory;
}

async fn play(wire: Wire, mut actor: impl Actor) {
    let mut life = 0;
    while let Some(now) = wire.alive().await {
        if now != life {
            life = now;
            actor.memory().check(&wire).await;
        }
        let _ = actor.flow().await;
    }
    // Nobody kills any more: what holds now has survived everything.
    actor.memory().check(&wire).await;
}

/// One of `n`, by chance.
fn chance(n: u8) -> bool {
    openpsc::secret::random_bytes::<1>()[0].is_multiple_of(n)
}
