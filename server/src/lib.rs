//! The identity provider of openpsc.
//!
//! A login walks one way through these rooms: [`authorize`] → [`login`] →
//! [`ecps`] → [`sessions`] → [`token`] → [`userinfo`]. Under them, knowing none
//! of them: [`keys`], [`clients`], [`directory`], [`database`], [`audit`],
//! [`clock`].
//! [`app`] is the floor plan.

pub mod account;
pub mod app;
pub mod audit;
pub mod authorize;
pub mod back_channel;
pub mod browser;
pub mod cached;
pub mod check_session;
pub mod ciba;
pub mod clients;
pub mod clock;
pub mod config;
pub mod cors;
pub mod database;
pub mod directory;
pub mod discovery;
pub mod dpop;
pub mod ecps;
pub mod error;
pub mod fetch;
pub mod introspection;
pub mod jose;
pub mod keys;
pub mod login;
pub mod logout;
pub mod operations;
pub mod pages;
pub mod parameters;
pub mod registration;
pub mod revocation;
pub mod sandbox;
pub mod secret;
pub mod serve;
pub mod sessions;
pub mod spent;
pub mod sweep;
pub mod throttle;
pub mod tls;
pub mod token;
pub mod userinfo;
pub mod wake;
