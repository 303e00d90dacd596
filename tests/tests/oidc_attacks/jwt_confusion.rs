//! Every confusion about signed tokens, at every door that takes one
//! (oidc-rules §0.12, RFC 8725).
//!
//! The doors of clients' tokens: assertion, request object (pushed and on its
//! way), signed CIBA request, signed login hint, DPoP proof. The doors of ours:
//! ID token hints of authorize, logout and CIBA, access tokens at userinfo and
//! introspection.

use aws_lc_rs::hmac;
use openpsc::{
    jose::{Alg, SigningKey},
    secret::{base64url, from_base64url},
};
use openpsc_tests::{
    Asked, Browser, CIBA, Client, DpopKey, Draft, Jwt, Page, Signer, TestServer, Tokens,
};
use serde_json::{Value, json};

use super::DOCTOR;

const SERVICE: &str = "cle";

/// What an attacker makes without the key: from a good token and, where the key
/// is known to the world, its public half.
fn forged(good: &str, public: &Value) -> Vec<(String, String)> {
    let (input, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = input.split_once('.').unwrap();
    let jwt = Jwt::read(good);
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    let with = |change: &dyn Fn(&mut Value)| {
        let mut header = jwt.header.clone();
        change(&mut header);
        format!("{}.{claims}", part(&header))
    };
    let mut made: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, token: String| made.push((name.to_owned(), token));

    for (name, token) in [
        ("padding", format!("{good}=")),
        ("padding of the header", format!("{header}=.{claims}.{signature}")),
        ("padding of the claims", format!("{header}.{claims}==.{signature}")),
        ("a dot behind", format!("{good}.")),
        ("a dot before", format!(".{good}")),
        ("four parts", format!("{good}.{signature}")),
        ("five parts", format!("{header}..{claims}.{signature}.{signature}")),
        ("two parts", input.to_owned()),
        ("no signature", format!("{input}.")),
        ("no claims", format!("{header}..{signature}")),
        ("no header", format!(".{claims}.{signature}")),
        ("a space before", format!(" {good}")),
        ("a space behind", format!("{good} ")),
        ("a space inside", format!("{header}. {claims}.{signature}")),
        ("a line break", format!("{good}\n")),
        ("a line break inside", format!("{header}\r\n.{claims}.{signature}")),
        ("a NUL", format!("{good}\0")),
        ("another letter", format!("{good}é")),
        ("standard base64", format!("{input}.+/{}", &signature[2..])),
        ("parts exchanged", format!("{claims}.{header}.{signature}")),
        ("half a signature", format!("{input}.{}", &signature[..signature.len() / 2])),
        (
            "the general form",
            json!({"payload": claims, "signatures":
            [{"protected": header, "signature": signature}]})
            .to_string(),
        ),
        (
            "the flattened form",
            json!({"payload": claims, "protected": header, "signature": signature}).to_string(),
        ),
        ("an array for a header", format!("{}.{claims}.{signature}", part(&json!([1])))),
        ("an array for claims", format!("{header}.{}.{signature}", part(&json!([1])))),
        ("text for claims", format!("{header}.{}.{signature}", base64url(b"x"))),
        ("deep claims", format!("{header}.{}.{signature}", base64url("[".repeat(8000).as_bytes()))),
        ("too long", format!("{good}{}", "A".repeat(17 * 1024))),
        ("zero signature", format!("{input}.{}", base64url(&[0; 64]))),
        ("empty", "..".into()),
    ] {
        add(name, token);
    }
    for alg in ["none", "None", "nOnE", "", "RS1", "ES256K", "HS256 "] {
        let header = with(&|header| header["alg"] = alg.into());
        add(&format!("alg {alg:?}, unsigned"), format!("{header}."));
        add(&format!("alg {alg:?}, old signature"), format!("{header}.{signature}"));
    }
    let member = |name: &str| from_base64url(public[name].as_str().unwrap_or_default()).unwrap();
    for (name, secret) in [
        ("JWK", public.to_string().into_bytes()),
        ("modulus", member("n")),
        ("point", [vec![4], member("x"), member("y")].concat()),
        ("nothing", Vec::new()),
    ] {
        let input = with(&|header| header["alg"] = "HS256".into());
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), input.as_bytes());
        add(&format!("HMAC of the {name}"), format!("{input}.{}", base64url(tag.as_ref())));
    }
    let own = Signer::new(Alg::ES256).key;
    let mut carried = vec![
        ("kid", json!("../../../dev/null")),
        ("kid", json!("x' union select 'x")),
        ("kid", json!(7)),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/x")),
        ("x5c", json!(["AAAA"])),
    ];
    if jwt.header.get("jwk").is_none() {
        carried.push(("jwk", own.jwk()));
    }
    for (name, value) in carried {
        let input = with(&|header| {
            header["alg"] = "ES256".into();
            header[name] = value.clone();
        });
        let signature = own.sign(input.as_bytes()).unwrap();
        add(&format!("a key of ours by {name}"), format!("{input}.{}", base64url(&signature)));
    }
    made
}

