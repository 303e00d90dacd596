//! Calls: a fresh proof on each, and one more try when the nonce was spent.

use std::cell::RefCell;

use gloo::{
    net::http::{Request, Response},
    timers::callback::Timeout,
};
use openpsc_ecps_keys::digest_b64;
use openpsc_protocol::ecps::{
    NONCE_HEADER, NonceAnswer, PROOF_HEADER, Proof, RefusalCode, Refused, paths, typ,
};
use serde::{Serialize, de::DeserializeOwned};
use web_sys::{AbortController, RequestCache, RequestCredentials};

use super::{
    clock,
    keys::{self, Keys},
};
use crate::failure::Failure;

/// How long an ordinary answer may take, in milliseconds.
const PATIENCE: u32 = 15_000;
/// The server holds a list for up to 25 s.
const LONG_PATIENCE: u32 = 40_000;

thread_local! {
    /// The nonce of the last answer, if no call has taken it yet.
    static NONCE: RefCell<Option<String>> = const { RefCell::new(None) };
    /// The list that is being held, to be let go when a newer one is asked for.
    static HELD: RefCell<Option<AbortController>> = const { RefCell::new(None) };
}

/// Who calls.
pub(super) struct Caller<'a> {
    pub(super) device_id: &'a str,
    pub(super) keys: &'a Keys,
}

/// A nonce for the next proof: the last one given, or a new one.
pub(super) async fn nonce() -> Result<String, Failure> {
    if let Some(nonce) = NONCE.take() {
        return Ok(nonce);
    }
    let answer: NonceAnswer = post(paths::NONCE, "{}".into(), None, Hold::No).await?;
    // The header brought one too; the same one must not be used twice.
    NONCE.take();
    clock::set(answer.now);
    Ok(answer.nonce)
}

/// A call without a proof.
pub(super) async fn call_unproven<T: DeserializeOwned>(
    path: &str,
    body: &impl Serialize,
) -> Result<T, Failure> {
    post(path, json(body)?, None, Hold::No).await
}

/// A call with a proof.
pub(super) async fn call<T: DeserializeOwned>(
    caller: &Caller<'_>,
    path: &str,
    body: &impl Serialize,
) -> Result<T, Failure> {
    proven(caller, path, json(body)?, Hold::No).await
}

/// A call whose answer may be held for a while. Only one is: a newer one
/// ends the one before.
pub(super) async fn call_held<T: DeserializeOwned>(
    caller: &Caller<'_>,
    path: &str,
    body: &impl Serialize,
) -> Result<T, Failure> {
    proven(caller, path, json(body)?, Hold::Yes).await
}

#[derive(Clone, Copy, PartialEq)]
enum Hold {
    Yes,
    No,
}

async fn proven<T: DeserializeOwned>(
    caller: &Caller<'_>,
    path: &str,
    body: String,
    hold: Hold,
) -> Result<T, Failure> {
    let first = proof(caller, path, &body).await?;
    match post(path, body.clone(), Some(first), hold).await {
        Err(refused) if refused.code() == Some(RefusalCode::UseNonce) => {
            let second = proof(caller, path, &body).await?;
            post(path, body, Some(second), hold).await
        }
        answered => answered,
    }
}

async fn proof(caller: &Caller<'_>, path: &str, body: &str) -> Result<String, Failure> {
    let proof =
        Proof { htm: "POST".into(), htp: path.into(), bh: digest_b64(body), nonce: nonce().await? };
    let draft = keys::draft(typ::PROOF, &proof)?;
    let signed = caller.keys.sign_draft(draft, caller.device_id).await?;
    Ok(signed.into_compact().expect("one key signed"))
}

async fn post<T: DeserializeOwned>(
    path: &str,
    body: String,
    proof: Option<String>,
    hold: Hold,
) -> Result<T, Failure> {
    let controller = AbortController::new().map_err(|_| Failure::Offline)?;
    let patience = if hold == Hold::Yes { LONG_PATIENCE } else { PATIENCE };
    let giving_up = controller.clone();
    let _patience = Timeout::new(patience, move || giving_up.abort());
    if hold == Hold::Yes
        && let Some(older) = HELD.replace(Some(controller.clone()))
    {
        older.abort();
    }

    let mut request = Request::post(path)
        .header("content-type", "application/json")
        .cache(RequestCache::NoStore)
        .credentials(RequestCredentials::Omit)
        .abort_signal(Some(&controller.signal()));
    if let Some(proof) = proof {
        request = request.header(PROOF_HEADER, &proof);
    }
    let request = request.body(body).map_err(|_| Failure::Offline)?;
    let response = request.send().await.map_err(|_| Failure::Offline)?;
    if let Some(nonce) = response.headers().get(NONCE_HEADER) {
        NONCE.set(Some(nonce));
    }
    read(response).await
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Failure> {
    let text = response.text().await.map_err(|_| Failure::Offline)?;
    if response.ok() {
        return serde_json::from_str(&text)
            .map_err(|_| Failure::Untrusted("not an answer of this protocol"));
    }
    match serde_json::from_str::<Refused>(&text) {
        Ok(refused) => Err(Failure::Refused(refused)),
        // A proxy in between, most often: the server itself was not reached.
        Err(_) => Err(Failure::Offline),
    }
}

fn json(body: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(body).map_err(|error| Failure::Browser(error.to_string()))
}
