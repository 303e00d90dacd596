//! Requests come, are answered, and end.

use super::super::requests;
use super::*;

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
fn a_message_is_compared_and_only_the_pin_is_typed() {
    let mut model = active();
    update(&mut model, Event::Linked(AppLink::Scan(code())));
    let message = Some("Ordonnance 1234".to_owned());
    let asked = Challenge { matching: Matching::Read, message, ..challenge("r", Start::Push) };
    update(&mut model, Event::Fetched(Ok(asked)));

    assert_eq!(model.screen.name(), "request-pin");
    types(&mut model, "407193");
    assert!(matches!(
        does(&mut model, Action::Submit).as_slice(),
        [Effect::Decide { number: None, .. }]
    ));
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
fn what_waits_is_asked_at_once_until_it_is_known() {
    let mut model = active();
    assert!(matches!(requests::watch(&mut model), Effect::Watch { wait: 0, .. }));
    let effects = listed(&mut model, Vec::new());
    assert!(matches!(effects[..], [Effect::Watch { wait: 25, .. }]), "{effects:?}");
}
