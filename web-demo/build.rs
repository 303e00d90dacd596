//! Builds again when the SDK appears or changes: its files are in the binary.

fn main() {
    println!("cargo:rerun-if-changed=../sdk-wasm/dist");
    println!("cargo:rerun-if-changed=agenda");
    println!("cargo:rerun-if-changed=dossier");
}
