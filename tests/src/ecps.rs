//! What a login page and a portal do with the e-CPS, without their pages.

use std::time::Duration;

use openpsc::ecps::{self, Asking, LinkStarted, PushStarted, StartError, View};
use openpsc_ecps_phone::Phone;
use openpsc_protocol::{
    ecps::{Origin, RequestState},
    level::Level,
};

use crate::TestServer;

/// The PIN of every phone here.
pub const PIN: &str = "407193";

/// Another.
pub const WRONG_PIN: &str = "718290";

/// The login that asks.
pub const LOGIN: &str = "login-1";

/// The browser that it belongs to.
pub const BROWSER: &str = "browser-1";

/// A login page, asking.
fn asking(login_id: &str) -> Asking<'_> {
    Asking {
        login_id,
        browser_digest: BROWSER,
        client_id: "demo-agenda",
        client_name: "Agenda\u{202e} du cabinet",
        acr: Some(Level::Eidas2),
        lang: "fr",
        origin: Origin {
            browser: "Firefox".into(),
            os: "Windows".into(),
            network: "192.0.2.0/24".into(),
        },
        address: "192.0.2.7",
    }
}

impl TestServer {
    /// Gives a person a phone, as the portal does.
    pub async fn enrol(&self, national_id: &str) -> Phone {
        let started = ecps::start_enrolment(&self.app, national_id, "portal").await.unwrap();
        let link = self.draw_enrolment(&started.id).await.unwrap();
        let (phone, check) = Phone::enrol(self.app_url(), &link, PIN, "Phone").await.unwrap();
        let view = ecps::enrolment_view(&self.app, &started.id).await.unwrap().unwrap();
        assert_eq!(view.check.as_deref(), Some(check.as_str()));
        ecps::confirm_enrolment(&self.app, &started.id, "portal", true).await.unwrap();
        phone.wait_active(Duration::from_secs(5)).await.unwrap();
        phone
    }

    /// The code that the portal shows now.
    pub async fn draw_enrolment(&self, id: &str) -> Option<String> {
        ecps::draw_enrolment(&self.app, id).await.unwrap()
    }

    /// Rings a person's phone.
    pub async fn push(&self, national_id: &str) -> PushStarted {
        self.try_push(national_id).await.unwrap()
    }

    /// Rings a person's phone, or says why not.
    pub async fn try_push(&self, national_id: &str) -> Result<PushStarted, StartError> {
        ecps::start_push(&self.app, &asking(LOGIN), national_id).await
    }

    /// Shows a code to scan; the same login keeps the same request.
    pub async fn qr(&self, login_id: &str) -> String {
        ecps::start_qr(&self.app, &asking(login_id)).await.unwrap()
    }

    /// The code on the page now.
    pub async fn draw_qr(&self, rid: &str) -> Option<String> {
        ecps::draw_qr(&self.app, rid).await.unwrap()
    }

    /// Offers a link for the phone that shows the page.
    pub async fn link(&self) -> LinkStarted {
        ecps::start_link(&self.app, &asking(LOGIN)).await.unwrap()
    }

    /// What the page that waits sees.
    pub async fn view(&self, rid: &str) -> View {
        ecps::view(&self.app, rid).await.unwrap().unwrap()
    }

    /// Where a request stands.
    pub async fn state(&self, rid: &str) -> RequestState {
        self.view(rid).await.state
    }

    /// Uses an approval up, and says whether it could.
    pub async fn consume(&self, rid: &str, login_id: &str, browser_digest: &str) -> bool {
        let steps = ecps::consume(rid, login_id, browser_digest, self.clock.now());
        self.app.database.all_or_nothing(steps).await.unwrap()
    }
}
