//! A public document that clients keep: written once, served as bytes.

use aws_lc_rs::digest;
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::secret::base64url;

/// JSON, and the tag that tells two versions of it apart.
#[derive(Clone, Debug)]
pub struct CachedDocument {
    body: Bytes,
    tag: HeaderValue,
}

impl CachedDocument {
    /// Writes a document.
    pub fn json(value: &impl Serialize) -> anyhow::Result<Self> {
        let body = serde_json::to_vec(value)?;
        let digest = digest::digest(&digest::SHA256, &body);
        let tag = HeaderValue::from_str(&format!("\"{}\"", base64url(&digest.as_ref()[..16])))?;
        Ok(Self { body: body.into(), tag })
    }

    /// The document, or 304 to who has it already (RFC 9110 §13.1.2).
    pub fn answer(&self, asked: &HeaderMap) -> Response {
        let headers = [
            (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
            (header::ETAG, self.tag.clone()),
        ];
        if self.is_known(asked) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (headers, kind, self.body.clone()).into_response()
    }

    fn is_known(&self, asked: &HeaderMap) -> bool {
        let values = asked.get_all(header::IF_NONE_MATCH).iter();
        values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(','))
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == "*" || tag.as_bytes() == self.tag.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(document: &CachedDocument, tag: &str) -> StatusCode {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, tag.parse().unwrap());
        document.answer(&headers).status()
    }

    #[test]
    fn who_has_it_is_not_sent_it_again() {
        let document = CachedDocument::json(&["a"]).unwrap();
        let other = CachedDocument::json(&["b"]).unwrap();
        let tag = document.tag.to_str().unwrap();
        for known in [tag, &format!("W/{tag}"), &format!("\"x\", {tag}"), "*"] {
            assert_eq!(status(&document, known), StatusCode::NOT_MODIFIED, "{known}");
        }
        assert_eq!(status(&other, tag), StatusCode::OK);
        assert_eq!(status(&document, "\"\""), StatusCode::OK);
        assert_eq!(document.answer(&HeaderMap::new()).status(), StatusCode::OK);
    }
}
