//! A phone is enrolled, or is not.

use super::*;

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
