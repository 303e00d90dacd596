//! One session per browser, and what makes a service ask again.

use openpsc_tests::{Browser, Client, Page, SESSION_COOKIE, TestServer, on_both_engines};

use super::{DOCTOR, MIDWIFE};

/// Whether a request is answered at once, with a code.
async fn answers(client: &Client, browser: &Browser, parameters: &[(&str, &str)]) -> bool {
    let mut request = client.request();
    for (name, value) in parameters {
        request = request.with(name, value);
    }
    let page = browser.open(&request.url).await;
    let asks = page.location().is_none();
    if asks {
        page.form("/sandbox");
    } else {
        client.code(&request, &page);
    }
    !asks
}

/// The error of a request that may show no page.
async fn silent_error(client: &Client, browser: &Browser) -> String {
    let request = client.request().with("prompt", "none");
    browser.get(&request.url).await.answer().error().to_owned()
}

/// Answers a login page with a card.
async fn with_card(browser: &Browser, page: &Page) -> Page {
    browser.one_click(page, DOCTOR, "card").await
}

/// The ID token of a request that the session answers.
async fn id_token(server: &TestServer, client: &Client, browser: &Browser) -> openpsc_tests::Jwt {
    let request = client.request();
    let code = client.code(&request, &browser.get(&request.url).await);
    let tokens = client.redeem(&code, &request.verifier).await.unwrap();
    server.verified(&tokens.id_token).await
}

