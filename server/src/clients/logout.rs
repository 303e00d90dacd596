//! What a client registers for logouts that others start (Back-Channel Logout
//! 1.0 §2.2, Front-Channel Logout 1.0 §2).

use anyhow::{Context, bail};
use url::{Origin, Url};

use super::{Client, ClientSettings, client::check_redirect_uri};

/// A page of a client that forgets a login when a browser loads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontChannelLogout {
    uri: String,
    session_required: bool,
}

impl FrontChannelLogout {
    /// The registration; nothing for a client that has none.
    pub(super) fn of(settings: &ClientSettings) -> Option<Self> {
        Some(Self {
            uri: settings.frontchannel_logout_uri.clone()?,
            session_required: settings.frontchannel_logout_session_required,
        })
    }

    /// The address to load for the end of a session (§3): what is registered is
    /// kept letter by letter, and added to.
    pub fn address(&self, issuer: &str, sid: &str) -> String {
        if !self.session_required {
            return self.uri.clone();
        }
        let joint = if self.uri.contains('?') { "&" } else { "?" };
        let pairs = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("iss", issuer)
            .append_pair("sid", sid)
            .finish();
        format!("{}{joint}{pairs}", self.uri)
    }
}

impl Client {
    /// Whether pages of this origin are the client's own: its redirect URIs live
    /// there, or it registered the origin.
    pub fn lives_at(&self, origin: &str) -> bool {
        let mut uris = self.redirect_uris.iter().filter_map(|uri| Url::parse(uri).ok());
        self.web_origins.iter().any(|it| it == origin)
            || uris
                .any(|uri| uri.origin().is_tuple() && uri.origin().ascii_serialization() == origin)
    }
}

/// The rules that types cannot hold.
pub(super) fn check(settings: &ClientSettings) -> anyhow::Result<()> {
    if let Some(uri) = &settings.backchannel_logout_uri {
        check_redirect_uri(uri).with_context(|| format!("backchannel_logout_uri {uri:?}"))?;
    }
    if let Some(uri) = &settings.frontchannel_logout_uri {
        check_front(settings, uri).with_context(|| format!("frontchannel_logout_uri {uri:?}"))?;
    }
    Ok(())
}

/// §2: scheme, host and port are those of a redirect URI. A page of anybody
/// else has nothing to forget, and no business in a frame of ours.
fn check_front(settings: &ClientSettings, uri: &str) -> anyhow::Result<()> {
    check_redirect_uri(uri)?;
    let origin = |uri: &String| Url::parse(uri).ok().map(|url| url.origin());
    let own: Vec<Origin> = settings.redirect_uris.iter().filter_map(origin).collect();
    if !origin(&uri.to_owned()).is_some_and(|origin| own.contains(&origin)) {
        bail!("must have the scheme, host and port of one of the redirect_uris");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> ClientSettings {
        let text = format!(
            "client_id = 'a'\nclient_name = 'a'\ntoken_endpoint_auth_method = 'none'\n\
             redirect_uris = ['https://a.example/cb', 'http://localhost:8085/cb']\n{more}"
        );
        toml::from_str(&text).unwrap()
    }

    fn front(uri: &str) -> Result<(), String> {
        let settings = settings(&format!("frontchannel_logout_uri = '{uri}'"));
        settings.check(false).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_page_that_is_framed_lives_where_a_redirect_uri_does() {
        for good in ["https://a.example/out", "https://a.example/?x=1", "http://localhost:8085/"] {
            assert_eq!(front(good), Ok(()), "{good}");
        }
        for bad in [
            "https://b.example/out",
            "http://a.example/out",
            "https://a.example:8443/out",
            "http://localhost:8086/",
            "https://a.example/#x",
            "https://u@a.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "/out",
            "",
        ] {
            let refusal = front(bad).expect_err(bad);
            assert!(refusal.contains("frontchannel_logout_uri"), "{refusal}");
        }
    }

    #[test]
    fn the_session_is_named_to_who_asked_for_it() {
        let address = |more: &str| {
            let client = Client::from(&settings(more));
            client.frontchannel_logout.unwrap().address("https://op.example/r", "s 1")
        };
        assert_eq!(
            address("frontchannel_logout_uri = 'https://a.example/o'"),
            "https://a.example/o"
        );
        let required = "\nfrontchannel_logout_session_required = true";
        let tail = "iss=https%3A%2F%2Fop.example%2Fr&sid=s+1";
        for (uri, joint) in [("https://a.example/o", "?"), ("https://a.example/o?x=1", "&")] {
            let written = address(&format!("frontchannel_logout_uri = '{uri}'{required}"));
            assert_eq!(written, format!("{uri}{joint}{tail}"));
        }
    }

    #[test]
    fn a_client_lives_at_its_own_origins_only() {
        let client = Client::from(&settings("web_origins = ['https://spa.example']"));
        for own in ["https://a.example", "http://localhost:8085", "https://spa.example"] {
            assert!(client.lives_at(own), "{own}");
        }
        for other in ["https://b.example", "http://localhost", "null", "", "https://a.example/"] {
            assert!(!client.lives_at(other), "{other}");
        }
    }
}
