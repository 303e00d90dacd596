//! `openpsc audit`: reads the trail, and verifies it.

use std::{fmt::Write as _, fs, io::Write, path::PathBuf};

use anyhow::{Context, bail};
use clap::Subcommand;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;

use super::{Kind, event::Head, store, verify};
use crate::{app::App, config::Config};

/// Records read at once.
const PAGE: i64 = 32;

/// What can be done with the audit trail.
#[derive(Subcommand)]
pub enum Command {
    /// Walk every chain and say what is wrong; fails when anything is.
    Verify {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// What `audit heads` printed some time ago: shows also whether the end
        /// of a chain was cut since.
        #[arg(long)]
        heads: Option<PathBuf>,
    },
    /// Print the last record of every chain, to be kept elsewhere.
    Heads {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Print events, oldest first.
    List {
        /// The configuration file.
        #[arg(long)]
        config: PathBuf,
        /// From this time on: `2026-11-22` or `2026-11-22T20:00:00Z`.
        #[arg(long, value_parser = time)]
        since: Option<i64>,
        /// Before this time.
        #[arg(long, value_parser = time)]
        until: Option<i64>,
        /// Only these events, see docs/audit.md.
        #[arg(long)]
        event: Vec<Kind>,
        /// Only those about this person.
        #[arg(long)]
        person: Option<String>,
        /// Only those about this service.
        #[arg(long)]
        client: Option<String>,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    /// Opens the database, does it, and closes it.
    pub async fn run(self, out: &mut impl Write) -> anyhow::Result<()> {
        let config = match &self {
            Self::Verify { config, .. } | Self::Heads { config } | Self::List { config, .. } => {
                config
            }
        };
        let app = App::open(Config::read(config)?).await?;
        let done = self.act(&app, out).await;
        app.database.close().await;
        done
    }

    /// Does it on an open database.
    pub async fn act(&self, app: &App, out: &mut impl Write) -> anyhow::Result<()> {
        match self {
            Self::Verify { heads, .. } => {
                let noted = heads.as_ref().map(|path| {
                    let text = fs::read_to_string(path)
                        .with_context(|| format!("could not read {}", path.display()))?;
                    noted(&text).with_context(|| format!("{} is not usable", path.display()))
                });
                say_verified(app, &noted.transpose()?.unwrap_or_default(), out).await
            }
            Self::Heads { .. } => {
                for head in store::all_heads(&app.database).await? {
                    writeln!(out, "{}", serde_json::to_string(&head)?)?;
                }
                Ok(())
            }
            Self::List { since, until, event, person, client, json, .. } => {
                let wanted = Wanted {
                    since: since.unwrap_or(0),
                    until: until.unwrap_or(i64::MAX),
                    kinds: event.iter().map(|kind| kind.as_str()).collect(),
                    person: person.as_deref(),
                    client: client.as_deref(),
                };
                list(app, &wanted, *json, out).await
            }
        }
    }
}

fn noted(text: &str) -> anyhow::Result<Vec<Head>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| Ok(serde_json::from_str(line)?)).collect()
}

async fn say_verified(app: &App, noted: &[Head], out: &mut impl Write) -> anyhow::Result<()> {
    let forgotten = app.audit.now() - 2 * app.config.audit.retention();
    let report = verify::verify(&app.database, &app.audit, noted, forgotten).await?;
    for fault in &report.faults {
        writeln!(out, "{fault}")?;
    }
    let (records, chains) = (report.records, report.chains);
    if !report.is_good() {
        bail!(
            "the audit trail is broken: {} faults in {records} records of {chains} chains",
            report.found
        );
    }
    let mut times = String::new();
    if let Some((oldest, newest)) = report.times {
        write!(times, ", from {} to {}", spelled(oldest), spelled(newest))?;
    }
    writeln!(out, "the audit trail is whole: {records} records of {chains} chains{times}")?;
    Ok(())
}

struct Wanted<'a> {
    since: i64,
    until: i64,
    kinds: Vec<&'static str>,
    person: Option<&'a str>,
    client: Option<&'a str>,
}

impl Wanted<'_> {
    fn has(&self, event: &Value) -> bool {
        let word = |name: &str| event[name].as_str();
        let at = event["at"].as_i64().unwrap_or_default();
        at >= self.since
            && at < self.until
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| word("event") == Some(kind)))
            && (self.person.is_none() || word("person") == self.person)
            && (self.client.is_none() || word("client") == self.client)
    }
}

async fn list(
    app: &App,
    wanted: &Wanted<'_>,
    json: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut bad = 0;
    // A record is written after its events.
    let mut from = (wanted.since - 1, String::new(), -1);
    loop {
        let page = store::later(&app.database, (from.0, &from.1, from.2), PAGE).await?;
        let Some(last) = page.last() else { break };
        from = (last.at, last.chain.clone(), last.number);
        for record in &page {
            if record.place(app.audit.key()).is_none() {
                bad += 1;
                continue;
            }
            for text in record.events() {
                let event: Value = serde_json::from_str(text)?;
                if wanted.has(&event) {
                    let line = if json { text.to_owned() } else { told(&event) };
                    writeln!(out, "{line}")?;
                }
            }
        }
    }
    if bad > 0 {
        bail!("{bad} records were altered and are not shown: see openpsc audit verify");
    }
    Ok(())
}

/// An event for people: its time and name, then what else it says.
fn told(event: &Value) -> String {
    let mut line = format!(
        "{}  {:22}",
        spelled(event["at"].as_i64().unwrap_or_default()),
        event["event"].as_str().unwrap_or_default()
    );
    for (name, value) in event.as_object().into_iter().flatten() {
        if matches!(name.as_str(), "at" | "event") {
            continue;
        }
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Array(all) => all.len().to_string(),
            other => other.to_string(),
        };
        line.push_str(&format!(" {name}={shown}"));
    }
    line
}

fn spelled(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds)
        .map_or_else(|_| milliseconds.to_string(), |time| format!("{time:.3}"))
}

fn time(text: &str) -> Result<i64, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_millisecond());
    }
    let day = text.parse::<Date>().ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    day.map(|day| day.timestamp().as_millisecond())
        .ok_or_else(|| "write a time as 2026-11-22 or 2026-11-22T20:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_day_or_a_moment() {
        assert_eq!(time("1970-01-02"), Ok(86_400_000));
        assert_eq!(time("1970-01-01T00:00:01.5Z"), Ok(1500));
        assert!(time("yesterday").unwrap_err().contains("2026-11-22"));
        assert_eq!(spelled(1500), "1970-01-01T00:00:01.500Z");
    }
}
