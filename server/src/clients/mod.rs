//! The services that may ask for a login, and how each wants to be treated.
//!
//! [`client`] is what is known of one; [`profile`] the named rules in which a
//! PSC client and a strict client differ; [`authentication`] how one proves
//! who it is; [`keys`] what its signatures are verified with; [`demands`] how
//! its requests must come.

mod allowance;
mod assertion;
mod authentication;
mod backchannel;
mod client;
mod demands;
mod keys;
mod profile;
mod registry;
mod remote_keys;

pub use allowance::{Allowance, GrantType};
pub use assertion::AssertionError;
pub use authentication::{AuthenticationError, authenticate};
pub use backchannel::{Backchannel, DeliveryMode};
pub use client::{AuthMethod, Client, ClientSettings};
pub use demands::Demands;
pub use keys::{ClientKeys, read_jwks};
pub use profile::{Profile, Rules};
pub use registry::Clients;
pub use remote_keys::RemoteKeys;
