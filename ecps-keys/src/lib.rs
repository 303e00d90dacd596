//! The two keys of an e-CPS: possession and knowledge.
//!
//! An approval carries two signatures. [`PossessionKey`] (K1) says *this
//! phone*; in a browser it is held by WebCrypto instead. [`KnowledgeKey`] (K2)
//! says *this person's PIN*: it exists only while it signs, derived from the
//! PIN, a secret of the phone, and one evaluation by the server ([`oprf`]), so
//! that every guess is a call that the server counts.
//!
//! ```text
//! PIN ─blind▶ server evaluates ─finalize▶ ─HMAC(dev_secret)▶ PRK ─HKDF-Expand▶ K2
//! ```
//!
//! [`jws`] writes and reads what the keys sign, [`rotating_code`] is what a
//! screen shows to a phone, [`weak_pin`](weak_pin()) says which PINs not to
//! take. Nothing here does I/O or reads a clock; time and entropy are
//! arguments, and the same code runs on the server and in wasm.

pub mod base64url;
mod challenge;
mod check_value;
pub mod jws;
mod knowledge_key;
pub mod oprf;
mod possession_key;
mod public_key;
pub mod rotating_code;
mod weak_pin;

pub use challenge::{NotForUs, open_challenge};
pub use check_value::check_value;
pub use knowledge_key::{KnowledgeKey, pin_input, prk};
pub use possession_key::PossessionKey;
pub use public_key::{InvalidKey, digest_b64, thumbprint};
pub use weak_pin::{Weakness, weak_pin};
