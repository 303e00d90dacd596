//! What an operator may choose about the e-CPS.

use anyhow::{Context, bail};
use serde::Deserialize;

/// The e-CPS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where phones reach their app, without a final slash: an origin of its
    /// own, never that of the login pages. Compulsory.
    pub app_url: String,
    /// The address and port that the phone app is served on.
    pub listen: String,
    /// How long a phone may take to answer a request, in seconds; at most 120.
    pub request_lifetime: i64,
    /// How long the code on the portal may be scanned, in seconds.
    pub enrolment_lifetime: i64,
    /// After how many days a phone must be enrolled again; at most 1095.
    pub device_lifetime_days: i64,
    /// How many digits a PIN has: 6, or 4 with `psc_like_pin`.
    pub pin_length: u32,
    /// Allows PINs of 4 digits, as in the application of the State. For
    /// demonstrations.
    pub psc_like_pin: bool,
    /// Whether a login may start from an identifier typed on the login page.
    /// `false` leaves the QR code and the link, should strangers flood phones.
    pub push_start: bool,
    /// Whether the login page says that an identifier has no active phone. It
    /// helps people who typed it wrong, and tells anyone who has an e-CPS.
    pub reveal_missing_phone: bool,
    /// Push starts from one network address in a minute, for each node.
    pub push_starts_per_address: u32,
    /// Push starts from one service in a minute, for each node.
    pub push_starts_per_client: u32,
    /// Push starts in a minute altogether, for each node.
    pub push_starts_altogether: u32,
    /// Whether sessions that were opened with a phone end when it is revoked,
    /// replaced, or suspended because a copy of it was seen.
    pub revocation_ends_sessions: bool,
    /// For how many days ended requests and phones are remembered; at least 1.
    pub history_days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            app_url: String::new(),
            listen: "127.0.0.1:8081".into(),
            request_lifetime: 120,
            enrolment_lifetime: 90,
            device_lifetime_days: 1095,
            pin_length: 6,
            psc_like_pin: false,
            push_start: true,
            reveal_missing_phone: false,
            push_starts_per_address: 30,
            push_starts_per_client: 600,
            push_starts_altogether: 3000,
            revocation_ends_sessions: true,
            history_days: 90,
        }
    }
}

impl Settings {
    /// The rules that types cannot hold.
    pub fn check(&self) -> anyhow::Result<()> {
        let url = url::Url::parse(&self.app_url).context("ecps.app_url is not a URL")?;
        if url.origin().ascii_serialization() != self.app_url {
            bail!("ecps.app_url must be an origin: no path, no final slash");
        }
        let loopback = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if url.scheme() != "https" && !loopback {
            bail!("ecps.app_url must be https, except on localhost");
        }
        if !(10..=120).contains(&self.request_lifetime) {
            bail!("ecps.request_lifetime must be from 10 to 120");
        }
        if !(30..=300).contains(&self.enrolment_lifetime) {
            bail!("ecps.enrolment_lifetime must be from 30 to 300");
        }
        if !(1..=1095).contains(&self.device_lifetime_days) {
            bail!("ecps.device_lifetime_days must be from 1 to 1095");
        }
        match (self.pin_length, self.psc_like_pin) {
            (6, _) | (4, true) => {}
            (4, false) => bail!("ecps.pin_length = 4 needs ecps.psc_like_pin = true"),
            _ => bail!("ecps.pin_length must be 6, or 4 with ecps.psc_like_pin"),
        }
        if self.history_days < 1 {
            bail!("ecps.history_days must be at least 1");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), String> {
        let settings: Settings = toml::from_str(text).map_err(|error| error.to_string())?;
        settings.check().map_err(|error| error.to_string())
    }

    #[test]
    fn the_origin_is_all_that_must_be_said() {
        assert_eq!(check("app_url = 'http://localhost:8081'"), Ok(()));
        assert!(check("").unwrap_err().contains("app_url"));
    }

    #[test]
    fn what_is_not_an_origin_is_refused() {
        for bad in ["https://e.test/", "https://e.test/app", "http://e.test", "e.test", "data:,"] {
            let refusal = check(&format!("app_url = '{bad}'")).unwrap_err();
            assert!(refusal.contains("app_url"), "{bad}: {refusal}");
        }
    }

    #[test]
    fn four_digits_need_a_word_more() {
        let four = "app_url = 'https://e.test'\npin_length = 4";
        assert!(check(four).unwrap_err().contains("psc_like_pin"));
        assert_eq!(check(&format!("{four}\npsc_like_pin = true")), Ok(()));
    }

    #[test]
    fn a_request_lives_two_minutes_at_most() {
        let long = "app_url = 'https://e.test'\nrequest_lifetime = 121";
        assert!(check(long).unwrap_err().contains("request_lifetime"));
    }

    #[test]
    fn a_misspelt_key_is_named() {
        assert!(check("app_ulr = 'https://e.test'").unwrap_err().contains("app_ulr"));
    }
}
