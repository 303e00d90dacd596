//! Asking for what is not one's own (RFC 8707).

use openpsc_tests::on_both_engines;

use super::DOCTOR;

const OWN: &str = "https://api.example/own";

on_both_engines! {
    async fn a_foreign_resource_is_refused(server: TestServer) {
        let server = server.with_client("robot", |client| client.resources = vec![OWN.into()]).await;
        let client = server.client("robot");
        let whole = || client.request().with("login_hint", DOCTOR);
        for foreign in [
            "https://api.example/other",
            "https://api.example/own/",
            "https://api.example/OWN",
            "https://api.example/own#x",
            "https://api.example/own?x",
            "/own",
            "robot",
            "x",
        ] {
            let answer = server.browser().get(&whole().with("resource", foreign).url).await.answer();
            assert_eq!(answer.error(), "invalid_target", "{foreign}");
            let both = whole().with("resource", OWN).with("resource", foreign);
            assert_eq!(server.browser().get(&both.url).await.answer().error(), "invalid_target");
        }
        // At the token endpoint only what was granted before.
        let request = whole().with("resource", OWN);
        let code = client.code(&request, &server.browser().get(&request.url).await);
        let mut form = client.redemption(&code, &request.verifier);
        form.push(("resource", server.issuer()));
        assert_eq!(client.token(&form).await.unwrap_err().error, "invalid_target");
        form.pop();
        let tokens = client.token(&form).await.unwrap();
        let form = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.refresh_token), ("resource", "https://evil.example/")];
        assert_eq!(client.token(&form).await.unwrap_err().error, "invalid_target");
    }

    /// A resource that was shown a token cannot ask us who it speaks of.
    async fn a_token_for_a_resource_is_not_for_userinfo(server: TestServer) {
        let server = server.with_client("robot", |client| client.resources = vec![OWN.into()]).await;
        let client = server.client("robot");
        let request = client.request().with("login_hint", DOCTOR).with("resource", OWN);
        let code = client.code(&request, &server.browser().get(&request.url).await);
        let tokens = client.redeem(&code, &request.verifier).await.unwrap();
        assert_eq!(client.userinfo(&tokens.access_token).await.status, 401);
    }
}
