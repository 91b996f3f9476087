//! One connection from accept to end: HTTP/1.1 over any socket, guarded by its watch, ended gently when the daemon stops.

use super::Peer;
use super::body::{Answer, Due};
use super::gauge::Place;
use super::phase::{Deadlines, Pace, Watch};
use super::wire::Wire;
use axum::Router;
use axum::body::Body;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Bytes of a request's head.
pub const MAX_HEAD: usize = 16 * 1024;

/// Serves a connection until it ends, its client lets a deadline pass, or `stop` lets it finish what it is at.
pub async fn connection<S>(
    socket: S,
    peer: Peer,
    place: Place,
    router: Router,
    deadlines: Deadlines,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let watch = Arc::new(Watch::new(deadlines));
    let wire = Wire::new(socket, Arc::clone(&watch), place);
    let service = {
        let watch = Arc::clone(&watch);
        service_fn(move |request| {
            exchange(request, peer.clone(), router.clone(), Arc::clone(&watch))
        })
    };
    let mut builder = http1::Builder::new();
    // The watch does what hyper's own timer does not: it also ends connections that never send a byte or never read one.
    builder
        .header_read_timeout(None)
        .max_buf_size(MAX_HEAD)
        .max_header_size(MAX_HEAD)
        .half_close(false);
    let mut served = pin!(
        builder
            .serve_connection(TokioIo::new(wire), service)
            .with_upgrades()
    );
    let mut timer = pin!(sleep_until(tokio::time::Instant::now()));
    let mut stopped = pin!(stop.cancelled());
    let mut stopping = false;
    poll_fn(|cx| {
        if !stopping && stopped.as_mut().poll(cx).is_ready() {
            stopping = true;
            served.as_mut().graceful_shutdown();
        }
        if let Poll::Ready(ended) = served.as_mut().poll(cx) {
            if let Err(error) = ended {
                tracing::debug!(component = "HTTP", %error, "a connection ended with an error");
            }
            return Poll::Ready(());
        }
        let Some(due) = watch.due() else {
            return Poll::Pending;
        };
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => {
                tracing::debug!(
                    component = "HTTP",
                    "a connection was closed: its client let a deadline pass"
                );
                Poll::Ready(())
            }
            Poll::Pending => Poll::Pending,
        }
    })
    .await;
}

/// One request and its answer.
async fn exchange(
    request: hyper::Request<Incoming>,
    peer: Peer,
    router: Router,
    watch: Arc<Watch>,
) -> Result<hyper::Response<Answer>, Infallible> {
    let due = watch.head(!request.body().is_end_stream());
    let mut request = request.map(|body| Body::new(Due::new(body, Arc::clone(&watch), due)));
    request.extensions_mut().insert(peer);
    request.extensions_mut().insert(Pace::of(&watch));
    let answer = router
        .oneshot(request)
        .await
        .unwrap_or_else(|never| match never {});
    Ok(answer.map(|body| Answer::new(body, watch)))
}
