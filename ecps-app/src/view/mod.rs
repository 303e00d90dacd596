//! What the screen shows for each state of the model.

mod ending;
mod enrolment;
mod frame;
mod pad;
mod phone;
mod pin;
mod request;
mod requests;
mod scanner;
#[cfg(test)]
mod sights;

use crate::{
    markup::Tag,
    model::{Announcement, Model, Screen},
    texts::{Language, Texts, fill},
};

/// How times are written; the browser knows the person's time zone.
#[derive(Clone, Copy)]
pub struct Dates {
    /// A day: `22 novembre 2026`.
    pub day: fn(i64, Language) -> String,
    /// A day and an hour.
    pub moment: fn(i64, Language) -> String,
    /// An hour: `15:42`.
    pub hour: fn(i64, Language) -> String,
}

/// All that a view needs.
pub(crate) struct Scene<'a> {
    pub(crate) model: &'a Model,
    pub(crate) texts: &'a Texts,
    pub(crate) dates: Dates,
}

impl Scene<'_> {
    fn day(&self, time: i64) -> String {
        (self.dates.day)(time, self.model.language)
    }

    fn moment(&self, time: i64) -> String {
        (self.dates.moment)(time, self.model.language)
    }

    fn hour(&self, time: i64) -> String {
        (self.dates.hour)(time, self.model.language)
    }
}

/// What a page consists of.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// The window's title.
    pub title: String,
    /// The body's content.
    pub content: Vec<Tag>,
}

/// The page for this model.
pub fn page(model: &Model, dates: Dates) -> Page {
    let scene = Scene { model, texts: model.language.texts(), dates };
    let (title, main) = match &model.screen {
        Screen::Starting => enrolment::starting(&scene),
        Screen::Welcome(notice) => enrolment::welcome(&scene, notice.as_ref()),
        Screen::InstallFirst => enrolment::install_first(&scene),
        Screen::Scanner(scanner) => scanner::scanner(&scene, scanner),
        Screen::Working => enrolment::working(&scene),
        Screen::Replace(_) => enrolment::replace(&scene),
        Screen::ChoosePin(choosing) => pin::choose(&scene, choosing),
        Screen::CheckValue => enrolment::check_value(&scene),
        Screen::Home(notice) => requests::home(&scene, notice.as_ref()),
        Screen::Request(request) => request::request(&scene, request),
        Screen::Outcome(outcome) => ending::outcome(&scene, outcome),
        Screen::History(entries) => requests::history(&scene, entries.as_deref()),
        Screen::Device(notice) => phone::device(&scene, notice.as_ref()),
        Screen::GiveUp(notice) => phone::give_up(&scene, notice.as_ref()),
        Screen::Ended(ending) => ending::ended(&scene, *ending),
    };
    frame::around(&scene, title, main)
}

/// What a screen reader says of a change; `None` leaves it silent.
pub fn announcement(model: &Model) -> Option<String> {
    let texts = model.language.texts();
    Some(match model.announcement? {
        Announcement::Digits(typed, of) => fill(&fill(texts.digits_typed, "n", typed), "of", of),
        Announcement::NewRequest => texts.new_request.into(),
        Announcement::Problem => match &model.screen {
            Screen::ChoosePin(choosing) => {
                texts.pin_problem(choosing.problem.as_ref()?, model.pin_length())
            }
            Screen::Request(request) => texts.failure(request.problem.as_ref()?),
            _ => return None,
        },
    })
}
