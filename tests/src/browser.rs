//! A person's browser: cookies, pages, forms, redirects.

use std::sync::{Mutex, MutexGuard};

use reqwest::{Client, RequestBuilder, header, redirect::Policy};
use url::Url;

use crate::{CookieJar, Page, TestServer};

/// The cookie that names a browser.
pub const BROWSER_COOKIE: &str = "__Host-openpsc-browser";

/// The cookie of a session.
pub const SESSION_COOKIE: &str = "__Host-openpsc-session";

/// A browser that shows pages of one provider.
pub struct Browser {
    http: Client,
    origin: Url,
    jar: Mutex<CookieJar>,
}

impl TestServer {
    /// A browser that has never been here.
    pub fn browser(&self) -> Browser {
        Browser::of(self.url())
    }
}

/// An HTTP client that follows nothing and remembers nothing.
pub fn http() -> Client {
    // There is no https here: no certificate needs to be read.
    let builder = Client::builder().redirect(Policy::none()).tls_certs_only([]);
    builder.timeout(std::time::Duration::from_secs(30)).build().unwrap()
}

impl Browser {
    /// A browser that has never been at this provider.
    pub fn of(provider: &str) -> Self {
        let origin = Url::parse(provider).unwrap();
        Self { http: http(), origin, jar: Mutex::new(CookieJar::default()) }
    }

    /// Opens an address, as typed or clicked.
    pub async fn get(&self, address: impl AsRef<str>) -> Page {
        let url = self.origin.join(address.as_ref()).unwrap();
        self.send(self.http.get(url)).await
    }

    /// Opens an address and follows redirects within the provider.
    pub async fn open(&self, address: impl AsRef<str>) -> Page {
        self.follow(self.get(address).await).await
    }

    /// Posts a form from a page of the provider.
    pub async fn post<V: AsRef<str>>(
        &self,
        address: impl AsRef<str>,
        fields: &[(&str, V)],
    ) -> Page {
        self.send(self.posting(address, fields).header("sec-fetch-site", "same-origin")).await
    }

    /// Posts a form as a page of another site makes this browser do: without
    /// `SameSite=Lax` cookies.
    pub async fn post_from_elsewhere<V: AsRef<str>>(
        &self,
        address: impl AsRef<str>,
        fields: &[(&str, V)],
    ) -> Page {
        let request = self.posting(address, fields);
        let request = request
            .header(header::ORIGIN, "https://evil.example")
            .header("sec-fetch-site", "cross-site");
        let page = Page::of(request.send().await.unwrap()).await;
        self.keep_cookies(&page);
        page
    }

    /// Posts a form of a page, some of its fields filled in.
    pub async fn submit(&self, page: &Page, action: &str, filled: &[(&str, &str)]) -> Page {
        let mut form = page.form(action);
        for (name, value) in filled {
            form.fields.insert((*name).into(), (*value).into());
        }
        let fields: Vec<_> =
            form.fields.iter().map(|(name, value)| (name.as_str(), value)).collect();
        let action = page.url.join(&form.action).unwrap();
        self.post(action, &fields).await
    }

    /// Follows redirects until a page, or until one leads elsewhere.
    pub async fn follow(&self, mut page: Page) -> Page {
        for _ in 0..10 {
            match page.location() {
                Some(location) if location.origin() == self.origin.origin() => {
                    page = self.get(location).await;
                }
                _ => return page,
            }
        }
        panic!("the redirects have no end: {}", page.url)
    }

    /// On a login page: a test identity, at once.
    pub async fn one_click(&self, login: &Page, national_id: &str, means: &str) -> Page {
        self.submit(login, "/sandbox", &[("national_id", national_id), ("means", means)]).await
    }

    /// The cookies.
    pub fn jar(&self) -> MutexGuard<'_, CookieJar> {
        self.jar.lock().unwrap()
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar().value(name).map(str::to_owned)
    }

    /// Sends a request with the cookies, keeps those that come.
    pub async fn send(&self, request: RequestBuilder) -> Page {
        let cookies = self.jar().header();
        let request =
            if cookies.is_empty() { request } else { request.header(header::COOKIE, cookies) };
        let page = Page::of(request.send().await.unwrap()).await;
        self.keep_cookies(&page);
        page
    }

    /// A request in the making, for odd ones.
    pub fn posting<V: AsRef<str>>(
        &self,
        address: impl AsRef<str>,
        fields: &[(&str, V)],
    ) -> RequestBuilder {
        let url = self.origin.join(address.as_ref()).unwrap();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_ref())).collect();
        self.http.post(url).form(&fields)
    }

    fn keep_cookies(&self, page: &Page) {
        let mut jar = self.jar();
        for line in page.cookies() {
            jar.take(&line);
        }
    }
}
