//! From parameters to a request, or to who is told what is wrong with them.

use super::{
    AuthorizationRequest,
    checks::{self, Draft, Refusal},
    pushed, request_object,
};
use crate::{app::App, clients::Client, parameters::Parameters, token::read_id_token_hint};

/// By which ways a request came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrival {
    /// From back end to back end (RFC 9126).
    pub pushed: bool,
    /// Inside a request object (RFC 9101).
    pub signed: bool,
}

/// Why a request is not taken, and who is told.
#[derive(Debug)]
pub(super) enum Refused {
    /// The person, on a page: nobody knows yet where a redirect may go.
    OnPage(OnPage),
    /// The service, by the way back that the request holds.
    ToService(Box<AuthorizationRequest>, Refusal),
}

/// What a page says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OnPage {
    pub error: &'static str,
    pub sentence: &'static str,
    /// What helps the integrator: a name and what was sent.
    pub detail: Option<(&'static str, String)>,
}

impl OnPage {
    /// A refusal that repeats nothing of what was sent.
    pub(super) fn plain(error: &'static str, sentence: &'static str) -> Self {
        Self { error, sentence, detail: None }
    }
}

/// Reads what a client asks: by a reference to what it pushed, inside a request
/// object, or in the parameters themselves.
pub(super) async fn read(
    app: &App,
    client: &Client,
    parameters: &Parameters,
    pushed: bool,
) -> anyhow::Result<Result<AuthorizationRequest, Refused>> {
    let arrival = Arrival { pushed, signed: false };
    let request_uri = parameters.one("request_uri").ok().flatten();
    if let Some(reference) = request_uri.filter(|uri| uri.starts_with(pushed::PREFIX)) {
        return of_reference(app, client, parameters, reference).await;
    }
    let fetched;
    let object = match (parameters.one("request"), parameters.one("request_uri")) {
        (Ok(None), Ok(None)) => return of_parameters(app, client, parameters, arrival).await,
        (Ok(Some(object)), Ok(None)) => object,
        (Ok(None), Ok(Some(uri))) => {
            match Box::pin(request_object::fetch(app, client, uri)).await {
                Ok(object) => {
                    fetched = object;
                    &fetched
                }
                Err(refusal) => return Ok(Err(outside(client, parameters, refusal))),
            }
        }
        (Ok(Some(_)), Ok(Some(_))) => {
            let refusal = ("invalid_request", "request and request_uri exclude each other.");
            return Ok(Err(outside(client, parameters, refusal)));
        }
        (Err(_), _) | (_, Err(_)) => {
            let refusal = ("invalid_request", "A parameter was sent more than once.");
            return Ok(Err(outside(client, parameters, refusal)));
        }
    };
    match Box::pin(request_object::open(app, client, object, parameters)).await? {
        Ok(inside) => {
            of_parameters(app, client, &inside, Arrival { signed: true, ..arrival }).await
        }
        Err(refusal) => Ok(Err(outside(client, parameters, refusal))),
    }
}

/// What stands beside the reference counts for nothing.
async fn of_reference(
    app: &App,
    client: &Client,
    parameters: &Parameters,
    reference: &str,
) -> anyhow::Result<Result<AuthorizationRequest, Refused>> {
    if parameters.has("request") {
        let page = OnPage::plain("invalid_request", "request and request_uri exclude each other.");
        return Ok(Err(Refused::OnPage(page)));
    }
    let unusable = || {
        let sentence = "The pushed request is unknown, too old, used, or another client's.";
        Refused::OnPage(OnPage::plain("invalid_request_uri", sentence))
    };
    Ok(pushed::find(app, client, reference).await?.ok_or_else(unusable))
}

/// A request object that cannot be read: the way back is the one beside it, if
/// it is registered.
fn outside(client: &Client, parameters: &Parameters, refusal: Refusal) -> Refused {
    match way_back(client, parameters) {
        Ok((request, _)) => Refused::ToService(Box::new(request), refusal),
        Err(_) => Refused::OnPage(OnPage::plain(refusal.0, refusal.1)),
    }
}

/// Reads the parameters of a client's request.
async fn of_parameters(
    app: &App,
    client: &Client,
    parameters: &Parameters,
    arrival: Arrival,
) -> anyhow::Result<Result<AuthorizationRequest, Refused>> {
    let (request, refusal) = match way_back(client, parameters) {
        Ok(way) => way,
        Err(page) => return Ok(Err(Refused::OnPage(page))),
    };
    if let Some(refusal) = refusal {
        return Ok(Err(Refused::ToService(Box::new(request), refusal)));
    }
    let way = request.clone();
    let global = app.config.authorize.require_pushed_authorization_requests;
    let draft =
        Draft { parameters, client, request, arrival, issuer: &app.issuer, pushed_only: global };
    let checked = match checks::check(draft) {
        Ok(request) => with_hint(app, client, parameters, request).await?,
        Err(refusal) => Err(refusal),
    };
    Ok(checked.map_err(|refusal| Refused::ToService(Box::new(way), refusal)))
}

/// Where an answer goes, and what is wrong with the parameters that say how.
///
/// RFC 9700 §4.1.3: the redirect URI is compared letter by letter.
fn way_back(
    client: &Client,
    parameters: &Parameters,
) -> Result<(AuthorizationRequest, Option<Refusal>), OnPage> {
    let redirect_uri = match parameters.one("redirect_uri") {
        Ok(Some(uri)) if client.redirect_uris.iter().any(|registered| registered == uri) => uri,
        Ok(Some(uri)) => {
            return Err(OnPage {
                detail: Some(("redirect_uri", uri.to_owned())),
                ..OnPage::plain(
                    "invalid_request",
                    "redirect_uri is not registered for this client. It is compared letter by letter: case, port and final slash count.",
                )
            });
        }
        Ok(None) => return Err(OnPage::plain("invalid_request", "redirect_uri is missing.")),
        Err(_) => {
            return Err(OnPage::plain("invalid_request", "redirect_uri was sent more than once."));
        }
    };
    let mut request = AuthorizationRequest {
        client_id: client.client_id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        ..AuthorizationRequest::default()
    };
    match parameters.one("state") {
        Ok(Some(state)) if state.len() > 512 => {
            return Ok((request, Some(("invalid_request", "state has at most 512 bytes."))));
        }
        Ok(state) => request.state = state.map(str::to_owned),
        Err(_) => {
            return Ok((request, Some(("invalid_request", "state was sent more than once."))));
        }
    }
    match checks::response_mode(client, parameters) {
        Ok(mode) => request.response_mode = mode,
        Err(refusal) => return Ok((request, Some(refusal))),
    }
    Ok((request, None))
}

/// `id_token_hint`: ours, for this client; expired is fine (Core §3.1.2.1).
async fn with_hint(
    app: &App,
    client: &Client,
    parameters: &Parameters,
    mut request: AuthorizationRequest,
) -> anyhow::Result<Result<AuthorizationRequest, Refusal>> {
    let Ok(Some(text)) = parameters.one("id_token_hint") else { return Ok(Ok(request)) };
    let hint = read_id_token_hint(app, text).await?;
    let Some(hint) = hint.filter(|hint| hint.aud == client.client_id) else {
        return Ok(Err(("invalid_request", "id_token_hint is not an ID token of this client.")));
    };
    if request.hinted_subject.as_ref().is_some_and(|subject| *subject != hint.sub) {
        return Ok(Err(("invalid_request", "id_token_hint and claims name two people.")));
    }
    request.hinted_subject = Some(hint.sub);
    Ok(Ok(request))
}
