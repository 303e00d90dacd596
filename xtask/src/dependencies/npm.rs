//! The npm lock file: digests for everything, no address, known licences.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Deserialize;

use super::is_allowed;

#[derive(Deserialize)]
struct Lock {
    packages: BTreeMap<String, Locked>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Locked {
    version: Option<String>,
    resolved: Option<String>,
    integrity: Option<String>,
    license: Option<String>,
    #[serde(default)]
    link: bool,
    #[serde(default)]
    dev: bool,
}

/// Also allowed for tools that we run and never hand on, such as axe.
const TOOL_LICENCE: &str = "MPL-2.0";

/// Every package that the lock file does not pin as it should.
pub(super) fn breaches(lock: &str, allowed: &[String]) -> anyhow::Result<Vec<String>> {
    let lock: Lock =
        serde_json::from_str(lock).context("could not understand package-lock.json")?;
    let mut breaches = Vec::new();
    for (path, package) in &lock.packages {
        // Our own folders, and the links that lead to them.
        let Some((_, name)) = path.rsplit_once("node_modules/").filter(|_| !package.link) else {
            continue;
        };
        if package.version.is_none() || package.integrity.is_none() {
            breaches.push(format!("npm: {name} has no version or no digest in the lock file"));
        }
        if let Some(address) = package.resolved.as_ref().filter(|address| address.contains("://")) {
            breaches.push(format!("npm: {name} is locked to one address: {address}"));
        }
        match &package.license {
            None => breaches.push(format!("npm: {name} names no licence")),
            Some(licence) => {
                let is_tool = package.dev && licence == TOOL_LICENCE;
                if !is_tool && !is_allowed(licence, allowed)? {
                    breaches.push(format!("npm: {name} is under {licence}: not in deny.toml"));
                }
            }
        }
    }
    Ok(breaches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_without_digest_or_with_an_address_is_named() {
        let lock = r#"{ "packages": {
            "": { "name": "home" },
            "tests/browser": { "name": "browser-tests" },
            "node_modules/browser-tests": { "resolved": "tests/browser", "link": true },
            "node_modules/good": { "version": "1.0.0", "integrity": "sha512-x", "license": "MIT" },
            "node_modules/bad": { "version": "1.0.0", "license": "MIT",
                                  "resolved": "https://example.test/bad.tgz" }
        } }"#;
        let breaches = breaches(lock, &["MIT".to_owned()]).unwrap();
        assert_eq!(breaches.len(), 2, "{breaches:?}");
        assert!(breaches.iter().all(|breach| breach.starts_with("npm: bad ")));
    }
}
