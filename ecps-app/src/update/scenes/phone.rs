//! What a phone does between requests.

use super::*;

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
