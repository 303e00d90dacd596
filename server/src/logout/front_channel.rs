//! Clients' pages forget a login that ended in this browser (Front-Channel
//! Logout 1.0).
//!
//! Our last page loads one page of each client in a frame, and waits for none
//! of them longer than [`PATIENCE`]. A browser that keeps cookies from frames
//! of other sites makes them deaf, so this is never the only way in which a
//! client hears of an end: the back channel is told as well.

use crate::{app::App, sessions};

/// How long our page stays for the frames, in seconds.
pub(super) const PATIENCE: u32 = 3;

/// More clients than these hear of the end by the back channel only.
const MOST_FRAMES: usize = 30;

/// The addresses to load for the end of a session.
pub(super) async fn addresses(app: &App, sid: &str) -> anyhow::Result<Vec<String>> {
    let clients = sessions::clients_of(app, sid).await?;
    let clients = clients.iter().filter_map(|client_id| app.clients.find(client_id));
    let addresses = clients.filter_map(|client| {
        let page = client.frontchannel_logout.as_ref()?;
        Some(page.address(&app.issuer, sid))
    });
    Ok(addresses.take(MOST_FRAMES).collect())
}
