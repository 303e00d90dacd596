//! Floods: as many as one likes of everything that could pile up.
//!
//! Each [`kind`] is sent again and again to the real program. What it holds in
//! memory must not grow with the number; where a rule bounds the number, more
//! must be refused in words, and not fall over.

mod kind;

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::task::JoinSet;

use self::kind::Kind;
use crate::Killable;

/// Calls under way at once.
const AT_ONCE: usize = 32;

/// What a flood may leave in memory: caches and freed pages, whatever its size.
const ALLOWANCE_KIBIBYTES: u64 = 48 * 1024;

/// What came of one kind.
#[derive(Clone, Debug)]
pub struct Flooded {
    /// What was sent.
    pub kind: &'static str,
    /// How many were taken.
    pub taken: usize,
    /// How many were refused by a rule.
    pub refused: usize,
    /// Anything else; must be none.
    pub failed: Vec<String>,
    /// What the program held before: after a tenth of the flood, which warms it.
    pub before_kibibytes: u64,
    /// What it held afterwards.
    pub after_kibibytes: u64,
    /// How large the database was, with its log.
    pub database_kibibytes: u64,
    /// At most so many may be taken.
    pub most: Option<usize>,
}

impl Flooded {
    /// Whether it stayed within its bounds.
    pub fn is_bounded(&self) -> bool {
        let grown = self.after_kibibytes.saturating_sub(self.before_kibibytes);
        let few = self.most.is_none_or(|most| self.taken <= most);
        self.failed.is_empty() && grown <= ALLOWANCE_KIBIBYTES && few && self.taken > 0
    }
}

impl fmt::Display for Flooded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = |kibibytes: u64| kibibytes / 1024;
        write!(
            f,
            "| {} | {} | {} | {} → {} MiB | {} MiB |",
            self.kind,
            self.taken,
            self.refused,
            mebibytes(self.before_kibibytes),
            mebibytes(self.after_kibibytes),
            mebibytes(self.database_kibibytes),
        )?;
        for failed in self.failed.iter().take(3) {
            write!(f, " {failed}")?;
        }
        Ok(())
    }
}

/// Sends `count` of every kind; `told` hears of each kind when it is through.
pub async fn run(program: PathBuf, count: usize, told: impl Fn(&Flooded)) -> Vec<Flooded> {
    let mut all = Vec::new();
    // What one client and one address may do is bounded besides: here the
    // stores themselves are flooded.
    let settings = "[ciba]\nrequests_per_client = 1000000\nlong_poll = 0\n";
    let program = Killable::with_settings(program, settings).await;
    for kind in Kind::ALL {
        let flooded = flood(&program, kind, count).await;
        told(&flooded);
        all.push(flooded);
    }
    all
}

async fn flood(program: &Killable, kind: Kind, count: usize) -> Flooded {
    let sender = Arc::new(kind.sender(&program.url()).await);
    let mut flooded = Flooded {
        kind: kind.name(),
        taken: 0,
        refused: 0,
        failed: Vec::new(),
        before_kibibytes: 0,
        after_kibibytes: 0,
        database_kibibytes: 0,
        most: kind.most(),
    };
    for (part, first) in [(count / 10, 0), (count - count / 10, count / 10)] {
        let next = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (sender, next) = (Arc::clone(&sender), Arc::clone(&next));
            tasks.spawn(async move {
                let mut heard = (0, 0, Vec::new());
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= part {
                        return heard;
                    }
                    match sender.send(first + number).await {
                        Ok(true) => heard.0 += 1,
                        Ok(false) => heard.1 += 1,
                        Err(failed) => heard.2.push(failed),
                    }
                }
            });
        }
        while let Some(heard) = tasks.join_next().await {
            let (taken, refused, failed) = heard.unwrap();
            flooded.taken += taken;
            flooded.refused += refused;
            flooded.failed.extend(failed);
        }
        flooded.before_kibibytes = flooded.after_kibibytes;
        flooded.after_kibibytes = program.resident_kibibytes();
    }
    let files = ["openpsc.db", "openpsc.db-wal"].map(|name| program.folder().join(name));
    let sizes = files.iter().filter_map(|file| Some(file.metadata().ok()?.len()));
    flooded.database_kibibytes = sizes.sum::<u64>() / 1024;
    flooded
}
