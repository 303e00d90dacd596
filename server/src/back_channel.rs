//! A call that a service's back end makes: a form, and who sent it.
//!
//! Every such endpoint takes an [`Authenticated`] call. What is wrong with the
//! form or with the client is answered here, once, in the same words.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};

use crate::{
    app::App,
    audit::{Event, Kind},
    clients::{self, Client},
    dpop,
    error::{Error, ErrorCode},
    parameters::Parameters,
    serve::Peer,
    throttle::{self, Limit},
    tls::{ClientCertificate, Presented},
};

/// RFC 9700 §4.3.2: an address ends in logs and histories.
const SECRETS: &[&str] =
    &["client_secret", "client_assertion", "code", "code_verifier", "refresh_token", "token"];

/// Failed authentications of clients from one address (oidc-rules §16).
const FAILURES: Limit = Limit { calls: 100, seconds: 60 };

/// The same in the name of one client, from wherever.
const FAILURES_OF_ONE: Limit = Limit { calls: 1000, seconds: 60 };

/// What a call brings beside its form: all that may prove who sent it.
pub struct Caller {
    /// The headers.
    pub headers: HeaderMap,
    /// The other end of the connection.
    pub peer: Peer,
    /// The certificate that it presented (RFC 8705).
    pub certificate: Option<ClientCertificate>,
}

/// A call of a client that has proved who it is.
pub struct Authenticated {
    /// The client.
    pub client: Arc<Client>,
    /// What it sent.
    pub parameters: Parameters,
    /// How it came.
    pub caller: Caller,
    /// The key that it proved to hold (RFC 9449).
    pub jkt: Option<String>,
}

impl FromRequest<App> for Authenticated {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        let query = Parameters::parse(parts.uri.query().unwrap_or_default().as_bytes());
        if SECRETS.iter().any(|name| query.has(name)) {
            return Err(Error::Refused(
                ErrorCode::InvalidRequest,
                "Secrets belong in the body or the Authorization header, not in the address.",
            ));
        }
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let caller = Caller::of(&mut parts, app).await;
        let body = Bytes::from_request(Request::from_parts(parts, body), app)
            .await
            .map_err(|_| Error::Refused(ErrorCode::TooLarge, "The body is over 64 KiB."))?;
        let parameters = form(&caller.headers, &body)?;
        let client = clients::authenticate(app, &caller, &parameters)
            .await
            .map_err(|error| counted(app, &caller, &parameters, error))?;
        parameters.each_once()?;
        let proof = dpop::Call {
            method: method.as_str(),
            path: &path,
            headers: &caller.headers,
            access_token: None,
            nonce_wanted: app.config.dpop.require_nonce || client.demands.dpop_nonce,
        };
        let jkt = dpop::prove(app, proof).await?;
        Ok(Self { client, parameters, caller, jkt })
    }
}

impl Caller {
    /// Takes what proves a caller out of a request's head.
    pub async fn of(parts: &mut Parts, app: &App) -> Self {
        let Ok(peer) = Peer::from_request_parts(parts, app).await;
        let Ok(Presented(certificate)) = Presented::from_request_parts(parts, app).await;
        Self { headers: parts.headers.clone(), peer, certificate }
    }
}

/// Counts a failed authentication, and asks whoever fails without end to wait.
/// Who proves its name is never made to wait for what others do.
fn counted(app: &App, caller: &Caller, parameters: &Parameters, error: Error) -> Error {
    use ErrorCode::InvalidClient;

    if !matches!(error, Error::Refused(InvalidClient, _) | Error::RefusedWith(InvalidClient, ..)) {
        return error;
    }
    let named = clients::named(&caller.headers, parameters);
    // A name that no client has is not written down: it might be a secret in
    // the wrong place.
    let client = named.and_then(|client_id| app.clients.find(&client_id));
    let client = client.as_ref().map(|client| client.client_id.as_str());
    let who = caller.peer.network();
    let from_there = throttle::Caller { who: &who, client };
    let of_client = client.map(|who| throttle::Caller { who, client });
    let counted = throttle::brake(app, "failed client authentications", from_there, FAILURES)
        .and_then(|()| match of_client {
            Some(it) => {
                throttle::brake(app, "failed authentications of a client", it, FAILURES_OF_ONE)
            }
            None => Ok(()),
        });
    match counted {
        Ok(()) => {
            let event = Event::of(Kind::ClientNotProved);
            app.audit.record(match client {
                Some(client_id) => event.client(client_id),
                None => event.reason("unknown client"),
            });
            error
        }
        Err(seconds) => Error::too_many(
            "Too many failed client authentications came from this address, or in the name of this client: wait as long as Retry-After says.",
            seconds,
        ),
    }
}

/// Whether a body says that it is a form.
pub fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|text| text.split(';').next()).map(str::trim);
    essence.is_some_and(|it| it.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// The body of a back-channel call (oidc-rules §0.3).
fn form(headers: &HeaderMap, body: &Bytes) -> Result<Parameters, Error> {
    if !is_form(headers) {
        return Err(Error::Refused(
            ErrorCode::UnsupportedMediaType,
            "The body must be application/x-www-form-urlencoded.",
        ));
    }
    Ok(Parameters::parse(body))
}
