//! A service with a key: signed assertions, pushed requests.

use openpsc::{clock::Clock, jose::Alg, secret::random_token};
use serde_json::{Value, json};

use super::{
    Actor, Heard, Memory, Once, chance,
    fact::{Called, Fact},
    wire::Wire,
};
use crate::{Client, Page, SESSION_COOKIE, Signer};

pub(super) const CALLBACK: &str = "https://cle.example/callback";

pub(super) struct Keyed {
    wire: Wire,
    signer: Signer,
    client_id: Option<&'static str>,
    memory: Memory,
}

impl Keyed {
    pub(super) fn new(wire: Wire) -> Self {
        let signer = Signer::new(Alg::ES256);
        Self { wire, signer, client_id: None, memory: Memory::default() }
    }

    /// Registers itself, once.
    async fn client(&mut self) -> Option<Client> {
        if self.client_id.is_none() {
            let metadata = json!({
                "redirect_uris": [CALLBACK],
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks": self.signer.jwks(),
                "id_token_signed_response_alg": "ES256",
            });
            let answer = super::registrar::register(&self.wire, &metadata).await?;
            self.client_id = Some(answer["client_id"].as_str().unwrap().to_owned().leak());
            self.wire.ledger.flow("registration with a key");
        }
        Some(Called::Itself(self.client_id?).client(&self.wire))
    }

    /// A form with a new assertion.
    fn signed(
        &self,
        client: &Client,
        form: &[(&'static str, String)],
    ) -> Vec<(&'static str, String)> {
        let now = Clock::default().now();
        let assertion = self.signer.sign(&json!({
            "iss": client.client_id,
            "sub": client.client_id,
            "aud": format!("{}{}", self.wire.provider(), openpsc::config::REALM),
            "iat": now,
            "exp": now + 60,
            "jti": random_token(),
        }));
        let mut form = form.to_vec();
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        form.extend([("client_assertion_type", kind.into()), ("client_assertion", assertion)]);
        form
    }

    /// Calls with a new assertion until an answer comes: each cut costs one.
    async fn call(
        &mut self,
        client: &Client,
        endpoint: &'static str,
        form: &[(&'static str, String)],
    ) -> Option<Value> {
        let signed = self.signed(client, form);
        let borrowed: Vec<_> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut once = Once::new("an assertion");
        let page = self.wire.call(client.back_channel(endpoint, &borrowed)).await;
        let first = believed(page.as_ref());
        self.wire.ledger.check("an assertion serves once", once.hear(&[first]));
        if page.is_none() || chance(3) {
            // Twice at the same instant, after it served or was cut.
            let again = || self.wire.call(client.back_channel(endpoint, &borrowed));
            let pages = <[_; 2]>::from(tokio::join!(again(), again()));
            let answers = pages.map(|page| believed(page.as_ref()));
            self.wire.ledger.check("an assertion serves once", once.hear(&answers));
            if !answers.contains(&Heard::Nothing) {
                self.memory.keep(Fact::Spent {
                    what: "an assertion serves once",
                    client: Called::Itself(client.client_id),
                    endpoint,
                    form: signed,
                });
            }
        }
        page.map(|page| serde_json::from_str(&page.text).unwrap())
    }
}

/// What else is wrong with a call does not make its assertion new.
fn believed(page: Option<&Page>) -> Heard {
    match page.map(|page| page.status.as_u16()) {
        None => Heard::Nothing,
        Some(401 | 429) => Heard::Refused,
        Some(_) => Heard::Served,
    }
}

impl Actor for Keyed {
    async fn flow(&mut self) -> Option<()> {
        let wire = self.wire.clone();
        let client = self.client().await?;
        let session = session(&wire).await?;
        let request = client.request();
        let names = |name: &str| {
            let known = [
                "response_type",
                "redirect_uri",
                "scope",
                "state",
                "nonce",
                "code_challenge",
                "code_challenge_method",
            ];
            known.into_iter().find(|known| *known == name)
        };
        let form: Vec<_> = request
            .url
            .query_pairs()
            .filter_map(|(name, value)| Some((names(&name)?, value.into_owned())))
            .collect();
        let pushed = self.call(&client, "ext/par/request", &form).await?;
        let Some(reference) = pushed["request_uri"].as_str() else {
            // Nothing but its assertion can have been refused: that is told.
            return None;
        };
        wire.ledger.flow("pushed request");

        let mut url = request.url.clone();
        url.query_pairs_mut()
            .clear()
            .append_pair("client_id", client.client_id)
            .append_pair("request_uri", reference);
        let mut once = Once::new("a pushed request");
        let mut together = if chance(3) { 2 } else { 1 };
        let code = loop {
            let call = || wire.authorize(&url, Some(&session));
            let pages = match together {
                2 => <[_; 2]>::from(tokio::join!(call(), call())).to_vec(),
                _ => vec![call().await],
            };
            together = 1;
            let code = |page: &Page| {
                let to = page.location()?;
                to.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned())
            };
            let heard: Vec<_> = pages
                .iter()
                .map(|page| match page.as_ref().map(code) {
                    None => Heard::Nothing,
                    Some(Some(_)) => Heard::Served,
                    Some(None) => Heard::Refused,
                })
                .collect();
            wire.ledger.check("a pushed request serves once", once.hear(&heard));
            if heard.iter().all(|heard| *heard == Heard::Nothing) {
                wire.alive().await?;
                continue;
            }
            break pages.iter().flatten().find_map(code);
        };
        self.memory.keep(Fact::SpentReference { url, session });
        let form = [
            ("grant_type", "authorization_code".to_owned()),
            ("code", code?),
            ("redirect_uri", CALLBACK.to_owned()),
            ("code_verifier", request.verifier.clone()),
        ];
        let tokens = self.call(&client, "token", &form).await?;
        if tokens.get("access_token").is_some() {
            wire.ledger.flow("code with an assertion");
        }
        Some(())
    }

    fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }
}

async fn session(wire: &Wire) -> Option<String> {
    let request = Client::of("robot", wire.provider()).request();
    let request = request.with("login_hint", "899700990064");
    let page = wire.authorize(&request.url, None).await?;
    let cookies = page.cookies();
    let cookie = cookies.iter().find_map(|line| line.strip_prefix(SESSION_COOKIE))?;
    Some(cookie.strip_prefix('=')?.split(';').next()?.to_owned())
}
