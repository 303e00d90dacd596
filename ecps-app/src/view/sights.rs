//! What a person sees, screen by screen.

use openpsc_protocol::{
    ecps::{DeviceState, RefusalCode, Refused, Start},
    level::Level,
};

use super::*;
use crate::{
    event::{Choice, Event},
    failure::Failure,
    markup::Markup,
    model::{Notice, Outcome, Surroundings},
    record::Ending,
    update::{
        scenes::{active, challenge, fresh, listed, looking, status, types},
        update,
    },
};

const DATES: Dates = Dates {
    day: |_, _| "22 novembre 2026".into(),
    moment: |_, _| "22 nov. 2026, 15:42".into(),
    hour: |_, _| "15:42".into(),
};

fn see(model: &Model) -> Tag {
    tag("body").children(page(model, DATES).content)
}

fn tag(name: &'static str) -> Tag {
    crate::markup::tag(name)
}

fn each(tag: &Tag, look: &mut impl FnMut(&Tag)) {
    look(tag);
    for child in &tag.content {
        if let Markup::Tag(child) = child {
            each(child, look);
        }
    }
}

fn screens() -> Vec<Model> {
    let mut screens = vec![fresh(Surroundings::default()), active(), looking(Start::Push)];
    screens.push(fresh(Surroundings { ios: true, installed: false }));
    let mut typing = looking(Start::Push);
    types(&mut typing, "07407");
    screens.push(typing);
    let outcomes = [
        Outcome::Enrolled,
        Outcome::Approved { client: "Agenda".into(), start: Start::Link },
        Outcome::Denied(Choice::NotMe),
        Outcome::NumberWrong,
        Outcome::Expired,
        Outcome::Over,
        Outcome::PinLocked(1),
    ];
    for outcome in outcomes {
        screens.push(Model { screen: Screen::Outcome(outcome), ..active() });
    }
    for ending in [Ending::GivenUp, Ending::Suspended, Ending::PinLocked, Ending::Unknown] {
        screens.push(Model { screen: Screen::Ended(ending), ..active() });
    }
    for screen in [
        Screen::Device(None),
        Screen::GiveUp(None),
        Screen::History(None),
        Screen::Scanner(crate::model::Scanner::default()),
        Screen::ChoosePin(crate::model::ChoosePin::change()),
    ] {
        screens.push(Model { screen, status: Some(status(DeviceState::Active)), ..active() });
    }
    screens
}

#[test]
fn every_screen_has_one_title_one_main_and_named_buttons() {
    for model in screens() {
        let name = model.screen.name();
        let (mut titles, mut mains) = (0, 0);
        each(&see(&model), &mut |tag| {
            titles += usize::from(tag.name == "h1");
            mains += usize::from(tag.name == "main");
            if tag.name == "button" {
                let named = !tag.words().is_empty() || tag.attribute("aria-label").is_some();
                assert!(named, "a button without a name on {name}");
                let does = tag.attribute("data-do").map(crate::event::Action::parse);
                assert!(does != Some(None), "{:?} on {name}", tag.attribute("data-do"));
            }
        });
        assert_eq!((titles, mains), (1, 1), "{name}");
    }
}

#[test]
fn no_screen_leaves_a_gap_unfilled_in_either_language() {
    for mut model in screens() {
        for language in [Language::French, Language::English] {
            model.language = language;
            let words = see(&model).words();
            assert!(!words.contains(['{', '}']), "{words}");
        }
    }
}

#[test]
fn a_pin_is_never_on_the_page() {
    let mut model = looking(Start::Push);
    types(&mut model, "07407193");
    let mut whole = String::new();
    each(&see(&model), &mut |tag| {
        whole.push_str(&format!("{:?}", tag.attributes));
        whole.push_str(&tag.words());
    });
    assert!(!whole.contains("407193"));
    assert_eq!(
        see(&model).find("pin-dots").and_then(|dots| dots.attribute("data-typed")),
        Some("6")
    );
}

