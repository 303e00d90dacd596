//! What each event changes, and what is to be done about it.

mod choosing;
mod enrolment;
mod phone;
mod requests;
#[cfg(test)]
pub(crate) mod scenes;

use openpsc_protocol::ecps::{AppLink, DeviceState};

pub(crate) use phone::locked_until;

use crate::{
    event::{Action, CameraProblem, Effect, Event},
    failure::Failure,
    model::{ChoosePin, Model, Notice, Scanner, Screen},
    record::{Ending, Record, Stage},
};

/// Takes one event in.
pub fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    note_connection(model, &event);
    match event {
        Event::Started { record, link } => started(model, record, link),
        Event::Linked(link) => {
            // The camera looks at another screen; a link was followed on this one.
            let scanned = matches!(model.screen, Screen::Scanner(_));
            model.enrolled_by_link = !scanned && matches!(link, AppLink::Enrol(_));
            linked(model, link)
        }
        Event::NotALink => not_a_link(model),
        Event::Did(action) => did(model, action),
        Event::WentBack => went_back(model),
        Event::Ticked(now) => requests::ticked(model, now),
        Event::Woke => woke(model),
        Event::NetworkLost => {
            model.offline = true;
            Vec::new()
        }
        Event::Claimed(answer) => enrolment::claimed(model, answer),
        Event::PinSet(answer) => enrolment::pin_set(model, answer),
        Event::Stood(answer) => phone::stood(model, answer),
        Event::Listed { watch, answer } => requests::listed(model, watch, answer),
        Event::Fetched(answer) => requests::fetched(model, answer),
        Event::Decided { rid, choice, answer } => requests::decided(model, &rid, choice, answer),
        Event::PinChanged(answer) => phone::pin_changed(model, answer),
        Event::GaveUp(answer) => phone::gave_up(model, answer),
        Event::Remembered(answer) => phone::remembered(model, answer),
        Event::CameraFailed(problem) => camera_failed(model, problem),
    }
}

/// Any answer of the server, a refusal included, shows that we are online.
fn note_connection(model: &mut Model, event: &Event) {
    let failure = match event {
        Event::Claimed(answer) | Event::PinSet(answer) => answer.as_ref().err(),
        Event::Stood(answer) => answer.as_ref().err(),
        Event::Listed { answer, .. } => answer.as_ref().err(),
        Event::Fetched(answer) => answer.as_ref().err(),
        Event::Decided { answer, .. } | Event::PinChanged(answer) => answer.as_ref().err(),
        Event::GaveUp(answer) => answer.as_ref().err(),
        Event::Remembered(answer) => answer.as_ref().err(),
        _ => return,
    };
    model.offline = failure == Some(&Failure::Offline);
}

fn started(model: &mut Model, record: Option<Record>, link: Option<AppLink>) -> Vec<Effect> {
    model.record = record;
    model.opened_by_link = matches!(link, Some(AppLink::Open(_)));
    model.enrolled_by_link = matches!(link, Some(AppLink::Enrol(_)));
    let mut effects = resume(model);
    if let Some(link) = link {
        effects.extend(linked(model, link));
    }
    effects
}

/// Goes to where the record says we are.
fn resume(model: &mut Model) -> Vec<Effect> {
    let stage = model.record.as_ref().map(|record| record.stage.clone());
    match stage {
        None => {
            let must_install = model.surroundings.ios && !model.surroundings.installed;
            model.screen = if must_install { Screen::InstallFirst } else { Screen::Welcome(None) };
            Vec::new()
        }
        Some(Stage::Claimed) => {
            model.screen = Screen::ChoosePin(ChoosePin::first());
            Vec::new()
        }
        Some(Stage::PinSet { .. }) => {
            model.screen = Screen::CheckValue;
            vec![Effect::AskStatus(0)]
        }
        Some(Stage::Active) => {
            model.screen = Screen::Home(None);
            vec![Effect::AskStatus(0), requests::look(model, 0)]
        }
        Some(Stage::Ended(ending)) => {
            model.screen = Screen::Ended(ending);
            Vec::new()
        }
    }
}

/// A link was followed, scanned or pasted.
fn linked(model: &mut Model, link: AppLink) -> Vec<Effect> {
    let mut effects = leave_screen(model);
    effects.extend(match link {
        AppLink::Enrol(code) => enrolment::begin(model, code),
        AppLink::Scan(code) => requests::fetch(model, Effect::Scan(code)),
        AppLink::Open(link) => requests::fetch(model, Effect::Open(link)),
    });
    effects
}

