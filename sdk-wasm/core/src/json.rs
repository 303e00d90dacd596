//! A small strict JSON reader (RFC 8259) that refuses duplicated members.
//!
//! `JSON.parse` silently keeps the last of two members with the same name, so
//! a token could say one thing to us and another to the next reader (S15).

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// How deep a document may nest.
const DEPTH: usize = 32;
/// How many members an object may have; beyond that it is no token of ours.
const MEMBERS: usize = 1000;

/// A JSON value. Numbers keep their text: no rule here needs a fraction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string, unescaped.
    Text(String),
    /// An array.
    Array(Vec<Value>),
    /// An object, its members in order.
    Object(Vec<(String, Value)>),
}

/// Reads one whole document, or nothing.
pub fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text };
    let value = reader.value(DEPTH)?;
    reader.space();
    reader.rest.is_empty().then_some(value)
}

impl Value {
    /// The member of that name, when this is an object that has it.
    pub fn member(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The text of that member; an empty text means absent (S14).
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.member(name) {
            Some(Self::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The whole seconds of that member; a fraction is cut off.
    pub fn seconds(&self, name: &str) -> Option<i64> {
        match self.member(name) {
            Some(Self::Number(text)) => whole(text),
            _ => None,
        }
    }

    /// The items of that member, when it is an array; otherwise none.
    pub fn items(&self, name: &str) -> &[Value] {
        match self.member(name) {
            Some(Self::Array(items)) => items,
            _ => &[],
        }
    }

    /// Whether this is the given text.
    pub fn is_text(&self, expected: &str) -> bool {
        matches!(self, Self::Text(text) if text == expected)
    }
}

/// The whole part of a number, when it is a plain one of a sensible length.
fn whole(text: &str) -> Option<i64> {
    let mut value = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' if at < 15 => value = value * 10 + i64::from(byte - b'0'),
            b'.' => break,
            _ => return None,
        }
    }
    Some(value)
}

/// Writes a member `"name":"value"`, after a comma when it is not the first.
pub fn push_member(json: &mut String, name: &str, value: &str) {
    push_name(json, name);
    push_text(json, value);
}

/// Writes a member that holds a number.
pub fn push_number(json: &mut String, name: &str, value: i64) {
    push_name(json, name);
    push_digits(json, value);
}

/// Writes a whole number: the formatting machinery would weigh more than this.
pub fn push_digits(text: &mut String, value: i64) {
    if value < 0 {
        text.push('-');
    }
    let rest = value.unsigned_abs();
    if rest > 9 {
        push_digits(text, (rest / 10) as i64);
    }
    text.push(char::from(b'0' + (rest % 10) as u8));
}

fn push_name(json: &mut String, name: &str) {
    if !json.ends_with('{') {
        json.push(',');
    }
    push_text(json, name);
    json.push(':');
}

fn push_text(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                json.push('\\');
                json.push(character);
            }
            '\0'..='\x1f' => {
                json.push_str("\\u00");
                json.push(if character < '\x10' { '0' } else { '1' });
                json.push(char::from_digit(character as u32 & 15, 16).unwrap_or('0'));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        self.space();
        match self.rest.as_bytes().first()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.text().map(Value::Text),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.eat('{')?;
        let mut members: Vec<(String, Value)> = Vec::new();
        self.space();
        if self.eat('}').is_some() {
            return Some(Value::Object(members));
        }
        loop {
            self.space();
            let name = self.text()?;
            self.space();
            self.eat(':')?;
            let value = self.value(depth)?;
            if members.len() >= MEMBERS || members.iter().any(|(key, _)| *key == name) {
                return None;
            }
            members.push((name, value));
            self.space();
            if self.eat('}').is_some() {
                return Some(Value::Object(members));
            }
            self.eat(',')?;
        }
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        self.eat('[')?;
        let mut items = Vec::new();
        self.space();
        if self.eat(']').is_some() {
            return Some(Value::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.space();
            if self.eat(']').is_some() {
                return Some(Value::Array(items));
            }
            self.eat(',')?;
        }
    }

    fn text(&mut self) -> Option<String> {
        self.eat('"')?;
        let mut text = String::new();
        loop {
            let character = self.next()?;
            match character {
                '"' => return Some(text),
                '\\' => text.push(self.escape()?),
                '\0'..='\x1f' => return None,
                _ => text.push(character),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            '"' => '"',
            '\\' => '\\',
            '/' => '/',
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.hex()?;
                if first & 0xfc00 != 0xd800 {
                    // A lone low surrogate is no character: from_u32 refuses it.
                    return char::from_u32(first);
                }
                self.eat('\\')?;
                self.eat('u')?;
                let second = self.hex()?;
                if second & 0xfc00 != 0xdc00 {
                    return None;
                }
                return char::from_u32(0x1_0000 + ((first & 0x3ff) << 10 | second & 0x3ff));
            }
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let mut value = 0;
        for _ in 0..4 {
            value = value << 4 | self.next()?.to_digit(16)?;
        }
        Some(value)
    }

    fn number(&mut self) -> Option<Value> {
        let start = self.rest;
        let _ = self.eat('-');
        if self.eat('0').is_none() {
            self.digits()?;
        }
        if self.eat('.').is_some() {
            self.digits()?;
        }
        if self.eat('e').or_else(|| self.eat('E')).is_some() {
            let _ = self.eat('+').or_else(|| self.eat('-'));
            self.digits()?;
        }
        let length = start.len().checked_sub(self.rest.len())?;
        Some(Value::Number(start.get(..length)?.to_owned()))
    }

    fn digits(&mut self) -> Option<()> {
        let trimmed = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let some = trimmed.len() < self.rest.len();
        self.rest = trimmed;
        some.then_some(())
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(value)
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let character = characters.next()?;
        self.rest = characters.as_str();
        Some(character)
    }

    fn eat(&mut self, expected: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_duplicated_member_is_refused_at_any_depth() {
        assert_eq!(parse(r#"{"acr":"1","acr":"eidas3"}"#), None);
        assert_eq!(parse(r#"{"a":[{"b":1,"\u0062":2}]}"#), None);
        assert!(parse(r#"{"a":{"b":1},"c":{"b":1}}"#).is_some());
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "}",
            "{]",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "{'a':1}",
            "01",
            "+1",
            "1.",
            ".5",
            "1e",
            "-",
            "nul",
            "true false",
            "\"\u{1}\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\ud800\\u0041\"",
            "\u{feff}{}",
            "[1 2]",
            "\"a",
            "NaN",
            "// {}",
            "{\"a\" 1}",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn escapes_and_numbers_are_read() {
        let value = parse("{ \"a\\u00e9\\ud83d\\ude00\\/\\n\" : [ -0.5e+3 , 0, 12 ] }").unwrap();
        assert_eq!(
            value.member("aé😀/\n"),
            Some(&Value::Array(vec![
                Value::Number("-0.5e+3".into()),
                Value::Number("0".into()),
                Value::Number("12".into()),
            ]))
        );
    }

    #[test]
    fn seconds_are_whole_numbers() {
        let value =
            parse(r#"{"a":12,"b":12.9,"c":1e9,"d":"12","e":99999999999999999999}"#).unwrap();
        assert_eq!(value.seconds("a"), Some(12));
        assert_eq!(value.seconds("b"), Some(12));
        assert_eq!(value.seconds("c"), None);
        assert_eq!(value.seconds("d"), None);
        assert_eq!(value.seconds("e"), None);
        assert_eq!(value.seconds("f"), None);
    }

    #[test]
    fn nesting_has_an_end() {
        assert!(parse(&("[".repeat(31) + &"]".repeat(31))).is_some());
        assert_eq!(parse(&("[".repeat(100_000) + &"]".repeat(100_000))), None);
    }

    fn document() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            ".*".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
                proptest::collection::btree_map(".*", inner, 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Value::Null, serde_json::Value::Null) => true,
            (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
            (Value::Number(a), serde_json::Value::Number(b)) => *a == b.to_string(),
            (Value::Text(a), serde_json::Value::String(b)) => a == b,
            (Value::Array(a), serde_json::Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Value::Object(a), serde_json::Value::Object(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(name, value)| b.get(name).is_some_and(|b| same(value, b)))
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn it_reads_what_another_library_writes(document in document()) {
            let ours = parse(&document.to_string());
            prop_assert!(ours.is_some_and(|ours| same(&ours, &document)));
        }

        #[test]
        fn it_accepts_nothing_that_another_library_refuses(text in r#"[\[\]{}",:\\ue0-9. tfn-]{0,24}"#) {
            if parse(&text).is_some() {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            }
        }

        #[test]
        fn a_number_is_written_as_another_library_writes_it(value in any::<i64>()) {
            let mut text = String::new();
            push_digits(&mut text, value);
            prop_assert_eq!(text, value.to_string());
        }

        #[test]
        fn what_it_writes_it_reads(name in ".*", value in ".*") {
            let mut json = String::from("{");
            push_member(&mut json, &name, &value);
            json.push('}');
            let read = parse(&json);
            prop_assert_eq!(read, Some(Value::Object(vec![(name, Value::Text(value))])));
        }
    }
}
