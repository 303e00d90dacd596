//! The rules of the browser SDK, without I/O.
//!
//! Strings and bytes come in, strings and bytes go out: no fetch, no storage,
//! no clock, no randomness. Time and entropy are arguments, so every rule is
//! tested natively in a microsecond. One login, in the order of the files:
//!
//! ```text
//! discovery ─▶ login ─▶ (browser) ─▶ callback ─▶ token ─▶ id_token ─▶ grant
//! ```
//!
//! [`client`] ties them together and is the only thing the wasm face holds.
//! Nothing here panics: a panic would leave the page with a dead instance.

#![cfg_attr(not(test), no_std)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![cfg_attr(
    test,
    allow(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
        reason = "a test stops at its first surprise"
    )
)]

extern crate alloc;

pub mod base64url;
pub mod callback;
pub mod client;
pub mod discovery;
pub mod dpop;
pub mod id_token;
pub mod json;
pub mod jwt;
pub mod keys;
pub mod level;
pub mod login;
pub mod logout;
pub mod refusal;
pub mod token;
pub mod url;
pub mod userinfo;

pub use client::Client;
pub use refusal::{Code, Refusal};
