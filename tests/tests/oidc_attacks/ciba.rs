//! Whoever holds a service's credentials, an `auth_req_id` or an identifier
//! tries to get more out of CIBA. The numbers are those of the checklist.

use openpsc_protocol::ecps::DenialReason;
use openpsc_tests::{Asked, Client, Refused, TestServer, on_both_engines};
use reqwest::{Method, StatusCode};

use crate::{ATTACKER, DOCTOR};

/// A server that answers each poll at once.
pub(crate) async fn prompt(server: TestServer) -> TestServer {
    server.reconfigured(|config| config.ciba.long_poll = 0).await
}

/// A request that somebody has approved.
pub(crate) async fn allowed(server: &TestServer, client: &Client) -> Asked {
    let asked = client.ask(DOCTOR).await;
    assert_eq!(server.unattended(&asked.auth_req_id, "allow").await.status, 200);
    asked
}

pub(crate) fn refused(status: StatusCode, error: &str) -> Refused {
    Refused { status, error: error.into() }
}

pub(crate) const BAD: StatusCode = StatusCode::BAD_REQUEST;

on_both_engines! {
    /// C03
    async fn only_a_form_is_taken_and_only_of_a_known_client(server: TestServer) {
        let client = server.client("chevet");
        let address = client.endpoint("ext/ciba/auth");
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = client.http().request(method, &address).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        }
        let json = client.http().post(&address).json(&serde_json::json!({"scope": "openid"}));
        assert_eq!(json.send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let form = [("scope", "openid"), ("login_hint", DOCTOR), ("binding_message", "07")];
        let nobody = client.http().post(&address).form(&form);
        assert_eq!(client.call(nobody).await.status, StatusCode::UNAUTHORIZED);
        let wrong = client.http().post(&address).basic_auth("chevet", Some("wrong")).form(&form);
        assert_eq!(client.call(wrong).await.status, StatusCode::UNAUTHORIZED);
    }

    /// C02, C04
    async fn a_client_without_the_grant_or_without_a_secret_may_not(server: TestServer) {
        for client in ["agenda", "imagerie", "dossier", "mobile"].map(|it| server.client(it)) {
            let may_not = refused(BAD, "unauthorized_client");
            let more = [("binding_message", "07")];
            assert_eq!(client.ask_with(DOCTOR, &more).await.unwrap_err(), may_not);
            assert_eq!(client.poll("x").await.unwrap_err(), may_not);
        }
    }

    /// C05, C06, C10, C12, C13
    async fn each_parameter_is_held_to_its_rule(server: TestServer) {
        let client = server.client("chevet");
        let number = ("binding_message", "07");
        let (openid, who) = (("scope", "openid"), ("login_hint", DOCTOR));
        for (form, error) in [
            (vec![who, number], "invalid_request"),
            (vec![("scope", "scope_all"), who, number], "invalid_scope"),
            (vec![("scope", "openid admin"), who, number], "invalid_scope"),
            (vec![openid, number], "invalid_request"),
            (vec![openid, who, ("id_token_hint", "x"), number], "invalid_request"),
            (vec![openid, who, ("login_hint_token", "x"), number], "invalid_request"),
            (vec![openid, ("id_token_hint", "x"), number], "invalid_request"),
            (vec![openid, ("login_hint_token", "x"), number], "invalid_request"),
            (vec![openid, ("login_hint", "Dr House"), number], "unknown_user_id"),
            (vec![openid, ("login_hint", "8997009900\r\n15"), number], "unknown_user_id"),
            (vec![openid, who], "invalid_binding_message"),
            (vec![openid, who, ("binding_message", "a\u{202e}b")], "invalid_binding_message"),
            (vec![openid, who, ("binding_message", "a\r\nb")], "invalid_binding_message"),
            (vec![openid, who, ("binding_message", "https://a.example")], "invalid_binding_message"),
            (vec![openid, who, number, ("requested_expiry", "0")], "invalid_request"),
            (vec![openid, who, number, ("requested_expiry", "-5")], "invalid_request"),
            (vec![openid, who, number, ("requested_expiry", "soon")], "invalid_request"),
            (vec![openid, who, number, ("channel", "CARD")], "invalid_request"),
            (vec![openid, who, number, number], "invalid_request"),
            (vec![openid, openid, who, number], "invalid_request"),
            (vec![openid, who, who, number], "invalid_request"),
            (vec![openid, who, number, ("request_uri", "https://a.example/")], "invalid_request"),
        ] {
            assert_eq!(client.ask_form(&form).await.unwrap_err(), refused(BAD, error), "{form:?}");
        }
        let psc = server.client("hopital");
        for message in ["1234", "7", "ab"] {
            let more = [("binding_message", message)];
            let refusal = psc.ask_with(DOCTOR, &more).await.unwrap_err();
            assert_eq!(refusal, refused(BAD, "invalid_binding_message"), "{message}");
        }
    }

    /// C13, C20: a level is never lowered in silence.
    async fn a_level_that_the_phone_does_not_reach_is_refused(server: TestServer) {
        let client = server.client("chevet");
        let more = [("binding_message", "07"), ("acr_values", "eidas3")];
        let refusal = client.ask_with(DOCTOR, &more).await.unwrap_err();
        assert_eq!(refusal, refused(StatusCode::FORBIDDEN, "access_denied"));
    }

    /// C07: an ID token of another client, or an access token, says nothing.
    async fn a_hint_must_be_an_id_token_of_this_client(server: TestServer) {
        let _phone = server.enrol(DOCTOR).await;
        let (client, other) = (server.client("chevet"), server.client("officine"));
        let asked = allowed(&server, &other).await;
        let tokens = other.poll(&asked.auth_req_id).await.unwrap();
        for hint in [&tokens.id_token, &tokens.access_token, &tokens.refresh_token] {
            let form = [("scope", "openid"), ("id_token_hint", hint), ("binding_message", "07")];
            assert_eq!(client.ask_form(&form).await.unwrap_err(), refused(BAD, "invalid_request"));
        }
        let form =
            [("scope", "openid"), ("id_token_hint", &tokens.access_token), ("binding_message", "07")];
        assert_eq!(other.ask_form(&form).await.unwrap_err(), refused(BAD, "invalid_request"));
    }

    /// C08: who has a phone, who has none and who is nobody look alike.
    async fn a_service_learns_nothing_about_who_exists(server: TestServer) {
        let server = prompt(server).await;
        let _phone = server.enrol(DOCTOR).await;
        let client = server.client("chevet");
        for who in [DOCTOR, ATTACKER, "899799999999"] {
            let asked = client.ask(who).await;
            assert_eq!((asked.expires_in, asked.interval), (120, 5));
            assert_eq!(client.poll_error(&asked.auth_req_id).await, "authorization_pending");
            server.clock.advance(120);
            assert_eq!(client.poll_error(&asked.auth_req_id).await, "expired_token");
        }
    }

    /// C08, by registration.
    async fn a_client_may_be_told_that_nobody_is_there(server: TestServer) {
        let _phone = server.enrol(DOCTOR).await;
        let client = server.client("officine");
        client.ask(DOCTOR).await;
        for who in [ATTACKER, "899799999999"] {
            let refusal = client.ask_with(who, &[("binding_message", "07")]).await.unwrap_err();
            assert_eq!(refusal, refused(BAD, "unknown_user_id"), "{who}");
        }
    }

    /// C08: trying identifiers comes to an end.
    async fn a_client_asks_so_often_and_no_more(server: TestServer) {
        let server = server.reconfigured(|config| config.ciba.requests_per_client = 5).await;
        let client = server.client("officine");
        let ask = async |nth: u32| {
            let who = format!("89979999{nth:04}");
            client.ask_with(&who, &[("binding_message", "07")]).await.unwrap_err()
        };
        for nth in 0..5 {
            assert_eq!(ask(nth).await.error, "unknown_user_id");
        }
        assert_eq!(ask(6).await.status, StatusCode::TOO_MANY_REQUESTS);
        server.client("chevet").ask(DOCTOR).await;
    }

    /// E02, E19: the limits of the page are the limits here.
    async fn a_phone_is_not_rung_more_often_than_from_the_page(server: TestServer) {
        let client = server.client("chevet");
        client.ask(DOCTOR).await;
        server.push(DOCTOR).await;
        client.ask(DOCTOR).await;
        let page = client.call(client.back_channel("ext/ciba/auth", &[
            ("scope", "openid"), ("login_hint", DOCTOR), ("binding_message", "07"),
        ])).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(page.header("retry-after").parse::<i64>().is_ok_and(|it| (1..=300).contains(&it)));
        assert!(server.try_push(DOCTOR).await.is_err());
    }

    /// E19
    async fn not_me_stops_services_too(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let client = server.client("chevet");
        client.ask(DOCTOR).await;
        let rid = phone.requests(0).await.unwrap()[0].rid.clone();
        phone.deny(&rid, DenialReason::NotMe).await.unwrap();
        let refusal = client.ask_with(DOCTOR, &[("binding_message", "07")]).await.unwrap_err();
        assert_eq!(refusal.status, StatusCode::TOO_MANY_REQUESTS);
    }

    /// E23
    async fn where_pushes_are_off_services_are_told(server: TestServer) {
        let server = server.reconfigured(|config| config.ecps.push_start = false).await;
        let refusal =
            server.client("chevet").ask_with(DOCTOR, &[("binding_message", "07")]).await;
        assert_eq!(refusal.unwrap_err(), refused(StatusCode::FORBIDDEN, "access_denied"));
    }

    /// E04: one try.
    async fn a_wrong_number_ends_the_request(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        let rid = phone.requests(0).await.unwrap()[0].rid.clone();
        assert!(phone.approve(&rid, Some("70")).await.is_err());
        assert!(phone.approve(&rid, Some("07")).await.is_err());
        assert_eq!(client.poll_error(&asked.auth_req_id).await, "access_denied");
    }

    /// E03
    async fn a_newer_request_takes_the_place_of_the_older_one(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let (older, newer) = (server.client("chevet"), server.client("officine"));
        let first = older.ask(DOCTOR).await;
        let second = newer.ask(DOCTOR).await;
        assert_eq!(older.poll_error(&first.auth_req_id).await, "access_denied");
        let waiting = phone.requests(0).await.unwrap();
        assert_eq!(waiting.len(), 1);
        phone.approve(&waiting[0].rid, Some("07")).await.unwrap();
        assert_eq!(older.poll_error(&first.auth_req_id).await, "access_denied");
        newer.poll(&second.auth_req_id).await.unwrap();
    }

    /// C16
    async fn an_id_is_long_and_kept_nowhere(server: TestServer) {
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        let bits = openpsc::secret::from_base64url(&asked.auth_req_id).unwrap().len() * 8;
        assert!(bits >= 160, "{bits}");
        let rows = openpsc::database::sql(
            "select id, rid, coalesce(ping_sealed, '') as sealed from ciba_requests",
        );
        let rows = rows.fetch_all(&server.app.database).await.unwrap();
        assert_eq!(rows.len(), 1);
        for column in ["id", "rid", "sealed"] {
            assert!(!rows[0].text(column).unwrap().contains(&asked.auth_req_id), "{column}");
        }
        // What the phone knows of it is no way in.
        let rid = rows[0].text("rid").unwrap();
        assert_eq!(client.poll_error(&rid).await, "invalid_grant");
    }

    /// What was asked is forgotten in the end.
    async fn the_table_has_an_end(server: TestServer) {
        server.client("chevet").ask(DOCTOR).await;
        server.clock.advance(120 + 601);
        openpsc::sweep::once(&server.app).await.unwrap();
        let rows = openpsc::database::sql("select count(*) as rows from ciba_requests");
        let row = rows.fetch_optional(&server.app.database).await.unwrap().unwrap();
        assert_eq!(row.integer("rows").unwrap(), 0);
    }

    /// Outside the sandbox nobody answers in a person's place.
    async fn outside_the_sandbox_nothing_answers_for_a_person(server: TestServer) {
        let client = server.client("chevet");
        let asked = allowed(&server, &client).await;
        let server = server
            .reconfigured(|config| {
                config.sandbox = None;
                config.clients.retain(|client| !client.auto_login);
            })
            .await;
        assert_eq!(server.unattended(&asked.auth_req_id, "allow").await.status, 404);
        assert!(client.poll(&asked.auth_req_id).await.is_err());
    }
}
