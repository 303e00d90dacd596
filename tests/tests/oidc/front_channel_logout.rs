//! The pages of services that a browser loads when its session ends.

use openpsc_tests::{Browser, Page, TestServer, on_both_engines};
use reqwest::StatusCode;
use serde_json::json;

use super::DOCTOR;

/// Registers pages of three services: one wants to know which session, one
/// does not, one has a query already.
async fn with_pages(server: TestServer) -> TestServer {
    server
        .reconfigured(|config| {
            for client in &mut config.clients {
                let (uri, required) = match client.client_id.as_str() {
                    "agenda" => ("https://agenda.example/out?from=psc", true),
                    "imagerie" => ("https://imagerie.example/out", false),
                    "hopital" => ("https://hopital.example/out", true),
                    _ => continue,
                };
                client.frontchannel_logout_uri = Some(uri.into());
                client.frontchannel_logout_session_required = required;
                client.check(true).unwrap();
            }
        })
        .await
}

/// The addresses that a page loads in frames.
fn frames(page: &Page) -> Vec<String> {
    let tags = page.text.split("<iframe").skip(1);
    let sources = tags.map(|tag| tag.split_once(" src=\"").unwrap().1.split('"').next().unwrap());
    sources.map(|source| source.replace("&#38;", "&")).collect()
}

/// The origins that the page's policy lets it frame.
fn framed(page: &Page) -> Option<String> {
    let policy = page.header("content-security-policy");
    policy.split("; ").find_map(|rule| rule.strip_prefix("frame-src ")).map(str::to_owned)
}

async fn joins(server: &TestServer, browser: &Browser, service: &'static str) {
    let client = server.client(service);
    let request = client.request();
    let code = client.code(&request, &browser.get(&request.url).await);
    client.redeem(&code, &request.verifier).await.unwrap();
}

async fn log_out(server: &TestServer, browser: &Browser, more: &[(&str, &str)]) -> Page {
    browser.get(url::Url::parse_with_params(&server.endpoint("logout"), more).unwrap()).await
}

on_both_engines! {
    async fn each_service_of_the_session_has_its_page_loaded(server: TestServer) {
        let server = with_pages(server).await;
        let browser = server.browser();
        let tokens = server.client("agenda").log_in(&browser, DOCTOR).await;
        joins(&server, &browser, "imagerie").await;
        joins(&server, &browser, "dossier").await;
        // Another session's service is not concerned.
        server.client("hopital").log_in(&server.browser(), DOCTOR).await;

        let page = log_out(&server, &browser, &[
            ("id_token_hint", &tokens.id_token),
            ("post_logout_redirect_uri", "https://agenda.example/bye"),
            ("state", "a b&\"c"),
        ])
        .await;

        assert_eq!((page.status, page.location()), (StatusCode::OK, None));
        let told = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("iss", server.issuer())
            .append_pair("sid", &tokens.session_state)
            .finish();
        assert_eq!(
            frames(&page),
            [&format!("https://agenda.example/out?from=psc&{told}"), "https://imagerie.example/out"]
        );
        // These origins and no other: not those of services without a page.
        assert_eq!(framed(&page).unwrap(), "https://agenda.example https://imagerie.example");
        // The way on works by hand, without scripts, and with them.
        let onward = "https://agenda.example/bye?state=a+b%26%22c";
        assert!(page.text.contains(&format!("href=\"{onward}\" data-patience=\"3\"")), "{}", page.text);
        assert!(page.text.contains(&format!("content=\"3;url={onward}\"")), "{}", page.text);
    }

    async fn nobody_waits_when_no_page_is_registered(server: TestServer) {
        let browser = server.browser();
        let tokens = server.client("agenda").log_in(&browser, DOCTOR).await;
        let bye = ("post_logout_redirect_uri", "https://agenda.example/bye");
        let page = log_out(&server, &browser, &[("id_token_hint", &tokens.id_token), bye]).await;
        assert_eq!(page.location().unwrap().as_str(), "https://agenda.example/bye");
        let page = log_out(&server, &server.browser(), &[]).await;
        assert_eq!((frames(&page).len(), framed(&page)), (0, None));
    }

    async fn a_confirmed_logout_loads_them_too(server: TestServer) {
        let server = with_pages(server).await;
        let browser = server.browser();
        server.client("hopital").log_in(&browser, DOCTOR).await;
        let ask = log_out(&server, &browser, &[]).await;
        assert_eq!(frames(&ask).len(), 0, "nothing is told before the person has said yes");
        let page = browser.submit(&ask, "/logout/confirmed", &[]).await;
        assert_eq!(frames(&page).len(), 1);
        assert!(frames(&page)[0].starts_with("https://hopital.example/out?iss="));
        // It is over: loading the form again tells nobody.
        let again = browser.submit(&ask, "/logout/confirmed", &[]).await;
        assert_eq!((again.status, frames(&again).len()), (StatusCode::OK, 0));
    }

    /// A service's form posts without our cookie; its browser loads the pages.
    /// It brings no cookie, so it could as well be a service's server, which must
    /// not learn from us what else the person uses.
    async fn a_form_of_a_service_ends_the_session_and_tells_of_no_other(server: TestServer) {
        let server = with_pages(server).await;
        let browser = server.browser();
        let tokens = server.client("imagerie").log_in(&browser, DOCTOR).await;
        let hint = [("id_token_hint", tokens.id_token.as_str())];
        let page = browser.post_from_elsewhere(server.endpoint("logout"), &hint).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(frames(&page), [""; 0]);
        assert_eq!(server.client("imagerie").refresh(&tokens.refresh_token).await.unwrap_err().error, "invalid_grant");
    }

    async fn a_service_registers_its_page_itself(server: TestServer) {
        let address = format!("{}/clients-registrations/openid-connect", server.issuer());
        let register = async |uri: &str| {
            let sent = json!({
                "redirect_uris": ["https://labo.example/cb"],
                "frontchannel_logout_uri": uri,
                "frontchannel_logout_session_required": true,
                "backchannel_logout_session_required": true,
            });
            Page::of(openpsc_tests::http().post(&address).json(&sent).send().await.unwrap()).await
        };
        let page = register("https://labo.example/out").await;
        assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
        let said: serde_json::Value = serde_json::from_str(&page.text).unwrap();
        assert_eq!(said["frontchannel_logout_uri"], "https://labo.example/out");
        assert_eq!(said["frontchannel_logout_session_required"], true);
        assert_eq!(said["backchannel_logout_session_required"], true);
        for elsewhere in ["https://evil.example/out", "http://labo.example/out", "javascript:x"] {
            let page = register(elsewhere).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST);
            assert!(page.text.contains("invalid_client_metadata"), "{}", page.text);
            assert!(page.text.contains("frontchannel_logout_uri"), "{}", page.text);
        }
    }
}
