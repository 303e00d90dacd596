//! The e-CPS on a phone: an installable web app.
//!
//! What happens is an [`event::Event`]; [`update`] takes it into the
//! [`model::Model`] and says which [`event::Effect`]s follow; [`view`] says
//! what the screen shows. All three are plain Rust without a browser, and
//! tested so. [`browser`] is the rest: the page, the camera, the keys in
//! WebCrypto, the calls.
//!
//! ```text
//! person, server, camera ──Event──▶ update ──▶ model ──view──▶ page
//!            ▲                        │
//!            └──────── browser ◀──Effect
//! ```

pub mod browser;
pub mod event;
pub mod failure;
pub mod markup;
pub mod model;
pub mod pin;
pub mod record;
pub mod texts;
pub mod update;
pub mod view;
