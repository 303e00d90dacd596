//! Every security rule, by the attack that would break it.

#![expect(clippy::unwrap_used, reason = "a scene that cannot go on has failed")]

mod access_token;
mod account;
mod addresses;
mod audit;
mod authorize;
mod bodies;
mod certificates;
mod ciba;
mod ciba_poll;
mod ciba_signed;
mod claims;
mod client_assertion;
mod client_authentication;
mod client_credentials;
mod code;
mod connections;
mod cors;
mod dpop;
mod forwarded;
mod introspection;
mod jwt_confusion;
mod limits;
mod login;
mod logout;
mod logs;
mod old_tls;
mod pages;
mod pushed;
mod redirect_uri;
mod registration;
mod repeated;
mod request_object;
mod resources;
mod revocation;
mod session;
mod start;
mod transport;

/// Whom the attacker wants to be.
const DOCTOR: &str = "899700990015";

/// The attacker's own identity.
const ATTACKER: &str = "899700990080";
