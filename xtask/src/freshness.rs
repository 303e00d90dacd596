//! Skipping what is already done: a stamp holds a digest of a step's inputs.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::Context;

use crate::command::{root, target};

/// Folders that steps write, never read.
const WRITTEN: [&str; 5] = ["node_modules", "dist", "target", "wasm", "test-results"];

/// Runs `step` unless `inputs` are as they were when it last succeeded and
/// every one of `outputs` still stands.
pub(crate) fn unless_fresh(
    name: &str,
    inputs: &[PathBuf],
    outputs: &[PathBuf],
    step: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let stamp = target().join("xtask").join(format!("{name}.stamp"));
    let digest = digest(inputs)?;
    let stands = outputs.iter().all(|output| output.exists());
    if stands && fs::read_to_string(&stamp).is_ok_and(|kept| kept == digest) {
        println!("{name}: up to date");
        return Ok(());
    }
    step()?;
    fs::create_dir_all(stamp.parent().expect("a stamp has a folder"))?;
    fs::write(&stamp, digest).with_context(|| format!("could not write {}", stamp.display()))
}

/// Name, size and time of every file below `inputs`.
fn digest(inputs: &[PathBuf]) -> anyhow::Result<String> {
    let mut hasher = DefaultHasher::new();
    for input in inputs {
        add(&root().join(input), &mut hasher)?;
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn add(path: &Path, hasher: &mut DefaultHasher) -> anyhow::Result<()> {
    let about = fs::metadata(path).with_context(|| format!("could not read {}", path.display()))?;
    if about.is_dir() {
        let mut inside = fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()?;
        inside.sort();
        for path in inside {
            let name = path.file_name().unwrap_or_default();
            if !WRITTEN.iter().any(|written| name == *written) {
                add(&path, hasher)?;
            }
        }
        return Ok(());
    }
    path.hash(hasher);
    about.len().hash(hasher);
    about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().hash(hasher);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_step_runs_again_when_its_input_changes_or_its_output_is_gone() {
        let folder = target().join("xtask/freshness-test");
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        let (input, output) = (folder.join("input"), folder.join("output"));
        fs::write(&input, "one").unwrap();
        let runs = Cell::new(0);
        let step = || {
            unless_fresh(
                "freshness-test",
                std::slice::from_ref(&input),
                std::slice::from_ref(&output),
                || {
                    runs.set(runs.get() + 1);
                    fs::write(&output, "done").map_err(Into::into)
                },
            )
            .unwrap();
            runs.get()
        };
        assert_eq!((step(), step()), (1, 1));
        fs::write(&input, "three").unwrap();
        assert_eq!((step(), step()), (2, 2));
        fs::remove_file(&output).unwrap();
        assert_eq!(step(), 3);
    }

    #[test]
    fn a_step_that_failed_runs_again() {
        let folder = target().join("xtask/freshness-failure");
        fs::create_dir_all(&folder).unwrap();
        let failing = || {
            unless_fresh("freshness-failure", std::slice::from_ref(&folder), &[], || {
                anyhow::bail!("no luck")
            })
        };
        assert!(failing().is_err());
        assert!(failing().is_err());
    }
}
