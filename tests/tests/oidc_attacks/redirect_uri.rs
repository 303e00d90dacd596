//! Codes go where the client registered, letter by letter, or nowhere.

use openpsc_tests::{Page, TestServer};

/// Sends a request with this redirect URI.
async fn asked(server: &TestServer, client_id: &'static str, redirect_uri: &str) -> Page {
    let request = server.client(client_id).request().changed("redirect_uri", redirect_uri);
    server.browser().get(&request.url).await
}

/// Everything that came out is inert: no markup of the attacker's, no redirect.
fn is_inert(page: &Page) {
    for markup in ["<script>", "<img src=x", "onerror=\"", "<svg onload", "javascript:alert(1)\""] {
        assert!(!page.text.contains(markup), "{markup} in {}", page.text);
    }
    assert_eq!(page.cookies(), Vec::<String>::new(), "nothing was begun");
}

#[tokio::test]
async fn whatever_is_not_letter_by_letter_the_registered_one_is_refused() {
    let server = TestServer::start().await;
    for (client_id, redirect_uri) in [
        ("agenda", "HTTPS://agenda.example/callback"),
        ("agenda", "https://AGENDA.example/callback"),
        ("agenda", "https://agenda.example/Callback"),
        ("agenda", "https://agenda.example/callback/"),
        ("agenda", "https://agenda.example//callback"),
        ("agenda", "https://agenda.example/callback/../callback"),
        ("agenda", "https://agenda.example/./callback"),
        ("agenda", "https://agenda.example/%63allback"),
        ("agenda", "https://agenda.example/callback%2f"),
        ("agenda", "https://agenda.example:443/callback"),
        ("agenda", "https://agenda.example:8443/callback"),
        ("agenda", "https://agenda.example./callback"),
        ("agenda", "http://agenda.example/callback"),
        ("agenda", "https://agenda.example"),
        ("agenda", "https://agenda.example/"),
        ("agenda", "https://agenda.example/callbackx"),
        ("agenda", "https://agenda.example/callback?"),
        ("agenda", "https://agenda.example/callback?x=1"),
        ("agenda", "https://agenda.example/callback?place=2&x=1"),
        ("agenda", "https://agenda.example/callback?place=3"),
        ("agenda", "https://agenda.example/callback#"),
        ("agenda", "https://agenda.example/callback#x"),
        ("agenda", "https://user@agenda.example/callback"),
        ("agenda", "https://agenda.example@evil.example/callback"),
        ("agenda", "https://agenda.example\\@evil.example/callback"),
        ("agenda", "https://agenda.example.evil.example/callback"),
        ("agenda", "https://evil.example/https://agenda.example/callback"),
        ("agenda", " https://agenda.example/callback"),
        ("agenda", "https://agenda.example/callback "),
        ("agenda", "https://agenda.example/callback\r\nset-cookie: x=1"),
        ("agenda", "https://agenda.example/callback\u{0}"),
        ("agenda", "https://ag\u{435}nda.example/callback"),
        ("agenda", "//agenda.example/callback"),
        ("agenda", "/callback"),
        ("agenda", "callback"),
        ("agenda", "javascript:alert(1)"),
        ("agenda", "data:text/html,<script>alert(1)</script>"),
        ("agenda", "\"><script>alert(1)</script>"),
        ("agenda", "'><img src=x onerror=\"alert(1)\">"),
        ("agenda", "https://agenda.example/bye"),
        ("agenda", "https://dossier.example/"),
        ("dossier", "http://localhost:8085/callback"),
        ("dossier", "http://127.0.0.1:8086/callback"),
        ("dossier", "http://[::1]:8085/callback"),
        ("dossier", "http://127.1:8085/callback"),
        ("dossier", "https://dossier.example"),
    ] {
        let page = asked(&server, client_id, redirect_uri).await;
        assert_eq!(page.error_code(), "invalid_request", "{redirect_uri}");
        assert_eq!(page.status, 400);
        is_inert(&page);
    }
}

#[tokio::test]
async fn none_or_two_are_refused() {
    let server = TestServer::start().await;
    let client = server.client("agenda");
    let own = client.redirect_uri;
    for request in [
        client.request().without("redirect_uri"),
        client.request().changed("redirect_uri", ""),
        client.request().with("redirect_uri", own),
        client.request().with("redirect_uri", "https://evil.example/"),
    ] {
        let page = server.browser().get(&request.url).await;
        assert_eq!(page.error_code(), "invalid_request");
        is_inert(&page);
    }
}

#[tokio::test]
async fn an_unknown_client_gets_a_page_and_no_redirect() {
    let server = TestServer::start().await;
    let client = server.client("agenda");
    for client_id in [
        "AGENDA",
        "agenda ",
        "agenda\u{0}",
        "<img src=x onerror=alert(1)>",
        "\"><script>alert(1)</script>",
        "{{7*7}}",
        &"a".repeat(5000),
    ] {
        let request = client.request().changed("client_id", client_id);
        let page = server.browser().get(&request.url).await;
        assert_eq!(page.error_code(), "invalid_client", "{client_id}");
        is_inert(&page);
    }
    for request in
        [client.request().without("client_id"), client.request().with("client_id", "agenda")]
    {
        let page = server.browser().get(&request.url).await;
        assert_eq!(page.error_code(), "invalid_request");
        is_inert(&page);
    }
}

/// The page for the integrator shows what came, never what is registered.
#[tokio::test]
async fn the_registered_address_is_not_given_away() {
    let server = TestServer::start().await;
    let page = asked(&server, "agenda", "https://agenda.example/guess").await;
    assert!(page.text.contains("https://agenda.example/guess"));
    assert!(!page.text.contains("agenda.example/callback"), "{}", page.text);
}
