//! Keeps a number of connections busy with one flow, and takes the times.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{flow::Flow, server::Server, visitor::Visitor};

const WARM_UP: Duration = Duration::from_secs(1);

/// How it went.
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) median: Duration,
    /// Ninety-nine of a hundred took no longer.
    pub(crate) p99: Duration,
    /// What one round cost the server's core.
    pub(crate) processor: Duration,
    pub(crate) resident_mebibytes: u64,
}

/// Runs a flow on every connection, again and again.
pub(crate) async fn run(
    flow: Flow,
    server: &Server,
    connections: usize,
    time: Duration,
) -> anyhow::Result<Figures> {
    let stop = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let mut visitor = Visitor::open(flow, server.provider()).await?;
        let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
        tasks.push(tokio::spawn(async move {
            let mut times = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let began = Instant::now();
                visitor.go().await?;
                if count.load(Ordering::Relaxed) {
                    times.push(began.elapsed());
                }
            }
            anyhow::Ok(times)
        }));
    }
    tokio::time::sleep(WARM_UP).await;
    let (began, used_before) = (Instant::now(), server.processor_time()?);
    count.store(true, Ordering::Relaxed);
    tokio::time::sleep(time).await;
    count.store(false, Ordering::Relaxed);
    let (took, used) = (began.elapsed(), server.processor_time()? - used_before);
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    anyhow::ensure!(!times.is_empty(), "{}: not one round was complete in time", flow.name());
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Ok(Figures {
        per_second: times.len() as f64 / took.as_secs_f64(),
        median: at(0.5),
        p99: at(0.99),
        processor: used.div_f64(times.len() as f64),
        resident_mebibytes: server.resident_mebibytes()?,
    })
}
