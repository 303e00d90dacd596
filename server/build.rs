//! The phone app is embedded: when it appears or changes, the server is built
//! again.

fn main() {
    println!("cargo:rerun-if-changed=../ecps-app/dist");
    println!("cargo:rerun-if-changed=assets");
    println!("cargo:rerun-if-changed=templates");
}
