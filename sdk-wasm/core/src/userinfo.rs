//! The professional's data (Core §5.3).

use crate::json;
use crate::refusal::Refusal;

/// Checks that the document is sound and speaks of the same person as the ID
/// token (S13, S15). Everything else in it may be absent (S14).
pub fn check(text: &str, subject: &str) -> Result<(), Refusal> {
    let document = json::parse(text).ok_or_else(|| Refusal::token("userinfo"))?;
    if document.text("sub") == Some(subject) { Ok(()) } else { Err(Refusal::token("userinfo sub")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_about_someone_else_is_refused() {
        assert!(check(r#"{"sub":"a","SubjectRefPro":{}}"#, "a").is_ok());
        assert!(check(r#"{"sub":"a"}"#, "a").is_ok());
        assert_eq!(check(r#"{"sub":"b"}"#, "a").unwrap_err().detail, "userinfo sub");
        assert_eq!(check("{}", "a").unwrap_err().detail, "userinfo sub");
    }

    #[test]
    fn a_document_with_a_duplicated_member_is_refused() {
        assert_eq!(
            check(r#"{"sub":"a","otherIds":[],"otherIds":[]}"#, "a").unwrap_err().detail,
            "userinfo"
        );
    }
}
