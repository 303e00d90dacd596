//! What a phone and the provider say to each other.
//!
//! Every call is a `POST` of JSON to the phone app's own origin. All but
//! [`paths::NONCE`] and [`paths::CLAIM`] carry a [`Proof`] in the header
//! [`PROOF_HEADER`]: a compact JWS, signed by the possession key K1, over the
//! method, the path, the digest of the body and a nonce that the server gave.
//! Every answer brings the next nonce in [`NONCE_HEADER`].
//!
//! What a professional decides is a [`SignedMessage`]: one payload under the
//! signature of K1 (this phone) and, when it matters, of K2 (the person's PIN).
//! Times are whole seconds since 1970, UTC, of the server's clock. Bytes are
//! base64url without padding.

mod app_link;
mod device;
mod enrolment;
mod message;
mod pin;
mod request;

pub use app_link::*;
pub use device::*;
pub use enrolment::*;
pub use message::*;
pub use pin::*;
pub use request::*;

/// Carries the [`Proof`] of each call.
pub const PROOF_HEADER: &str = "ecps-proof";

/// Carries the nonce that the next proof must repeat.
pub const NONCE_HEADER: &str = "ecps-nonce";

/// Where each call goes, below the app's origin.
pub mod paths {
    /// Asks for a first nonce: no proof. Answer: [`super::NonceAnswer`].
    pub const NONCE: &str = "/a/nonce";
    /// [`super::Claim`] → [`super::Claimed`], no proof: the key is not known yet.
    pub const CLAIM: &str = "/a/enrolments/claim";
    /// A [`super::SignedMessage`] of an [`super::EnrolPin`] → [`super::PinSet`].
    pub const ENROL_PIN: &str = "/a/enrolments/pin";
    /// A [`super::SignedMessage`] of a [`super::PinOprf`] → [`super::Evaluated`].
    pub const PIN_OPRF: &str = "/a/pin/oprf";
    /// A [`super::SignedMessage`] of a [`super::PinChange`] → [`super::DeviceStatus`].
    pub const PIN_CHANGE: &str = "/a/pin/change";
    /// `{}` → [`super::DeviceStatus`].
    pub const DEVICE: &str = "/a/device";
    /// A [`super::SignedMessage`] of a [`super::Revocation`] → [`super::DeviceStatus`].
    pub const REVOKE: &str = "/a/device/revoke";
    /// [`super::ListRequests`] → [`super::Requests`].
    pub const REQUESTS: &str = "/a/requests";
    /// [`super::Scan`] → [`super::PendingRequest`].
    pub const SCAN: &str = "/a/requests/scan";
    /// [`super::OpenLink`] → [`super::PendingRequest`].
    pub const OPEN_LINK: &str = "/a/requests/open";
    /// A [`super::SignedMessage`] of a [`super::Decision`] → [`super::Decided`].
    pub const DECIDE: &str = "/a/requests/decide";
    /// `{}` → [`super::History`].
    pub const HISTORY: &str = "/a/history";
}
