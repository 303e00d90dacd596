//! Scenes with a person, a phone and a provider that answers by hand.

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

#[test]
fn a_phone_is_enrolled_from_link_to_confirmation() {
    let mut model = fresh(Surroundings::default());

    let effects = update(&mut model, Event::Linked(AppLink::Enrol(code())));
    assert_eq!(effects, [Effect::Claim(code())]);
    update(&mut model, Event::Claimed(Ok(record(Stage::Claimed))));
    assert_eq!(model.screen.name(), "pin-new");
    assert_eq!(types(&mut model, "407193"), []);
    assert_eq!(model.screen.name(), "pin-again");
    let effects = types(&mut model, "407193");
    assert!(matches!(effects.as_slice(), [Effect::SetPin(pin)] if pin.digits() == "407193"));

    let set = record(Stage::PinSet { check_value: "123456".into() });
    let effects = update(&mut model, Event::PinSet(Ok(set.clone())));
    assert!(matches!(effects.as_slice(), [Effect::AskStatus(_)]));
    let effects = update(&mut model, Event::Stood(Ok((status(DeviceState::PinSet), set))));
    assert!(matches!(effects.as_slice(), [Effect::AskStatus(_)]), "asks again");
    let done = (status(DeviceState::Active), record(Stage::Active));
    let effects = update(&mut model, Event::Stood(Ok(done)));
    assert_eq!(*outcome(&model), Outcome::Enrolled);
    assert!(matches!(effects.as_slice(), [Effect::Watch { .. }]));
}

#[test]
fn a_weak_or_mistyped_pin_is_chosen_again() {
    let mut model = fresh(Surroundings::default());
    update(&mut model, Event::Claimed(Ok(record(Stage::Claimed))));

    assert_eq!(types(&mut model, "123456"), []);
    assert!(matches!(problem(&model), Some(PinProblem::Weak(_))));
    assert_eq!(types(&mut model, "120475"), [], "a birth date");
    assert!(matches!(problem(&model), Some(PinProblem::Weak(_))));
    types(&mut model, "407193");
    assert_eq!(types(&mut model, "407194"), []);
    assert_eq!(problem(&model), Some(&PinProblem::Different));
    assert_eq!(model.screen.name(), "pin-new");
}

#[test]
fn an_iphone_is_asked_to_install_before_it_enrols() {
    let mut model = fresh(Surroundings { ios: true, installed: false });
    assert_eq!(model.screen.name(), "install-first");
    assert_eq!(update(&mut model, Event::Linked(AppLink::Enrol(code()))), []);
    assert_eq!(model.screen.name(), "install-first");

    let mut installed = fresh(Surroundings { ios: true, installed: true });
    let effects = update(&mut installed, Event::Linked(AppLink::Enrol(code())));
    assert_eq!(effects, [Effect::Claim(code())]);
}

#[test]
fn an_ecps_is_replaced_only_by_someone_who_says_so() {
    let mut model = active();
    assert_eq!(update(&mut model, Event::Linked(AppLink::Enrol(code()))), []);
    assert_eq!(model.screen.name(), "replace");
    assert_eq!(does(&mut model, Action::Replace), [Effect::Claim(code())]);
    update(&mut model, Event::Claimed(Err(refused(RefusalCode::EnrolmentOver))));
    assert!(model.is_active(), "the e-CPS that was there stays");
    assert_eq!(model.screen.name(), "home");
}

#[test]
fn an_enrolment_that_the_portal_refuses_leaves_nothing() {
    let mut model = Model::new(Language::French, Surroundings::default(), NOW);
    let set = Some(record(Stage::PinSet { check_value: "123456".into() }));
    update(&mut model, Event::Started { record: set, link: None });
    assert_eq!(model.screen.name(), "check-value");
    update(&mut model, Event::Stood(Err(refused(RefusalCode::UnknownDevice))));
    assert_eq!(model.screen.name(), "welcome");
    assert!(model.record.is_none());
}

