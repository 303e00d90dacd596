//! The three ways in which a login asks for a phone.

use anyhow::anyhow;
use openpsc_ecps_keys::rotating_code;
use openpsc_protocol::{
    ecps::{DeviceState, Origin, RequestState, Start},
    level::Level,
};

use super::{
    Settings, display,
    portal::device_key,
    push_limits,
    request::Request,
    store::{devices, pushes, requests},
    waiting::wake_key,
};
use crate::{
    app::App,
    audit::{Event, Kind},
    clock::UnixTime,
    database::Statement,
    secret::{self, base64url, random_bytes},
    throttle::{self, Caller, Limit},
};

/// Who asks, from where.
#[derive(Clone, Debug)]
pub struct Asking<'a> {
    /// The login.
    pub login_id: &'a str,
    /// Digest of the cookie of the browser that it belongs to.
    pub browser_digest: &'a str,
    /// The service.
    pub client_id: &'a str,
    /// The name that it was registered with.
    pub client_name: &'a str,
    /// The level that it asks for at least.
    pub acr: Option<Level>,
    /// The language of the page, `fr` or `en`.
    pub lang: &'a str,
    /// What the person is told of the browser.
    pub origin: Origin,
    /// The network address, for the limits; empty when it is that of a service
    /// that has proved who it is and speaks for many people.
    pub address: &'a str,
}

/// What a service that rings a phone by itself shows to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown<'a> {
    /// Two digits, typed on the phone.
    Number(&'a str),
    /// Words, shown on the phone too.
    Words(&'a str),
}

/// How a phone is rung.
pub struct Ringing<'a> {
    /// What the person sees on both sides.
    pub shown: Shown<'a>,
    /// How long, in seconds.
    pub lifetime: i64,
    /// Whether it is said that a person has no phone.
    pub reveal_missing_phone: bool,
    /// What is written in the same transaction, once the request has its id:
    /// whoever asks never has half of it.
    pub beside: Beside<'a>,
}

/// Statements that belong to a request of this id.
pub type Beside<'a> = &'a (dyn Fn(&str) -> anyhow::Result<Vec<Statement>> + Sync);

/// Why a login does not get to a phone.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Too often; come back in so many seconds.
    #[error("too many starts")]
    TooMany {
        /// Seconds to wait.
        retry_after: i64,
    },
    /// Starts by identifier are switched off.
    #[error("starts by identifier are switched off")]
    Off,
    /// This identifier has no active phone; only said when settings allow it.
    #[error("no active phone")]
    NoPhone,
    /// Ours.
    #[error("could not start")]
    Internal(#[from] anyhow::Error),
}

/// A push is on its way, or looks so.
#[derive(Clone, Debug)]
pub struct PushStarted {
    /// The request.
    pub rid: String,
    /// The two digits to show.
    pub number: String,
}

/// A link for this very phone.
#[derive(Clone, Debug)]
pub struct LinkStarted {
    /// The request.
    pub rid: String,
    /// Opens the app with the request.
    pub link: String,
}

/// Asks whichever phone scans. A page that is loaded again keeps its request.
pub async fn start_qr(app: &App, asking: &Asking<'_>) -> Result<String, StartError> {
    start_unaddressed(app, asking, Start::Qr).await
}

/// The code to show now, or nothing once a phone has scanned it or the request
/// has ended.
pub async fn draw_qr(app: &App, rid: &str) -> anyhow::Result<Option<String>> {
    let now = app.clock.now();
    let Some(request) = requests::find(&app.database, rid).await? else { return Ok(None) };
    if request.start != Start::Qr || request.state_at(now) != RequestState::Pending {
        return Ok(None);
    }
    let code = rotating_code::draw(rid, qr_secret(app, rid).as_bytes(), now);
    Ok(Some(format!("{}/#q={}", app.config.ecps.app_url, code.to_fragment())))
}

