//! The pages of a login, as far as HTTP can see them.

use openpsc_tests::{Browser, Page, on_both_engines};
use reqwest::StatusCode;

use super::DOCTOR;

fn language(page: &Page) -> &str {
    let (_, rest) = page.text.split_once("<html lang=\"").unwrap();
    rest.split_once('"').unwrap().0
}

/// The path of the login that a page belongs to.
fn login_path(page: &Page) -> String {
    page.url.path().split('/').take(3).collect::<Vec<_>>().join("/")
}

async fn at(browser: &Browser, page: &Page, last: &str) -> Page {
    browser.get(format!("{}{last}", login_path(page))).await
}

on_both_engines! {
    async fn the_service_asks_for_a_language_and_the_page_speaks_it(server: TestServer) {
        let client = server.client("agenda");
        for (asked, spoken) in [("en", "en"), ("fr", "fr"), ("de en-GB fr", "en"), ("de", "fr")] {
            let request = client.request().with("ui_locales", asked);
            let page = server.browser().open(&request.url).await;
            assert_eq!(language(&page), spoken, "ui_locales={asked}");
            assert_eq!(page.header("content-language"), spoken);
        }
    }

    async fn the_hint_is_typed_in_already(server: TestServer) {
        let request = server.client("agenda").request().with("login_hint", DOCTOR);
        let page = server.browser().open(&request.url).await;
        assert_eq!(page.form("/ecps/push").fields["national_id"], DOCTOR);
    }

    async fn a_double_click_and_a_reload_end_in_the_same_login(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let request = client.request();
        let page = browser.open(&request.url).await;
        let first = browser.one_click(&page, DOCTOR, "ecps").await;
        let first = client.code(&request, &first);
        // The second click finds the login finished and is sent on all the same.
        let second = browser.one_click(&page, DOCTOR, "ecps").await;
        let second = browser.follow(second).await;
        let second = client.code(&request, &second);
        let first = client.redeem(&first, &request.verifier).await.unwrap();
        let second = client.redeem(&second, &request.verifier).await.unwrap();
        assert_eq!(first.session_state, second.session_state);
    }

    async fn two_tabs_are_two_logins(server: TestServer) {
        let (agenda, imagerie) = (server.client("agenda"), server.client("imagerie"));
        let browser = server.browser();
        let (one, two) = (agenda.request(), imagerie.request());
        let first_tab = browser.open(&one.url).await;
        let second_tab = browser.open(&two.url).await;
        assert_ne!(login_path(&first_tab), login_path(&second_tab));
        let page = browser.one_click(&second_tab, DOCTOR, "ecps").await;
        imagerie.code(&two, &page);
        let page = browser.one_click(&first_tab, DOCTOR, "ecps").await;
        agenda.code(&one, &page);
    }

    async fn logged_in_in_one_tab_the_other_goes_on_by_itself(server: TestServer) {
        let (agenda, imagerie) = (server.client("agenda"), server.client("imagerie"));
        let browser = server.browser();
        let (one, two) = (agenda.request(), imagerie.request());
        let first_tab = browser.open(&one.url).await;
        let second_tab = browser.open(&two.url).await;
        browser.one_click(&second_tab, DOCTOR, "ecps").await;
        let page = at(&browser, &first_tab, "").await;
        let tokens = agenda.redeem(&agenda.code(&one, &page), &one.verifier).await;
        tokens.unwrap();
        let again = at(&browser, &first_tab, "").await;
        assert_eq!(again.location(), None, "one login, one answer");
    }

    /// A page that asks for a login in any case is not content with another tab's.
    async fn a_login_that_must_be_fresh_waits_for_its_own(server: TestServer) {
        let (agenda, imagerie) = (server.client("agenda"), server.client("imagerie"));
        let browser = server.browser();
        let fresh = browser.open(&agenda.request().with("prompt", "login").url).await;
        let other = browser.open(&imagerie.request().url).await;
        browser.one_click(&other, DOCTOR, "ecps").await;
        let page = at(&browser, &fresh, "").await;
        assert_eq!((page.status, page.location()), (StatusCode::OK, None));
        page.form("/sandbox");
    }

    async fn what_is_mistyped_is_said_on_a_page_that_reloads(server: TestServer) {
        let browser = server.browser();
        let page = browser.open(&server.client("agenda").request().url).await;
        for typed in ["12", "abc", "8997009900151", "é"] {
            let sent = browser.submit(&page, "/ecps/push", &[("national_id", typed)]).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "{typed}");
            let query = sent.location().unwrap().query().map(str::to_owned);
            assert_eq!(query.as_deref(), Some("notice=identifier_invalid"), "{typed}");
            let told = browser.follow(sent).await;
            assert!(told.text.contains("aria-invalid"), "{typed}");
            assert_eq!(told.form("/ecps/push").fields["national_id"], typed);
            assert!(told.text.contains("/language/en"), "{typed}");
        }
    }

    async fn an_rpps_number_without_its_8_rings_the_same_phone(server: TestServer) {
        server.enrol(DOCTOR).await;
        let browser = server.browser();
        let page = browser.open(&server.client("agenda").request().url).await;
        let typed = DOCTOR.strip_prefix('8').unwrap();
        let sent = browser.submit(&page, "/ecps/push", &[("national_id", typed)]).await;
        assert!(sent.location().unwrap().path().ends_with("/wait"));
    }

    async fn a_login_left_for_an_hour_says_that_it_is_over(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let page = browser.open(&client.request().url).await;
        server.clock.advance(3600);
        let late = browser.one_click(&page, DOCTOR, "ecps").await;
        let late = browser.follow(late).await;
        assert_eq!((late.status, late.location()), (StatusCode::OK, None));
        assert!(!late.forms().iter().any(|form| form.action.ends_with("/sandbox")));
        for last in ["", "/wait", "/complete"] {
            let page = browser.follow(at(&browser, &page, last).await).await;
            assert_eq!((page.status, page.location()), (StatusCode::OK, None), "{last}");
        }
    }

    async fn a_login_of_yesterday_and_one_that_never_was_are_not_found(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let page = browser.open(&client.request().url).await;
        server.clock.advance(2 * 24 * 3600);
        openpsc::sweep::once(&server.app).await.unwrap();
        assert_eq!(at(&browser, &page, "").await.status, StatusCode::NOT_FOUND);
        let never = browser.get("/login/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").await;
        assert_eq!(never.error_code(), "unknown_login");
    }
}
