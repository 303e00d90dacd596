//! The `claims` parameter and the levels (Core §5.5).

use openpsc_tests::{Browser, Client, Page, Request, on_both_engines};
use serde_json::{Value, json};

use super::{DOCTOR, MIDWIFE};

fn asking(client: &Client, claims: &Value) -> Request {
    client.request().with("claims", &claims.to_string())
}

fn essential(levels: &[&str]) -> Value {
    json!({"id_token": {"acr": {"essential": true, "values": levels}}})
}

/// The level of the tokens that an answer leads to.
async fn acr(
    server: &openpsc_tests::TestServer,
    client: &Client,
    request: &Request,
    page: &Page,
) -> (String, String) {
    let code = client.code(request, page);
    let tokens = client.redeem(&code, &request.verifier).await.unwrap();
    let token = server.verified(&tokens.id_token).await;
    (token.text("acr").to_owned(), token.text("sid").to_owned())
}

async fn asks(browser: &Browser, request: &Request) -> Page {
    let page = browser.open(&request.url).await;
    page.form("/sandbox");
    page
}

on_both_engines! {
    /// The session goes on: only the difference is asked for.
    async fn an_essential_level_is_stepped_up_to(server: TestServer) {
        for client_id in ["agenda", "hopital"] {
            let client = server.client(client_id);
            let browser = server.browser();
            let before = client.log_in(&browser, DOCTOR).await;
            let request = asking(&client, &essential(&["eidas3"]));
            let page = asks(&browser, &request).await;
            let page = browser.one_click(&page, DOCTOR, "card").await;
            let (acr, sid) = acr(&server, &client, &request, &page).await;
            assert_eq!((acr.as_str(), sid), ("eidas3", before.session_state));
            // From now on it is there.
            let request = asking(&client, &essential(&["eidas3"])).with("prompt", "none");
            client.code(&request, &browser.get(&request.url).await);
        }
    }

    /// Core §5.5.1.1: the level told is one of those asked for.
    async fn the_level_told_is_one_of_the_essential_ones(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        for (levels, told) in [(&["eidas2"][..], "eidas2"), (&["eidas1", "eidas2"], "eidas2"), (&["eidas3", "eidas1"], "eidas3")] {
            let request = asking(&client, &essential(levels)).with("prompt", "login");
            let page = asks(&browser, &request).await;
            let page = browser.one_click(&page, DOCTOR, "card").await;
            assert_eq!(acr(&server, &client, &request, &page).await.0, told, "{levels:?}");
        }
    }

    async fn a_wished_level_is_tried_and_not_insisted_on(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let wish = json!({"id_token": {"acr": {"value": "eidas3"}}});
        let request = asking(&client, &wish);
        let page = asks(&browser, &request).await;
        let page = browser.one_click(&page, DOCTOR, "ecps").await;
        assert_eq!(acr(&server, &client, &request, &page).await.0, "eidas2", "and it is said");
    }

    async fn claims_that_come_anyway_may_be_asked_for(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let claims = json!({
            "userinfo": {"given_name": {"essential": true}, "family_name": null, "unknown": null},
            "id_token": {"auth_time": {"essential": true}, "acr": null},
        });
        let request = asking(&client, &claims);
        let page = asks(&browser, &request).await;
        let page = browser.one_click(&page, DOCTOR, "ecps").await;
        let code = client.code(&request, &page);
        let tokens = client.redeem(&code, &request.verifier).await.unwrap();
        assert!(server.verified(&tokens.id_token).await.number("auth_time") > 0);
        let userinfo: Value = serde_json::from_str(&client.userinfo(&tokens.access_token).await.text).unwrap();
        assert!(userinfo["given_name"].is_string() && userinfo["family_name"].is_string());
    }

    async fn a_subject_can_be_asked_for(server: TestServer) {
        let client = server.client("agenda");
        let browser = server.browser();
        let subject = |id: &str| json!({"id_token": {"sub": {"value": format!("f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:{id}")}}});
        client.log_in(&browser, DOCTOR).await;
        let same = asking(&client, &subject(DOCTOR)).with("prompt", "none");
        client.code(&same, &browser.get(&same.url).await);
        let other = asking(&client, &subject(MIDWIFE));
        let page = asks(&browser, &other).await;
        let page = browser.one_click(&page, MIDWIFE, "ecps").await;
        client.code(&other, &page);
    }
}
