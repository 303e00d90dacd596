//! UserInfo: who the person is, in full.

use openpsc_tests::{Page, http, on_both_engines};
use serde_json::Value;

use super::DOCTOR;

/// What real clients read, in the order of PSC's wire.
const MEMBERS: [&str; 20] = [
    "Secteur_Activite",
    "sub",
    "email_verified",
    "codeGenreActivite",
    "SubjectOrganization",
    "Mode_Acces_Raison",
    "preferred_username",
    "codeCivilite",
    "given_name",
    "Acces_Regulation_Medicale",
    "UITVersion",
    "authMode",
    "Palier_Authentification",
    "SubjectRefPro",
    "SubjectOrganizationID",
    "SubjectRole",
    "PSI_Locale",
    "otherIds",
    "SubjectNameID",
    "family_name",
];

fn claims(page: &Page) -> Value {
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(page.header("content-type"), "application/json");
    assert_eq!(page.header("cache-control"), "no-store");
    serde_json::from_str(&page.text).unwrap()
}

on_both_engines! {
    async fn it_answers_get_and_post_and_a_form(server: TestServer) {
        let client = server.client("agenda");
        let token = client.log_in(&server.browser(), DOCTOR).await.access_token;
        let address = client.endpoint("userinfo");
        let by_get = claims(&client.userinfo(&token).await);
        let by_post = client.call(http().post(&address).bearer_auth(&token)).await;
        let by_form = client.call(http().post(&address).form(&[("access_token", &token)])).await;
        assert_eq!(by_get, claims(&by_post));
        assert_eq!(by_get, claims(&by_form));
    }

    async fn a_professional_has_every_member_of_pscs_document(server: TestServer) {
        let client = server.client("agenda");
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        let page = client.userinfo(&tokens.access_token).await;
        let claims = claims(&page);
        let members: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = MEMBERS.to_vec();
        // The order on the wire is the text's.
        let place = |member: &str| page.text.find(&format!("\"{member}\":"));
        assert!(MEMBERS.is_sorted_by_key(|member| place(member)), "{}", page.text);
        expected.sort_unstable();
        let mut members = members;
        members.sort_unstable();
        assert_eq!(members, expected);

        // Core §5.3.2: the subject of the ID token.
        let id_token = server.verified(&tokens.id_token).await;
        assert_eq!(claims["sub"], id_token.claims["sub"]);
        assert_eq!(claims["SubjectNameID"], DOCTOR);
        assert_eq!(claims["authMode"], "MOBILE");
        let activities = &claims["SubjectRefPro"]["exercices"][0]["activities"];
        assert_eq!(activities.as_array().unwrap().len(), 2);
        // Absent values are empty strings, never null and never missing.
        assert!(!page.text.contains("null"), "{}", page.text);
    }

    async fn somebody_who_is_no_professional_has_a_small_document(server: TestServer) {
        let client = server.client("agenda");
        let holder = "3990000127/CPA00021";
        let tokens = client.log_in(&server.browser(), holder).await;
        let claims = claims(&client.userinfo(&tokens.access_token).await);
        let mut members: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(
            members,
            ["SubjectNameID", "codeCivilite", "family_name", "given_name", "preferred_username", "sub"]
        );
        let subject = format!("f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:{holder}");
        assert_eq!(claims["sub"], subject);
    }

    async fn everybody_of_the_sandbox_logs_in_and_is_told(server: TestServer) {
        let client = server.client("robot");
        let people: Vec<String> = server
            .app
            .directory
            .people()
            .iter()
            .map(|person| person.national_id.to_string())
            .collect();
        assert!(people.len() >= 15);
        for national_id in people {
            let request = client.request().with("login_hint", &national_id);
            let page = server.browser().get(&request.url).await;
            let code = client.code(&request, &page);
            let tokens = client.redeem(&code, &request.verifier).await.unwrap();
            let claims = claims(&client.userinfo(&tokens.access_token).await);
            assert_eq!(claims["SubjectNameID"], national_id);
            assert_eq!(claims["preferred_username"], national_id);
        }
    }

    /// Core §5.3.2.
    async fn a_client_may_have_it_signed(server: TestServer) {
        let server = server.reconfigured(|config| {
            let client = config.clients.iter_mut().find(|client| client.client_id == "imagerie");
            client.unwrap().userinfo_signed_response_alg = Some(openpsc::jose::Alg::RS256);
        }).await;
        let client = server.client("imagerie");
        let tokens = client.log_in(&server.browser(), DOCTOR).await;
        let page = client.userinfo(&tokens.access_token).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("content-type"), "application/jwt");
        assert_eq!(page.header("cache-control"), "no-store");
        let jwt = server.verified(&page.text).await;
        assert_eq!(jwt.header["alg"], "RS256");
        assert_eq!(jwt.text("iss"), server.issuer());
        assert_eq!(jwt.text("aud"), "imagerie");
        assert_eq!(jwt.text("sub"), server.verified(&tokens.id_token).await.text("sub"));
        assert_eq!(jwt.text("SubjectNameID"), DOCTOR);
        // It is neither an access token nor an ID token.
        assert_eq!(client.userinfo(&page.text).await.status, 401);
        let hint = [("id_token_hint", page.text.as_str())];
        let address = url::Url::parse_with_params(&server.endpoint("logout"), hint).unwrap();
        assert_eq!(server.browser().get(address).await.error_code(), "invalid_request");
    }

    async fn an_access_token_lives_two_minutes(server: TestServer) {
        let client = server.client("agenda");
        let token = client.log_in(&server.browser(), DOCTOR).await.access_token;
        server.clock.advance(80);
        assert_eq!(client.userinfo(&token).await.status, 200);
        server.clock.advance(40);
        let late = client.userinfo(&token).await;
        assert_eq!(late.status, 401);
        let challenge = late.header("www-authenticate");
        assert!(challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""));
    }

    async fn without_a_token_it_asks_for_one(server: TestServer) {
        let client = server.client("agenda");
        let bare = client.call(http().get(client.endpoint("userinfo"))).await;
        assert_eq!(bare.status, 401);
        // RFC 6750 §3.1: no error code when nothing was sent.
        assert_eq!(bare.header("www-authenticate"), "Bearer realm=\"esante-wallet\"");
    }
}
