//! A service's back end, which must be told of every logout that was
//! acknowledged, however often the teller died.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Router, extract::State, routing::post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{ledger::Ledger, wire::Wire};
use crate::{Client, Credentials, Jwt, Killable};

const CALLBACK: &str = "https://temoin.example/callback";

/// Notices that a dead node had taken wait for a minute: the sandbox's clock is
/// pushed by so much.
const LEASE: u32 = 61;

/// Who listens.
#[derive(Clone)]
pub(super) struct Listener {
    port: u16,
    sessions: Arc<Mutex<Sessions>>,
}

#[derive(Default)]
struct Sessions {
    heard: BTreeSet<String>,
    expected: BTreeSet<String>,
}

/// The service, once it is registered.
pub(super) struct Told {
    client_id: &'static str,
    secret: &'static str,
}

impl Listener {
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sessions = Arc::<Mutex<Sessions>>::default();
        let hear = async |State(sessions): State<Arc<Mutex<Sessions>>>, body: String| {
            let token = body.strip_prefix("logout_token=").unwrap_or_default();
            sessions.lock().unwrap().heard.insert(Jwt::read(token).text("sid").to_owned());
        };
        let router = Router::new().route("/", post(hear)).with_state(Arc::clone(&sessions));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, sessions }
    }

    /// Registers the service.
    pub(super) async fn register(&self, wire: &Wire) -> Option<Told> {
        let metadata = json!({
            "redirect_uris": [CALLBACK],
            "backchannel_logout_uri": format!("http://localhost:{}/", self.port),
            "id_token_signed_response_alg": "ES256",
        });
        let answer = super::registrar::register(wire, &metadata).await?;
        let leaked = |name: &str| &*answer[name].as_str().unwrap().to_owned().leak();
        Some(Told { client_id: leaked("client_id"), secret: leaked("client_secret") })
    }

    /// A logout was acknowledged.
    pub(super) fn must_hear_of(&self, sid: String) {
        self.sessions.lock().unwrap().expected.insert(sid);
    }

    /// At the end nobody dies any more: now everything is told.
    pub(super) async fn hears_the_rest(&self, program: &Killable, ledger: &Ledger) {
        program.sandbox(&format!("clock?advance={LEASE}")).await;
        let began = Instant::now();
        while !self.missing().is_empty() && began.elapsed() < Duration::from_secs(30) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let missing = self.missing();
        let expected = self.sessions.lock().unwrap().expected.clone();
        for sid in expected {
            let held = !missing.contains(&sid);
            let lost = || format!("a service was not told that {sid} ended");
            ledger.check("a service is told of a logout", held.then_some(()).ok_or_else(lost));
        }
    }

    fn missing(&self) -> BTreeSet<String> {
        let sessions = self.sessions.lock().unwrap();
        sessions.expected.difference(&sessions.heard).cloned().collect()
    }
}

impl Told {
    /// Takes part in a session: only then is there something to be told.
    pub(super) async fn joins(&self, wire: &Wire, session: &str) -> Option<()> {
        let mut client = Client::registered(self.client_id, CALLBACK, wire.provider());
        client.credentials = Credentials::Basic(self.secret);
        let request = client.request().with("prompt", "none");
        let page = wire.authorize(&request.url, Some(session)).await?;
        let code = page.answer().members.get("code")?.clone();
        let form = client.redemption(&code, &request.verifier);
        let page = wire.call(client.token_request(&form)).await?;
        let tokens: Value = serde_json::from_str(&page.text).unwrap();
        tokens.get("id_token").map(|_| ())
    }
}
