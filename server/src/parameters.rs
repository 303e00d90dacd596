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
        Self(url::form_urlencoded::parse(text).into_owned().collect())
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

#[cfg(test)]
mod tests {
    use super::*;

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
