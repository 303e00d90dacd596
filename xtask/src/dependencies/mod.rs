//! What we stand on: licences, banned crates, and the npm lock file.
//!
//! `deny.toml` is the one list of rules. `cargo deny` reads it where it is
//! installed; this step holds the same rules without network, because machines
//! that build often reach no advisory database.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, bail};
use serde::Deserialize;
use spdx::{Expression, LicenseItem, ParseMode};

use crate::command::{cargo, listen, output, root};
use crate::machine;

mod npm;

/// The part of `deny.toml` that is held here.
#[derive(Deserialize)]
struct Rules {
    bans: Bans,
    licenses: Licences,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

/// A crate that must not be there, unless below one of `wrappers`.
#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    #[serde(default)]
    wrappers: Vec<String>,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
}

/// What `cargo metadata` says, as far as it is read here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
}

/// Holds every rule and names every breach.
pub(crate) fn check() -> anyhow::Result<()> {
    let rules = fs::read_to_string(root().join("deny.toml")).context("could not read deny.toml")?;
    let rules: Rules = toml::from_str(&rules).context("could not understand deny.toml")?;
    let metadata = output(cargo().args(["metadata", "--format-version=1", "--locked"]))?;
    let metadata: Metadata = serde_json::from_str(&metadata)?;

    let tree = output(
        cargo()
            .args(["tree", "--locked", "--workspace", "--target=all"])
            .args(["--prefix=depth", "--format= {p}"]),
    )?;
    let uses = Uses::read(&tree).context("could not understand what cargo tree prints")?;
    let mut breaches = banned(&uses, &rules.bans.deny);
    breaches.extend(licences(&metadata, &rules.licenses.allow)?);
    for lock in ["package-lock.json", "tests/bench/package-lock.json"] {
        let lock = fs::read_to_string(root().join(lock))?;
        breaches.extend(npm::breaches(&lock, &rules.licenses.allow)?);
    }
    tell_duplicates(&metadata);
    if let Err(error) = cargo_deny() {
        breaches.push(format!("{error:#}"));
    }
    if breaches.is_empty() {
        println!("{} crates known to the lock file, every rule held", metadata.packages.len());
        return Ok(());
    }
    bail!("{}", breaches.join("\n"));
}

/// Who uses whom, by name. The lock file would not do: it also lists crates
/// that only a feature nobody asked for would bring.
#[derive(Default)]
struct Uses {
    ours: BTreeSet<String>,
    below: BTreeMap<String, BTreeSet<String>>,
}

impl Uses {
    /// Reads `cargo tree --prefix=depth`: `2 name v1.0.0` is used by the last
    /// line before it of depth 1.
    fn read(tree: &str) -> Option<Self> {
        let mut uses = Self::default();
        let mut above: Vec<&str> = Vec::new();
        for line in tree.lines().filter(|line| !line.is_empty()) {
            let mut words = line.split_whitespace();
            let depth: usize = words.next()?.parse().ok()?;
            let name = words.next()?;
            above.truncate(depth);
            match above.last() {
                Some(user) => {
                    uses.below.entry((*user).to_owned()).or_default().insert(name.to_owned())
                }
                None => uses.ours.insert(name.to_owned()),
            };
            above.push(name);
        }
        Some(uses)
    }

    /// Whether our crates reach `name` without passing by one of `wrappers`.
    fn reach(&self, name: &str, wrappers: &[String]) -> bool {
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<&String> = self.ours.iter().collect();
        while let Some(crate_name) = waiting.pop() {
            if crate_name == name {
                return true;
            }
            if seen.insert(crate_name) && !wrappers.contains(crate_name) {
                waiting.extend(self.below.get(crate_name).into_iter().flatten());
            }
        }
        false
    }
}

fn banned(uses: &Uses, bans: &[Ban]) -> Vec<String> {
    bans.iter()
        .filter(|ban| uses.reach(&ban.name, &ban.wrappers))
        .map(|ban| match &*ban.wrappers {
            [] => format!("{} is banned: see deny.toml", ban.name),
            wrappers => format!("{} is allowed below {} only", ban.name, wrappers.join(", ")),
        })
        .collect()
}

