//! The provider's double: a few endpoints that answer as a test tells them.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, LazyLock, Mutex, MutexGuard},
};

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa,
    signature::{self, EcdsaKeyPair, KeyPair},
};
use axum::{
    Form, Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use url::Url;

/// Made once: an RSA key takes long to find.
static RSA_KEY: LazyLock<signature::RsaKeyPair> =
    LazyLock::new(|| rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap());

pub(crate) const SUBJECT: &str = "f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:899700990015";
pub(crate) const CLIENT_ID: &str = "agenda";
pub(crate) const CLIENT_SECRET: &str = "agenda-secret/with?odd+letters";

/// How this provider behaves. The default is ours; `like_psc` is the original.
pub(crate) struct Behaviour {
    pub(crate) paths: Vec<&'static str>,
    pub(crate) announces_iss: bool,
    pub(crate) sends_iss: Option<String>,
    pub(crate) rsa: bool,
    pub(crate) rotates: bool,
    pub(crate) acr: Option<&'static str>,
    pub(crate) authenticated_ago: i64,
    /// Members written over those of the next ID token; null removes one.
    pub(crate) id_token: Value,
    pub(crate) userinfo: Value,
    /// The token endpoint's next refusal.
    pub(crate) refuses: Option<&'static str>,
    pub(crate) issuer_in_metadata: Option<String>,
    /// Signs with a key that is published only later.
    pub(crate) kid: &'static str,
    pub(crate) published: Vec<&'static str>,
    pub(crate) raw_payload: Option<String>,
    pub(crate) forgery: Option<Forgery>,
}

/// How an ID token is signed by someone who has not the provider's key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Forgery {
    Unsigned,
    SharedSecret,
    OtherKey,
}

impl Behaviour {
    pub(crate) fn ours() -> Self {
        Self {
            paths: vec!["wallet-openid-configuration", "openid-configuration"],
            announces_iss: true,
            sends_iss: None,
            rsa: false,
            rotates: false,
            acr: Some("eidas2"),
            authenticated_ago: 2,
            id_token: json!({}),
            userinfo: json!({
                "sub": SUBJECT, "SubjectNameID": "899700990015", "given_name": "AURORE",
                "family_name": "LANTERNIER", "authMode": "MOBILE", "Mode_Acces_Raison": "",
                "SubjectRefPro": { "codeCivilite": "MME", "exercices": [ {
                    "codeProfession": "10", "codeCategorieProfessionnelle": "C",
                    "activities": [ { "codeModeExercice": "L", "numeroSiretSite": "" },
                                    { "codeModeExercice": "S" } ] } ] }
            }),
            refuses: None,
            issuer_in_metadata: None,
            kid: "k1",
            published: vec!["k1"],
            raw_payload: None,
            forgery: None,
        }
    }

    /// As observed: one discovery path, RS256, no `iss`, `acr` echoed.
    pub(crate) fn like_psc() -> Self {
        Self {
            paths: vec!["wallet-openid-configuration"],
            announces_iss: false,
            rsa: true,
            acr: Some("eidas1"),
            ..Self::ours()
        }
    }
}

struct Grant {
    nonce: String,
    challenge: String,
}

pub(crate) struct Played {
    pub(crate) behaviour: Behaviour,
    pub(crate) now: i64,
    pub(crate) token_calls: usize,
    pub(crate) refresh_calls: usize,
    pub(crate) discovery_calls: usize,
    grants: HashMap<String, Grant>,
    refresh_tokens: Vec<String>,
    access_tokens: Vec<String>,
    serial: usize,
}

#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) issuer: String,
    address: SocketAddr,
    key: Arc<EcdsaKeyPair>,
    state: Arc<Mutex<Played>>,
}

impl Provider {
    pub(crate) async fn start(behaviour: Behaviour, now: i64) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let provider = Self {
            issuer: format!("http://127.0.0.1:{}/auth/realms/esante-wallet", address.port()),
            address,
            key: Arc::new(new_key()),
            state: Arc::new(Mutex::new(Played {
                behaviour,
                now,
                token_calls: 0,
                refresh_calls: 0,
                discovery_calls: 0,
                grants: HashMap::new(),
                refresh_tokens: Vec::new(),
                access_tokens: Vec::new(),
                serial: 0,
            })),
        };
        let r = "/auth/realms/esante-wallet";
        let app = Router::new()
            .route(&format!("{r}/.well-known/{{document}}"), get(discovery))
            .route(&format!("{r}/certs"), get(certs))
            .route(&format!("{r}/token"), post(token))
            .route(&format!("{r}/userinfo"), get(userinfo))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        provider
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, Played> {
        self.state.lock().unwrap()
    }

