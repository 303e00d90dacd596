//! Walks every chain and says what is wrong with it. It holds one page of
//! records at a time, however long the trail is.

use std::fmt;

use serde::Deserialize;

use super::{
    Trail,
    event::Head,
    record::{Place, Record},
    store::{self, Anchor},
};
use crate::{database::Database, secret::base64url};

/// Records read at once.
const PAGE: i64 = 32;

/// Faults told one by one; the others are counted.
const TOLD: usize = 20;

/// What is wrong, and where first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The MAC does not fit: altered, or not written by us.
    Altered {
        /// The chain of its row.
        chain: String,
        /// The number of its row.
        number: i64,
    },
    /// It was written by us, for another place.
    OutOfOrder {
        /// The chain of its row.
        chain: String,
        /// The number of its row.
        number: i64,
        /// The chain that it says.
        of_chain: String,
        /// The number that it says.
        of_number: i64,
    },
    /// Records in the middle, or at the beginning, are gone.
    Missing {
        /// The chain.
        chain: String,
        /// The first one that is gone.
        from: i64,
        /// The last one that is gone.
        to: i64,
    },
    /// It does not continue the record before it.
    Unlinked {
        /// The chain.
        chain: String,
        /// Its number.
        number: i64,
    },
    /// It has records and is not in the list of chains.
    Unlisted {
        /// The chain.
        chain: String,
    },
    /// What retention says of a chain was not written by us.
    AnchorForged {
        /// The chain.
        chain: String,
    },
    /// A record saw one that is gone, or is another now: the end of a chain was
    /// cut, or the whole of it deleted.
    Cut {
        /// The chain that is shorter than it was.
        chain: String,
        /// The record that was seen.
        number: i64,
        /// Who saw it: another chain, or notes kept elsewhere.
        seen_by: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered { chain, number } => {
                write!(out, "altered: record {number} of chain {chain} is not as it was written")
            }
            Self::OutOfOrder { chain, number, of_chain, of_number } => write!(
                out,
                "out of order: record {number} of chain {chain} was written as record {of_number} of chain {of_chain}"
            ),
            Self::Missing { chain, from, to } => {
                write!(out, "missing: records {from} to {to} of chain {chain} are gone")
            }
            Self::Unlinked { chain, number } => write!(
                out,
                "out of order: record {number} of chain {chain} does not continue the one before it"
            ),
            Self::Unlisted { chain } => {
                write!(out, "missing: chain {chain} has records and is not in the list of chains")
            }
            Self::AnchorForged { chain } => {
                write!(
                    out,
                    "altered: where chain {chain} begins after retention was not written so"
                )
            }
            Self::Cut { chain, number, seen_by } => write!(
                out,
                "truncated: record {number} of chain {chain} was seen by {seen_by} and is gone, or is another now"
            ),
        }
    }
}

/// What a walk has found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Records walked.
    pub records: u64,
    /// Chains walked.
    pub chains: u64,
    /// The first faults, in the order of the walk.
    pub faults: Vec<Fault>,
    /// All faults.
    pub found: usize,
    /// The oldest and the newest record's time, in milliseconds.
    pub times: Option<(i64, i64)>,
}

impl Report {
    fn fault(&mut self, fault: Fault) {
        self.found += 1;
        if self.faults.len() < TOLD {
            self.faults.push(fault);
        }
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.found == 0
    }
}

#[derive(Deserialize)]
struct Naming {
    #[serde(default)]
    heads: Vec<Head>,
}

/// Walks everything. `noted` are heads that were kept elsewhere; `forgotten`
/// is the time before which a chain may be gone with everything.
pub async fn verify(
    database: &Database,
    trail: &Trail,
    noted: &[Head],
    forgotten: i64,
) -> anyhow::Result<Report> {
    let walk = Walk { database, trail, forgotten };
    let mut report = Report::default();
    let mut at = (String::new(), -1);
    let mut expected: Option<Expected> = None;
    loop {
        let page = store::after(database, &at.0, at.1, PAGE).await?;
        let Some(last) = page.last() else { break };
        at = (last.chain.clone(), last.number);
        for record in &page {
            report.records += 1;
            let (oldest, newest) = report.times.unwrap_or((record.at, record.at));
            report.times = Some((oldest.min(record.at), newest.max(record.at)));
            if expected.as_ref().is_none_or(|expected| expected.chain != record.chain) {
                report.chains += 1;
                if !store::is_listed(database, &record.chain).await? {
                    report.fault(Fault::Unlisted { chain: record.chain.clone() });
                }
                expected = Some(Expected::of(&record.chain));
            }
            let Some(expected) = &mut expected else { continue };
            walk.step(record, expected, &mut report).await?;
        }
    }
    for head in noted {
        walk.look_for(head, "the notes", &mut report).await?;
    }
    Ok(report)
}

