//! Signed requests (RFC 9101) and signed answers (JARM).

use openpsc::jose::Alg;
use openpsc_tests::{Client, Page, Request, Signer, TestServer, on_both_engines};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::DOCTOR;

async fn log_in(server: &TestServer, client: &Client, request: &Request) {
    let browser = server.browser();
    let page = browser.open(&request.url).await;
    let page = browser.one_click(&page, DOCTOR, "ecps").await;
    let code = client.code(request, &page);
    let tokens = client.redeem(&code, &request.verifier).await.unwrap();
    assert_eq!(server.verified(&tokens.id_token).await.text("nonce"), request.nonce);
}

/// The members of a signed answer, held to JARM §2.4.
async fn members(server: &TestServer, client: &Client, response: &str) -> openpsc_tests::Jwt {
    let jwt = server.verified(response).await;
    assert_eq!(jwt.text("iss"), server.issuer());
    assert_eq!(jwt.text("aud"), client.client_id);
    let lives = jwt.number("exp") - server.clock.now();
    assert!((1..=600).contains(&lives), "{lives}");
    jwt
}

on_both_engines! {
    async fn a_request_may_stand_in_a_signed_object(server: TestServer) {
        let mut server = server;
        for alg in [Alg::ES256, Alg::PS256, Alg::EdDSA] {
            let signer = Signer::new(alg);
            server = server.with_client("agenda", |it| it.jwks = Some(signer.jwks())).await;
            let client = server.client("agenda");
            let request = client.request().with("max_age", "100");
            let mut draft = client.object(&server, &signer.key, &request);
            draft.claims["max_age"] = 100.into();
            log_in(&server, &client, &client.inside(&draft.signed(&signer.key), &request)).await;
            // In an array of audiences, without typ, jti and kid.
            let draft = client.object(&server, &signer.key, &request).without("jti");
            let draft = draft.without_header("typ").without_header("kid");
            let draft = draft.with("aud", serde_json::json!(["https://other.example", server.issuer()]));
            log_in(&server, &client, &client.inside(&draft.signed(&signer.key), &request)).await;
        }
    }

    async fn a_signed_object_may_be_pushed(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let server = server.with_client("agenda", |it| {
            it.jwks = Some(signer.jwks());
            it.require_signed_request_object = true;
            it.require_pushed_authorization_requests = true;
        }).await;
        let client = server.client("agenda");
        let request = client.request();
        let object = client.object(&server, &signer.key, &request).signed(&signer.key);
        log_in(&server, &client, &client.pushed(&client.inside(&object, &request)).await).await;
    }

    async fn only_what_stands_inside_counts(server: TestServer) {
        let signer = Signer::new(Alg::ES256);
        let server = server.with_client("agenda", |it| it.jwks = Some(signer.jwks())).await;
        let client = server.client("agenda");
        let request = client.request();
        let object = client.object(&server, &signer.key, &request).signed(&signer.key);
        let request = client
            .inside(&object, &request)
            .with("state", "evil")
            .with("redirect_uri", "https://evil.example/")
            .with("prompt", "none")
            .with("response_type", "code");
        log_in(&server, &client, &request).await;
    }

    async fn an_answer_is_signed_for_who_registered_for_it(server: TestServer) {
        let mut server = server;
        for alg in [Alg::ES256, Alg::RS256] {
            server = server.with_client("robot", |it| it.authorization_signed_response_alg = Some(alg)).await;
            let client = server.client("robot");
            for mode in ["jwt", "query.jwt"] {
                let request = client.request().with("login_hint", DOCTOR).with("response_mode", mode);
                let answer = server.browser().get(&request.url).await.answer();
                assert_eq!(answer.at, client.redirect_uri);
                assert_eq!(answer.members.len(), 1, "nothing stands beside it");
                let jwt = members(&server, &client, answer.member("response")).await;
                assert_eq!(jwt.header["alg"], alg.as_str());
                assert_eq!(jwt.text("state"), request.state);
                client.redeem(jwt.text("code"), &request.verifier).await.unwrap();

                let silent = client.request().with("prompt", "none").with("response_mode", mode);
                let answer = server.browser().get(&silent.url).await.answer();
                let jwt = members(&server, &client, answer.member("response")).await;
                assert_eq!((jwt.text("error"), jwt.text("state")), ("login_required", &*silent.state));
            }
            let request = client.request().with("login_hint", DOCTOR).with("response_mode", "form_post.jwt");
            let page = server.browser().get(&request.url).await;
            let form = page.form("/callback");
            assert_eq!(form.fields.len(), 1);
            let jwt = members(&server, &client, &form.fields["response"]).await;
            client.redeem(jwt.text("code"), &request.verifier).await.unwrap();
            // A plain answer remains possible, and errors come as asked too.
            let request = client.request().with("login_hint", DOCTOR);
            client.code(&request, &server.browser().get(&request.url).await);
            let broken = client.request().without("code_challenge").with("response_mode", "jwt");
            let answer = server.browser().get(&broken.url).await.answer();
            let jwt = members(&server, &client, answer.member("response")).await;
            assert_eq!(jwt.text("error"), "invalid_request");
        }
    }

    /// The person cancels, and the service learns it under a signature.
    async fn a_refusal_is_signed_too(server: TestServer) {
        let server = server.with_client("agenda", |it| it.authorization_signed_response_alg = Some(Alg::PS256)).await;
        let client = server.client("agenda");
        let browser = server.browser();
        let request = client.request().with("response_mode", "jwt");
        let page = browser.open(&request.url).await;
        let page = browser.submit(&page, "/cancel", &[]).await;
        let jwt = openpsc_tests::Jwt::read(page.answer().member("response"));
        assert_eq!((jwt.text("error"), jwt.header["alg"].as_str()), ("access_denied", Some("PS256")));
    }
}

