//! Somebody who holds a copy of a phone, and keeps to no rule.

use openpsc_ecps_keys::{
    KnowledgeKey, PossessionKey, base64url, digest_b64, jws::Draft, oprf, pin_input, prk,
};
use openpsc_ecps_phone::{Phone, PhoneState};
use openpsc_protocol::ecps::{
    Decision, Evaluated, NONCE_HEADER, NonceAnswer, PROOF_HEADER, PendingRequest, PinOprf,
    PinPurpose, Proof, Refused, Requests, SignedMessage, Verdict, kid, paths, typ,
};
use rand_core::OsRng;
use reqwest::{Client, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

/// A refusal and its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body.
    pub refused: Refused,
    /// The nonce that came with it.
    pub nonce: Option<String>,
}

/// A copied phone in the wrong hands: everything it says can be altered.
pub struct Thief {
    app_url: String,
    client: Client,
    /// What was copied.
    pub state: PhoneState,
}

impl Thief {
    /// Copies a phone.
    pub fn copying(phone: &Phone, app_url: &str) -> Self {
        Self { app_url: app_url.into(), client: Client::new(), state: phone.state() }
    }

    /// The stolen K1.
    pub fn k1(&self) -> PossessionKey {
        let bytes = base64url::decode_exactly(&self.state.possession_key).unwrap();
        PossessionKey::from_bytes(&bytes).unwrap()
    }

    /// A fresh nonce.
    pub async fn nonce(&self) -> String {
        let answer = self
            .client
            .post(format!("{}{}", self.app_url, paths::NONCE))
            .json(&json!({}))
            .send()
            .await
            .unwrap();
        answer.json::<NonceAnswer>().await.unwrap().nonce
    }

    /// An honest proof of a call.
    pub async fn proof(&self, path: &str, body: &[u8]) -> Proof {
        Proof {
            htm: "POST".into(),
            htp: path.into(),
            bh: digest_b64(body),
            nonce: self.nonce().await,
        }
    }

    /// Signs a proof.
    pub fn sign_proof(&self, proof: &Proof) -> String {
        let draft = Draft::new(typ::PROOF, proof).unwrap();
        let key = self.k1();
        draft.sign(&self.state.device_id, |input| key.sign(input)).into_compact().unwrap()
    }

    /// Calls with an honest proof.
    pub async fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Refusal> {
        let body = serde_json::to_vec(body).unwrap();
        let proof = self.sign_proof(&self.proof(path, &body).await);
        self.send(path, body, Some(proof)).await
    }

    /// Calls with whatever proof, or none.
    pub async fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Vec<u8>,
        proof: Option<String>,
    ) -> Result<T, Refusal> {
        let mut call = self
            .client
            .post(format!("{}{path}", self.app_url))
            .header("content-type", "application/json")
            .body(body);
        if let Some(proof) = proof {
            call = call.header(PROOF_HEADER, proof);
        }
        let answer = call.send().await.unwrap();
        let status = answer.status();
        let nonce = answer.headers().get(NONCE_HEADER).map(|it| it.to_str().unwrap().to_owned());
        let body = answer.bytes().await.unwrap();
        if status.is_success() {
            return Ok(serde_json::from_slice(&body).unwrap());
        }
        let refused = serde_json::from_slice(&body).unwrap_or_else(|error| {
            panic!("{status} {error}: {}", String::from_utf8_lossy(&body));
        });
        Err(Refusal { status, refused, nonce })
    }

    /// The oldest request that waits.
    pub async fn request(&self) -> PendingRequest {
        let requests: Requests = self.call(paths::REQUESTS, &json!({})).await.unwrap();
        requests.requests.into_iter().next().expect("a request waits")
    }

    /// A counted guess at the PIN for a request.
    pub async fn guess(
        &self,
        request: &PendingRequest,
        pin: &str,
    ) -> Result<KnowledgeKey, Refusal> {
        let purpose =
            PinPurpose::Approve { rid: request.rid.clone(), ch: digest_b64(&request.challenge) };
        self.evaluate(pin, purpose).await
    }

    /// One evaluation of the OPRF.
    pub async fn evaluate(&self, pin: &str, purpose: PinPurpose) -> Result<KnowledgeKey, Refusal> {
        let input = pin_input(pin, &self.state.device_id);
        let (blinding, blinded) = oprf::blind(&input, &mut OsRng);
        let question = self.question(purpose, &blinded);
        let answer: Evaluated = self.call(paths::PIN_OPRF, &self.sign_oprf(&question)).await?;
        let evaluated = base64url::decode(&answer.evaluated).unwrap();
        let output = blinding.finalize(&input, &evaluated).unwrap();
        let secret = base64url::decode_exactly(&self.state.dev_secret).unwrap();
        Ok(KnowledgeKey::from_prk(&prk(&secret, &output)))
    }

    /// The words of an evaluation.
    pub fn question(&self, purpose: PinPurpose, blinded: &[u8]) -> PinOprf {
        PinOprf {
            device_id: self.state.device_id.clone(),
            purpose,
            blinded: base64url::encode(blinded),
            jti: base64url::random_id(&mut OsRng),
        }
    }

    /// Signs the words of an evaluation.
    pub fn sign_oprf(&self, question: &PinOprf) -> SignedMessage {
        let key = self.k1();
        let draft = Draft::new(typ::PIN_OPRF, question).unwrap();
        draft.sign(kid::K1, |input| key.sign(input)).into_message()
    }

    /// The next decision about a request, as an honest phone would word it.
    pub fn decision(&self, request: &PendingRequest, dec: Verdict) -> Decision {
        Decision {
            iss: self.state.device_id.clone(),
            aud: self.state.issuer.clone(),
            rid: request.rid.clone(),
            ch: digest_b64(&request.challenge),
            dec,
            num: None,
            why: None,
            ctr: self.state.ctr + 1,
            chain: self.state.chain.clone().unwrap(),
            iat: 0,
        }
    }

    /// Signs a decision with K1 and, when given, K2.
    pub fn sign(&self, decision: &Decision, k2: Option<&KnowledgeKey>) -> SignedMessage {
        let key = self.k1();
        let draft = Draft::new(typ::APPROVAL, decision).unwrap();
        let draft = draft.sign(kid::K1, |input| key.sign(input));
        match k2 {
            Some(k2) => draft.sign(kid::K2, |input| k2.sign(input)).into_message(),
            None => draft.into_message(),
        }
    }
}
