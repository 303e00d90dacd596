//! What no honest program sends, to every route and every parser.
//!
//! Valid requests are the [`seeds`]; a [`mutation`] turns each into one that
//! might be read in two ways, and the [`wire`] sends it as bytes. Whatever comes
//! in, the provider answers: never a panic, never a 5xx, never with what was
//! sent standing unescaped in a page or a header. The [`parsers`] that can be
//! reached without a server are fed directly, which is a thousand times faster.
//!
//! All chance comes from one number, which is printed: the same number makes
//! the same run.

mod chance;
mod mutation;
pub mod parsers;
mod seeds;
mod wire;

use std::{
    collections::BTreeSet,
    sync::{Mutex, Once},
    time::{Duration, Instant},
};

pub use self::chance::Chance;
use self::{mutation::mutated, seeds::Seeds, wire::Answer};
use crate::{TestServer, http};

/// The seeds are made anew after so many requests: some of them end sessions.
const FRESH: usize = 300;

/// What a run found.
#[derive(Debug, Default)]
pub struct Report {
    /// Requests that were sent.
    pub requests: usize,
    /// Answers by the first digit of their status; 0 is a connection that was
    /// closed without one, as a broken head deserves.
    pub statuses: [usize; 6],
    /// Patterns of the routes that were reached.
    pub routes: BTreeSet<String>,
    /// What must not be, each with the request that made it.
    pub findings: Vec<String>,
}

/// Sends mutated requests until the time is over.
pub async fn run(seed: u64, length: Duration) -> Report {
    hear_panics();
    let mut chance = Chance::new(seed);
    let mut report = Report::default();
    let server = TestServer::with(|config| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = listener.local_addr().unwrap().to_string();
        config.operations = Some(openpsc::operations::Settings { listen });
        config.ciba.long_poll = 0;
        config.authorize.request_uri_by_reference = true;
    })
    .await;
    let operations = server.app.config.operations.clone().unwrap().listen;
    let began = Instant::now();
    while began.elapsed() < length && report.findings.len() < 20 {
        // The brakes are not what is tested here: the longest is an hour's.
        server.clock.advance(3601);
        let seeds = Seeds::make(&server).await;
        for _ in 0..FRESH {
            let request = mutated(seeds.pick(&mut chance), &seeds, &mut chance);
            let answer = wire::send(&request).await;
            report.requests += 1;
            report.judge(&answer, &request.text());
            if began.elapsed() >= length {
                break;
            }
        }
    }
    let metrics = http().get(format!("http://{operations}/metrics")).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let routes = metrics.lines().filter_map(|line| line.split_once("route=\""));
    report.routes = routes.map(|(_, rest)| rest.split('"').next().unwrap().to_owned()).collect();
    report
}

impl Report {
    fn judge(&mut self, answer: &Answer, request: &str) {
        self.statuses[usize::from(answer.status / 100).min(5)] += 1;
        let mut wrong: Vec<String> = PANICS.lock().unwrap().drain(..).collect();
        wrong.extend(answer.wrong());
        for what in wrong {
            self.findings.push(format!("{what}\n{request}\n→ {}", answer.text));
        }
    }
}

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A panic ends one request only, and is a finding all the same.
fn hear_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.lock().unwrap().push(format!("a panic: {panic}"));
            usual(panic);
        }));
    });
}
