//! Every answer that holds an address of ours, asked for under another name
//! (oidc-rules §0.8: the host-header class).

use openpsc::jose::Alg;
use openpsc_tests::{Browser, DpopKey, Jwt, Page, Signer, http, on_both_engines};
use reqwest::RequestBuilder;
use serde_json::json;

use super::DOCTOR;

const EVIL: &str = "evil.example";

/// Each way in which a caller says what we are called.
const LIES: [(&str, &str); 12] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-proto", "https\r\n\thost: evil.example"),
    ("x-forwarded-prefix", "/evil.example"),
    ("x-forwarded-uri", "https://evil.example/"),
    ("x-original-url", "/evil.example"),
    ("x-rewrite-url", "/evil.example"),
    ("x-host", "evil.example"),
    ("x-http-host-override", "evil.example"),
    ("forwarded", "host=evil.example;proto=https"),
    ("origin", "https://evil.example"),
];

/// The same request under a lie; nothing of it may come back.
async fn asked(request: RequestBuilder, (name, lie): (&str, &str)) -> Page {
    let lie = lie.replace("\r\n", "");
    let page = Page::of(request.header(name, lie).send().await.unwrap()).await;
    assert!(!page.text.contains(EVIL), "{name} {}: {}", page.url, page.text);
    for (header, value) in &page.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        assert!(!value.contains(EVIL), "{name} {}: {header}: {value}", page.url);
        let domain = header == "set-cookie" && value.to_lowercase().contains("domain");
        assert!(!domain, "a cookie is this host's alone: {value}");
    }
    page
}

fn cookies(browser: &Browser) -> String {
    browser.jar().header()
}

on_both_engines! {
    async fn no_answer_holds_the_name_that_a_caller_gives_us(server: TestServer) {
        let (browser, agenda) = (server.browser(), server.client("agenda"));
        let tokens = agenda.log_in(&browser, DOCTOR).await;
        let login = browser.open(&agenda.request().with("prompt", "login").url).await;
        let realm = server.issuer();
        let metadata = json!({"redirect_uris": ["https://nouveau.example/"]});
        for lie in LIES {
            for address in [
                format!("{realm}/.well-known/openid-configuration"),
                format!("{realm}/.well-known/wallet-openid-configuration"),
                format!("{}/", server.url()),
                format!("{}/portal", server.url()),
                format!("{}/nothing", server.url()),
                format!("{}/auth", server.url()),
                format!("{}/", server.app_url()),
                login.url.to_string(),
                server.endpoint("logout"),
                server.endpoint("certs"),
                server.endpoint("userinfo"),
                format!("{}?prompt=none&client_id=agenda", server.endpoint("auth")),
            ] {
                asked(http().get(address).header("cookie", cookies(&browser)), lie).await;
            }
            let silent = agenda.request().with("prompt", "none");
            let request = http().get(silent.url.clone()).header("cookie", cookies(&browser));
            let code = agenda.code(&silent, &asked(request, lie).await);
            let form = agenda.redemption(&code, &silent.verifier);
            let page = asked(agenda.token_request(&form), lie).await;
            let token: serde_json::Value = serde_json::from_str(&page.text).unwrap();
            let id_token = Jwt::read(token["id_token"].as_str().unwrap());
            assert_eq!(id_token.text("iss"), realm);

            let pushed: Vec<(String, String)> = silent.url.query_pairs().into_owned().collect();
            let pushed: Vec<_> = pushed.iter().map(|(name, value)| (name.as_str(), value.as_str()))
                .filter(|(name, _)| *name != "client_id").collect();
            let page = asked(agenda.back_channel("ext/par/request", &pushed), lie).await;
            assert_eq!(page.status, 201);
            let form = [("token", tokens.access_token.as_str())];
            let page = asked(agenda.back_channel("token/introspect", &form), lie).await;
            assert!(page.text.contains(realm));
            let endpoint = format!("{realm}/clients-registrations/openid-connect");
            let page = asked(http().post(&endpoint).json(&metadata), lie).await;
            assert!(page.text.contains(&endpoint), "{}", page.text);
        }
    }

    /// What is compared with an address of ours is not compared with theirs.
    async fn nothing_is_signed_for_the_name_that_a_caller_gives_us(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let server = server.with_clients([signer.registration("cle")]).await;
        let (dossier, key) = (server.client("dossier"), DpopKey::new());
        let now = server.clock.now();
        let evil = dossier.endpoint("token").replace("localhost", EVIL);
        let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        for lie in LIES {
            for address in [evil.clone(), format!("https://{EVIL}{}", openpsc::config::REALM)] {
                let proof = key.proof("POST", &address, now);
                let request = dossier.token_request(&form).header("dpop", proof);
                let page = asked(request, lie).await;
                assert!(page.text.contains("invalid_dpop_proof"), "{lie:?} {}", page.text);
            }
            let mut claims = signer.claims(&server, "cle");
            claims["aud"] = server.issuer().replace("localhost", EVIL).into();
            let assertion = signer.sign(&claims);
            let client = openpsc_tests::Client::registered("cle", "", server.url());
            let form = [form.as_slice(), &Signer::form(&assertion)].concat();
            let page = asked(client.token_request(&form), lie).await;
            assert!(page.text.contains("invalid_client"), "{lie:?} {}", page.text);
        }
    }
}
