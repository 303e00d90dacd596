//! A client proves who it is (RFC 6749 §2.3).

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    AuthMethod, Client, Clients, SecretDigest,
    assertion::{self, AssertionError},
    certificate::{self, CertificateError},
};
use crate::{
    app::App,
    back_channel::Caller,
    clock::UnixTime,
    error::{Error as HttpError, ErrorCode},
    parameters::Parameters,
    secret::{digest_of, same},
};

/// Why a client was not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticationError {
    /// Unknown, wrong secret, or wrong method: the same answer for all.
    Refused {
        /// The `Authorization` header was used, so the answer names its scheme.
        basic: bool,
    },
    /// Two methods at once.
    Twice,
    /// A header that is not Basic, or not well formed.
    Malformed,
    /// RFC 7523 §2.2: both parameters, and the type that there is.
    AssertionType,
    /// An assertion that its client did sign breaks a rule.
    Assertion(AssertionError),
    /// The certificate does not do.
    Certificate(CertificateError),
}

impl AuthenticationError {
    fn as_str(self) -> &'static str {
        match self {
            Self::Refused { .. } => {
                "The client is unknown, or its credentials or their method are not the registered ones."
            }
            Self::Twice => {
                "Prove who you are in one way only: by the Authorization header, by client_secret or by client_assertion."
            }
            Self::Malformed => {
                "The Authorization header is not of the form Basic base64(client_id:client_secret)."
            }
            Self::AssertionType => {
                "client_assertion needs client_assertion_type, and that must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer."
            }
            Self::Assertion(error) => error.as_str(),
            Self::Certificate(error) => error.as_str(),
        }
    }
}

impl From<AuthenticationError> for HttpError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Twice => Self::Refused(ErrorCode::InvalidRequest, error.as_str()),
            // RFC 6749 §5.2: the scheme that was tried is answered.
            AuthenticationError::Refused { basic: true } | AuthenticationError::Malformed => {
                Self::RefusedWith(
                    ErrorCode::InvalidClient,
                    error.as_str(),
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Basic realm=\"esante-wallet\""),
                )
            }
            _ => Self::Refused(ErrorCode::InvalidClient, error.as_str()),
        }
    }
}

struct Credentials {
    client_id: String,
    secret: Option<String>,
    method: AuthMethod,
}

/// Finds the client that made a call, and believes it or not.
pub async fn authenticate(
    app: &App,
    caller: &Caller,
    body: &Parameters,
) -> Result<Arc<Client>, HttpError> {
    if assertion::is_used(body) {
        // RFC 6749 §2.3: one method, whatever the profile.
        if caller.headers.contains_key(header::AUTHORIZATION) || body.has("client_secret") {
            return Err(AuthenticationError::Twice.into());
        }
        // In a box, as all that is large and that most calls do not need.
        return Box::pin(assertion::authenticate(app, body)).await;
    }
    if let Ok(Some(id)) = body.one("client_id") {
        app.clients.meet(&app.database, id).await?;
    }
    let alone = !caller.headers.contains_key(header::AUTHORIZATION) && !body.has("client_secret");
    if alone
        && let Ok(Some(id)) = body.one("client_id")
        && let Some(client) = app.clients.find(id)
        && certificate::is_due(&client)
    {
        let presented = caller.certificate.as_ref();
        return Box::pin(certificate::authenticate(app, &client, presented)).await;
    }
    let (sent, now) = (Sent::read(&caller.headers, body)?, app.clock.now());
    match by_secret(&app.clients, &sent, now) {
        Err(AuthenticationError::Refused { .. }) => {
            // Another node may have registered it, or changed its secret, a
            // moment ago. Asked for unknown and known clients alike.
            Box::pin(app.clients.refresh(&app.database)).await?;
            Ok(by_secret(&app.clients, &sent, now)?)
        }
        settled => Ok(settled?),
    }
}

/// The client that a call says to come from; nobody has proved it yet.
pub fn named(headers: &HeaderMap, body: &Parameters) -> Option<String> {
    let basic = basic_credentials(headers).ok().flatten();
    let form = || form_credentials(body).ok().flatten();
    basic.or_else(form).map(|credentials| credentials.client_id)
}

/// What was sent, in one place or in both.
struct Sent {
    first: Credentials,
    second: Option<Credentials>,
    refused: AuthenticationError,
}

impl Sent {
    fn read(headers: &HeaderMap, body: &Parameters) -> Result<Self, AuthenticationError> {
        let basic = basic_credentials(headers)?;
        let refused = AuthenticationError::Refused { basic: basic.is_some() };
        let form = form_credentials(body).map_err(|()| refused)?;
        match (basic, form) {
            (Some(first), second) => Ok(Self { first, second, refused }),
            (None, Some(first)) => Ok(Self { first, second: None, refused }),
            (None, None) => Err(refused),
        }
    }
}

