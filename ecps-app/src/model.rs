//! What the app knows and what it shows.

use openpsc_ecps_keys::Weakness;
use openpsc_protocol::ecps::{
    Challenge, DeviceStatus, HistoryEntry, Matching, RotatingCode, Start,
};

use crate::{
    event::{CameraProblem, Choice},
    failure::Failure,
    pin::Pin,
    record::{Ending, Record, Stage},
    texts::Language,
};

/// Everything.
#[derive(Clone, Debug)]
pub struct Model {
    /// How the app speaks.
    pub language: Language,
    /// What it runs in.
    pub surroundings: Surroundings,
    /// Its e-CPS, if there is one.
    pub record: Option<Record>,
    /// What the server last said about it.
    pub status: Option<DeviceStatus>,
    /// What waits for an answer, oldest first.
    pub requests: Vec<Challenge>,
    /// Whether the server has said since the start what waits.
    pub asked: bool,
    /// The server's clock.
    pub now: i64,
    /// Whether the last call failed for want of a network.
    pub offline: bool,
    /// The number of the last question for requests.
    pub watch: u32,
    /// Whether a login page on this phone opened the app, for one answer.
    pub opened_by_link: bool,
    /// Whether the activation page's link opened the app, perhaps on this phone.
    pub enrolled_by_link: bool,
    /// What is on the screen.
    pub screen: Screen,
    /// What a screen reader is to say next.
    pub announcement: Option<Announcement>,
}

/// What the app runs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// An iPhone or iPad, where a tab and an installed app share no storage.
    pub ios: bool,
    /// Started from the home screen.
    pub installed: bool,
}

/// What a screen reader says of a change that the eye sees at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// So many digits of so many.
    Digits(usize, usize),
    /// A request has come.
    NewRequest,
    /// The digits were wrong or refused; the text stands on the screen.
    Problem,
}

/// What is on the screen.
#[derive(Clone, Debug)]
pub enum Screen {
    /// Nothing is known yet.
    Starting,
    /// No e-CPS on this phone.
    Welcome(Option<Notice>),
    /// On iOS, in a tab: the home screen first.
    InstallFirst,
    /// The camera.
    Scanner(Scanner),
    /// A server call that leads to the next screen.
    Working,
    /// This phone has an e-CPS, and a new enrolment was scanned.
    Replace(RotatingCode),
    /// A PIN is chosen, for the first time or anew.
    ChoosePin(ChoosePin),
    /// The check value, until the portal confirms.
    CheckValue,
    /// The list of requests.
    Home(Option<Notice>),
    /// One request.
    Request(Box<Request>),
    /// How it ended.
    Outcome(Outcome),
    /// What was answered before; `None` while it loads.
    History(Option<Vec<HistoryEntry>>),
    /// My phone.
    Device(Option<Notice>),
    /// Give this phone up?
    GiveUp(Option<Notice>),
    /// This phone may not approve any more.
    Ended(Ending),
}

impl Screen {
    /// A word for the page: focus moves when it changes.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Welcome(_) => "welcome",
            Self::InstallFirst => "install-first",
            Self::Scanner(_) => "scanner",
            Self::Working => "working",
            Self::Replace(_) => "replace",
            Self::ChoosePin(choosing) => match choosing.step {
                ChooseStep::Old => "pin-old",
                ChooseStep::New => "pin-new",
                ChooseStep::Again => "pin-again",
            },
            Self::CheckValue => "check-value",
            Self::Home(_) => "home",
            Self::Request(request) => match request.step {
                Step::Number => "request-number",
                Step::Pin => "request-pin",
            },
            Self::Outcome(_) => "outcome",
            Self::History(_) => "history",
            Self::Device(_) => "device",
            Self::GiveUp(_) => "give-up",
            Self::Ended(_) => "ended",
        }
    }
}

/// Something to say above the screen's own content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It did not work.
    Failed(Failure),
    /// The link is not for this app.
    NotALink,
    /// A login link, but no e-CPS here.
    NoEcpsHere,
    /// The PIN was changed.
    PinChanged,
}