/// Asks the phone that shows the page.
pub async fn start_link(app: &App, asking: &Asking<'_>) -> Result<LinkStarted, StartError> {
    let rid = start_unaddressed(app, asking, Start::Link).await?;
    let link = format!("{}/#l={rid}.{}", app.config.ecps.app_url, link_secret(app, &rid));
    Ok(LinkStarted { rid, link })
}

/// Rings the phone of whoever has this identifier. For an identifier that has
/// none, all looks the same: the request waits, and expires (E01).
pub async fn start_push(
    app: &App,
    asking: &Asking<'_>,
    national_id: &str,
) -> Result<PushStarted, StartError> {
    let number = random_number();
    let ringing = Ringing {
        shown: Shown::Number(&number),
        lifetime: app.config.ecps.request_lifetime,
        reveal_missing_phone: app.config.ecps.reveal_missing_phone,
        beside: &|_| Ok(Vec::new()),
    };
    let rid = ring(app, asking, national_id, &ringing).await?;
    Ok(PushStarted { rid, number })
}

/// Rings a phone for a service that shows no page of ours: it shows the number
/// or the words itself. Same limits, same silence; who has no phone is said
/// where `reveal_missing_phone`. Answers with the request.
pub async fn start_back_channel(
    app: &App,
    asking: &Asking<'_>,
    national_id: &str,
    ringing: Ringing<'_>,
) -> Result<String, StartError> {
    let lifetime = ringing.lifetime.min(app.config.ecps.request_lifetime);
    ring(app, asking, national_id, &Ringing { lifetime, ..ringing }).await
}

async fn ring(
    app: &App,
    asking: &Asking<'_>,
    national_id: &str,
    ringing: &Ringing<'_>,
) -> Result<String, StartError> {
    if !app.config.ecps.push_start {
        return Err(StartError::Off);
    }
    let now = app.clock.now();
    brake(app, asking)?;
    // Any identifier of a person rings the same phone, and counts as the same.
    let national_id =
        app.directory.find(national_id).map_or(national_id, |person| person.national_id.as_str());
    // Another start of the same person may come between reading and writing:
    // at most three of them, for then the limit is reached.
    for _ in 0..5 {
        let device = devices::active_of(&app.database, national_id).await?;
        let device = device.filter(|device| device.state_at(now) == DeviceState::Active);
        let seen = pushes::seen_of(&app.database, national_id, now).await?;
        let starts = pushes::starts_of(&app.database, national_id, now).await?;
        let block = pushes::block_of(&app.database, national_id, now).await?;
        if let Err(retry_after) = push_limits::may_ring(&starts, block, now) {
            app.audit.record(
                Event::of(Kind::TooManyCalls)
                    .person(national_id)
                    .client(asking.client_id)
                    .reason("pushes to a person"),
            );
            return Err(StartError::TooMany { retry_after });
        }
        if device.is_none() && ringing.reveal_missing_phone {
            return Err(StartError::NoPhone);
        }
        let device_id = device.map(|device| device.device_id);
        let (number, message) = match ringing.shown {
            Shown::Number(number) => (Some(number.to_owned()), None),
            Shown::Words(words) => (None, Some(display::shown(words, 64))),
        };
        let request = Request {
            number,
            message,
            national_id: Some(national_id.to_owned()),
            device_id: device_id.clone(),
            expires_at: now + ringing.lifetime,
            ..new_request(&app.config.ecps, asking, Start::Push, now)
        };
        let older = pushes::live_of(&app.database, national_id).await?;
        let mut steps = vec![
            pushes::supersede(national_id, now),
            insert(asking, &request, seen).audited(asked(&request)),
        ];
        steps.extend((ringing.beside)(&request.rid)?);
        if app.database.all_or_nothing(steps).await? {
            for rid in older {
                app.wake.notify(&wake_key(&rid));
            }
            if let Some(device_id) = &device_id {
                app.wake.notify(&device_key(device_id));
            }
            return Ok(request.rid);
        }
    }
    Err(StartError::Internal(anyhow!("five times another start came in between")))
}

