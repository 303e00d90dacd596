//! The waiting page, and the three ways in which it learns of a change.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    extract::Query,
    http::{HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use openpsc_protocol::ecps::Start;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{
    here::{Here, service_of},
    pending::Login,
    progress, store,
};
use crate::{
    app::App,
    browser::{browser, csrf},
    ecps,
    pages::{WaitPage, WaitState},
};

/// The longest that a poll is held.
const LONGEST_WAIT: u64 = 25;

/// GET …/wait
pub(super) async fn wait(here: Here) -> Response {
    here.or_error(shown(&here).await)
}

async fn shown(here: &Here) -> anyhow::Result<Response> {
    let progress = progress::of(&here.app, &here.login).await?;
    let view = progress.view.as_ref();
    let scanned = view.is_some_and(|view| view.start != Start::Qr);
    if matches!(progress.state, WaitState::Pending) && !scanned {
        // Nothing was sent and nothing was scanned: there is nothing to wait for.
        return Ok(here.redirect(""));
    }
    Ok(page(here, progress.state, view))
}

/// What the waiting page shows.
pub(super) fn page(here: &Here, state: WaitState, view: Option<&ecps::View>) -> Response {
    let Here { app, login, headers, visit, .. } = here;
    let client = app.clients.find(&login.request.client_id);
    let now = app.clock.now();
    let expires_at = view.map_or(login.expires_at, |view| view.expires_at);
    WaitPage {
        handle: login.handle.clone(),
        client_name: client.map(|client| client.client_name.clone()).unwrap_or_default(),
        csrf: csrf(app, &browser(headers).unwrap_or_default()),
        state,
        number: view.and_then(|view| view.number.clone()),
        who: view.and_then(|view| view.who.clone()),
        expires_in: (expires_at - now).max(0),
        waited: view.map_or(0, |view| (now - view.created_at).max(0)),
        service: service_of(&login.request.redirect_uri),
        portal: app.config.sandbox.as_ref().map(|_| "/portal".to_owned()),
        return_to: login.request.redirect_uri.clone(),
        app: view.filter(|view| view.start == Start::Link).map(|_| app.config.ecps.app_url.clone()),
    }
    .render(visit)
}

#[derive(Deserialize)]
pub(super) struct Known {
    #[serde(default)]
    known: String,
    #[serde(default)]
    wait: u64,
}

#[derive(Serialize)]
struct Now {
    state: &'static str,
}

/// GET …/state: the long poll.
pub(super) async fn state(here: Here, Query(known): Query<Known>) -> Response {
    let patience = Duration::from_secs(known.wait.min(LONGEST_WAIT));
    match changed(&here.app, here.login.clone(), &known.known, patience).await {
        Ok(state) => {
            let no_store = [(header::CACHE_CONTROL, "no-store")];
            (no_store, Json(Now { state: state.as_str() })).into_response()
        }
        Err(cause) => here.or_error(Err(cause)),
    }
}

/// GET …/events: server-sent events.
pub(super) async fn events(Here { app, login, .. }: Here) -> Response {
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Event, Infallible>>(1);
    tokio::spawn(async move {
        let mut known = String::new();
        let patience = Duration::from_secs(60);
        // Ends when the browser goes away, or when nothing can change any more.
        while let Ok(state) = changed(&app, login.clone(), &known, patience).await {
            if sender.is_closed() {
                return;
            }
            if state.as_str() != known {
                known = state.as_str().to_owned();
                let data = format!(r#"{{"state":"{known}"}}"#);
                if sender.send(Ok(Event::default().event("state").data(data))).await.is_err() {
                    return;
                }
            }
            if !matches!(state, WaitState::Pending | WaitState::Fetched) {
                return;
            }
        }
    });
    let stream =
        Sse::new(Received(receiver)).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)));
    let mut response = stream.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The state, once it differs from the one that is known.
async fn changed(
    app: &App,
    mut login: Login,
    known: &str,
    patience: Duration,
) -> anyhow::Result<WaitState> {
    let deadline = Instant::now() + patience;
    loop {
        // Which row to watch changes when the person starts another way.
        let watched = login.rid.clone().or(login.qr_rid.clone());
        let key = watched.as_deref().map_or_else(|| login.id.clone(), ecps::wake_key);
        let waiter = app.wake.watch(&key);
        loop {
            let change = waiter.change();
            let Some(now) = store::find(app, &login.handle).await? else {
                return Ok(WaitState::LoginExpired);
            };
            let state = progress::of(app, &now).await?.state;
            if state.as_str() != known {
                return Ok(state);
            }
            if now.rid.clone().or(now.qr_rid.clone()) != watched {
                login = now;
                break;
            }
            if !change.before(deadline).await {
                return Ok(state);
            }
        }
    }
}

/// A channel as a stream.
struct Received(tokio::sync::mpsc::Receiver<Result<Event, Infallible>>);

impl futures_core::Stream for Received {
    type Item = Result<Event, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
