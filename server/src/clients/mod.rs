//! The services that may ask for a login, and how each wants to be treated.
//!
//! [`client`] is what is known of one; [`profile`] the named rules in which a
//! PSC client and a strict client differ; [`authentication`] how one proves
//! who it is; [`registry`] finds one by its name, [`store`] keeps those that were
//! registered while running; [`keys`] what its signatures are verified with; [`demands`] how
//! its requests must come; [`logout`] how it hears of logouts; [`wording`] what
//! PSC says where we would say something else.

mod allowance;
mod assertion;
mod authentication;
mod backchannel;
mod certificate;
mod client;
mod command;
mod demands;
mod keys;
mod logout;
mod profile;
mod registry;
mod remote_keys;
pub mod store;
mod wording;

pub use allowance::{Allowance, GrantType};
pub use assertion::AssertionError;
pub use authentication::{AuthenticationError, authenticate, named};
pub use backchannel::{Backchannel, DeliveryMode};
pub use certificate::CertificateError;
pub use client::{AuthMethod, Client, ClientSettings, SecretDigest, check_redirect_uri};
pub use command::Command;
pub use demands::Demands;
pub use keys::{ClientKeys, read_jwks};
pub use logout::FrontChannelLogout;
pub use profile::{Profile, Rules};
pub use registry::{Clients, watch};
pub use remote_keys::RemoteKeys;
