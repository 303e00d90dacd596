//! Simulated phones, over HTTP: for tests that cannot hold one.
//!
//! `POST /sandbox/v1/phones/{national id}` enrols one. `POST …/{answer}` says
//! how it answers the oldest pending request, waiting up to ten seconds for
//! one; with `?always=true` it answers every later request the same way. They
//! speak the protocol of a real phone, through the same port.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::anyhow;
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::post,
};
use openpsc_ecps_phone::{Phone, PhoneError};
use openpsc_protocol::ecps::{Challenge, DenialReason, Matching};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    ecps,
    error::{Error, ErrorCode},
    secret::{digest_of, random_token},
};

const PIN: &str = "271828";
const WRONG_PIN: &str = "314159";
/// How long a call waits for a request to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The simulated phones of this process; a restart forgets them.
#[derive(Default)]
pub struct Phones(Mutex<HashMap<String, Simulated>>);

#[derive(Clone)]
struct Simulated {
    phone: Arc<Phone>,
    /// Ends the habit when it is dropped.
    habit: Option<Arc<tokio::task::AbortHandle>>,
}

impl Drop for Simulated {
    fn drop(&mut self) {
        if let Some(habit) = &self.habit
            && Arc::strong_count(habit) == 1
        {
            habit.abort();
        }
    }
}

impl Phones {
    fn phone(&self, national_id: &str) -> Option<Arc<Phone>> {
        self.lock().get(national_id).map(|simulated| Arc::clone(&simulated.phone))
    }

    fn put(&self, national_id: &str, phone: Arc<Phone>) {
        self.lock().insert(national_id.to_owned(), Simulated { phone, habit: None });
    }

