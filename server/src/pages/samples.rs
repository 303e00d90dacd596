//! Every page with sample data: none fails to render, none breaks the rules
//! that hold for all. `PAGES_FOLDER=… cargo test -p openpsc every_page` also
//! writes them as files, to be looked at.

use axum::{
    body::to_bytes,
    extract::FromRequestParts,
    http::{Request, StatusCode, header},
    response::Response,
};

use openpsc_protocol::{ecps::Origin, level::Level};

use super::*;
use crate::sessions::Means;

fn identities() -> Vec<TestIdentity> {
    let directory = crate::directory::Directory::parse(crate::directory::SANDBOX).unwrap();
    let means = |value: &str, label: &str| TestMeans { value: value.into(), label: label.into() };
    directory
        .people()
        .iter()
        .map(|person| TestIdentity {
            national_id: person.national_id.to_string(),
            name: person.display_name(),
            occupation: person.occupation(),
            means: vec![means("ecps", "e-CPS · eidas2"), means("card", "CPS · eidas3")],
        })
        .collect()
}

fn login() -> LoginPage {
    LoginPage {
        handle: "aaaabbbbccccdddd".into(),
        client_name: "Agenda du cabinet".into(),
        csrf: "token".into(),
        means: vec![MeansLink { label: "e-CPS".into(), href: "#".into(), current: true }],
        notice: None,
        national_id: String::new(),
        remember: false,
        push: true,
        identities: identities(),
        portal: Some("/portal".into()),
        return_to: "http://localhost:8082/psc/callback".into(),
        app_origin: "http://localhost:8081".into(),
    }
}

fn wait(state: WaitState) -> WaitPage {
    WaitPage {
        handle: "aaaabbbbccccdddd".into(),
        client_name: "Agenda du cabinet".into(),
        csrf: "token".into(),
        state,
        number: Some("47".into()),
        who: Some("899•••••0015".into()),
        expires_in: 100,
        waited: 20,
        service: None,
        portal: Some("/portal".into()),
        return_to: "http://localhost:8082/psc/callback".into(),
        app: None,
    }
}

fn enrol(state: EnrolState) -> EnrolPage {
    EnrolPage {
        id: "e1".into(),
        csrf: "token".into(),
        name: "Dr Aurore LANTERNIER".into(),
        national_id: "899700990015".into(),
        state,
        expires_in: 75,
        check: Some("402917".into()),
        link: Some("http://localhost:8081/#e=abc".into()),
        app_origin: "http://localhost:8081".into(),
    }
}

fn error(kind: ErrorKind) -> ErrorPage {
    ErrorPage {
        status: StatusCode::BAD_REQUEST,
        kind,
        code: "invalid_redirect_uri".into(),
        description: "The redirect_uri is not one that this client has registered.".into(),
        reference: "7F3K-92QD".into(),
        details: vec![(
            "redirect_uri".into(),
            "https://evil.example/\"><script>alert(1)</script>".into(),
        )],
        retry_after: None,
        service: None,
    }
}

fn portal() -> PortalPage {
    let identities = identities().into_iter().enumerate().map(|(place, person)| PortalIdentity {
        national_id: person.national_id,
        name: person.name,
        occupation: person.occupation,
        place: Some("CENTRE HOSPITALIER DES TROIS-LANTERNES".into()),
        phone: match place {
            0 => PhoneState::Active { label: "Téléphone d’Aurore".into() },
            1 => PhoneState::Enrolling,
            2 => PhoneState::Locked,
            3 => PhoneState::Suspended,
            _ => PhoneState::None,
        },
    });
    PortalPage { csrf: "token".into(), identities: identities.collect() }
}

fn home() -> HomePage {
    let link = |name: &str, url: &str, description: &str| HomeLink {
        name: name.into(),
        url: url.into(),
        description: description.into(),
    };
    HomePage {
        issuer: "http://localhost:8080/auth/realms/esante-wallet".into(),
        discovery:
            "http://localhost:8080/auth/realms/esante-wallet/.well-known/openid-configuration"
                .into(),
        app: "http://localhost:8081/".into(),
        services: vec![
            link("Agenda", "http://localhost:8082/", "Les jetons restent sur le serveur."),
            link("Dossier patient", "http://localhost:8083/", "Les jetons restent dans la page."),
        ],
        portal: "/portal".into(),
        clients: vec![HomeClient {
            client_id: "demo-agenda".into(),
            client_secret: Some("demo-agenda-secret".into()),
            redirect_uris: vec!["http://localhost:8082/psc/callback".into()],
        }],
        docs: None,
    }
}

