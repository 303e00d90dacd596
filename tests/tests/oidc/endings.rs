//! Every way in which a session ends, and who hears of it.

use std::path::PathBuf;

use openpsc::{database::sql, ecps, sessions::Command};
use openpsc_tests::{Browser, Jwt, TestServer, Tokens, on_both_engines};
use reqwest::StatusCode;

use super::{
    DOCTOR, MIDWIFE,
    back_channel_logout::{BackEnds, telling, waiting},
};

/// No command here reads a file.
fn nowhere() -> PathBuf {
    PathBuf::new()
}

/// A login of a second service in a browser that has a session.
async fn joins(server: &TestServer, browser: &Browser, service: &'static str) -> Tokens {
    let client = server.client(service);
    let request = client.request();
    let code = client.code(&request, &browser.get(&request.url).await);
    client.redeem(&code, &request.verifier).await.unwrap()
}

/// A login that a person's phone approves.
async fn by_phone(server: &TestServer, phone: &openpsc_ecps_phone::Phone) -> Tokens {
    let client = server.client("chevet");
    let asked = client.ask(DOCTOR).await;
    let challenge = phone.requests(10).await.unwrap().remove(0);
    phone.approve(&challenge.rid, Some("07")).await.unwrap();
    client.poll(&asked.auth_req_id).await.unwrap()
}

/// What a service holds is worth nothing.
pub(super) async fn is_over(server: &TestServer, service: &'static str, tokens: &Tokens) {
    let client = server.client(service);
    assert_eq!(client.refresh(&tokens.refresh_token).await.unwrap_err().error, "invalid_grant");
    assert_eq!(client.userinfo(&tokens.access_token).await.status, StatusCode::UNAUTHORIZED);
}

/// What a service holds is still good.
pub(super) async fn goes_on(server: &TestServer, service: &'static str, tokens: &Tokens) {
    let client = server.client(service);
    client.refresh(&tokens.refresh_token).await.unwrap();
    assert_eq!(client.userinfo(&tokens.access_token).await.status, StatusCode::OK);
}

