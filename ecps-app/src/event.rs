//! What happens, and what is to be done about it.

use openpsc_protocol::ecps::{
    AppLink, Challenge, DeviceState, DeviceStatus, HistoryEntry, OpenLink, RotatingCode,
};

use crate::{failure::Failure, pin::Pin, record::Record, texts::Language};

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The app has read what it kept.
    Started {
        /// Its e-CPS, if there is one.
        record: Option<Record>,
        /// What it was opened with.
        link: Option<AppLink>,
    },
    /// The app was open already, and a link was followed or scanned.
    Linked(AppLink),
    /// What was scanned or pasted is not for this app.
    NotALink,
    /// The person did something.
    Did(Action),
    /// The back button of the browser or the phone.
    WentBack,
    /// Time went on; the server's clock.
    Ticked(i64),
    /// The page is visible again, or the network is back.
    Woke,
    /// The phone says that it has no network.
    NetworkLost,
    /// The enrolment was claimed.
    Claimed(Result<Record, Failure>),
    /// The PIN was set.
    PinSet(Result<Record, Failure>),
    /// Where the phone stands, with the record brought up to date.
    Stood(Result<(DeviceStatus, Record), Failure>),
    /// The requests that wait.
    Listed {
        /// Which question this answers; late answers to older ones are void.
        watch: u32,
        /// The verified requests.
        answer: Result<Vec<Challenge>, Failure>,
    },
    /// One request, scanned or followed.
    Fetched(Result<Challenge, Failure>),
    /// The server has taken a decision, or not.
    Decided {
        /// The request.
        rid: String,
        /// What was decided.
        choice: Choice,
        /// What became of it.
        answer: Result<(), Failure>,
    },
    /// The PIN was changed, or not.
    PinChanged(Result<(), Failure>),
    /// This phone was given up, or not.
    GaveUp(Result<DeviceState, Failure>),
    /// The history.
    Remembered(Result<Vec<HistoryEntry>, Failure>),
    /// The camera shows nothing, and why.
    CameraFailed(CameraProblem),
}

/// What the camera suffers from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraProblem {
    /// The person or the phone does not allow it.
    Forbidden,
    /// There is none, or another app has it.
    Missing,
}

/// What a person does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Yes.
    Approve,
    /// No: a mistake of one's own.
    Mistake,
    /// No: someone else's doing.
    NotMe,
}

/// What a person does. On the page it is the `data-do` of a button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go to the list of requests.
    Home,
    /// Go to the history.
    History,
    /// Go to "my phone".
    Device,
    /// Open the camera.
    Scan,
    /// Paste a link instead of scanning it.
    Paste(String),
    /// Look at a request.
    Open(String),
    /// A key of the number pad.
    Digit(u8),
    /// The pad's last digit goes.
    Erase,
    /// Go on with what was typed.
    Submit,
    /// Correct the number of the login page.
    EditNumber,
    /// Say no.
    Deny(Choice),
    /// Change the PIN.
    ChangePin,
    /// Think about giving this phone up.
    AskGiveUp,
    /// Give it up.
    GiveUp,
    /// Take the new enrolment although there is an e-CPS already.
    Replace,
    /// Start again with a new enrolment.
    EnrolAgain,
    /// Try what failed once more.
    Retry,
    /// Go back to the browser tab that led here.
    Leave,
    /// Speak another language.
    Speak(Language),
}

impl Action {
    /// Reads a `data-do`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.split_once(':').unwrap_or((text, "")) {
            ("home", _) => Self::Home,
            ("history", _) => Self::History,
            ("device", _) => Self::Device,
            ("scan", _) => Self::Scan,
            ("open", rid) => Self::Open(rid.into()),
            ("digit", digit) => Self::Digit(digit.parse().ok().filter(|digit| *digit < 10)?),
            ("erase", _) => Self::Erase,
            ("submit", _) => Self::Submit,
            ("edit-number", _) => Self::EditNumber,
            ("deny", "mistake") => Self::Deny(Choice::Mistake),
            ("deny", "not-me") => Self::Deny(Choice::NotMe),
            ("change-pin", _) => Self::ChangePin,
            ("ask-give-up", _) => Self::AskGiveUp,
            ("give-up", _) => Self::GiveUp,
            ("replace", _) => Self::Replace,
            ("enrol-again", _) => Self::EnrolAgain,
            ("retry", _) => Self::Retry,
            ("leave", _) => Self::Leave,
            ("speak", language) => Self::Speak(Language::parse(language)?),
            _ => return None,
        })
    }
}

/// What the browser is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Claim an enrolment with new keys.
    Claim(RotatingCode),
    /// Derive K2 from a first PIN and register it.
    SetPin(Pin),
    /// Ask where the phone stands, after a while in milliseconds.
    AskStatus(u32),
    /// Ask for requests and wait for the list to differ from `known`.
    Watch {
        /// The number of this question.
        watch: u32,
        /// What is on the screen.
        known: Vec<String>,
        /// How long the server may hold the answer, in seconds.
        wait: u32,
        /// How long to hold back first, in milliseconds.
        after: u32,
    },
    /// Fetch a scanned request.
    Scan(RotatingCode),
    /// Fetch the request of a same-device link.
    Open(OpenLink),
    /// Sign and send a decision.
    Decide {
        /// The request.
        rid: String,
        /// Yes or no.
        choice: Choice,
        /// The number of the login page.
        number: Option<String>,
        /// With yes.
        pin: Pin,
    },
    /// Change the PIN.
    ChangePin {
        /// In force.
        old: Pin,
        /// To be.
        new: Pin,
    },
    /// Give this phone up.
    GiveUp,
    /// Ask for the history.
    Remember,
    /// Keep this record.
    Keep(Box<Record>),
    /// Start the camera on the page's video.
    StartCamera,
    /// Let the camera go.
    StopCamera,
    /// Keep the language.
    KeepLanguage(Language),
    /// Close this page, or go back to the one before.
    Leave,
    /// Close this page once its last words could be read, if the browser lets
    /// it: the tab that opened it comes to the front.
    CloseSoon,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_says_what_it_does() {
        assert_eq!(Action::parse("digit:7"), Some(Action::Digit(7)));
        assert_eq!(Action::parse("open:abc"), Some(Action::Open("abc".into())));
        assert_eq!(Action::parse("deny:not-me"), Some(Action::Deny(Choice::NotMe)));
        for nothing in ["", "digit:12", "digit:x", "deny:", "speak:de"] {
            assert_eq!(Action::parse(nothing), None, "{nothing}");
        }
    }
}
