//! What no honest program sends, for a short while; `cargo xtask fuzz` goes on
//! for longer.

#![expect(clippy::unwrap_used, reason = "a scene that cannot go on has failed")]

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use openpsc::secret::random_bytes;
use openpsc_tests::fuzz::{self, parsers};

#[test]
fn no_parser_panics_or_takes_what_it_should_not() {
    let seed = u64::from_le_bytes(random_bytes());
    println!("seed {seed}");
    parsers::run(seed, 3000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_breaks_a_route() {
    let seed = u64::from_le_bytes(random_bytes());
    println!("seed {seed}");
    let report = fuzz::run(seed, Duration::from_secs(20)).await;
    println!("{} requests, {:?}", report.requests, report.statuses);
    assert_eq!(report.findings, [""; 0], "seed {seed}");
    // It came far enough to say something.
    assert!(report.statuses[2] > 10 && report.statuses[3] > 10 && report.statuses[4] > 100);
    let missing: Vec<_> = routes().into_iter().filter(|it| !report.routes.contains(it)).collect();
    assert!(missing.len() <= routes().len() / 4, "not reached: {missing:?}");
}

/// Every route with a literal address in the sources.
fn routes() -> BTreeSet<String> {
    fn read(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let literals = text.split(".route(\"/").skip(1);
                found.extend(literals.map(|rest| format!("/{}", rest.split('"').next().unwrap())));
            }
        }
    }
    let mut found = BTreeSet::new();
    read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../server/src")), &mut found);
    // Operators' own port is not for strangers.
    found.retain(|route| !["/live", "/ready", "/metrics"].contains(&route.as_str()));
    assert!(found.len() > 20, "{found:?}");
    found
}
