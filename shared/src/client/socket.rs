//! A connected socket of either kind, read and written alike.

use super::endpoint::Endpoint;
use super::error::ClientError;
use super::ssh::Session;
use super::target::Target;
use super::tls;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;

/// How long one address may take to accept.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A connection to a daemon.
#[derive(Debug)]
pub enum Socket {
    /// The operator's socket.
    Unix(UnixStream),
    /// TCP, without Nagle's delay.
    Tcp(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
    /// A session of the user's own ssh.
    Ssh(Box<Session>),
}

impl Socket {
    /// Connects to the first address of `endpoint` that answers; tells which one it was.
    pub async fn connect(endpoint: &Endpoint) -> Result<(Self, &Target), ClientError> {
        let mut telling = None;
        for target in &endpoint.targets {
            match tokio::time::timeout(CONNECT_LIMIT, open(target)).await {
                Ok(Ok(socket)) => return Ok((socket, target)),
                Ok(Err(error)) => note(&mut telling, error),
                Err(_) => note(&mut telling, io::Error::from(io::ErrorKind::TimedOut)),
            }
        }
        Err(ClientError::Unreachable {
            tried: endpoint.describe(),
            source: telling.unwrap_or_else(|| io::Error::from(io::ErrorKind::NotFound)),
        })
    }
}

/// Keeps the error that tells most: a socket that isn't there says less than one that refuses.
fn note(telling: &mut Option<io::Error>, error: io::Error) {
    let plain = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    match telling {
        Some(kept) if !plain(kept) => {}
        _ => *telling = Some(error),
    }
}

async fn open(target: &Target) -> io::Result<Socket> {
    match target {
        Target::Unix(path) => UnixStream::connect(path).await.map(Socket::Unix),
        Target::Tcp(address) => {
            let stream = TcpStream::connect(address.as_str()).await?;
            stream.set_nodelay(true)?;
            Ok(Socket::Tcp(stream))
        }
        Target::Tls(address) => {
            let stream = TcpStream::connect(address.as_str()).await?;
            stream.set_nodelay(true)?;
            let stream = tls::shake_hands(address, stream).await?;
            Ok(Socket::Tls(Box::new(stream)))
        }
        Target::Ssh(host) => Session::start(host).map(|session| Socket::Ssh(Box::new(session))),
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
            Self::Ssh(session) => Pin::new(session.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
            Self::Ssh(session) => Pin::new(session.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write_vectored(cx, bufs),
            Self::Ssh(session) => Pin::new(session.as_mut()).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Unix(_) | Self::Tcp(_) => true,
            Self::Tls(stream) => stream.is_write_vectored(),
            Self::Ssh(session) => session.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            Self::Ssh(session) => Pin::new(session.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            Self::Ssh(session) => Pin::new(session.as_mut()).poll_shutdown(cx),
        }
    }
}
