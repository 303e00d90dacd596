//! Sessions prepared for somebody else, or kept too long.

use openpsc_tests::{SESSION_COOKIE, on_both_engines};

use super::{ATTACKER, DOCTOR};

on_both_engines! {
    /// ASVS 7.2.4: whoever knew the cookie before the login knows nothing after.
    async fn the_session_cookie_changes_at_every_login(server: TestServer) {
        let (victim, attacker) = (server.browser(), server.browser());
        let client = server.client("agenda");
        client.log_in(&attacker, ATTACKER).await;
        let planted = attacker.cookie(SESSION_COOKIE).unwrap();
        victim.jar().plant(SESSION_COOKIE, &planted);

        let mut known = vec![planted];
        for (prompt, means) in [("login", "ecps"), ("login", "ecps"), ("login", "card")] {
            let request = client.request().with("prompt", prompt);
            let page = victim.open(&request.url).await;
            victim.one_click(&page, DOCTOR, means).await.answer().code();
            let fresh = victim.cookie(SESSION_COOKIE).unwrap();
            assert!(!known.contains(&fresh));
            known.push(fresh);
        }
        // Only the last one opens anything.
        let last = known.pop().unwrap();
        for old in known {
            let thief = server.browser();
            thief.jar().plant(SESSION_COOKIE, &old);
            let request = client.request().with("prompt", "none");
            let refused = thief.get(&request.url).await.answer();
            assert_eq!(refused.error(), "login_required");
        }
        victim.jar().plant(SESSION_COOKIE, &last);
        victim.get(&client.request().with("prompt", "none").url).await.answer().code();
    }

    async fn the_auto_login_changes_it_too(server: TestServer) {
        let browser = server.browser();
        server.client("agenda").log_in(&browser, ATTACKER).await;
        let planted = browser.cookie(SESSION_COOKIE).unwrap();
        let request = server.client("robot").request().with("login_hint", DOCTOR);
        browser.get(&request.with("prompt", "login").url).await.answer().code();
        assert_ne!(browser.cookie(SESSION_COOKIE).unwrap(), planted);
    }

    async fn the_database_holds_no_session_cookie_and_no_refresh_token(server: TestServer) {
        let browser = server.browser();
        let client = server.client("hopital");
        let tokens = client.log_in(&browser, DOCTOR).await;
        let cookie = browser.cookie(SESSION_COOKIE).unwrap();
        let row = openpsc::database::sql("select secret_digest from sessions")
            .fetch_optional(&server.app.database)
            .await
            .unwrap()
            .unwrap();
        let digest = row.text("secret_digest").unwrap();
        assert_ne!(digest, cookie);
        assert_eq!(digest, openpsc::secret::digest_of(&cookie));
        let grants = openpsc::database::sql("select id from grants")
            .fetch_all(&server.app.database)
            .await
            .unwrap();
        // Who reads the database cannot make the token out of it.
        let id = grants[0].text("id").unwrap();
        for guess in [id.clone(), format!("{id}.0")] {
            assert!(client.refresh(&guess).await.is_err());
        }
        client.refresh(&tokens.refresh_token).await.unwrap();
    }
}
