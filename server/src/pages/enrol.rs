//! The sandbox's portal: one enrolment, from the QR code to « Bravo ».

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{document, visit::Visit, wait::clock_text};

/// `GET /portal/enrolments/{id}`.
#[derive(Clone, Debug)]
pub struct EnrolPage {
    /// The enrolment.
    pub id: String,
    /// Goes with every form.
    pub csrf: String,
    /// Whose phone it will be.
    pub name: String,
    /// Their identifier.
    pub national_id: String,
    /// Where the enrolment stands.
    pub state: EnrolState,
    /// Seconds until it ends.
    pub expires_in: i64,
    /// The check value, once there is one.
    pub check: Option<String>,
    /// The link that opens the app on this very device, while it can be claimed.
    pub link: Option<String>,
    /// Where the phone app lives.
    pub app_origin: String,
}

/// Where an enrolment stands, as the page and its state say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrolState {
    /// No phone has scanned the code.
    Waiting,
    /// A phone has; its owner chooses a PIN.
    Claimed,
    /// The PIN is chosen: both screens show the same check value.
    PinSet,
    /// Done.
    Active,
    /// Nobody came in time.
    Expired,
    /// The person said that it is not their phone.
    Refused,
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct Html<'a> {
    page: &'a EnrolPage,
    visit: &'a Visit,
}

impl EnrolPage {
    /// The answer.
    pub fn render(&self, visit: &Visit) -> Response {
        let page = Html { page: self, visit };
        document::answer(visit, StatusCode::OK, &page, &[&self.app_origin])
    }

    fn time_left(&self) -> String {
        clock_text(self.expires_in)
    }

    /// The check value in groups of three, which the eye compares best.
    fn check_groups(&self) -> Vec<String> {
        let digits: Vec<char> = self.check.as_deref().unwrap_or("").chars().collect();
        digits.chunks(3).map(|group| group.iter().collect()).collect()
    }
}

impl EnrolState {
    /// The word in `…/state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Claimed => "claimed",
            Self::PinSet => "pin_set",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Refused => "refused",
        }
    }

    /// Whether the state may still change.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Claimed | Self::PinSet)
    }

    fn title_key(self) -> &'static str {
        match self {
            Self::Waiting => "enrol-waiting-title",
            Self::Claimed => "enrol-claimed-title",
            Self::PinSet => "enrol-pin-set-title",
            Self::Active => "enrol-active-title",
            Self::Expired => "enrol-expired-title",
            Self::Refused => "enrol-refused-title",
        }
    }

    fn text_key(self) -> &'static str {
        match self {
            Self::Waiting => "enrol-waiting-text",
            Self::Claimed => "enrol-claimed-text",
            Self::PinSet => "enrol-pin-set-text",
            Self::Active => "enrol-active-text",
            Self::Expired => "enrol-expired-text",
            Self::Refused => "enrol-refused-text",
        }
    }

    /// Which of the three steps is being done, from 1.
    fn step(self) -> usize {
        match self {
            Self::Waiting | Self::Expired | Self::Refused => 1,
            Self::Claimed => 2,
            Self::PinSet => 3,
            Self::Active => 4,
        }
    }

    fn mood(self) -> &'static str {
        match self {
            Self::Active => "good",
            Self::Refused => "bad",
            _ => "over",
        }
    }
}
