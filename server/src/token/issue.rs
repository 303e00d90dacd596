//! What the tokens contain (psc-protocol §6, oidc-rules §7).

use aws_lc_rs::digest;
use openpsc_protocol::level::Level;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    grant::{Confirmation, Grant},
    refresh_token,
};
use crate::{
    app::App,
    clients::{Client, GrantType},
    clock::UnixTime,
    directory::Person,
    jose::{Audience, Compact, sign_compact},
    secret::{base64url, random_bytes},
    sessions::Session,
};

/// The constant inside every `sub` (psc-protocol §6.1).
pub const SUBJECT_REALM: &str = "550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd";

/// Stands where a grant's id would: nothing is stored for these tokens. No
/// grant's id is as short.
pub(super) const MACHINE: &str = "machine";

/// The `sub` of a professional.
pub fn subject_of(national_id: &str) -> String {
    format!("f:{SUBJECT_REALM}:{national_id}")
}

/// The national identifier inside a `sub` of ours.
pub fn national_id_of(subject: &str) -> Option<&str> {
    subject.strip_prefix("f:")?.strip_prefix(SUBJECT_REALM)?.strip_prefix(':')
}

/// The answer of the token endpoint, with the members that PSC's clients need.
#[derive(Debug, Serialize)]
pub(super) struct Tokens {
    access_token: String,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_expires_in: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    token_type: &'static str,
    id_token: String,
    #[serde(rename = "not-before-policy")]
    not_before_policy: i64,
    session_state: String,
    scope: String,
}

#[derive(Serialize)]
struct IdToken<'a> {
    exp: UnixTime,
    iat: UnixTime,
    auth_time: UnixTime,
    jti: String,
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    typ: &'static str,
    azp: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    session_state: &'a str,
    at_hash: String,
    sid: &'a str,
    #[serde(rename = "authMode")]
    auth_mode: &'static str,
    acr: Level,
    amr: &'a [String],
    #[serde(flatten)]
    person: Map<String, Value>,
}

#[derive(Serialize)]
struct AccessTokenClaims<'a> {
    exp: UnixTime,
    iat: UnixTime,
    auth_time: UnixTime,
    jti: String,
    iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Audience>,
    sub: &'a str,
    typ: &'static str,
    azp: &'a str,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    session_state: &'a str,
    acr: Level,
    scope: &'a str,
    sid: &'a str,
    #[serde(rename = "authMode")]
    auth_mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<&'a Confirmation>,
    #[serde(flatten)]
    person: Map<String, Value>,
}

/// `typ` of an access token: RFC 9068 says `at+jwt`, PSC says `JWT`.
pub(super) fn access_token_typ(client: &Client) -> &'static str {
    if client.rules.access_token_has_no_audience { "JWT" } else { "at+jwt" }
}

/// The answer to a service that acts for itself.
#[derive(Debug, Serialize)]
pub(super) struct MachineTokens {
    access_token: String,
    expires_in: i64,
    token_type: &'static str,
    scope: String,
}

/// RFC 9068 §2.2, with the member that this server's tokens have in common.
#[derive(Serialize)]
struct MachineTokenClaims<'a> {
    exp: UnixTime,
    iat: UnixTime,
    jti: String,
    iss: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Audience>,
    sub: &'a str,
    typ: &'static str,
    azp: &'a str,
    client_id: &'a str,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<&'a Confirmation>,
}

/// Writes the one token of a service that acts for itself.
pub(super) async fn machine_tokens(
    app: &App,
    client: &Client,
    scope: String,
    resources: Vec<String>,
    confirmation: Option<&Confirmation>,
) -> anyhow::Result<MachineTokens> {
    let now = app.clock.now();
    let keys = app.keys.get(app).await?;
    let settings = &app.config.tokens;
    let access_token = sign_compact(
        keys.tokens(client.alg),
        access_token_typ(client),
        &MachineTokenClaims {
            exp: now + settings.access,
            iat: now,
            jti: format!("{MACHINE}.{}", base64url(&random_bytes::<20>())),
            iss: &app.issuer,
            aud: audience_of(app, client, &resources),
            sub: &client.client_id,
            typ: "Bearer",
            azp: &client.client_id,
            client_id: &client.client_id,
            scope: &scope,
            cnf: confirmation,
        },
    )?;
    Ok(MachineTokens {
        access_token,
        expires_in: settings.access,
        token_type: token_type(confirmation),
        scope,
    })
}