#[test]
fn a_request_shows_who_asks_from_where_and_how_sure() {
    let words = see(&looking(Start::Push)).words();
    for expected in ["Agenda", "Firefox sur Windows", "192.0.2.0/24", "substantiel", "2 min 0 s"] {
        assert!(words.contains(expected), "{expected} in {words}");
    }
}

#[test]
fn the_number_is_asked_for_a_push_only() {
    assert!(see(&looking(Start::Push)).find("number-boxes").is_some());
    for start in [Start::Qr, Start::Link] {
        let sight = see(&looking(start));
        assert!(sight.find("number-boxes").is_none() && sight.find("approve").is_some());
    }
}

#[test]
fn the_level_is_what_the_approval_earns() {
    for asked in [None, Some(Level::Eidas1), Some(Level::Eidas2)] {
        let mut model = looking(Start::Qr);
        let Screen::Request(request) = &mut model.screen else { panic!("no request is open") };
        request.challenge.acr = asked;
        assert!(see(&model).words().contains("substantiel"), "{asked:?}");
    }
}

#[test]
fn each_way_to_refuse_says_so() {
    let sight = see(&looking(Start::Push));
    let words = |name| sight.find(name).map(Tag::words).unwrap_or_default();
    for (name, why) in [("deny-mistake", "une erreur"), ("deny-not-me", "pas moi")] {
        assert!(words(name).starts_with("Refuser") && words(name).ends_with(why), "{name}");
    }
}

#[test]
fn nobody_is_told_that_nothing_waits_before_it_is_known() {
    let mut model = active();
    assert!(see(&model).find("busy").is_some() && see(&model).find("no-requests").is_none());
    let watch = model.watch;
    update(&mut model, Event::Listed { watch, answer: Err(Failure::Offline) });
    let sight = see(&model);
    assert!(sight.find("requests-unknown").is_some() && sight.find("no-requests").is_none());
    listed(&mut model, Vec::new());
    assert!(see(&model).find("no-requests").is_some());
}

#[test]
fn a_wrong_link_without_a_camera_is_one_box_and_keeps_the_field() {
    let scanner = |notice| crate::model::Scanner {
        problem: Some(crate::event::CameraProblem::Missing),
        notice,
    };
    let mut model = Model { screen: Screen::Scanner(scanner(None)), ..active() };
    let names = |model: &Model| {
        let mut names = Vec::new();
        each(&see(model), &mut |tag| names.push(tag.name));
        names
    };
    let before = names(&model);
    assert!(!see(&model).words().contains("dans le cadre"));
    model.screen = Screen::Scanner(scanner(Some(Notice::NotALink)));
    assert_eq!(names(&model), before, "the field is the same element");
    let told = see(&model).find("camera-problem").map(Tag::words).unwrap_or_default();
    assert_eq!(told, model.language.texts().not_a_link);

    let mut model = fresh(Surroundings::default());
    let before = names(&model);
    model.screen = Screen::Welcome(Some(Notice::NotALink));
    assert_eq!(names(&model), before);
}

#[test]
fn a_link_on_this_phone_leads_back_to_its_page() {
    let mut model = Model { screen: Screen::Outcome(Outcome::Enrolled), ..active() };
    assert!(see(&model).find("leave").is_none());
    model.enrolled_by_link = true;
    assert!(see(&model).find("leave").is_some());
    model.screen = Screen::CheckValue;
    assert!(see(&model).words().contains("Sur ce téléphone"));
}

#[test]
fn a_locked_pin_is_said_once_on_my_phone() {
    let mut locked = status(DeviceState::Active);
    locked.locked_until = Some(i64::MAX);
    let model = Model { screen: Screen::Device(None), status: Some(locked), ..active() };
    let words = see(&model).words();
    assert!(words.contains("bloqué jusqu’à 15:42") && !words.contains("refuser"), "{words}");
}

#[test]
fn no_name_breaks_at_its_hyphen() {
    for mut model in screens() {
        for language in [Language::French, Language::English] {
            model.language = language;
            let page = page(&model, DATES);
            let words = page.content.iter().map(Tag::words).collect::<String>();
            assert!(!words.contains("e-CPS") && !page.title.contains("e-CPS"), "{words}");
        }
    }
}

