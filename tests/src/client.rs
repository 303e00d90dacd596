//! A service: it asks for a login, redeems the code, reads the tokens.

use openpsc::{
    config::REALM,
    secret::{base64url, digest_of, random_bytes},
};
use reqwest::{Client as Http, RequestBuilder, StatusCode};
use serde_json::Value;
use url::Url;

use crate::{Page, TestServer, browser::http, tokens::Tokens};

/// How a service proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// In the `Authorization` header.
    Basic(&'static str),
    /// In the body.
    Post(&'static str),
    /// A public client has none.
    None,
}

/// A service, as a relying party library behaves.
pub struct Client {
    /// Its name at the provider.
    pub client_id: &'static str,
    /// How it proves who it is.
    pub credentials: Credentials,
    /// Where codes come back.
    pub redirect_uri: &'static str,
    issuer: String,
    /// Where its back end calls: the issuer, or another door of it.
    door: String,
    server: String,
    http: Http,
}

/// What a service remembers of a login that it asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where to send the browser.
    pub url: Url,
    /// Comes back with the answer.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    /// Proves that the code is redeemed by whoever asked.
    pub verifier: String,
}

impl Request {
    /// The same with a parameter added.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// The same without a parameter.
    pub fn without(mut self, name: &str) -> Self {
        let kept: Vec<(String, String)> =
            self.url.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
        self.url.query_pairs_mut().clear().extend_pairs(kept);
        self
    }

    /// The same with another value of a parameter.
    pub fn changed(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }
}

/// A refusal of the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: StatusCode,
    /// The OAuth error.
    pub error: String,
}

impl TestServer {
    /// A service of `clients.toml`.
    pub fn client(&self, client_id: &'static str) -> Client {
        Client::of(client_id, self.url())
    }
}

impl Client {
    /// A service of `clients.toml`, registered with a provider.
    pub fn of(client_id: &'static str, provider: &str) -> Self {
        let (credentials, redirect_uri) = match client_id {
            "agenda" => (
                Credentials::Basic("agenda-secret-0123456789abcdefghijklmn"),
                "https://agenda.example/callback",
            ),
            "imagerie" => (
                Credentials::Post("imagerie-secret-0123456789abcdefghijkl"),
                "https://imagerie.example/callback",
            ),
            "dossier" => (Credentials::None, "https://dossier.example/"),
            "hopital" => (
                Credentials::Basic("hopital-secret-0123456789abcdefghijklm"),
                "https://hopital.example/callback",
            ),
            "mobile" => (Credentials::None, "https://mobile.example/callback"),
            "bloc" => (
                Credentials::Basic("bloc-secret-0123456789abcdefghijklmnop"),
                "https://bloc.example/callback",
            ),
            "chevet" => (Credentials::Basic("chevet-secret-0123456789abcdefghijklmn"), ""),
            "officine" => (Credentials::Basic("officine-secret-0123456789abcdefghijkl"), ""),
            "robot" => (
                Credentials::Post("robot-secret-0123456789abcdefghijklmno"),
                "https://robot.example/callback",
            ),
            _ => panic!("{client_id} is not in clients.toml"),
        };
        Self { credentials, ..Self::registered(client_id, redirect_uri, provider) }
    }

    /// A service that a test registered itself. It sends its name; what proves
    /// the name, the test adds.
    pub fn registered(client_id: &'static str, redirect_uri: &'static str, provider: &str) -> Self {
        Self {
            client_id,
            credentials: Credentials::None,
            redirect_uri,
            issuer: format!("{provider}{REALM}"),
            door: format!("{provider}{REALM}"),
            server: provider.to_owned(),
            http: http(),
        }
    }