/// What somebody with the right key signs, and must not.
fn signed(draft: &Draft, key: &SigningKey, typs: &[&str]) -> Vec<(String, String)> {
    let sign =
        |input: String| format!("{input}.{}", base64url(&key.sign(input.as_bytes()).unwrap()));
    let texts = |header: &str, claims: &str| {
        sign(format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes())))
    };
    let (header, claims) = (draft.header.to_string(), draft.claims.to_string());
    let first = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);
    let alg = format!(r#""alg":"{}""#, key.alg().as_str());
    let mut made = vec![
        ("crit".to_owned(), draft.clone().header("crit", json!(["exp"])).signed(key)),
        ("empty crit".into(), draft.clone().header("crit", json!([])).signed(key)),
        (
            "unencoded".into(),
            draft.clone().header("crit", json!(["b64"])).header("b64", false).signed(key),
        ),
        ("alg twice".into(), texts(&first(&header, &alg), &claims)),
        ("iss twice".into(), texts(&header, &first(&first(&claims, r#""q":1"#), r#""q":1"#))),
        (
            "alg in lower case".into(),
            draft.clone().header("alg", key.alg().as_str().to_lowercase()).signed(key),
        ),
        (
            "a list of algs".into(),
            draft.clone().header("alg", json!([key.alg().as_str()])).signed(key),
        ),
        ("another alg than the key's".into(), draft.clone().header("alg", "RS256").signed(key)),
        ("no alg".into(), draft.clone().without_header("alg").signed(key)),
        ("a number for typ".into(), draft.clone().header("typ", 7).signed(key)),
        ("too long".into(), draft.clone().with("q", "q".repeat(17 * 1024)).signed(key)),
    ];
    for typ in typs {
        made.push((format!("typ {typ:?}"), draft.clone().header("typ", *typ).signed(key)));
    }
    if draft.claims.get("aud").is_some() {
        for aud in [json!(7), json!({}), json!([7]), json!([[]]), json!([]), json!(null), json!("")]
        {
            made.push((format!("aud {aud}"), draft.clone().with("aud", aud).signed(key)));
        }
        let exp = draft.claims["exp"].clone();
        for exp in [json!(exp.to_string()), json!(-1), json!(1e300), json!([exp]), json!(true)] {
            made.push((format!("exp {exp}"), draft.clone().with("exp", exp).signed(key)));
        }
    }
    made
}

/// A service with a key, at a provider.
struct Scene {
    server: TestServer,
    signer: Signer,
    client: Client,
}

impl Scene {
    async fn set() -> Self {
        let signer = Signer::new(Alg::ES256);
        let mut registration = signer.registration(SERVICE);
        registration["grant_types"] = json!(["authorization_code", "refresh_token", CIBA]);
        registration["backchannel_token_delivery_mode"] = json!("poll");
        registration["redirect_uris"] = json!(["https://cle.example/callback"]);
        let server = TestServer::start().await.with_clients([registration]).await;
        let server = server
            .reconfigured(|config| {
                // The doors are under attack, not their brakes.
                config.ciba.requests_per_client = 100_000;
            })
            .await;
        let client = Client::registered(SERVICE, "https://cle.example/callback", server.url());
        Self { server, signer, client }
    }

    fn assertion(&self) -> Draft {
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": self.signer.key.kid()});
        Draft { header, claims: self.signer.claims(&self.server, SERVICE) }
    }

    /// A call of the service, which proves who it is.
    async fn call(&self, endpoint: &str, form: &[(&str, &str)]) -> Page {
        let assertion = self.signer.assertion(&self.server, SERVICE);
        let form = [form, &Signer::form(&assertion)].concat();
        self.client.call(self.client.back_channel(endpoint, &form)).await
    }

    async fn asks(&self, form: &[(&str, &str)]) -> bool {
        let page = self.call("ext/ciba/auth", form).await;
        if page.status == 200 {
            let asked: Asked = serde_json::from_str(&page.text).unwrap();
            self.server.unattended(&asked.auth_req_id, "deny").await;
        }
        assert_ne!(page.status, 429, "{}", page.text);
        page.status == 200
    }

    /// Shows each of them at a door, and the good one at last.
    async fn hold<Taken: Future<Output = bool>>(
        &self,
        confusions: Vec<(String, String)>,
        good: &str,
        taken: impl Fn(String) -> Taken,
    ) {
        assert!(confusions.len() > 20);
        for (name, token) in confusions {
            assert!(!taken(token.clone()).await, "{name} was taken: {token}");
        }
        assert!(taken(good.to_owned()).await, "the good one is not taken");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_door_of_assertions() {
    let scene = Scene::set().await;
    let key = &scene.signer.key;
    let draft = scene.assertion();
    let typs =
        ["at+jwt", "dpop+jwt", "oauth-authz-req+jwt", "logout+jwt", "login-hint+jwt", "ID", ""];
    let confusions = [forged(&draft.signed(key), &key.jwk()), signed(&draft, key, &typs)].concat();
    // Who fails without end is told to wait: in two halves.
    let good = draft.signed(key);
    let taken = async |token: String| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        let form = [form.as_slice(), &Signer::form(&token)].concat();
        let page = scene.client.call(scene.client.token_request(&form)).await;
        assert!(page.status == 400 || page.status == 401, "{}", page.text);
        page.text.contains("invalid_grant")
    };
    assert!(confusions.len() < 100, "{}", confusions.len());
    scene.hold(confusions, &good, taken).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_doors_of_request_objects() {
    let scene = Scene::set().await;
    let key = &scene.signer.key;
    let request = scene.client.request();
    let draft = scene.client.object(&scene.server, key, &request).without("jti");
    let typs = ["at+jwt", "dpop+jwt", "JWT", "logout+jwt", "login-hint+jwt", ""];
    let good = draft.signed(key);
    let confusions = [forged(&good, &key.jwk()), signed(&draft, key, &typs)].concat();

    let pushed = async |object: String| {
        let page = scene.call("ext/par/request", &[("request", &object)]).await;
        assert!(page.status == 201 || page.status == 400, "{}", page.text);
        page.status == 201
    };
    scene.hold(confusions.clone(), &good, pushed).await;

    let browser = scene.server.browser();
    let shown = async |object: String| {
        let page = browser.get(&scene.client.inside(&object, &request).url).await;
        let to = page.location().map(|to| to.path().to_owned());
        assert!(to.is_some() || page.status.is_client_error(), "{}", page.text);
        to.is_some_and(|path| path.starts_with("/login/"))
    };
    // What no address can hold does not come this far.
    let short = confusions.into_iter().filter(|(_, token)| token.len() < 16 * 1024).collect();
    scene.hold(short, &good, shown).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_doors_of_signed_ciba_requests_and_hints() {
    let scene = Scene::set().await;
    let key = &scene.signer.key;
    let now = scene.server.clock.now();
    let header = json!({"alg": "ES256", "kid": key.kid()});
    let claims = json!({"iss": SERVICE, "aud": scene.server.issuer(), "iat": now, "nbf": now,
        "exp": now + 300, "jti": "one", "scope": "openid", "login_hint": DOCTOR,
        "binding_message": "07"});
    let draft = Draft { header: header.clone(), claims };
    let typs = ["at+jwt", "dpop+jwt", "logout+jwt", "login-hint+jwt"];
    let good = draft.signed(key);
    let confusions = [forged(&good, &key.jwk()), signed(&draft, key, &typs)].concat();
    scene
        .hold(confusions, &good, async |object: String| scene.asks(&[("request", &object)]).await)
        .await;

    let claims = json!({"iss": SERVICE, "aud": scene.server.issuer(), "exp": now + 300,
        "login_hint": DOCTOR});
    let draft = Draft { header, claims }.header("typ", "login-hint+jwt");
    let typs = ["at+jwt", "dpop+jwt", "logout+jwt", "JWT", "oauth-authz-req+jwt", ""];
    let good = draft.signed(key);
    let confusions = [forged(&good, &key.jwk()), signed(&draft, key, &typs)].concat();
    let hinted = async |hint: String| {
        let form = [("scope", "openid"), ("login_hint_token", &*hint), ("binding_message", "07")];
        scene.asks(&form).await
    };
    scene.hold(confusions, &good, hinted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_door_of_dpop_proofs() {
    let scene = Scene::set().await;
    let dossier = scene.server.client("dossier");
    let key = DpopKey::new();
    let draft = key.draft("POST", &dossier.endpoint("token"), scene.server.clock.now());
    let typs = ["at+jwt", "JWT", "logout+jwt", "oauth-authz-req+jwt", ""];
    let good = draft.signed(&key.0);
    let confusions = [forged(&good, &key.jwk()), signed(&draft, &key.0, &typs)].concat();
    // What no header can hold is no proof; spaces around a header are not part of it.
    let sendable = |token: &String| {
        token.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') && token.trim() == token
    };
    let confusions = confusions.into_iter().filter(|(_, token)| sendable(token)).collect();
    let taken = async |proof: String| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        let page = dossier.call(dossier.token_request(&form).header("dpop", proof)).await;
        assert_eq!(page.status, 400, "{}", page.text);
        page.text.contains("invalid_grant")
    };
    scene.hold(confusions, &good, taken).await;
}

async fn logged_in(server: &TestServer) -> (Browser, Client, Tokens, Value) {
    let (browser, client) = (server.browser(), server.client("imagerie"));
    let tokens = client.log_in(&browser, DOCTOR).await;
    let kid = Jwt::read(&tokens.access_token).header["kid"].clone();
    let key = server.jwks().await.into_iter().find(|key| key["kid"] == kid).unwrap();
    (browser, client, tokens, key)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_doors_of_id_token_hints() {
    let scene = Scene::set().await;
    let (browser, client, tokens, key) = logged_in(&scene.server).await;
    let good = tokens.id_token.as_str();
    let mut confusions = forged(good, &key);
    confusions.push(("an access token".into(), tokens.access_token.clone()));
    confusions.push(("a refresh token".into(), tokens.refresh_token.clone()));
    confusions.retain(|(_, token)| token.len() < 16 * 1024);

    let silent = async |hint: String| {
        let request = client.request().with("prompt", "none").with("id_token_hint", &hint);
        let answer = browser.get(&request.url).await.answer();
        answer.members.contains_key("code")
    };
    scene.hold(confusions.clone(), good, silent).await;

    // A hint of its own, for the client that asks.
    let bedside = scene.server.client("chevet");
    let asked = bedside.ask(DOCTOR).await;
    scene.server.unattended(&asked.auth_req_id, "allow").await;
    let own = bedside.poll(&asked.auth_req_id).await.unwrap().id_token;
    let mut own_confusions = forged(&own, &key);
    own_confusions.push(("another client's".into(), good.to_owned()));
    let hinted = async |hint: String| {
        let form = [("scope", "openid"), ("id_token_hint", &*hint), ("binding_message", "07")];
        match bedside.ask_form(&form).await {
            Ok(asked) => scene.server.unattended(&asked.auth_req_id, "deny").await.status == 200,
            Err(refused) => {
                assert_eq!(refused.error, "invalid_request");
                false
            }
        }
    };
    scene.hold(own_confusions, &own, hinted).await;

    let ended = async |hint: String| {
        let parameters = [("id_token_hint", hint.as_str())];
        let endpoint = scene.server.endpoint("logout");
        let address = url::Url::parse_with_params(&endpoint, parameters).unwrap();
        browser.get(address).await.status == 200
    };
    scene.hold(confusions, good, ended).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_doors_of_access_tokens() {
    let scene = Scene::set().await;
    let (_, client, tokens, key) = logged_in(&scene.server).await;
    let good = tokens.access_token.as_str();
    let mut confusions = forged(good, &key);
    confusions.push(("an ID token".into(), tokens.id_token.clone()));
    let introspected = async |token: String| {
        let form = [("token", token.as_str())];
        let page = client.call(client.back_channel("token/introspect", &form)).await;
        let said: Value = serde_json::from_str(&page.text).unwrap();
        said["active"] == true && said["token_type"] == "Bearer"
    };
    scene.hold(confusions.clone(), good, introspected).await;

    let posted = async |token: String| {
        let form = [("access_token", token.as_str())];
        let page = client.call(client.http().post(client.endpoint("userinfo")).form(&form)).await;
        assert!(page.status == 200 || page.status == 401, "{}", page.text);
        page.status == 200
    };
    scene.hold(confusions, good, posted).await;
}
