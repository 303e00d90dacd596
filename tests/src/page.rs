//! What a browser got: a page with its forms, or a redirect.

use std::collections::BTreeMap;

use reqwest::{
    StatusCode,
    header::{HeaderMap, LOCATION, SET_COOKIE},
};
use url::Url;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it came from.
    pub url: Url,
    /// The HTTP status.
    pub status: StatusCode,
    /// The HTTP headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

/// A form of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// What its inputs hold.
    pub fields: BTreeMap<String, String>,
}

impl Page {
    /// Reads an answer.
    pub async fn of(answer: reqwest::Response) -> Self {
        Self::try_of(answer).await.unwrap()
    }

    /// Reads an answer that may be cut off.
    pub async fn try_of(answer: reqwest::Response) -> reqwest::Result<Self> {
        Ok(Self {
            url: answer.url().clone(),
            status: answer.status(),
            headers: answer.headers().clone(),
            text: answer.text().await?,
        })
    }

    /// One header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Every value of a header, joined.
    pub fn every_header(&self, name: &str) -> String {
        let values = self.headers.get_all(name).iter();
        values.map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join(", ")
    }

    /// Where it redirects to.
    pub fn location(&self) -> Option<Url> {
        let location = self.headers.get(LOCATION)?.to_str().unwrap();
        Some(self.url.join(location).unwrap())
    }

    /// The `Set-Cookie` lines.
    pub fn cookies(&self) -> Vec<String> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        lines.map(|line| line.to_str().unwrap().to_owned()).collect()
    }

    /// The answer to a service: the members of the redirect's query.
    pub fn answer(&self) -> Answer {
        let location = self.location().unwrap_or_else(|| {
            panic!("{} at {} is no redirect: {}", self.status, self.url, self.text)
        });
        let mut at = location.clone();
        at.set_query(None);
        Answer { at: at.into(), members: location.query_pairs().into_owned().collect() }
    }

    /// An error page of our own, its code; never a redirect.
    pub fn error_code(&self) -> &str {
        assert_eq!(self.location(), None, "an error page does not redirect");
        assert!(self.status.is_client_error(), "{} is not the caller's error", self.status);
        let (_, rest) = self.text.split_once(r#"id="error-code">"#).expect("an error page");
        rest.split_once('<').unwrap().0
    }

    /// The form whose action ends like this.
    pub fn form(&self, action: &str) -> Form {
        let forms = self.forms();
        let found = forms.iter().find(|form| form.action.ends_with(action));
        found.cloned().unwrap_or_else(|| {
            panic!("{} {}: no form to {action} among {forms:?}", self.status, self.url)
        })
    }

    /// Every form.
    pub fn forms(&self) -> Vec<Form> {
        let blocks = self.text.split("<form").skip(1);
        blocks
            .map(|block| {
                let block = block.split("</form>").next().unwrap();
                let head = block.split('>').next().unwrap();
                let inputs = block.split("<input").skip(1);
                let fields = inputs.filter_map(|input| {
                    let input = input.split('>').next().unwrap();
                    let ticked = attribute(input, "type").as_deref() != Some("checkbox");
                    let name = attribute(input, "name").filter(|_| ticked)?;
                    Some((name, attribute(input, "value").unwrap_or_default()))
                });
                Form {
                    action: attribute(head, "action").unwrap_or_default(),
                    fields: fields.collect(),
                }
            })
            .collect()
    }
}

/// An authorization response.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The redirect URI, without its query.
    pub at: String,
    /// What came with it.
    pub members: BTreeMap<String, String>,
}

impl Answer {
    /// A member; empty when absent.
    pub fn member(&self, name: &str) -> &str {
        self.members.get(name).map_or("", String::as_str)
    }

    /// The code.
    pub fn code(&self) -> &str {
        let code = self.member("code");
        assert!(!code.is_empty(), "no code came: {:?}", self.members);
        code
    }

    /// The error.
    pub fn error(&self) -> &str {
        let error = self.member("error");
        assert!(!error.is_empty(), "no error came: {:?}", self.members);
        assert!(!self.members.contains_key("code"), "an error comes alone");
        error
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescaped(rest.split_once('"')?.0))
}

/// The template engine writes special characters as numbers.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("&#") {
        let (number, behind) = after.split_once(';').unwrap();
        let letter = number.parse().ok().and_then(char::from_u32).unwrap();
        plain.push_str(before);
        plain.push(letter);
        rest = behind;
    }
    assert!(!rest.contains('&'), "another escape: {rest}");
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_with_what_they_hold() {
        let text = r#"<form method="post" action="/login/x/cancel"><input type="hidden"
            name="csrf" value="a&#38;b"><input type="checkbox" name="remember" value="on">
            <button>Go</button></form>"#
            .replace('\n', " ");
        let page = Page {
            url: Url::parse("http://localhost/").unwrap(),
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            text,
        };
        let form = page.form("/cancel");
        assert_eq!(form.action, "/login/x/cancel");
        assert_eq!(form.fields.into_iter().collect::<Vec<_>>(), [("csrf".into(), "a&b".into())]);
    }
}
