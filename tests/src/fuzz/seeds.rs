//! One good request for every route, with everything that it needs to be
//! believed.

use openpsc::{config::REALM, jose::Alg};
use openpsc_protocol::ecps::paths;
use reqwest::RequestBuilder;
use serde_json::json;

use super::{
    chance::Chance,
    wire::{Body, Request},
};
use crate::{BROWSER_COOKIE, Browser, CIBA, Client, DpopKey, SESSION_COOKIE, Signer, TestServer};

const DOCTOR: &str = "899700990015";

/// The good requests, and every name and value in them.
pub(super) struct Seeds {
    requests: Vec<Request>,
    names: Vec<String>,
    values: Vec<String>,
}

impl Seeds {
    pub(super) async fn make(server: &TestServer) -> Self {
        let mut making =
            Making { provider: server.app.config.listen.clone(), requests: Vec::new() };
        let browser = server.browser();
        making.front(server, &browser).await;
        making.back(server, &browser).await;
        making.phone(server);
        let mut requests = making.requests;
        let cookie = |name: &str| format!("{name}={}", browser.cookie(name).unwrap_or_default());
        let cookies = format!("{}; {}", cookie(SESSION_COOKIE), cookie(BROWSER_COOKIE));
        for request in requests.iter_mut().filter(|request| request.to == making.provider) {
            request.headers.push(("cookie".into(), cookies.clone().into_bytes()));
            request.headers.push(("sec-fetch-site".into(), b"same-origin".to_vec()));
        }
        let mut names: Vec<String> = EXTRA.iter().map(|name| (*name).to_owned()).collect();
        let mut values = vec![cookies];
        for request in &requests {
            let form = match &request.body {
                Body::Form(pairs) => pairs.as_slice(),
                _ => &[],
            };
            for (name, value) in request.query.iter().chain(form) {
                names.push(name.clone());
                values.push(value.clone());
            }
        }
        Self { requests, names, values }
    }

    pub(super) fn pick(&self, chance: &mut Chance) -> Request {
        chance.pick(&self.requests).clone()
    }

    pub(super) fn name(&self, chance: &mut Chance) -> &str {
        chance.pick::<String>(&self.names)
    }

    pub(super) fn value(&self, chance: &mut Chance) -> &str {
        chance.pick::<String>(&self.values)
    }
}

/// Parameters that the good requests do not need.
const EXTRA: &[&str] = &[
    "request",
    "request_uri",
    "registration",
    "claims",
    "resource",
    "prompt",
    "max_age",
    "display",
    "ui_locales",
    "claims_locales",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "response_mode",
    "dpop_jkt",
    "login_hint_token",
    "requested_expiry",
    "user_code",
    "channel",
    "audience",
    "client_assertion",
    "client_assertion_type",
    "client_secret",
    "token_type_hint",
    "logout_hint",
    "return_to",
    "to",
    "state",
    "error",
    "iss",
    "kc_idp_hint",
];

struct Making {
    provider: String,
    requests: Vec<Request>,
}

impl Making {
    fn add(&mut self, request: Request) {
        self.requests.push(request);
    }

