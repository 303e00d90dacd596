//! The token endpoint: a code or a refresh token becomes tokens.
//!
//! A code is sealed, not stored: what makes it single-use is the grant, whose
//! row holds the code's digest under a unique index. Whoever inserts that row
//! first has redeemed the code; whoever comes second has replayed it, and takes
//! the grant down. One durable write a login.
//!
//! [`code`] and [`grant`] are the rules, [`issue`] writes the tokens,
//! [`binding`] says which key they are bound to, [`audience`] whom they are for;
//! [`authorization_code`], [`refresh`], [`client_credentials`] and [`ciba`] are
//! the grant types.

mod access_token;
mod audience;
mod authorization_code;
mod binding;
mod ciba;
mod client_credentials;
mod code;
mod grant;
mod inspection;
mod issue;
mod refresh;
mod refresh_token;
mod routes;
mod settings;
mod store;
mod verified;

pub use access_token::{AccessToken, AccessTokenError, verify_access_token};
pub use code::Code;
pub use grant::Confirmation;
pub use inspection::{Inspected, Kind, inspect, revoke};
pub use issue::{IdTokenHint, SUBJECT_REALM, national_id_of, read_id_token_hint, subject_of};
pub use routes::router;
pub use settings::Settings;
pub use store::{Held, held_for, sweep, withdraw};
pub use verified::VerifiedTokens;
