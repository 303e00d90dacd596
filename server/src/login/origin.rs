//! Where a page is open, in words for the phone's screen and the person's list.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};
use openpsc_protocol::ecps::Origin;

/// Reads browser, system and network; what is not recognised stays empty.
pub fn origin_of(headers: &HeaderMap, client: Option<IpAddr>) -> Origin {
    let agent = headers.get(header::USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    Origin {
        browser: first(agent, BROWSERS),
        os: first(agent, SYSTEMS),
        network: client.map(network).unwrap_or_default(),
    }
}

/// Order matters: every one of them claims to be those below it.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

fn first(agent: &str, words: &[(&str, &str)]) -> String {
    let found = words.iter().find(|(mark, _)| agent.contains(mark));
    found.map(|(_, name)| (*name).to_owned()).unwrap_or_default()
}

/// Shortened, so that it tells the place and not the person. This machine has a
/// name that people know.
fn network(address: IpAddr) -> String {
    match address {
        it if it.to_canonical().is_loopback() => "localhost".to_owned(),
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_are_named() {
        let mut headers = HeaderMap::new();
        let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0";
        headers.insert(header::USER_AGENT, agent.parse().unwrap());
        let origin = origin_of(&headers, Some("192.0.2.77".parse().unwrap()));
        assert_eq!((origin.browser.as_str(), origin.os.as_str()), ("Edge", "Windows"));
        assert_eq!(origin.network, "192.0.2.0/24");
        assert_eq!(origin_of(&HeaderMap::new(), None), Origin::default());
        let here = origin_of(&HeaderMap::new(), Some("127.0.0.1".parse().unwrap()));
        assert_eq!(here.network, "localhost");
    }
}
