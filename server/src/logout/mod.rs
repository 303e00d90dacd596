//! Logout that a service starts (OpenID Connect RP-Initiated Logout 1.0).
//!
//! A valid `id_token_hint` of this browser's session, or one that comes without
//! any cookie from a service's server, ends it at once. Anything less asks the
//! person first: nobody is logged out by a stranger's link. A browser is sent
//! on only to an address that is registered, letter by letter.
//!
//! [`request`] is the rules, [`routes`] the HTTP. [`back_channel`] tells the
//! clients, from the queue that [`notices`] keeps; [`front_channel`] are their pages, which
//! the browser itself loads.

mod back_channel;
mod front_channel;
mod notices;
mod request;
mod routes;

pub use back_channel::{once as tell_clients, run as keep_telling_clients};
pub use routes::{farewell, router};
