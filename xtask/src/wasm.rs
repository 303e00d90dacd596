//! Compiling a crate to WebAssembly, with the glue that JavaScript loads.
//!
//! wasm-bindgen is used as a library: its command-line tool would be a second
//! thing to install, at exactly the version of the lock file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use wasm_bindgen_cli_support::Bindgen;

use crate::command::{self, cargo, program, root, target};
use crate::freshness::unless_fresh;

/// Compiles `package` and writes `<package>.js`, `<package>.d.ts` and
/// `<package>_bg.wasm` into `out`, with `_` for `-` in their names.
pub(crate) fn build(package: &str, out: &Path) -> anyhow::Result<()> {
    let arguments = [
        "build",
        "--locked",
        "--profile=wasm",
        "--target=wasm32-unknown-unknown",
        "--lib",
        "--package",
        package,
    ];
    let flags = ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", without_paths());
    command::run(cargo().args(arguments).env(flags.0, flags.1))?;
    let stem = package.replace('-', "_");
    let compiled = target().join("wasm32-unknown-unknown/wasm").join(format!("{stem}.wasm"));
    let out = root().join(out);
    let optimised = out.join(format!("{stem}_bg.wasm"));
    let glue = out.join(format!("{stem}.js"));
    let optimiser = optimiser();

    let inputs: Vec<PathBuf> = std::iter::once(compiled.clone()).chain(optimiser.clone()).collect();
    unless_fresh(&format!("{package}.wasm"), &inputs, &[optimised.clone(), glue], || {
        fs::create_dir_all(&out).with_context(|| format!("could not create {}", out.display()))?;
        Bindgen::new()
            .input_path(&compiled)
            .web(true)?
            .typescript(true)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate(&out)
            .with_context(|| format!("could not write the glue of {package}"))?;
        match &optimiser {
            Some(optimiser) => optimise(optimiser, &optimised),
            None => Ok(()),
        }
    })
}

/// Panics say where they come from: that must not be a folder of the machine
/// that built what others download.
fn without_paths() -> String {
    let home = std::env::var("CARGO_HOME")
        .or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")))
        .unwrap_or_default();
    let root = root();
    format!("--remap-path-prefix={home}=cargo --remap-path-prefix={}=openpsc", root.display())
}

/// `wasm-opt`, when `npm ci` has run. Without it everything works, a few
/// hundredths larger.
fn optimiser() -> Option<PathBuf> {
    Some(root().join("node_modules/binaryen/bin/wasm-opt")).filter(|path| path.exists())
}

fn optimise(optimiser: &Path, wasm: &Path) -> anyhow::Result<()> {
    let size = |path: &Path| fs::metadata(path).map_or(0, |about| about.len());
    let before = size(wasm);
    command::run(
        program("node")
            .arg(optimiser)
            .args(["-Oz", "--strip-debug", "--strip-producers", "--strip-target-features"])
            .arg(wasm)
            .arg("-o")
            .arg(wasm),
    )?;
    println!("wasm-opt: {before} → {} bytes", size(wasm));
    Ok(())
}
