//! Every page protects itself: headers, policy, no inline code, safe cookies.

use openpsc_tests::{Browser, CookieJar, Page, TestServer, http};
use reqwest::StatusCode;

use super::DOCTOR;

/// OWASP ASVS V3, oidc rules: what every HTML answer carries.
fn is_protected(page: &Page) {
    let at = &page.url;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{at}");
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{at}");
    assert_eq!(page.header("referrer-policy"), "no-referrer", "{at}");
    assert_eq!(page.header("cache-control"), "no-store", "{at}");
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{at}");

    let policy = page.header("content-security-policy");
    let directives: Vec<&str> = policy.split("; ").collect();
    for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(directives.contains(&directive), "{at}: {policy}");
    }
    for source in policy.split([' ', ';']) {
        let loose = source.contains("unsafe") || source.contains('*') || source.ends_with(':');
        assert!(!loose, "{at}: {policy}");
    }
    let nonce = directives.iter().find_map(|it| it.strip_prefix("script-src 'nonce-"));
    let nonce = nonce.and_then(|rest| rest.strip_suffix('\'')).expect("one nonce, nothing else");
    assert!(nonce.len() >= 22, "128 random bits: {nonce}");
    assert!(directives.iter().any(|it| it.starts_with("form-action 'self'")), "{at}: {policy}");

    for script in page.text.split("<script").skip(1) {
        let (head, body) = script.split_once('>').unwrap();
        assert!(head.contains(&format!("nonce=\"{nonce}\"")), "{at}: {head}");
        assert!(body.starts_with("</script>"), "{at}: no inline script");
    }
    for inline in ["<style", " style=\"", "javascript:", " onclick=", " onload=", " onsubmit="] {
        assert!(!page.text.contains(inline), "{at}: {inline}");
    }
}

/// Every cookie: `__Host-`, Secure, HttpOnly, Lax. One is for a script of ours,
/// the frame that watches the session, and opens nothing.
fn cookies_are_safe(page: &Page) {
    for line in page.cookies() {
        assert!(line.starts_with("__Host-openpsc-"), "{line}");
        let for_a_script = line.starts_with("__Host-openpsc-state=");
        for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
            let expected = attribute != "; HttpOnly" || !for_a_script;
            assert_eq!(line.contains(attribute), expected, "{line}");
        }
        assert!(!line.to_lowercase().contains("domain="), "{line}");
        CookieJar::default().take(&line);
    }
}

/// Visits every kind of page, once.
async fn tour(server: &TestServer) -> Vec<Page> {
    let browser = server.browser();
    let client = server.client("agenda");
    let get = async |address: &str| browser.get(address).await;
    let begin = async |browser: &Browser| {
        let first = browser.get(&client.request().with("ui_locales", "en").url).await;
        let page = browser.follow(first.clone()).await;
        (first, page)
    };
    let (redirect, login) = begin(&browser).await;
    let path = login.url.path().to_owned();
    let mut pages = vec![
        redirect,
        get("/portal").await,
        get("/").await,
        get("/auth?client_id=nobody").await,
        get(&format!("{path}/wait")).await,
        server.browser().get(&path).await,
        get("/login/nothing").await,
        browser.submit(&login, "/ecps/push", &[("national_id", "nonsense")]).await,
        browser.submit(&login, "/ecps/push", &[("national_id", DOCTOR), ("remember", "on")]).await,
        browser.get(format!("{path}/wait")).await,
        browser.post(format!("{path}/sandbox"), &[("csrf", "x")]).await,
        browser.submit(&login, "/cancel", &[]).await,
        browser.get(format!("{path}/wait")).await,
    ];
    let portal = get("/portal").await;
    let enrolment = browser.submit(&portal, "/portal/enrolments", &[("national_id", DOCTOR)]).await;
    pages.push(browser.follow(enrolment).await);
    pages.push(get("/portal/enrolments/nothing").await);
    let (_, login) = begin(&browser).await;
    pages.push(browser.one_click(&login, DOCTOR, "ecps").await);
    let form_post = client.request().with("response_mode", "form_post");
    pages.push(browser.get(&form_post.url).await);
    let asked = get(&server.endpoint("logout")).await;
    pages.push(browser.get(format!("{}?id_token_hint=x", server.endpoint("logout"))).await);
    pages.push(browser.submit(&asked, "/logout/confirmed", &[]).await);
    pages.extend([login, portal, asked]);
    pages
}

#[tokio::test]
async fn every_page_and_every_cookie_is_protected() {
    let server = TestServer::start().await;
    let mut nonces = Vec::new();
    let mut kinds = 0;
    for page in tour(&server).await {
        assert_ne!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", page.url);
        cookies_are_safe(&page);
        if page.location().is_some() {
            assert_eq!(page.header("cache-control"), "no-store", "{}", page.url);
            assert_eq!(page.header("referrer-policy"), "no-referrer", "{}", page.url);
            // RFC 9700 §4.12: a posted form never travels on.
            assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.url);
            continue;
        }
        is_protected(&page);
        nonces.push(page.header("content-security-policy").to_owned());
        kinds += 1;
    }
    assert!(kinds >= 14, "the tour shows each kind of page: {kinds}");
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), kinds, "every answer has its own nonce");
}

#[tokio::test]
async fn the_language_switch_leads_nowhere_else() {
    let server = TestServer::start().await;
    for back in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/%2f/evil.example",
        "/\t/evil.example",
        "///evil.example",
        "javascript:alert(1)",
        "/\r\nset-cookie: evil=1",
        "evil.example",
        "",
    ] {
        let query = [("back", back)];
        let address =
            url::Url::parse_with_params(&format!("{}/language/en", server.url()), query).unwrap();
        let page = server.browser().get(address).await;
        if let Some(location) = page.location() {
            let own = url::Url::parse(server.url()).unwrap();
            assert_eq!(location.origin(), own.origin(), "{back} → {location}");
        }
        cookies_are_safe(&page);
        assert!(!page.cookies().iter().any(|line| line.contains("evil")), "{back}");
    }
}

#[tokio::test]
async fn answers_for_programs_are_not_pages() {
    let server = TestServer::start().await;
    for address in [server.endpoint("userinfo"), server.endpoint("certs")] {
        let page = Page::of(http().get(&address).send().await.unwrap()).await;
        assert!(!page.header("content-type").contains("html"), "{address}");
    }
}