fn licences(metadata: &Metadata, allowed: &[String]) -> anyhow::Result<Vec<String>> {
    let mut breaches = Vec::new();
    for Package { name, version, license, .. } in &metadata.packages {
        let Some(licence) = license else {
            breaches.push(format!("{name} {version} names no licence"));
            continue;
        };
        if !is_allowed(licence, allowed)
            .with_context(|| format!("could not understand the licence of {name} {version}"))?
        {
            breaches.push(format!("{name} {version} is under {licence}: not in deny.toml"));
        }
    }
    Ok(breaches)
}

/// Whether one may take the work under allowed licences only.
fn is_allowed(licence: &str, allowed: &[String]) -> anyhow::Result<bool> {
    let expression = Expression::parse_mode(licence, ParseMode::LAX)
        .map_err(|error| anyhow::anyhow!("{licence}: {}", error.reason))?;
    Ok(expression.evaluate(|required| {
        let LicenseItem::Spdx { id, .. } = &required.license else { return false };
        allowed.iter().any(|allowed| match allowed.split_once(" WITH ") {
            Some((name, addition)) => {
                name == id.name
                    && required.addition.as_ref().is_some_and(|has| has.to_string() == addition)
            }
            None => allowed == id.name && required.addition.is_none(),
        })
    }))
}

/// Two versions of a crate cost build time and size, and are no fault.
fn tell_duplicates(metadata: &Metadata) {
    let mut versions = BTreeMap::<&str, BTreeSet<&str>>::new();
    for package in &metadata.packages {
        versions.entry(&package.name).or_default().insert(&package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    println!("{} crates in more than one version:", versions.len());
    for (name, versions) in versions {
        println!("  {name} {}", versions.into_iter().collect::<Vec<_>>().join(", "));
    }
}

/// Runs `cargo deny` where it can, and says what was run.
fn cargo_deny() -> anyhow::Result<()> {
    if !machine::on_path("cargo-deny") {
        println!("advisories were not checked: cargo-deny is not installed");
        return Ok(());
    }
    let heard = listen(cargo().args(["deny", "--locked", "check", "bans", "licenses", "sources"]))?;
    if !heard.succeeded {
        bail!("cargo deny refuses bans, licences or sources");
    }
    let heard = listen(cargo().args(["deny", "--locked", "check", "advisories"]))?;
    if heard.succeeded {
        println!("cargo deny ran: bans, licences, sources and advisories");
        return Ok(());
    }
    if heard.text.contains("failed to fetch advisory database") {
        println!("cargo deny ran; advisories were not checked: their database is out of reach");
        return Ok(());
    }
    bail!("cargo deny refuses an advisory");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ban(name: &str, wrappers: &[&str]) -> Ban {
        let wrappers = wrappers.iter().map(|&wrapper| wrapper.to_owned()).collect();
        Ban { name: name.to_owned(), wrappers }
    }

    #[test]
    fn a_banned_crate_is_found_however_deep_it_hides() {
        let uses = Uses::read("0 home v1\n1 http v1\n2 tls v1\n3 ring v1\n1 tls v1 (*)").unwrap();
        assert_eq!(banned(&uses, &[ban("ring", &[])]), ["ring is banned: see deny.toml"]);
        assert!(banned(&uses, &[ban("openssl-sys", &[])]).is_empty());
    }

    #[test]
    fn a_second_way_to_a_wrapped_crate_is_refused() {
        let ban = [ban("rsa", &["openidconnect"])];
        let one_way = "0 home v1\n1 openidconnect v4\n2 rsa v1\n";
        assert!(banned(&Uses::read(one_way).unwrap(), &ban).is_empty());
        let two_ways = format!("{one_way}1 jose v1\n2 rsa v1 (*)\n");
        let breaches = banned(&Uses::read(&two_ways).unwrap(), &ban);
        assert_eq!(breaches, ["rsa is allowed below openidconnect only"]);
    }

    #[test]
    fn one_allowed_licence_of_a_choice_is_enough_and_all_of_a_sum_are_needed() {
        let allowed = ["MIT".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()];
        for (licence, verdict) in [
            ("MIT OR GPL-3.0", true),
            ("MIT/Apache-2.0", true),
            ("MIT AND GPL-3.0", false),
            ("Apache-2.0", false),
            ("Apache-2.0 WITH LLVM-exception", true),
        ] {
            assert_eq!(is_allowed(licence, &allowed).unwrap(), verdict, "{licence}");
        }
    }
}
