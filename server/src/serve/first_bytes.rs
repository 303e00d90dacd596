//! A stream whose first bytes must come soon, and whose answers must be taken.
//!
//! The HTTP library waits without end for the first bytes, because they tell
//! HTTP/1 from HTTP/2, and for a caller who does not read what it asked for.
//! Its own limits are those of a request's head.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// The length of HTTP/2's preface (RFC 9113 §3.4): with as many bytes the
/// version is known.
const ENOUGH: usize = 24;

/// How long an answer may lie without one byte of it being taken.
const UNTAKEN: Duration = Duration::from_secs(20);

/// A stream, and how long it has left.
pub(super) struct FirstBytes<S> {
    stream: S,
    missing: usize,
    patience: Pin<Box<Sleep>>,
    untaken: Option<Pin<Box<Sleep>>>,
}

impl<S> FirstBytes<S> {
    /// Gives a stream so much time to begin.
    pub(super) fn within(patience: Duration, stream: S) -> Self {
        Self { stream, missing: ENOUGH, patience: Box::pin(sleep(patience)), untaken: None }
    }

    /// Ends a write that has been waiting for too long.
    fn moving(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.untaken = None;
            return written;
        }
        let untaken = self.untaken.get_or_insert_with(|| Box::pin(sleep(UNTAKEN)));
        match untaken.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstBytes<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.missing > 0 {
            if read.is_ready() {
                let came = buffer.filled().len() - before;
                self.missing = self.missing.saturating_sub(came);
            } else if self.patience.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(ErrorKind::TimedOut.into()));
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstBytes<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.moving(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.moving(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
