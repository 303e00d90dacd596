//! One service's client: what it knows of the provider, and its tokens.
//!
//! A token answer is taken in two steps. [`Client::receive`] checks all that it
//! says; WebCrypto then verifies the signature, and only [`Client::accept`]
//! puts it in force.

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::discovery::Provider;
use crate::dpop::{self, Key, Request};
use crate::id_token::{self, Expected, Identity};
use crate::json;
use crate::jwt::Jwt;
use crate::keys::Keys;
use crate::level::Level;
use crate::login::{self, Secrets};
use crate::refusal::{Code, Refusal};
use crate::token::{self, Tokens};
use crate::{callback, logout, url, userinfo};

/// A token is renewed when less than this remains, in seconds (S23).
const MARGIN: i64 = 15;

/// A client of one provider.
#[derive(Debug)]
pub struct Client {
    issuer: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    provider: Option<Provider>,
    keys: Keys,
    key: Option<Key>,
    grant: Option<Grant>,
    received: Option<Received>,
}

/// Tokens in force.
#[derive(Debug)]
struct Grant {
    access: String,
    bound: bool,
    until: i64,
    refresh: Option<String>,
    login: Login,
}

/// Who logged in, and the token that says so.
#[derive(Debug)]
struct Login {
    id: String,
    nonce: String,
    identity: Identity,
}

/// An answer that is not believed yet.
#[derive(Debug)]
struct Received {
    tokens: Tokens,
    until: i64,
    /// Whether it renews the tokens in force.
    renews: bool,
    /// Core §12.2: a refresh may come without an ID token.
    login: Option<(Login, Jwt)>,
}

/// What a login demanded, to be compared with what came.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    /// The nonce of the request.
    pub nonce: &'a str,
    /// The least level.
    pub level: Option<Level>,
    /// How old the login may be, in seconds.
    pub max_age: Option<i64>,
}

impl Client {
    /// A client that knows nothing yet of its provider.
    pub fn new(issuer: String, client_id: String, redirect_uri: String, scope: String) -> Self {
        Self {
            issuer,
            client_id,
            redirect_uri,
            scope,
            provider: None,
            keys: Keys::none(),
            key: None,
            grant: None,
            received: None,
        }
    }

    /// Takes the discovery document.
    pub fn set_provider(&mut self, document: &str) -> Result<&Provider, Refusal> {
        Ok(self.provider.insert(Provider::parse(document, &self.issuer)?))
    }

    /// Takes the published keys.
    pub fn set_keys(&mut self, document: &str) -> Result<(), Refusal> {
        self.keys = Keys::parse(document)?;
        Ok(())
    }

    fn provider(&self) -> Result<&Provider, Refusal> {
        self.provider.as_ref().ok_or_else(|| Refusal::new(Code::Discovery, "not loaded"))
    }

    /// Takes the page's own key, to which tokens will be bound.
    pub fn set_key(&mut self, key: Key) {
        self.key = Some(key);
    }

    /// The address that starts a login.
    pub fn login_address(&self, secrets: Secrets<'_>, wishes: &str) -> Result<String, Refusal> {
        let mut address = login::address(
            self.provider()?,
            &self.client_id,
            &self.redirect_uri,
            &self.scope,
            secrets,
            wishes,
        );
        if let Some(key) = &self.key {
            // RFC 9449 §10: the code too is worth nothing without the key.
            url::push_parameter(&mut address, "dpop_jkt", &key.thumbprint());
        }
        Ok(address)
    }

    /// The form that redeems the answer to the login that `state` started.
    pub fn code_form(&self, query: &str, state: &str, verifier: &str) -> Result<String, Refusal> {
        let code = callback::code(query, state, &self.issuer, self.provider()?.names_issuer)?;
        Ok(token::code_form(&self.client_id, &self.redirect_uri, &code, verifier))
    }

