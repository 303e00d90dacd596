//! Whole-system tests, on real parts.
//!
//! A [`TestServer`] is the provider itself, in this process, on ports of its
//! own and with a clock that moves only when told. [`on_both_engines!`] plays
//! each scene on SQLite and on PostgreSQL.
//!
//! The people of a scene: a [`Browser`] is a person's, a [`Client`] is a
//! service, phones are the scriptable ones, and a [`Thief`] is somebody who
//! holds a copy of one and keeps to no rule. A [`Killable`] is the real program,
//! for what only a process can suffer.

#![expect(clippy::unwrap_used, reason = "a scene that cannot go on has failed")]

mod audit;
mod browser;
mod ciba;
mod client;
mod collector;
mod cookie_jar;
pub mod crash;
mod draft;
mod ecps;
mod engines;
pub mod flood;
pub mod fuzz;
mod killable;
mod page;
mod pki;
pub mod postgres;
pub mod program;
mod rsa_keys;
mod server;
mod signer;
mod thief;
mod tokens;

pub use browser::{BROWSER_COOKIE, Browser, SESSION_COOKIE, http};
pub use ciba::{Asked, CIBA};
pub use client::{Client, Credentials, Refused, Request, token_answer};
pub use collector::{Collector, attribute};
pub use cookie_jar::CookieJar;
pub use draft::{DpopKey, Draft};
pub use ecps::{BROWSER, LOGIN, PIN, WRONG_PIN};
pub use engines::{Engine, play};
pub use killable::Killable;
pub use page::{Answer, Form, Page};
pub use pki::{Certified, Pki};
pub use server::TestServer;
pub use signer::Signer;
pub use thief::{Refusal, Thief};
pub use tokens::{Jwt, Tokens, nearly};
