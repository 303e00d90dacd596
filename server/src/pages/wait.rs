//! The page that waits for the phone, and how each wait ends.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{document, visit::Visit};

/// `GET /login/{handle}/wait`.
#[derive(Clone, Debug)]
pub struct WaitPage {
    /// The pending login.
    pub handle: String,
    /// The service that asks.
    pub client_name: String,
    /// Goes with every form.
    pub csrf: String,
    /// Where the request stands.
    pub state: WaitState,
    /// The two digits to type on the phone, when they must be.
    pub number: Option<String>,
    /// Whose phone it is, masked.
    pub who: Option<String>,
    /// Seconds until the request ends.
    pub expires_in: i64,
    /// Seconds since it was sent.
    pub waited: i64,
    /// The service's own address, for a login that is over.
    pub service: Option<String>,
    /// Where one gets an e-CPS, when it is here.
    pub portal: Option<String>,
    /// Where the login ends: the redirect URI.
    pub return_to: String,
    /// The phone app, when the request went to the one on this device.
    pub app: Option<String>,
}

/// Where a request stands, as the page, the events and the long poll say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitState {
    /// No phone has it yet.
    Pending,
    /// A phone shows it.
    Fetched,
    /// Yes.
    Approved,
    /// No.
    Denied,
    /// Another number was typed.
    NumberWrong,
    /// Nobody answered in time.
    Expired,
    /// A newer request took its place.
    Superseded,
    /// Too many wrong PINs on the phone.
    PhoneLocked,
    /// Too many requests to one phone.
    TooManyRequests,
    /// The login was given up.
    Cancelled,
    /// The login itself was left for too long.
    LoginExpired,
    /// The login was finished, here or in another tab.
    LoginFinished,
}

/// After this many seconds without an answer the page says what may be wrong.
const LATE_AFTER: i64 = 20;

#[derive(Template)]
#[template(path = "wait.html")]
struct Html<'a> {
    page: &'a WaitPage,
    visit: &'a Visit,
}

impl WaitPage {
    /// The answer.
    pub fn render(&self, visit: &Visit) -> Response {
        let page = Html { page: self, visit };
        document::answer(visit, StatusCode::OK, &page, &[&self.return_to])
    }

    /// Seconds until the page should tell what may be wrong.
    fn late_in(&self) -> i64 {
        (LATE_AFTER - self.waited).max(0)
    }

    fn is_late(&self) -> bool {
        self.late_in() == 0
    }

    /// The whole life of the request, for the bar that empties.
    fn life(&self) -> i64 {
        (self.waited + self.expires_in).max(1)
    }

    fn time_left(&self) -> String {
        clock_text(self.expires_in)
    }
}

/// `1:40`, as the script writes it too.
pub(super) fn clock_text(seconds: i64) -> String {
    let seconds = seconds.max(0);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

impl WaitState {
    /// Every state.
    pub const ALL: [Self; 12] = [
        Self::Pending,
        Self::Fetched,
        Self::Approved,
        Self::Denied,
        Self::NumberWrong,
        Self::Expired,
        Self::Superseded,
        Self::PhoneLocked,
        Self::TooManyRequests,
        Self::Cancelled,
        Self::LoginExpired,
        Self::LoginFinished,
    ];

    /// The word in events and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Fetched => "fetched",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::NumberWrong => "number_wrong",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::PhoneLocked => "phone_locked",
            Self::TooManyRequests => "too_many_requests",
            Self::Cancelled => "cancelled",
            Self::LoginExpired => "login_expired",
            Self::LoginFinished => "login_finished",
        }
    }

    /// Whether the phone may still answer.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::Pending | Self::Fetched)
    }

    /// Whether a new request may be sent from the same login.
    fn can_start_again(self) -> bool {
        !self.is_waiting()
            && !matches!(
                self,
                Self::Approved | Self::Cancelled | Self::LoginExpired | Self::LoginFinished
            )
    }

    /// What happened, what it means, and what to do next. A state that waits
    /// has its own words in the template.
    fn title_key(self) -> &'static str {
        match self {
            Self::Pending | Self::Fetched => "wait-phone-title",
            Self::Approved => "approved-title",
            Self::Denied => "denied-title",
            Self::NumberWrong => "number-wrong-title",
            Self::Expired => "expired-title",
            Self::Superseded => "superseded-title",
            Self::PhoneLocked => "phone-locked-title",
            Self::TooManyRequests => "too-many-requests-title",
            Self::Cancelled => "cancelled-title",
            Self::LoginExpired => "login-expired-title",
            Self::LoginFinished => "login-finished-title",
        }
    }

    fn text_key(self) -> &'static str {
        match self {
            Self::Pending => "wait-pending",
            Self::Fetched => "wait-fetched",
            Self::Approved => "approved-text",
            Self::Denied => "denied-text",
            Self::NumberWrong => "number-wrong-text",
            Self::Expired => "expired-text",
            Self::Superseded => "superseded-text",
            Self::PhoneLocked => "phone-locked-text",
            Self::TooManyRequests => "too-many-requests-text",
            Self::Cancelled => "cancelled-text",
            Self::LoginExpired => "login-expired-text",
            Self::LoginFinished => "login-finished-text",
        }
    }

    /// The label of the button to a new request.
    fn again_key(self) -> &'static str {
        match self {
            Self::TooManyRequests => "again-with-qr",
            _ => "again",
        }
    }

    /// Which drawing stands above the sentence.
    fn mood(self) -> &'static str {
        match self {
            Self::Approved | Self::LoginFinished => "good",
            Self::Denied | Self::NumberWrong | Self::PhoneLocked | Self::TooManyRequests => "bad",
            _ => "over",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_its_own_word_and_its_own_sentence() {
        for (place, state) in WaitState::ALL.into_iter().enumerate() {
            for other in &WaitState::ALL[..place] {
                assert_ne!(state.as_str(), other.as_str());
                assert_ne!(state.text_key(), other.text_key());
            }
        }
    }

    #[test]
    fn time_is_written_as_minutes_and_seconds() {
        assert_eq!(clock_text(100), "1:40");
        assert_eq!(clock_text(9), "0:09");
        assert_eq!(clock_text(-3), "0:00");
    }
}