/// The camera's screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanner {
    /// What the camera suffers from.
    pub problem: Option<CameraProblem>,
    /// What was wrong with the last code.
    pub notice: Option<Notice>,
}

/// A PIN being chosen.
#[derive(Clone, Debug)]
pub struct ChoosePin {
    /// Which PIN is being typed.
    pub step: ChooseStep,
    /// The digits so far.
    pub typed: Pin,
    /// When it changes: the one in force.
    pub old: Option<Pin>,
    /// The new one, to be repeated.
    pub new: Pin,
    /// Why the last try was refused.
    pub problem: Option<PinProblem>,
    /// The server is working on it.
    pub busy: bool,
}

/// Which PIN is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChooseStep {
    /// The one in force.
    Old,
    /// A new one.
    New,
    /// The new one, once more.
    Again,
}

/// Why a PIN was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinProblem {
    /// Somebody else would try it first.
    Weak(Weakness),
    /// The second time was another one.
    Different,
    /// It is the one in force.
    Same,
    /// The server said no.
    Failed(Failure),
}

impl ChoosePin {
    /// At enrolment.
    pub fn first() -> Self {
        Self::at(ChooseStep::New, None)
    }

    /// When it changes.
    pub fn change() -> Self {
        Self::at(ChooseStep::Old, None)
    }

    /// At a step, with the PIN in force if it was typed.
    pub fn at(step: ChooseStep, old: Option<Pin>) -> Self {
        Self { step, typed: Pin::default(), old, new: Pin::default(), problem: None, busy: false }
    }
}

/// One request on the screen.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the server signed.
    pub challenge: Challenge,
    /// Whether a list has held it: only then does its absence mean an end.
    pub listed: bool,
    /// What the person does now.
    pub step: Step,
    /// The number of the login page.
    pub number: String,
    /// The PIN.
    pub pin: Pin,
    /// What was wrong with the last try.
    pub problem: Option<Failure>,
    /// The decision is on its way.
    pub busy: Option<Choice>,
}

/// What the person does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Types the number of the login page.
    Number,
    /// Types the PIN.
    Pin,
}

impl Request {
    /// A request that was just opened.
    pub fn new(challenge: Challenge, listed: bool) -> Self {
        let step = match challenge.matching {
            Matching::Typed2 => Step::Number,
            Matching::Read | Matching::Qr | Matching::Link => Step::Pin,
        };
        let (number, pin) = (String::new(), Pin::default());
        Self { challenge, listed, step, number, pin, problem: None, busy: None }
    }
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The phone is enrolled and active.
    Enrolled,
    /// The person said yes.
    Approved {
        /// Who asked.
        client: String,
        /// Where the person goes now.
        start: Start,
    },
    /// The person said no, and why.
    Denied(Choice),
    /// The number was wrong.
    NumberWrong,
    /// The time ran out.
    Expired,
    /// Replaced, cancelled or answered already.
    Over,
    /// The PIN is locked until then.
    PinLocked(i64),
}

impl Model {
    /// Before anything was read.
    pub fn new(language: Language, surroundings: Surroundings, now: i64) -> Self {
        Self {
            language,
            surroundings,
            record: None,
            status: None,
            requests: Vec::new(),
            asked: false,
            now,
            offline: false,
            watch: 0,
            opened_by_link: false,
            enrolled_by_link: false,
            screen: Screen::Starting,
            announcement: None,
        }
    }

    /// Whether this phone may approve.
    pub fn is_active(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.stage == Stage::Active)
    }

    /// How many digits the PIN has.
    pub fn pin_length(&self) -> usize {
        self.record.as_ref().map_or(6, |record| record.pin_length as usize)
    }

    /// The requests that still have time, oldest first.
    pub fn live_requests(&self) -> impl Iterator<Item = &Challenge> {
        self.requests.iter().filter(|request| request.exp > self.now)
    }
}
