//! What people see: every HTML page of the provider.
//!
//! A handler fills a view (`LoginPage`, `WaitPage`…) and ends with
//! `view.render(&visit)`; [`Visit`] is who looks: their language, where they
//! are, the nonce of this answer. Pages work without scripts; `page.js` then
//! redraws the QR code, follows the state and counts the time down. All words
//! are in `texts/`, all looks in `assets/style.css`, all markup in `templates/`.
//!
//! Nothing here decides: a page shows what it was given, escaped.

mod account;
mod assets;
mod document;
mod enrol;
mod error;
mod form_post;
mod home;
mod language;
mod login;
mod logout;
mod portal;
mod qr;
#[cfg(test)]
mod samples;
mod texts;
mod visit;
mod wait;

use axum::{Router, routing::get};

pub use account::{AccountPage, AccountService, AccountSession};
pub use enrol::{EnrolPage, EnrolState};
pub use error::{ErrorKind, ErrorPage};
pub use form_post::FormPostPage;
pub use home::{HomeClient, HomeLink, HomePage};
pub use language::Language;
pub use login::{LoginNotice, LoginPage, MeansLink, TestIdentity, TestMeans};
pub use logout::{LoggedOutPage, LogoutPage};
pub use portal::{PhoneState, PortalIdentity, PortalPage};
pub use qr::Qr;
pub use visit::Visit;
pub use wait::{WaitPage, WaitState};

/// The routes that belong to no other room: assets and the language switch.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/assets/{name}", get(assets::serve))
        .route("/language/{language}", get(language::choose))
}
