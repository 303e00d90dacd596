//! Revoking what is somebody else's.

use openpsc_tests::{Client, Jwt, Page, http, on_both_engines};

use super::DOCTOR;

async fn revoke(client: &Client, token: &str) {
    let page = client.call(client.back_channel("revoke", &[("token", token)])).await;
    // RFC 7009 §2.2: the answer tells nothing.
    assert_eq!((page.status.as_u16(), page.text.as_str()), (200, ""), "{token}");
}

on_both_engines! {
    async fn nobody_elses_token_is_revoked(server: TestServer) {
        let client = server.client("agenda");
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        let altered = {
            let mut jwt = Jwt::read(&tokens.access_token);
            jwt.claims["azp"] = "imagerie".into();
            jwt.claims["client_id"] = "imagerie".into();
            jwt.forged()
        };
        for other in ["imagerie", "dossier", "hopital", "mobile"] {
            let other = server.client(other);
            for token in [
                &tokens.access_token,
                &tokens.refresh_token,
                &tokens.id_token,
                &altered,
                "x",
                &"A".repeat(20_000),
            ] {
                revoke(&other, token).await;
            }
        }
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
        client.refresh(&tokens.refresh_token).await.unwrap();
        // What is no token of ours leaves no row behind.
        let rows = openpsc::database::sql("select jti from revoked_tokens");
        assert!(rows.fetch_all(&server.app.database).await.unwrap().is_empty());
        // An ID token is not a handle on the access token beside it.
        revoke(&client, &tokens.id_token).await;
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 200);
    }

    async fn nobody_unknown_revokes(server: TestServer) {
        let client = server.client("agenda");
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        let address = server.endpoint("revoke");
        let form = [("token", tokens.refresh_token.as_str())];
        let anonymous = http().post(&address).form(&form);
        let wrong = http().post(&address).basic_auth("agenda", Some("wrong")).form(&form);
        let public = http().post(&address).form(&[form[0], ("client_id", "agenda")]);
        for request in [anonymous, wrong, public] {
            let page = Page::of(request.send().await.unwrap()).await;
            assert_eq!(page.status, 401);
            assert!(page.text.contains("invalid_client"));
        }
        client.refresh(&tokens.refresh_token).await.unwrap();

        let in_query = client.back_channel(&format!("revoke?token={}", tokens.access_token), &[]);
        let twice = client.back_channel("revoke", &[form[0], form[0]]);
        let none = client.back_channel("revoke", &[]);
        for request in [in_query, twice, none] {
            let page = client.call(request).await;
            assert_eq!(page.status, 400, "{}", page.text);
            assert!(page.text.contains("invalid_request"));
        }
        client.refresh(&tokens.refresh_token).await.unwrap();
    }
}
