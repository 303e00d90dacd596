//! The cookies of one browser, of one site.
//!
//! Browsers take `localhost` for a secure place and give it `Secure` cookies
//! over http; HTTP libraries do not, hence this jar. It refuses what a browser
//! refuses: a `__Host-` cookie that is not bound to its host.

use std::collections::BTreeMap;

/// Names and values.
#[derive(Clone, Debug, Default)]
pub struct CookieJar(BTreeMap<String, String>);

impl CookieJar {
    /// Takes a `Set-Cookie` line.
    pub fn take(&mut self, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).unwrap();
        let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
        let has = |attribute: &str| attributes.iter().any(|it| it == attribute);
        if name.starts_with("__Host-") {
            let bound = has("secure")
                && has("path=/")
                && !attributes.iter().any(|it| it.starts_with("domain"));
            assert!(bound, "a browser drops this cookie: {line}");
        }
        if has("max-age=0") {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Puts a cookie in, as somebody with other means would.
    pub fn plant(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// The value of a cookie.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The `Cookie` header.
    pub fn header(&self) -> String {
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
}
