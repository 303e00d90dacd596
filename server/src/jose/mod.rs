//! Signed tokens (JWS compact form), strictly.
//!
//! The primitives are a library's; what stands here is the form: exactly one
//! spelling of each token is accepted, and a token of one kind never stands in
//! for another (RFC 8725 §3.8–3.12).

mod alg;
mod audience;
mod compact;
mod public_key;
mod signing_key;
mod strict_json;

pub use alg::Alg;
pub use audience::Audience;
pub use compact::{Compact, JoseError, sign_compact, sign_hs512};
pub use public_key::{JwkError, PublicKey};
pub use signing_key::SigningKey;
pub use strict_json::StrictValue;