fn by_secret(
    clients: &Clients,
    &Sent { first: ref sent, ref second, refused }: &Sent,
    now: UnixTime,
) -> Result<Arc<Client>, AuthenticationError> {
    let client = clients.find(&sent.client_id);
    let sent_digest = digest_of(sent.secret.as_deref().unwrap_or(""));
    // An unknown client costs the same time as a wrong secret.
    let none = SecretDigest { digest: String::new(), until: None };
    let known = client.as_ref().map_or(&[][..], |client| &client.secrets);
    let fits = |secret: &SecretDigest| same(&secret.digest, &sent_digest) & secret.is_good(now);
    let secret_fits = known.iter().chain([&none]).fold(false, |any, secret| any | fits(secret));

    let client = client.ok_or(refused)?;
    if let Some(second) = second {
        // A client_id alone beside Basic is harmless when it is the same.
        if second.secret.is_some() && !client.rules.credentials_may_be_sent_twice {
            return Err(AuthenticationError::Twice);
        }
        let agrees = second.client_id == sent.client_id
            && (second.secret.is_none() || second.secret == sent.secret);
        if !agrees {
            return Err(refused);
        }
    }
    let method_fits = sent.method == client.auth_method
        || (client.rules.credentials_may_be_sent_twice
            && !client.is_public()
            && sent.method != AuthMethod::None);
    let believed = method_fits && (client.is_public() || secret_fits);
    if believed { Ok(client) } else { Err(refused) }
}

/// Both halves are form-encoded before base64 (RFC 6749 §2.3.1).
fn basic_credentials(headers: &HeaderMap) -> Result<Option<Credentials>, AuthenticationError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(AuthenticationError::Malformed);
    }
    let decoded = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| BASE64_STANDARD.decode(encoded).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(AuthenticationError::Malformed)?;
    let (id, secret) = decoded.split_once(':').ok_or(AuthenticationError::Malformed)?;
    let (client_id, secret) = (form_decoded(id), form_decoded(secret));
    Ok(Some(Credentials { client_id, secret: Some(secret), method: AuthMethod::ClientSecretBasic }))
}

fn form_decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn form_credentials(body: &Parameters) -> Result<Option<Credentials>, ()> {
    let client_id = body.one("client_id").map_err(|_| ())?;
    let secret = body.one("client_secret").map_err(|_| ())?;
    let Some(client_id) = client_id else { return Ok(None) };
    let method = if secret.is_some() { AuthMethod::ClientSecretPost } else { AuthMethod::None };
    Ok(Some(Credentials { client_id: client_id.into(), secret: secret.map(Into::into), method }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn clients() -> Clients {
        let client = |id: &str, method: &str, profile: &str| {
            let secret = if method == "none" {
                String::new()
            } else {
                format!("client_secret = '{SECRET}'")
            };
            toml::from_str(&format!(
                "client_id = '{id}'\nclient_name = 'x'\nredirect_uris = ['https://x.example/']\n\
                 token_endpoint_auth_method = '{method}'\nprofile = '{profile}'\n{secret}"
            ))
            .unwrap()
        };
        Clients::new(&[
            client("basic", "client_secret_basic", "openid"),
            client("post", "client_secret_post", "openid"),
            client("public", "none", "openid"),
            client("psc", "client_secret_basic", "psc"),
        ])
    }

    fn tries(basic: Option<(&str, &str)>, body: &str) -> Result<String, AuthenticationError> {
        let mut headers = HeaderMap::new();
        if let Some((id, secret)) = basic {
            let text = format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")));
            headers.insert(header::AUTHORIZATION, text.parse().unwrap());
        }
        Sent::read(&headers, &Parameters::parse(body.as_bytes()))
            .and_then(|sent| by_secret(&clients(), &sent, 0))
            .map(|client| client.client_id.clone())
    }

    #[test]
    fn each_client_is_believed_by_its_own_method() {
        let post = format!("client_id=post&client_secret={SECRET}");
        assert_eq!(tries(Some(("basic", SECRET)), "").unwrap(), "basic");
        assert_eq!(tries(Some(("basic", SECRET)), "client_id=basic").unwrap(), "basic");
        assert_eq!(tries(None, &post).unwrap(), "post");
        assert_eq!(tries(None, "client_id=public").unwrap(), "public");
    }

    #[test]
    fn any_other_way_is_refused() {
        let refused = |basic| Err(AuthenticationError::Refused { basic });
        assert_eq!(tries(Some(("basic", "wrong")), ""), refused(true));
        assert_eq!(tries(Some(("nobody", SECRET)), ""), refused(true));
        assert_eq!(tries(Some(("basic", SECRET)), "client_id=post"), refused(true));
        assert_eq!(tries(Some(("post", SECRET)), ""), refused(true));
        assert_eq!(tries(None, &format!("client_id=basic&client_secret={SECRET}")), refused(false));
        assert_eq!(tries(None, "client_id=basic"), refused(false));
        assert_eq!(tries(None, "client_id=post"), refused(false));
        assert_eq!(
            tries(None, &format!("client_id=public&client_secret={SECRET}")),
            refused(false)
        );
        assert_eq!(tries(None, ""), refused(false));
    }

    #[test]
    fn credentials_sent_twice_are_a_psc_leniency() {
        let twice = |id: &str, secret: &str| {
            tries(Some((id, SECRET)), &format!("client_id={id}&client_secret={secret}"))
        };
        assert_eq!(twice("psc", SECRET).unwrap(), "psc");
        assert_eq!(twice("psc", "wrong"), Err(AuthenticationError::Refused { basic: true }));
        assert_eq!(twice("basic", SECRET), Err(AuthenticationError::Twice));
    }
}
