//! The rules of a request, in the order in which they decide (oidc-rules §2).

use openpsc_protocol::level::Level;

use super::{
    ResponseMode, claims,
    reading::Arrival,
    request::{AuthorizationRequest, Prompt},
};
use crate::{
    clients::{Client, GrantType},
    parameters::Parameters,
};

/// Scopes that mean something here.
pub const SCOPES: &[&str] = &["openid", "scope_all"];

/// A refusal that goes back to the service: `error` and `error_description`.
pub(super) type Refusal = (&'static str, &'static str);

/// A request in the making.
pub(super) struct Draft<'a> {
    pub parameters: &'a Parameters,
    pub client: &'a Client,
    pub request: AuthorizationRequest,
    pub arrival: Arrival,
    /// Our own name, which is a resource too.
    pub issuer: &'a str,
    /// The server takes pushed requests only.
    pub pushed_only: bool,
}

type Check = fn(&mut Draft<'_>) -> Result<(), Refusal>;

/// The list. Client, redirect URI, `state` and `response_mode` are settled
/// before: they decide where a refusal goes.
const CHECKS: &[Check] = &[
    nothing_repeated,
    as_demanded,
    no_registration,
    response_type,
    scope,
    pkce,
    dpop_jkt,
    nonce,
    prompt,
    max_age,
    hints,
    levels,
    claims,
    resources,
];

/// Runs the list.
pub(super) fn check(mut draft: Draft<'_>) -> Result<AuthorizationRequest, Refusal> {
    for check in CHECKS {
        check(&mut draft)?;
    }
    Ok(draft.request)
}

/// `response_mode`, needed before anything can be answered.
pub(super) fn response_mode(
    client: &Client,
    parameters: &Parameters,
) -> Result<ResponseMode, Refusal> {
    let signs = client.demands.answer_alg.is_some();
    match parameters.one("response_mode") {
        Ok(None | Some("query")) => Ok(ResponseMode::Query),
        Ok(Some("form_post")) => Ok(ResponseMode::FormPost),
        // JARM §2.3.4: jwt is the signed form of what a code travels by.
        Ok(Some("jwt" | "query.jwt")) if signs => Ok(ResponseMode::QueryJwt),
        Ok(Some("form_post.jwt")) if signs => Ok(ResponseMode::FormPostJwt),
        Ok(Some(_)) if signs => Err((
            "invalid_request",
            "response_mode is query, form_post, jwt, query.jwt or form_post.jwt.",
        )),
        Ok(Some(_)) => Err(("invalid_request", "response_mode is query or form_post.")),
        Err(_) => Err(("invalid_request", "response_mode was sent more than once.")),
    }
}

const ONCE: &[&str] = &[
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "acr_values",
    "ui_locales",
    "display",
    "claims",
    "request",
    "request_uri",
    "registration",
];

fn nothing_repeated(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    // PSC's own clients repeat acr_values (psc-protocol §2.1); the same words
    // are then kept once.
    let lenient = draft.client.rules.unknown_scopes_are_dropped;
    for name in ONCE.iter().copied().filter(|name| !(lenient && *name == "acr_values")) {
        if draft.parameters.one(name).is_err() {
            return Err(("invalid_request", "A parameter was sent more than once."));
        }
    }
    Ok(())
}

/// RFC 9126 §5 and §6, RFC 9101 §10.5.
fn as_demanded(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if (draft.pushed_only || draft.client.demands.pushed) && !draft.arrival.pushed {
        return Err(("invalid_request", "This client must push its requests (RFC 9126)."));
    }
    if draft.client.demands.signed && !draft.arrival.signed {
        return Err(("invalid_request", "This client must sign its requests (RFC 9101)."));
    }
    Ok(())
}

/// Core §7.2.1: nobody issues their own identities here.
fn no_registration(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if draft.parameters.has("registration") {
        return Err(("registration_not_supported", "Clients are registered beforehand."));
    }
    Ok(())
}

fn response_type(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match optional(draft, "response_type") {
        None => Err(("invalid_request", "response_type is missing.")),
        Some("code") if draft.client.may_use(GrantType::AuthorizationCode) => Ok(()),
        Some("code") => Err(("unauthorized_client", "This client is not registered for logins.")),
        Some(_) => Err(("unsupported_response_type", "response_type is code.")),
    }
}

fn scope(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let asked = optional(draft, "scope").unwrap_or_default();
    draft.request.scope = granted_scope(asked, draft.client)?;
    Ok(())
}

/// What a client gets of the scope that it asks for, at whichever endpoint.
pub fn granted_scope(asked: &str, client: &Client) -> Result<String, Refusal> {
    let rules = client.rules;
    let well_formed =
        asked.bytes().all(|byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    if !well_formed {
        return Err((
            "invalid_scope",
            "scope has a character that RFC 6749 section 3.3 does not allow.",
        ));
    }
    if asked.split(' ').any(str::is_empty) && !rules.unknown_scopes_are_dropped {
        return Err((
            "invalid_scope",
            "scope is words with single spaces between them, and none around them.",
        ));
    }
    let mut granted: Vec<&str> = Vec::new();
    for word in asked.split(' ').filter(|word| !word.is_empty()) {
        if granted.contains(&word) {
            continue;
        }
        if client.may_ask_for(word, SCOPES) {
            granted.push(word);
        } else if !rules.unknown_scopes_are_dropped {
            return Err((
                "invalid_scope",
                "scope is made of openid and scope_all, or of what this client is registered for.",
            ));
        }
    }
    if !granted.contains(&"openid") {
        if !rules.openid_is_implied {
            return Err(("invalid_scope", "scope must contain openid."));
        }
        granted.insert(0, "openid");
    }
    let mut scope = granted.join(" ");
    if rules.unknown_scopes_are_dropped {
        // Real PSC grants it unasked (psc-protocol §7.4).
        scope.push_str(" identity");
    }
    Ok(scope)
}

fn pkce(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let challenge = optional(draft, "code_challenge").map(str::to_owned);
    let method = optional(draft, "code_challenge_method");
    match (&challenge, method) {
        (None, None) if !draft.client.demands.pkce && !draft.client.is_public() => Ok(()),
        (None, _) => Err(("invalid_request", "code_challenge is missing: PKCE is compulsory.")),
        (Some(challenge), Some("S256")) if is_challenge(challenge) => {
            draft.request.code_challenge = Some(challenge.clone());
            Ok(())
        }
        (Some(_), Some("S256")) => {
            Err(("invalid_request", "code_challenge has 43 characters of base64url."))
        }
        (Some(_), _) => Err(("invalid_request", "code_challenge_method is S256, and is stated.")),
    }
}

fn is_challenge(text: &str) -> bool {
    text.len() == 43
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// RFC 9449 §10: a thumbprint has the shape of a challenge.
fn dpop_jkt(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let jkt = optional(draft, "dpop_jkt").map(str::to_owned);
    if jkt.as_deref().is_some_and(|jkt| !is_challenge(jkt)) {
        return Err(("invalid_request", "dpop_jkt has 43 characters of base64url."));
    }
    draft.request.dpop_jkt = jkt;
    Ok(())
}

fn nonce(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let nonce = optional(draft, "nonce").map(str::to_owned);
    if nonce.as_ref().is_some_and(|nonce| nonce.len() > 512) {
        return Err(("invalid_request", "nonce has at most 512 bytes."));
    }
    draft.request.nonce = nonce;
    Ok(())
}

fn prompt(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let words: Vec<&str> =
        optional(draft, "prompt").map(|text| text.split(' ').collect()).unwrap_or_default();
    if words.contains(&"none") && words.len() > 1 {
        return Err(("invalid_request", "prompt=none stands alone."));
    }
    draft.request.prompt = Prompt {
        none: words.contains(&"none"),
        login: words.contains(&"login") || words.contains(&"select_account"),
    };
    Ok(())
}

fn max_age(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some(text) = optional(draft, "max_age") else { return Ok(()) };
    let seconds =
        text.parse::<u32>().map_err(|_| ("invalid_request", "max_age is a number of seconds."))?;
    draft.request.max_age = Some(i64::from(seconds));
    Ok(())
}

fn hints(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    // Hints and languages never cause an error (Core §15.1): a strange one is
    // only not used.
    let usable = |text: &&str| text.len() <= 64 && !text.chars().any(char::is_control);
    draft.request.login_hint = optional(draft, "login_hint").filter(usable).map(str::to_owned);
    draft.request.ui_locales = optional(draft, "ui_locales").filter(usable).map(str::to_owned);
    Ok(())
}

fn levels(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    // acr_values is voluntary: a word that we do not know is passed over.
    let words = draft.parameters.all("acr_values").flat_map(|words| words.split(' '));
    let mut levels: Vec<Level> = Vec::new();
    for level in words.filter_map(|word| word.parse().ok()) {
        if !levels.contains(&level) {
            levels.push(level);
        }
    }
    draft.request.acr_values = levels;
    Ok(())
}

fn claims(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some(text) = optional(draft, "claims") else { return Ok(()) };
    let asked = claims::read(text)?;
    draft.request.essential_acr = asked.essential;
    draft.request.hinted_subject = asked.subject;
    for level in asked.voluntary {
        if !draft.request.acr_values.contains(&level) {
            draft.request.acr_values.push(level);
        }
    }
    Ok(())
}

/// RFC 8707 §2: the one parameter that may repeat.
fn resources(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    for resource in draft.parameters.all("resource").filter(|it| !it.is_empty()) {
        if !draft.client.demands.may_reach(resource, draft.issuer) {
            return Err(("invalid_target", "resource is not one that this client may ask for."));
        }
        if !draft.request.resources.iter().any(|known| known == resource) {
            draft.request.resources.push(resource.to_owned());
        }
    }
    Ok(())
}

fn optional<'a>(draft: &Draft<'a>, name: &'static str) -> Option<&'a str> {
    // Repetition is refused by the first check of the list.
    draft.parameters.one(name).ok().flatten()
}
