//! The e-CPS: approving a login on a phone.
//!
//! A login asks in one of three ways. The phone scans a code that changes every
//! second (`qr`), is rung by an identifier and has a two-digit number typed into
//! it (`push`), or is the very machine that shows the page (`link`). A service
//! without a page of ours rings by identifier too, and shows the number itself. From there
//! on there is one path: the phone is given a challenge signed by the server,
//! the person reads who asks and types a PIN, and the answer comes back under
//! two signatures, the phone's and the PIN's.
//!
//! ```text
//! pending ──phone──▶ fetched ──yes──▶ approved ──browser──▶ consumed
//!    │                 ├────no────▶ denied
//!    │                 └────number▶ number_wrong
//!    └──────▶ expired, cancelled, superseded ◀──────┘
//! ```
//!
//! An approval is worth something to the one browser that asked for it, once,
//! for two minutes. Each guess of a PIN is one call, counted before it is
//! answered. Two copies of a phone betray each other and both stop.
//!
//! The rules do no I/O: [`decision`] judges an answer, [`pin_lock`] is the
//! ladder of wrong PINs, [`clone_check`] notices copies, [`push_limits`] says
//! how often a phone may be rung, [`request`], [`device`] and [`enrolment`] are
//! the states. [`start`], [`waiting`] and [`portal`] are what other rooms use,
//! [`routes`] is what phones use. [`challenge`] gives a request to a phone,
//! [`guess`] counts a PIN, [`settle`] keeps a decision, all of it in [`store`].

mod challenge;
mod clone_check;
mod decision;
mod device;
mod display;
mod enrolment;
mod guess;
mod nonce;
mod oprf_seed;
mod pin_lock;
mod portal;
mod push_limits;
mod request;
mod routes;
mod settings;
mod settle;
mod start;
mod store;
mod sweep;
mod waiting;
mod words;

use openpsc_protocol::level::Level;

pub use display::is_displayable;
pub use enrolment::EnrolmentState;
pub use oprf_seed::Ecps;
pub use portal::{
    DeviceView, EnrolmentError, EnrolmentStarted, EnrolmentView, confirm_enrolment, devices_of,
    draw_enrolment, enrolment_key, enrolment_view, revoke_device, start_enrolment,
};
pub use routes::router;
pub use settings::Settings;
pub use start::{
    Asking, Beside, LinkStarted, PushStarted, Ringing, Shown, StartError, draw_qr,
    start_back_channel, start_link, start_push, start_qr,
};
pub use sweep::sweep;
pub use waiting::{Approved, View, approved, cancel, consume, state, view, wake_key, withdraw};

/// What a login by e-CPS earns: keys in software, on a device of one's own.
pub const LEVEL: Level = Level::Eidas2;

/// How a login by e-CPS was made (RFC 8176): a software key, a PIN, two factors.
pub const AMR: [&str; 3] = ["swk", "pin", "mfa"];