    pub(crate) fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.state().behaviour);
    }

    /// The person logs in at the address that the service sent them to; the
    /// answer is the address that the browser is sent back to.
    pub(crate) fn approve(&self, authorization: &str) -> Url {
        let query = query(authorization);
        let mut state = self.state();
        state.serial += 1;
        let code = format!("code-{}", state.serial);
        state.grants.insert(
            code.clone(),
            Grant { nonce: query["nonce"].clone(), challenge: query["code_challenge"].clone() },
        );
        let iss = state.behaviour.sends_iss.clone();
        let iss = iss.or_else(|| state.behaviour.announces_iss.then(|| self.issuer.clone()));
        let mut back = Url::parse(&query["redirect_uri"]).unwrap();
        back.query_pairs_mut()
            .append_pair("session_state", "s")
            .append_pair("code", &code)
            .append_pair("state", &query["state"]);
        if let Some(iss) = iss {
            back.query_pairs_mut().append_pair("iss", &iss);
        }
        back
    }

    /// The person, or the provider, says no.
    pub(crate) fn refuse(&self, authorization: &str, error: &str) -> Url {
        let mut back = self.approve(authorization);
        let kept: Vec<_> = back
            .query_pairs()
            .filter(|(name, _)| name != "code")
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        back.query_pairs_mut().clear().extend_pairs(kept).append_pair("error", error);
        back
    }

    /// A logout token with these claims, signed as the provider behaves.
    pub(crate) fn logout_token(&self, claims: &Value) -> String {
        let state = self.state();
        self.sign(&claims.to_string(), &state.behaviour)
    }

    fn sign(&self, claims: &str, behaviour: &Behaviour) -> String {
        let alg = match behaviour.forgery {
            Some(Forgery::Unsigned) => "none",
            Some(Forgery::SharedSecret) => "HS256",
            _ if behaviour.rsa => "RS256",
            _ => "ES256",
        };
        let header = json!({ "alg": alg, "typ": "JWT", "kid": behaviour.kid }).to_string();
        let input = format!("{}.{}", encode(header), encode(claims));
        let random = SystemRandom::new();
        let by =
            |key: &EcdsaKeyPair| key.sign(&random, input.as_bytes()).unwrap().as_ref().to_vec();
        let signature = match behaviour.forgery {
            Some(Forgery::Unsigned) => Vec::new(),
            Some(Forgery::SharedSecret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
                hmac::sign(&key, input.as_bytes()).as_ref().to_vec()
            }
            Some(Forgery::OtherKey) => by(&new_key()),
            None if behaviour.rsa => {
                let mut bytes = vec![0; RSA_KEY.public_modulus_len()];
                let padding = &signature::RSA_PKCS1_SHA256;
                RSA_KEY.sign(padding, &random, input.as_bytes(), &mut bytes).unwrap();
                bytes
            }
            None => by(&self.key),
        };
        format!("{input}.{}", encode(signature))
    }
}

fn new_key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn query(address: &str) -> HashMap<String, String> {
    Url::parse(address).unwrap().query_pairs().into_owned().collect()
}

