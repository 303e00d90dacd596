//! The wasm face of the browser SDK: one class and one list of errors.
//!
//! Everything here hands over to `openpsc-sdk-core`, which is tested without a
//! browser. The TypeScript door owns the one [`Core`] of a page, does the I/O,
//! and asks after each call whether it was [`Core::refused`]: throwing from here
//! would bring the machinery of JavaScript values, half a kilobyte of download.
//! Methods are synchronous: an exported `async fn` would stay borrowed across
//! its awaits.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

#[cfg(target_family = "wasm")]
mod machine;

use alloc::string::String;

use openpsc_sdk_core::client::Demand;
use openpsc_sdk_core::dpop::{Key, Request};
use openpsc_sdk_core::level::Level;
use openpsc_sdk_core::login::Secrets;
use openpsc_sdk_core::{Client, Code, Refusal};
use wasm_bindgen::prelude::wasm_bindgen;

/// The refusals of the core, as the numbers that the door turns into codes.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub enum Refused {
    /// The settings or the registration of the client are wrong.
    Configuration = 0,
    /// The discovery document is unusable.
    Discovery = 1,
    /// The answer belongs to no login that this browser started.
    StateMismatch = 2,
    /// Another provider answered than the one that was asked.
    IssuerMismatch = 3,
    /// The ID token answers another login.
    NonceMismatch = 4,
    /// A token breaks a rule.
    TokenRejected = 5,
    /// The clocks differ too much.
    ClockSkew = 6,
    /// The login is weaker than demanded.
    LevelTooLow = 7,
    /// The person, or the provider on their behalf, said no.
    AccessDenied = 8,
    /// There is no session any more.
    LoginRequired = 9,
    /// The tokens could not be renewed now.
    RefreshFailed = 10,
    /// The provider failed.
    Server = 11,
}

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        match code {
            Code::Configuration => Self::Configuration,
            Code::Discovery => Self::Discovery,
            Code::StateMismatch => Self::StateMismatch,
            Code::IssuerMismatch => Self::IssuerMismatch,
            Code::NonceMismatch => Self::NonceMismatch,
            Code::TokenRejected => Self::TokenRejected,
            Code::ClockSkew => Self::ClockSkew,
            Code::LevelTooLow => Self::LevelTooLow,
            Code::AccessDenied => Self::AccessDenied,
            Code::LoginRequired => Self::LoginRequired,
            Code::RefreshFailed => Self::RefreshFailed,
            Code::Server => Self::Server,
        }
    }
}

/// The rules and the tokens of one client.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    client: Client,
    refused: Option<Refused>,
    detail: String,
}

#[wasm_bindgen]
impl Core {
    /// A client of one provider.
    #[wasm_bindgen(constructor)]
    pub fn new(issuer: String, client_id: String, redirect_uri: String, scope: String) -> Self {
        Self {
            client: Client::new(issuer, client_id, redirect_uri, scope),
            refused: None,
            detail: String::new(),
        }
    }

    /// Which rule the last call broke, told once; nothing when all was well.
    pub fn refused(&mut self) -> Option<Refused> {
        self.refused.take()
    }

    /// What that refusal was about, in words for the integrator.
    #[wasm_bindgen(getter)]
    pub fn detail(&self) -> String {
        self.detail.clone()
    }

    /// Takes the discovery document, and says whether tokens can be bound.
    #[wasm_bindgen(js_name = setProvider)]
    pub fn set_provider(&mut self, document: &str) -> bool {
        let dpop = self.client.set_provider(document).map(|provider| provider.dpop);
        self.answer(dpop).unwrap_or(false)
    }

    /// Takes the published keys.
    #[wasm_bindgen(js_name = setKeys)]
    pub fn set_keys(&mut self, document: &str) {
        let taken = self.client.set_keys(document);
        self.answer(taken);
    }

    /// Takes the public half of the page's key, to which tokens will be bound.
    #[wasm_bindgen(js_name = setKey)]
    pub fn set_key(&mut self, x: String, y: String) {
        self.client.set_key(Key { x, y });
    }

    /// The address that starts a login; `wishes` are encoded parameters.
    #[wasm_bindgen(js_name = loginAddress)]
    pub fn login_address(
        &mut self,
        state: &str,
        nonce: &str,
        verifier: &str,
        wishes: &str,
    ) -> Option<String> {
        let address = self.client.login_address(Secrets { state, nonce, verifier }, wishes);
        self.answer(address)
    }

    /// The form that redeems the answer to the login that `state` started.
    #[wasm_bindgen(js_name = codeForm)]
    pub fn code_form(&mut self, query: &str, state: &str, verifier: &str) -> Option<String> {
        let form = self.client.code_form(query, state, verifier);
        self.answer(form)
    }

    /// The form that renews the tokens, when they can be renewed.
    #[wasm_bindgen(js_name = refreshForm)]
    pub fn refresh_form(&self) -> Option<String> {
        self.client.refresh_form()
    }

    /// Checks the answer to a code (with its nonce) or to a refresh (without).
    pub fn receive(
        &mut self,
        text: &str,
        ok: bool,
        now: f64,
        nonce: Option<String>,
        level: Option<String>,
        max_age: Option<f64>,
    ) {
        let demand = nonce.as_deref().map(|nonce| Demand {
            nonce,
            level: level.as_deref().and_then(Level::parse),
            max_age: max_age.map(|seconds| seconds as i64),
        });
        let received = self.client.receive(text, ok, now as i64, demand);
        self.answer(received);
    }

    /// What has to be verified before [`Core::accept`], as JSON.
    #[wasm_bindgen(js_name = toVerify)]
    pub fn to_verify(&self) -> Option<String> {
        self.client.to_verify()
    }

    /// Puts the received answer in force: its signature was verified.
    pub fn accept(&mut self) {
        self.client.accept();
    }

    /// The `Authorization` header, when the access token lives long enough.
    pub fn authorization(&self, now: f64) -> Option<String> {
        self.client.authorization(now as i64)
    }

    /// Who is logged in, as JSON, once the professional's data is checked.
    pub fn identity(&mut self, userinfo: &str) -> Option<String> {
        let identity = self.client.identity(userinfo);
        self.answer(identity)
    }

    /// The text of a proof of possession, to be signed by the page's key.
    pub fn proof(
        &self,
        id: &str,
        method: &str,
        address: &str,
        now: f64,
        with_token: bool,
        nonce: Option<String>,
    ) -> Option<String> {
        let request = Request { id, method, address, now: now as i64, nonce: nonce.as_deref() };
        self.client.proof(request, with_token)
    }

    /// The address that ends the session at the provider.
    #[wasm_bindgen(js_name = logoutAddress)]
    pub fn logout_address(&self, return_to: &str) -> Option<String> {
        self.client.logout_address(return_to)
    }

    /// Forgets every token.
    pub fn forget(&mut self) {
        self.client.forget();
    }
}

impl Core {
    fn answer<T>(&mut self, result: Result<T, Refusal>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.detail = refusal.detail;
                self.refused = Some(refusal.code.into());
                None
            }
        }
    }
}
