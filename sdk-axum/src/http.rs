//! The only way out: reqwest behind the interface that `openidconnect` wants.

use std::{future::Future, pin::Pin, time::Duration};

use openidconnect::{AsyncHttpClient, HttpClientError, HttpRequest, HttpResponse};

use crate::{Error, ErrorCode};

/// What the client may fail with.
pub(crate) type HttpError = HttpClientError<reqwest::Error>;

/// A client that follows no redirect and stops at a size and a time.
pub(crate) struct Http(reqwest::Client);

impl Http {
    /// A discovery document or a user's activities are a few kilobytes.
    const LARGEST_BODY: usize = 1024 * 1024;

    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(10))
            .build()
            .map(Self)
    }

    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut response =
            self.0.execute(request.try_into().map_err(Box::new)?).await.map_err(Box::new)?;
        let mut answer = axum::http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(Box::new)? {
            if body.len() + chunk.len() > Self::LARGEST_BODY {
                return Err(HttpClientError::Other("the answer is too long".into()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(answer.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// The name of a failed call. The text holds addresses and causes, no secret.
pub(crate) fn failure(error: &HttpError) -> Error {
    let timed_out = matches!(error, HttpClientError::Reqwest(inner) if inner.is_timeout());
    let code = if timed_out { ErrorCode::Timeout } else { ErrorCode::Server };
    let mut detail = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        detail = format!("{detail}: {inner}");
        cause = inner.source();
    }
    Error::new(code, detail)
}
