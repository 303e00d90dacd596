//! What a link or a QR code brings to the phone app, in the fragment of its
//! address: fragments stay out of requests, logs and `Referer`.

use super::{OpenLink, RotatingCode};

/// The part behind `#` of an address of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppLink {
    /// `e=<id>.<t>.<mac>`: enrol this phone.
    Enrol(RotatingCode),
    /// `q=<id>.<t>.<mac>`: a login page was scanned.
    Scan(RotatingCode),
    /// `l=<rid>.<secret>`: a login page on this very phone.
    Open(OpenLink),
}

impl AppLink {
    /// Reads a fragment, with or without `#`, or a whole address; `None` for
    /// anything else, an ordinary address of the app included.
    pub fn parse(text: &str) -> Option<Self> {
        let fragment = text.trim().rsplit('#').next()?;
        let (kind, value) = fragment.split_once('=')?;
        match kind {
            "e" => RotatingCode::from_fragment(value).map(Self::Enrol),
            "q" => RotatingCode::from_fragment(value).map(Self::Scan),
            "l" => {
                let (rid, secret) = value.split_once('.')?;
                let whole = !rid.is_empty() && !secret.is_empty() && !secret.contains('.');
                whole.then(|| Self::Open(OpenLink { rid: rid.into(), secret: secret.into() }))
            }
            _ => None,
        }
    }

    /// Writes what [`Self::parse`] reads, without `#`.
    pub fn to_fragment(&self) -> String {
        match self {
            Self::Enrol(code) => format!("e={}", code.to_fragment()),
            Self::Scan(code) => format!("q={}", code.to_fragment()),
            Self::Open(OpenLink { rid, secret }) => format!("l={rid}.{secret}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read_from_a_fragment_and_from_an_address() {
        let code = RotatingCode { id: "abc".into(), t: 12, mac: "xyz".into() };
        let open = OpenLink { rid: "r".into(), secret: "s".into() };
        for link in [AppLink::Enrol(code.clone()), AppLink::Scan(code), AppLink::Open(open)] {
            let fragment = link.to_fragment();
            assert_eq!(AppLink::parse(&fragment), Some(link.clone()));
            assert_eq!(AppLink::parse(&format!("#{fragment}")), Some(link.clone()));
            assert_eq!(AppLink::parse(&format!(" https://app.test/#{fragment}\n")), Some(link));
        }
    }

    #[test]
    fn anything_else_is_nothing() {
        for text in
            ["", "#", "https://app.test/", "#e=1.2", "#q=a.b.c", "#l=r", "#l=r.s.t", "#x=a.1.c"]
        {
            assert_eq!(AppLink::parse(text), None, "{text}");
        }
    }
}
