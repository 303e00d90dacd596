//! The addresses, at the path of the settings.

mod back_channel;
mod callback;
mod csrf;
mod login;
mod logout;
mod session;

use axum::{
    Router,
    routing::{get, post},
};

use crate::Psc;

/// The routes, each under the configured path.
pub(crate) fn router<S>(psc: &Psc) -> Router<S> {
    let at = |name: &str| format!("{}{name}", psc.parts().config.path);
    Router::new()
        .route(&at("/session"), get(session::session))
        .route(&at("/login"), get(login::login))
        .route(&at("/callback"), get(callback::callback))
        .route(&at("/done"), get(callback::done))
        .route(&at("/logout"), post(logout::logout))
        .route(&at("/backchannel-logout"), post(back_channel::logout))
        .with_state(psc.clone())
}
