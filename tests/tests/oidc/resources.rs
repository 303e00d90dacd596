//! Access tokens for a service's resources (RFC 8707).

use openpsc_tests::{Client, TestServer, Tokens, on_both_engines};
use serde_json::json;

use super::DOCTOR;

const ONE: &str = "https://api.example/one";
const TWO: &str = "https://api.example/two";

async fn prepared(server: TestServer) -> TestServer {
    server.with_client("agenda", |client| client.resources = vec![ONE.into(), TWO.into()]).await
}

/// Logs in for some resources, redeems for some.
async fn tokens(server: &TestServer, client: &Client, asked: &[&str], redeemed: &[&str]) -> Tokens {
    let mut request = client.request();
    for resource in asked {
        request = request.with("resource", resource);
    }
    let browser = server.browser();
    let page = browser.open(&request.url).await;
    let page = browser.one_click(&page, DOCTOR, "ecps").await;
    let code = client.code(&request, &page);
    let mut form = client.redemption(&code, &request.verifier);
    form.extend(redeemed.iter().map(|resource| ("resource", *resource)));
    client.token(&form).await.unwrap()
}

on_both_engines! {
    async fn a_token_is_for_the_resources_that_were_asked_for(server: TestServer) {
        let server = prepared(server).await;
        let client = server.client("agenda");
        for (asked, redeemed, audience) in [
            (&[][..], &[][..], json!(server.issuer())),
            (&[ONE], &[], json!(ONE)),
            (&[ONE, TWO], &[], json!([ONE, TWO])),
            (&[ONE, TWO], &[TWO], json!(TWO)),
            (&[], &[ONE], json!(ONE)),
            (&[server.issuer(), ONE], &[], json!([server.issuer(), ONE])),
        ] {
            let tokens = tokens(&server, &client, asked, redeemed).await;
            let token = server.verified(&tokens.access_token).await;
            assert_eq!(token.claims["aud"], audience, "{asked:?} {redeemed:?}");
        }
    }

    /// What one token was narrowed to does not bind the next.
    async fn a_refresh_chooses_among_the_granted_ones(server: TestServer) {
        let server = prepared(server).await;
        let client = server.client("agenda");
        let tokens = tokens(&server, &client, &[ONE, TWO], &[ONE]).await;
        for (asked, audience) in [(&[][..], json!([ONE, TWO])), (&[TWO], json!(TWO))] {
            let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", &*tokens.refresh_token)];
            form.extend(asked.iter().map(|resource| ("resource", *resource)));
            let renewed = client.token(&form).await.unwrap();
            assert_eq!(server.verified(&renewed.access_token).await.claims["aud"], audience);
        }
    }
}
