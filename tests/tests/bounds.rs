//! Everything that could pile up, some times over; `cargo xtask flood` sends a
//! hundred thousand of each.

use openpsc_tests::{flood, program::beside_the_tests};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_flood_is_kept_in_memory() {
    let program = beside_the_tests("openpsc").unwrap();
    for flooded in flood::run(program, 400, |flooded| println!("{flooded}")).await {
        assert!(flooded.is_bounded(), "{flooded:?}");
    }
}
