//! Access tokens whose signature was found good before.
//!
//! Verifying a signature costs more than all the rest of an answer, and services
//! ask about the same token again and again. Remembered is only that these very
//! bytes bear a signature of that key, and what they say. Whether the key is
//! still published, the token has not expired, its client is still there and its
//! grant still stands is asked each time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

use super::AccessToken;

/// Tokens of one generation: bounds what is kept to some megabytes.
const MOST: usize = 2048;

/// A token whose signature is good.
#[derive(Debug)]
pub(super) struct Verified {
    /// The key that signed it.
    pub kid: String,
    /// The `typ` of its header.
    pub typ: &'static str,
    /// What this server reads in it.
    pub token: AccessToken,
    /// Everything that it says.
    pub claims: Arc<Value>,
}

/// Two generations: when the young one is full, the old one is forgotten.
#[derive(Default)]
pub struct VerifiedTokens(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<Box<str>, Arc<Verified>>,
    old: HashMap<Box<str>, Arc<Verified>>,
}

impl VerifiedTokens {
    /// The token of these bytes, if they were verified lately.
    pub(super) fn find(&self, text: &str) -> Option<Arc<Verified>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.young.get(text) {
            return Some(Arc::clone(found));
        }
        let (text, found) = kept.old.remove_entry(text)?;
        kept.put(text, Arc::clone(&found));
        Some(found)
    }

    /// Remembers that the signature of these bytes is good.
    pub(super) fn put(&self, text: &str, verified: Arc<Verified>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.put(text.into(), verified);
    }
}

impl Generations {
    fn put(&mut self, text: Box<str>, verified: Arc<Verified>) {
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(text, verified);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verified(sub: &str) -> Arc<Verified> {
        let claims = json!({
            "exp": 1, "jti": "a.b", "iss": "i", "typ": "Bearer", "azp": "c", "sub": sub,
            "scope": "openid",
        });
        let token = serde_json::from_value(claims.clone()).unwrap();
        Arc::new(Verified { kid: "k".into(), typ: "JWT", token, claims: Arc::new(claims) })
    }

    #[test]
    fn a_token_is_found_by_its_own_bytes_only() {
        let tokens = VerifiedTokens::default();
        tokens.put("a", verified("x"));
        assert_eq!(tokens.find("a").unwrap().token.sub, "x");
        assert!(tokens.find("A").is_none());
    }

    #[test]
    fn who_is_asked_for_stays_and_the_number_is_bounded() {
        let tokens = VerifiedTokens::default();
        for nth in 0..10 * MOST {
            tokens.put(&nth.to_string(), verified("x"));
            assert!(tokens.find("0").is_some(), "after {nth}");
        }
        assert!(tokens.find("1").is_none());
        let kept = tokens.0.lock().unwrap();
        assert!(kept.young.len() <= MOST && kept.old.len() <= MOST);
    }
}
