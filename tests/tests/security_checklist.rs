//! The page on security names no test that does not exist.

#![expect(clippy::unwrap_used, reason = "a scene that cannot go on has failed")]

use std::{fs, path::PathBuf};

/// Where the tests of a first word live.
fn folder(first: &str) -> &'static str {
    match first {
        "oidc" | "oidc_attacks" | "ecps" | "ecps_attacks" | "crash_under_load" | "bounds"
        | "fuzz" | "text_browser" => "tests",
        _ => "../server/src",
    }
}

/// The file of a path of modules, and what is left of the path.
fn file(path: &str) -> Option<(PathBuf, String)> {
    let words: Vec<&str> = path.split("::").collect();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder(words[0]));
    (1..=words.len()).rev().find_map(|length| {
        let file = root.join(words[..length].join("/")).with_extension("rs");
        file.exists().then(|| (file, words[length..].join("::")))
    })
}

#[test]
fn every_test_that_the_page_names_exists() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/security-checklist.md");
    let page = fs::read_to_string(page).unwrap();
    let mut named = 0;
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| rule")) {
        let tests: Vec<&str> = row.split('`').filter(|word| word.contains("::")).collect();
        assert!(!tests.is_empty(), "no test stands behind: {row}");
        for test in tests {
            let (file, name) = file(test).unwrap_or_else(|| panic!("there is no file of {test}"));
            let text = fs::read_to_string(file).unwrap();
            // Inside a file its tests stand in a module of their own.
            let name = name.rsplit("::").next().unwrap_or_default();
            assert!(text.contains(&format!("fn {name}")), "there is no test {test}");
            named += 1;
        }
    }
    assert!(named > 100, "the page was not read: {named}");
}
