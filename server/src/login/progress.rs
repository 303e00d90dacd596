//! How far a login has come, as its page shows it.

use openpsc_protocol::ecps::RequestState;

use super::pending::{Login, State};
use crate::{app::App, clock::UnixTime, ecps, pages::WaitState};

/// What the pages of a login are made from.
pub(super) struct Progress {
    /// What to show.
    pub state: WaitState,
    /// The request that it comes from.
    pub view: Option<ecps::View>,
    /// An approved request, whichever way it went to the phone.
    pub approved: Option<String>,
}

/// Reads the requests of a login. One sent by number or link is shown rather
/// than the QR code's, but an approval of either counts.
pub(super) async fn of(app: &App, login: &Login) -> anyhow::Result<Progress> {
    let sent = view(app, login.rid.as_deref()).await?;
    let scanned = view(app, login.qr_rid.as_deref()).await?;
    let approved = [&sent, &scanned]
        .into_iter()
        .flatten()
        .find(|view| view.state == RequestState::Approved)
        .map(|view| view.rid.clone());
    let shown = if sent.is_some() { sent } else { scanned };
    let state = state(login, shown.as_ref(), approved.is_some(), app.clock.now());
    Ok(Progress { state, view: shown, approved })
}

async fn view(app: &App, rid: Option<&str>) -> anyhow::Result<Option<ecps::View>> {
    match rid {
        Some(rid) => ecps::view(app, rid).await,
        None => Ok(None),
    }
}

fn state(login: &Login, view: Option<&ecps::View>, approved: bool, now: UnixTime) -> WaitState {
    match login.state {
        State::Finished => return WaitState::LoginFinished,
        State::Cancelled => return WaitState::Cancelled,
        State::Pending if now >= login.expires_at => return WaitState::LoginExpired,
        State::Pending if approved => return WaitState::Approved,
        State::Pending => {}
    }
    let Some(view) = view else { return WaitState::Pending };
    match view.state {
        _ if view.phone_locked => WaitState::PhoneLocked,
        RequestState::Pending => WaitState::Pending,
        RequestState::Fetched => WaitState::Fetched,
        RequestState::Approved => WaitState::Approved,
        RequestState::Consumed => WaitState::LoginFinished,
        RequestState::Denied => WaitState::Denied,
        RequestState::NumberWrong => WaitState::NumberWrong,
        RequestState::Expired => WaitState::Expired,
        RequestState::Cancelled => WaitState::Cancelled,
        RequestState::Superseded => WaitState::Superseded,
    }
}
