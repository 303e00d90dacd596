//! What is sent, and which answers are right.

use std::net::{IpAddr, Ipv4Addr};

use openpsc::{clock::Clock, config::REALM, jose::Alg, secret::random_token};
use reqwest::{Client as Http, RequestBuilder, redirect::Policy};
use serde_json::{Value, json};

use crate::{Client, DpopKey, Draft, Page, Signer, http};

/// Services that may register themselves (`registration.most_clients`).
const MOST_CLIENTS: usize = 10_000;

/// Everything that could pile up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Logins,
    Sessions,
    PushedRequests,
    RequestObjects,
    Assertions,
    Proofs,
    CibaRequests,
    UnknownClients,
    Addresses,
    FailedClients,
    Registrations,
}

impl Kind {
    pub(super) const ALL: [Self; 11] = [
        Self::Logins,
        Self::Sessions,
        Self::PushedRequests,
        Self::RequestObjects,
        Self::Assertions,
        Self::Proofs,
        Self::CibaRequests,
        Self::UnknownClients,
        Self::Addresses,
        Self::FailedClients,
        Self::Registrations,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Logins => "logins that nobody ends",
            Self::Sessions => "sessions",
            Self::PushedRequests => "pushed requests that nobody presents",
            Self::RequestObjects => "jti of request objects",
            Self::Assertions => "jti of client assertions",
            Self::Proofs => "jti of DPoP proofs, each of another key",
            Self::CibaRequests => "CIBA requests",
            Self::UnknownClients => "clients that do not exist",
            Self::Addresses => "addresses that do not exist",
            Self::FailedClients => "failed authentications, each from another address",
            Self::Registrations => "registrations, each from another address",
        }
    }

    /// How many may be taken.
    pub(super) fn most(self) -> Option<usize> {
        (self == Self::Registrations).then_some(MOST_CLIENTS)
    }

    pub(super) async fn sender(self, provider: &str) -> Sender {
        let signer = Signer::new(Alg::ES256);
        let metadata = json!({
            "redirect_uris": ["https://cle.example/"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": signer.jwks(),
        });
        let endpoint = format!("{provider}{REALM}/clients-registrations/openid-connect");
        let mut client_id = String::new();
        if matches!(self, Self::Assertions | Self::RequestObjects) {
            let answer = http().post(&endpoint).json(&metadata).send().await.unwrap();
            let answer: Value = answer.json().await.unwrap();
            client_id = answer["client_id"].as_str().unwrap().to_owned();
        }
        let client = match self {
            Self::Assertions | Self::RequestObjects => {
                Client::registered(client_id.leak(), "https://cle.example/", provider)
            }
            Self::Sessions => Client::of("robot", provider),
            Self::Proofs => Client::of("dossier", provider),
            Self::CibaRequests => Client::of("chevet", provider),
            _ => Client::of("agenda", provider),
        };
        Sender { kind: self, provider: provider.into(), signer, client }
    }
}

/// Sends one kind.
pub(super) struct Sender {
    kind: Kind,
    provider: String,
    signer: Signer,
    client: Client,
}

impl Sender {
    /// Sends one; whether it was taken, or a rule refused it.
    pub(super) async fn send(&self, number: usize) -> Result<bool, String> {
        let answer = self.request(number).send().await.map_err(|error| format!("{error:?}"))?;
        let page = Page::try_of(answer).await.map_err(|error| format!("{error:?}"))?;
        let status = page.status.as_u16();
        let taken = match self.kind {
            Kind::Logins => status == 303 && page.header("location").starts_with("/login/"),
            Kind::Sessions => status == 303 && page.header("location").contains("code="),
            Kind::PushedRequests | Kind::RequestObjects | Kind::Registrations => status == 201,
            // Only what was believed is told that the rest is wrong.
            Kind::Assertions | Kind::Proofs => page.text.contains("invalid_grant"),
            Kind::CibaRequests => status == 200,
            Kind::UnknownClients => status == 400,
            Kind::Addresses => status == 404,
            Kind::FailedClients => status == 401,
        };
        match status {
            _ if taken => Ok(true),
            429 => Ok(false),
            _ => Err(format!("{status} {}", page.text)),
        }
    }

    fn request(&self, number: usize) -> RequestBuilder {
        let client = &self.client;
        let nonsense = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        match self.kind {
            Kind::Logins => client.http().get(client.request().url),
            Kind::Sessions => {
                let request = client.request().with("login_hint", "899700990015");
                client.http().get(request.url)
            }
            Kind::PushedRequests => {
                let request = client.request();
                let form: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
                let form: Vec<_> = form
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()))
                    .filter(|(name, _)| *name != "client_id")
                    .collect();
                client.back_channel("ext/par/request", &form)
            }
            Kind::RequestObjects => {
                let object = self.object();
                let assertion = self.assertion();
                let request = [("request", object.as_str())];
                let form = [request.as_slice(), &Signer::form(&assertion)].concat();
                client.back_channel("ext/par/request", &form)
            }
            Kind::Assertions => {
                let assertion = self.assertion();
                let form = [nonsense.as_slice(), &Signer::form(&assertion)].concat();
                client.token_request(&form)
            }
            Kind::Proofs => {
                let url = client.endpoint("token");
                let proof = DpopKey::new().proof("POST", &url, Clock::default().now());
                client.token_request(&nonsense).header("dpop", proof)
            }
            Kind::CibaRequests => {
                let hint = format!("8{:011}", 10_000_000_000_usize + number);
                let form = [("scope", "openid"), ("login_hint", &hint), ("binding_message", "07")];
                client.back_channel("ext/ciba/auth", &form)
            }
            Kind::UnknownClients => {
                let request = client.request();
                client.http().get(request.changed("client_id", &random_token()).url)
            }
            Kind::Addresses => client.http().get(format!("{}/{}", self.provider, random_token())),
            Kind::FailedClients => {
                let address = format!("{}{REALM}/protocol/openid-connect/token", self.provider);
                from(number).post(address).basic_auth("agenda", Some("wrong")).form(&nonsense)
            }
            Kind::Registrations => {
                let endpoint =
                    format!("{}{REALM}/clients-registrations/openid-connect", self.provider);
                let metadata = json!({"redirect_uris": ["https://nouveau.example/"]});
                from(number).post(endpoint).json(&metadata)
            }
        }
    }

    fn issuer(&self) -> String {
        format!("{}{REALM}", self.provider)
    }

    fn assertion(&self) -> String {
        self.signer.sign(&json!({
            "iss": self.client.client_id, "sub": self.client.client_id, "aud": self.issuer(),
            "exp": Clock::default().now() + 60, "jti": random_token(),
        }))
    }

    fn object(&self) -> String {
        let now = Clock::default().now();
        let mut claims = json!({
            "iss": self.client.client_id, "aud": self.issuer(), "nbf": now, "exp": now + 300,
            "jti": random_token(),
        });
        for (name, value) in self.client.request().url.query_pairs() {
            claims[name.as_ref()] = value.as_ref().into();
        }
        let key = &self.signer.key;
        let header = json!({"alg": "ES256", "typ": "oauth-authz-req+jwt", "kid": key.kid()});
        Draft { header, claims }.signed(key)
    }
}

/// Somebody at another address: all of 127.0.0.0/8 is this machine.
fn from(number: usize) -> Http {
    let [.., a, b, c] = u32::try_from(number + 10).unwrap().to_be_bytes();
    let address = IpAddr::V4(Ipv4Addr::new(127, a, b, c));
    let builder = Http::builder().redirect(Policy::none()).tls_certs_only([]);
    builder.local_address(address).build().unwrap()
}
