//! A page as an HTTP answer: the markup and the headers that protect it.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::visit::Visit;

/// What a page may reach beside our own origin.
#[derive(Clone, Copy, Default)]
struct Beside<'a> {
    /// Addresses that a form of the page may end at: browsers hold a redirect
    /// after a form to it.
    forms_go_to: &'a [&'a str],
    /// Addresses that it loads in frames.
    frames: &'a [String],
}

/// Answers with a page. `forms_go_to` are the addresses, beside our own, that
/// a form of the page may end at.
pub(super) fn answer(
    visit: &Visit,
    status: StatusCode,
    page: &impl Template,
    forms_go_to: &[&str],
) -> Response {
    respond(visit, status, page, Beside { forms_go_to, ..Beside::default() })
}

/// Answers with a page that loads these addresses in frames.
pub(super) fn answer_with_frames(
    visit: &Visit,
    status: StatusCode,
    page: &impl Template,
    frames: &[String],
) -> Response {
    respond(visit, status, page, Beside { frames, ..Beside::default() })
}

fn respond(
    visit: &Visit,
    status: StatusCode,
    page: &impl Template,
    beside: Beside<'_>,
) -> Response {
    let html = match page.render() {
        Ok(html) => html,
        Err(cause) => {
            tracing::error!(%cause, "a page could not be written");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let policy = content_security_policy(visit.nonce(), beside);
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(visit.language.as_str())),
        (header::VARY, HeaderValue::from_static("accept-language, cookie")),
    ];
    let opener = ("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    (status, headers, [opener], Html(html)).into_response()
}

fn content_security_policy(nonce: &str, beside: Beside<'_>) -> HeaderValue {
    let form_action = sources("'self'", beside.forms_go_to.iter().copied());
    let mut policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    );
    if !beside.frames.is_empty() {
        let frames = sources("", beside.frames.iter().map(String::as_str));
        policy.push_str("; frame-src");
        policy.push_str(&frames);
    }
    HeaderValue::from_str(&policy).expect("a nonce and origins are visible ASCII")
}

/// The origins of some addresses, each once, after the first word.
fn sources<'a>(first: &str, addresses: impl Iterator<Item = &'a str>) -> String {
    let mut list = String::from(first);
    for source in addresses.filter_map(source) {
        if !list.split(' ').any(|known| known == source) {
            list.push(' ');
            list.push_str(&source);
        }
    }
    list
}

/// What an address is in a policy: its origin, or its scheme when it is an
/// app's own (`fr.example.app:/callback`).
fn source(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    match url.origin() {
        origin @ url::Origin::Tuple(..) => {
            let origin = origin.ascii_serialization();
            // A host may hold a semicolon, which would end the directive, or a
            // star, which would stand for all.
            (!origin.contains([';', ',', ' ', '*'])).then_some(origin)
        }
        // RFC 8252 §7.1: an app's own scheme is a domain name backwards.
        url::Origin::Opaque(_) => url.scheme().contains('.').then(|| format!("{}:", url.scheme())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(addresses: &[&str]) -> String {
        let beside = Beside { forms_go_to: addresses, ..Beside::default() };
        content_security_policy("n", beside).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_frame_is_of_the_origins_named_and_of_no_other() {
        let frames = ["https://a.example/out?sid=1", "https://a.example/x", "http://localhost:81/"];
        let frames = frames.map(str::to_owned);
        let beside = Beside { frames: &frames, ..Beside::default() };
        let policy = content_security_policy("n", beside).to_str().unwrap().to_owned();
        assert!(policy.ends_with("; frame-src https://a.example http://localhost:81"), "{policy}");
    }

    #[test]
    fn nothing_is_allowed_but_what_is_named() {
        assert_eq!(
            policy(&[]),
            "default-src 'none'; script-src 'nonce-n'; style-src 'self'; img-src 'self'; \
             connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        );
    }

    #[test]
    fn a_form_may_end_at_the_services_origin_and_nowhere_else() {
        let policy = policy(&[
            "http://localhost:8082/psc/callback?x=1",
            "http://localhost:8082/",
            "fr.example.app:/callback",
            "not an address",
            "javascript:alert(1)",
            "https://a;script-src *.example/",
        ]);
        assert!(policy.contains("form-action 'self' http://localhost:8082 fr.example.app:; frame"));
    }
}
