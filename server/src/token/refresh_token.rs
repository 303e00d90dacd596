//! The refresh token's two spellings: sealed for strict clients, a JWT that
//! may be decoded for clients of PSC (psc-protocol §6.3). Both name a grant and
//! a generation; neither is stored.

use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};

use super::{grant::Grant, issue::subject_of};
use crate::{
    app::App,
    clock::UnixTime,
    jose::{Compact, sign_hs512},
    secret,
};

const SEAL: &str = "refresh token";

/// What a refresh token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RefreshToken {
    #[serde(rename = "g")]
    pub grant_id: String,
    #[serde(rename = "n")]
    pub generation: i64,
    /// When it ends, where it says so itself: the grant may have been used since.
    #[serde(skip)]
    pub expires_at: Option<UnixTime>,
}

impl RefreshToken {
    /// Whether it is past the end that it tells.
    pub(super) fn is_over(&self, now: UnixTime) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }
}

/// What a refresh token says where it may be read.
#[derive(Serialize)]
pub(super) struct Claims<'a> {
    exp: i64,
    iat: i64,
    jti: String,
    iss: &'a str,
    aud: &'a str,
    sub: String,
    typ: &'static str,
    azp: &'a str,
    nonce: &'a str,
    session_state: &'a str,
    scope: &'a str,
    sid: &'a str,
}

#[derive(Deserialize)]
struct Read {
    jti: String,
    typ: String,
    exp: UnixTime,
}

/// Writes the refresh token of a grant, which ends then unless it is used.
pub(super) fn write(
    app: &App,
    grant: &Grant,
    ends: UnixTime,
    as_jwt: bool,
) -> anyhow::Result<String> {
    if !as_jwt {
        let token = RefreshToken {
            grant_id: grant.id.clone(),
            generation: grant.generation,
            expires_at: None,
        };
        return app.sealer.seal_value(SEAL, &token);
    }
    let written_now = Grant { rotated_at: app.clock.now(), ..grant.clone() };
    let (key, kid) = jwt_key(app)?;
    sign_hs512(&key, &kid, &claims(app, &written_now, ends))
}

/// What the current refresh token of a grant says.
pub(super) fn claims<'a>(app: &'a App, grant: &'a Grant, exp: UnixTime) -> Claims<'a> {
    Claims {
        exp,
        iat: grant.rotated_at,
        jti: format!("{}.{}", grant.id, grant.generation),
        iss: &app.issuer,
        aud: &app.issuer,
        sub: subject_of(&grant.national_id),
        typ: "Refresh",
        azp: &grant.client_id,
        nonce: grant.nonce.as_deref().unwrap_or(""),
        session_state: &grant.sid,
        scope: &grant.scope,
        sid: &grant.sid,
    }
}

/// Reads either spelling; nothing when it is not ours.
pub(super) fn read(app: &App, text: &str) -> anyhow::Result<Option<RefreshToken>> {
    if !text.contains('.') {
        return Ok(app.sealer.open_value(SEAL, text));
    }
    let (key, _) = jwt_key(app)?;
    let claims = Compact::parse(text).and_then(|token| token.verified_hs512::<Read>(&key));
    let Ok(Read { jti, typ, exp }) = claims else { return Ok(None) };
    let parts = jti.rsplit_once('.').and_then(|(id, number)| Some((id, number.parse().ok()?)));
    Ok(parts.filter(|_| typ == "Refresh").map(|(id, generation)| RefreshToken {
        grant_id: id.into(),
        generation,
        expires_at: Some(exp),
    }))
}

fn jwt_key(app: &App) -> anyhow::Result<(hmac::Key, String)> {
    // The tag of a constant is a key that only this server can make.
    let key = app.sealer.tag("refresh token key", "v1");
    let kid = secret::digest_of(&format!("kid of {key}"));
    Ok((hmac::Key::new(hmac::HMAC_SHA512, key.as_bytes()), kid))
}
