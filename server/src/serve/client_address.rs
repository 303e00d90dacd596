//! The address of whoever called, behind proxies of ours.
//!
//! Each proxy appends the address that called it, so the list is read from its
//! end and only as long as it was one of ours that wrote: what stands before
//! the first stranger, the stranger may have invented.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};

use crate::tls::{AddressHeader, ProxySettings};

/// Longer lists are not read to their beginning.
const HOPS: usize = 32;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the caller whose connection comes from `peer`.
pub(super) fn of(peer: IpAddr, headers: &HeaderMap, proxy: &ProxySettings) -> IpAddr {
    let mut nearest = peer.to_canonical();
    if !proxy.is_at(nearest) {
        return nearest;
    }
    let name = match proxy.address_header {
        AddressHeader::XForwardedFor => X_FORWARDED_FOR,
        AddressHeader::Forwarded => header::FORWARDED.as_str(),
        AddressHeader::None => return nearest,
    };
    let mut read = 0;
    for value in headers.get_all(name).iter().rev() {
        let quotes = proxy.address_header == AddressHeader::Forwarded;
        for hop in from_the_end(value.as_bytes(), b',', quotes) {
            read += 1;
            let named = std::str::from_utf8(hop)
                .ok()
                .and_then(|hop| if quotes { forwarded_for(hop) } else { address(hop.trim()) });
            // A name that is none, or hides (RFC 7239 §6.3): what is known ends
            // with the proxy that wrote it.
            let Some(named) = named.filter(|_| read <= HOPS) else { return nearest };
            nearest = named;
            if !proxy.is_at(nearest) {
                return nearest;
            }
        }
    }
    nearest
}

/// `for` of one element of `Forwarded` (RFC 7239 §4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = from_the_end(element.as_bytes(), b';', true);
    let mut values = pairs.into_iter().filter_map(|pair| {
        let (name, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    });
    let (value, None) = (values.next()?, values.next()) else { return None };
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    address(unquoted.unwrap_or(value))
}

/// An address, with or without a port, as proxies write it.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    Some(bare.parse().ok().or_else(with_port)?.to_canonical())
}

/// The parts of a list, the last one first; with `quotes`, a quoted separator
/// parts nothing. It is read from the end because that is what our own proxy
/// has written: a quote that a stranger opened before it must not swallow it.
fn from_the_end(text: &[u8], separator: u8, quotes: bool) -> Vec<&[u8]> {
    let (mut parts, mut until, mut quoted) = (Vec::new(), text.len(), false);
    for (at, byte) in text.iter().enumerate().rev() {
        match *byte {
            b'"' if quotes => quoted = !quoted,
            it if it == separator && !quoted => {
                parts.push(&text[at + 1..until]);
                until = at;
            }
            _ => {}
        }
    }
    parts.push(&text[..until]);
    parts
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn seen(header: AddressHeader, peer: &str, lines: &[&str]) -> String {
        let proxy = ProxySettings {
            addresses: vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
            address_header: header,
            ..ProxySettings::default()
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            let name = match header {
                AddressHeader::Forwarded => "forwarded",
                _ => "x-forwarded-for",
            };
            headers.append(name, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        of(peer.parse().unwrap(), &headers, &proxy).to_string()
    }

    #[test]
    fn a_quote_that_a_stranger_opens_hides_nothing() {
        for (header, lines) in [
            (AddressHeader::Forwarded, "for=198.51.100.1;x=\", for=192.0.2.66"),
            (AddressHeader::Forwarded, "for=\"198.51.100.1, for=192.0.2.66"),
            (AddressHeader::Forwarded, "for=198.51.100.1;x=\\\", for=\"192.0.2.66:80\""),
            (AddressHeader::XForwardedFor, "\", 192.0.2.66"),
            (AddressHeader::XForwardedFor, "é, 192.0.2.66"),
        ] {
            assert_eq!(seen(header, "10.0.0.1", &[lines]), "192.0.2.66", "{lines}");
        }
    }

    #[test]
    fn the_last_hop_that_is_not_ours_is_the_caller() {
        let seen = |peer, lines: &[&str]| seen(AddressHeader::XForwardedFor, peer, lines);
        assert_eq!(seen("10.0.0.1", &["192.0.2.7"]), "192.0.2.7");
        assert_eq!(seen("10.0.0.1", &["192.0.2.7, 10.0.0.2"]), "192.0.2.7");
        assert_eq!(seen("10.0.0.1", &["192.0.2.7", "10.0.0.3,10.0.0.2"]), "192.0.2.7");
        assert_eq!(seen("::ffff:10.0.0.1", &["192.0.2.7:4711"]), "192.0.2.7");
        assert_eq!(seen("fd00::1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(seen("10.0.0.1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(seen("10.0.0.1", &["10.0.0.9"]), "10.0.0.9", "one of ours called itself");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_a_caller_writes_itself_is_not_believed() {
        let seen = |peer, lines: &[&str]| seen(AddressHeader::XForwardedFor, peer, lines);
        // Not from a proxy at all.
        assert_eq!(seen("192.0.2.66", &["198.51.100.1"]), "192.0.2.66");
        // In front of what the proxy appended, in one line or in two.
        assert_eq!(seen("10.0.0.1", &["198.51.100.1, 192.0.2.66"]), "192.0.2.66");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1", "192.0.2.66"]), "192.0.2.66");
        assert_eq!(seen("10.0.0.1", &["10.0.0.2, 192.0.2.66"]), "192.0.2.66");
        // Nonsense ends what is known.
        for nonsense in ["", "unknown", "192.0.2.7, x", "192.0.2.7,", "192.0.2", "é"] {
            assert_eq!(seen("10.0.0.1", &[nonsense]), "10.0.0.1", "{nonsense}");
        }
        let many = vec!["10.0.0.2"; 1000].join(",");
        assert_eq!(seen("10.0.0.1", &["192.0.2.7", &many]), "10.0.0.2");
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_writes_it() {
        let seen = |peer, lines: &[&str]| seen(AddressHeader::Forwarded, peer, lines);
        assert_eq!(seen("10.0.0.1", &["for=192.0.2.7;proto=https;by=10.0.0.1"]), "192.0.2.7");
        assert_eq!(seen("10.0.0.1", &[r#"For="[2001:db8::7]:4711""#]), "2001:db8::7");
        assert_eq!(seen("10.0.0.1", &["for=192.0.2.7, for=10.0.0.2"]), "192.0.2.7");
        assert_eq!(seen("10.0.0.1", &[r#"for="x,for=198.51.100.1", for=192.0.2.7"#]), "192.0.2.7");
        for nothing in [
            "for=_hidden",
            "for=unknown",
            "by=192.0.2.7",
            "for=192.0.2.7;for=192.0.2.8",
            r#"for="192.0.2.7"#,
        ] {
            assert_eq!(seen("10.0.0.1", &[nothing]), "10.0.0.1", "{nothing}");
        }
        // The other header is the caller's own.
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "198.51.100.1".parse().unwrap());
        let proxy = ProxySettings {
            addresses: vec!["10.0.0.1/32".parse().unwrap()],
            address_header: AddressHeader::Forwarded,
            ..ProxySettings::default()
        };
        assert_eq!(of("10.0.0.1".parse().unwrap(), &headers, &proxy).to_string(), "10.0.0.1");
    }
}
