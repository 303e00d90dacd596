//! What the real program writes into its log while people log in, and while
//! others fail to (oidc-rules §17).

use openpsc::{clock::Clock, config::REALM, jose::Alg, secret::random_token};
use openpsc_tests::{Client, DpopKey, Killable, SESSION_COOKIE, Signer, http};
use serde_json::{Value, json};

use super::DOCTOR;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_reaches_the_log_however_much_is_logged() {
    let program = Killable::in_environment(&[("OPENPSC_LOG", "debug,openpsc=trace")]).await;
    let browser = program.browser();
    let (robot, dossier) = (program.client("robot"), program.client("dossier"));
    let mut secrets: Vec<String> = Vec::new();

    let request = robot.request().with("login_hint", DOCTOR);
    let code = robot.code(&request, &browser.get(&request.url).await);
    let tokens = robot.redeem(&code, &request.verifier).await.unwrap();
    secrets.extend([code.clone(), request.verifier.clone(), request.state, request.nonce]);
    secrets.extend([tokens.access_token.clone(), tokens.refresh_token, tokens.id_token.clone()]);
    secrets.push("robot-secret-0123456789abcdefghijklmno".into());
    secrets.push(browser.cookie(SESSION_COOKIE).unwrap());
    // A replay, and every kind of credential in the address.
    robot.redeem(&code, &request.verifier).await.unwrap_err();
    let misplaced = random_token();
    for name in ["client_secret", "access_token", "code", "code_verifier", "refresh_token", "token"]
    {
        for word in ["token", "userinfo", "revoke", "logout", "auth", "nothing"] {
            let address = format!("{}?{name}={misplaced}", robot.endpoint(word));
            http().post(&address).form(&[(name, &misplaced)]).send().await.unwrap();
            http().get(&address).header("cookie", format!("x={misplaced}")).send().await.unwrap();
        }
    }
    secrets.push(misplaced);

    let silent = dossier.request().with("prompt", "none");
    let code = dossier.code(&silent, &browser.get(&silent.url).await);
    let (key, url) = (DpopKey::new(), dossier.endpoint("token"));
    let proof = key.proof("POST", &url, Clock::default().now());
    let form = dossier.redemption(&code, &silent.verifier);
    let page = dossier.call(dossier.token_request(&form).header("dpop", &proof)).await;
    let bound: Value = serde_json::from_str(&page.text).unwrap();
    secrets.extend([code, proof, bound["refresh_token"].as_str().unwrap().to_owned()]);

    let chevet = program.client("chevet");
    let asked = chevet.ask("899700990072").await;
    program.sandbox(&format!("ciba/{}/allow", asked.auth_req_id)).await;
    secrets.push(chevet.poll(&asked.auth_req_id).await.unwrap().access_token);
    secrets.push(asked.auth_req_id);

    let signer = Signer::new(Alg::ES256);
    let metadata = json!({"redirect_uris": ["https://cle.example/"], "jwks": signer.jwks(),
        "token_endpoint_auth_method": "private_key_jwt"});
    let address = format!("{}{REALM}/clients-registrations/openid-connect", program.url());
    let registered = http().post(address).json(&metadata).send().await.unwrap();
    let registered: Value = registered.json().await.unwrap();
    let client_id = registered["client_id"].as_str().unwrap().to_owned().leak();
    let assertion = signer.sign(&json!({"iss": client_id, "sub": client_id, "jti": random_token(),
        "aud": format!("{}{REALM}", program.url()), "exp": Clock::default().now() + 60}));
    let cle = Client::registered(client_id, "https://cle.example/", &program.url());
    for _ in 0..2 {
        cle.call(cle.token_request(&Signer::form(&assertion))).await;
    }
    secrets.push(assertion);
    secrets.push(registered["registration_access_token"].as_str().unwrap().to_owned());
    let hint = [("id_token_hint", tokens.id_token.as_str())];
    browser.get(url::Url::parse_with_params(&robot.endpoint("logout"), hint).unwrap()).await;

    let log = std::fs::read_to_string(program.folder().join("log")).unwrap();
    assert!(log.contains("audit") && log.contains("logout"), "something is logged: {log}");
    for secret in secrets {
        assert!(secret.len() > 20);
        let found = log.lines().find(|line| line.contains(&secret));
        assert_eq!(found, None, "{secret} is in the log");
        // Nor a signed token without its signature.
        if let Some((_, claims)) = secret.split_once('.').filter(|(_, rest)| rest.contains('.')) {
            let claims = claims.split('.').next().unwrap();
            assert!(!log.contains(claims), "the claims of {secret} are in the log");
        }
    }
}
