//! What a page should contain, as plain data: made without a browser, tested
//! without one, and brought to the page by [`crate::browser`].

/// A piece of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Markup {
    /// A tag with its attributes and content.
    Tag(Tag),
    /// Words.
    Words(String),
}

/// One tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: &'static str,
    /// Its attributes, none twice.
    pub attributes: Vec<(&'static str, String)>,
    /// What it holds.
    pub content: Vec<Markup>,
}

/// A new tag.
pub fn tag(name: &'static str) -> Tag {
    Tag { name, attributes: Vec::new(), content: Vec::new() }
}

/// A button that does something: `what` is an [`crate::event::Action`].
pub fn button(what: impl Into<String>, words: impl Into<String>) -> Tag {
    let what = what.into();
    let test_id = what.split(':').next().unwrap_or_default().to_owned();
    tag("button")
        .with("type", "button")
        .with("data-testid", test_id)
        .with("data-do", what)
        .say(words)
}

impl Tag {
    /// Sets an attribute.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.retain(|(known, _)| *known != name);
        self.attributes.push((name, value.into()));
        self
    }

    /// Sets an attribute if `condition` holds.
    pub fn with_if(self, condition: bool, name: &'static str, value: impl Into<String>) -> Self {
        if condition { self.with(name, value) } else { self }
    }

    /// Its `class`.
    pub fn class(self, value: impl Into<String>) -> Self {
        self.with("class", value)
    }

    /// What the browser tests find it by.
    pub fn test_id(self, value: impl Into<String>) -> Self {
        self.with("data-testid", value)
    }

    /// Adds words.
    pub fn say(mut self, words: impl Into<String>) -> Self {
        self.content.push(Markup::Words(words.into()));
        self
    }

    /// Adds a tag.
    pub fn child(mut self, child: Tag) -> Self {
        self.content.push(Markup::Tag(child));
        self
    }

    /// Adds tags.
    pub fn children(mut self, children: impl IntoIterator<Item = Tag>) -> Self {
        self.content.extend(children.into_iter().map(Markup::Tag));
        self
    }

    /// An attribute's value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The first tag with this test id, here or inside.
    pub fn find(&self, test_id: &str) -> Option<&Self> {
        if self.attribute("data-testid") == Some(test_id) {
            return Some(self);
        }
        self.content.iter().find_map(|child| match child {
            Markup::Tag(tag) => tag.find(test_id),
            Markup::Words(_) => None,
        })
    }

    /// All words, here and inside.
    pub fn words(&self) -> String {
        let mut words = String::new();
        for child in &self.content {
            let more = match child {
                Markup::Tag(tag) => tag.words(),
                Markup::Words(text) => text.clone(),
            };
            if !words.is_empty() && !more.is_empty() {
                words.push(' ');
            }
            words.push_str(&more);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found() {
        let page = tag("p").say("a").child(button("open:7", "b")).children([tag("b"), tag("i")]);
        assert_eq!(page.words(), "a b");
        assert_eq!(page.find("open").and_then(|tag| tag.attribute("data-do")), Some("open:7"));
        assert_eq!(page.find("nothing"), None);
    }
}
