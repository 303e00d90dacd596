//! The rules of a request, in the order in which they decide (CIBA Core §7).

use openpsc_protocol::level::Level;

use crate::{
    authorize::granted_scope,
    clients::{Client, DeliveryMode, GrantType},
    ecps,
    error::ErrorCode,
    parameters::Parameters,
};

/// A refusal: `error` and `error_description`.
pub(super) type Refusal = (ErrorCode, &'static str);

/// Whom a request is about, as the service says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Hint {
    /// None yet.
    #[default]
    Missing,
    /// `login_hint`: an identifier.
    Login(String),
    /// `id_token_hint`: an ID token of ours.
    IdToken(String),
    /// `login_hint_token`: an identifier that the client has signed.
    LoginToken(String),
}

/// What a service asks for, once it has passed the checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) hint: Hint,
    /// What is granted.
    pub(super) scope: String,
    /// The levels asked for, in order of preference.
    pub(super) acr_values: Vec<Level>,
    /// What the service shows.
    pub(super) binding_message: String,
    /// The shorter life that it asks for.
    pub(super) requested_expiry: Option<i64>,
    /// With ping: what our call will prove itself with.
    pub(super) notification_token: Option<String>,
}

/// A request in the making.
struct Draft<'a> {
    parameters: &'a Parameters,
    client: &'a Client,
    asked: Asked,
}