#[test]
fn a_pushed_request_is_approved_with_number_and_pin() {
    let mut model = looking(Start::Push);
    assert_eq!(model.screen.name(), "request-number");
    types(&mut model, "07");
    assert_eq!(model.screen.name(), "request-pin");
    assert_eq!(types(&mut model, "407193"), [], "consent is a button, not a last digit");

    let effects = does(&mut model, Action::Submit);
    let [Effect::Decide { rid, choice, number, pin }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!((rid.as_str(), *choice, number.as_deref()), ("r", Choice::Approve, Some("07")));
    assert_eq!(pin.digits(), "407193");
    assert_eq!(does(&mut model, Action::Submit), [], "a double click decides once");
    assert_eq!(does(&mut model, Action::Deny(Choice::NotMe)), []);

    answered(&mut model, Choice::Approve, Ok(()));
    assert!(matches!(outcome(&model), Outcome::Approved { start: Start::Push, .. }));
    assert!(model.requests.is_empty());
}

#[test]
fn a_scanned_request_asks_for_no_number() {
    let mut model = active();
    let effects = update(&mut model, Event::Linked(AppLink::Scan(code())));
    assert_eq!(effects, [Effect::Scan(code())]);
    update(&mut model, Event::Fetched(Ok(challenge("r", Start::Qr))));
    assert_eq!(model.screen.name(), "request-pin");
    types(&mut model, "407193");
    let effects = does(&mut model, Action::Submit);
    assert!(matches!(effects.as_slice(), [Effect::Decide { number: None, .. }]));
}

#[test]
fn a_page_that_a_login_page_opened_closes_after_its_answer() {
    let link = OpenLink { rid: "r".into(), secret: "s".into() };
    for (opened_with, closes) in [(Some(AppLink::Open(link)), true), (None, false)] {
        let mut model = Model::new(Language::French, Surroundings::default(), NOW);
        let record = Some(record(Stage::Active));
        update(&mut model, Event::Started { record, link: opened_with });
        update(&mut model, Event::Fetched(Ok(challenge("r", Start::Link))));
        types(&mut model, "407193");
        does(&mut model, Action::Submit);
        let effects = answered(&mut model, Choice::Approve, Ok(()));
        assert_eq!(effects.contains(&Effect::CloseSoon), closes);
    }
}

#[test]
fn an_incomplete_pin_decides_nothing() {
    let mut model = looking(Start::Push);
    assert_eq!(does(&mut model, Action::Submit), []);
    types(&mut model, "0740719");
    assert_eq!(does(&mut model, Action::Submit), []);
}

#[test]
fn a_denial_is_one_tap_and_carries_no_pin() {
    let mut model = looking(Start::Push);
    types(&mut model, "07407193");
    let effects = does(&mut model, Action::Deny(Choice::NotMe));
    let pin = Pin::default();
    let expected = Effect::Decide { rid: "r".into(), choice: Choice::NotMe, number: None, pin };
    assert_eq!(effects, [expected]);
    answered(&mut model, Choice::NotMe, Ok(()));
    assert_eq!(*outcome(&model), Outcome::Denied(Choice::NotMe));
}

#[test]
fn a_wrong_pin_may_be_typed_again() {
    let mut model = looking(Start::Qr);
    types(&mut model, "111222");
    does(&mut model, Action::Submit);
    answered(&mut model, Choice::Approve, Err(refused(RefusalCode::PinWrong)));

    let Screen::Request(request) = &model.screen else { panic!("{:?}", model.screen) };
    assert_eq!((request.step, request.busy), (Step::Pin, None));
    assert!(request.pin.is_empty() && request.problem.is_some());
    types(&mut model, "407193");
    assert!(matches!(does(&mut model, Action::Submit).as_slice(), [Effect::Decide { .. }]));
}

#[test]
fn each_refusal_ends_where_it_should() {
    for (error, screen) in [
        (RefusalCode::NumberWrong, "outcome"),
        (RefusalCode::RequestExpired, "outcome"),
        (RefusalCode::RequestOver, "outcome"),
        (RefusalCode::PinLocked, "ended"),
        (RefusalCode::DeviceSuspended, "ended"),
        (RefusalCode::DeviceRevoked, "ended"),
        (RefusalCode::UnknownDevice, "ended"),
        (RefusalCode::TooManyRequests, "request-pin"),
        (RefusalCode::ServerError, "request-pin"),
    ] {
        let mut model = looking(Start::Qr);
        types(&mut model, "407193");
        does(&mut model, Action::Submit);
        answered(&mut model, Choice::Approve, Err(refused(error)));
        assert_eq!(model.screen.name(), screen, "{error:?}");
    }
}

#[test]
fn a_lock_with_an_end_is_not_the_end() {
    let mut model = looking(Start::Qr);
    let Failure::Refused(refusal) = refused(RefusalCode::PinLocked) else { unreachable!() };
    let locked = Failure::Refused(Refused { locked_until: Some(NOW + 300), ..refusal });
    answered(&mut model, Choice::Approve, Err(locked));
    assert_eq!(*outcome(&model), Outcome::PinLocked(NOW + 300));
    assert!(model.is_active());
}

#[test]
fn while_the_pin_is_locked_only_a_denial_goes_out() {
    let mut model = looking(Start::Qr);
    model.status =
        Some(DeviceStatus { locked_until: Some(NOW + 300), ..status(DeviceState::Active) });
    types(&mut model, "407193");
    assert_eq!(does(&mut model, Action::Submit), []);
    let effects = does(&mut model, Action::Deny(Choice::Mistake));
    assert!(matches!(effects.as_slice(), [Effect::Decide { .. }]));
}

#[test]
fn a_request_that_vanishes_or_runs_out_is_over() {
    let mut model = looking(Start::Push);
    listed(&mut model, Vec::new());
    assert_eq!(*outcome(&model), Outcome::Over);

    let mut model = looking(Start::Push);
    update(&mut model, Event::Ticked(NOW + 120));
    assert_eq!(*outcome(&model), Outcome::Expired);
}

#[test]
fn a_scanned_request_is_not_over_because_an_older_list_lacks_it() {
    let mut model = active();
    update(&mut model, Event::Fetched(Ok(challenge("r", Start::Qr))));
    listed(&mut model, Vec::new());
    assert_eq!(model.screen.name(), "request-pin");
}

#[test]
fn a_late_answer_to_an_older_question_is_void() {
    let mut model = active();
    let old = model.watch;
    update(&mut model, Event::Woke);
    let answer = Ok(vec![challenge("r", Start::Push)]);
    assert_eq!(update(&mut model, Event::Listed { watch: old, answer }), []);
    assert!(model.requests.is_empty());
}

#[test]
fn without_a_network_it_says_so_and_asks_again() {
    let mut model = active();
    let watch = model.watch;
    let effects = update(&mut model, Event::Listed { watch, answer: Err(Failure::Offline) });
    assert!(model.offline);
    assert!(matches!(effects.as_slice(), [Effect::Watch { wait: 0, after: 1.., .. }]));
    let effects = listed(&mut model, Vec::new());
    assert!(!model.offline);
    assert!(matches!(effects.as_slice(), [Effect::Watch { wait: 25, after: 0, .. }]));
}

#[test]
fn a_decision_without_a_network_can_be_sent_again() {
    let mut model = looking(Start::Qr);
    types(&mut model, "407193");
    does(&mut model, Action::Submit);
    answered(&mut model, Choice::Approve, Err(Failure::Offline));
    assert_eq!(model.screen.name(), "request-pin");
    types(&mut model, "407193");
    assert!(matches!(does(&mut model, Action::Submit).as_slice(), [Effect::Decide { .. }]));
}

#[test]
fn a_stale_code_brings_the_camera_back() {
    let mut model = active();
    update(&mut model, Event::Linked(AppLink::Scan(code())));
    let effects = update(&mut model, Event::Fetched(Err(refused(RefusalCode::CodeStale))));
    assert_eq!(effects, [Effect::StartCamera]);
    assert_eq!(model.screen.name(), "scanner");
    assert_eq!(does(&mut model, Action::Home), [Effect::StopCamera]);
}

#[test]
fn a_login_link_without_an_ecps_says_so() {
    let mut model = fresh(Surroundings::default());
    let link = OpenLink { rid: "r".into(), secret: "s".into() };
    assert_eq!(update(&mut model, Event::Linked(AppLink::Open(link))), []);
    assert!(matches!(model.screen, Screen::Welcome(Some(Notice::NoEcpsHere))));
}

#[test]
fn a_pin_is_changed_with_the_old_one() {
    let mut model = active();
    does(&mut model, Action::ChangePin);
    types(&mut model, "407193");
    types(&mut model, "407193");
    assert_eq!(problem(&model), Some(&PinProblem::Same));
    types(&mut model, "860274");
    let effects = types(&mut model, "860274");
    let [Effect::ChangePin { old, new }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((old.digits(), new.digits()), ("407193", "860274"));

    update(&mut model, Event::PinChanged(Err(refused(RefusalCode::PinWrong))));
    assert!(
        matches!(&model.screen, Screen::ChoosePin(choosing) if choosing.step == ChooseStep::Old)
    );
}

#[test]
fn a_phone_that_is_given_up_keeps_the_reason() {
    let mut model = active();
    does(&mut model, Action::Device);
    does(&mut model, Action::AskGiveUp);
    assert_eq!(does(&mut model, Action::GiveUp), [Effect::GiveUp]);
    let effects = update(&mut model, Event::GaveUp(Ok(DeviceState::Revoked)));
    assert_eq!(model.screen.name(), "ended");
    assert!(
        matches!(effects.as_slice(), [Effect::Keep(kept)] if kept.stage == Stage::Ended(Ending::GivenUp))
    );
    assert_eq!(does(&mut model, Action::GiveUp), []);
    does(&mut model, Action::EnrolAgain);
    assert_eq!(model.screen.name(), "welcome");
}

#[test]
fn the_back_button_does_not_call_a_decision_back() {
    let mut model = looking(Start::Qr);
    types(&mut model, "407193");
    does(&mut model, Action::Submit);
    update(&mut model, Event::WentBack);
    assert_eq!(model.screen.name(), "request-pin");
}
