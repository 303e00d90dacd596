//! Keeps sessions: opens, finds, renews, ends.

use axum::http::HeaderMap;
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{
    Error, ErrorCode,
    clock::UnixTime,
    logout_token::{self, Ended},
    psc::Parts,
    renewal,
    session::{Record, Session, Tokens},
};

/// Access tokens live two minutes: one that is nearly over is renewed when it
/// is asked for, never by a timer.
const RENEW_BEFORE: i64 = 15;
/// How exactly the last use of a session is noted, and how soon the provider
/// is asked again after it could not answer.
const NOTE_AFTER: i64 = 60;
/// A page that asks who is logged in has just been opened or looked at again:
/// it learns of a logout elsewhere this soon.
const CHECK_AFTER: i64 = 5;

/// A session as found, and the name under which the store knows it.
pub(crate) struct Kept {
    pub(crate) key: String,
    pub(crate) record: Record,
}

impl Parts {
    /// Opens a session in place of the one this browser had, so that nobody
    /// can prepare a cookie for someone else's login.
    pub(crate) async fn open_session(
        &self,
        headers: &HeaderMap,
        session: Session,
        tokens: Tokens,
    ) -> Result<CookieJar, Error> {
        let now = self.clock.now();
        let mut id = [0; 32];
        getrandom::fill(&mut id).map_err(|error| server(error.to_string()))?;
        let id = URL_SAFE_NO_PAD.encode(id);

        let sid = logout_token::sid_of(&tokens.id_token);
        let record = Record { session, tokens, sid, seen_at: now, asked_at: now };
        let ends_at = record.ends_at(&self.config);
        self.store.insert(&key(&id), text(&record)?, ends_at, now).await.map_err(store)?;
        self.end_session(headers).await?;
        Ok(CookieJar::new().add(self.cookie(id)))
    }

    /// The session of this request, if there is one; its use is noted. Every
    /// few minutes the provider is asked whether it still stands: this notices
    /// a logout elsewhere, and tells the provider that the person is active.
    pub(crate) async fn find_session(&self, headers: &HeaderMap) -> Result<Option<Kept>, Error> {
        self.find(headers, self.config.revalidate_seconds).await
    }

    /// The session of this request, confirmed by the provider a moment ago.
    pub(crate) async fn check_session(&self, headers: &HeaderMap) -> Result<Option<Kept>, Error> {
        self.find(headers, CHECK_AFTER).await
    }

    async fn find(&self, headers: &HeaderMap, confirm_after: i64) -> Result<Option<Kept>, Error> {
        let Some(key) = self.session_key(headers) else { return Ok(None) };
        let Some(record) = self.load(&key).await? else { return Ok(None) };
        let now = self.clock.now();
        let must_note = |record: &Record| now >= record.seen_at + NOTE_AFTER;
        let must_ask = |record: &Record| {
            record.tokens.refresh_token.is_some()
                && now >= record.tokens.renewed_at + confirm_after
                && now >= record.asked_at + confirm_after.min(NOTE_AFTER)
        };
        if !must_note(&record) && !must_ask(&record) {
            return Ok(Some(Kept { key, record }));
        }
        let _alone = self.locks.lock(&key).await;
        // Another request of this browser may just have done it.
        let Some(mut record) = self.load(&key).await? else { return Ok(None) };
        if must_ask(&record) {
            record.asked_at = now;
            if let Err(error) = self.renew(&key, &mut record, now).await {
                if error.code == ErrorCode::LoginRequired {
                    return Ok(None);
                }
                // A provider that is down does not log anyone out.
                tracing::warn!(%error, "a session could not be confirmed");
            }
        }
        record.seen_at = now;
        let still_there = self.replace(&key, &record).await?;
        Ok(still_there.then_some(Kept { key, record }))
    }

    /// An access token with at least 15 seconds left.
    pub(crate) async fn fresh_access_token(&self, key: &str) -> Result<String, Error> {
        let _alone = self.locks.lock(key).await;
        let mut record = self.load(key).await?.ok_or_else(ended)?;
        let now = self.clock.now();
        if now + RENEW_BEFORE < record.tokens.access_expires_at {
            return Ok(record.tokens.access_token);
        }
        self.renew(key, &mut record, now).await?;
        if !self.replace(key, &record).await? {
            return Err(ended());
        }
        Ok(record.tokens.access_token)
    }

