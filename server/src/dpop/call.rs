//! A call that carries a proof.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    nonce,
    proof::{self, Expected, Proof},
};
use crate::{
    app::App,
    error::{Error, ErrorCode},
    spent,
};

/// Where a proof travels (RFC 9449 §4.1).
pub(super) const HEADER: HeaderName = HeaderName::from_static("dpop");

/// Where our nonces travel (§8).
pub(super) const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The call that a proof must speak of.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its path, under our public addresses.
    pub path: &'a str,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The access token that is used by it.
    pub access_token: Option<&'a str>,
    /// Whether the client must repeat our nonces.
    pub nonce_wanted: bool,
}

/// Why the key of a call is not believed.
#[derive(Debug)]
pub enum Refusal {
    /// The proof breaks a rule.
    Broken(&'static str),
    /// The proof must repeat this nonce (§8).
    NonceWanted(String),
    /// So many seconds are full.
    TooMany(i64),
    /// Our fault.
    Internal(anyhow::Error),
}

/// The key that a caller has proved to hold; nothing when it sent no proof.
pub async fn prove(app: &App, call: Call<'_>) -> Result<Option<String>, Refusal> {
    let mut values = call.headers.get_all(&HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::Broken("Send one DPoP proof."));
    }
    let text = value.to_str().map_err(|_| Refusal::Broken("The DPoP proof is not text."))?;
    proved(app, call, text).await.map(Some)
}

async fn proved(app: &App, call: Call<'_>, text: &str) -> Result<String, Refusal> {
    let now = app.clock.now();
    // Services with certificates may know us by another name (RFC 8705 §5).
    let ours = [Some(&app.config.public_url), app.config.mtls.public_url.as_ref()];
    let urls: Vec<String> =
        ours.into_iter().flatten().map(|ours| format!("{ours}{}", call.path)).collect();
    let Call { method, access_token, .. } = call;
    let proof = proof::check(text, Expected { method, urls: &urls, access_token, now })
        .map_err(|error| Refusal::Broken(error.sentence()))?;
    check_nonce(app, &proof, call.nonce_wanted)?;

    app.replays.take(app.config.dpop.proofs_per_minute, now).map_err(Refusal::TooMany)?;
    let Proof { jkt, jti, iat, .. } = proof;
    // Past this the proof is refused for its age.
    let until = iat + proof::AGE;
    let first = spent::take_now(&app.database, "dpop", &format!("{jkt} {jti}"), until).await;
    match first {
        Ok(true) => Ok(jkt),
        Ok(false) => Err(Refusal::Broken("This DPoP proof was used before.")),
        Err(cause) => Err(Refusal::Internal(cause)),
    }
}

fn check_nonce(app: &App, proof: &Proof, wanted: bool) -> Result<(), Refusal> {
    let now = app.clock.now();
    let good = match &proof.nonce {
        // One that is not ours is too old, or somebody else's.
        Some(nonce) => nonce::is_good(&app.sealer, nonce, now),
        None => !wanted,
    };
    if good { Ok(()) } else { Err(Refusal::NonceWanted(nonce::current(&app.sealer, now))) }
}

/// The header that gives a caller the nonce for its next proof.
pub(crate) fn next_nonce(app: &App) -> (HeaderName, HeaderValue) {
    (NONCE, as_header(&nonce::current(&app.sealer, app.clock.now())))
}

fn as_header(nonce: &str) -> HeaderValue {
    HeaderValue::from_str(nonce).expect("base64url is a header value")
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Broken(sentence) => Self::Refused(ErrorCode::InvalidDpopProof, sentence),
            Refusal::NonceWanted(nonce) => Self::RefusedWith(
                ErrorCode::UseDpopNonce,
                "Repeat the nonce of the DPoP-Nonce header in a new proof.",
                NONCE,
                as_header(&nonce),
            ),
            Refusal::TooMany(seconds) => Self::RefusedWith(
                ErrorCode::TooManyRequests,
                "Too many DPoP proofs came in this minute.",
                header::RETRY_AFTER,
                HeaderValue::from(seconds),
            ),
            Refusal::Internal(cause) => Self::Internal(cause),
        }
    }
}