    /// The form that renews the tokens in force, when they can be renewed.
    pub fn refresh_form(&self) -> Option<String> {
        let refresh = self.grant.as_ref()?.refresh.as_ref()?;
        Some(token::refresh_form(&self.client_id, refresh))
    }

    /// Checks the answer to a code or, without a demand, to a refresh.
    ///
    /// With a key of the page, tokens that come back unbound would be a silent
    /// loss of protection, and are refused.
    pub fn receive(
        &mut self,
        text: &str,
        ok: bool,
        now: i64,
        demand: Option<Demand<'_>>,
    ) -> Result<(), Refusal> {
        self.received = None;
        if !ok {
            return Err(token::failure(text, demand.is_none()));
        }
        let mut tokens = token::answer(text)?;
        if self.key.is_some() && !tokens.bound {
            return Err(Refusal::token("not bound"));
        }
        let before =
            if demand.is_none() { self.grant.as_ref().map(|grant| &grant.login) } else { None };
        let nonce = match (demand, before) {
            (Some(demand), _) => demand.nonce,
            (None, Some(before)) => &before.nonce,
            (None, None) => return Err(Refusal::new(Code::LoginRequired, "")),
        };
        let login = match tokens.id.take() {
            Some(id) => {
                let jwt = Jwt::parse(&id)?;
                let expected = Expected {
                    issuer: &self.issuer,
                    client_id: &self.client_id,
                    access_token: &tokens.access,
                    nonce,
                    subject: before.map(|login| login.identity.subject.as_str()),
                    level: demand.and_then(|demand| demand.level),
                    max_age: demand.and_then(|demand| demand.max_age),
                    now,
                };
                let identity = id_token::check(&jwt.claims, expected)?;
                Some((Login { id, nonce: nonce.to_owned(), identity }, jwt))
            }
            None if before.is_some() => None,
            None => return Err(Refusal::token("id_token")),
        };
        let until = now.saturating_add(tokens.lives);
        self.received = Some(Received { tokens, until, renews: demand.is_none(), login });
        Ok(())
    }

    /// What WebCrypto has to verify before the answer counts, as JSON: the
    /// algorithm, the signed text, the signature and, when it is published, the
    /// key. None when a refresh came without an ID token.
    pub fn to_verify(&self) -> Option<String> {
        let (_, jwt) = self.received.as_ref()?.login.as_ref()?;
        let mut json = String::from("{");
        json::push_member(&mut json, "algorithm", jwt.algorithm.as_str());
        json::push_member(&mut json, "signed", &jwt.signed);
        json::push_member(&mut json, "signature", &jwt.signature);
        if let Some(key) = self.keys.find(jwt) {
            json.push_str(",\"key\":");
            json.push_str(&key);
        }
        json.push('}');
        Some(json)
    }

    /// Puts the received answer in force: its signature was verified.
    pub fn accept(&mut self) {
        let Some(Received { tokens, until, renews, login }) = self.received.take() else { return };
        let before = self.grant.take();
        let (old_refresh, old_login) = match before {
            Some(grant) => (grant.refresh, Some(grant.login)),
            None => (None, None),
        };
        // A provider that does not rotate leaves the old refresh token in force;
        // another login leaves nothing of the old one.
        let refresh = tokens.refresh.or(old_refresh.filter(|_| renews));
        if let Some(login) = login.map(|(login, _)| login).or(old_login) {
            let Tokens { access, bound, .. } = tokens;
            self.grant = Some(Grant { access, bound, until, refresh, login });
        }
    }

    /// The value of the `Authorization` header, when the access token lives long
    /// enough to be used.
    pub fn authorization(&self, now: i64) -> Option<String> {
        let grant = self.grant.as_ref()?;
        if grant.until.saturating_sub(now) < MARGIN {
            return None;
        }
        let mut header = if grant.bound { "DPoP " } else { "Bearer " }.to_owned();
        header.push_str(&grant.access);
        Some(header)
    }