#[test]
fn refusing_is_in_sight_at_every_step() {
    let mut model = looking(Start::Push);
    for digits in ["", "07", "407193"] {
        types(&mut model, digits);
        let sight = see(&model);
        assert!(sight.find("deny-mistake").is_some() && sight.find("deny-not-me").is_some());
    }
}

#[test]
fn approving_waits_for_the_whole_pin() {
    let mut model = looking(Start::Qr);
    let waits = |model: &Model| {
        see(model).find("approve").and_then(|it| it.attribute("aria-disabled").map(str::to_owned))
    };
    types(&mut model, "40719");
    assert_eq!(waits(&model).as_deref(), Some("true"));
    types(&mut model, "3");
    assert_eq!(waits(&model).as_deref(), Some("false"));
}

#[test]
fn each_refusal_has_a_sentence_of_its_own() {
    let texts = Language::French.texts();
    let codes = [
        RefusalCode::PinWrong,
        RefusalCode::PinLocked,
        RefusalCode::NumberWrong,
        RefusalCode::RequestExpired,
        RefusalCode::RequestOver,
        RefusalCode::UnknownRequest,
        RefusalCode::CodeStale,
        RefusalCode::EnrolmentOver,
        RefusalCode::DeviceRevoked,
        RefusalCode::DeviceSuspended,
        RefusalCode::UnknownDevice,
        RefusalCode::TooManyRequests,
        RefusalCode::ServerError,
        RefusalCode::InvalidRequest,
    ];
    let sentences: std::collections::HashSet<String> = codes
        .iter()
        .map(|error| {
            texts.failure(&Failure::Refused(Refused {
                error: *error,
                error_description: "for developers".into(),
                tries_left: Some(2),
                locked_until: None,
            }))
        })
        .collect();
    assert_eq!(sentences.len(), codes.len());
    assert!(!sentences.iter().any(|sentence| sentence.contains("developers")));
}

#[test]
fn tries_are_counted_in_words() {
    let texts = Language::English.texts();
    let wrong = |left| {
        texts.failure(&Failure::Refused(Refused {
            error: RefusalCode::PinWrong,
            error_description: String::new(),
            tries_left: left,
            locked_until: None,
        }))
    };
    assert_eq!(wrong(Some(2)), "Wrong PIN. 2 tries left before it locks.");
    assert_eq!(wrong(Some(1)), "Wrong PIN. One try left before it locks.");
    assert_eq!(wrong(None), "Wrong PIN.");
}

#[test]
fn an_expired_request_leaves_the_list() {
    let mut model = active();
    listed(&mut model, vec![challenge("r", Start::Push)]);
    assert!(see(&model).find("request-card").is_some());
    update(&mut model, Event::Ticked(1_120));
    assert!(see(&model).find("request-card").is_none());
    assert!(see(&model).find("no-requests").is_some());
}

#[test]
fn a_new_request_and_each_digit_are_announced() {
    let mut model = active();
    listed(&mut model, vec![challenge("r", Start::Push)]);
    assert_eq!(announcement(&model).as_deref(), Some("Nouvelle demande de connexion"));
    let mut model = looking(Start::Qr);
    types(&mut model, "40");
    assert_eq!(announcement(&model).as_deref(), Some("2 chiffres sur 6"));
}

#[test]
fn a_message_to_compare_stands_first() {
    let mut model = looking(Start::Push);
    let Screen::Request(request) = &mut model.screen else { panic!("{:?}", model.screen) };
    request.challenge.message = Some("Ordonnance 1234".into());
    let mut texts = Vec::new();
    each(&see(&model), &mut |tag| {
        texts.extend(tag.content.iter().filter_map(|it| match it {
            Markup::Words(text) => Some(text.clone()),
            Markup::Tag(_) => None,
        }));
    });
    let place = |text: &str| texts.iter().position(|it| it == text);
    assert!(place("Ordonnance 1234").is_some(), "{texts:?}");
    assert!(place("Ordonnance 1234") < place("Firefox sur Windows · 192.0.2.0/24"), "{texts:?}");
}
