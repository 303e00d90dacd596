//! Clients are told that a session has ended (Back-Channel Logout 1.0).
//!
//! Whatever ends a session writes its notices in the same transaction. From
//! there they are told in parallel, and again when nobody listened, whichever
//! node is alive.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::Instant};

use super::notices;
use crate::{
    app::App,
    audit::{Event, Kind},
    clients::Client,
    clock::UnixTime,
    jose::sign_compact,
    secret::random_token,
    sessions,
    token::subject_of,
};

/// How long a logout token is good for, in seconds (§2.4: two minutes at most).
const LIFETIME: i64 = 120;

/// One client that must be told of the end of one session, or of all that it
/// knows of a person.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    pub sid: Option<String>,
    pub client_id: String,
    pub national_id: String,
    pub attempts: i64,
    pub ended_at: UnixTime,
}

/// What became of one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// It answered 200 or 204.
    Yes,
    /// It refused the token, which will not become better.
    Refused,
    /// It could not be reached, or failed.
    NotYet,
}

#[derive(Serialize)]
struct LogoutToken<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: UnixTime,
    exp: UnixTime,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    sub: String,
    events: Value,
}

/// Tells clients, for ever.
pub async fn run(app: App) {
    let ended = app.wake.watch(sessions::ENDED);
    loop {
        let change = ended.change();
        match once(&app).await {
            Ok(0) => {
                // Others' notices and second tries need no hint: look again soon.
                change.before(Instant::now() + Duration::from_secs(2)).await;
            }
            Ok(_) => {}
            Err(cause) => {
                tracing::error!(cause = format!("{cause:#}"), "could not tell of a logout");
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
    }
}

/// Tells whoever must be told now; answers how many that were.
pub async fn once(app: &App) -> anyhow::Result<usize> {
    let mut telling = JoinSet::new();
    for notice in notices::take(app).await? {
        let app = app.clone();
        telling.spawn(async move { settle(&app, &notice).await });
    }
    let mut told = 0;
    while let Some(settled) = telling.join_next().await {
        settled??;
        told += 1;
    }
    Ok(told)
}

async fn settle(app: &App, notice: &Notice) -> anyhow::Result<()> {
    let client = app.clients.find(&notice.client_id);
    let address = client.as_ref().and_then(|client| client.backchannel_logout_uri.as_deref());
    let (Some(client), Some(address)) = (&client, address) else {
        notices::done(notice).execute(&app.database).await?;
        return Ok(());
    };
    if notice.sid.is_none() && client.backchannel_logout_session_required {
        return notices::one_for_each_session(app, notice).await;
    }
    let told = tell(app, client, address, notice).await?;
    let next = notices::next_try(notice, app.clock.now());
    let (result, next) = match (told, next) {
        (Told::Yes, _) => ("told", None),
        (Told::Refused, _) => ("refused", None),
        (Told::NotYet, Some(next)) => ("not yet", Some(next)),
        (Told::NotYet, None) => ("given up", None),
    };
    app.metrics.backchannel_logout(result);
    let kind = if told == Told::Yes { Kind::LogoutSent } else { Kind::LogoutFailed };
    let event = Event::of(kind)
        .person(&notice.national_id)
        .client(&notice.client_id)
        .session(notice.sid.as_deref().unwrap_or("all"))
        .reason(result)
        .count(notice.attempts);
    let kept = match next {
        Some(at) => notices::again(notice, at),
        None => notices::done(notice),
    };
    kept.audited(event).execute(&app.database).await?;
    Ok(())
}

async fn tell(app: &App, client: &Client, address: &str, notice: &Notice) -> anyhow::Result<Told> {
    let now = app.clock.now();
    let keys = app.keys.get(app).await?;
    let token = LogoutToken {
        iss: &app.issuer,
        aud: &client.client_id,
        iat: now,
        exp: now + LIFETIME,
        jti: random_token(),
        sid: notice.sid.as_deref(),
        sub: subject_of(&notice.national_id),
        events: json!({"http://schemas.openid.net/event/backchannel-logout": {}}),
    };
    let token = sign_compact(keys.tokens(client.alg), "logout+jwt", &token)?;
    let form = [("logout_token", token.as_str())];
    Ok(match app.fetcher.post_form(address, &form, None).await {
        Ok(answer) if matches!(answer.status.as_u16(), 200 | 204) => Told::Yes,
        // §2.8: 400 says that the token is not accepted.
        Ok(answer) if answer.status.as_u16() == 400 => Told::Refused,
        Ok(_) | Err(_) => Told::NotYet,
    })
}
