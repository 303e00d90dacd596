//! TLS of our own, and the certificates that services present over it.
//!
//! A certificate reaches us in one of two ways: over a connection that ends
//! here, or in a header of a proxy that we were told to trust (RFC 9440). Either
//! way it is only *presented*: the connection proves that its owner holds the
//! key, and nothing more. Whether it is good for a client is the clients' to
//! judge, by an authority or by the client's own keys (RFC 8705 §2).
//!
//! [`listener`] makes connections with the certificate that is [`shown`], [`certificate`] reads what was presented,
//! [`forwarded`] reads a proxy's header, [`subject`] compares names,
//! [`authorities`] vouch.

mod authorities;
mod certificate;
mod forwarded;
mod listener;
mod settings;
mod shown;
mod subject;

pub use authorities::Authorities;
pub use certificate::{ClientCertificate, Presented};
pub use listener::{Tls, certificates_in};
pub use settings::{AddressHeader, MutualSettings, ProxySettings, Settings};
pub use subject::{DistinguishedName, Subject};