fn not_a_link(model: &mut Model) -> Vec<Effect> {
    match &mut model.screen {
        Screen::Scanner(scanner) => scanner.notice = Some(Notice::NotALink),
        Screen::Welcome(notice) | Screen::Home(notice) => *notice = Some(Notice::NotALink),
        _ => {}
    }
    Vec::new()
}

fn did(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Home => go(model, Screen::Home(None)),
        Action::Device => go(model, Screen::Device(None)),
        Action::History => {
            let mut effects = go(model, Screen::History(None));
            if matches!(model.screen, Screen::History(_)) {
                effects.push(Effect::Remember);
            }
            effects
        }
        Action::Scan => {
            let mut effects = leave_screen(model);
            model.screen = Screen::Scanner(Scanner::default());
            effects.push(Effect::StartCamera);
            effects
        }
        Action::Paste(text) => match AppLink::parse(&text) {
            Some(link) => linked(model, link),
            None => not_a_link(model),
        },
        Action::Open(rid) => requests::open(model, &rid),
        Action::Digit(digit) => requests::digit(model, digit),
        Action::Erase => requests::erase(model),
        Action::Submit => requests::submit(model),
        Action::EditNumber => requests::edit_number(model),
        Action::Deny(choice) => requests::deny(model, choice),
        Action::ChangePin => go(model, Screen::ChoosePin(ChoosePin::change())),
        Action::AskGiveUp => go(model, Screen::GiveUp(None)),
        Action::GiveUp => phone::give_up(model),
        Action::Replace => enrolment::replace(model),
        Action::EnrolAgain => {
            model.screen = Screen::Welcome(None);
            Vec::new()
        }
        Action::Retry => retry(model),
        Action::Leave => vec![Effect::Leave],
        Action::Speak(language) => {
            model.language = language;
            vec![Effect::KeepLanguage(language)]
        }
    }
}

/// Goes to a screen that only an active phone has; others stay where the
/// enrolment left them.
fn go(model: &mut Model, screen: Screen) -> Vec<Effect> {
    let mut effects = leave_screen(model);
    if model.is_active() {
        model.screen = screen;
    } else {
        effects.extend(resume(model));
    }
    effects
}

/// What must end with the screen it belongs to.
fn leave_screen(model: &Model) -> Vec<Effect> {
    match model.screen {
        Screen::Scanner(_) => vec![Effect::StopCamera],
        _ => Vec::new(),
    }
}

fn went_back(model: &mut Model) -> Vec<Effect> {
    match &model.screen {
        // A decision on its way is not called back by looking elsewhere.
        Screen::Request(request) if request.busy.is_some() => Vec::new(),
        Screen::Working | Screen::Starting => Vec::new(),
        _ => go(model, Screen::Home(None)),
    }
}

/// A phone sleeps between looks: whatever was asked before is asked again.
fn woke(model: &mut Model) -> Vec<Effect> {
    match model.record.as_ref().map(|record| &record.stage) {
        Some(Stage::PinSet { .. }) => vec![Effect::AskStatus(0)],
        Some(Stage::Active) => vec![requests::look(model, 0)],
        _ => Vec::new(),
    }
}

fn retry(model: &mut Model) -> Vec<Effect> {
    match model.screen {
        Screen::Scanner(_) => vec![Effect::StartCamera],
        Screen::History(_) => vec![Effect::Remember],
        _ => woke(model),
    }
}

fn camera_failed(model: &mut Model, problem: CameraProblem) -> Vec<Effect> {
    if let Screen::Scanner(scanner) = &mut model.screen {
        scanner.problem = Some(problem);
    }
    Vec::new()
}

/// This phone may never approve again; the record keeps the reason.
fn end(model: &mut Model, ending: Ending) -> Vec<Effect> {
    let mut effects = leave_screen(model);
    model.requests.clear();
    model.status = None;
    model.screen = Screen::Ended(ending);
    if let Some(record) = &mut model.record {
        record.stage = Stage::Ended(ending);
        record.chain = None;
        record.unanswered = None;
        effects.push(Effect::Keep(Box::new(record.clone())));
    }
    effects
}

/// What a device state means for this phone, when it means the end.
fn ending(state: DeviceState) -> Option<Ending> {
    match state {
        DeviceState::Claimed | DeviceState::PinSet | DeviceState::Active => None,
        DeviceState::PinLocked => Some(Ending::PinLocked),
        DeviceState::Suspended => Some(Ending::Suspended),
        DeviceState::Revoked => Some(Ending::Revoked),
        DeviceState::Expired => Some(Ending::Expired),
    }
}