    fn set_habit(&self, national_id: &str, habit: Option<tokio::task::AbortHandle>) {
        if let Some(simulated) = self.lock().get_mut(national_id) {
            if let Some(old) = simulated.habit.take() {
                old.abort();
            }
            simulated.habit = habit.map(Arc::new);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Simulated>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/sandbox/v1/phones/{national_id}", post(enrol))
        .route("/sandbox/v1/phones/{national_id}/{answer}", post(answer))
}

/// How a simulated phone answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Habit {
    Approve,
    Deny,
    WrongNumber,
    WrongPin,
    Silent,
}

#[derive(Serialize)]
struct Enrolled {
    national_id: String,
    device_id: String,
}

#[derive(Serialize)]
struct Answered {
    /// How the phone answered; `none` when nothing came to answer.
    answer: &'static str,
    /// The request.
    #[serde(skip_serializing_if = "Option::is_none")]
    rid: Option<String>,
    /// What the provider said to it, when it did not accept.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Always {
    #[serde(default)]
    always: bool,
}

async fn enrol(
    State(app): State<App>,
    Path(national_id): Path<String>,
) -> Result<Json<Enrolled>, Error> {
    let national_id = known(&app, &national_id)?;
    let phone = enrolled(&app, &national_id).await.map_err(told)?;
    let device_id = phone.device_id();
    app.phones.put(&national_id, Arc::new(phone));
    Ok(Json(Enrolled { national_id, device_id }))
}

/// Walks through the portal as a person would.
async fn enrolled(app: &App, national_id: &str) -> anyhow::Result<Phone> {
    let portal = digest_of(&random_token());
    let started = ecps::start_enrolment(app, national_id, &portal).await?;
    let link = ecps::draw_enrolment(app, &started.id).await?.ok_or(PhoneError::NotConfirmed)?;
    let app_url = local_app_url(app);
    let (phone, _) = Phone::enrol(&app_url, &link, PIN, "Téléphone simulé").await?;
    ecps::confirm_enrolment(app, &started.id, &portal, true).await?;
    phone.wait_active(PATIENCE).await?;
    Ok(phone)
}

/// The phone lives in this process: it takes the port that is surely there.
fn local_app_url(app: &App) -> String {
    format!("http://{}", app.config.ecps.listen)
}

async fn answer(
    State(app): State<App>,
    Path((national_id, habit)): Path<(String, Habit)>,
    Query(always): Query<Always>,
) -> Result<Json<Answered>, Error> {
    let national_id = known(&app, &national_id)?;
    let phone = app.phones.phone(&national_id).ok_or(Error::Refused(
        ErrorCode::NotFound,
        "No simulated phone: POST /sandbox/v1/phones/{national id} enrols one.",
    ))?;
    app.phones.set_habit(&national_id, None);
    if always.always {
        let keeps = tokio::spawn(keep(app.clone(), Arc::clone(&phone), habit));
        app.phones.set_habit(&national_id, Some(keeps.abort_handle()));
        return Ok(Json(Answered { answer: "always", rid: None, refusal: None }));
    }
    Ok(Json(once(&app, &phone, habit).await.map_err(told)?))
}

/// Two calls about one person may overtake each other: that is theirs to know,
/// and no failure of the server's.
fn told(error: anyhow::Error) -> Error {
    use PhoneError::{NoSuchRequest, NotActive, NotConfirmed, Refused};

    let over = matches!(error.downcast_ref(), Some(ecps::EnrolmentError::Over));
    match error.downcast_ref() {
        _ if over => Error::Refused(
            ErrorCode::InvalidRequest,
            "The simulated phone was not enrolled: another enrolment of this person was faster.",
        ),
        Some(Refused(_) | NoSuchRequest(_) | NotActive | NotConfirmed) => Error::Refused(
            ErrorCode::InvalidRequest,
            "The simulated phone could not do it: another was enrolled, or another call was faster.",
        ),
        _ => Error::Internal(error),
    }
}

/// Answers every request until told otherwise.
async fn keep(app: App, phone: Arc<Phone>, habit: Habit) {
    loop {
        if let Err(cause) = once(&app, &phone, habit).await {
            tracing::warn!(cause = format!("{cause:#}"), "a simulated phone gave up");
            return;
        }
    }
}

async fn once(app: &App, phone: &Phone, habit: Habit) -> anyhow::Result<Answered> {
    if habit == Habit::Silent {
        tokio::time::sleep(Duration::from_millis(200)).await;
        return Ok(Answered { answer: "silent", rid: None, refusal: None });
    }
    let waiting = phone.requests(u32::try_from(PATIENCE.as_secs()).unwrap_or(10)).await?;
    let Some(challenge) = waiting.into_iter().next() else {
        return Ok(Answered { answer: "none", rid: None, refusal: None });
    };
    let outcome = decide(app, phone, habit, &challenge).await;
    let refusal = match outcome {
        Ok(()) => None,
        Err(error) => match error.downcast_ref::<PhoneError>().and_then(PhoneError::refusal) {
            Some(code) => Some(code_word(code)?),
            None => return Err(error),
        },
    };
    let answer = match habit {
        Habit::Approve => "approve",
        Habit::Deny => "deny",
        Habit::WrongNumber => "wrong-number",
        Habit::WrongPin => "wrong-pin",
        Habit::Silent => "silent",
    };
    Ok(Answered { answer, rid: Some(challenge.rid), refusal })
}

fn code_word(code: openpsc_protocol::ecps::RefusalCode) -> anyhow::Result<String> {
    let word = serde_json::to_value(code)?;
    word.as_str().map(str::to_owned).ok_or_else(|| anyhow!("a refusal code is a word"))
}

async fn decide(
    app: &App,
    phone: &Phone,
    habit: Habit,
    challenge: &Challenge,
) -> anyhow::Result<()> {
    let number = match challenge.matching {
        Matching::Typed2 => {
            let view = ecps::view(app, &challenge.rid).await?;
            let number = view.and_then(|view| view.number);
            Some(number.ok_or_else(|| PhoneError::NoSuchRequest(challenge.rid.clone()))?)
        }
        Matching::Read | Matching::Qr | Matching::Link => None,
    };
    let number = number.as_deref();
    match habit {
        Habit::Approve => phone.approve(&challenge.rid, number).await.map(drop)?,
        Habit::Deny => phone.deny(&challenge.rid, DenialReason::Mistake).await.map(drop)?,
        Habit::WrongNumber => {
            let wrong = number.map(another_number);
            phone.approve(&challenge.rid, wrong.as_deref()).await.map(drop)?;
        }
        Habit::WrongPin => {
            phone.approve_with_pin(&challenge.rid, number, WRONG_PIN).await.map(drop)?;
        }
        Habit::Silent => {}
    }
    Ok(())
}

/// Two digits that are surely not these.
fn another_number(number: &str) -> String {
    let value: u32 = number.parse().unwrap_or(0);
    format!("{:02}", (value + 1) % 100)
}

fn known(app: &App, national_id: &str) -> Result<String, Error> {
    let person = app.directory.find(national_id);
    person
        .map(|person| person.national_id.to_string())
        .ok_or(Error::Refused(ErrorCode::NotFound, "Nobody in the directory has this identifier."))
}
