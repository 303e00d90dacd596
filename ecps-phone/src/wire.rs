//! Calls: a fresh proof on each, and one more try when the nonce was spent.

use std::sync::{Mutex, PoisonError};

use openpsc_ecps_keys::{PossessionKey, digest_b64, jws::Draft};
use openpsc_protocol::ecps::{
    NONCE_HEADER, NonceAnswer, PROOF_HEADER, Proof, RefusalCode, Refused, paths, typ,
};
use reqwest::{Client, Response, header::CONTENT_TYPE};
use serde::{Serialize, de::DeserializeOwned};

use crate::PhoneError;

/// The way to one provider.
pub(crate) struct Wire {
    app_url: String,
    client: Client,
    /// The nonce of the last answer, if no call has taken it yet.
    nonce: Mutex<Option<String>>,
}

/// Who signs the proof of a call.
pub(crate) struct Caller<'a> {
    pub(crate) device_id: &'a str,
    pub(crate) key: &'a PossessionKey,
}

impl Wire {
    pub(crate) fn new(app_url: &str) -> Self {
        let app_url = app_url.trim_end_matches('/').to_owned();
        Self { app_url, client: Client::new(), nonce: Mutex::new(None) }
    }

    pub(crate) fn app_url(&self) -> &str {
        &self.app_url
    }

    /// A nonce for the next proof: the last one given, or a new one.
    pub(crate) async fn nonce(&self) -> Result<String, PhoneError> {
        let kept = self.nonce.lock().unwrap_or_else(PoisonError::into_inner).take();
        match kept {
            Some(nonce) => Ok(nonce),
            None => {
                let answer: NonceAnswer = self.post(paths::NONCE, b"{}".to_vec(), None).await?;
                // The header brought the same one: it must not be used twice.
                self.nonce.lock().unwrap_or_else(PoisonError::into_inner).take();
                Ok(answer.nonce)
            }
        }
    }

    /// A call without a proof.
    pub(crate) async fn call_unproven<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, PhoneError> {
        self.post(path, serde_json::to_vec(body)?, None).await
    }

    /// A call with a proof, tried once more when the nonce was spent or old.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        caller: &Caller<'_>,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, PhoneError> {
        let body = serde_json::to_vec(body)?;
        let proof = self.proof(caller, path, &body).await?;
        match self.post(path, body.clone(), Some(proof)).await {
            Err(refused) if refused.refusal() == Some(RefusalCode::UseNonce) => {
                let proof = self.proof(caller, path, &body).await?;
                self.post(path, body, Some(proof)).await
            }
            answered => answered,
        }
    }

    async fn proof(
        &self,
        caller: &Caller<'_>,
        path: &str,
        body: &[u8],
    ) -> Result<String, PhoneError> {
        let proof = Proof {
            htm: "POST".into(),
            htp: path.into(),
            bh: digest_b64(body),
            nonce: self.nonce().await?,
        };
        let draft = Draft::new(typ::PROOF, &proof)?;
        let signed = draft.sign(caller.device_id, |input| caller.key.sign(input));
        Ok(signed.into_compact().expect("one key signed"))
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Vec<u8>,
        proof: Option<String>,
    ) -> Result<T, PhoneError> {
        let mut request = self
            .client
            .post(format!("{}{path}", self.app_url))
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        if let Some(proof) = proof {
            request = request.header(PROOF_HEADER, proof);
        }
        let response = request.send().await?;
        self.keep_nonce(&response);
        read(response).await
    }

    fn keep_nonce(&self, response: &Response) {
        let given = response.headers().get(NONCE_HEADER).and_then(|value| value.to_str().ok());
        if let Some(nonce) = given {
            *self.nonce.lock().unwrap_or_else(PoisonError::into_inner) = Some(nonce.to_owned());
        }
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, PhoneError> {
    let status = response.status();
    let body = response.bytes().await?;
    if status.is_success()
        && let Ok(answer) = serde_json::from_slice(&body)
    {
        return Ok(answer);
    }
    if !status.is_success()
        && let Ok(refused) = serde_json::from_slice::<Refused>(&body)
    {
        return Err(PhoneError::Refused(refused));
    }
    let body = String::from_utf8_lossy(&body).chars().take(200).collect();
    Err(PhoneError::Foreign { status: status.as_u16(), body })
}

#[cfg(test)]
mod tests;
