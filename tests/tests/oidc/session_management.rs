//! The page that services keep in a frame, and what it compares with.

use openpsc::secret::digest_of;
use openpsc_tests::{Browser, Page, SESSION_COOKIE, TestServer, on_both_engines};
use reqwest::StatusCode;

use super::{DOCTOR, MIDWIFE};

const STATE_COOKIE: &str = "__Host-openpsc-state";

/// What the script of the page does, in the words of a test.
fn is_unchanged(browser: &Browser, session_state: &str) -> bool {
    let Some(cookie) = browser.cookie(STATE_COOKIE) else { return false };
    let (salt, expected) = cookie.split_once('.').unwrap();
    digest_of(&format!("{salt}.{session_state}")) == expected
}

async fn init(server: &TestServer, client_id: &str, origin: &str) -> Page {
    let address = server.endpoint("login-status-iframe.html/init");
    let asked = [("client_id", client_id), ("origin", origin)];
    server.browser().get(url::Url::parse_with_params(&address, asked).unwrap()).await
}

on_both_engines! {
    async fn the_state_is_that_of_the_tokens_in_every_profile(server: TestServer) {
        for service in ["agenda", "hopital", "dossier"] {
            let browser = server.browser();
            let client = server.client(service);
            let request = client.request();
            let page = browser.open(&request.url).await;
            let page = browser.one_click(&page, DOCTOR, "ecps").await;
            let state = page.answer().member("session_state").to_owned();
            let tokens = client.redeem(&client.code(&request, &page), &request.verifier).await.unwrap();
            assert_eq!(state, tokens.session_state);
            assert!(is_unchanged(&browser, &state), "{service}");
        }
    }

    async fn it_changes_with_the_session_and_not_before(server: TestServer) {
        let browser = server.browser();
        let client = server.client("agenda");
        let doctor = client.log_in(&browser, DOCTOR).await;
        let own = doctor.session_state.as_str();
        // A second service, and the same person with a card, change nothing.
        browser.get(&server.client("imagerie").request().url).await.answer().code();
        assert!(is_unchanged(&browser, own));
        let page = browser.open(&client.request().with("prompt", "login").url).await;
        browser.one_click(&page, DOCTOR, "card").await.answer().code();
        assert!(is_unchanged(&browser, own));
        // Another person does.
        let page = browser.open(&client.request().with("prompt", "login").url).await;
        let page = browser.one_click(&page, MIDWIFE, "ecps").await;
        let other = page.answer().member("session_state").to_owned();
        assert!(!is_unchanged(&browser, own) && is_unchanged(&browser, &other));

        let page = browser.get(server.endpoint("logout")).await;
        browser.submit(&page, "/logout/confirmed", &[]).await;
        assert_eq!(browser.cookie(STATE_COOKIE), None);
    }

    /// A session that was ended from another browser: this one notices when it
    /// is next asked.
    async fn it_does_not_outlive_a_session_that_ended_elsewhere(server: TestServer) {
        let browser = server.browser();
        let tokens = server.client("agenda").log_in(&browser, DOCTOR).await;
        openpsc::sessions::end(&server.app, &tokens.session_state, openpsc::audit::Actor::Operator, "test").await.unwrap();
        let silent = server.client("imagerie").request().with("prompt", "none");
        assert_eq!(browser.get(&silent.url).await.answer().error(), "login_required");
        assert_eq!(browser.cookie(STATE_COOKIE), None);
        assert_eq!(browser.cookie(SESSION_COOKIE), None);
    }

    async fn the_page_may_be_framed_and_does_nothing_but_answer(server: TestServer) {
        let page = server.browser().get(server.endpoint("login-status-iframe.html")).await;
        assert_eq!(page.status, StatusCode::OK);
        let policy = page.header("content-security-policy");
        assert!(!policy.contains("frame-ancestors"), "{policy}");
        assert_eq!(page.header("x-frame-options"), "");
        let (_, script) = page.text.split_once("<script>").unwrap();
        let script = script.split("</script>").next().unwrap();
        let digest = openpsc::secret::from_base64url(&digest_of(script)).unwrap();
        let digest = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, digest);
        assert!(policy.contains(&format!("script-src 'sha256-{digest}';")), "{policy}");
        assert!(policy.starts_with("default-src 'none';"));
        for markup in ["<form", "<a ", "<button", "<img", "<iframe"] {
            assert!(!page.text.contains(markup));
        }
        // Every other page stays out of frames.
        for address in ["/account", "/portal", "/"] {
            let policy = server.browser().get(address).await;
            let policy = policy.header("content-security-policy").to_owned();
            assert!(policy.contains("frame-ancestors 'none'"), "{address}: {policy}");
        }
    }

    async fn a_service_is_answered_at_its_own_origins_only(server: TestServer) {
        for (client, origin) in [
            ("agenda", "https://agenda.example"),
            ("dossier", "https://dossier.example"),
            ("dossier", "http://127.0.0.1:8085"),
        ] {
            assert_eq!(init(&server, client, origin).await.status, StatusCode::NO_CONTENT);
        }
        for (client, origin) in [
            ("agenda", "https://evil.example"),
            ("agenda", "https://imagerie.example"),
            ("agenda", "http://agenda.example"),
            ("agenda", "https://agenda.example:444"),
            ("agenda", "https://agenda.example/"),
            ("agenda", "null"),
            ("agenda", ""),
            ("nobody", "https://agenda.example"),
            ("", "https://agenda.example"),
        ] {
            let page = init(&server, client, origin).await;
            assert_eq!((page.status, page.text.as_str()), (StatusCode::FORBIDDEN, ""), "{client} {origin}");
        }
    }

    /// Whoever reads the state, or plants one, has no session by it.
    async fn the_state_opens_nothing(server: TestServer) {
        let (victim, thief) = (server.browser(), server.browser());
        let tokens = server.client("agenda").log_in(&victim, DOCTOR).await;
        let state = victim.cookie(STATE_COOKIE).unwrap();
        assert!(!state.contains(&tokens.session_state));
        assert!(!state.contains(&victim.cookie(SESSION_COOKIE).unwrap()));
        thief.jar().plant(STATE_COOKIE, &state);
        for value in [state.as_str(), state.split_once('.').unwrap().1, &tokens.session_state] {
            thief.jar().plant(SESSION_COOKIE, value);
            let silent = server.client("agenda").request().with("prompt", "none");
            assert_eq!(thief.get(&silent.url).await.answer().error(), "login_required");
        }
    }
}
