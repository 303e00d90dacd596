//! DPoP (RFC 9449): a token that only the holder of a key can use.
//!
//! A caller signs a small proof for each call; whoever copies the token has not
//! the key, and whoever copies the proof comes too late or is a replay.
//!
//! [`proof`] is the rules of one proof, [`nonce`] the nonces that we may ask to
//! be repeated, [`call`] a call that carries a proof, [`presented`] a bound
//! token that is used.

mod call;
mod nonce;
mod presented;
mod proof;
mod replays;
mod settings;

pub(crate) use call::next_nonce;
pub use call::{Call, Refusal, prove};
pub use presented::{Presented, Scheme};
pub use proof::ALGS;
pub use replays::Replays;
pub use settings::Settings;