fn account() -> AccountPage {
    let service = |name: &str, granted: i64| AccountService {
        client_id: "demo-agenda".into(),
        name: name.into(),
        granted,
        used: granted / 2,
    };
    let origin =
        Origin { browser: "Firefox".into(), os: "Windows".into(), network: "192.0.2.0/24".into() };
    let session = AccountSession {
        sid: "s1".into(),
        current: true,
        origin: Some(origin),
        means: Means::Mobile,
        level: Level::Eidas2,
        started: 5000,
        used: 20,
        services: vec![service("Agenda du cabinet", 4900), service("Dossier patient", 300)],
    };
    let other = AccountSession {
        current: false,
        origin: Some(Origin::default()),
        means: Means::Card,
        level: Level::Eidas3,
        services: vec![service("Logiciel dont le nom est aussi long que possible", 90)],
        ..session.clone()
    };
    let program = AccountSession {
        origin: None,
        level: Level::Eidas1,
        services: Vec::new(),
        ..other.clone()
    };
    AccountPage {
        name: Some("Dr Aurore LANTERNIER".into()),
        csrf: "token".into(),
        sessions: vec![session, other, program],
    }
}

/// Every page, by the name of its file.
fn every_page(visit: &Visit) -> Vec<(String, Response)> {
    let mut pages: Vec<(String, Response)> = Vec::new();
    let mut add = |name: &str, response: Response| pages.push((name.to_owned(), response));
    add("login", login().render(visit));
    for notice in [
        LoginNotice::IdentifierInvalid,
        LoginNotice::TooManyRequests,
        LoginNotice::PushRefused,
        LoginNotice::QrExpired,
        LoginNotice::NoPhone,
    ] {
        let page = LoginPage {
            notice: Some(notice),
            national_id: "899700990015".into(),
            remember: true,
            identities: Vec::new(),
            ..login()
        };
        add(&format!("login-{notice:?}"), page.render(visit));
    }
    let other = MeansLink { label: "Carte CPS".into(), href: "#".into(), current: false };
    let means = [login().means, vec![other]].concat();
    add(
        "login-bare",
        LoginPage { means, push: false, portal: None, identities: vec![], ..login() }.render(visit),
    );
    for state in WaitState::ALL {
        add(&format!("wait-{}", state.as_str()), wait(state).render(visit));
    }
    add(
        "wait-qr",
        WaitPage { number: None, who: None, waited: 3, ..wait(WaitState::Fetched) }.render(visit),
    );
    let service = Some("http://localhost:8082/".into());
    add("wait-left", WaitPage { service, ..wait(WaitState::LoginExpired) }.render(visit));
    for kind in [
        ErrorKind::Request,
        ErrorKind::Logout,
        ErrorKind::OtherBrowser,
        ErrorKind::TooMany,
        ErrorKind::NotFound,
        ErrorKind::Server,
    ] {
        add(&format!("error-{kind:?}"), error(kind).render(visit));
    }
    for state in [
        EnrolState::Waiting,
        EnrolState::Claimed,
        EnrolState::PinSet,
        EnrolState::Active,
        EnrolState::Expired,
        EnrolState::Refused,
    ] {
        add(&format!("enrol-{}", state.as_str()), enrol(state).render(visit));
    }
    add("portal", portal().render(visit));
    add("home", home().render(visit));
    add("account", account().render(visit));
    add("account-nobody", AccountPage::nobody().render(visit));
    let fields = vec![("code".into(), "a&b".into()), ("state".into(), "\"x\"".into())];
    let action = "http://localhost:8082/psc/callback".to_owned();
    add("form_post", FormPostPage { action, fields: fields.clone() }.render(visit));
    let logout = LogoutPage {
        action: "/logout".into(),
        csrf: "token".into(),
        who: Some("Dr Aurore LANTERNIER".into()),
        client_name: Some("Agenda du cabinet".into()),
        fields,
        return_to: None,
    };
    add("logout", logout.render(visit));
    let done = LoggedOutPage {
        client_name: Some("Agenda du cabinet".into()),
        return_to: Some("http://localhost:8082/".into()),
        frames: Vec::new(),
        patience: 3,
    };
    add("logged_out", done.render(visit));
    let frames = vec!["http://localhost:8082/out?iss=a&sid=b".into()];
    add("logged_out-frames", LoggedOutPage { frames, ..done }.render(visit));
    pages
}