on_both_engines! {
    async fn a_second_service_needs_no_gesture(server: TestServer) {
        let browser = server.browser();
        let first = server.client("agenda").log_in(&browser, DOCTOR).await;
        server.clock.advance(100);
        let second = id_token(&server, &server.client("imagerie"), &browser).await;
        let first = server.verified(&first.id_token).await;
        assert_eq!(first.text("sid"), second.text("sid"));
        assert_eq!(first.number("auth_time"), second.number("auth_time"));
        assert!(second.number("iat") >= first.number("iat") + 100);
    }

    async fn another_browser_shares_nothing(server: TestServer) {
        let client = server.client("agenda");
        client.log_in(&server.browser(), DOCTOR).await;
        assert!(!answers(&client, &server.browser(), &[]).await);
        assert_eq!(silent_error(&client, &server.browser()).await, "login_required");
    }

    async fn prompt_none_answers_or_refuses_and_never_asks(server: TestServer) {
        let browser = server.browser();
        let client = server.client("agenda");
        assert_eq!(silent_error(&client, &browser).await, "login_required");
        client.log_in(&browser, DOCTOR).await;
        assert!(answers(&client, &browser, &[("prompt", "none")]).await);
        let both = client.request().with("prompt", "none login");
        assert_eq!(browser.get(&both.url).await.answer().error(), "invalid_request");
    }

    async fn prompt_login_asks_again_and_moves_auth_time(server: TestServer) {
        let browser = server.browser();
        let client = server.client("agenda");
        let before = client.log_in(&browser, DOCTOR).await;
        server.clock.advance(10);
        for prompt in ["login", "select_account"] {
            assert!(!answers(&client, &browser, &[("prompt", prompt)]).await, "{prompt}");
        }
        let request = client.request().with("prompt", "login");
        let page = browser.open(&request.url).await;
        let page = browser.one_click(&page, DOCTOR, "ecps").await;
        let code = client.code(&request, &page);
        let after = client.redeem(&code, &request.verifier).await.unwrap();
        let before = server.verified(&before.id_token).await;
        let after = server.verified(&after.id_token).await;
        assert!(after.number("auth_time") >= before.number("auth_time") + 10);
        // The same person: what other services hold stays.
        assert_eq!(before.text("sid"), after.text("sid"));
    }

    async fn max_age_bounds_the_age_of_the_login(server: TestServer) {
        let browser = server.browser();
        let client = server.client("agenda");
        client.log_in(&browser, DOCTOR).await;
        server.clock.advance(100);
        assert!(answers(&client, &browser, &[("max_age", "130")]).await);
        assert!(!answers(&client, &browser, &[("max_age", "99")]).await);
        assert!(!answers(&client, &browser, &[("max_age", "0")]).await);
        for nonsense in ["-1", "1.5", "soon", "99999999999"] {
            let request = client.request().with("max_age", nonsense);
            let refused = browser.get(&request.url).await.answer();
            assert_eq!(refused.error(), "invalid_request", "max_age={nonsense}");
        }
        let silent = client.request().with("max_age", "99").with("prompt", "none");
        assert_eq!(browser.get(&silent.url).await.answer().error(), "login_required");
    }

    async fn a_higher_level_is_earned_by_a_card(server: TestServer) {
        let browser = server.browser();
        let client = server.client("agenda");
        client.log_in(&browser, DOCTOR).await;
        assert!(answers(&client, &browser, &[("acr_values", "eidas2")]).await);
        assert!(answers(&client, &browser, &[("acr_values", "eidas3 eidas2")]).await);

        let request = client.request().with("acr_values", "eidas3");
        let page = browser.open(&request.url).await;
        let page = with_card(&browser, &page).await;
        let code = client.code(&request, &page);
        let tokens = client.redeem(&code, &request.verifier).await.unwrap();
        let stepped_up = server.verified(&tokens.id_token).await;
        assert_eq!((stepped_up.text("acr"), stepped_up.text("authMode")), ("eidas3", "CARD"));

        // The session holds it now, for every service.
        let other = id_token(&server, &server.client("imagerie"), &browser).await;
        assert_eq!(other.text("acr"), "eidas3");
        assert_eq!(other.text("sid"), stepped_up.text("sid"));
    }

    async fn a_service_with_a_minimum_is_never_given_less(server: TestServer) {
        let browser = server.browser();
        let bloc = server.client("bloc");
        server.client("agenda").log_in(&browser, DOCTOR).await;
        // Whatever it asks for.
        assert!(!answers(&bloc, &browser, &[]).await);
        assert!(!answers(&bloc, &browser, &[("acr_values", "eidas1")]).await);
        assert_eq!(silent_error(&bloc, &browser).await, "login_required");

        let request = bloc.request();
        let page = browser.open(&request.url).await;
        let page = browser.one_click(&page, DOCTOR, "ecps").await;
        assert_eq!(page.answer().error(), "unmet_authentication_requirements");
        assert!(!answers(&bloc, &browser, &[]).await);
        let page = browser.open(&request.url).await;
        let page = with_card(&browser, &page).await;
        let tokens = bloc.redeem(&bloc.code(&request, &page), &request.verifier).await.unwrap();
        assert_eq!(server.verified(&tokens.id_token).await.text("acr"), "eidas3");
    }

    async fn an_id_token_hint_says_who_is_expected(server: TestServer) {
        let client = server.client("agenda");
        let (here, there) = (server.browser(), server.browser());
        let doctor = client.log_in(&here, DOCTOR).await;
        let midwife = client.log_in(&there, MIDWIFE).await;
        // Expired is fine (Core §3.1.2.1).
        server.clock.advance(600);
        assert!(answers(&client, &here, &[("id_token_hint", &doctor.id_token)]).await);
        assert!(!answers(&client, &here, &[("id_token_hint", &midwife.id_token)]).await);
        let silent = client.request().with("id_token_hint", &midwife.id_token).with("prompt", "none");
        assert_eq!(here.get(&silent.url).await.answer().error(), "login_required");

        let other = server.client("imagerie").request().with("id_token_hint", &doctor.id_token);
        assert_eq!(here.get(&other.url).await.answer().error(), "invalid_request");
        let forged = client.request().with("id_token_hint", "e30.e30.e30");
        assert_eq!(here.get(&forged.url).await.answer().error(), "invalid_request");
    }

    async fn a_session_dies_after_thirty_idle_minutes(server: TestServer) {
        let browser = server.browser();
        let client = server.client("agenda");
        client.log_in(&browser, DOCTOR).await;
        // Use keeps it alive.
        for _ in 0..3 {
            server.clock.advance(29 * 60);
            assert!(answers(&client, &browser, &[]).await);
        }
        server.clock.advance(31 * 60);
        assert_eq!(silent_error(&client, &browser).await, "login_required");
    }

    async fn a_session_dies_after_four_hours_of_use(server: TestServer) {
        let browser = server.browser();
        let client = server.client("agenda");
        let began = server.clock.now();
        client.log_in(&browser, DOCTOR).await;
        while server.clock.now() - began < 4 * 3600 - 20 * 60 {
            server.clock.advance(20 * 60);
            assert!(answers(&client, &browser, &[]).await, "{}", server.clock.now() - began);
        }
        server.clock.advance(20 * 60);
        assert_eq!(silent_error(&client, &browser).await, "login_required");
    }

    async fn tokens_never_outlive_the_session(server: TestServer) {
        let browser = server.browser();
        let client = server.client("agenda");
        let mut tokens = client.log_in(&browser, DOCTOR).await;
        for _ in 0..9 {
            server.clock.advance(25 * 60);
            tokens = client.refresh(&tokens.refresh_token).await.unwrap();
        }
        // 3 h 45: fourteen minutes and a bit are left.
        server.clock.advance(14 * 60);
        tokens = client.refresh(&tokens.refresh_token).await.unwrap();
        assert!(tokens.expires_in <= 60 && tokens.refresh_expires_in <= 60, "{tokens:?}");
        server.clock.advance(60);
        assert_eq!(client.refresh(&tokens.refresh_token).await.unwrap_err().error, "invalid_grant");
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
    }

    async fn another_person_on_the_same_browser_ends_the_first_ones_session(server: TestServer) {
        let browser = server.browser();
        let client = server.client("agenda");
        let doctor = client.log_in(&browser, DOCTOR).await;
        let request = client.request().with("prompt", "login");
        let page = browser.open(&request.url).await;
        let page = browser.one_click(&page, MIDWIFE, "ecps").await;
        let code = client.code(&request, &page);
        let midwife = client.redeem(&code, &request.verifier).await.unwrap();
        assert_ne!(doctor.session_state, midwife.session_state);
        assert_eq!(client.refresh(&doctor.refresh_token).await.unwrap_err().error, "invalid_grant");
        assert_eq!(client.userinfo(&doctor.access_token).await.status, 401);
        assert_eq!(client.userinfo(&midwife.access_token).await.status, 200);
    }

    async fn a_session_survives_a_restart(server: TestServer) {
        let browser = server.browser();
        let client = server.client("agenda");
        let tokens = client.log_in(&browser, DOCTOR).await;
        let server = server.restart().await;
        assert!(answers(&client, &browser, &[]).await);
        client.refresh(&tokens.refresh_token).await.unwrap();
        server.verified(&tokens.id_token).await;
    }

    async fn a_cookie_of_nobodys_session_is_nothing(server: TestServer) {
        let browser = server.browser();
        let client = server.client("agenda");
        for value in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            browser.jar().plant(SESSION_COOKIE, value);
            assert_eq!(silent_error(&client, &browser).await, "login_required");
        }
    }
}
