//! The OpenID Connect provider, as its services and their visitors see it.

#![expect(clippy::unwrap_used, reason = "a scene that cannot go on has failed")]

mod account;
mod audit;
mod back_channel_logout;
mod ciba;
mod ciba_ping;
mod claims;
mod client_assertion;
mod client_credentials;
mod code_flow;
mod discovery;
mod documents;
mod dpop;
mod endings;
mod front_channel_logout;
mod guides;
mod introspection;
mod keys;
mod logout;
mod mutual_tls;
mod operations;
mod outgoing;
mod pages;
mod psc;
mod psc_words;
mod pushed;
mod refresh;
mod registered_clients;
mod registration;
mod resources;
mod revocation;
mod session_management;
mod signed;
mod single_sign_on;
mod tls;
mod userinfo;

/// A doctor with two activities.
const DOCTOR: &str = "899700990015";

/// A midwife.
const MIDWIFE: &str = "899700990080";
