//! The sandbox's portal: who is there, and giving them a phone.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{document, visit::Visit};

/// `GET /portal`.
#[derive(Clone, Debug)]
pub struct PortalPage {
    /// Goes with every form.
    pub csrf: String,
    /// The people of the sandbox.
    pub identities: Vec<PortalIdentity>,
}

/// Somebody invented, and their phone.
#[derive(Clone, Debug)]
pub struct PortalIdentity {
    /// Their identifier.
    pub national_id: String,
    /// Their name.
    pub name: String,
    /// Profession and specialty in words.
    pub occupation: Option<String>,
    /// Where they work.
    pub place: Option<String>,
    /// What their phone can do.
    pub phone: PhoneState,
}

/// What a phone can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneState {
    /// There is none.
    None,
    /// It is being enrolled.
    Enrolling,
    /// It approves logins.
    Active {
        /// What the person called it.
        label: String,
    },
    /// Too many wrong PINs.
    Locked,
    /// Two copies of it were seen.
    Suspended,
}

#[derive(Template)]
#[template(path = "portal.html")]
struct Html<'a> {
    page: &'a PortalPage,
    visit: &'a Visit,
}

impl PortalPage {
    /// The answer.
    pub fn render(&self, visit: &Visit) -> Response {
        document::answer(visit, StatusCode::OK, &Html { page: self, visit }, &[])
    }
}

impl PhoneState {
    fn text(&self, visit: &Visit) -> String {
        match self {
            Self::None => visit.say("phone-none"),
            Self::Enrolling => visit.say("phone-enrolling"),
            Self::Active { label } => visit.say_with("phone-active", "label", label),
            Self::Locked => visit.say("phone-locked"),
            Self::Suspended => visit.say("phone-suspended"),
        }
    }

    fn mood(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Enrolling => "over",
            Self::Active { .. } => "good",
            Self::Locked | Self::Suspended => "bad",
        }
    }

    fn enrol_key(&self) -> &'static str {
        if *self == Self::None { "portal-enrol" } else { "portal-enrol-again" }
    }
}