/// What the next record of a chain must be.
struct Expected {
    chain: String,
    number: i64,
    /// The MAC before it; nothing when that one was bad itself.
    previous: Option<String>,
}

impl Expected {
    fn of(chain: &str) -> Self {
        Self { chain: chain.to_owned(), number: 0, previous: Some(String::new()) }
    }

    fn after(anchor: &Anchor, chain: &str) -> Self {
        Self {
            chain: chain.to_owned(),
            number: anchor.through + 1,
            previous: Some(base64url(&anchor.mac)),
        }
    }
}

struct Walk<'a> {
    database: &'a Database,
    trail: &'a Trail,
    forgotten: i64,
}

impl Walk<'_> {
    async fn step(
        &self,
        record: &Record,
        expected: &mut Expected,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let (chain, number) = (record.chain.clone(), record.number);
        if number > expected.number {
            self.close_gap(&chain, number, expected, report).await?;
        }
        let place = record.place(self.trail.key());
        let linked = match &place {
            None => {
                report.fault(Fault::Altered { chain, number });
                false
            }
            Some(place) if place.chain != chain || place.number != number => {
                let Place { chain: of_chain, number: of_number, .. } = place.clone();
                report.fault(Fault::OutOfOrder { chain, number, of_chain, of_number });
                false
            }
            Some(place) if place.at != record.at => {
                report.fault(Fault::Altered { chain, number });
                false
            }
            Some(place) => {
                if expected.previous.as_ref().is_some_and(|it| *it != place.previous) {
                    report.fault(Fault::Unlinked { chain, number });
                }
                true
            }
        };
        expected.number = number + 1;
        expected.previous = linked.then(|| record.name());
        if linked {
            for event in record.events() {
                let Ok(Naming { heads }) = serde_json::from_str(event) else { continue };
                for head in &heads {
                    self.look_for(head, &format!("chain {}", record.chain), report).await?;
                }
            }
        }
        Ok(())
    }

    /// Retention may have taken away what is not there, even while we walk.
    async fn close_gap(
        &self,
        chain: &str,
        number: i64,
        expected: &mut Expected,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        match store::anchor_of(self.database, self.trail.key(), chain).await? {
            Some(Err(())) => {
                report.fault(Fault::AnchorForged { chain: chain.to_owned() });
                expected.previous = None;
                return Ok(());
            }
            Some(Ok(anchor)) if anchor.through >= number => {
                expected.previous = None;
                return Ok(());
            }
            Some(Ok(anchor)) if anchor.through >= expected.number => {
                *expected = Expected::after(&anchor, chain);
            }
            _ => {}
        }
        if expected.number < number {
            let (from, to) = (expected.number, number - 1);
            report.fault(Fault::Missing { chain: chain.to_owned(), from, to });
            expected.previous = None;
        }
        Ok(())
    }

    /// Whether a record that somebody saw is still there, or was taken away by
    /// retention.
    async fn look_for(
        &self,
        head: &Head,
        seen_by: &str,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let Head { chain, number, .. } = head;
        let found = store::mac_of(self.database, chain, *number).await?;
        if found.as_deref() == Some(&head.mac) {
            return Ok(());
        }
        if found.is_none() {
            let anchor = store::anchor_of(self.database, self.trail.key(), chain).await?;
            let explained = match anchor {
                Some(Ok(anchor)) => anchor.through >= *number,
                Some(Err(())) => false,
                // Even the anchor has had its time.
                None => head.at < self.forgotten,
            };
            if explained {
                return Ok(());
            }
        }
        let (chain, seen_by) = (chain.clone(), seen_by.to_owned());
        report.fault(Fault::Cut { chain, number: *number, seen_by });
        Ok(())
    }
}