type Check = fn(&mut Draft<'_>) -> Result<(), Refusal>;

const CHECKS: &[Check] = &[
    nothing_repeated,
    scope,
    one_hint,
    channel,
    levels,
    binding_message,
    requested_expiry,
    notification_token,
];

/// Runs the list.
pub(super) fn check(parameters: &Parameters, client: &Client) -> Result<Asked, Refusal> {
    let mut draft = Draft { parameters, client, asked: Asked::default() };
    for check in CHECKS {
        check(&mut draft)?;
    }
    Ok(draft.asked)
}

/// Whether this client may come here at all.
pub(super) fn may_ask(client: &Client) -> Result<(), Refusal> {
    // CIBA Core §4: whoever holds no credential cannot be told from a stranger.
    if client.is_public() {
        return Err((ErrorCode::UnauthorizedClient, "CIBA is for confidential clients only."));
    }
    if client.backchannel.is_none() || !client.may_use(GrantType::Ciba) {
        return Err((
            ErrorCode::UnauthorizedClient,
            "This client is not registered for CIBA: see grant_types.",
        ));
    }
    Ok(())
}

/// Every parameter that this endpoint reads. In a signed request none of them
/// may stand outside (CIBA Core §7.1.1).
pub(super) const PARAMETERS: &[&str] = &[
    "scope",
    "client_notification_token",
    "acr_values",
    "login_hint_token",
    "id_token_hint",
    "login_hint",
    "binding_message",
    "user_code",
    "requested_expiry",
    "channel",
];

fn nothing_repeated(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    for name in PARAMETERS.iter().copied() {
        if draft.parameters.one(name).is_err() {
            return Err((ErrorCode::InvalidRequest, "A parameter was sent more than once."));
        }
    }
    Ok(())
}

fn scope(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let asked = one(draft, "scope").ok_or((ErrorCode::InvalidRequest, "scope is missing."))?;
    draft.asked.scope =
        granted_scope(asked, draft.client).map_err(|(_, why)| (ErrorCode::InvalidScope, why))?;
    Ok(())
}

fn one_hint(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let hints = ["login_hint", "id_token_hint", "login_hint_token"].map(|name| one(draft, name));
    let text = str::to_owned;
    draft.asked.hint = match hints {
        [Some(hint), None, None] => Hint::Login(text(hint)),
        [None, Some(hint), None] => Hint::IdToken(text(hint)),
        [None, None, Some(hint)] => Hint::LoginToken(text(hint)),
        _ => {
            return Err((
                ErrorCode::InvalidRequest,
                "Exactly one of login_hint, id_token_hint and login_hint_token says who is asked.",
            ));
        }
    };
    Ok(())
}

/// PSC's own parameter (psc-protocol §12.1).
fn channel(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match one(draft, "channel") {
        None | Some("MOBILE") => Ok(()),
        Some("CARD") => Err((
            ErrorCode::InvalidRequest,
            "channel=CARD is not served yet: channel=MOBILE asks the e-CPS.",
        )),
        Some(_) => Err((ErrorCode::InvalidRequest, "channel is MOBILE or CARD.")),
    }
}

fn levels(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let words = one(draft, "acr_values").unwrap_or_default().split(' ');
    let mut levels: Vec<Level> = Vec::new();
    for level in words.filter_map(|word| word.parse().ok()) {
        if !levels.contains(&level) {
            levels.push(level);
        }
    }
    let wanted = levels.iter().copied().min().max(draft.client.minimum_level);
    if wanted.is_some_and(|wanted| wanted > ecps::LEVEL) {
        // A level is never lowered in silence: better no login than a lower one.
        return Err((
            ErrorCode::Forbidden,
            "The e-CPS reaches eidas2: it cannot give the level that is asked for or registered.",
        ));
    }
    draft.asked.acr_values = levels;
    Ok(())
}

fn binding_message(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let refused = |why| Err((ErrorCode::InvalidBindingMessage, why));
    let two_digits_only = draft.client.rules.binding_message_is_two_digits;
    let Some(message) = one(draft, "binding_message") else {
        // A bare yes or no is what push fatigue lives on (oidc-rules §3).
        return refused(
            "binding_message is missing: send the two digits that the person sees and types.",
        );
    };
    if two_digits_only && !is_number(message) {
        return refused("binding_message is two decimal digits, from 00 to 99.");
    }
    if !is_displayable(message) {
        return refused(
            "binding_message has 1 to 64 printable characters in one line, and no address.",
        );
    }
    draft.asked.binding_message = message.to_owned();
    Ok(())
}

/// Two digits are typed on the phone; anything else is compared.
pub(super) fn is_number(message: &str) -> bool {
    message.len() == 2 && message.bytes().all(|byte| byte.is_ascii_digit())
}

/// What can be shown as it is: a message that the phone would have to alter
/// could not be compared. Nor does it send a person anywhere.
fn is_displayable(message: &str) -> bool {
    let short = message.chars().count() <= 64;
    short && ecps::is_displayable(message) && !message.contains("://")
}

fn requested_expiry(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some(text) = one(draft, "requested_expiry") else { return Ok(()) };
    let seconds = text.parse::<u32>().ok().filter(|seconds| *seconds > 0);
    let seconds = seconds.ok_or((
        ErrorCode::InvalidRequest,
        "requested_expiry is a positive whole number of seconds.",
    ))?;
    draft.asked.requested_expiry = Some(i64::from(seconds));
    Ok(())
}

/// 128 bits in the alphabet of a bearer token need at least 22 characters.
const SHORTEST_TOKEN: usize = 22;
/// CIBA Core §7.1.
const LONGEST_TOKEN: usize = 1024;

fn notification_token(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    if !matches!(draft.client.backchannel, Some(ref it) if it.mode == DeliveryMode::Ping) {
        return Ok(());
    }
    let token = one(draft, "client_notification_token").ok_or((
        ErrorCode::InvalidRequest,
        "client_notification_token is missing: this client is registered for ping.",
    ))?;
    if !(SHORTEST_TOKEN..=LONGEST_TOKEN).contains(&token.len()) || !is_bearer(token) {
        return Err((
            ErrorCode::InvalidRequest,
            "client_notification_token has 22 to 1024 characters of a bearer token (RFC 6750).",
        ));
    }
    draft.asked.notification_token = Some(token.to_owned());
    Ok(())
}

/// RFC 6750 §2.1, `b64token`.
fn is_bearer(token: &str) -> bool {
    let letters = token.trim_end_matches('=');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !letters.is_empty() && letters.bytes().all(allowed)
}

fn one<'a>(draft: &Draft<'a>, name: &'static str) -> Option<&'a str> {
    // Repetition is refused by the first check of the list.
    draft.parameters.one(name).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::ClientSettings;

    fn client(more: &str) -> Client {
        let text = format!(
            "client_id = 'a'\nclient_name = 'a'\n\
             grant_types = ['urn:openid:params:grant-type:ciba']\n\
             client_secret = '0123456789abcdef0123456789abcdef'\n{more}"
        );
        Client::from(&toml::from_str::<ClientSettings>(&text).unwrap())
    }

    const POLL: &str = "backchannel_token_delivery_mode = 'poll'";
    const PING: &str = "backchannel_token_delivery_mode = 'ping'\n\
        backchannel_client_notification_endpoint = 'https://a.example/ping'";

    fn checked(more: &str, query: &str) -> Result<Asked, ErrorCode> {
        check(&Parameters::parse(query.as_bytes()), &client(more)).map_err(|(code, _)| code)
    }

    const GOOD: &str = "scope=openid+scope_all&login_hint=899700990015&binding_message=07";

    #[test]
    fn a_good_request_passes() {
        let asked = checked(POLL, &format!("{GOOD}&requested_expiry=30&x=y")).unwrap();
        assert_eq!(asked.scope, "openid scope_all");
        assert_eq!(asked.hint, Hint::Login("899700990015".into()));
        assert_eq!((asked.binding_message.as_str(), asked.requested_expiry), ("07", Some(30)));
        let other_order = GOOD.replace("openid+scope_all", "scope_all+openid");
        assert!(checked(POLL, &other_order).is_ok());
    }

    #[test]
    fn each_rule_refuses_with_its_own_word() {
        use ErrorCode::*;
        for (query, code) in [
            ("login_hint=899700990015&binding_message=07", InvalidRequest),
            ("scope=scope_all&login_hint=x&binding_message=07", InvalidScope),
            ("scope=openid+admin&login_hint=x&binding_message=07", InvalidScope),
            ("scope=openid&binding_message=07", InvalidRequest),
            ("scope=openid&login_hint=x&id_token_hint=y&binding_message=07", InvalidRequest),
            ("scope=openid&login_hint=x&login_hint_token=y&binding_message=07", InvalidRequest),
            ("scope=openid&login_hint=x", InvalidBindingMessage),
            (&format!("{GOOD}&channel=CARD"), InvalidRequest),
            (&format!("{GOOD}&channel=FAX"), InvalidRequest),
            (&format!("{GOOD}&acr_values=eidas3"), Forbidden),
            (&format!("{GOOD}&requested_expiry=0"), InvalidRequest),
            (&format!("{GOOD}&requested_expiry=-1"), InvalidRequest),
            (&format!("{GOOD}&requested_expiry=1.5"), InvalidRequest),
            (&format!("{GOOD}&scope=openid"), InvalidRequest),
            (&format!("{GOOD}&login_hint=x"), InvalidRequest),
        ] {
            assert_eq!(checked(POLL, query), Err(code), "{query}");
        }
    }

    #[test]
    fn a_message_is_shown_as_it_is_or_refused() {
        let with = |more: &str, message: &str| {
            let message: String =
                url::form_urlencoded::byte_serialize(message.as_bytes()).collect();
            checked(more, &format!("scope=openid&login_hint=x&binding_message={message}"))
        };
        for good in ["07", "1234", "Ordonnance n° 12", &"é".repeat(64)] {
            assert!(with(POLL, good).is_ok(), "{good}");
        }
        for bad in [
            "a\u{202e}b",
            "a\nb",
            "a\tb",
            "a\u{200b}b",
            " a",
            "a  b",
            "see https://a.example",
            &"x".repeat(65),
            "\u{0}",
        ] {
            assert_eq!(with(POLL, bad), Err(ErrorCode::InvalidBindingMessage), "{bad:?}");
        }
        let psc = format!("{POLL}\nprofile = 'psc'");
        assert!(with(&psc, "07").is_ok());
        for bad in ["7", "007", "ab", "٠٧", "0 "] {
            assert_eq!(with(&psc, bad), Err(ErrorCode::InvalidBindingMessage), "{bad:?}");
        }
    }

    #[test]
    fn ping_needs_a_token_and_poll_ignores_one() {
        let with = |more: &str, token: &str| {
            checked(more, &format!("{GOOD}&client_notification_token={token}"))
        };
        let good = "8d67dc78-7faa-4d41-aabd-67707b374255";
        assert_eq!(with(PING, good).unwrap().notification_token.as_deref(), Some(good));
        assert_eq!(with(POLL, good).unwrap().notification_token, None);
        for bad in ["", "short", "with%20space-aaaaaaaaaaaaaaaaaaaaaa", &"a".repeat(1025)] {
            assert_eq!(with(PING, bad), Err(ErrorCode::InvalidRequest), "{bad}");
        }
    }

    #[test]
    fn an_unmarked_or_public_client_may_not_ask() {
        assert!(may_ask(&client(POLL)).is_ok());
        assert!(may_ask(&client("")).is_err());
    }
}