    /// New tokens in the place of the old. A grant that is over ends the
    /// session; after any other failure it stays, for the next use.
    async fn renew(&self, key: &str, record: &mut Record, now: UnixTime) -> Result<(), Error> {
        match renewal::renew(self, record, now).await {
            Ok(tokens) => {
                record.tokens = tokens;
                Ok(())
            }
            Err(error) => {
                if error.code == ErrorCode::LoginRequired {
                    self.store.remove(key).await.map_err(store)?;
                }
                Err(error)
            }
        }
    }

    /// Ends this browser's session, and returns what it was.
    pub(crate) async fn end_session(&self, headers: &HeaderMap) -> Result<Option<Record>, Error> {
        let Some(key) = self.session_key(headers) else { return Ok(None) };
        let record = self.load(&key).await?;
        self.store.remove(&key).await.map_err(store)?;
        Ok(record)
    }

    /// Tells the browser to forget its session.
    pub(crate) fn forget_cookie(&self) -> CookieJar {
        // `CookieJar::remove` writes nothing for a cookie that this jar never saw.
        let mut gone = self.cookie(String::new());
        gone.make_removal();
        CookieJar::new().add(gone)
    }

    async fn load(&self, key: &str) -> Result<Option<Record>, Error> {
        let Some(text) = self.store.load(key).await.map_err(store)? else { return Ok(None) };
        let record: Record = serde_json::from_str(&text)
            .map_err(|error| server(format!("the record of a session does not read: {error}")))?;
        let alive = self.clock.now() < record.ends_at(&self.config);
        if alive && self.was_ended(&record).await? {
            self.store.remove(key).await.map_err(store)?;
            return Ok(None);
        }
        Ok(alive.then_some(record))
    }

    /// Keeps that the provider has ended a session, as long as one could live:
    /// whichever node is asked, it is over at its next use.
    pub(crate) async fn note_end(&self, ended: &Ended) -> Result<(), Error> {
        let now = self.clock.now();
        let until = now + self.config.session_seconds + self.config.idle_seconds;
        let (name, since) = match ended {
            Ended::Session(sid) => (ended_session(sid), now),
            Ended::Subject(sub, since) => (ended_subject(sub), *since),
        };
        self.store.insert(&name, since.to_string(), until, now).await.map_err(store)
    }

    async fn was_ended(&self, record: &Record) -> Result<bool, Error> {
        if let Some(sid) = &record.sid
            && self.store.load(&ended_session(sid)).await.map_err(store)?.is_some()
        {
            return Ok(true);
        }
        let name = ended_subject(&record.session.subject);
        let since = self.store.load(&name).await.map_err(store)?;
        let since = since.and_then(|since| since.parse::<UnixTime>().ok());
        Ok(since.is_some_and(|since| record.session.authenticated_at <= since))
    }

    async fn replace(&self, key: &str, record: &Record) -> Result<bool, Error> {
        let ends_at = record.ends_at(&self.config);
        self.store.replace(key, text(record)?, ends_at).await.map_err(store)
    }

    fn session_key(&self, headers: &HeaderMap) -> Option<String> {
        let jar = CookieJar::from_headers(headers);
        Some(key(jar.get(&self.cookie_name())?.value()))
    }

    fn cookie_name(&self) -> String {
        format!("__Host-{}-session", self.config.name)
    }

    /// `Lax`, because the page that a login comes back to is reached from
    /// another site; what changes something is a POST with its own defence.
    fn cookie(&self, id: String) -> Cookie<'static> {
        Cookie::build((self.cookie_name(), id))
            .path("/")
            .secure(true)
            .http_only(true)
            .same_site(SameSite::Lax)
            .build()
    }
}

/// The store sees a digest, so that its copy opens no session.
fn key(id: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(id))
}

fn ended_session(sid: &str) -> String {
    key(&format!("ended session {sid}"))
}

fn ended_subject(sub: &str) -> String {
    key(&format!("ended subject {sub}"))
}

fn text(record: &Record) -> Result<String, Error> {
    serde_json::to_string(record).map_err(|error| server(error.to_string()))
}

fn ended() -> Error {
    Error::new(ErrorCode::LoginRequired, "the session has ended")
}

fn store(error: crate::StoreError) -> Error {
    server(error.to_string())
}

fn server(detail: String) -> Error {
    Error::new(ErrorCode::Server, detail)
}

/// Seconds from now, for tokens whose life is given as a length.
pub(crate) fn after(now: UnixTime, length: Option<std::time::Duration>) -> UnixTime {
    // RFC 6749 §5.1 lets the length be absent: then it is used once.
    now + length.map_or(0, |length| length.as_secs().try_into().unwrap_or(i64::MAX / 2))
}
