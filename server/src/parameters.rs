//! The parameters of a request: each at most once, an empty one counts as
//! absent (RFC 6749 §3.1 and §3.2).

/// Parameters in the order they came.
#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

/// A parameter came more than once.
#[derive(Debug, PartialEq, Eq)]
pub struct Repeated(pub &'static str);

impl From<Vec<(String, String)>> for Parameters {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
}

impl Parameters {
    /// Reads `application/x-www-form-urlencoded` text.
    pub fn parse(text: &[u8]) -> Self {
        let mut pairs = Vec::new();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            match plain(pair) {
                Some(text) => {
                    let (name, value) = text.split_once('=').unwrap_or((text, ""));
                    pairs.push((name.to_owned(), value.to_owned()));
                }
                None => pairs.extend(url::form_urlencoded::parse(pair).into_owned()),
            }
        }
        Self(pairs)
    }

    /// The one value of a parameter.
    pub fn one(&self, name: &'static str) -> Result<Option<&str>, Repeated> {
        let mut values =
            self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Repeated(name)),
            (Some(""), None) | (None, None) => Ok(None),
            (Some(value), None) => Ok(Some(value)),
        }
    }

    /// Every value of a parameter that may repeat.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Holds the rule for all of them at once, whichever are read afterwards.
    /// Only those may repeat that say whom a token is for (RFC 8707 §2).
    pub fn each_once(&self) -> Result<(), Repeated> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.retain(|name| !["resource", "audience"].contains(name));
        names.sort_unstable();
        match names.windows(2).any(|pair| pair[0] == pair[1]) {
            true => Err(Repeated("a parameter")),
            false => Ok(()),
        }
    }

    /// Whether a parameter came at all.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, value)| key == name && !value.is_empty())
    }
}

/// A pair that stands for itself, as tokens do: the library looks at each byte
/// five times to find that out.
fn plain(pair: &[u8]) -> Option<&str> {
    let stands_for_itself = |byte: &u8| byte.is_ascii() && !matches!(byte, b'%' | b'+');
    pair.iter().all(stands_for_itself).then(|| std::str::from_utf8(pair).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_pairs_are_read_as_the_library_reads_them() {
        for text in [
            "",
            "&",
            "&&a=1&",
            "a",
            "a=",
            "=",
            "=a",
            "a=b=c",
            "a=1&a=2",
            "a+b=c+d",
            "%61=%C3%A9",
            "a=%",
            "a=%zz",
            "a=\u{e9}",
            "a=%FF",
            "a=%26&b=%3D",
            "a=\0",
            "a b=c d",
        ] {
            let library: Vec<_> =
                url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            assert_eq!(Parameters::parse(text.as_bytes()).0, library, "{text:?}");
        }
    }

    #[test]
    fn a_repeated_parameter_is_refused_and_an_empty_one_is_absent() {
        let parameters = Parameters::parse(b"a=1&b=&c=2&c=2&d=%C3%A9+x");
        assert_eq!(parameters.one("a"), Ok(Some("1")));
        assert_eq!(parameters.one("b"), Ok(None));
        assert_eq!(parameters.one("c"), Err(Repeated("c")));
        assert_eq!(parameters.one("d"), Ok(Some("é x")));
        assert_eq!(parameters.one("e"), Ok(None));
        assert!(parameters.each_once().is_err());
        assert_eq!(Parameters::parse(b"a=1&resource=2&resource=3").each_once(), Ok(()));
    }
}
