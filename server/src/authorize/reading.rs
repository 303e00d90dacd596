//! From parameters to a request, or to who is told what is wrong with them.

use super::{
    AuthorizationRequest,
    checks::{self, Draft, Refusal},
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

/// Reads the parameters of a client's request.
pub(super) async fn of_parameters(
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
    let draft = Draft { parameters, client, request, arrival, pushed_only: global };
    let checked = match checks::check(draft) {
        Ok(request) => with_hint(app, client, parameters, request).await?,
        Err(refusal) => Err(refusal),
    };
    Ok(checked.map_err(|refusal| Refused::ToService(Box::new(way), refusal)))
}

/// Where an answer goes, and what is wrong with the parameters that say how.
///
/// RFC 9700 §4.1.3: the redirect URI is compared letter by letter.
pub(super) fn way_back(
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
    request.hinted_subject = Some(hint.sub);
    Ok(Ok(request))
}
