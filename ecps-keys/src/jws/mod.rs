//! JSON Web Signatures of the e-CPS: ES256 only, one `typ` for each message,
//! and the key is always one that the reader already holds.
//!
//! A [`Draft`] is written once and signed by one to three keys. Readers use
//! [`open()`] or, when the order of checks matters, [`open_in_steps`]; a compact
//! text is read by [`open_compact`].

mod draft;
mod open;

pub use draft::Draft;
pub use open::{NotOpened, Opened, compact_kid, open, open_compact, open_in_steps};

/// No payload of this protocol comes near this many bytes.
pub const MAX_PAYLOAD: usize = 8 * 1024;
