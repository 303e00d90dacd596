//! The first page: how to log in.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{document, visit::Visit};

/// `GET /login/{handle}`.
#[derive(Clone, Debug)]
pub struct LoginPage {
    /// The pending login.
    pub handle: String,
    /// The service that asks.
    pub client_name: String,
    /// Goes with every form.
    pub csrf: String,
    /// The means to choose from; one alone needs no choice.
    pub means: Vec<MeansLink>,
    /// Why the person is back on this page, if they are.
    pub notice: Option<LoginNotice>,
    /// The identifier to start with, empty when none is known.
    pub national_id: String,
    /// Whether this browser remembers the identifier.
    pub remember: bool,
    /// Whether a request may be sent to the phone of whoever is named.
    pub push: bool,
    /// The people of the sandbox; nobody elsewhere.
    pub identities: Vec<TestIdentity>,
    /// Where one gets an e-CPS, when it is here.
    pub portal: Option<String>,
    /// Where the login ends: the redirect URI.
    pub return_to: String,
    /// Where the phone app lives.
    pub app_origin: String,
}

/// A means of identification to choose.
#[derive(Clone, Debug)]
pub struct MeansLink {
    /// What it is called.
    pub label: String,
    /// Its page.
    pub href: String,
    /// Whether this is its page.
    pub current: bool,
}

/// Why the person is back on the first page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginNotice {
    /// What was typed cannot be an identifier.
    IdentifierInvalid,
    /// Too many requests were sent to this phone.
    TooManyRequests,
    /// Requests to this phone are stopped for a while.
    PushRefused,
    /// The QR code stood too long.
    QrExpired,
    /// Nobody's phone has this identifier; said where `reveal_missing_phone` is on.
    NoPhone,
}

/// Somebody invented, who logs in with one click.
#[derive(Clone, Debug)]
pub struct TestIdentity {
    /// Their identifier.
    pub national_id: String,
    /// Their name.
    pub name: String,
    /// Profession and specialty in words.
    pub occupation: Option<String>,
    /// The ways they can log in.
    pub means: Vec<TestMeans>,
}

/// One way for somebody invented to log in.
#[derive(Clone, Debug)]
pub struct TestMeans {
    /// What the form sends.
    pub value: String,
    /// What the button says, for instance `e-CPS · eidas2`.
    pub label: String,
}

#[derive(Template)]
#[template(path = "login.html")]
struct Html<'a> {
    page: &'a LoginPage,
    visit: &'a Visit,
}

impl LoginPage {
    /// The answer.
    pub fn render(&self, visit: &Visit) -> Response {
        let page = Html { page: self, visit };
        document::answer(visit, StatusCode::OK, &page, &[&self.return_to, &self.app_origin])
    }
}

impl LoginNotice {
    const ALL: [Self; 5] = [
        Self::IdentifierInvalid,
        Self::TooManyRequests,
        Self::PushRefused,
        Self::QrExpired,
        Self::NoPhone,
    ];

    /// The word in the page's address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdentifierInvalid => "identifier_invalid",
            Self::TooManyRequests => "too_many_requests",
            Self::PushRefused => "push_refused",
            Self::QrExpired => "qr_expired",
            Self::NoPhone => "no_phone",
        }
    }

    /// The notice of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.as_str() == word)
    }

    fn text_key(self) -> &'static str {
        match self {
            Self::IdentifierInvalid => "notice-identifier-invalid",
            Self::TooManyRequests => "notice-too-many-requests",
            Self::PushRefused => "notice-push-refused",
            Self::QrExpired => "notice-qr-expired",
            Self::NoPhone => "notice-no-phone",
        }
    }

    /// Whether getting an e-CPS is the next step.
    fn is_about_phone(self) -> bool {
        self == Self::NoPhone
    }

    /// Whether the identifier's field is what must be corrected.
    fn is_about_identifier(self) -> bool {
        self == Self::IdentifierInvalid
    }
}