    /// Who is logged in, in the words of the server-kept session document, once
    /// the professional's data is known to be about the same person.
    pub fn identity(&self, userinfo: &str) -> Result<String, Refusal> {
        let grant = self.grant.as_ref().ok_or_else(|| Refusal::new(Code::LoginRequired, ""))?;
        let identity = &grant.login.identity;
        userinfo::check(userinfo, &identity.subject)?;

        let mut json = String::from("{");
        json::push_member(&mut json, "subject", &identity.subject);
        for (name, value) in [
            ("national_id", identity.national_id.as_deref()),
            ("given_name", identity.given_name.as_deref()),
            ("family_name", identity.family_name.as_deref()),
            ("level", identity.level.map(Level::as_str)),
            ("means", identity.means.as_deref()),
        ] {
            if let Some(value) = value {
                json::push_member(&mut json, name, value);
            }
        }
        json::push_number(&mut json, "authenticated_at", identity.authenticated_at);
        json.push('}');
        Ok(json)
    }

    /// The text of a proof for one request, to be signed by the page's key.
    pub fn proof(&self, request: Request<'_>, with_token: bool) -> Option<String> {
        let grant = self.grant.as_ref().filter(|_| with_token);
        Some(dpop::to_sign(self.key.as_ref()?, request, grant.map(|grant| grant.access.as_str())))
    }

    /// The address that ends the session at the provider, when there is a
    /// session and the provider has such an address.
    pub fn logout_address(&self, return_to: &str) -> Option<String> {
        let endpoint = self.provider.as_ref()?.end_session_endpoint.as_ref()?;
        Some(logout::address(endpoint, &self.client_id, &self.grant.as_ref()?.login.id, return_to))
    }

