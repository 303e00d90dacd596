//! Memory after a million flows, of which 100 000 sessions are still alive.

use std::{path::Path, sync::Arc, time::Instant};

use tokio::sync::Mutex;

use crate::{
    flow::Flow,
    server::{Provider, Server},
    visitor::Visitor,
};

const SESSIONS: usize = 100_000;
const FLOWS: usize = 1_000_000;

type Browser = Vec<(String, String)>;

/// A hundred thousand browsers log in; then they come back, in turn, until a
/// million logins were made.
pub(crate) async fn measure(folder: &Path, connections: usize) -> anyhow::Result<()> {
    let server = Server::start(Provider::Openpsc, folder).await?;
    println!("| flows | live sessions | seconds | resident memory |");
    println!("|---|---|---|---|");
    println!("| 0 | 0 | 0 | {:.1} MiB |", server.idle_mebibytes);
    let began = Instant::now();
    let tell = |flows: usize| -> anyhow::Result<()> {
        let (seconds, memory) = (began.elapsed().as_secs(), server.resident_mebibytes()?);
        println!("| {flows} | {SESSIONS} | {seconds} | {memory} MiB |");
        Ok(())
    };
    let nobody = std::iter::repeat_with(Browser::new).take(SESSIONS).collect();
    let mut browsers = each_logs_in(nobody, connections).await?;
    tell(SESSIONS)?;
    for round in 2..=FLOWS / SESSIONS {
        browsers = each_logs_in(browsers, connections).await?;
        tell(round * SESSIONS)?;
    }
    Ok(())
}

/// Every browser logs in once; answers the browsers as they are then.
async fn each_logs_in(browsers: Vec<Browser>, connections: usize) -> anyhow::Result<Vec<Browser>> {
    let waiting = Arc::new(Mutex::new(browsers.into_iter()));
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let waiting = Arc::clone(&waiting);
        tasks.push(tokio::spawn(async move {
            let mut visitor = Visitor::open(Flow::CodeEs256, Provider::Openpsc).await?;
            let mut done = Vec::new();
            loop {
                let Some(browser) = waiting.lock().await.next() else { return anyhow::Ok(done) };
                visitor.set_cookies(browser);
                visitor.code().await?;
                done.push(visitor.take_cookies());
            }
        }));
    }
    let mut browsers = Vec::new();
    for task in tasks {
        browsers.extend(task.await??);
    }
    Ok(browsers)
}
