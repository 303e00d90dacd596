//! The headers of every page: nothing runs that the service did not write.

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use url::Url;

/// The Content-Security-Policy of a service.
///
/// `connect` and `forms` are where its scripts and its forms may go besides
/// home. A form that ends at the provider needs it too: browsers follow
/// `form-action` through redirects.
pub(crate) fn policy(scripts: &str, connect: &str, forms: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self'; \
         connect-src 'self' {connect}; form-action 'self' {forms}; base-uri 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    );
    HeaderValue::from_str(&policy).expect("origins are ASCII")
}

/// The origin of an address, as a policy names it.
pub(crate) fn origin(address: &str) -> anyhow::Result<String> {
    Ok(Url::parse(address)?.origin().ascii_serialization())
}

/// Writes the headers, unless a page has its own policy.
pub(crate) async fn write(policy: HeaderValue, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ] {
        headers.entry(name).or_insert(value);
    }
    response
}