    /// An authorization request with everything that it should have.
    pub fn request(&self) -> Request {
        let random = || base64url(&random_bytes::<32>());
        let (state, nonce, verifier) = (random(), random(), random());
        let mut url = Url::parse(&format!("{}/auth", self.server)).unwrap();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id)
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("scope", "openid scope_all")
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &digest_of(&verifier))
            .append_pair("code_challenge_method", "S256");
        Request { url, state, nonce, verifier }
    }

    /// Takes an answer as RFC 9207 and OpenID Connect want it: ours, from this
    /// provider. Answers with the code.
    pub fn code(&self, request: &Request, page: &Page) -> String {
        let answer = page.answer();
        assert_eq!(answer.at, self.redirect_uri);
        assert_eq!(answer.member("state"), request.state);
        assert_eq!(answer.member("iss"), self.issuer);
        answer.code().to_owned()
    }

    /// The form that redeems a code.
    pub fn redemption<'a>(&'a self, code: &'a str, verifier: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri),
            ("code_verifier", verifier),
        ]
    }

    /// Redeems a code.
    pub async fn redeem(&self, code: &str, verifier: &str) -> Result<Tokens, Refused> {
        self.token(&self.redemption(code, verifier)).await
    }

    /// Refreshes.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Tokens, Refused> {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// Calls the token endpoint with this client's credentials.
    pub async fn token(&self, form: &[(&str, &str)]) -> Result<Tokens, Refused> {
        let page = self.call(self.token_request(form)).await;
        token_answer(&page)
    }

    /// Pushes a request (RFC 9126); the provider's whole answer.
    pub async fn push(&self, request: &Request) -> Page {
        let form: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let form: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| *name != "client_id")
            .collect();
        self.call(self.back_channel("ext/par/request", &form)).await
    }

    /// The same request as a reference to what was pushed.
    pub async fn pushed(&self, request: &Request) -> Request {
        let page = self.push(request).await;
        assert_eq!(page.status, StatusCode::CREATED, "{}", page.text);
        let body: Value = serde_json::from_str(&page.text).unwrap();
        let mut url = Url::parse(&format!("{}/auth", self.server)).unwrap();
        url.query_pairs_mut()
            .append_pair("client_id", self.client_id)
            .append_pair("request_uri", body["request_uri"].as_str().unwrap());
        Request { url, ..request.clone() }
    }

    /// A call of the token endpoint in the making.
    pub fn token_request(&self, form: &[(&str, &str)]) -> RequestBuilder {
        self.back_channel("token", form)
    }

    /// A call of any back-channel endpoint, with this client's credentials.
    pub fn back_channel(&self, word: &str, form: &[(&str, &str)]) -> RequestBuilder {
        let mut form = form.to_vec();
        let post = self.http.post(self.endpoint(word));
        match self.credentials {
            Credentials::Basic(secret) => post.basic_auth(self.client_id, Some(secret)).form(&form),
            Credentials::Post(secret) => {
                form.extend([("client_id", self.client_id), ("client_secret", secret)]);
                post.form(&form)
            }
            Credentials::None => {
                form.push(("client_id", self.client_id));
                post.form(&form)
            }
        }
    }

    /// What userinfo says.
    pub async fn userinfo(&self, access_token: &str) -> Page {
        self.call(self.http.get(self.endpoint("userinfo")).bearer_auth(access_token)).await
    }

    /// Asks, lets a person log in with one click, and redeems.
    pub async fn log_in(&self, browser: &crate::Browser, national_id: &str) -> Tokens {
        let request = self.request();
        let page = browser.open(&request.url).await;
        let page = browser.one_click(&page, national_id, "ecps").await;
        let code = self.code(&request, &page);
        self.redeem(&code, &request.verifier).await.unwrap()
    }

    /// Sends any request of this service.
    pub async fn call(&self, request: RequestBuilder) -> Page {
        Page::of(request.send().await.unwrap()).await
    }

    /// The same service, calling another door of the provider with an HTTP
    /// client of its own.
    #[must_use]
    pub fn through(self, http: Http, door: &str) -> Self {
        Self { http, door: format!("{door}{REALM}"), ..self }
    }

    /// An HTTP client without cookies.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// The address of an endpoint, by its last word.
    pub fn endpoint(&self, word: &str) -> String {
        format!("{}/protocol/openid-connect/{word}", self.door)
    }
}

/// Reads an answer of the token endpoint, and holds it to its rules.
pub fn token_answer(page: &Page) -> Result<Tokens, Refused> {
    assert_eq!(page.header("cache-control"), "no-store", "RFC 6749 §5.1: {}", page.text);
    assert_eq!(page.header("pragma"), "no-cache");
    let body: Value = serde_json::from_str(&page.text)
        .unwrap_or_else(|error| panic!("{} {error}: {}", page.status, page.text));
    if page.status == StatusCode::OK {
        return Ok(serde_json::from_value(body).unwrap());
    }
    let error = body["error"].as_str().unwrap().to_owned();
    let expected = if error == "invalid_client" { 401 } else { 400 };
    assert_eq!(page.status, expected, "RFC 6749 §5.2: {error}");
    let description = body["error_description"].as_str().unwrap();
    let allowed = |byte: u8| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    assert!(description.bytes().all(allowed), "{description}");
    Err(Refused { status: page.status, error })
}
