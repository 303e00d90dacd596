//! Signed tokens (JWS compact form), strictly.
//!
//! The primitives are a library's; what stands here is the form: exactly one
//! spelling of each token is accepted, and a token of one kind never stands in
//! for another (RFC 8725 §3.8–3.12).

mod compact;
mod signing_key;
mod strict_json;

pub use compact::{Compact, JoseError, sign_compact, sign_hs512};
pub use signing_key::{Alg, SigningKey};
pub use strict_json::StrictValue;