#[tokio::test]
async fn every_page_is_whole_and_keeps_the_rules_of_all() {
    for language in Language::ALL {
        let query = format!("/login/aaaabbbbccccdddd?ui_locales={}", language.as_str());
        let (mut parts, ()) = Request::get(query).body(()).unwrap().into_parts();
        let visit = Visit::from_request_parts(&mut parts, &()).await.unwrap();
        for (name, response) in every_page(&visit) {
            let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"), "{name}");
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store", "{name}");
            let html = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let html = String::from_utf8(html.to_vec()).unwrap();
            if let Ok(folder) = std::env::var("PAGES_FOLDER") {
                let file = format!("{folder}/{name}.{}.html", language.as_str());
                std::fs::write(file, &html).unwrap();
            }
            assert!(html.contains(&format!("<html lang=\"{}\">", language.as_str())), "{name}");
            assert_eq!(html.matches("<h1").count(), 1, "{name} has one title");
            assert_eq!(html.matches("id=\"main\"").count(), 1, "{name}");
            for forbidden in [" style=", "<script>", " onclick=", "javascript:"] {
                assert!(!html.contains(forbidden), "{name}: {forbidden}");
            }
            assert_eq!(
                html.matches("<script").count(),
                html.matches(" nonce=\"").count(),
                "{name}"
            );
            assert!(!html.contains("/assets/page.js"), "{name}: an asset without its digest");
        }
    }
}

/// The browsers that conformance suites embed run scripts, and no modules.
#[tokio::test]
async fn browsers_that_know_no_modules_get_on() {
    let visit = Visit::new(Language::Fr);
    for (name, script, after) in [
        ("form_post", "submit.js", "</form>"),
        ("wait-pending", "again.js", "<head>"),
        ("enrol-waiting", "again.js", "<head>"),
        ("logged_out-frames", "logout.js", "id=\"onward\""),
    ] {
        let (_, response) = every_page(&visit).into_iter().find(|(it, _)| it == name).expect(name);
        let html = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let html = String::from_utf8(html.to_vec()).unwrap();
        let path = visit.asset(script);
        let tags = html.split('<').filter(|tag| tag.starts_with("script") && tag.contains(&path));
        let tags: Vec<_> = tags.collect();
        assert!(matches!(tags[..], [tag] if !tag.contains("type=")), "{name}: {tags:?}");
        assert!(html.find(&path) > html.find(after), "{name}");
        let text = std::fs::read_to_string(format!("assets/{script}")).unwrap();
        let code: String = text.lines().filter(|line| !line.starts_with("//")).collect();
        for new in ["=>", "?.", "const ", "let ", "`", "await "] {
            assert!(!code.contains(new), "{script}: {new}");
        }
    }
}

#[tokio::test]
async fn hostile_text_is_escaped_wherever_it_is_shown() {
    let hostile = "<img src=x onerror=alert(1)>\"'";
    let visit = Visit::new(Language::Fr);
    let pages = [
        LoginPage { client_name: hostile.into(), national_id: hostile.into(), ..login() }
            .render(&visit),
        WaitPage { client_name: hostile.into(), ..wait(WaitState::Pending) }.render(&visit),
        WaitPage { client_name: hostile.into(), ..wait(WaitState::Cancelled) }.render(&visit),
        ErrorPage {
            description: hostile.into(),
            details: vec![(hostile.into(), hostile.into())],
            ..error(ErrorKind::Request)
        }
        .render(&visit),
    ];
    for response in pages {
        let html = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let html = String::from_utf8(html.to_vec()).unwrap();
        assert!(!html.contains("<img src=x"), "{html}");
        assert!(!html.contains("alert(1)>\""), "{html}");
    }
}

#[tokio::test]
async fn the_number_is_on_the_page_while_it_is_awaited_and_not_after() {
    let visit = Visit::new(Language::En);
    for state in WaitState::ALL {
        let response = wait(state).render(&visit);
        let html = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let shown = String::from_utf8(html.to_vec()).unwrap().contains(">47<");
        assert_eq!(shown, state.is_waiting(), "{state:?}");
    }
}
