//! What a person is shown of their sessions.

use std::collections::BTreeMap;

use crate::{
    app::App,
    pages::{AccountService, AccountSession},
    sessions::{self, Session},
    token::{self, Held},
};

/// The sessions that live, this browser's first, and who holds tokens of each.
pub(super) async fn sessions(app: &App, current: &Session) -> anyhow::Result<Vec<AccountSession>> {
    let national_id = &current.authentication.national_id;
    let mut held: BTreeMap<String, Vec<Held>> = BTreeMap::new();
    for held_by_one in token::held_for(app, national_id).await? {
        held.entry(held_by_one.sid.clone()).or_default().push(held_by_one);
    }
    let now = app.clock.now();
    let mut listed: Vec<AccountSession> = sessions::of_person(app, national_id)
        .await?
        .into_iter()
        .map(|session| AccountSession {
            current: session.sid == current.sid,
            services: held
                .remove(&session.sid)
                .unwrap_or_default()
                .into_iter()
                .map(|held| service(app, held, now))
                .collect(),
            started: now - session.started_at,
            used: now - session.last_seen_at,
            means: session.authentication.means,
            level: session.authentication.acr,
            origin: session.origin,
            sid: session.sid,
        })
        .collect();
    listed.sort_by_key(|session| !session.current);
    Ok(listed)
}

fn service(app: &App, held: Held, now: i64) -> AccountService {
    // A client that is no longer registered has its id for a name.
    let name = app.clients.find(&held.client_id).map(|client| client.client_name.clone());
    AccountService {
        name: name.unwrap_or_else(|| held.client_id.clone()),
        client_id: held.client_id,
        granted: now - held.created_at,
        used: now - held.last_used_at,
    }
}
