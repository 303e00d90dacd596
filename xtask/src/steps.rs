//! Numbered steps with their times, and the verdict at the end.

use std::ops::AddAssign;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;

/// How many tests passed and failed, as a runner counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// What one test runner did: its count, and whether it was content.
pub(crate) struct Ran {
    pub(crate) count: Count,
    pub(crate) succeeded: bool,
}

/// A command under way.
pub(crate) struct Steps {
    total: usize,
    started: usize,
    failed: Vec<&'static str>,
    count: Option<Count>,
    since: Instant,
}

impl Steps {
    pub(crate) fn new(total: usize) -> Self {
        Self { total, started: 0, failed: Vec::new(), count: None, since: Instant::now() }
    }

    /// Runs a step that the following ones cannot do without.
    pub(crate) fn need(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let begun = self.begin(name);
        let outcome = step().with_context(|| format!("step «{name}» failed"));
        self.end(name, begun, outcome.is_ok());
        outcome
    }

    /// Runs a step whose failure is told at the end, so that one run names
    /// everything that is wrong.
    pub(crate) fn check(&mut self, name: &'static str, step: impl FnOnce() -> anyhow::Result<()>) {
        let begun = self.begin(name);
        let outcome = step();
        if let Err(error) = &outcome {
            println!("{error:#}");
        }
        self.end(name, begun, outcome.is_ok());
    }

    /// Runs a test runner and adds up its count.
    pub(crate) fn count(
        &mut self,
        name: &'static str,
        runner: impl FnOnce() -> anyhow::Result<Ran>,
    ) {
        let begun = self.begin(name);
        let total = self.count.get_or_insert_default();
        let succeeded = match runner() {
            Ok(ran) => {
                *total += ran.count;
                ran.succeeded && ran.count.failed == 0
            }
            Err(error) => {
                println!("{error:#}");
                false
            }
        };
        self.end(name, begun, succeeded);
    }

    /// Gives the verdict; the count of tests is the last line.
    pub(crate) fn finish(self) -> ExitCode {
        println!("\n{} steps in {}", self.started, seconds(self.since.elapsed()));
        if !self.failed.is_empty() {
            println!("Failed: {}", self.failed.join("; "));
        }
        if let Some(Count { passed, failed }) = self.count {
            println!("{passed} passed, {failed} failed");
        }
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn begin(&mut self, name: &'static str) -> Instant {
        self.started += 1;
        println!("\n[{}/{}] {name}", self.started, self.total);
        Instant::now()
    }

    fn end(&mut self, name: &'static str, begun: Instant, succeeded: bool) {
        let verdict = if succeeded { "done" } else { "FAILED" };
        let (started, total) = (self.started, self.total);
        println!("[{started}/{total}] {name}: {verdict} in {}", seconds(begun.elapsed()));
        if !succeeded {
            self.failed.push(name);
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