    /// What a library made, taken apart.
    fn built(&mut self, request: RequestBuilder) {
        let request = request.build().unwrap();
        let url = request.url();
        let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
        let is_form =
            request.headers().get("content-type").is_some_and(|kind| kind != "application/json");
        let pairs = |text: &[u8]| url::form_urlencoded::parse(text).into_owned().collect();
        let headers = request.headers().iter().filter(|(name, _)| *name != "content-type");
        let request = Request {
            to: format!("127.0.0.1:{}", url.port().unwrap()),
            method: request.method().to_string(),
            path: url.path().to_owned(),
            query: url.query_pairs().into_owned().collect(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
                .collect(),
            body: match body {
                [] => Body::None,
                _ if is_form => Body::Form(pairs(body)),
                _ => Body::Json(body.to_vec()),
            },
        };
        self.add(request);
    }

    fn get(&mut self, path: &str, query: &[(&str, &str)]) {
        let query = query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let (to, method) = (self.provider.clone(), "GET".into());
        let (path, headers) = (path.to_owned(), Vec::new());
        self.add(Request { to, method, path, query, headers, body: Body::None });
    }

    fn post(&mut self, path: &str, form: &[(&str, &str)]) {
        let form = form.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let (to, method) = (self.provider.clone(), "POST".into());
        let (path, query, headers) = (path.to_owned(), Vec::new(), Vec::new());
        self.add(Request { to, method, path, query, headers, body: Body::Form(form) });
    }

    /// What browsers ask for.
    async fn front(&mut self, server: &TestServer, browser: &Browser) {
        let agenda = server.client("agenda");
        let robot = server.client("robot").request().with("login_hint", DOCTOR);
        browser.get(&robot.url).await;
        let login = browser.open(&agenda.request().with("prompt", "login").url).await;
        let at = login.url.path().to_owned();
        let csrf = login.form("/ecps/push").fields["csrf"].clone();
        let csrf = ("csrf", csrf.as_str());
        self.get(&at, &[]);
        for word in ["ecps/qr", "wait", "state", "events", "complete"] {
            self.get(&format!("{at}/{word}"), &[]);
        }
        self.post(&format!("{at}/ecps/push"), &[csrf, ("national_id", DOCTOR), ("remember", "on")]);
        self.post(&format!("{at}/ecps/link"), &[csrf]);
        self.post(&format!("{at}/cancel"), &[csrf]);
        self.post(&format!("{at}/sandbox"), &[csrf, ("national_id", DOCTOR), ("means", "ecps")]);
        let request = agenda.request().with("prompt", "none").with("acr_values", "eidas1");
        for request in [
            agenda.request(),
            request.clone(),
            agenda.request().with("response_mode", "form_post").with("prompt", "none"),
            agenda.request().with("claims", r#"{"id_token":{"acr":{"essential":true}}}"#),
            agenda.pushed(&request).await,
        ] {
            for path in ["/auth", "/auth/", &format!("{REALM}/protocol/openid-connect/auth")] {
                let pairs: Vec<_> = request.url.query_pairs().into_owned().collect();
                let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                self.get(path, &pairs);
                self.post(path, &pairs);
            }
        }
        let logout = [
            ("client_id", "agenda"),
            ("post_logout_redirect_uri", "https://agenda.example/bye"),
            ("state", "s"),
        ];
        self.get(&format!("{REALM}/protocol/openid-connect/logout"), &logout);
        self.post(&format!("{REALM}/protocol/openid-connect/logout"), &logout);
        self.post("/logout/confirmed", &[&[csrf], logout.as_slice()].concat());
        self.get("/language/en", &[("return_to", "/portal"), ("to", &at)]);
        for path in ["/", "/portal", "/assets/style.css", "/nothing", "/sandbox/v1/nothing"] {
            self.get(path, &[]);
        }
        self.post("/portal/enrolments", &[csrf, ("national_id", DOCTOR)]);
        for word in ["", "/qr", "/state"] {
            self.get(&format!("/portal/enrolments/x{word}"), &[]);
        }
        for word in ["confirm", "refuse"] {
            self.post(&format!("/portal/enrolments/x/{word}"), &[csrf]);
        }
        for path in [
            "/sandbox/v1/phones/899700990072",
            "/sandbox/v1/phones/899700990072/approve",
            "/sandbox/v1/clock",
            "/sandbox/v1/ciba/x/allow",
        ] {
            self.post(path, &[]);
        }
        self.get("/sandbox/v1/ciba/x/deny", &[]);
    }

    /// What services call.
    async fn back(&mut self, server: &TestServer, browser: &Browser) {
        let (agenda, chevet) = (server.client("agenda"), server.client("chevet"));
        let (dossier, imagerie) = (server.client("dossier"), server.client("imagerie"));
        for path in [
            format!("{REALM}/.well-known/openid-configuration"),
            format!("{REALM}/.well-known/wallet-openid-configuration"),
            format!("{REALM}/.well-known/oauth-authorization-server"),
            format!("/.well-known/oauth-authorization-server{REALM}"),
            format!("{REALM}/protocol/openid-connect/certs"),
        ] {
            self.get(&path, &[]);
        }
        let silent = imagerie.request().with("prompt", "none");
        let code = imagerie.code(&silent, &browser.get(&silent.url).await);
        let tokens = imagerie.redeem(&code, &silent.verifier).await.unwrap();
        let silent = dossier.request().with("prompt", "none");
        let code = dossier.code(&silent, &browser.get(&silent.url).await);
        let form = dossier.redemption(&code, &silent.verifier);
        self.built(dossier.token_request(&form));
        let proof = DpopKey::new().proof("POST", &dossier.endpoint("token"), server.clock.now());
        self.built(dossier.token_request(&form).header("dpop", proof));
        let refresh = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &*tokens.refresh_token),
            ("scope", "openid"),
        ];
        self.built(imagerie.token_request(&refresh));
        let token = [("token", &*tokens.access_token), ("token_type_hint", "access_token")];
        self.built(imagerie.back_channel("token/introspect", &token));
        self.built(imagerie.back_channel("revoke", &[("token", "x")]));
        let userinfo = imagerie.endpoint("userinfo");
        self.built(imagerie.http().get(&userinfo).bearer_auth(&tokens.access_token));
        let posted = [("access_token", &*tokens.access_token)];
        self.built(imagerie.http().post(&userinfo).form(&posted));
        let request = agenda.request().with("id_token_hint", &tokens.id_token);
        let pairs: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        self.built(agenda.back_channel("ext/par/request", &pairs[1..]));
        let asking = [("scope", "openid"), ("login_hint", DOCTOR), ("binding_message", "07")];
        self.built(chevet.back_channel("ext/ciba/auth", &asking));
        let asked = chevet.ask_form(&asking).await.unwrap();
        server.unattended(&asked.auth_req_id, "allow").await;
        let poll = [("grant_type", CIBA), ("auth_req_id", &*asked.auth_req_id)];
        self.built(chevet.token_request(&poll));

        let signer = Signer::new(Alg::ES256);
        let endpoint = format!("{}/clients-registrations/openid-connect", server.issuer());
        let metadata = json!({"redirect_uris": ["https://cle.example/"], "client_name": "Clé",
            "token_endpoint_auth_method": "private_key_jwt", "jwks": signer.jwks(),
            "grant_types": ["authorization_code"], "scope": "openid"});
        let registering = || crate::http().post(&endpoint).json(&metadata);
        let answer = registering().send().await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        self.built(registering());
        let uri = answer["registration_client_uri"].as_str().unwrap();
        let token = answer["registration_access_token"].as_str().unwrap();
        let mut changed = metadata.clone();
        changed["client_id"] = answer["client_id"].clone();
        self.built(crate::http().get(uri).bearer_auth(token));
        self.built(crate::http().put(uri).bearer_auth(token).json(&changed));
        let client_id = answer["client_id"].as_str().unwrap().to_owned().leak();
        let cle = Client::registered(client_id, "https://cle.example/", server.url());
        let assertion = signer.assertion(server, client_id);
        let form = [refresh.as_slice(), &Signer::form(&assertion)].concat();
        self.built(cle.token_request(&form));
        let request = cle.request();
        let object = cle.object(server, &signer.key, &request).signed(&signer.key);
        self.built(cle.http().get(cle.inside(&object, &request).url));
    }

    /// What phones call; none of it is signed well.
    fn phone(&mut self, server: &TestServer) {
        let to = server.app.config.ecps.listen.clone();
        let message = json!({"device_id": "d", "payload": "e30", "signatures":
            [{"protected": "eyJhbGciOiJFUzI1NiJ9", "signature": "AAAA"}], "link": "x", "label": "x",
            "k1": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, "blinded": "AA", "rid": "x"});
        for path in [
            paths::NONCE,
            paths::CLAIM,
            paths::ENROL_PIN,
            paths::PIN_OPRF,
            paths::PIN_CHANGE,
            paths::DEVICE,
            paths::REVOKE,
            paths::HISTORY,
            paths::REQUESTS,
            paths::SCAN,
            paths::OPEN_LINK,
            paths::DECIDE,
            "/a/nothing",
        ] {
            let (to, method, path) = (to.clone(), "POST".into(), path.to_owned());
            let body = Body::Json(message.to_string().into_bytes());
            let headers = vec![("ecps-proof".to_owned(), b"e30.e30.AAAA".to_vec())];
            self.add(Request { to, method, path, query: Vec::new(), headers, body });
        }
    }
}
