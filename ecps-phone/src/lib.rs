#![doc = include_str!("../README.md")]
//!
//! [`Phone`] is a phone in a person's hand; [`PhoneState`] is all that it
//! remembers; [`PhoneError`] is why it could not do what it was told.

mod clock;
mod enrolment;
mod error;
mod phone;
mod pin;
mod state;
mod wire;

pub use error::PhoneError;
pub use phone::Phone;
pub use state::PhoneState;
