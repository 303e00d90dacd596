#![doc = include_str!("../README.md")]

mod claims;
mod clock;
mod config;
mod error;
mod extract;
mod http;
mod id_token;
mod keeper;
mod login_cookie;
mod logout_token;
mod pages;
mod provider;
mod psc;
mod redemption;
mod renewal;
mod return_path;
mod routes;
mod session;
mod session_lock;
mod store;
mod unique_json;

pub use claims::{Activity, Exercice, OtherId, PscActivity, PscClaims, SubjectRefPro};
pub use clock::{Clock, UnixTime};
pub use config::{ClientAuthentication, Config, ConfigError, Secret};
pub use error::{Error, ErrorCode};
pub use extract::{PscSession, SessionRejection};
pub use openpsc_protocol::level::Level;
pub use psc::Psc;
pub use return_path::{NotAPath, ReturnPath};
pub use session::Session;
pub use store::{MemoryStore, SessionStore, StoreError, StoreFuture};
