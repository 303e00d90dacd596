//! A URL that may be called.

use std::net::IpAddr;

use url::{Host, Url};

use super::{FetchError, address::Allowed};

/// Reads a URL and refuses what we never call, before any name is asked for.
pub(super) fn target(text: &str, allowed: &Allowed) -> Result<Url, FetchError> {
    // Another reader could see another host behind a backslash, a line break or
    // a letter that folds to a dot (RFC 3986 §2).
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err(FetchError::Url("is not absolute"));
    }
    let url = Url::parse(text).map_err(|_| FetchError::Url("is not absolute"))?;
    let host = url.host().ok_or(FetchError::Url("has no host"))?;
    let here = is_this_machine(&host);
    match url.scheme() {
        "https" => {}
        "http" if allowed.loopback() && here => {}
        _ => return Err(FetchError::Url("is not https")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(FetchError::Url("has a user or a password"));
    }
    if url.fragment().is_some() {
        return Err(FetchError::Url("has a fragment"));
    }
    // A literal address is never resolved, so it is judged here.
    let literal = match host {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    };
    if literal.is_some_and(|address| !allowed.contains(address)) {
        return Err(FetchError::Address);
    }
    Ok(url)
}

/// RFC 6761 §6.3: these names are this machine's, whatever a resolver says.
pub(super) fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => is_localhost(name),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, loopback: bool) -> FetchError {
        target(text, &Allowed::new(&[], loopback)).expect_err(text)
    }

    #[test]
    fn https_to_a_public_name_or_address_is_taken() {
        let allowed = Allowed::new(&[], false);
        for text in ["https://a.example/x?y=z", "https://a.example:8443/", "https://8.8.8.8/"] {
            assert!(target(text, &allowed).is_ok(), "{text}");
        }
        let here = Allowed::new(&[], true);
        for text in
            ["http://localhost:1/", "http://a.localhost/", "http://[::1]/", "http://127.0.0.9/"]
        {
            assert!(target(text, &here).is_ok(), "{text}");
            assert!(target(text, &allowed).is_err(), "{text}");
        }
    }

    #[test]
    fn every_spelling_of_an_inner_address_is_refused() {
        for text in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.0.0.1/",
            "https://0177.0.0.1/",
            "https://0x7f000001/",
            "https://0/",
            "https://127。0。0。1/",
            "https://①②⑦.0.0.1/",
            "https://%31%32%37.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://169.254.169.254/",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1]/",
            "https://10.0.0.1/",
        ] {
            // How foreign digits are read depends on the address library: as
            // ours, and then they are an inner address, or not at all.
            let refusal = refused(text, false);
            assert!(matches!(refusal, FetchError::Address | FetchError::Url(_)), "{text}");
        }
    }

    #[test]
    fn another_scheme_a_user_and_a_fragment_are_refused() {
        for (text, loopback) in [
            ("http://a.example/", false),
            ("http://a.example/", true),
            ("http://10.0.0.1/", true),
            ("http://localhost.a.example/", true),
            ("file:///etc/passwd", true),
            ("ftp://localhost/", true),
            ("gopher://localhost/", true),
            ("data:,x", true),
            ("a.example/x", false),
            ("//a.example/", false),
            ("", false),
            ("https://", false),
            ("https://a@b.example/", false),
            ("https://:p@b.example/", false),
            ("https://b.example/#x", false),
        ] {
            assert!(matches!(refused(text, loopback), FetchError::Url(_)), "{text}");
        }
    }
}
