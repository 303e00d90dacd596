//! Scenes with a person, a phone and a provider that answers by hand. Here is
//! the cast; each file is an act.

mod enrolment;
mod phone;
mod requests;

use openpsc_protocol::{
    ecps::{
        AppLink, Challenge, ChallengeClient, DeviceState, DeviceStatus, Matching, OpenLink, Origin,
        Person, PublicKey, RefusalCode, Refused, RotatingCode, Start,
    },
    level::Level,
};

use super::*;
use crate::{
    event::Choice,
    model::{ChooseStep, Outcome, PinProblem, Step, Surroundings},
    pin::Pin,
    texts::Language,
};

const NOW: i64 = 1_000;

fn person() -> Person {
    Person {
        given_name: "Aurore".into(),
        family_name: "LANTERNIER".into(),
        national_id: "899700990015".into(),
    }
}

pub(crate) fn record(stage: Stage) -> Record {
    let key =
        PublicKey { kty: "EC".into(), crv: "P-256".into(), x: String::new(), y: String::new() };
    Record {
        device_id: "phone".into(),
        enrol_id: "enrolment".into(),
        public_key: key,
        issuer: "issuer".into(),
        server_keys: Vec::new(),
        person: person(),
        pin_length: 6,
        forbidden_in_pin: vec!["1975-04-12".into(), "899700990015".into()],
        stage,
        ctr: 0,
        chain: Some("chain".into()),
        unanswered: None,
    }
}

pub(crate) fn challenge(rid: &str, start: Start) -> Challenge {
    let matching = match start {
        Start::Push => Matching::Typed2,
        Start::Qr => Matching::Qr,
        Start::Link => Matching::Link,
    };
    Challenge {
        iss: "issuer".into(),
        aud: "phone".into(),
        rid: rid.into(),
        jti: "j".into(),
        iat: NOW,
        exp: NOW + 120,
        nonce: "n".into(),
        client: ChallengeClient { id: "agenda".into(), name: "Agenda".into() },
        acr: Some(Level::Eidas2),
        origin: Origin {
            browser: "Firefox".into(),
            os: "Windows".into(),
            network: "192.0.2.0/24".into(),
        },
        start,
        matching,
        message: None,
        lang: "fr".into(),
    }
}

pub(crate) fn status(state: DeviceState) -> DeviceStatus {
    DeviceStatus {
        device_id: "phone".into(),
        state,
        person: person(),
        label: "Android · Chrome".into(),
        created_at: NOW,
        expires_at: NOW + 1_000_000,
        pin_length: 6,
        tries_left: 3,
        locked_until: None,
        ctr: 0,
        chain: None,
        now: NOW,
    }
}

fn refused(error: RefusalCode) -> Failure {
    Failure::Refused(Refused {
        error,
        error_description: String::new(),
        tries_left: None,
        locked_until: None,
    })
}

fn code() -> RotatingCode {
    RotatingCode { id: "id".into(), t: NOW, mac: "mac".into() }
}

pub(crate) fn fresh(surroundings: Surroundings) -> Model {
    let mut model = Model::new(Language::French, surroundings, NOW);
    update(&mut model, Event::Started { record: None, link: None });
    model
}

pub(crate) fn active() -> Model {
    let mut model = Model::new(Language::French, Surroundings::default(), NOW);
    let record = Some(record(Stage::Active));
    update(&mut model, Event::Started { record, link: None });
    model
}

pub(crate) fn listed(model: &mut Model, requests: Vec<Challenge>) -> Vec<Effect> {
    let watch = model.watch;
    update(model, Event::Listed { watch, answer: Ok(requests) })
}

pub(crate) fn types(model: &mut Model, digits: &str) -> Vec<Effect> {
    let digits = digits.bytes().map(|digit| Action::Digit(digit - b'0'));
    digits.flat_map(|digit| update(model, Event::Did(digit))).collect()
}

fn does(model: &mut Model, action: Action) -> Vec<Effect> {
    update(model, Event::Did(action))
}

fn answered(model: &mut Model, choice: Choice, answer: Result<(), Failure>) -> Vec<Effect> {
    update(model, Event::Decided { rid: "r".into(), choice, answer })
}

/// A phone that looks at the pushed request `r`.
pub(crate) fn looking(start: Start) -> Model {
    let mut model = active();
    listed(&mut model, vec![challenge("r", start)]);
    does(&mut model, Action::Open("r".into()));
    model
}

fn problem(model: &Model) -> Option<&PinProblem> {
    match &model.screen {
        Screen::ChoosePin(choosing) => choosing.problem.as_ref(),
        other => panic!("not choosing a PIN: {other:?}"),
    }
}

fn outcome(model: &Model) -> &Outcome {
    match &model.screen {
        Screen::Outcome(outcome) => outcome,
        other => panic!("not over: {other:?}"),
    }
}
