//! The few operations on addresses that the rules need.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// Adds `name=value` to a query or form, percent-encoded.
pub fn push_parameter(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() && !query.ends_with(['?', '&']) {
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            query.push(char::from(byte));
        } else {
            query.push('%');
            for digit in [byte >> 4, byte & 15] {
                let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                query.push(digit.to_ascii_uppercase());
            }
        }
    }
}

/// An endpoint with room for parameters after what it already has.
pub fn with_query(endpoint: &str) -> String {
    let mut address = endpoint.to_owned();
    address.push(if endpoint.contains('?') { '&' } else { '?' });
    address
}

/// What a parameter of a query is.
#[derive(Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Not there, or empty (RFC 6749 §3.1).
    Absent,
    /// There once.
    Once(String),
    /// There more than once, or not readable: never a good sign.
    Broken,
}

/// Reads one parameter of a query without its `?`.
pub fn parameter(query: &str, name: &str) -> Parameter {
    let mut found = Parameter::Absent;
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decode(key).as_deref() != Some(name) {
            continue;
        }
        found = match (found, decode(value)) {
            (Parameter::Absent, Some(value)) if value.is_empty() => Parameter::Absent,
            (Parameter::Absent, Some(value)) => Parameter::Once(value),
            _ => return Parameter::Broken,
        };
    }
    found
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                (high << 4 | low) as u8
            }
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Whether tokens may travel to this address: TLS, or this very machine.
pub fn is_safe(address: &str) -> bool {
    if !address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        || address.contains('#')
    {
        return false;
    }
    let (rest, must_be_local) = match address.strip_prefix("https://") {
        Some(rest) => (rest, false),
        None => match address.strip_prefix("http://") {
            Some(rest) => (rest, true),
            None => return false,
        },
    };
    let authority = before(rest, b"/?");
    if authority.is_empty() || authority.contains('@') {
        return false;
    }
    if !must_be_local || authority.starts_with("[::1]") {
        return true;
    }
    let host = before(authority, b":");
    host == "localhost" || host == "127.0.0.1" || host.ends_with(".localhost")
}

/// The address without query and fragment: what a DPoP proof names (RFC 9449 §4.2).
pub fn without_query(address: &str) -> &str {
    before(address, b"?#")
}

/// The text up to the first of these ASCII characters.
fn before<'a>(text: &'a str, ends: &[u8]) -> &'a str {
    let end = text.bytes().position(|byte| ends.contains(&byte));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded_and_read_back() {
        let mut query = String::new();
        push_parameter(&mut query, "a", "5999/CPAT é&=+");
        push_parameter(&mut query, "b", "~x");
        assert_eq!(query, "a=5999%2FCPAT%20%C3%A9%26%3D%2B&b=~x");
        assert_eq!(parameter(&query, "a"), Parameter::Once("5999/CPAT é&=+".into()));
        assert_eq!(parameter("x=a+b", "x"), Parameter::Once("a b".into()));
    }

    #[test]
    fn a_parameter_that_comes_twice_is_broken() {
        assert_eq!(parameter("state=a&code=b&state=a", "state"), Parameter::Broken);
        assert_eq!(parameter("st%61te=a&state=b", "state"), Parameter::Broken);
        assert_eq!(parameter("state=%f", "state"), Parameter::Broken);
        assert_eq!(parameter("state=%ff", "state"), Parameter::Broken);
        assert_eq!(parameter("state=", "state"), Parameter::Absent);
        assert_eq!(parameter("", "state"), Parameter::Absent);
    }

    #[test]
    fn only_tls_and_this_machine_are_safe() {
        for address in [
            "https://a.example/x?y",
            "http://localhost:8080/a",
            "http://127.0.0.1",
            "http://[::1]:1/",
            "http://psc.localhost:8080/",
        ] {
            assert!(is_safe(address), "{address}");
        }
        for address in [
            "http://a.example",
            "https://",
            "https://u@a.example/",
            "https://a.example/#x",
            "data:x",
            "javascript:alert(1)",
            "https://a b",
            "http://localhost@evil.example/",
            "http://localhost.evil.example/",
            "//a.example",
            "https:\\\\a.example",
            "https://a.example\\@b",
        ] {
            assert!(!is_safe(address), "{address}");
        }
    }

    #[test]
    fn a_proof_names_neither_query_nor_fragment() {
        assert_eq!(without_query("https://a.example/b?c#d"), "https://a.example/b");
        assert_eq!(without_query("https://a.example/b#d?c"), "https://a.example/b");
    }
}
