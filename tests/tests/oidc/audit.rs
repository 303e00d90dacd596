//! The audit trail: what happened is told, and can be verified.

use std::path::PathBuf;

use openpsc::{
    audit::{Command, Kind},
    database::sql,
    sweep,
};
use openpsc_tests::{SESSION_COOKIE, TestServer, on_both_engines};

use super::{DOCTOR, MIDWIFE};

const DAY: u32 = 24 * 3600;

fn words(events: &[serde_json::Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

on_both_engines! {
    async fn a_login_is_told_from_beginning_to_end_and_no_secret_is(server: TestServer) {
        let (client, browser) = (server.client("agenda"), server.browser());
        let request = client.request();
        let page = browser.open(&request.url).await;
        let page = browser.one_click(&page, DOCTOR, "ecps").await;
        let code = client.code(&request, &page);
        let cookie = browser.cookie(SESSION_COOKIE).unwrap();
        let first = client.redeem(&code, &request.verifier).await.unwrap();
        let second = client.refresh(&first.refresh_token).await.unwrap();
        let hint = ("id_token_hint", second.id_token.as_str());
        let logout = format!("{}?{}={}", server.endpoint("logout"), hint.0, hint.1);
        browser.get(logout).await;
        assert!(client.redeem(&code, &request.verifier).await.is_err());

        let events = server.events_of(Some(DOCTOR)).await;
        let expected =
            ["login", "code_issued", "code_redeemed", "tokens_refreshed", "logout"];
        assert_eq!(words(&events)[..5], expected);
        for event in &events[..4] {
            assert_eq!(event["client"], "agenda", "{event}");
            assert_eq!(event["session"], first.session_state, "{event}");
            assert_eq!(event["address"], "127.0.0.1", "{event}");
            assert_eq!(event["acr"], "eidas2", "{event}");
            assert_eq!(event["outcome"], "success", "{event}");
        }
        assert_eq!(events[0]["means"], "MOBILE");
        assert_eq!((&events[0]["actor"], &events[2]["actor"]), (&"person".into(), &"client".into()));

        let everything = format!("{:?}", server.events().await);
        let secrets = [
            &code, &cookie, &first.access_token, &first.refresh_token, &first.id_token,
            &second.access_token, &second.refresh_token, &request.verifier,
            &"agenda-secret".to_owned(),
        ];
        for secret in secrets {
            assert!(!everything.contains(secret.as_str()), "{secret}");
        }
        server.verify_audit().await.unwrap();
    }

    async fn what_was_refused_is_told_too(server: TestServer) {
        let (client, browser) = (server.client("dossier"), server.browser());
        let request = client.request();
        let page = browser.open(&request.url).await;
        let path = page.url.path().to_owned();
        browser.submit(&page, "/cancel", &[]).await;
        let cancelled = server.audited(Kind::LoginFailed).await;
        assert_eq!(cancelled.len(), 1, "{path}");
        assert_eq!((&cancelled[0]["client"], &cancelled[0]["outcome"]), (&"dossier".into(), &"refused".into()));

        let tokens = client.log_in(&browser, DOCTOR).await;
        let request = client.request();
        let page = browser.get(&request.url).await;
        let code = client.code(&request, &page);
        client.redeem(&code, &request.verifier).await.unwrap();
        assert!(client.redeem(&code, &request.verifier).await.is_err());
        assert_eq!(server.audited(Kind::CodeReused).await.len(), 1);

        // A public client's refresh tokens rotate: two generations back is a copy.
        let second = client.refresh(&tokens.refresh_token).await.unwrap();
        client.refresh(&second.refresh_token).await.unwrap();
        assert!(client.refresh(&tokens.refresh_token).await.is_err());
        assert_eq!(server.audited(Kind::RefreshReused).await[0]["person"], DOCTOR);
        server.verify_audit().await.unwrap();
    }

    async fn an_approval_is_told_step_by_step(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let push = server.push(DOCTOR).await;
        phone.approve(&push.rid, Some(&push.number)).await.unwrap();
        let late = server.push(DOCTOR).await;
        server.clock.advance(121);
        sweep::once(&server.app).await.unwrap();

        let told = server.events_of(Some(DOCTOR)).await;
        let words = words(&told);
        for word in ["enrolment_started", "enrolment_claimed", "enrolment_pin_chosen", "enrolment_confirmed",
            "approval_asked", "approval_shown", "pin_tried", "approval_accepted", "approval_timed_out"] {
            assert!(words.contains(&word), "{word}: {words:?}");
        }
        let timed_out = server.audited(Kind::ApprovalTimedOut).await;
        assert_eq!(timed_out.len(), 1);
        assert_eq!(timed_out[0]["request"], late.rid.as_str());
        assert_eq!(timed_out[0]["actor"], "server");
    }

    async fn two_nodes_at_once_keep_a_chain_each(server: TestServer) {
        let other = server.second_node().await;
        let nodes = [&server, &other];
        let mut logins = Vec::new();
        for at in 0..12 {
            let (client, browser) = (nodes[at % 2].client("agenda"), nodes[at % 2].browser());
            logins.push(tokio::spawn(async move { client.log_in(&browser, DOCTOR).await }));
        }
        for login in logins {
            login.await.unwrap();
        }
        let verified = other.verify_audit().await.unwrap();
        assert!(verified.contains("is whole") && verified.contains("of 2 chains"), "{verified}");
        assert_eq!(server.audited(Kind::CodeRedeemed).await.len(), 12);
        assert_eq!(server.audited(Kind::Login).await.len(), 12);
    }

    async fn a_restart_begins_a_chain_that_names_the_one_before(server: TestServer) {
        server.client("agenda").log_in(&server.browser(), DOCTOR).await;
        let before = server.audit_chains().await;
        let server = server.restart().await;
        server.client("agenda").log_in(&server.browser(), MIDWIFE).await;

        let begun = server.audited(Kind::ChainBegun).await;
        assert_eq!(begun.len(), before.len() + 1);
        let named = begun.last().unwrap()["heads"].as_array().unwrap().clone();
        assert!(named.iter().any(|head| head["chain"] == before[0].0.as_str()), "{named:?}");
        assert!(words(&server.events().await).contains(&"server_stopped"));
        server.verify_audit().await.unwrap();
    }

    async fn what_is_too_old_goes_and_the_rest_can_be_verified(server: TestServer) {
        server.client("agenda").log_in(&server.browser(), DOCTOR).await;
        server.verify_audit().await.unwrap();
        server.clock.advance(364 * DAY);
        server.client("agenda").log_in(&server.browser(), MIDWIFE).await;
        sweep::once(&server.app).await.unwrap();
        assert_eq!(server.audited(Kind::Login).await.len(), 2);

        server.clock.advance(2 * DAY);
        sweep::once(&server.app).await.unwrap();

        let logins = server.audited(Kind::Login).await;
        assert_eq!(logins.len(), 1);
        assert_eq!(logins[0]["person"], MIDWIFE);
        assert_eq!(server.audited(Kind::TrailPruned).await.len(), 1);
        server.verify_audit().await.unwrap();

        // A chain that is over altogether is not missed, and is forgotten later.
        let old = server.audit_chains().await[0].0.clone();
        let server = server.restart().await;
        server.client("agenda").log_in(&server.browser(), DOCTOR).await;
        for _ in 0..3 {
            server.clock.advance(300 * DAY);
            server.client("agenda").log_in(&server.browser(), DOCTOR).await;
            sweep::once(&server.app).await.unwrap();
            server.verify_audit().await.unwrap();
        }
        let listed = sql("select chain from audit_chains").fetch_all(&server.app.database).await;
        let listed: Vec<_> = listed.unwrap().iter().map(|row| row.text("chain").unwrap()).collect();
        assert!(!listed.contains(&old) && !listed.is_empty(), "{listed:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_audited_is_not_done() {
    let server = TestServer::start().await;
    let (client, browser) = (server.client("agenda"), server.browser());
    let request = client.request();
    let page = browser.open(&request.url).await;
    let code = client.code(&request, &browser.one_click(&page, DOCTOR, "ecps").await);
    server.app.database.write_trail().await.unwrap();
    let refuse = sql(
        "create trigger full_disk before insert on audit_records begin select raise(abort, 'full'); end",
    );
    refuse.execute(&server.app.database).await.unwrap();

    let form = client.redemption(&code, &request.verifier);
    assert_eq!(client.call(client.token_request(&form)).await.status, 500);
    let grants = sql("select id from grants").fetch_all(&server.app.database).await.unwrap();
    assert!(grants.is_empty(), "nothing was granted");

    sql("drop trigger full_disk").execute(&server.app.database).await.unwrap();
    client.redeem(&code, &request.verifier).await.unwrap();
    server.verify_audit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_can_be_narrowed() {
    let server = TestServer::start().await;
    server.client("agenda").log_in(&server.browser(), DOCTOR).await;
    server.clock.advance(100);
    let since = server.clock.now() * 1000;
    server.client("dossier").log_in(&server.browser(), MIDWIFE).await;
    server.app.database.write_trail().await.unwrap();
    let listed = async |since, event: &[Kind], person: Option<&str>, client: Option<&str>| {
        let list = Command::List {
            config: PathBuf::new(),
            since,
            until: None,
            event: event.to_vec(),
            person: person.map(str::to_owned),
            client: client.map(str::to_owned),
            json: false,
        };
        let mut out = Vec::new();
        list.act(&server.app, &mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    };
    let lines = |text: String| text.lines().count();

    assert_eq!(lines(listed(None, &[Kind::Login], None, None).await), 2);
    assert_eq!(lines(listed(Some(since), &[Kind::Login], None, None).await), 1);
    assert_eq!(
        lines(listed(None, &[Kind::Login, Kind::CodeRedeemed], None, Some("agenda")).await),
        2
    );
    let of_midwife = listed(None, &[], Some(MIDWIFE), None).await;
    assert!(of_midwife.contains("person=899700990080") && !of_midwife.contains(DOCTOR));
    assert_eq!(lines(listed(Some(since), &[], Some(DOCTOR), None).await), 0);
}