    /// Forgets every token.
    pub fn forget(&mut self) {
        self.grant = None;
        self.received = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::tests::{DOCUMENT, ISSUER};
    use crate::jwt::tests::token as jwt;

    const NOW: i64 = 1767258000;
    const USERINFO: &str = r#"{"sub":"s"}"#;
    const DEMAND: Demand<'_> = Demand { nonce: "no", level: None, max_age: None };

    fn client() -> Client {
        let mut client = Client::new(
            ISSUER.into(),
            "demo".into(),
            "https://app.example/".into(),
            "openid scope_all".into(),
        );
        client.set_provider(DOCUMENT).unwrap();
        client
    }

    fn id_token(subject: &str) -> String {
        let claims = serde_json::json!({
            "iss": ISSUER, "aud": "demo", "sub": subject, "nonce": "no", "iat": NOW, "exp": NOW + 120,
            "auth_time": NOW - 5, "acr": "eidas2", "authMode": "MOBILE", "SubjectNameID": "899700990015",
            "given_name": "AURORE", "family_name": "L\"ANTERNIER"
        });
        jwt(r#"{"alg":"ES256","kid":"k"}"#, &claims.to_string())
    }

    fn answer(access: &str, refresh: &str, id: &str) -> String {
        serde_json::json!({
            "access_token": access, "token_type": "Bearer", "expires_in": 120, "refresh_token": refresh, "id_token": id
        })
        .to_string()
    }

    fn logged_in() -> Client {
        let mut client = client();
        client.receive(&answer("a1", "r1", &id_token("s")), true, NOW, Some(DEMAND)).unwrap();
        client.accept();
        client
    }

    #[test]
    fn nothing_is_in_force_before_the_signature_is_verified() {
        let mut client = client();
        client.receive(&answer("a1", "r1", &id_token("s")), true, NOW, Some(DEMAND)).unwrap();
        assert!(client.to_verify().is_some());
        assert_eq!(client.authorization(NOW), None);
        assert_eq!(client.identity(USERINFO).unwrap_err().code, Code::LoginRequired);
        client.accept();
        assert_eq!(client.authorization(NOW).as_deref(), Some("Bearer a1"));
    }

    #[test]
    fn a_refused_answer_leaves_nothing_to_accept() {
        let mut client = client();
        client.receive(&answer("a1", "r1", &id_token("s")), true, NOW, Some(DEMAND)).unwrap();
        let wrong = Demand { nonce: "other", ..DEMAND };
        assert!(
            client.receive(&answer("a2", "r2", &id_token("s")), true, NOW, Some(wrong)).is_err()
        );
        client.accept();
        assert_eq!(client.authorization(NOW), None);
    }

    #[test]
    fn a_token_is_used_until_fifteen_seconds_before_its_end() {
        let client = logged_in();
        assert_eq!(client.authorization(NOW + 105).as_deref(), Some("Bearer a1"));
        assert_eq!(client.authorization(NOW + 106), None);
    }

    #[test]
    fn the_identity_speaks_the_words_of_the_session_document() {
        let identity: serde_json::Value =
            serde_json::from_str(&logged_in().identity(USERINFO).unwrap()).unwrap();
        assert_eq!(
            identity,
            serde_json::json!({
                "subject": "s", "national_id": "899700990015", "given_name": "AURORE", "family_name": "L\"ANTERNIER",
                "level": "eidas2", "means": "MOBILE", "authenticated_at": NOW - 5
            })
        );
    }

    #[test]
    fn a_refresh_brings_the_rotated_tokens() {
        let mut client = logged_in();
        assert_eq!(client.refresh_form().unwrap(), token::refresh_form("demo", "r1"));
        client.receive(&answer("a2", "r2", &id_token("s")), true, NOW + 200, None).unwrap_err();
        let later =
            r#"{"access_token":"a2","token_type":"Bearer","expires_in":120,"refresh_token":"r2"}"#;
        client.receive(later, true, NOW + 200, None).unwrap();
        assert!(client.to_verify().is_none());
        client.accept();
        assert_eq!(client.authorization(NOW + 200).as_deref(), Some("Bearer a2"));
        assert_eq!(client.refresh_form().unwrap(), token::refresh_form("demo", "r2"));
    }

    #[test]
    fn a_provider_that_does_not_rotate_leaves_the_refresh_token_in_force() {
        let mut client = logged_in();
        let text = answer("a2", "", &id_token("s"));
        client.receive(&text, true, NOW, None).unwrap();
        client.accept();
        assert_eq!(client.refresh_form().unwrap(), token::refresh_form("demo", "r1"));
        client.receive(&text, true, NOW, Some(DEMAND)).unwrap();
        client.accept();
        assert_eq!(client.refresh_form(), None);
    }

    #[test]
    fn a_refresh_cannot_change_the_person() {
        let mut client = logged_in();
        let refusal =
            client.receive(&answer("a2", "r2", &id_token("t")), true, NOW, None).unwrap_err();
        assert_eq!(refusal, Refusal::token("sub"));
        assert_eq!(client.authorization(NOW).as_deref(), Some("Bearer a1"));
    }

    #[test]
    fn another_login_may_change_the_person() {
        let mut client = logged_in();
        client.receive(&answer("a2", "r2", &id_token("t")), true, NOW, Some(DEMAND)).unwrap();
        client.accept();
        assert!(client.identity(r#"{"sub":"t"}"#).unwrap().contains(r#""subject":"t""#));
    }

    #[test]
    fn a_first_answer_without_id_token_is_refused() {
        let bare = r#"{"access_token":"a","token_type":"Bearer","expires_in":120}"#;
        assert_eq!(
            client().receive(bare, true, NOW, Some(DEMAND)),
            Err(Refusal::token("id_token"))
        );
        assert_eq!(client().receive(bare, true, NOW, None).unwrap_err().code, Code::LoginRequired);
    }

    #[test]
    fn data_about_someone_else_is_refused() {
        let refusal = logged_in().identity(r#"{"sub":"t"}"#).unwrap_err();
        assert_eq!(refusal, Refusal::token("userinfo sub"));
    }

    #[test]
    fn a_failed_answer_is_named_after_what_was_tried() {
        let mut client = logged_in();
        let text = r#"{"error":"invalid_grant"}"#;
        assert_eq!(client.receive(text, false, NOW, None).unwrap_err().code, Code::LoginRequired);
        assert_eq!(
            client.receive(text, false, NOW, Some(DEMAND)).unwrap_err().code,
            Code::TokenRejected
        );
    }

    #[test]
    fn with_a_key_the_login_names_it_and_unbound_tokens_are_refused() {
        let mut client = client();
        let secrets = Secrets { state: "st", nonce: "no", verifier: "ver" };
        assert!(!client.login_address(secrets, "").unwrap().contains("dpop_jkt"));
        let key = Key { x: "x".into(), y: "y".into() };
        let thumbprint = ["&dpop_jkt=", &key.thumbprint()].concat();
        client.set_key(key);
        assert!(client.login_address(secrets, "").unwrap().ends_with(&thumbprint));

        let text = answer("a1", "r1", &id_token("s"));
        assert_eq!(
            client.receive(&text, true, NOW, Some(DEMAND)),
            Err(Refusal::token("not bound"))
        );
        client.receive(&text.replace("Bearer", "DPoP"), true, NOW, Some(DEMAND)).unwrap();
        client.accept();
        assert_eq!(client.authorization(NOW).as_deref(), Some("DPoP a1"));
    }

    #[test]
    fn what_is_to_be_verified_is_the_token_that_came() {
        let mut client = client();
        let id = id_token("s");
        client.receive(&answer("a1", "r1", &id), true, NOW, Some(DEMAND)).unwrap();
        let read = |client: &Client| {
            serde_json::from_str::<serde_json::Value>(&client.to_verify().unwrap()).unwrap()
        };
        let before = read(&client);
        assert_eq!(
            [before["signed"].as_str().unwrap(), ".", before["signature"].as_str().unwrap()]
                .concat(),
            id
        );
        assert_eq!(before["algorithm"], "ES256");
        assert_eq!(before.get("key"), None);

        client
            .set_keys(r#"{"keys":[{"kid":"k","kty":"EC","crv":"P-256","x":"eA","y":"eQ"}]}"#)
            .unwrap();
        assert_eq!(read(&client)["key"]["x"], "eA");
    }

    #[test]
    fn forgetting_leaves_no_token() {
        let mut client = logged_in();
        assert!(client.logout_address("https://app.example/").is_some());
        client.forget();
        assert_eq!(client.authorization(NOW), None);
        assert_eq!(client.refresh_form(), None);
        assert_eq!(client.identity(USERINFO).unwrap_err().code, Code::LoginRequired);
        assert_eq!(client.logout_address("https://app.example/"), None);
    }

    #[test]
    fn no_refusal_repeats_a_secret() {
        let mut client = client();
        let text = answer("secret-access", "secret-refresh", "secret-id");
        let refusal = client.receive(&text, true, NOW, Some(DEMAND)).unwrap_err();
        assert!(!refusal.detail.contains("secret"));
        let refused = client.code_form("code=secret&state=other", "st", "secret").unwrap_err();
        assert!(!refused.detail.contains("secret"));
    }

    #[test]
    fn every_mutation_of_a_token_is_handled_without_a_panic() {
        let good = id_token("s");
        for at in 0..good.len() {
            for with in ["", "A", ".", "=", "é"] {
                let mutated = [&good[..at], with, &good[at + 1..]].concat();
                let mut client = client();
                if client.receive(&answer("a", "r", &mutated), true, NOW, Some(DEMAND)).is_ok() {
                    // Whatever still reads well differs in the bytes under the
                    // signature or in the signature itself.
                    let (signed, signature) = mutated.rsplit_once('.').unwrap();
                    let to_verify = client.to_verify().unwrap();
                    assert!(to_verify.contains(signed) && to_verify.contains(signature));
                }
            }
        }
    }
}
