//! The calls themselves.

use std::{
    collections::HashMap,
    error::Error as _,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use anyhow::Context;
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::{
    FetchError, Settings,
    address::Allowed,
    resolve::{ForbiddenAddress, Names, Resolver, System},
    target::target,
};
use crate::jose::StrictValue;

/// Calls under way to one host: a slow one must not take every place.
const PER_HOST: usize = 8;

/// Makes every call that the server makes.
pub struct Fetcher {
    allowed: Arc<Allowed>,
    names: Arc<dyn Names>,
    time_limit: Duration,
    size_limit: usize,
    places: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
    /// Made at the first call: reading the machine's certificates takes a while.
    client: OnceLock<reqwest::Client>,
}

/// What somebody answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status; a redirect is a status like another.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Bytes,
}

impl Answer {
    /// The media type, in lower case and without its parameters.
    pub fn media_type(&self) -> String {
        let text = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        text.and_then(|text| text.split(';').next()).unwrap_or("").trim().to_ascii_lowercase()
    }

    /// How many seconds the other side lets its answer be kept (RFC 9111 §5.2).
    pub fn max_age(&self) -> Option<u64> {
        let text = self.headers.get(header::CACHE_CONTROL)?.to_str().ok()?;
        text.split(',').find_map(|word| word.trim().strip_prefix("max-age=")?.parse().ok())
    }

    /// The body as JSON, in which no member stands twice.
    pub fn json(&self) -> Result<Value, FetchError> {
        let media_type = self.media_type();
        if media_type != "application/json" && !media_type.ends_with("+json") {
            return Err(FetchError::NotJson);
        }
        let StrictValue(value) =
            serde_json::from_slice(&self.body).map_err(|_| FetchError::NotJson)?;
        Ok(value)
    }
}

impl Fetcher {
    /// `loopback` lets the machine call itself, which only a sandbox may.
    pub fn new(settings: &Settings, loopback: bool) -> Self {
        Self::asking(Arc::new(System::default()), settings, loopback)
    }

    fn asking(names: Arc<dyn Names>, settings: &Settings, loopback: bool) -> Self {
        Self {
            allowed: Arc::new(Allowed::new(&settings.allowed_networks, loopback)),
            names,
            time_limit: Duration::from_secs(settings.time_limit),
            size_limit: settings.size_limit,
            places: Arc::new(Semaphore::new(settings.concurrency)),
            hosts: Mutex::default(),
            client: OnceLock::new(),
        }
    }

    /// Whether a URL is one that could be called: asked at registration, so
    /// that a service hears of it then. No name is resolved.
    pub fn would_call(&self, url: &str) -> Result<(), FetchError> {
        target(url, &self.allowed).map(|_| ())
    }

    /// A document of any media type; the status must be 200.
    pub async fn get(&self, url: &str, accept: &'static str) -> Result<Answer, FetchError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        let answer = self.call(Method::GET, url, headers, Bytes::new()).await?;
        match answer.status {
            StatusCode::OK => Ok(answer),
            other => Err(FetchError::Status(other.as_u16())),
        }
    }

    /// A JSON document.
    pub async fn get_json(&self, url: &str) -> Result<Value, FetchError> {
        self.get(url, "application/json").await?.json()
    }

    /// Posts a form, with an `Authorization` header or none. The status is the
    /// caller's to judge.
    pub async fn post_form(
        &self,
        url: &str,
        form: &[(&str, &str)],
        authorization: Option<&str>,
    ) -> Result<Answer, FetchError> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let kind = "application/x-www-form-urlencoded";
        self.post(url, kind, body.into(), authorization).await
    }

    /// Posts JSON, with an `Authorization` header or none. The status is the
    /// caller's to judge.
    pub async fn post_json<T: Serialize>(
        &self,
        url: &str,
        value: &T,
        authorization: Option<&str>,
    ) -> Result<Answer, FetchError> {
        let body = serde_json::to_vec(value).map_err(|_| FetchError::NotJson)?;
        self.post(url, "application/json", body.into(), authorization).await
    }

    async fn post(
        &self,
        url: &str,
        kind: &'static str,
        body: Bytes,
        authorization: Option<&str>,
    ) -> Result<Answer, FetchError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(authorization) = authorization {
            let mut value = HeaderValue::from_str(authorization)
                .map_err(|_| FetchError::Url("goes with a credential that no header can hold"))?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        self.call(Method::POST, url, headers, body).await
    }

    /// The time limit covers all of it: waiting for a place, the name, the
    /// connection, the answer to its last byte.
    async fn call(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, FetchError> {
        let url = target(url, &self.allowed)?;
        let call = async {
            let _places = self.places(&url).await?;
            let request = self.client()?.request(method, url).headers(headers).body(body);
            let response = request.send().await.map_err(reason)?;
            self.read(response).await
        };
        tokio::time::timeout(self.time_limit, call).await.unwrap_or(Err(FetchError::TimedOut))
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Answer, FetchError> {
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(reason)? {
            if body.len() + chunk.len() > self.size_limit {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: body.into() })
    }

    /// One place among all calls, and one among those to this host.
    async fn places(&self, url: &Url) -> Result<[OwnedSemaphorePermit; 2], FetchError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let of_host = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            // Hosts that nobody calls at present are forgotten.
            hosts.retain(|_, places| Arc::strong_count(places) > 1);
            hosts.entry(host).or_insert_with(|| Arc::new(Semaphore::new(PER_HOST))).clone()
        };
        // The host's first: who waits for a slow host holds no place of others'.
        let of_host = of_host.acquire_owned().await.map_err(|_| FetchError::Unreachable)?;
        let of_all =
            self.places.clone().acquire_owned().await.map_err(|_| FetchError::Unreachable)?;
        Ok([of_host, of_all])
    }

    fn client(&self) -> Result<&reqwest::Client, FetchError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let made = self.make_client().context("could not prepare for calling others");
        let made = made.map_err(|cause| {
            tracing::error!(cause = format!("{cause:#}"));
            FetchError::Unreachable
        })?;
        Ok(self.client.get_or_init(|| made))
    }

    fn make_client(&self) -> anyhow::Result<reqwest::Client> {
        let resolver = Resolver { names: self.names.clone(), allowed: self.allowed.clone() };
        let client = reqwest::Client::builder()
            .dns_resolver(resolver)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .retry(reqwest::retry::never())
            .https_only(!self.allowed.loopback())
            .connect_timeout(self.time_limit)
            .timeout(self.time_limit)
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(PER_HOST)
            .http2_max_header_list_size(16 * 1024)
            .user_agent("openpsc")
            .build()?;
        Ok(client)
    }
}

/// What went wrong, in our own words.
fn reason(error: reqwest::Error) -> FetchError {
    if error.is_timeout() {
        return FetchError::TimedOut;
    }
    let mut cause = error.source();
    while let Some(it) = cause {
        if it.is::<ForbiddenAddress>() {
            return FetchError::Address;
        }
        cause = it.source();
    }
    FetchError::Unreachable
}

#[cfg(test)]
mod tests;
