//! Logs in, redeems, refreshes; then replays, revokes, logs out, or stays.

use serde_json::Value;

use super::{
    Actor, Heard, Memory, Once, chance,
    fact::{Called, Fact, refreshed},
    listener::{Listener, Told},
    wire::Wire,
};
use crate::{Client, Jwt, Page, SESSION_COOKIE};

const PEOPLE: [&str; 4] = ["899700990015", "899700990023", "899700990031", "899700990049"];

pub(super) struct Visitor {
    wire: Wire,
    person: &'static str,
    client_id: &'static str,
    memory: Memory,
    /// Its service wants to hear of logouts; once it has registered.
    told: Option<(Listener, Option<Told>)>,
}

impl Visitor {
    pub(super) fn new(wire: Wire, number: usize, told: Option<Listener>) -> Self {
        let client_id = if number.is_multiple_of(2) { "agenda" } else { "dossier" };
        let told = told.map(|listener| (listener, None));
        Self {
            wire,
            person: PEOPLE[number % PEOPLE.len()],
            client_id,
            memory: Memory::default(),
            told,
        }
    }

    fn client(&self) -> Client {
        Client::of(self.client_id, self.wire.provider())
    }

    /// A new session: its cookie. The client that logs in by itself does it.
    async fn session(&self) -> Option<String> {
        let robot = Client::of("robot", self.wire.provider());
        let request = robot.request().with("login_hint", self.person);
        let page = self.wire.authorize(&request.url, None).await?;
        let cookies = page.cookies();
        let cookie = cookies.iter().find_map(|line| line.strip_prefix(SESSION_COOKIE));
        let value = cookie.and_then(|rest| rest.strip_prefix('=')?.split(';').next());
        if value.is_none() {
            self.wire
                .ledger
                .violation(format!("a login gave no session: {} {}", page.status, page.text));
        }
        value.map(str::to_owned)
    }

    /// A code by SSO, and its verifier; it must come.
    async fn code(&self, client: &Client, session: &str) -> Option<(String, String)> {
        loop {
            let request = client.request().with("prompt", "none");
            let Some(page) = self.wire.authorize(&request.url, Some(session)).await else {
                self.wire.alive().await?;
                continue;
            };
            let answer = page.answer();
            let code = answer.members.get("code").cloned();
            let held = code.as_ref().map(|_| ());
            self.wire.ledger.check(
                "a session does SSO",
                held.ok_or_else(|| format!("a session is gone: {:?}", answer.members)),
            );
            return Some((code?, request.verifier));
        }
    }

    /// Presents a code until it is known what became of it.
    async fn redeem(&mut self, client: &Client, code: &str, verifier: &str) -> Option<Redeemed> {
        let form = client.redemption(code, verifier);
        let mut once = Once::new("a code");
        // Sometimes two at the same instant, as a double click does.
        let mut together = if chance(4) { 2 } else { 1 };
        loop {
            let call = || self.wire.call(client.token_request(&form));
            let pages = match together {
                2 => <[_; 2]>::from(tokio::join!(call(), call())).to_vec(),
                _ => vec![call().await],
            };
            together = 1;
            let heard: Vec<_> = pages.iter().map(|page| heard(page.as_ref())).collect();
            self.wire.ledger.check("a code serves once", once.hear(&heard));
            let served = pages.into_iter().flatten().find(|page| page.status == 200);
            let Some(page) = served else {
                if heard.contains(&Heard::Refused) {
                    return None;
                }
                self.wire.alive().await?;
                continue;
            };
            if heard.contains(&Heard::Nothing) {
                // The other of the two may have taken the grant down, or not.
                return None;
            }
            let tokens = serde_json::from_str(&page.text).unwrap();
            return Some(Redeemed { tokens, taken_back: heard.contains(&Heard::Refused), once });
        }
    }
}

/// What a code was exchanged for.
struct Redeemed {
    tokens: Value,
    /// Somebody came second: it is worth nothing.
    taken_back: bool,
    once: Once,
}

fn heard(page: Option<&Page>) -> Heard {
    match page {
        None => Heard::Nothing,
        Some(page) if page.status == 200 => Heard::Served,
        Some(_) => Heard::Refused,
    }
}

