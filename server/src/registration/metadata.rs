//! What a service may say of itself (RFC 7591 §2).

use serde_json::{Map, Value, json};

use crate::{
    authorize::SCOPES,
    clients::{check_redirect_uri, store::settings_of},
    error::ErrorCode,
    secret::Hidden,
};

macro_rules! members {
    ($(#[$doc:meta])* $list:ident: $($name:literal,)*) => {
        $(#[$doc])*
        const $list: &[(&str, &str)] =
            &[$(($name, concat!("The member ", $name, " is not as it may be registered here.")),)*];
    };
}

members! {
    /// What is taken as it is sent, and what is said when it cannot be.
    MEMBERS:
    "client_name",
    "post_logout_redirect_uris",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "grant_types",
    "scope",
    "jwks",
    "jwks_uri",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "introspection_signed_response_alg",
    "request_object_signing_alg",
    "request_uris",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "authorization_signed_response_alg",
    "dpop_bound_access_tokens",
    "tls_client_certificate_bound_access_tokens",
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "redirect_uris",
}

members! {
    /// What is the operator's to give, and free to try in a sandbox.
    TRIED:
    "profile",
    "require_pkce",
    "minimum_level",
    "resources",
    "backchannel_token_delivery_mode",
    "backchannel_client_notification_endpoint",
    "backchannel_authentication_request_signing_alg",
}

/// A service that asks for these would not understand our answers.
const ENCRYPTION: &[&str] = &[
    "id_token_encrypted_response_alg",
    "userinfo_encrypted_response_alg",
    "introspection_encrypted_response_alg",
    "authorization_encrypted_response_alg",
    "request_object_encryption_alg",
];

/// A redirect URI longer than this is no address.
const LONGEST_URI: usize = 2000;

/// A service has so many redirect URIs at the most.
const MOST_URIS: usize = 50;

/// Why a registration is refused.
pub(super) type Refusal = (ErrorCode, &'static str);

/// Whom a registration comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A sandbox: whatever a service may be, it may try.
    Sandbox,
    /// Anywhere else.
    Outside,
}

/// Reads what a service says of itself into what the registry keeps. Members
/// that we do not know are ignored (RFC 7591 §2). `callable` says whether the
/// server would ever call a URL.
pub(super) fn read(
    sent: &Map<String, Value>,
    place: Place,
    callable: impl Fn(&str) -> bool,
) -> Result<Value, Refusal> {
    let redirect_uris = redirect_uris(sent)?;
    supported(sent)?;
    let mut metadata = Map::new();
    let tried = if place == Place::Sandbox { TRIED } else { &[] };
    for (name, _) in MEMBERS.iter().chain(tried) {
        // RFC 7591 §2: null and absent are the same.
        if let Some(value) = sent.get(*name).filter(|value| !value.is_null()) {
            metadata.insert((*name).into(), value.clone());
        }
    }
    let name = redirect_uris.first().and_then(|uri| url::Url::parse(uri).ok());
    let name = name.and_then(|url| url.host_str().map(str::to_owned));
    for (member, usual) in [
        ("client_name", json!(name.unwrap_or_else(|| "Service".into()))),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("grant_types", json!(["authorization_code", "refresh_token"])),
        ("id_token_signed_response_alg", json!("RS256")),
        ("redirect_uris", json!([])),
    ] {
        metadata.entry(member).or_insert(usual);
    }
    if metadata["token_endpoint_auth_method"] == "none" {
        metadata.insert("web_origins".into(), json!(origins(&redirect_uris)));
    }
    if place == Place::Outside {
        limited(&metadata)?;
    }
    called(&metadata, callable)?;
    let metadata = Value::from(metadata);
    if let Err(culprit) = check(&metadata) {
        return Err((ErrorCode::InvalidClientMetadata, culprit));
    }
    Ok(metadata)
}

fn redirect_uris(sent: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    const SENTENCE: &str = "redirect_uris must be https addresses without fragment or user, \
                            on localhost http too.";
    let refused = (ErrorCode::InvalidRedirectUri, SENTENCE);
    let uris: Vec<String> = match sent.get("redirect_uris").filter(|uris| !uris.is_null()) {
        Some(uris) => serde_json::from_value(uris.clone()).map_err(|_| refused)?,
        None => Vec::new(),
    };
    let grants = sent.get("grant_types").and_then(Value::as_array);
    let logs_in = grants.is_none_or(|grants| grants.iter().any(|it| it == "authorization_code"));
    let good = |uri: &String| uri.len() <= LONGEST_URI && check_redirect_uri(uri).is_ok();
    if (logs_in && uris.is_empty()) || uris.len() > MOST_URIS || !uris.iter().all(good) {
        return Err(refused);
    }
    Ok(uris)
}

/// What would mean something here that we do not do.
fn supported(sent: &Map<String, Value>) -> Result<(), Refusal> {
    let refused = |sentence| Err((ErrorCode::InvalidClientMetadata, sentence));
    if sent.get("response_types").is_some_and(|types| *types != json!(["code"])) {
        return refused("response_types must be code alone.");
    }
    if sent.get("subject_type").is_some_and(|kind| kind != "public") {
        return refused("subject_type must be public.");
    }
    if ENCRYPTION.iter().any(|name| sent.get(*name).is_some_and(|value| !value.is_null())) {
        return refused("Nothing is encrypted here beside the connection itself.");
    }
    let name = sent.get("client_name").and_then(Value::as_str).unwrap_or_default();
    if name.chars().any(char::is_control) {
        return refused("client_name must not hold control characters.");
    }
    Ok(())
}

/// What only the operator gives.
fn limited(metadata: &Map<String, Value>) -> Result<(), Refusal> {
    let refused = |sentence| Err((ErrorCode::InvalidClientMetadata, sentence));
    let logs_in = |grant: &Value| grant == "authorization_code" || grant == "refresh_token";
    if !metadata["grant_types"].as_array().is_some_and(|grants| grants.iter().all(logs_in)) {
        return refused("grant_types may be authorization_code and refresh_token.");
    }
    let scope = metadata.get("scope").and_then(Value::as_str).unwrap_or("openid");
    if !scope.split(' ').all(|word| SCOPES.contains(&word)) {
        return refused("scope may hold the scopes of a login only.");
    }
    Ok(())
}

/// RFC 7591 §5: the server is not made to call an address of its own network.
fn called(metadata: &Map<String, Value>, callable: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    let alone = ["jwks_uri", "backchannel_logout_uri", "backchannel_client_notification_endpoint"];
    let request_uris = metadata.get("request_uris").and_then(Value::as_array);
    let mut uris = alone
        .iter()
        .filter_map(|name| metadata.get(*name))
        .chain(request_uris.into_iter().flatten());
    if uris.all(|uri| uri.as_str().is_some_and(&callable)) {
        return Ok(());
    }
    let sentence = "jwks_uri, request_uris, backchannel_logout_uri and \
                    backchannel_client_notification_endpoint must be https addresses of the \
                    public network.";
    Err((ErrorCode::InvalidClientMetadata, sentence))
}

/// A page of a public client calls the token endpoint from where it lives.
fn origins(redirect_uris: &[String]) -> Vec<String> {
    let urls = redirect_uris.iter().filter_map(|uri| url::Url::parse(uri).ok());
    let mut origins: Vec<_> = urls.map(|url| url.origin().ascii_serialization()).collect();
    origins.sort_unstable();
    origins.dedup();
    origins
}

/// Holds the whole to the rules of every client. When it breaks one, the member
/// without which it would not is to blame.
fn check(metadata: &Value) -> Result<(), &'static str> {
    if usable(metadata) {
        return Ok(());
    }
    let to_blame = MEMBERS.iter().chain(TRIED).find(|(name, _)| {
        let mut without = metadata.clone();
        without.as_object_mut().is_some_and(|members| members.remove(*name).is_some())
            && usable(&without)
    });
    Err(to_blame.map_or("The members do not fit each other.", |(_, sentence)| *sentence))
}

fn usable(metadata: &Value) -> bool {
    let Ok(mut settings) = settings_of("new", &with_a_name(metadata)) else { return false };
    if settings.needs_secret() {
        settings.client_secret = Some(Hidden::from("0".repeat(43).as_str()));
    }
    settings.check(false).is_ok()
}

/// The name has no usual value in the registry.
fn with_a_name(metadata: &Value) -> Value {
    let mut metadata = metadata.clone();
    if metadata.get("client_name").is_none() {
        metadata["client_name"] = "Service".into();
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries(place: Place, sent: Value) -> Result<Value, Refusal> {
        let sent = sent.as_object().unwrap().clone();
        read(&sent, place, |uri| uri.starts_with("https://public"))
    }

    fn refused(sent: Value) -> Refusal {
        tries(Place::Outside, sent.clone()).expect_err(&sent.to_string())
    }

    const URI: &str = "https://a.example/cb";

    #[test]
    fn what_is_left_out_gets_its_usual_value() {
        let metadata = tries(Place::Outside, json!({"redirect_uris": [URI]})).unwrap();
        assert_eq!(metadata["client_name"], "a.example");
        assert_eq!(metadata["token_endpoint_auth_method"], "client_secret_basic");
        assert_eq!(metadata["grant_types"], json!(["authorization_code", "refresh_token"]));
        let public = json!({"redirect_uris": [URI], "token_endpoint_auth_method": "none"});
        let metadata = tries(Place::Outside, public).unwrap();
        assert_eq!(metadata["web_origins"], json!(["https://a.example"]));
    }

    #[test]
    fn nobody_gives_itself_a_right_of_the_operators() {
        let sent = json!({"redirect_uris": [URI], "auto_login": true, "introspects_others": true,
            "profile": "psc", "require_pkce": false, "minimum_level": "eidas1",
            "web_origins": ["https://evil.example"], "client_id": "agenda",
            "client_secret": "chosen", "x": 1});
        let never =
            ["auto_login", "introspects_others", "web_origins", "client_id", "client_secret", "x"];
        let metadata = tries(Place::Sandbox, sent.clone()).unwrap();
        assert!(never.iter().all(|name| metadata.get(*name).is_none()), "{metadata}");
        assert_eq!(metadata["profile"], "psc", "whatever a service may be, it may try");
        let metadata = tries(Place::Outside, sent).unwrap();
        let tried = TRIED.iter().map(|(name, _)| name);
        let mut all = never.iter().chain(tried);
        assert!(all.all(|name| metadata.get(*name).is_none()), "{metadata}");
        let machine = json!({"grant_types": ["client_credentials"], "scope": "admin"});
        assert!(tries(Place::Sandbox, machine.clone()).is_ok());
        assert_eq!(refused(machine).0, ErrorCode::InvalidClientMetadata);
        let scope = json!({"redirect_uris": [URI], "scope": "openid admin"});
        assert!(refused(scope).1.starts_with("scope"));
    }

    #[test]
    fn a_bad_address_is_invalid_redirect_uri() {
        for uris in [
            json!(null),
            json!([]),
            json!("https://a.example/"),
            json!([1]),
            json!({}),
            json!(["http://a.example/"]),
            json!(["https://a.example/#x"]),
            json!(["javascript:x"]),
            json!([URI, "data:,x"]),
            json!(["https://u@a.example/"]),
            json!([URI].repeat(51)),
            json!([format!("{URI}?{}", "x".repeat(2000))]),
        ] {
            let (code, _) = refused(json!({"redirect_uris": uris}));
            assert_eq!(code, ErrorCode::InvalidRedirectUri, "{uris}");
        }
    }

    #[test]
    fn the_member_to_blame_is_named() {
        for (name, value) in [
            ("client_name", json!("")),
            ("client_name", json!(["x"])),
            ("client_name", json!("a\nb")),
            ("token_endpoint_auth_method", json!("client_secret_jwt")),
            ("token_endpoint_auth_method", json!("private_key_jwt")),
            ("grant_types", json!(["authorization_code", "password"])),
            ("grant_types", json!([])),
            ("response_types", json!(["token"])),
            ("response_types", json!(["code", "token"])),
            ("subject_type", json!("pairwise")),
            ("scope", json!("")),
            ("jwks", json!({})),
            ("jwks_uri", json!("https://10.0.0.1/")),
            ("request_uris", json!(["http://x"])),
            ("id_token_signed_response_alg", json!("none")),
            ("id_token_signed_response_alg", json!("HS256")),
            ("userinfo_signed_response_alg", json!("none")),
            ("dpop_bound_access_tokens", json!("yes")),
            ("post_logout_redirect_uris", json!(["http://a.example/"])),
            ("backchannel_logout_session_required", json!("yes")),
            ("frontchannel_logout_uri", json!("https://b.example/out")),
            ("frontchannel_logout_uri", json!("javascript:alert(1)")),
            ("frontchannel_logout_session_required", json!(1)),
        ] {
            let (code, sentence) = refused(json!({"redirect_uris": [URI], name: value}));
            assert!(
                [ErrorCode::InvalidClientMetadata, ErrorCode::InvalidRedirectUri].contains(&code)
            );
            assert!(sentence.contains(name), "{name} {value}: {sentence}");
        }
        let encrypted =
            json!({"redirect_uris": [URI], "id_token_encrypted_response_alg": "RSA-OAEP"});
        assert!(refused(encrypted).1.contains("encrypted"));
    }
}
