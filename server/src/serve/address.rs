//! Addresses as clients write them.
//!
//! Clients that were written for Pro Santé Connect join its address and a path
//! with one slash too many, or end with one (psc-protocol §2.1): both name the
//! same endpoint here.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Uri, uri::PathAndQuery},
};
use tower::ServiceExt;

/// Routes, whatever slashes an address has too many.
pub(crate) fn with_any_slashes(router: Router) -> Router {
    Router::new().fallback_service(router.map_request(tidied))
}

fn tidied(mut request: Request<Body>) -> Request<Body> {
    if let Some(uri) = tidy(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// The same address without the slashes too many; nothing when it has none.
fn tidy(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let ends = path.len() > 1 && path.ends_with('/');
    if !ends && !path.contains("//") {
        return None;
    }
    let words: Vec<&str> = path.split('/').filter(|word| !word.is_empty()).collect();
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    let text = format!("/{}{query}", words.join("/"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_too_many_are_dropped_and_the_query_is_not_touched() {
        let tidy = |text: &str| tidy(&text.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(tidy("/auth"), None);
        assert_eq!(tidy("/"), None);
        assert_eq!(tidy("/auth/?a=//b/"), Some("/auth?a=//b/".into()));
        assert_eq!(tidy("/auth//realms///x"), Some("/auth/realms/x".into()));
        assert_eq!(tidy("//evil.example/x"), Some("/evil.example/x".into()));
        assert_eq!(tidy("///"), Some("/".into()));
        assert_eq!(tidy("/auth?next=//x"), None);
    }
}
