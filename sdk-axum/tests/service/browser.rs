//! A browser: it keeps cookies, and says where a request comes from.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode},
};
use serde_json::Value;
use tower::ServiceExt;

/// One browser of one person, on one service.
#[derive(Clone)]
pub(crate) struct Browser {
    service: Router,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    pub(crate) set_cookies: Vec<String>,
    pub(crate) policy: Option<String>,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    /// Where a redirect leads.
    #[track_caller]
    pub(crate) fn redirect(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.location.as_deref().unwrap()
    }
}

impl Browser {
    pub(crate) fn new(service: Router) -> Self {
        Self { service, cookies: BTreeMap::new() }
    }

    /// A person follows a link or types an address.
    pub(crate) async fn open(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, &[("sec-fetch-mode", "navigate")], "").await
    }

    /// Our page's script asks, as the SDK does.
    pub(crate) async fn fetch(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, &[("psc-csrf", "1"), ("sec-fetch-site", "same-origin")], "")
            .await
    }

    /// Any request at all.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Page {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let (answer, body) = self.service.clone().oneshot(request).await.unwrap().into_parts();

        let text =
            |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let (location, policy) = (text("location"), text("content-security-policy"));
        let set_cookies: Vec<_> = answer
            .headers
            .get_all("set-cookie")
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        let status = answer.status;
        for cookie in &set_cookies {
            self.keep(cookie);
        }
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Page { status, location, set_cookies, policy, body }
    }

    /// Keeps what a `__Host-` cookie may be kept as, and nothing else.
    fn keep(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        assert!(name.starts_with("__Host-"), "{cookie}");
        for attribute in ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"] {
            assert!(attributes.split("; ").any(|part| part.trim() == attribute), "{cookie}");
        }
        assert!(!attributes.contains("Domain"), "{cookie}");
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
