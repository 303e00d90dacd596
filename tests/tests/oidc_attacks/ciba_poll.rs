//! Whoever holds an `auth_req_id`, or asks in haste, tries to get more than one
//! service's tokens once. The numbers are those of the checklist.

use openpsc::database::sql;
use openpsc_tests::{CIBA, Page, TestServer, on_both_engines};
use reqwest::StatusCode;

use crate::{
    DOCTOR,
    ciba::{BAD, allowed, prompt, refused},
};

/// When the next poll may come.
async fn next_poll_at(server: &TestServer) -> i64 {
    let row = sql("select next_poll_at from ciba_requests").fetch_optional(&server.app.database);
    row.await.unwrap().unwrap().integer("next_poll_at").unwrap()
}

on_both_engines! {
    /// C17
    async fn who_does_not_wait_is_slowed_down_for_good(server: TestServer) {
        let server = prompt(server).await;
        let client = server.client("chevet");
        let id = client.ask(DOCTOR).await.auth_req_id;
        assert_eq!(client.poll_error(&id).await, "authorization_pending");
        assert_eq!(client.poll_error(&id).await, "slow_down");
        server.clock.advance(5);
        assert_eq!(client.poll_error(&id).await, "slow_down", "5 more are not enough now");
        server.clock.advance(16);
        assert_eq!(client.poll_error(&id).await, "authorization_pending");
        server.clock.advance(10);
        assert_eq!(client.poll_error(&id).await, "slow_down", "15 and not 5, for good");
    }

    /// C17: haste does not lose what was decided.
    async fn what_is_decided_is_told_however_often_it_is_asked(server: TestServer) {
        let server = prompt(server).await;
        let client = server.client("chevet");
        let id = client.ask(DOCTOR).await.auth_req_id;
        client.poll_error(&id).await;
        assert_eq!(client.poll_error(&id).await, "slow_down");
        server.unattended(&id, "allow").await;
        client.poll(&id).await.unwrap();
    }

    /// C18
    async fn hammering_is_called_by_its_name(server: TestServer) {
        let server = prompt(server).await;
        let client = server.client("chevet");
        let id = client.ask(DOCTOR).await.auth_req_id;
        let mut heard = Vec::new();
        for _ in 0..12 {
            heard.push(client.poll_error(&id).await);
        }
        assert_eq!(heard[0], "authorization_pending");
        assert!(heard[1..9].iter().all(|error| error == "slow_down"), "{heard:?}");
        assert_eq!(heard[11], "invalid_request");
    }

    /// C18
    async fn an_id_is_worth_nothing_to_another_client(server: TestServer) {
        let (client, thief) = (server.client("chevet"), server.client("officine"));
        let asked = allowed(&server, &client).await;
        assert_eq!(thief.poll(&asked.auth_req_id).await.unwrap_err(), refused(BAD, "invalid_grant"));
        assert_eq!(thief.poll("unknown").await.unwrap_err(), refused(BAD, "invalid_grant"));
        assert_eq!(
            thief.token(&[("grant_type", CIBA)]).await.unwrap_err(),
            refused(BAD, "invalid_request")
        );
        // And the thief has broken nothing.
        client.poll(&asked.auth_req_id).await.unwrap();
    }

    /// C18: whoever comes second holds a copy.
    async fn a_second_use_is_refused_and_revokes(server: TestServer) {
        let client = server.client("chevet");
        for pause in [0, 31, 300] {
            let asked = allowed(&server, &client).await;
            let tokens = client.poll(&asked.auth_req_id).await.unwrap();
            // The 300 s lie after its end: a replay is still noticed.
            server.clock.advance(pause);
            assert_eq!(client.poll_error(&asked.auth_req_id).await, "invalid_grant");
            assert_eq!(
                client.refresh(&tokens.refresh_token).await.unwrap_err().error,
                "invalid_grant"
            );
            assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
        }
    }

    /// C20: eight at once, and after a restart.
    async fn tokens_are_given_once(server: TestServer) {
        let client = server.client("chevet");
        let asked = allowed(&server, &client).await;
        let polls: Vec<_> = (0..8)
            .map(|_| {
                let form = [("grant_type", CIBA), ("auth_req_id", asked.auth_req_id.as_str())];
                let call = client.token_request(&form).send();
                tokio::spawn(async move { Page::of(call.await.unwrap()).await })
            })
            .collect();
        let mut given = 0;
        for poll in polls {
            let page = poll.await.unwrap();
            given += usize::from(page.status == StatusCode::OK);
            assert!(page.status == StatusCode::OK || page.text.contains("invalid_grant"));
        }
        assert_eq!(given, 1);
        let server = server.restart().await;
        assert_eq!(client.poll_error(&asked.auth_req_id).await, "invalid_grant");
        drop(server);
    }

    /// C20: an approval that nobody fetched dies with its request.
    async fn an_approval_does_not_outlive_its_request(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let client = server.client("chevet");
        let more = [("binding_message", "07"), ("requested_expiry", "30")];
        let asked = client.ask_with(DOCTOR, &more).await.unwrap();
        let rid = phone.requests(0).await.unwrap()[0].rid.clone();
        phone.approve(&rid, Some("07")).await.unwrap();
        server.clock.advance(30);
        assert_eq!(client.poll_error(&asked.auth_req_id).await, "expired_token");
        assert!(!server.consume(&rid, "login", "browser").await);
    }

    /// E13: a phone that is gone approves nothing, not even what it approved.
    async fn a_revoked_phone_takes_its_approval_along(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        let rid = phone.requests(0).await.unwrap()[0].rid.clone();
        phone.approve(&rid, Some("07")).await.unwrap();
        phone.revoke().await.unwrap();
        assert_eq!(client.poll_error(&asked.auth_req_id).await, "access_denied");
    }

    /// E08: a page cannot use an approval given to a service.
    async fn no_browser_takes_what_a_service_asked_for(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        let rid = phone.requests(0).await.unwrap()[0].rid.clone();
        phone.approve(&rid, Some("07")).await.unwrap();
        for (login, browser) in [(openpsc_tests::LOGIN, openpsc_tests::BROWSER), (&*rid, "")] {
            assert!(!server.consume(&rid, login, browser).await);
        }
        client.poll(&asked.auth_req_id).await.unwrap();
    }

    /// C19
    async fn one_poll_is_held_at_a_time(server: TestServer) {
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        let form = [("grant_type", CIBA), ("auth_req_id", asked.auth_req_id.as_str())];
        let first = client.token_request(&form);
        let first = tokio::spawn(async move { Page::of(first.send().await.unwrap()).await });
        // The turn of the first is in the database once it is held.
        while next_poll_at(&server).await <= server.clock.now() {
            tokio::task::yield_now().await;
        }
        assert_eq!(client.poll_error(&asked.auth_req_id).await, "slow_down");
        server.unattended(&asked.auth_req_id, "allow").await;
        assert_eq!(first.await.unwrap().status, StatusCode::OK);
    }

    /// C19: who breaks off may come again.
    async fn a_poll_that_is_broken_off_gives_its_turn_back(server: TestServer) {
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        let form = [("grant_type", CIBA), ("auth_req_id", asked.auth_req_id.as_str())];
        let impatient = client.token_request(&form).timeout(std::time::Duration::from_millis(700));
        assert!(impatient.send().await.is_err());
        // 20 s to hold and 5 s of interval would still be owed.
        while next_poll_at(&server).await > server.clock.now() + 5 {
            tokio::task::yield_now().await;
        }
        server.clock.advance(5);
        let (answer, _) = tokio::join!(
            client.poll(&asked.auth_req_id),
            server.unattended(&asked.auth_req_id, "allow")
        );
        answer.unwrap();
    }
}
