//! Calls that may be cut at any moment.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::{Client as Http, RequestBuilder};
use tokio::{sync::watch, time::timeout};

use super::ledger::{Heard, Ledger};
use crate::{Page, SESSION_COOKIE, http};

/// What the killer tells everybody.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    /// Which life of the program this is; its death begins the next one.
    pub life: u64,
    /// Whether it answers.
    pub up: bool,
    /// No other death will come.
    pub ended: bool,
}

/// A way to the program, whichever life it is in.
#[derive(Clone)]
pub(super) struct Wire {
    pub ledger: Arc<Ledger>,
    provider: String,
    state: watch::Receiver<State>,
    /// Connections of a life that is over are no use.
    http: Arc<Mutex<(u64, Http)>>,
}

impl Wire {
    pub(super) fn new(provider: &str, state: watch::Receiver<State>, ledger: Arc<Ledger>) -> Self {
        let http = Arc::new(Mutex::new((0, http())));
        Self { ledger, provider: provider.to_owned(), state, http }
    }

    /// Where it is.
    pub(super) fn provider(&self) -> &str {
        &self.provider
    }

    /// An HTTP client to build requests with.
    pub(super) fn http(&self) -> Http {
        self.http.lock().unwrap().1.clone()
    }

    /// Waits until it answers: which life that is; nothing at the end.
    pub(super) async fn alive(&self) -> Option<u64> {
        let state = self.up().await;
        (!state.ended).then_some(state.life)
    }

    /// Calls, once. Nothing when the answer was cut off by a death.
    pub(super) async fn call(&self, request: RequestBuilder) -> Option<Page> {
        let life = self.up().await.life;
        let request = request.build().unwrap();
        let what = format!("{} {}", request.method(), request.url().path());
        let page = match self.of(life).execute(request).await {
            Ok(answer) => Page::try_of(answer).await,
            Err(error) => Err(error),
        };
        match page {
            Ok(page) if page.status.is_server_error() => {
                self.ledger.violation(format!("{what} answers {}: {}", page.status, page.text));
                None
            }
            Ok(page) => Some(page),
            Err(error) => {
                self.ledger.cut();
                if !self.died_since(life).await {
                    self.ledger.violation(format!("{what} failed, and nobody died: {error:?}"));
                }
                None
            }
        }
    }

    /// Calls a back channel: `200` and `201` serve, `400` and `401` refuse. So
    /// does `429`, which comes when many replays have come.
    pub(super) async fn heard(&self, request: RequestBuilder) -> Heard {
        match self.call(request).await {
            None => Heard::Nothing,
            Some(page) => match page.status.as_u16() {
                200 | 201 => Heard::Served,
                400 | 401 | 429 => Heard::Refused,
                other => {
                    let what = page.url.path();
                    self.ledger.violation(format!("{what} answers {other}: {}", page.text));
                    Heard::Nothing
                }
            },
        }
    }

    /// A browser with this session asks for a login.
    pub(super) async fn authorize(&self, url: &url::Url, session: Option<&str>) -> Option<Page> {
        let mut request = self.http().get(url.clone());
        if let Some(session) = session {
            request = request.header("cookie", format!("{SESSION_COOKIE}={session}"));
        }
        self.call(request).await
    }

    async fn up(&self) -> State {
        let mut state = self.state.clone();
        *state.wait_for(|state| state.up).await.expect("the killer outlives the actors")
    }

    /// A cut is seen a moment before or after the death is told.
    async fn died_since(&self, life: u64) -> bool {
        let mut state = self.state.clone();
        let died = state.wait_for(|state| state.life > life);
        timeout(Duration::from_secs(5), died).await.is_ok()
    }

    fn of(&self, life: u64) -> Http {
        let mut kept = self.http.lock().unwrap();
        if kept.0 != life {
            *kept = (life, http());
        }
        kept.1.clone()
    }
}