/// Writes the three tokens of a grant.
pub(super) async fn tokens(
    app: &App,
    client: &Client,
    grant: &Grant,
    session: &Session,
    person: &Person,
) -> anyhow::Result<Tokens> {
    let now = app.clock.now();
    let keys = app.keys.get(app).await?;
    let key = keys.tokens(client.alg);
    let settings = &app.config.tokens;
    let exp = (now + settings.access).min(grant.expires_at);
    let sub = subject_of(&grant.national_id);
    let auth_mode = session.authentication.means.as_str();
    let auth_time = session.authentication.auth_time;
    let nonce = match &grant.nonce {
        Some(nonce) => Some(nonce.as_str()),
        None => client.rules.nonce_is_never_absent.then_some(""),
    };
    let access_token = sign_compact(
        key,
        access_token_typ(client),
        &AccessTokenClaims {
            exp,
            iat: now,
            auth_time,
            // The grant's id lets every use ask whether it still stands.
            jti: format!("{}.{}", grant.id, base64url(&random_bytes::<9>())),
            iss: &app.issuer,
            aud: audience_of(app, client, &grant.resources),
            sub: &sub,
            typ: "Bearer",
            azp: &client.client_id,
            client_id: &client.client_id,
            nonce,
            session_state: &grant.sid,
            acr: grant.acr,
            scope: &grant.scope,
            sid: &grant.sid,
            auth_mode,
            cnf: grant.confirmation.as_ref(),
            person: person.access_token_claims(),
        },
    )?;
    let id_token = sign_compact(
        key,
        "JWT",
        &IdToken {
            exp,
            iat: now,
            auth_time,
            jti: uuid::Uuid::new_v4().to_string(),
            iss: &app.issuer,
            aud: &client.client_id,
            sub: &sub,
            typ: "ID",
            azp: &client.client_id,
            nonce,
            session_state: &grant.sid,
            at_hash: at_hash(&access_token),
            sid: &grant.sid,
            auth_mode,
            acr: grant.acr,
            amr: &session.authentication.amr,
            person: person.token_claims(),
        },
    )?;
    let renews = client.may_use(GrantType::RefreshToken);
    let ends = grant.idle_with(app, session);
    let refresh_token =
        renews.then(|| refresh_token::write(app, grant, ends, client.rules.refresh_token_is_a_jwt));
    Ok(Tokens {
        access_token,
        expires_in: exp - now,
        refresh_expires_in: renews.then(|| ends - now),
        refresh_token: refresh_token.transpose()?,
        token_type: token_type(grant.confirmation.as_ref()),
        id_token,
        not_before_policy: 0,
        session_state: grant.sid.clone(),
        scope: grant.scope.clone(),
    })
}

/// The resources that were asked for, or ourselves.
fn audience_of(app: &App, client: &Client, resources: &[String]) -> Option<Audience> {
    if !resources.is_empty() {
        return Some(resources.to_vec().into());
    }
    (!client.rules.access_token_has_no_audience).then(|| Audience::One(app.issuer.clone()))
}

/// RFC 9449 §5; a token that is bound to a certificate is sent like any other.
fn token_type(confirmation: Option<&Confirmation>) -> &'static str {
    match confirmation {
        Some(Confirmation::Jkt(_)) => "DPoP",
        Some(Confirmation::Certificate(_)) | None => "Bearer",
    }
}

/// The left half of the access token's SHA-256 (Core §3.1.3.6).
fn at_hash(access_token: &str) -> String {
    base64url(&digest::digest(&digest::SHA256, access_token.as_bytes()).as_ref()[..16])
}

/// What an `id_token_hint` tells, whether it has expired or not.
#[derive(Clone, Debug, Deserialize)]
pub struct IdTokenHint {
    /// Who it was issued to.
    pub aud: String,
    /// The session.
    pub sid: String,
    /// Whom it speaks of.
    pub sub: String,
    typ: String,
    iss: String,
}

/// Reads an ID token of ours; nothing when it is not.
pub async fn read_id_token_hint(app: &App, text: &str) -> anyhow::Result<Option<IdTokenHint>> {
    let keys = app.keys.get(app).await?;
    let Ok(token) = Compact::parse(text) else { return Ok(None) };
    let Some(key) = token.kid().and_then(|kid| keys.find(kid)) else { return Ok(None) };
    let hint = token.verified::<IdTokenHint>(key, "JWT").ok();
    Ok(hint.filter(|hint| hint.iss == app.issuer && hint.typ == "ID"))
}
