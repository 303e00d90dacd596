//! A configuration that must not start, and what exists outside the sandbox.

use openpsc::config::Config;
use openpsc_tests::{Page, TestServer, http, on_both_engines};
use reqwest::Method;

use super::DOCTOR;

const GOOD: &str = r#"
public_url = "https://psc.example"
[secrets]
key_encryption_key_file = "kek"
oprf_seed_file = "seed"
[ecps]
app_url = "https://phone.psc.example"
[sessions]
[tokens]
[login]
[database]
[directory]
[[clients]]
client_id = "agenda"
client_name = "Agenda"
client_secret = "agenda-secret-0123456789abcdefghijklmn"
redirect_uris = ["https://agenda.example/callback"]
"#;

fn error(text: &str) -> String {
    let error = Config::parse(text).err().unwrap_or_else(|| panic!("this starts: {text}"));
    format!("{error:#}")
}

#[test]
fn an_unknown_key_stops_the_start_with_its_name() {
    Config::parse(GOOD).unwrap();
    for place in [
        "public_url",
        "[secrets]",
        "[ecps]",
        "[sessions]",
        "[tokens]",
        "[login]",
        "[database]",
        "[directory]",
        "[[clients]]",
    ] {
        let text = if place == "public_url" {
            format!("timeuot = 3\n{GOOD}")
        } else {
            GOOD.replace(place, &format!("{place}\ntimeuot = 3"))
        };
        assert!(error(&text).contains("timeuot"), "{place}: {}", error(&text));
    }
    assert!(error(&format!("{GOOD}\n[sandbox]\ntimeuot = 3")).contains("timeuot"));
    assert!(error(&format!("{GOOD}\n[snadbox]")).contains("snadbox"));
}

#[test]
fn a_dangerous_setting_stops_the_start() {
    let auto_login = format!("{GOOD}auto_login = true");
    assert!(error(&auto_login).contains("auto_login"));
    Config::parse(&format!("{auto_login}\n[sandbox]")).unwrap();
    for (good, bad, named) in [
        ("https://psc.example", "http://psc.example", "public_url"),
        ("https://psc.example", "https://psc.example/", "public_url"),
        ("https://agenda.example/callback", "http://agenda.example/callback", "agenda"),
        ("https://agenda.example/callback", "https://agenda.example/#x", "fragment"),
        ("https://agenda.example/callback", "javascript:alert(1)", "agenda"),
        ("agenda-secret-0123456789abcdefghijklmn", "short", "client_secret"),
    ] {
        assert!(error(&GOOD.replacen(good, bad, 1)).contains(named), "{bad}");
    }
}

#[test]
fn a_secret_is_not_printed() {
    let config = Config::parse(GOOD).unwrap();
    assert!(!format!("{config:?}").contains("agenda-secret"));
}

/// The same people, keys and clients; no sandbox.
async fn outside_the_sandbox(server: TestServer) -> TestServer {
    let people = concat!(env!("CARGO_MANIFEST_DIR"), "/../server/identities/sandbox.txt");
    server
        .reconfigured(|config| {
            config.sandbox = None;
            config.directory.files = vec![people.into()];
            config.clients.retain(|client| !client.auto_login);
        })
        .await
}

on_both_engines! {
    async fn outside_the_sandbox_none_of_its_routes_exists(server: TestServer) {
        let routes = [
            (Method::GET, "/".to_owned()),
            (Method::GET, "/portal".into()),
            (Method::POST, "/portal/enrolments".into()),
            (Method::GET, "/portal/enrolments/x".into()),
            (Method::POST, format!("/sandbox/v1/phones/{DOCTOR}")),
            (Method::POST, format!("/sandbox/v1/phones/{DOCTOR}/approve")),
            (Method::POST, "/sandbox/v1/clock?advance=1".into()),
        ];
        let status = async |server: &TestServer, (method, path): &(Method, String)| {
            let request = http().request(method.clone(), format!("{}{path}", server.url()));
            request.send().await.unwrap().status()
        };
        // They exist here, so that their absence there says something.
        for route in &routes[..3] {
            assert_ne!(status(&server, route).await, 404, "{route:?}");
        }
        let server = outside_the_sandbox(server).await;
        for route in &routes {
            assert_eq!(status(&server, route).await, 404, "{route:?}");
        }
    }

    async fn outside_the_sandbox_one_click_logs_nobody_in(server: TestServer) {
        let server = outside_the_sandbox(server).await;
        assert!(server.app.directory.find(DOCTOR).is_some());
        let browser = server.browser();
        let page = browser.open(&server.client("agenda").request().url).await;
        assert!(!page.forms().iter().any(|form| form.action.ends_with("/sandbox")));
        assert!(!page.text.contains("LANTERNIER") && !page.text.contains("/portal"));
        let csrf = page.form("/cancel").fields["csrf"].clone();
        let fields = [("csrf", csrf.as_str()), ("national_id", DOCTOR), ("means", "card")];
        let answer: Page = browser.post(format!("{}/sandbox", page.url.path()), &fields).await;
        assert_eq!(answer.location(), None);
        assert_eq!(browser.cookie(openpsc_tests::SESSION_COOKIE), None);
    }
}
