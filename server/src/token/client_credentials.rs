//! `grant_type=client_credentials` (RFC 6749 §4.4): a service acts for itself.
//!
//! There is no person, so there is no session, no ID token and no refresh
//! token. Nothing is stored: the token stands until it expires, its client goes,
//! or it is taken back.

use super::{
    audience, binding,
    issue::{self, MachineTokens},
};
use crate::{
    app::App,
    audit::{Event, Kind},
    back_channel::Authenticated,
    clients::Client,
    error::{Error, ErrorCode},
};

/// Gives a service a token of its own.
pub(super) async fn issue(app: &App, call: &Authenticated) -> Result<MachineTokens, Error> {
    let scope = scope(&call.client, call.parameters.one("scope")?)?;
    let confirmation = binding::of_call(call)?;
    let asked = call.parameters.all("resource");
    let resources = audience::narrowed(&[], &call.client, &app.issuer, asked)?;
    let confirmation = confirmation.as_ref();
    let tokens = issue::machine_tokens(app, &call.client, scope, resources, confirmation).await?;
    app.audit.record(Event::of(Kind::TokenIssued).client(&call.client.client_id));
    Ok(tokens)
}

/// What it asked for, or all that it may have.
fn scope(client: &Client, asked: Option<&str>) -> Result<String, Error> {
    let refused = |description| Err(Error::Refused(ErrorCode::InvalidScope, description));
    let Some(asked) = asked else {
        let own = client.scopes().iter().map(String::as_str);
        return Ok(own.filter(|word| *word != "openid").collect::<Vec<_>>().join(" "));
    };
    let mut words: Vec<&str> = Vec::new();
    for word in asked.split(' ') {
        if word == "openid" {
            return refused("scope: openid is for a person's login, and there is none here.");
        }
        if !client.may_ask_for(word, &[]) {
            return refused("scope asks for more than this client is registered for.");
        }
        if !words.contains(&word) {
            words.push(word);
        }
    }
    Ok(words.join(" "))
}
