//! Requests that try to get more out of the authorization endpoint.

use openpsc_tests::{Client, Request, TestServer, on_both_engines};

use super::DOCTOR;

/// The error that goes back to the service.
async fn error(server: &TestServer, request: &Request) -> String {
    server.browser().get(&request.url).await.answer().error().to_owned()
}

#[tokio::test]
async fn a_parameter_sent_twice_is_refused() {
    let server = TestServer::start().await;
    let client = server.client("agenda");
    let complete = |client: &Client| {
        client
            .request()
            .with("prompt", "login")
            .with("max_age", "10")
            .with("login_hint", DOCTOR)
            .with("acr_values", "eidas2")
            .with("ui_locales", "fr")
    };
    let names: Vec<String> =
        complete(&client).url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    for name in names.iter().filter(|name| !["client_id", "redirect_uri"].contains(&name.as_str()))
    {
        let request = complete(&client);
        let same = request.url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        for second in [same.as_str(), "x"] {
            let request = complete(&client).with(name, second);
            assert_eq!(error(&server, &request).await, "invalid_request", "{name}={second}");
        }
    }
    // Which of the two would it be? Neither comes back.
    let request = client.request().with("state", "second");
    let answer = server.browser().get(&request.url).await.answer();
    assert!(!answer.members.contains_key("state"));
}

#[tokio::test]
async fn pkce_cannot_be_left_out_or_weakened() {
    let server = TestServer::start().await;
    for client_id in ["agenda", "dossier", "mobile"] {
        let client = server.client(client_id);
        let whole = || client.request();
        let challenge = openpsc::secret::digest_of("x");
        for request in [
            whole().without("code_challenge").without("code_challenge_method"),
            whole().without("code_challenge"),
            whole().without("code_challenge_method"),
            whole().changed("code_challenge_method", "plain"),
            whole().changed("code_challenge_method", "s256"),
            whole().changed("code_challenge_method", "S512"),
            whole().changed("code_challenge", ""),
            whole().changed("code_challenge", &challenge[..42]),
            whole().changed("code_challenge", &format!("{challenge}=")),
            whole().changed("code_challenge", &format!("{challenge}A")),
            whole().changed("code_challenge", &challenge.replacen(&challenge[..1], "+", 1)),
            whole().changed("code_challenge", &challenge.replacen(&challenge[..1], "é", 1)),
        ] {
            assert_eq!(error(&server, &request).await, "invalid_request", "{}", request.url);
        }
    }
}

/// A client of PSC may leave PKCE out, but a half one is a mistake.
#[tokio::test]
async fn a_half_challenge_is_refused_from_lenient_clients_too() {
    let server = TestServer::start().await;
    let client = server.client("hopital");
    for request in [
        client.request().without("code_challenge"),
        client.request().without("code_challenge_method"),
        client.request().changed("code_challenge_method", "plain"),
    ] {
        assert_eq!(error(&server, &request).await, "invalid_request", "{}", request.url);
    }
}

#[tokio::test]
async fn no_token_ever_travels_in_a_redirect() {
    let server = TestServer::start().await;
    for client_id in ["agenda", "hopital"] {
        let client = server.client(client_id);
        for response_type in
            ["token", "id_token", "code token", "code id_token", "id_token token", "none", "CODE"]
        {
            let request = client.request().changed("response_type", response_type);
            assert_eq!(error(&server, &request).await, "unsupported_response_type");
        }
        let request = client.request().without("response_type");
        assert_eq!(error(&server, &request).await, "invalid_request");
        for mode in ["fragment", "jwt", "query.jwt", "web_message", "Query"] {
            let request = client.request().with("response_mode", mode);
            assert_eq!(error(&server, &request).await, "invalid_request", "{mode}");
        }
    }
}

#[tokio::test]
async fn parameters_cannot_be_hidden_in_an_object() {
    let server = TestServer::start().await;
    let client = server.client("agenda");
    for (name, value, expected) in [
        ("request", "e30.e30.", "request_not_supported"),
        ("request_uri", "https://evil.example/r", "request_uri_not_supported"),
        ("registration", "{}", "registration_not_supported"),
    ] {
        assert_eq!(error(&server, &client.request().with(name, value)).await, expected);
    }
}

#[tokio::test]
async fn state_and_nonce_have_a_greatest_length() {
    let server = TestServer::start().await;
    let client = server.client("agenda");
    for name in ["state", "nonce"] {
        let long = client.request().changed(name, &"x".repeat(513));
        assert_eq!(error(&server, &long).await, "invalid_request");
        let enough = client.request().changed(name, &"x".repeat(512));
        server.browser().open(&enough.url).await.form("/sandbox");
        // 512 bytes, not letters.
        let wide = client.request().changed(name, &"é".repeat(257));
        assert_eq!(error(&server, &wide).await, "invalid_request");
    }
}

#[tokio::test]
async fn a_line_break_in_state_stays_in_state() {
    let server = TestServer::start().await;
    let client = server.client("agenda");
    let state = "x\r\nset-cookie: evil=1\r\n\r\n<script>alert(1)</script>";
    for prompt in ["none", "none login"] {
        let request = client.request().changed("state", state).with("prompt", prompt);
        let page = server.browser().get(&request.url).await;
        assert_eq!(page.answer().member("state"), state);
        assert_eq!(page.cookies(), Vec::<String>::new());
        assert_eq!(page.text, "");
    }
    // The same in the form that posts itself.
    let request = client.request().changed("state", state).with("response_mode", "form_post");
    let request = request.with("prompt", "none");
    let page = server.browser().get(&request.url).await;
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    assert!(page.text.contains("&#60;script&#62;"));
}

#[tokio::test]
async fn hostile_texts_come_out_inert_on_the_login_page() {
    let server = TestServer::start().await;
    let hostile = "\"><script>alert(1)</script>";
    let request = server.client("agenda").request();
    let request =
        request.with("login_hint", hostile).with("ui_locales", hostile).with("display", hostile);
    let page = server.browser().open(&request.url).await;
    assert!(!page.text.contains("<script>alert"), "{}", page.text);
    assert_eq!(page.form("/ecps/push").fields["national_id"], hostile);
}

#[tokio::test]
async fn a_posted_request_is_a_small_form() {
    let server = TestServer::start().await;
    let post = |body: String| {
        let request = openpsc_tests::http().post(format!("{}/auth", server.url()));
        request.header("content-type", "application/x-www-form-urlencoded").body(body).send()
    };
    for body in [format!("state={}", "x".repeat(13 * 1024)), "a=b\r\nx: y".into(), "é".into()] {
        let answer = post(body).await.unwrap();
        assert_eq!(answer.status(), 400);
        assert!(answer.headers().get("location").is_none());
    }
    assert_eq!(post("x".repeat(70 * 1024)).await.unwrap().status(), 413);
}

on_both_engines! {
    /// A flow that is resumed holds to what was asked: the login page cannot
    /// be talked into another client or address.
    async fn a_login_page_cannot_be_given_another_request(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let request = client.request();
        let page = browser.open(&request.url).await;
        let evil = [
            ("national_id", DOCTOR),
            ("means", "ecps"),
            ("redirect_uri", "https://evil.example/"),
            ("client_id", "dossier"),
            ("state", "evil"),
            ("response_type", "token"),
        ];
        let page = browser.submit(&page, "/sandbox", &evil).await;
        client.code(&request, &page);
    }
}
