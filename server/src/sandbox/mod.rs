//! The sandbox: what integrators and tests need, and production must not have.
//!
//! Test identities that log in with one click, a portal that gives any of them
//! an e-CPS, phones that answer by themselves, a clock that can be pushed. All
//! of it hangs on the `[sandbox]` section: without it no route exists.

mod ciba;
mod home;
mod identities;
mod options;
mod phones;
mod portal;
mod settings;
mod time;

use axum::Router;

use crate::app::App;

pub use identities::{auto_login, directory, identities, one_click};
pub use options::Options;
pub use phones::Phones;
pub use settings::Settings;

/// Routes of this room; none outside the sandbox.
pub fn router(app: &App) -> Router<App> {
    if app.config.sandbox.is_none() {
        return Router::new();
    }
    Router::new()
        .merge(home::router())
        .merge(portal::router())
        .merge(phones::router())
        .merge(ciba::router())
        .merge(time::router())
}