/// The form that must be refused from now on.
fn spent(client: &Client, code: &str, verifier: &str) -> Fact {
    Fact::Spent {
        what: "a code serves once",
        client: Called::Known(client.client_id),
        endpoint: "token",
        form: vec![
            ("grant_type", "authorization_code".into()),
            ("code", code.into()),
            ("redirect_uri", client.redirect_uri.into()),
            ("code_verifier", verifier.into()),
        ],
    }
}

impl Actor for Visitor {
    async fn flow(&mut self) -> Option<()> {
        let wire = self.wire.clone();
        let client = self.client();
        let session = self.session().await?;
        self.memory.keep(Fact::Session(session.clone()));
        let (code, verifier) = self.code(&client, &session).await?;
        let redeemed = self.redeem(&client, &code, &verifier).await?;
        let Redeemed { tokens, taken_back, mut once } = redeemed;
        wire.ledger.flow("code");
        let mut refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
        if taken_back {
            self.memory.keep(spent(&client, &code, &verifier));
            self.memory.keep(Fact::no_refresh(self.client_id, refresh_token));
            return Some(());
        }
        for _ in 0..3 {
            match refreshed(&wire, &client, &refresh_token).await {
                Some(Ok(next)) => {
                    wire.ledger.flow("refresh");
                    refresh_token = next;
                }
                Some(Err(why)) => {
                    let lost = format!("{} lost a refresh token: {why}", self.client_id);
                    wire.ledger.check("a refresh token works", Err(lost));
                    return None;
                }
                // The answer was cut: the same one must work again.
                None => {
                    self.memory.keep(Fact::Refresh {
                        client_id: self.client_id,
                        token: refresh_token,
                        cut: Some(std::time::Instant::now()),
                    });
                    return None;
                }
            }
        }
        if chance(4) {
            let form = client.redemption(&code, &verifier);
            let heard = wire.heard(client.token_request(&form)).await;
            wire.ledger.check("a code serves once", once.hear(&[heard]));
            if heard == Heard::Refused {
                self.memory.keep(Fact::no_refresh(self.client_id, refresh_token));
                self.memory.keep(spent(&client, &code, &verifier));
            }
            return Some(());
        }
        if chance(3) {
            let form = [("token", refresh_token.as_str())];
            while wire.heard(client.back_channel("revoke", &form)).await == Heard::Nothing {
                wire.alive().await?;
            }
            wire.ledger.flow("revocation");
            self.memory.keep(Fact::no_refresh(self.client_id, refresh_token));
            return Some(());
        }
        if chance(2) {
            let id_token = tokens["id_token"].as_str().unwrap();
            self.log_out(&session, id_token).await?;
            self.memory.keep(Fact::no_refresh(self.client_id, refresh_token));
            return Some(());
        }
        self.memory.keep(Fact::refresh(self.client_id, refresh_token));
        Some(())
    }

    fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }
}

impl Visitor {
    /// Ends the session, and says so until it is acknowledged. A service that
    /// wants to be told must be, later.
    async fn log_out(&mut self, session: &str, id_token: &str) -> Option<()> {
        let wire = self.wire.clone();
        let expected = match &mut self.told {
            Some((listener, told)) => {
                if told.is_none() {
                    *told = listener.register(&wire).await;
                }
                match told {
                    Some(told) => told.joins(&wire, session).await,
                    None => None,
                }
            }
            None => None,
        };
        let address = self.client().endpoint("logout");
        loop {
            let hint = [("id_token_hint", id_token)];
            let address = url::Url::parse_with_params(&address, hint).unwrap();
            let call =
                wire.http().get(address).header("cookie", format!("{SESSION_COOKIE}={session}"));
            if let Some(page) = wire.call(call).await {
                if page.status != 200 {
                    wire.ledger.violation(format!("logout answers {}", page.status));
                }
                break;
            }
            wire.alive().await?;
        }
        wire.ledger.flow("logout");
        let gone = |fact: &Fact| !matches!(fact, Fact::Session(cookie) if cookie == session);
        self.memory.forget(gone);
        self.memory.keep(Fact::NoSession(session.to_owned()));
        let sid = Jwt::read(id_token).text("sid").to_owned();
        if let (Some((listener, _)), Some(())) = (&self.told, expected) {
            listener.must_hear_of(sid);
        }
        Some(())
    }
}
