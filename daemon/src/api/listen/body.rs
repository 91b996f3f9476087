//! The two bodies of an exchange, with their part in the connection's phases: the request's ends with an error when it is
//! late, the answer's tells when it is out.

use super::phase::Watch;
use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::{Instant, Sleep, sleep_until};

/// A request's body did not come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request's body did not come in time")]
pub struct Late;

/// A request's body that must be in by a given moment.
pub struct Due {
    inner: Incoming,
    watch: Arc<Watch>,
    until: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Due {
    /// `inner`, whole by `until`.
    pub fn new(inner: Incoming, watch: Arc<Watch>, until: Instant) -> Self {
        Self {
            inner,
            watch,
            until,
            timer: None,
        }
    }
}

impl HttpBody for Due {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.watch
                    .came(frame.data_ref().map_or(0, |data| data.len() as u64));
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => {
                self.watch.body_done();
                Poll::Ready(None)
            }
            Poll::Pending => {
                loop {
                    let until = self.until;
                    let timer = self
                        .timer
                        .get_or_insert_with(|| Box::pin(sleep_until(until)));
                    ready!(timer.as_mut().poll(cx));
                    // One that keeps a pace has got a later moment meanwhile.
                    let due = self.watch.body_due().unwrap_or(until);
                    if due <= until {
                        return Poll::Ready(Some(Err(Late.into())));
                    }
                    self.until = due;
                    self.timer = None;
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Due {
    fn drop(&mut self) {
        self.watch.body_done();
    }
}

/// An answer's body that reports when the last of it was taken.
pub struct Answer {
    inner: Body,
    watch: Arc<Watch>,
}

impl Answer {
    /// Watches `inner`.
    pub fn new(inner: Body, watch: Arc<Watch>) -> Self {
        Self { inner, watch }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

// hyper drops the body once the last of it is encoded, also where it never polls an empty one.
impl Drop for Answer {
    fn drop(&mut self) {
        self.watch.answered();
    }
}