/// The secret behind a request's code. Derived, so that the database holds
/// nothing to steal.
pub(super) fn qr_secret(app: &App, rid: &str) -> String {
    app.sealer.tag("ecps-qr", rid)
}

/// The secret in a request's link, 128 bits of a tag.
pub(super) fn link_secret(app: &App, rid: &str) -> String {
    let mut tag = app.sealer.tag("ecps-link", rid);
    tag.truncate(22);
    tag
}

/// An id that nobody guesses: 128 random bits.
pub(super) fn random_id() -> String {
    base64url(&random_bytes::<16>())
}

async fn start_unaddressed(
    app: &App,
    asking: &Asking<'_>,
    start: Start,
) -> Result<String, StartError> {
    let now = app.clock.now();
    let (login_id, browser) = (asking.login_id, asking.browser_digest);
    if let Some(rid) = requests::live_of_login(&app.database, login_id, browser, start, now).await?
    {
        return Ok(rid);
    }
    let request = new_request(&app.config.ecps, asking, start, now);
    if !app
        .database
        .all_or_nothing(vec![insert(asking, &request, 0).audited(asked(&request))])
        .await?
    {
        return Err(StartError::Internal(anyhow!("a random id came twice")));
    }
    Ok(request.rid)
}

fn new_request(settings: &Settings, asking: &Asking<'_>, start: Start, now: UnixTime) -> Request {
    Request {
        rid: random_id(),
        client_id: asking.client_id.to_owned(),
        client_name: display::shown(asking.client_name, 60),
        acr: asking.acr,
        lang: if asking.lang == "en" { "en" } else { "fr" }.to_owned(),
        origin: Origin {
            browser: display::shown(&asking.origin.browser, 40),
            os: display::shown(&asking.origin.os, 40),
            network: display::shown(&asking.origin.network, 60),
        },
        start,
        number: None,
        message: None,
        nonce: secret::random_token(),
        national_id: None,
        device_id: None,
        challenge: None,
        state: RequestState::Pending,
        decision_digest: None,
        answer: None,
        created_at: now,
        expires_at: now + settings.request_lifetime,
        decided_at: None,
    }
}

fn insert(asking: &Asking<'_>, request: &Request, seen: i64) -> Statement {
    let (login_id, browser_digest) = (asking.login_id, asking.browser_digest);
    requests::insert(&requests::NewRequest { login_id, browser_digest, request }, seen)
}

/// Two digits, each pair as likely as the others.
fn random_number() -> String {
    loop {
        let [byte] = random_bytes::<1>();
        if byte < 200 {
            return format!("{:02}", byte % 100);
        }
    }
}

/// The brakes of this node; those of a person are counted in the database.
fn brake(app: &App, asking: &Asking<'_>) -> Result<(), StartError> {
    let settings = &app.config.ecps;
    let brakes = [
        ("pushes from an address", asking.address, settings.push_starts_per_address),
        ("pushes of a client", asking.client_id, settings.push_starts_per_client),
        ("pushes altogether", "all", settings.push_starts_altogether),
    ];
    for (what, who, calls) in brakes.into_iter().filter(|(_, who, _)| !who.is_empty()) {
        let limit = Limit { calls: calls as usize, seconds: 60 };
        let caller = Caller { who, client: Some(asking.client_id) };
        throttle::brake(app, what, caller, limit)
            .map_err(|retry_after| StartError::TooMany { retry_after })?;
    }
    Ok(())
}

fn asked(request: &Request) -> Event {
    request.event(Kind::ApprovalAsked).reason(super::words::word(request.start))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_number_is_two_digits_and_any_of_a_hundred() {
        let drawn: HashSet<String> = (0..5000).map(|_| random_number()).collect();
        assert_eq!(drawn.len(), 100);
        assert!(drawn.iter().all(|number| number.len() == 2));
    }

    #[test]
    fn an_id_has_128_bits() {
        assert_eq!(secret::from_base64url(&random_id()).unwrap().len(), 16);
    }
}