async fn discovery(State(provider): State<Provider>, Path(document): Path<String>) -> Response {
    let mut state = provider.state();
    state.discovery_calls += 1;
    if !state.behaviour.paths.contains(&document.as_str()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let r = &provider.issuer;
    let port = provider.address.port();
    Json(json!({
        "issuer": state.behaviour.issuer_in_metadata.as_ref().unwrap_or(r),
        // PSC's authorization endpoint lives on another host, at a bare path.
        "authorization_endpoint": format!("http://wallet.localhost:{port}/auth"),
        "token_endpoint": format!("{r}/token"),
        "userinfo_endpoint": format!("{r}/userinfo"),
        "jwks_uri": format!("{r}/certs"),
        "end_session_endpoint": format!("{r}/logout"),
        "acr_values_supported": ["0", "0"],
        "authorization_response_iss_parameter_supported": state.behaviour.announces_iss,
    }))
    .into_response()
}

async fn certs(State(provider): State<Provider>) -> Json<Value> {
    let point = provider.key.public_key().as_ref().to_vec();
    // PKCS#1: SEQUENCE { INTEGER n (257 bytes with its zero), INTEGER 65537 }.
    let der = RSA_KEY.public_key().as_ref().to_vec();
    assert_eq!(der[der.len() - 5..], [2, 3, 1, 0, 1]);
    let modulus = &der[der.len() - 5 - 256..der.len() - 5];
    let keys: Vec<_> = provider
        .state()
        .behaviour
        .published
        .iter()
        .flat_map(|kid| {
            [
                json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
                        "x": encode(&point[1..33]), "y": encode(&point[33..]) }),
                json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
                        "n": encode(modulus), "e": "AQAB" }),
                json!({ "kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "kid": "enc",
                        "n": encode(modulus), "e": "AQAB" }),
            ]
        })
        .collect();
    Json(json!({ "keys": keys }))
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let mut state = provider.state();
    state.token_calls += 1;
    if !authenticated(&headers, &form) {
        return refusal("invalid_client");
    }
    if let Some(error) = state.behaviour.refuses {
        return refusal(error);
    }
    let nonce = match form["grant_type"].as_str() {
        "authorization_code" => {
            let Some(grant) = state.grants.remove(&form["code"]) else {
                return refusal("invalid_grant");
            };
            if encode(Sha256::digest(&form["code_verifier"])) != grant.challenge {
                return refusal("invalid_grant");
            }
            Some(grant.nonce)
        }
        "refresh_token" => {
            state.refresh_calls += 1;
            if !state.refresh_tokens.contains(&form["refresh_token"]) {
                return refusal("invalid_grant");
            }
            None
        }
        _ => return refusal("unsupported_grant_type"),
    };
    Json(provider.answer(&mut state, nonce)).into_response()
}

impl Provider {
    fn answer(&self, state: &mut Played, nonce: Option<String>) -> Value {
        state.serial += 1;
        let access_token = format!("access-{}", state.serial);
        let refresh_token = format!("refresh-{}", state.serial);
        if state.behaviour.rotates {
            state.refresh_tokens.clear();
        }
        state.refresh_tokens.push(refresh_token.clone());
        state.access_tokens.push(access_token.clone());

        let mut claims = Map::new();
        let hash = Sha256::digest(&access_token);
        for (name, value) in [
            ("iss", json!(self.issuer)),
            ("aud", json!(CLIENT_ID)),
            ("azp", json!(CLIENT_ID)),
            ("sub", json!(SUBJECT)),
            ("iat", json!(state.now)),
            ("exp", json!(state.now + 120)),
            ("auth_time", json!(state.now - state.behaviour.authenticated_ago)),
            ("at_hash", json!(encode(&hash[..16]))),
            ("nonce", json!(nonce)),
            ("acr", json!(state.behaviour.acr)),
            ("SubjectNameID", json!("899700990015")),
        ] {
            claims.insert(name.into(), value);
        }
        claims.extend(state.behaviour.id_token.as_object().unwrap().clone());
        claims.retain(|_, value| !value.is_null());
        let payload = Value::Object(claims).to_string();
        let payload = match &state.behaviour.raw_payload {
            // Members that stand twice cannot be written by a JSON library.
            Some(more) => format!("{},{more}}}", payload.trim_end_matches('}')),
            None => payload,
        };
        json!({
            "access_token": access_token, "token_type": "Bearer", "expires_in": 120,
            "refresh_expires_in": 1800, "refresh_token": refresh_token,
            "not-before-policy": 0, "session_state": "s", "scope": "openid scope_all identity",
            "id_token": self.sign(&payload, &state.behaviour),
        })
    }
}

fn authenticated(headers: &HeaderMap, form: &HashMap<String, String>) -> bool {
    let secret: String = url::form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect();
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{secret}")));
    let by_header = headers.get("authorization").is_some_and(|value| *value == *basic);
    let by_body = form.get("client_id").is_some_and(|id| id == CLIENT_ID)
        && form.get("client_secret").is_some_and(|secret| secret == CLIENT_SECRET);
    by_header != by_body
}

fn refusal(error: &str) -> Response {
    let status =
        if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    (status, Json(json!({ "error": error }))).into_response()
}

async fn userinfo(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    let state = provider.state();
    let token = headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ").to_owned();
    if !state.access_tokens.contains(&token) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(state.behaviour.userinfo.clone()).into_response()
}
