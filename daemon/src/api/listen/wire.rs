//! The bytes of one connection: reports reads and writes to its `Watch`, holds its place among the connections, and gives
//! hyper's bare refusals of an unreadable head the JSON body that every error of ours has.

use super::gauge::Place;
use super::phase::Watch;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A socket with its watch and its place; both live as long as it does, upgraded or not.
#[derive(Debug)]
pub struct Wire<S> {
    socket: S,
    watch: Arc<Watch>,
    _place: Place,
    /// A refusal that stands in for hyper's own, and how much of it is out.
    refusal: Option<(Vec<u8>, usize)>,
}

impl<S> Wire<S> {
    /// Takes the socket over.
    pub fn new(socket: S, watch: Arc<Watch>, place: Place) -> Self {
        Self {
            socket,
            watch,
            _place: place,
            refusal: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.watch.read();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    fn note<T>(&self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.watch.wrote(polled.is_ready());
        polled
    }

    /// Writes what is left of a refusal.
    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some((bytes, out)) = &mut self.refusal {
            if *out == bytes.len() {
                self.refusal = None;
                break;
            }
            let written = ready!(Pin::new(&mut self.socket).poll_write(cx, &bytes[*out..]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *out += written;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.refusal.is_none()
            && self.watch.reads_head()
            && let Some(refusal) = refusal(buf)
        {
            self.refusal = Some((refusal, 0));
            return Poll::Ready(Ok(buf.len()));
        }
        let polled = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.note(polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = match self.poll_refusal(cx) {
            Poll::Ready(Ok(())) => Pin::new(&mut self.socket).poll_flush(cx),
            other => other,
        };
        self.note(polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = match self.poll_refusal(cx) {
            Poll::Ready(Ok(())) => Pin::new(&mut self.socket).poll_shutdown(cx),
            other => other,
        };
        self.note(polled)
    }

    // Not vectored: a bare refusal of hyper's must come in one piece to be known again.
    fn is_write_vectored(&self) -> bool {
        false
    }
}

/// The whole answer for a head that hyper refused, if `written` is such a refusal.
fn refusal(written: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(written).ok()?;
    let status = text
        .strip_prefix("HTTP/1.1 ")
        .or_else(|| text.strip_prefix("HTTP/1.0 "))?
        .get(..3)?;
    let (line, code, message) = match status {
        "400" => (
            "400 Bad Request",
            "malformed",
            "the request's head is not HTTP/1.1; check its first line and headers",
        ),
        "414" => (
            "414 URI Too Long",
            "uri_too_long",
            "the request's target is too long; put what is long into the body",
        ),
        "431" => (
            "431 Request Header Fields Too Large",
            "headers_too_large",
            "the request's head is over 16 KiB or has over 100 headers; send fewer or shorter headers",
        ),
        _ => return None,
    };
    Some(super::bare_answer(line, code, message, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_refusal_gets_a_body_and_nothing_else_does() {
        let made =
            refusal(b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n")
                .unwrap();
        let made = String::from_utf8(made).unwrap();
        assert!(made.starts_with("HTTP/1.1 431 "), "{made}");
        assert!(made.contains("\"code\":\"headers_too_large\""), "{made}");
        assert!(refusal(b"HTTP/1.1 200 OK\r\n\r\n").is_none());
        assert!(refusal(b"\xff\xfe").is_none());
    }
}
