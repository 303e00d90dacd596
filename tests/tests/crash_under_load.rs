//! Kill −9 under load, for a short while; `cargo xtask crash` takes longer.

#![expect(clippy::unwrap_used, reason = "a scene that cannot go on has failed")]

use std::time::Duration;

use openpsc_tests::{
    Engine,
    crash::{Options, run},
    program::beside_the_tests,
};

fn options(engine: Engine, seconds: u64) -> Options {
    Options {
        program: beside_the_tests("openpsc").unwrap(),
        engine,
        length: Duration::from_secs(seconds),
        forgetting: false,
    }
}

async fn nothing_is_broken(options: Options) {
    let ledger = run(options).await;
    println!("{ledger}");
    assert_eq!(ledger.violations(), [""; 0]);
    // A run in which nothing happened says nothing.
    assert!(ledger.deaths() >= 3 && ledger.flows() > 20 && ledger.checks() > 100, "{ledger}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sqlite_acknowledged_holds_and_nothing_serves_twice() {
    nothing_is_broken(options(Engine::Sqlite, 20)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_postgres_acknowledged_holds_and_nothing_serves_twice() {
    nothing_is_broken(options(Engine::Postgres, 12)).await;
}

/// The checks themselves: a provider that forgets must be found out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_forgets_is_found_out() {
    let ledger = run(Options { forgetting: true, ..options(Engine::Sqlite, 8) }).await;
    let violations = ledger.violations().join("\n");
    assert!(violations.contains("a session that was acknowledged is gone"), "{ledger}");
}