/// Answers every call with this request object, as this media type.
async fn publisher(object: String, media_type: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://localhost:{}/request", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{object}",
                object.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    uri
}

fn by_reference(client: &Client, request: &Request, uri: &str) -> Request {
    client.inside("", request).without("request").with("request_uri", uri)
}

#[tokio::test]
async fn a_registered_address_may_hold_the_request() {
    let signer = Signer::new(Alg::ES256);
    let server = TestServer::with(|config| config.authorize.request_uri_by_reference = true).await;
    let server = server.with_client("agenda", |it| it.jwks = Some(signer.jwks())).await;
    let client = server.client("agenda");
    let request = client.request();
    let object = client.object(&server, &signer.key, &request).signed(&signer.key);
    let good = publisher(object.clone(), "application/oauth-authz-req+jwt").await;
    let page = publisher(object, "text/html").await;
    let registered = vec![good.clone(), page.clone(), "http://localhost:1/nobody".into()];
    let server = server.with_client("agenda", |it| it.request_uris = registered).await;

    let refused = async |uri: &str| {
        let way = by_reference(&client, &request, uri).with("redirect_uri", client.redirect_uri);
        let answer: Page = server.browser().get(&way.url).await;
        assert_eq!(answer.answer().error(), "invalid_request_uri", "{uri}");
    };
    refused(&page).await;
    refused("http://localhost:1/nobody").await;
    refused(&format!("{good}?x=1")).await;
    refused("http://169.254.169.254/latest/meta-data/").await;
    log_in(&server, &client, &by_reference(&client, &request, &good)).await;
    // Off by default, whatever is registered.
    let server = server.reconfigured(|it| it.authorize.request_uri_by_reference = false).await;
    let way = by_reference(&client, &request, &good).with("redirect_uri", client.redirect_uri);
    let answer = server.browser().get(&way.url).await.answer();
    assert_eq!(answer.error(), "request_uri_not_supported");
}
