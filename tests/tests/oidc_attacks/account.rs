//! Looking at others' sessions, and ending them.

use openpsc_tests::{Browser, Page, SESSION_COOKIE, TestServer, on_both_engines};
use reqwest::{StatusCode, header};

use super::{ATTACKER, DOCTOR};

const FORMS: [&str; 3] = ["/account/session", "/account/service", "/account/everything"];

fn fields(page: &Page, action: &str) -> Vec<(String, String)> {
    page.form(action).fields.into_iter().collect()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// What an answer shows, without what is random in every page.
fn shown(answer: &Page) -> (StatusCode, Option<String>, String, Vec<String>) {
    let location = answer.location().map(Into::into);
    (answer.status, location, answer.text.clone(), answer.cookies())
}

async fn still_logged_in(server: &TestServer, browser: &Browser) {
    assert!(browser.cookie(SESSION_COOKIE).is_some());
    let request = server.client("imagerie").request().with("prompt", "none");
    browser.get(&request.url).await.answer().code();
}

on_both_engines! {
    async fn anothers_session_is_like_one_that_does_not_exist(server: TestServer) {
        let (victim, attacker) = (server.browser(), server.browser());
        let client = server.client("agenda");
        let tokens = client.log_in(&victim, DOCTOR).await;
        client.log_in(&attacker, ATTACKER).await;
        let page = attacker.get("/account").await;
        assert!(!page.text.contains(&tokens.session_state));
        assert!(!page.text.contains("LANTERNIER"));

        for action in ["/account/session", "/account/service"] {
            let mut answers = Vec::new();
            for sid in [tokens.session_state.as_str(), "00000000-0000-7000-8000-000000000000", ""] {
                let filled = [("sid", sid), ("client_id", "agenda")];
                answers.push(shown(&attacker.submit(&page, action, &filled).await));
            }
            assert_eq!(answers[0], answers[1], "{action}");
            assert_eq!(answers[0], answers[2], "{action}");
        }
        still_logged_in(&server, &victim).await;
        client.refresh(&tokens.refresh_token).await.unwrap();
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
        // And the end of everything is that of one's own.
        attacker.submit(&page, "/account/everything", &[]).await;
        still_logged_in(&server, &victim).await;
        client.refresh(&tokens.refresh_token).await.unwrap();
    }

    async fn a_form_of_another_site_ends_nothing(server: TestServer) {
        let victim = server.browser();
        let tokens = server.client("agenda").log_in(&victim, DOCTOR).await;
        let page = victim.get("/account").await;
        for action in FORMS {
            let fields = fields(&page, action);
            // Even one that has got hold of the token, in a browser that sends
            // the cookie along.
            for (origin, site) in [
                (Some("https://evil.example"), Some("cross-site")),
                (Some("null"), Some("cross-site")),
                (None, Some("cross-site")),
                (None, Some("same-site")),
                (None, Some("none")),
                (Some("https://evil.example"), Some("same-origin")),
                (Some("https://evil.example"), None),
                (Some("null"), None),
                (Some("http://localhost"), None),
            ] {
                let mut request = victim.posting(action, &borrowed(&fields));
                if let Some(origin) = origin {
                    request = request.header(header::ORIGIN, origin);
                }
                if let Some(site) = site {
                    request = request.header("sec-fetch-site", site);
                }
                let answer = victim.send(request).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action} {origin:?} {site:?}");
            }
            // Without the cookie nobody is logged in: the page says so.
            let answer = victim.post_from_elsewhere(action, &borrowed(&fields)).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{action}");
        }
        still_logged_in(&server, &victim).await;
        server.client("agenda").refresh(&tokens.refresh_token).await.unwrap();
    }

    async fn a_form_carries_the_token_of_its_own_session(server: TestServer) {
        let (victim, attacker) = (server.browser(), server.browser());
        let client = server.client("agenda");
        client.log_in(&victim, DOCTOR).await;
        client.log_in(&attacker, ATTACKER).await;
        let (page, stolen) = (victim.get("/account").await, attacker.get("/account").await);
        let foreign = stolen.form("/account/session").fields["csrf"].clone();
        let own = page.form("/account/session").fields["csrf"].clone();
        assert_ne!(foreign, own);
        for action in FORMS {
            for token in [foreign.as_str(), "", "x", &own[1..]] {
                let answer = victim.submit(&page, action, &[("csrf", token)]).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action} {token}");
            }
            let doubled = [("csrf", own.as_str()), ("csrf", own.as_str())];
            assert_eq!(victim.post(action, &doubled).await.status, StatusCode::FORBIDDEN);
        }
        // A login later the cookie is another one, and so is the token.
        let request = client.request().with("prompt", "login");
        let login = victim.open(&request.url).await;
        victim.one_click(&login, DOCTOR, "ecps").await.answer().code();
        let answer = victim.submit(&page, "/account/everything", &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        still_logged_in(&server, &victim).await;
    }

    async fn a_form_is_not_read_from_an_address(server: TestServer) {
        let victim = server.browser();
        server.client("agenda").log_in(&victim, DOCTOR).await;
        let page = victim.get("/account").await;
        for action in FORMS {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(fields(&page, action))
                .finish();
            let answer = victim.get(format!("{action}?{query}")).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        }
        still_logged_in(&server, &victim).await;
    }

    async fn nobody_frames_the_page_and_nothing_keeps_it(server: TestServer) {
        let victim = server.browser();
        server.client("agenda").log_in(&victim, DOCTOR).await;
        let page = victim.get("/account").await;
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("access-control-allow-origin"), "");
    }

    /// What a browser says of itself is shown to its person, as text.
    async fn a_browsers_name_is_one_of_ours(server: TestServer) {
        let browser = server.browser();
        let request = server.client("agenda").request();
        let login = browser.open(&request.url).await;
        let form = login.form("/sandbox");
        let hostile = "<script>alert(1)</script> Firefox/1 <b>Linux";
        let mut fields: Vec<_> = form.fields.into_iter().collect();
        fields.retain(|(name, _)| name != "national_id");
        fields.extend([("national_id".into(), DOCTOR.into()), ("means".into(), "ecps".into())]);
        let post = browser
            .posting(&form.action, &borrowed(&fields))
            .header(header::USER_AGENT, hostile)
            .header("sec-fetch-site", "same-origin");
        browser.send(post).await.answer().code();
        let page = browser.get("/account").await;
        assert!(page.text.contains("Firefox sur Linux"), "{}", page.text);
        assert!(!page.text.contains("<b>Linux") && !page.text.contains("alert(1)"));
    }
}
