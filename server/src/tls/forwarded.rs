//! The certificate in a trusted proxy's header.

use axum::http::HeaderMap;
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{ClientCertificate, ProxySettings};

/// RFC 9440 §2.2.
const STANDARD: &str = "client-cert";

/// RFC 9440 §2.3: the intermediates.
const CHAIN: &str = "client-cert-chain";

/// Longer headers are not read.
const LONGEST: usize = 16 * 1024;

/// Reads the configured header. Two of them, or one that cannot be read, are
/// as none: the caller is then somebody without a certificate.
pub(super) fn certificate(proxy: &ProxySettings, headers: &HeaderMap) -> Option<ClientCertificate> {
    let name = proxy.certificate_header.as_deref()?;
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let text = value.to_str().ok().filter(|text| text.len() <= LONGEST)?;
    let mut chain =
        if name.eq_ignore_ascii_case(STANDARD) { vec![byte_sequence(text)?] } else { pem(text)? };
    if name.eq_ignore_ascii_case(STANDARD) {
        for value in headers.get_all(CHAIN) {
            let items = value.to_str().ok()?.split(',');
            for item in items {
                chain.push(byte_sequence(item)?);
            }
        }
    }
    ClientCertificate::read(chain)
}

/// A Byte Sequence (RFC 8941 §3.3.5).
fn byte_sequence(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text.trim().strip_prefix(':')?.strip_suffix(':')?).ok()
}

/// PEM as proxies put it in a header: percent-encoded (nginx), or with spaces
/// or tabs for the ends of its lines (Apache, HAProxy).
fn pem(text: &str) -> Option<Vec<Vec<u8>>> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let text = if text.contains('%') { percent_decoded(text)? } else { text.to_owned() };
    let mut chain = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (body, after) = rest.strip_prefix(BEGIN)?.split_once(END)?;
        let body: String = body.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
        chain.push(BASE64_STANDARD.decode(body).ok()?);
        rest = after.trim_start();
    }
    Some(chain)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    // A P-256 certificate made with openssl for these tests; its key was thrown
    // away.
    const PEM: &str = include_str!("test_certificate.pem");

    fn read(name: &str, headers: &[(&str, &str)]) -> Option<ClientCertificate> {
        let proxy =
            ProxySettings { certificate_header: Some(name.into()), ..ProxySettings::default() };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).unwrap();
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        certificate(&proxy, &map)
    }

    fn body() -> String {
        PEM.lines().filter(|line| !line.starts_with('-')).collect()
    }

    #[test]
    fn each_way_that_proxies_write_it_is_read() {
        let standard = format!(":{}:", body());
        let expected = read("Client-Cert", &[("client-cert", &standard)]).unwrap();
        assert_eq!(expected.subject().to_string(), "CN=agenda-demo,O=CLINIQUE DES ESSAIS,C=FR");
        let one_line = PEM.trim().replace('\n', " ");
        let encoded = PEM.replace('\n', "%0A").replace(' ', "%20").replace('+', "%2B");
        for text in [one_line, encoded, PEM.trim().replace('\n', "\t")] {
            assert_eq!(read("x-ssl-cert", &[("x-ssl-cert", &text)]).as_ref(), Some(&expected));
        }
        let twice = format!("{standard}, {standard}");
        let chained =
            read("client-cert", &[("client-cert", &standard), ("client-cert-chain", &twice)]);
        assert_eq!(chained.unwrap().intermediates().count(), 2);
    }

    #[test]
    fn what_cannot_be_read_is_as_none() {
        let standard = format!(":{}:", body());
        for headers in [
            vec![],
            vec![("client-cert", "")],
            vec![("client-cert", "::")],
            vec![("client-cert", ":AAAA:")],
            vec![("client-cert", &standard[1..])],
            vec![("client-cert", &standard), ("client-cert", &standard)],
            vec![("client-cert", &standard), ("client-cert-chain", "x")],
        ] {
            assert_eq!(read("client-cert", &headers), None, "{headers:?}");
        }
        for text in ["%", "%2", "%zz", "-----BEGIN CERTIFICATE-----", &standard, "(null)"] {
            assert_eq!(read("x-ssl-cert", &[("x-ssl-cert", text)]), None, "{text}");
        }
    }
}
