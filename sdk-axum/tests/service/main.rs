//! A service on the SDK, its browser, and a provider that can lie.
//!
//! The provider here is a **double**: it answers what a test wants, so that
//! attacks and faults can be played. Logins with the real one are in the
//! workspace's `tests/`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attacks;
mod back_channel;
mod browser;
mod logins;
mod logouts;
mod provider;
mod scene;
mod sessions;
