//! One session per browser, shared by every service.
//!
//! It lives at most four hours and at most thirty minutes without use
//! (psc-protocol §5.2). Its cookie changes at each login, so that nobody can
//! prepare a session for somebody else; its `sid` stays when the same person
//! logs in again, so that other services keep theirs.

mod cookie;
mod session;
mod settings;
mod store;

pub use cookie::{read_cookie, set_cookie};
pub use session::{Authentication, Means, Session};
pub use settings::Settings;
pub use store::{
    ENDED, Started, current, current_digest, end, find, forget_cookie, start, sweep, touch,
};
