//! One session per browser, shared by every service.
//!
//! It lives at most four hours and at most thirty minutes without use
//! (psc-protocol §5.2). Its cookie changes at each login, so that nobody can
//! prepare a session for somebody else; its `sid` stays when the same person
//! logs in again, so that other services keep theirs.
//!
//! [`ending`] is every way in which it ends before its time: whichever it is,
//! the services that hold tokens of it are put down to be told.

mod command;
mod cookie;
mod ending;
mod session;
mod settings;
mod store;

pub use command::Command;
pub use cookie::{read_cookie, set_cookie};
pub use ending::{
    ENDED, client_is_told, clients_of, end, end_everything, end_of_the_gone, end_own, ended,
    endings_of_device,
};
pub use session::{Authentication, Means, Session};
pub use settings::Settings;
pub use store::{
    Started, current, current_digest, find, forget_cookies, forget_dead, of_person, start, sweep,
    touch,
};
