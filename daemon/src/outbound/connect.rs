//! Making a connection: look the host up, judge every address, dial one that was judged, shake hands. The one place through
//! which every request goes.

use super::client::{Class, Failure};
use super::policy::{Policy, literal};
use super::tls::Tls;
use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

/// A future that is boxed, for traits.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Looks names up.
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of a name.
    fn resolve(&self, name: &str) -> Later<io::Result<Vec<IpAddr>>>;
}

/// As the system does.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> Later<io::Result<Vec<IpAddr>>> {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Connects for the client.
#[derive(Clone)]
pub(super) struct Connector {
    pub policy: Arc<Policy>,
    pub tls: Arc<Tls>,
    pub resolver: Arc<dyn Resolve>,
    /// For the look-up and the dialling together, and again for the handshake.
    pub timeout: Duration,
}

impl Connector {
    async fn connect(self, uri: Uri) -> Result<Stream, Failure> {
        let plain_http = uri.scheme_str() != Some("https");
        let host = uri.host().unwrap_or_default().to_owned();
        let port = uri.port_u16().unwrap_or(if plain_http { 80 } else { 443 });
        let dialled = tokio::time::timeout(self.timeout, self.dial(&host, port, plain_http)).await;
        let stream = dialled.map_err(|_| {
            Failure::new(
                Class::Timeout,
                format!(
                    "no connection to `{host}` within {} s",
                    self.timeout.as_secs()
                ),
            )
        })??;
        if plain_http {
            return Ok(Stream::Plain(TokioIo::new(stream)));
        }
        let tls = |problem: String| Failure::new(Class::Tls, problem);
        let bare = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let name = ServerName::try_from(bare).map_err(|error| tls(error.to_string()))?;
        let connector = self.tls.connector().await.map_err(tls)?;
        let shaken = tokio::time::timeout(self.timeout, connector.connect(name, stream)).await;
        let stream = shaken
            .map_err(|_| {
                let problem = format!(
                    "`{host}` did not finish the TLS handshake within {} s",
                    self.timeout.as_secs()
                );
                Failure::new(Class::Timeout, problem)
            })?
            .map_err(|error| tls(error.to_string()))?;
        Ok(Stream::Tls(Box::new(TokioIo::new(stream))))
    }

    async fn dial(&self, host: &str, port: u16, plain_http: bool) -> Result<TcpStream, Failure> {
        let addresses = match literal(host) {
            Some(address) => vec![address],
            None => self.resolver.resolve(host).await.map_err(|error| {
                Failure::new(
                    Class::Dns,
                    format!("`{host}` could not be looked up: {error}"),
                )
            })?,
        };
        let mut failure = Failure::new(Class::Dns, format!("`{host}` has no address"));
        for address in addresses {
            if let Err(blocked) = self.policy.admits(host, address, port, plain_http) {
                failure = Failure::new(Class::Blocked, blocked.to_string());
                continue;
            }
            match TcpStream::connect(SocketAddr::new(address, port)).await {
                Ok(stream) => {
                    // Small requests must not wait for company; failing that they are merely slower.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => {
                    failure =
                        Failure::new(Class::Connect, format!("{address} port {port}: {error}"))
                }
            }
        }
        Err(failure)
    }
}

impl tower::Service<Uri> for Connector {
    type Response = Stream;
    type Error = Failure;
    type Future = Later<Result<Stream, Failure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

/// A connection, in the clear or not.
pub(super) enum Stream {
    Plain(TokioIo<TcpStream>),
    Tls(Box<TokioIo<TlsStream<TcpStream>>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