on_both_engines! {
    async fn the_operator_ends_a_session(server: TestServer) {
        let mut back_ends = BackEnds::listening(0, &[]).await;
        let server = telling(server, back_ends.port).await;
        let tokens = server.client("agenda").log_in(&server.browser(), DOCTOR).await;
        let other = server.client("agenda").log_in(&server.browser(), DOCTOR).await;
        let listed = Command::List { config: nowhere(), person: DOCTOR.into() };
        let said = listed.act(&server.app).await.unwrap();
        assert!(said.contains(&tokens.session_state) && said.contains(&other.session_state));

        let end = Command::End { config: nowhere(), sid: tokens.session_state.clone() };
        end.act(&server.app).await.unwrap();

        let (service, token) = back_ends.next().await;
        assert_eq!((service.as_str(), Jwt::read(&token).text("sid")), ("agenda", tokens.session_state.as_str()));
        is_over(&server, "agenda", &tokens).await;
        goes_on(&server, "agenda", &other).await;
        assert!(!listed.act(&server.app).await.unwrap().contains(&tokens.session_state));
        let again = end.act(&server.app).await.unwrap_err();
        assert!(again.to_string().contains("alive"), "{again}");
    }

    /// Back-Channel Logout §2.4: without `sid` it is every session of `sub`.
    async fn the_end_of_everything_is_told_once_without_a_session(server: TestServer) {
        let mut back_ends = BackEnds::listening(0, &[]).await;
        let server = telling(server, back_ends.port).await;
        let (here, there) = (server.browser(), server.browser());
        let agenda = server.client("agenda").log_in(&here, DOCTOR).await;
        let imagerie = joins(&server, &here, "imagerie").await;
        let elsewhere = server.client("agenda").log_in(&there, DOCTOR).await;
        let midwife = server.client("agenda").log_in(&server.browser(), MIDWIFE).await;

        let all = Command::EndAll { config: nowhere(), person: DOCTOR.into() };
        assert!(all.act(&server.app).await.unwrap().starts_with("2 sessions"));

        let mut told = [back_ends.next().await, back_ends.next().await];
        told.sort();
        assert_eq!(told.each_ref().map(|(service, _)| service.as_str()), ["agenda", "imagerie"]);
        for (service, token) in &told {
            let logout = server.verified(token).await;
            assert_eq!(logout.text("aud"), service);
            assert_eq!(logout.text("sub"), Jwt::read(&agenda.id_token).text("sub"));
            assert_eq!(logout.claims.get("sid"), None);
        }
        while waiting(&server).await > 0 {
            tokio::task::yield_now().await;
        }
        is_over(&server, "agenda", &agenda).await;
        is_over(&server, "imagerie", &imagerie).await;
        is_over(&server, "agenda", &elsewhere).await;
        goes_on(&server, "agenda", &midwife).await;
    }

    async fn a_service_that_knows_sessions_only_is_told_of_each(server: TestServer) {
        let mut back_ends = BackEnds::listening(0, &[]).await;
        let server = telling(server, back_ends.port).await;
        let server = server
            .with_client("agenda", |client| client.backchannel_logout_session_required = true)
            .await;
        let client = server.client("agenda");
        let mut ended = Vec::new();
        for _ in 0..2 {
            ended.push(client.log_in(&server.browser(), DOCTOR).await.session_state);
        }
        ended.sort();

        let all = Command::EndAll { config: nowhere(), person: DOCTOR.into() };
        all.act(&server.app).await.unwrap();

        let mut told = Vec::new();
        for _ in 0..2 {
            let (_, token) = back_ends.next().await;
            told.push(Jwt::read(&token).text("sid").to_owned());
        }
        told.sort();
        assert_eq!(told, ended);
    }

    async fn a_revoked_phone_takes_what_it_opened_with_it(server: TestServer) {
        let mut back_ends = BackEnds::listening(0, &[]).await;
        let server = telling(server, back_ends.port).await;
        let phone = server.enrol(DOCTOR).await;
        let tokens = by_phone(&server, &phone).await;
        let by_card = server.client("agenda").log_in(&server.browser(), DOCTOR).await;

        assert!(ecps::revoke_device(&server.app, &phone.device_id()).await.unwrap());

        let (service, token) = back_ends.next().await;
        assert_eq!((service.as_str(), Jwt::read(&token).text("sid")), ("chevet", tokens.session_state.as_str()));
        is_over(&server, "chevet", &tokens).await;
        goes_on(&server, "agenda", &by_card).await;
    }

    async fn a_new_phone_ends_what_the_lost_one_opened(server: TestServer) {
        let mut back_ends = BackEnds::listening(0, &[]).await;
        let server = telling(server, back_ends.port).await;
        let lost = server.enrol(DOCTOR).await;
        let tokens = by_phone(&server, &lost).await;
        let phone = server.enrol(DOCTOR).await;
        assert_eq!(back_ends.next().await.0, "chevet");
        is_over(&server, "chevet", &tokens).await;
        let fresh = by_phone(&server, &phone).await;
        goes_on(&server, "chevet", &fresh).await;
    }

    async fn an_operator_may_leave_the_sessions_of_a_lost_phone_alone(server: TestServer) {
        let server =
            server.reconfigured(|config| config.ecps.revocation_ends_sessions = false).await;
        let phone = server.enrol(DOCTOR).await;
        let tokens = by_phone(&server, &phone).await;
        assert!(ecps::revoke_device(&server.app, &phone.device_id()).await.unwrap());
        goes_on(&server, "chevet", &tokens).await;
    }

    async fn another_person_in_the_same_browser_ends_the_session(server: TestServer) {
        let mut back_ends = BackEnds::listening(0, &[]).await;
        let server = telling(server, back_ends.port).await;
        for silently in [false, true] {
            let browser = server.browser();
            let tokens = server.client("agenda").log_in(&browser, DOCTOR).await;
            let robot = server.client("robot").request().with("prompt", "login");
            if silently {
                browser.get(&robot.with("login_hint", MIDWIFE).url).await.answer().code();
            } else {
                let page = browser.open(&robot.url).await;
                browser.one_click(&page, MIDWIFE, "ecps").await.answer().code();
            }
            let (service, token) = back_ends.next().await;
            assert_eq!(service, "agenda");
            assert_eq!(Jwt::read(&token).text("sid"), tokens.session_state);
            is_over(&server, "agenda", &tokens).await;
        }
    }

    async fn services_are_told_of_time_only_when_that_is_set(server: TestServer) {
        let mut back_ends = BackEnds::listening(0, &[]).await;
        let server = telling(server, back_ends.port).await;
        let idle = server.client("agenda").log_in(&server.browser(), DOCTOR).await;
        server.clock.advance(1801);
        openpsc::sweep::once(&server.app).await.unwrap();
        assert_eq!(waiting(&server).await, 0);

        let server = server.reconfigured(|config| config.sessions.tell_of_expiry = true).await;
        let fresh = server.client("imagerie").log_in(&server.browser(), DOCTOR).await;
        openpsc::sweep::once(&server.app).await.unwrap();
        let (service, token) = back_ends.next().await;
        assert_eq!((service.as_str(), Jwt::read(&token).text("sid")), ("agenda", idle.session_state.as_str()));
        goes_on(&server, "imagerie", &fresh).await;
    }

    async fn who_leaves_the_directory_is_logged_out_everywhere(server: TestServer) {
        let mut back_ends = BackEnds::listening(0, &[]).await;
        let server = telling(server, back_ends.port).await;
        let doctor = server.client("agenda").log_in(&server.browser(), DOCTOR).await;
        let midwife = server.client("imagerie").log_in(&server.browser(), MIDWIFE).await;
        // The directory of the next start is one without this person.
        for rename in [
            "update sessions set national_id = '899700999999' where sid = $1",
            "update grants set national_id = '899700999999' where sid = $1",
        ] {
            let rename = sql(rename).bind(&doctor.session_state);
            assert_eq!(rename.execute(&server.app.database).await.unwrap(), 1);
        }
        let server = server.restart().await;

        let (service, token) = back_ends.next().await;
        assert_eq!(service, "agenda");
        assert_eq!(Jwt::read(&token).claims.get("sid"), None);
        is_over(&server, "agenda", &doctor).await;
        goes_on(&server, "imagerie", &midwife).await;
    }
}
