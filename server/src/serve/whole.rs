//! Where a request ends: addresses that are too long, bodies that come drop by
//! drop, lengths that two programs could read differently.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, HttpBody},
    extract::Request,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use hyper::body::{Bytes, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// The longest address, in bytes (oidc-rules §16).
const LONGEST_ADDRESS: usize = 16 * 1024;

/// How long a whole body may take, however regularly its pieces come.
const LONGEST_TIME: Duration = Duration::from_secs(20);

/// The answer to an address that is too long; nothing to any other.
pub(super) fn too_long(address: &Uri) -> Option<Response> {
    let length = address.path_and_query().map_or(0, |it| it.as_str().len());
    (length > LONGEST_ADDRESS).then(|| StatusCode::URI_TOO_LONG.into_response())
}

/// Whether nothing may follow on this connection. A length may stand beside the
/// chunks, and who goes by it sees another request behind them (RFC 9112 §6.1).
pub(super) fn is_the_last(request: &Request<Body>) -> bool {
    request.headers().contains_key(header::TRANSFER_ENCODING)
}

/// The same request with a body that comes to an end.
pub(super) fn in_time(request: Request<Body>) -> Request<Body> {
    if request.body().is_end_stream() {
        return request;
    }
    request.map(|body| Body::new(InTime { body, patience: Box::pin(sleep(LONGEST_TIME)) }))
}

struct InTime {
    body: Body,
    patience: Pin<Box<Sleep>>,
}

impl HttpBody for InTime {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.patience.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err("the body took too long".into())));
        }
        Pin::new(&mut self.body).poll_frame(context).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
