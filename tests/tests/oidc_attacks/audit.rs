//! Somebody has the database and not the key, and would like the audit trail
//! to tell something else.

use openpsc::database::{Statement, sql};
use openpsc_tests::{TestServer, on_both_engines};

use super::{ATTACKER, DOCTOR};

/// Logs some people in, and answers the chain that tells it.
async fn lived(server: &TestServer) -> String {
    for person in [DOCTOR, ATTACKER, DOCTOR] {
        server.client("agenda").log_in(&server.browser(), person).await;
    }
    let (chain, records) = server.audit_chains().await.pop().unwrap();
    assert!(records > 5, "{records}");
    server.verify_audit().await.unwrap();
    chain
}

/// What the attacker does goes past the server: nothing of it is audited, so
/// the chain itself is as it was.
async fn attack(server: &TestServer, statement: Statement) {
    assert!(statement.execute(&server.app.database).await.unwrap() > 0, "nothing was attacked");
}

async fn broken(server: &TestServer) -> String {
    server.verify_audit().await.unwrap_err()
}

on_both_engines! {
    async fn a_changed_byte_is_found(server: TestServer) {
        let chain = lived(&server).await;
        let alter = sql("update audit_records set body = replace(body, $1, $2) where chain = $3 and number = (select min(number) from audit_records where chain = $3 and body like '%' || $1 || '%')");
        attack(&server, alter.bind(ATTACKER).bind(DOCTOR).bind(&chain)).await;

        let told = broken(&server).await;
        assert!(told.starts_with("altered: record ") && told.contains(&chain), "{told}");
        assert!(told.contains("1 faults"), "{told}");
    }

    async fn a_changed_time_or_mac_is_found(server: TestServer) {
        let chain = lived(&server).await;
        attack(&server, sql("update audit_records set at = at - 1 where chain = $1 and number = 2").bind(&chain)).await;
        assert!(broken(&server).await.starts_with("altered: record 2 "));
        attack(&server, sql("update audit_records set at = at + 1 where chain = $1 and number = 2").bind(&chain)).await;
        server.verify_audit().await.unwrap();

        attack(&server, sql("update audit_records set mac = (select mac from audit_records where chain = $1 and number = 3) where chain = $1 and number = 2").bind(&chain)).await;
        assert!(broken(&server).await.starts_with("altered: record 2 "));
    }

    async fn a_deleted_record_is_missed(server: TestServer) {
        let chain = lived(&server).await;
        attack(&server, sql("delete from audit_records where chain = $1 and number in (2, 3)").bind(&chain)).await;
        assert!(broken(&server).await.starts_with(&format!("missing: records 2 to 3 of chain {chain}")));
    }

    async fn a_deleted_beginning_is_missed(server: TestServer) {
        let chain = lived(&server).await;
        attack(&server, sql("delete from audit_records where chain = $1 and number < 3").bind(&chain)).await;
        assert!(broken(&server).await.starts_with(&format!("missing: records 0 to 2 of chain {chain}")));

        // Nor does it help to say that retention did it.
        attack(&server, sql("update audit_chains set pruned_through = 2, pruned_mac = (select mac from audit_records where chain = $1 and number = 3), pruned_at = 1, seal = pruned_mac where chain = $1").bind(&chain)).await;
        assert!(broken(&server).await.starts_with("altered: where chain "));
        attack(&server, sql("update audit_chains set seal = (select mac from audit_records where chain = $1 and number = 3) where chain = $1").bind(&chain)).await;
        assert!(broken(&server).await.starts_with("altered: where chain "));
    }

    /// Retention would seal a deletion, if it believed what the columns say.
    async fn retention_removes_nothing_that_was_only_made_to_look_old(server: TestServer) {
        let chain = lived(&server).await;
        attack(&server, sql("update audit_records set at = 1 where chain = $1 and number <= 3").bind(&chain)).await;
        openpsc::sweep::once(&server.app).await.unwrap();
        assert!(broken(&server).await.starts_with("altered: record 0 "));
    }

    async fn retention_removes_nothing_behind_an_invented_record(server: TestServer) {
        let chain = lived(&server).await;
        let invent = sql("insert into audit_records (chain, number, at, body, mac) select chain, 1000000000, 1, body, mac from audit_records where chain = $1 and number = 2");
        attack(&server, invent.bind(&chain)).await;
        openpsc::sweep::once(&server.app).await.unwrap();
        broken(&server).await;
        let still = sql("select number from audit_records where chain = $1 and number = 0").bind(&chain);
        assert!(still.fetch_optional(&server.app.database).await.unwrap().is_some());
    }

    async fn two_records_that_change_places_are_found(server: TestServer) {
        let chain = lived(&server).await;
        for (from, to) in [(2, -2), (3, 2), (-2, 3)] {
            attack(&server, sql("update audit_records set number = $3 where chain = $1 and number = $2").bind(&chain).bind(from).bind(to)).await;
        }
        let told = broken(&server).await;
        let expected = format!("out of order: record 2 of chain {chain} was written as record 3 of chain {chain}");
        assert!(told.starts_with(&expected), "{told}");
    }

    async fn an_inserted_record_is_found(server: TestServer) {
        let chain = lived(&server).await;
        // A copy of an honest one, where there is room: at the end.
        attack(&server, sql("insert into audit_records (chain, number, at, body, mac) select chain, (select max(number) + 1 from audit_records where chain = $1), at, body, mac from audit_records where chain = $1 and number = 2").bind(&chain)).await;
        let told = broken(&server).await;
        assert!(told.contains("out of order: record ") && told.contains("was written as record 2 of"), "{told}");

        // An invented one, in a chain of its own.
        attack(&server, sql("insert into audit_records (chain, number, at, body, mac) select 'z', 0, at, body, mac from audit_records where chain = $1 and number = 0").bind(&chain)).await;
        let told = broken(&server).await;
        assert!(told.contains("chain z has records and is not in the list"), "{told}");
    }

    async fn a_deleted_chain_is_missed_by_the_next(server: TestServer) {
        let chain = lived(&server).await;
        let server = server.restart().await;
        server.client("agenda").log_in(&server.browser(), DOCTOR).await;
        attack(&server, sql("delete from audit_records where chain = $1").bind(&chain)).await;
        attack(&server, sql("delete from audit_chains where chain = $1").bind(&chain)).await;
        let told = broken(&server).await;
        assert!(told.starts_with("truncated: record ") && told.contains(&chain), "{told}");
    }

    async fn a_tail_that_was_cut_is_missed_when_somebody_has_seen_it(server: TestServer) {
        let chain = lived(&server).await;
        let notes = server.audit_heads().await;
        let cut = || sql("delete from audit_records where chain = $1 and number = (select max(number) from audit_records where chain = $1)").bind(&chain);

        // Its process still writes: the gap shows.
        attack(&server, cut()).await;
        server.client("agenda").log_in(&server.browser(), DOCTOR).await;
        assert!(broken(&server).await.starts_with("missing: records "));

        // Nobody has seen the newest record: its absence is not known …
        let server = server.restart().await;
        server.client("agenda").log_in(&server.browser(), DOCTOR).await;
        let before = server.audit_heads().await;
        let newest = sql(
            "delete from audit_records where chain = (select max(chain) from audit_records)
             and number = (select max(number) from audit_records where chain = (select max(chain) from audit_records))",
        );
        attack(&server, newest).await;
        assert!(!broken(&server).await.contains("truncated"), "as the documentation admits");
        // … except to whoever has noted it elsewhere.
        let told = server.verify_audit_with(Some(&before)).await.unwrap_err();
        assert!(told.contains("truncated: ") && told.contains("seen by the notes"), "{told}");
        let told = server.verify_audit_with(Some(&notes)).await.unwrap_err();
        assert!(told.contains(&chain), "{told}");
    }
}

/// Whoever has another key has not this trail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_key_verifies_nothing() {
    let server = TestServer::start().await;
    lived(&server).await;
    let other = openpsc::audit::Trail::new(&[9; 32], server.clock.clone()).unwrap();
    let report = openpsc::audit::verify(&server.app.database, &other, &[], 0).await.unwrap();
    assert_eq!(u64::try_from(report.found).unwrap(), report.records);
}
