//! The test runners, and their own counts read from what they print.

use anyhow::{Context, ensure};

use crate::command::{Heard, cargo, listen, program, root};
use crate::machine;
use crate::products::WORKSPACE;
use crate::steps::{Count, Ran};

/// Unit tests and the tests over HTTP.
pub(crate) fn rust() -> anyhow::Result<Ran> {
    let (runner, count): (&[&str], Counter) = if machine::on_path("cargo-nextest") {
        (&["nextest", "run", "--no-fail-fast"], nextest_count)
    } else {
        (&["test", "--tests", "--no-fail-fast"], cargo_test_count)
    };
    let product = ran(listen(cargo().args(runner).args(WORKSPACE))?, count)?;
    let house = ran(listen(cargo().args(runner).args(["--locked", "--package", "xtask"]))?, count)?;
    let mut total = product.count;
    total += house.count;
    Ok(Ran { count: total, succeeded: product.succeeded && house.succeeded })
}

/// The examples that the documentation shows.
pub(crate) fn doc_examples() -> anyhow::Result<Ran> {
    let runner = ["test", "--doc", "--no-fail-fast"];
    ran(listen(cargo().args(runner).args(WORKSPACE))?, cargo_test_count)
}

/// The SDK's own tests: rules of the package, sizes, behaviour under Node.
pub(crate) fn sdk() -> anyhow::Result<Ran> {
    ran(listen(program("npm").args(["test", "--workspace", "sdk-wasm"]))?, node_count)
}

/// The whole system in real browsers.
pub(crate) fn browser(arguments: &[String]) -> anyhow::Result<Ran> {
    // Called by its path: `npx` would look the name up.
    let playwright = root().join("node_modules/@playwright/test/cli.js");
    let mut command = program("node");
    command.current_dir(root().join("tests/browser"));
    command.arg(playwright).args(["test", "--reporter=list"]).args(arguments);
    ran(listen(&mut command)?, playwright_count)
}

/// Finds a runner's own count in what it printed.
type Counter = fn(&str) -> Option<Count>;

fn ran(heard: Heard, count: Counter) -> anyhow::Result<Ran> {
    let count = count(&plain(&heard.text)).context("the runner printed no count of tests")?;
    ensure!(count != Count::default() || !heard.succeeded, "the runner found no test to run");
    Ok(Ran { count, succeeded: heard.succeeded })
}

/// `test result: ok. 12 passed; 0 failed; 0 ignored; …`, once for each binary.
fn cargo_test_count(text: &str) -> Option<Count> {
    let mut total = None;
    for line in text.lines().filter_map(|line| line.strip_prefix("test result: ")) {
        let count: &mut Count = total.get_or_insert_default();
        *count += Count { passed: before(line, "passed")?, failed: before(line, "failed")? };
    }
    total
}

/// `Summary [ 1.0s] 57 tests run: 55 passed (1 slow), 2 failed, 3 skipped`.
fn nextest_count(text: &str) -> Option<Count> {
    let line = text.lines().rev().find(|line| line.trim_start().starts_with("Summary ["))?;
    let failures = ["failed", "timed out", "exec failed"];
    let failed = failures.iter().filter_map(|word| before(line, word)).sum();
    Some(Count { passed: before(line, "passed").unwrap_or_default(), failed })
}

/// `ℹ pass 12` and `ℹ fail 0`, or the same after `#`, once for each run.
fn node_count(text: &str) -> Option<Count> {
    let sum = |word: &str| {
        let numbers: Vec<u64> = text
            .lines()
            .filter_map(|line| line.trim_start_matches(['ℹ', '#', ' ']).strip_prefix(word))
            .filter_map(|rest| rest.trim().parse().ok())
            .collect();
        (!numbers.is_empty()).then(|| numbers.iter().sum())
    };
    Some(Count { passed: sum("pass ")?, failed: sum("fail ")? })
}

/// `12 passed (6.0s)`, and above it `1 failed` or `2 did not run` if any.
fn playwright_count(text: &str) -> Option<Count> {
    let number = |word: &str| {
        let starts = |line: &&str| {
            let mut words = line.trim_start().splitn(2, ' ');
            words.next().is_some_and(|number| number.parse::<u64>().is_ok())
                && words.next().is_some_and(|rest| rest.starts_with(word))
        };
        text.lines().rev().find(starts).and_then(|line| before(line, word))
    };
    let (passed, failed) = (number("passed"), number("failed"));
    passed.or(failed)?;
    let others = ["did not run", "flaky", "interrupted"].iter().filter_map(|word| number(word));
    Some(Count {
        passed: passed.unwrap_or_default(),
        failed: failed.unwrap_or_default() + others.sum::<u64>(),
    })
}

/// The number that stands before `word`.
fn before(line: &str, word: &str) -> Option<u64> {
    let (head, _) = line.split_once(&format!(" {word}"))?;
    head.rsplit(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// The text without its colours.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = after.find(|letter: char| letter.is_ascii_alphabetic());
        rest = end.map_or("", |end| &after[end + 1..]);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(passed: u64, failed: u64) -> Option<Count> {
        Some(Count { passed, failed })
    }

    #[test]
    fn cargo_test_is_counted_over_all_its_binaries() {
        let text = "running 2 tests\ntest result: ok. 12 passed; 0 failed; 0 ignored; 0 measured\n\
                    test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured\n";
        assert_eq!(cargo_test_count(text), count(15, 1));
    }

    #[test]
    fn nextest_is_counted_by_its_summary() {
        let text =
            "     Summary [   1.043s] 57 tests run: 55 passed (1 slow), 2 failed, 3 skipped\n";
        assert_eq!(nextest_count(text), count(55, 2));
    }

    #[test]
    fn node_is_counted_with_either_of_its_reporters() {
        assert_eq!(node_count("ℹ tests 13\nℹ pass 12\nℹ fail 1\n"), count(12, 1));
        assert_eq!(node_count("# tests 12\n# pass 12\n# fail 0\n"), count(12, 0));
    }

    #[test]
    fn playwright_is_counted_with_what_did_not_run() {
        let text = "Running 20 tests using 1 worker\n\n  1 failed\n    [chromium] › a.spec.js:3:1 › \
                    x\n  2 did not run\n  17 passed (6.0s)\n";
        assert_eq!(playwright_count(text), count(17, 3));
        assert_eq!(playwright_count("  3 passed (1.2m)\n"), count(3, 0));
    }

    #[test]
    fn a_runner_without_a_count_is_not_believed() {
        for counted in [cargo_test_count, nextest_count, node_count, playwright_count] {
            assert_eq!(counted("all is well, 12 of them\n"), None);
        }
    }

    #[test]
    fn colours_do_not_hide_a_count() {
        assert_eq!(
            playwright_count(&plain("\u{1b}[32m  12 passed\u{1b}[39m (6.0s)")),
            count(12, 0)
        );
    }
}
