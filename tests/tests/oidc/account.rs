//! A person's own page: their sessions, and an end to each.

use openpsc_tests::{Browser, Jwt, Page, SESSION_COOKIE, TestServer, Tokens, on_both_engines};
use reqwest::StatusCode;

use super::{
    DOCTOR, MIDWIFE,
    back_channel_logout::{BackEnds, telling, waiting},
    endings::{goes_on, is_over},
};

const PAGE: &str = "/account";

async fn joins(server: &TestServer, browser: &Browser, service: &'static str) -> Tokens {
    let client = server.client(service);
    let request = client.request();
    let code = client.code(&request, &browser.get(&request.url).await);
    client.redeem(&code, &request.verifier).await.unwrap()
}

/// The sessions on the page, as the forms that end them.
fn sids(page: &Page) -> Vec<String> {
    let forms = page.forms().into_iter().filter(|form| form.action == "/account/session");
    forms.map(|form| form.fields["sid"].clone()).collect()
}

/// The services on the page, as the forms that withdraw them.
fn services(page: &Page) -> Vec<(String, String)> {
    let forms = page.forms().into_iter().filter(|form| form.action == "/account/service");
    forms.map(|form| (form.fields["sid"].clone(), form.fields["client_id"].clone())).collect()
}

on_both_engines! {
    async fn a_person_sees_where_they_are_logged_in(server: TestServer) {
        let (here, there) = (server.browser(), server.browser());
        let elsewhere = server.client("imagerie").log_in(&there, DOCTOR).await;
        server.clock.advance(3 * 60);
        let tokens = server.client("agenda").log_in(&here, DOCTOR).await;
        joins(&server, &here, "imagerie").await;
        server.client("agenda").log_in(&server.browser(), MIDWIFE).await;
        server.clock.advance(2 * 60);

        let page = here.get(PAGE).await;

        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("LANTERNIER"));
        // This browser first, and nobody else's.
        let (own, other) = (&tokens.session_state, &elsewhere.session_state);
        assert_eq!(sids(&page), [own.clone(), other.clone()]);
        assert_eq!(page.text.matches("id=\"here\"").count(), 1);
        assert_eq!(
            services(&page),
            [(own, "agenda"), (own, "imagerie"), (other, "imagerie")]
                .map(|(sid, client)| (sid.clone(), client.to_owned()))
        );
        for words in ["Agenda du cabinet", "localhost", "il y a 5 minutes", "il y a 2 minutes",
            "Substantiel (eidas2)", "e-CPS", "ce navigateur"]
        {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
    }

    async fn who_is_not_logged_in_here_sees_nothing(server: TestServer) {
        server.client("agenda").log_in(&server.browser(), DOCTOR).await;
        let browser = server.browser();
        let page = browser.get(PAGE).await;
        assert_eq!((page.status, page.forms().len()), (StatusCode::OK, 0));
        assert!(page.text.contains("id=\"nobody\""));
        // Nor does somebody whose session has ended by itself.
        server.client("agenda").log_in(&browser, DOCTOR).await;
        server.clock.advance(1801);
        assert!(browser.get(PAGE).await.forms().is_empty());
        assert_eq!(browser.cookie(SESSION_COOKIE), None, "its cookie opens nothing any more");
        assert!(browser.get("/").await.text.contains("href=\"/account\""));
    }

    async fn one_session_is_ended_and_its_services_are_told(server: TestServer) {
        let mut back_ends = BackEnds::listening(0, &[]).await;
        let server = telling(server, back_ends.port).await;
        let (here, there) = (server.browser(), server.browser());
        let tokens = server.client("agenda").log_in(&here, DOCTOR).await;
        let lost = server.client("imagerie").log_in(&there, DOCTOR).await;
        let page = here.get(PAGE).await;

        let sid = [("sid", lost.session_state.as_str())];
        let answer = here.submit(&page, "/account/session", &sid).await;

        assert_eq!((answer.status, answer.location().unwrap().path()), (StatusCode::SEE_OTHER, PAGE));
        let (service, token) = back_ends.next().await;
        assert_eq!((service.as_str(), Jwt::read(&token).text("sid")), ("imagerie", lost.session_state.as_str()));
        is_over(&server, "imagerie", &lost).await;
        goes_on(&server, "agenda", &tokens).await;
        assert_eq!(sids(&here.get(PAGE).await), [tokens.session_state]);
        assert!(there.get(PAGE).await.forms().is_empty(), "that browser is logged out");
        // Once more, from the page that was open: the list again.
        let again = here.submit(&page, "/account/session", &sid).await;
        assert_eq!(again.location().unwrap().path(), PAGE);
    }

    async fn ending_the_session_of_this_browser_logs_it_out(server: TestServer) {
        let server = server
            .with_client("agenda", |client| {
                client.frontchannel_logout_uri = Some("https://agenda.example/out".into());
            })
            .await;
        let browser = server.browser();
        let tokens = server.client("agenda").log_in(&browser, DOCTOR).await;
        let page = browser.get(PAGE).await;
        let answer = browser.submit(&page, "/account/session", &[]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::OK, None));
        assert!(answer.text.contains("src=\"https://agenda.example/out\""), "{}", answer.text);
        assert_eq!(browser.cookie(SESSION_COOKIE), None);
        is_over(&server, "agenda", &tokens).await;
    }

    async fn one_service_is_withdrawn_and_the_session_goes_on(server: TestServer) {
        let mut back_ends = BackEnds::listening(0, &[]).await;
        let server = telling(server, back_ends.port).await;
        let browser = server.browser();
        let agenda = server.client("agenda").log_in(&browser, DOCTOR).await;
        let imagerie = joins(&server, &browser, "imagerie").await;
        let elsewhere = server.client("imagerie").log_in(&server.browser(), DOCTOR).await;
        let page = browser.get(PAGE).await;

        let which = [("sid", agenda.session_state.as_str()), ("client_id", "imagerie")];
        let answer = browser.submit(&page, "/account/service", &which).await;

        assert_eq!(answer.location().unwrap().path(), PAGE);
        let (service, token) = back_ends.next().await;
        assert_eq!((service.as_str(), Jwt::read(&token).text("sid")), ("imagerie", agenda.session_state.as_str()));
        is_over(&server, "imagerie", &imagerie).await;
        goes_on(&server, "agenda", &agenda).await;
        goes_on(&server, "imagerie", &elsewhere).await;
        let listed = services(&browser.get(PAGE).await);
        assert_eq!(listed.len(), 2);
        assert!(!listed.contains(&(agenda.session_state.clone(), "imagerie".into())));
        // The person opens the service again: it may have access again.
        let again = joins(&server, &browser, "imagerie").await;
        goes_on(&server, "imagerie", &again).await;
    }

    async fn everything_is_ended_at_once(server: TestServer) {
        let mut back_ends = BackEnds::listening(0, &[]).await;
        let server = telling(server, back_ends.port).await;
        let (here, there) = (server.browser(), server.browser());
        let agenda = server.client("agenda").log_in(&here, DOCTOR).await;
        let elsewhere = server.client("imagerie").log_in(&there, DOCTOR).await;
        let midwife = server.client("agenda").log_in(&server.browser(), MIDWIFE).await;
        let page = here.get(PAGE).await;

        let answer = here.submit(&page, "/account/everything", &[]).await;

        assert_eq!((answer.status, answer.location()), (StatusCode::OK, None));
        assert_eq!(here.cookie(SESSION_COOKIE), None);
        let mut told = [back_ends.next().await, back_ends.next().await];
        told.sort();
        assert_eq!(told.each_ref().map(|(service, _)| service.as_str()), ["agenda", "imagerie"]);
        for (_, token) in &told {
            let logout = server.verified(token).await;
            assert_eq!(logout.claims.get("sid"), None);
            assert_eq!(logout.text("sub"), Jwt::read(&agenda.id_token).text("sub"));
        }
        while waiting(&server).await > 0 {
            tokio::task::yield_now().await;
        }
        is_over(&server, "agenda", &agenda).await;
        is_over(&server, "imagerie", &elsewhere).await;
        goes_on(&server, "agenda", &midwife).await;
        for browser in [here, there] {
            assert!(browser.get(PAGE).await.forms().is_empty());
        }
    }

    async fn a_session_without_a_browser_is_among_them(server: TestServer) {
        let phone = server.enrol(DOCTOR).await;
        let client = server.client("chevet");
        let asked = client.ask(DOCTOR).await;
        let challenge = phone.requests(10).await.unwrap().remove(0);
        phone.approve(&challenge.rid, Some("07")).await.unwrap();
        let tokens = client.poll(&asked.auth_req_id).await.unwrap();
        let browser = server.browser();
        server.client("agenda").log_in(&browser, DOCTOR).await;

        let page = browser.get(PAGE).await;
        assert!(page.text.contains("Un logiciel, sans navigateur"), "{}", page.text);
        assert!(page.text.contains("Logiciel au chevet"));
        let sid = [("sid", tokens.session_state.as_str())];
        browser.submit(&page, "/account/session", &sid).await;
        is_over(&server, "chevet", &tokens).await;
    }

    async fn a_step_up_keeps_the_start_and_moves_the_level(server: TestServer) {
        let browser = server.browser();
        let client = server.client("agenda");
        client.log_in(&browser, DOCTOR).await;
        server.clock.advance(7 * 60);
        let request = client.request().with("prompt", "login");
        let page = browser.open(&request.url).await;
        let page = browser.one_click(&page, DOCTOR, "card").await;
        client.code(&request, &page);
        let page = browser.get(PAGE).await;
        assert_eq!(sids(&page).len(), 1);
        for words in ["il y a 7 minutes", "Élevé (eidas3)", "Carte CPS"] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
    }
}
