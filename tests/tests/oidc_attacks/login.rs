//! Logins begun in one browser and ended in another.

use openpsc_tests::{BROWSER_COOKIE, Browser, Page, SESSION_COOKIE, TestServer, on_both_engines};
use reqwest::StatusCode;

use super::{ATTACKER, DOCTOR};

/// Every way on from a login page.
const BY_GET: [&str; 6] = ["", "/wait", "/state", "/events", "/complete", "/ecps/qr"];
const BY_POST: [&str; 4] = ["/sandbox", "/cancel", "/ecps/push", "/ecps/link"];

/// Begins a login; answers with its page and its path.
async fn begun(server: &TestServer, browser: &Browser) -> (Page, String) {
    let page = browser.open(&server.client("agenda").request().url).await;
    let path = page.url.path().to_owned();
    assert!(path.starts_with("/login/"));
    (page, path)
}

fn fields<'a>(csrf: &'a str, national_id: &'a str) -> [(&'static str, &'a str); 3] {
    [("csrf", csrf), ("national_id", national_id), ("means", "ecps")]
}

/// The login goes on as if nothing had happened.
async fn still_open(browser: &Browser, page: &Page) {
    let page = browser.one_click(page, DOCTOR, "ecps").await;
    page.answer().code();
}

on_both_engines! {
    /// The attacker begins a login, the victim is sent to its address: the
    /// victim's approval must not log the attacker in, nor the other way.
    async fn another_browser_can_do_nothing_with_a_login(server: TestServer) {
        let (attacker, victim) = (server.browser(), server.browser());
        let (page, path) = begun(&server, &attacker).await;
        let csrf = page.form("/sandbox").fields["csrf"].clone();
        // One who has never been here, and one with a cookie of their own.
        for round in 0..2 {
            for last in BY_GET {
                let answer = victim.get(format!("{path}{last}")).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "GET {last}, round {round}");
                assert_eq!(answer.location(), None);
            }
            for last in BY_POST {
                let answer = victim.post(format!("{path}{last}"), &fields(&csrf, DOCTOR)).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "POST {last}, round {round}");
            }
            begun(&server, &victim).await;
        }
        assert_eq!(victim.cookie(SESSION_COOKIE), None);
        still_open(&attacker, &page).await;
    }

    async fn a_form_without_its_token_is_refused(server: TestServer) {
        let (browser, other) = (server.browser(), server.browser());
        let (page, path) = begun(&server, &browser).await;
        let (other_page, _) = begun(&server, &other).await;
        let own = page.form("/sandbox").fields["csrf"].clone();
        let foreign = other_page.form("/sandbox").fields["csrf"].clone();
        assert_ne!(own, foreign);
        for last in BY_POST {
            let address = format!("{path}{last}");
            for csrf in ["", "x", &foreign, &own[1..], &own.to_lowercase()] {
                let answer = browser.post(&address, &fields(csrf, ATTACKER)).await;
                assert_eq!(answer.error_code(), "invalid_request", "{last} {csrf}");
                assert_eq!(answer.status, StatusCode::FORBIDDEN);
            }
            let twice = [("csrf", own.as_str()), ("csrf", own.as_str()), ("means", "ecps")];
            assert_eq!(browser.post(&address, &twice).await.status, StatusCode::FORBIDDEN);
            let by_get = browser.get(format!("{address}?csrf={own}&national_id={ATTACKER}")).await;
            assert_eq!(by_get.status, StatusCode::METHOD_NOT_ALLOWED, "{last}");
        }
        still_open(&browser, &page).await;
    }

    async fn another_sites_page_cannot_post_or_complete(server: TestServer) {
        let browser = server.browser();
        let (page, path) = begun(&server, &browser).await;
        let csrf = page.form("/sandbox").fields["csrf"].clone();
        for last in BY_POST {
            let address = format!("{path}{last}");
            // Without the Lax cookie, as a browser does it, even with the token.
            let answer = browser.post_from_elsewhere(&address, &fields(&csrf, ATTACKER)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{last}");
            // With it, from a browser without SameSite.
            for site in ["cross-site", "same-site"] {
                let request = browser.posting(&address, &fields(&csrf, ATTACKER));
                let answer = browser.send(request.header("sec-fetch-site", site)).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{last} {site}");
            }
        }
        let address = format!("{}{path}/complete", server.url());
        for site in ["cross-site", "same-site"] {
            let request = openpsc_tests::http().get(&address).header("sec-fetch-site", site);
            // Sent to the page that only says where the login stands.
            let answer = browser.send(request).await;
            assert!(answer.location().unwrap().path().ends_with("/wait"), "{site}");
        }
        assert_eq!(browser.cookie(SESSION_COOKIE), None);
        still_open(&browser, &page).await;
    }

    async fn nobody_is_logged_in_before_a_phone_approves(server: TestServer) {
        let browser = server.browser();
        let (page, path) = begun(&server, &browser).await;
        let answer = browser.follow(browser.get(format!("{path}/complete")).await).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::OK, None));
        browser.submit(&page, "/ecps/push", &[("national_id", DOCTOR)]).await;
        let answer = browser.follow(browser.get(format!("{path}/complete")).await).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::OK, None));
        assert_eq!(browser.cookie(SESSION_COOKIE), None);
    }

    async fn a_finished_login_gives_its_code_to_its_own_session_only(server: TestServer) {
        let browser = server.browser();
        let (page, path) = begun(&server, &browser).await;
        let answer = browser.one_click(&page, DOCTOR, "ecps").await;
        answer.answer().code();
        // Somebody who copied the browser's cookie, not the session's.
        let thief = server.browser();
        thief.jar().plant(BROWSER_COOKIE, &browser.cookie(BROWSER_COOKIE).unwrap());
        let answer = thief.follow(thief.get(format!("{path}/complete")).await).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::OK, None));
        // After the logout there is no code for anybody.
        let logout = browser.get(server.endpoint("logout")).await;
        browser.submit(&logout, "/logout/confirmed", &[]).await;
        let answer = browser.follow(browser.get(format!("{path}/complete")).await).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::OK, None));
    }

    async fn a_browser_has_twenty_logins_under_way_at_most(server: TestServer) {
        let (browser, other) = (server.browser(), server.browser());
        let (other_page, _) = begun(&server, &other).await;
        let mut pages = Vec::new();
        // In one second and in several: the oldest gives way, never the newest.
        for at in 0..23 {
            let (page, path) = begun(&server, &browser).await;
            assert_eq!(browser.get(&path).await.status, StatusCode::OK, "the newest lives");
            pages.push(page);
            if at >= 20 {
                server.clock.advance(1);
            }
        }
        let mut open = 0;
        for page in &pages {
            open += usize::from(browser.get(&page.url).await.status == StatusCode::OK);
        }
        assert_eq!(open, 20);
        assert_eq!(other.get(&other_page.url).await.status, StatusCode::OK);
        still_open(&browser, pages.last().unwrap()).await;
    }

    /// Two cookies of one name: somebody planted one, and neither is believed.
    async fn a_cookie_sent_twice_is_not_believed(server: TestServer) {
        let browser = server.browser();
        let (_, path) = begun(&server, &browser).await;
        let own = browser.cookie(BROWSER_COOKIE).unwrap();
        let address = format!("{}{path}", server.url());
        for cookies in [
            format!("{BROWSER_COOKIE}={own}; {BROWSER_COOKIE}=x"),
            format!("{BROWSER_COOKIE}=x; {BROWSER_COOKIE}={own}"),
        ] {
            let request = openpsc_tests::http().get(&address).header("cookie", cookies);
            assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN);
        }
    }
}

