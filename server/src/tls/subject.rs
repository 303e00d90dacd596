//! Whom a certificate names (RFC 8705 §2.1.2).

use std::{net::IpAddr, str::FromStr};

use anyhow::{Context, anyhow};
use x509_cert::{
    attr::AttributeTypeAndValue,
    der::{
        Encode, Tag, Tagged,
        asn1::{BmpString, Ia5StringRef, PrintableStringRef, TeletexStringRef, Utf8StringRef},
    },
    ext::pkix::name::GeneralName,
    name::Name,
};

use super::ClientCertificate;

/// The one name by which a client's certificate is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The subject itself.
    Name(DistinguishedName),
    /// A DNS name among the other names.
    Dns(String),
    /// A URI among them.
    Uri(String),
    /// An IP address among them.
    Ip(IpAddr),
    /// An e-mail address among them.
    Email(String),
}

impl Subject {
    /// Whether a certificate bears this name.
    pub fn is_of(&self, certificate: &ClientCertificate) -> bool {
        let names = || certificate.alternative_names().into_iter();
        match self {
            Self::Name(name) => DistinguishedName::of(certificate.subject()).as_ref() == Some(name),
            Self::Dns(wanted) => names().any(|name| match name {
                GeneralName::DnsName(name) => name.as_str().eq_ignore_ascii_case(wanted),
                _ => false,
            }),
            Self::Uri(wanted) => names().any(|name| match name {
                GeneralName::UniformResourceIdentifier(name) => name.as_str() == wanted,
                _ => false,
            }),
            Self::Ip(wanted) => names().any(|name| match name {
                GeneralName::IpAddress(octets) => match wanted {
                    IpAddr::V4(wanted) => octets.as_bytes() == wanted.octets(),
                    IpAddr::V6(wanted) => octets.as_bytes() == wanted.octets(),
                },
                _ => false,
            }),
            Self::Email(wanted) => names().any(|name| match name {
                GeneralName::Rfc822Name(name) => name.as_str() == wanted,
                _ => false,
            }),
        }
    }
}

/// A distinguished name in the form in which two are compared: attributes by
/// their numbers, text without regard to case, to the kind of string, or to how
/// many spaces stand between words (RFC 4517 §4.2.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName(Vec<Vec<(String, String)>>);

impl DistinguishedName {
    fn of(name: &Name) -> Option<Self> {
        let rdn = |attributes: &x509_cert::name::RelativeDistinguishedName| {
            let mut pairs =
                attributes.iter().map(comparable).collect::<Option<Vec<(String, String)>>>()?;
            pairs.sort();
            Some(pairs)
        };
        let rdns = name.iter_rdn().map(rdn).collect::<Option<Vec<_>>>()?;
        (!rdns.is_empty()).then_some(Self(rdns))
    }
}

/// Reads the string form of RFC 4514, the last attribute of the certificate
/// first; a space after a comma is passed over, as RFC 2253 did.
impl FromStr for DistinguishedName {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut tight = String::with_capacity(text.len());
        for letter in text.trim().chars() {
            let spare = letter == ' ' && tight.ends_with(',') && !tight.ends_with("\\,");
            if !spare {
                tight.push(letter);
            }
        }
        let name = Name::from_str(&tight)
            .map_err(|_| anyhow!("not a distinguished name in the form of RFC 4514"))?;
        Self::of(&name).context("not a distinguished name in the form of RFC 4514")
    }
}

fn comparable(attribute: &AttributeTypeAndValue) -> Option<(String, String)> {
    let value = &attribute.value;
    let text = match value.tag() {
        Tag::Utf8String => Utf8StringRef::try_from(value).ok()?.as_str().to_owned(),
        Tag::PrintableString => PrintableStringRef::try_from(value).ok()?.as_str().to_owned(),
        Tag::Ia5String => Ia5StringRef::try_from(value).ok()?.as_str().to_owned(),
        Tag::TeletexString => TeletexStringRef::try_from(value).ok()?.as_str().to_owned(),
        Tag::BmpString => value.decode_as::<BmpString>().ok()?.to_string(),
        // Anything else is compared byte by byte; no text begins like this.
        _ => format!("\0{:?}", value.to_der().ok()?),
    };
    let words: Vec<String> =
        text.split(' ').filter(|it| !it.is_empty()).map(str::to_lowercase).collect();
    Some((attribute.oid.to_string(), words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> ClientCertificate {
        let pem = include_str!("test_certificate.pem");
        let der = super::super::certificates_in(pem.as_bytes()).unwrap();
        ClientCertificate::read(der.iter().map(|it| it.to_vec()).collect()).unwrap()
    }

    fn named(text: &str) -> bool {
        Subject::Name(text.parse().unwrap()).is_of(&certificate())
    }

    #[test]
    fn a_distinguished_name_is_compared_as_a_name() {
        for same in [
            "CN=agenda-demo,O=CLINIQUE DES ESSAIS,C=FR",
            "CN=agenda-demo, O=CLINIQUE DES ESSAIS, C=FR",
            "cn=Agenda-Demo,o=clinique  des essais,c=fr",
            "2.5.4.3=agenda-demo,2.5.4.10=CLINIQUE DES ESSAIS,C=FR",
            "CN=agenda\\2Ddemo,O=CLINIQUE DES ESSAIS,C=FR",
        ] {
            assert!(named(same), "{same}");
        }
        for other in [
            "CN=agenda-demo",
            "C=FR,O=CLINIQUE DES ESSAIS,CN=agenda-demo",
            "CN=agenda-demo,O=CLINIQUE DES ESSAIS,C=FR,DC=x",
            "CN=agenda-demo+O=CLINIQUE DES ESSAIS,C=FR",
            "CN=agenda-demo2,O=CLINIQUE DES ESSAIS,C=FR",
            "CN=agenda-demo\\,O=CLINIQUE DES ESSAIS,C=FR",
            "OU=agenda-demo,O=CLINIQUE DES ESSAIS,C=FR",
        ] {
            assert!(!named(other), "{other}");
        }
        for nonsense in ["", "agenda-demo", "CN", "NOSUCH=x", "CN=\\zz"] {
            assert!(nonsense.parse::<DistinguishedName>().is_err(), "{nonsense}");
        }
    }

    #[test]
    fn each_other_name_is_of_its_own_kind() {
        let has = |subject: Subject| subject.is_of(&certificate());
        assert!(has(Subject::Dns("Agenda.Example".into())));
        assert!(has(Subject::Uri("https://agenda.example/".into())));
        assert!(has(Subject::Ip("192.0.2.7".parse().unwrap())));
        assert!(has(Subject::Email("agenda@example.org".into())));
        assert!(!has(Subject::Dns("sub.agenda.example".into())));
        assert!(!has(Subject::Dns("192.0.2.7".into())));
        assert!(!has(Subject::Uri("https://agenda.example".into())));
        assert!(!has(Subject::Ip("192.0.2.8".parse().unwrap())));
        assert!(!has(Subject::Email("Agenda@example.org".into())));
        assert!(!has(Subject::Dns("agenda-demo".into())));
    }

    #[test]
    fn its_key_its_thumbprints_and_its_time_are_read() {
        let certificate = certificate();
        assert!(certificate.key().is_some());
        assert_eq!(certificate.thumbprint().len(), 43);
        assert_eq!(certificate.hexadecimal_thumbprint().len(), 88);
        assert!(!certificate.is_valid_at(0));
        assert!(!certificate.is_valid_at(i64::MAX));
    }
}
