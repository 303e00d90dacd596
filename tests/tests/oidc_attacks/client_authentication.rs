//! Pretending to be a service.

use base64::{Engine, prelude::BASE64_STANDARD};
use openpsc_tests::{Page, Refused, TestServer, http, token_answer};

const SECRET: &str = "agenda-secret-0123456789abcdefghijklmn";
const POSTED: &str = "imagerie-secret-0123456789abcdefghijkl";

/// A refresh with nonsense: whoever is believed gets `invalid_grant`.
const FORM: [(&str, &str); 2] = [("grant_type", "refresh_token"), ("refresh_token", "x")];

async fn tries(
    server: &TestServer,
    authorization: &[&str],
    extra: &[(&str, &str)],
) -> (Page, Refused) {
    let mut form = FORM.to_vec();
    form.extend(extra);
    let mut request = http().post(server.endpoint("token")).form(&form);
    for value in authorization {
        request = request.header("authorization", *value);
    }
    let page = Page::of(request.send().await.unwrap()).await;
    let refused = token_answer(&page).unwrap_err();
    (page, refused)
}

fn basic(client_id: &str, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{client_id}:{secret}")))
}

#[tokio::test]
async fn only_the_registered_method_with_the_right_secret_is_believed() {
    let server = TestServer::start().await;
    let (_, believed) = tries(&server, &[&basic("agenda", SECRET)], &[]).await;
    assert_eq!(believed.error, "invalid_grant");

    let right = basic("agenda", SECRET);
    let wrong_basic: Vec<String> = vec![
        basic("agenda", "wrong"),
        basic("agenda", ""),
        basic("agenda", &SECRET[..SECRET.len() - 1]),
        basic("agenda", &format!("{SECRET}x")),
        basic("agenda", &SECRET.to_uppercase()),
        basic("nobody", SECRET),
        basic("", ""),
        basic("imagerie", POSTED),
        basic("dossier", ""),
        // Loose base64, loose schemes.
        right.trim_end_matches('=').to_owned() + "!",
        right.replacen("Basic ", "Basic  ", 1),
        right.replacen("Basic", "Bearer", 1),
        format!("Basic {}", BASE64_STANDARD.encode("agenda")),
        "Basic".into(),
    ];
    for authorization in wrong_basic {
        let (page, refused) = tries(&server, &[&authorization], &[]).await;
        assert_eq!((refused.status.as_u16(), refused.error.as_str()), (401, "invalid_client"));
        let challenge = page.header("www-authenticate");
        assert!(challenge.starts_with("Basic "), "{authorization}: {challenge}");
    }

    let wrong_posts: &[&[(&str, &str)]] = &[
        &[],
        &[("client_id", "agenda")],
        &[("client_id", "imagerie")],
        &[("client_id", "imagerie"), ("client_secret", "wrong")],
        &[("client_id", "imagerie"), ("client_secret", SECRET)],
        &[("client_id", "agenda"), ("client_secret", SECRET)],
        &[("client_id", "dossier"), ("client_secret", SECRET)],
        &[("client_id", "nobody"), ("client_secret", SECRET)],
        &[("client_secret", POSTED)],
        &[("client_id", "imagerie"), ("client_id", "imagerie"), ("client_secret", POSTED)],
        &[("client_id", "dossier"), ("client_id", "agenda")],
    ];
    for form in wrong_posts {
        let (page, refused) = tries(&server, &[], form).await;
        assert_eq!(refused.error, "invalid_client", "{form:?}");
        assert_eq!(page.header("www-authenticate"), "", "the header was not used");
    }
}

#[tokio::test]
async fn credentials_in_two_places_are_refused() {
    let server = TestServer::start().await;
    let own = basic("agenda", SECRET);
    let (_, twice) =
        tries(&server, &[&own], &[("client_id", "agenda"), ("client_secret", SECRET)]).await;
    assert_eq!(twice.error, "invalid_request");
    let (_, other) =
        tries(&server, &[&own], &[("client_id", "imagerie"), ("client_secret", POSTED)]).await;
    assert_eq!(other.error, "invalid_request");
    let (_, confused) = tries(&server, &[&own], &[("client_id", "dossier")]).await;
    assert_eq!(confused.error, "invalid_client");
    let (_, two_headers) = tries(&server, &[&own, &basic("hopital", "x")], &[]).await;
    assert_eq!(two_headers.error, "invalid_client");
}

#[tokio::test]
async fn no_secret_may_stand_in_the_address() {
    let server = TestServer::start().await;
    for query in [
        format!("client_id=imagerie&client_secret={POSTED}"),
        "code=x".into(),
        "code_verifier=x".into(),
        "refresh_token=x".into(),
    ] {
        let address = format!("{}?{query}", server.endpoint("token"));
        let form = [("client_id", "imagerie"), ("client_secret", POSTED)];
        let post = http().post(address).form(&[FORM, form].concat());
        let page = Page::of(post.send().await.unwrap()).await;
        assert_eq!(token_answer(&page).unwrap_err().error, "invalid_request", "{query}");
    }
}

#[tokio::test]
async fn grants_that_do_not_exist_here_are_refused() {
    let server = TestServer::start().await;
    let client = server.client("agenda");
    for grant in [
        "password",
        "implicit",
        "AUTHORIZATION_CODE",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:openid:params:grant-type:CIBA",
    ] {
        let form = [("grant_type", grant), ("username", "x"), ("password", "x")];
        let refused = client.token(&form).await.unwrap_err();
        assert_eq!(refused.error, "unsupported_grant_type", "{grant}");
    }
    assert_eq!(client.token(&[("code", "x")]).await.unwrap_err().error, "invalid_request");
}

#[tokio::test]
async fn a_parameter_sent_twice_is_refused() {
    let server = TestServer::start().await;
    let client = server.client("robot");
    let request = client.request().with("login_hint", super::DOCTOR);
    let code = client.code(&request, &server.browser().get(&request.url).await);
    let form = client.redemption(&code, &request.verifier);
    for repeated in &form {
        for second in [*repeated, (repeated.0, "y")] {
            let twice = [form.as_slice(), &[second]].concat();
            let refused = client.token(&twice).await.unwrap_err();
            assert_eq!(refused.error, "invalid_request", "{second:?}");
        }
    }
    client.token(&form).await.unwrap();
}

#[tokio::test]
async fn who_guesses_without_end_is_asked_to_wait_and_nobody_else_is() {
    let server = TestServer::start().await;
    let wrong = basic("agenda", "wrong");
    for _ in 0..100 {
        assert_eq!(tries(&server, &[&wrong], &[]).await.1.error, "invalid_client");
    }
    let request = http().post(server.endpoint("token")).form(&FORM).header("authorization", &wrong);
    let page = Page::of(request.send().await.unwrap()).await;
    assert_eq!(page.status, 429, "{}", page.text);
    assert!(page.text.contains("too_many_requests"), "{}", page.text);
    let seconds: u32 = page.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    // A service behind the same address goes on.
    let right = basic("agenda", SECRET);
    assert_eq!(tries(&server, &[&right], &[]).await.1.error, "invalid_grant");
    server.clock.advance(seconds + 1);
    assert_eq!(tries(&server, &[&wrong], &[]).await.1.error, "invalid_client");
}