/// A flood of logins costs the oldest of them, first those of the same client.
#[tokio::test]
async fn logins_of_a_flood_push_out_their_own_kind() {
    let server = TestServer::with(|config| {
        config.login.per_client = 2;
        config.login.in_all = 3;
    })
    .await;
    let (agenda, hopital) = (server.client("agenda"), server.client("hopital"));
    let mut begun = Vec::new();
    for client in [&hopital, &agenda, &agenda, &agenda, &agenda] {
        let browser = server.browser();
        let page = browser.open(&client.request().url).await;
        begun.push((browser, page));
        server.clock.advance(1);
    }
    openpsc::sweep::once(&server.app).await.unwrap();
    for ((browser, page), alive) in begun.iter().zip([true, false, false, true, true]) {
        let status = browser.get(page.url.path()).await.status;
        assert_eq!(status == StatusCode::OK, alive, "{status}");
    }
    let (browser, page) = &begun[0];
    still_open(browser, page).await;
    let last = server.browser();
    last.open(&hopital.request().url).await;
    openpsc::sweep::once(&server.app).await.unwrap();
    // The oldest of all is the one that has just been finished.
    let (browser, page) = &begun[0];
    assert_eq!(browser.get(page.url.path()).await.status, StatusCode::NOT_FOUND);
}
