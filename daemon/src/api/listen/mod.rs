//! The doors: the operator's Unix socket and TCP, bound by us or by systemd, all served by one router.
//!
//! - hyper's connections are served here rather than by `axum::serve`, which keeps a client that never sends, never
//!   finishes or never reads for ever: `phase` holds every client to its deadlines, `gauge` holds their number down.
//! - A connection that can't be had is refused with a JSON body like any other error, and never waits.
//! - To stop: no connection is accepted any more, those that are there finish the request they are at.

pub mod body;
pub mod gauge;
pub mod peer;
pub mod phase;
mod serve;
pub mod systemd;
pub mod tls;
mod unix;
mod wire;

use crate::config::{Config, Http};
use axum::Router;
use gauge::{Full, Gauge};
use peer::Peers;
pub use phase::{Deadlines, Pace};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tls::Keys;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, UnixListener};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Who is at the other end, as far as the socket tells.
#[derive(Debug, Clone)]
pub enum Peer {
    /// On the operator's socket.
    Socket {
        /// The peer's user name, or its number where it has none.
        user: Arc<str>,
        /// Its uid is the daemon's, root's or in the socket's group.
        trusted: bool,
    },
    /// Over TCP.
    Tcp {
        /// From where.
        address: IpAddr,
    },
}

/// Why a door could not be opened.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message says what each field is")]
pub enum ListenError {
    #[error("can't {what} the socket {}: {source}; choose another with --socket", .path.display())]
    Socket {
        path: PathBuf,
        what: &'static str,
        source: io::Error,
    },
    #[error("the socket's path {} is longer than {longest} bytes; choose a shorter one with --socket", .path.display())]
    PathTooLong { path: PathBuf, longest: usize },
    #[error("{} is there and is no socket; remove it or choose another with --socket", .path.display())]
    NotASocket { path: PathBuf },
    #[error("another program listens on {}; stop it or choose another with --socket", .path.display())]
    Taken { path: PathBuf },
    #[error("`{value}` is no address to listen on; write it like 127.0.0.1:3124, or off")]
    Address { value: String },
    #[error(
        "won't listen on {address} in the clear: anyone on the way could read the tokens; listen on 127.0.0.1, set [http] tls_cert and tls_key, or insecure_listen = true where a proxy or tunnel protects it"
    )]
    InTheClear { address: SocketAddr },
    #[error("[http] {name} {}: {problem}; {remedy}", .path.display())]
    Tls {
        name: &'static str,
        path: PathBuf,
        problem: String,
        remedy: &'static str,
    },
    #[error("can't listen on {address}: {source}; choose another with --listen")]
    Tcp {
        address: SocketAddr,
        source: io::Error,
    },
    #[error(
        "descriptor {index} handed over by systemd is no listening TCP or Unix socket; mend the socket unit"
    )]
    Inherited { index: usize },
}

/// All doors, open but not yet served.
pub struct Doors {
    sockets: Vec<unix::Socket>,
    tcp: Vec<TcpListener>,
    path: PathBuf,
    peers: Arc<Peers>,
    keys: Option<Arc<Keys>>,
}

impl Doors {
    /// Opens what the configuration names, or takes what systemd handed over in its place.
    ///
    /// # Errors
    /// What can't be opened, and the remedy.
    pub fn open(config: &Config, inherited: systemd::Inherited) -> Result<Self, ListenError> {
        let peers = Arc::new(Peers::new(&config.auth.socket_group));
        let keys = tls::read(&config.http)?.map(|fresh| Arc::new(Keys::new(fresh)));
        let mut sockets = Vec::new();
        for listener in inherited.unix {
            sockets.push(unix::Socket::inherited(adopt(listener)?));
        }
        if sockets.is_empty() {
            sockets.push(unix::Socket::bind(&config.socket, peers.group())?);
        }
        let mut tcp = Vec::new();
        for listener in inherited.tcp {
            let failed = |source| ListenError::Tcp {
                address: SocketAddr::from(([0, 0, 0, 0], 0)),
                source,
            };
            listener.set_nonblocking(true).map_err(failed)?;
            tcp.push(TcpListener::from_std(listener).map_err(failed)?);
        }
        if tcp.is_empty()
            && let Some(listen) = &config.listen
        {
            tcp.push(bind_tcp(&config.http, listen)?);
        }
        Ok(Self {
            sockets,
            tcp,
            path: config.socket.clone(),
            peers,
            keys,
        })
    }

    /// The socket's path.
    #[must_use]
    pub fn socket(&self) -> &std::path::Path {
        &self.path
    }

    /// What the TCP door proves itself by, for a reload; none: it speaks in the clear.
    #[must_use]
    pub fn keys(&self) -> Option<Arc<Keys>> {
        self.keys.clone()
    }

    /// The real TCP address, port 0 resolved.
    #[must_use]
    pub fn listen(&self) -> Option<SocketAddr> {
        self.tcp
            .first()
            .and_then(|listener| listener.local_addr().ok())
    }

    /// Serves until `stop`, then lets the requests that are being worked on finish, for `grace` at most.
    pub async fn serve(
        self,
        router: Router,
        deadlines: Deadlines,
        stop: CancellationToken,
        grace: Duration,
    ) {
        let house = House {
            router,
            deadlines,
            gauge: Gauge::default(),
            tracker: TaskTracker::new(),
            stop: stop.clone(),
        };
        let doors = TaskTracker::new();
        for socket in self.sockets {
            doors.spawn(house.clone().unix(socket, Arc::clone(&self.peers)));
        }
        for listener in self.tcp {
            doors.spawn(house.clone().tcp(listener, self.keys.clone()));
        }
        doors.close();
        doors.wait().await;
        house.tracker.close();
        let over = async {
            house.tracker.wait().await;
            // An upgraded connection lives on with its stream, which has a farewell to say.
            house.gauge.empty().await;
        };
        if tokio::time::timeout(grace, over).await.is_err() {
            tracing::warn!(
                component = "HTTP",
                open = house.gauge.open(),
                "connections were still open when the daemon stopped"
            );
        }
    }
}

fn adopt(listener: std::os::unix::net::UnixListener) -> Result<UnixListener, ListenError> {
    let failed = |source| ListenError::Socket {
        path: PathBuf::from("(systemd)"),
        what: "take over",
        source,
    };
    listener.set_nonblocking(true).map_err(failed)?;
    UnixListener::from_std(listener).map_err(failed)
}

fn bind_tcp(http: &Http, listen: &str) -> Result<TcpListener, ListenError> {
    use std::net::ToSocketAddrs as _;
    let named = || ListenError::Address {
        value: listen.to_owned(),
    };
    let address = listen
        .to_socket_addrs()
        .map_err(|_| named())?
        .next()
        .ok_or_else(named)?;
    let open = http.tls_cert.is_none() && !http.insecure_listen;
    if open && !address.ip().to_canonical().is_loopback() {
        return Err(ListenError::InTheClear { address });
    }
    let failed = |source| ListenError::Tcp { address, source };
    let listener = std::net::TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    TcpListener::from_std(listener).map_err(failed)
}

/// What every door needs to serve a connection.
#[derive(Clone)]
struct House {
    router: Router,
    deadlines: Deadlines,
    gauge: Gauge,
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl House {
    async fn tcp(self, listener: TcpListener, keys: Option<Arc<Keys>>) {
        while let Some(accepted) = self.accepted(listener.accept()).await {
            let Some((mut socket, from)) = accepted else {
                continue;
            };
            let address = from.ip().to_canonical();
            match self.gauge.take(Some(address)) {
                Ok(place) => {
                    // Answers are written whole; waiting for more to send would only delay them.
                    let _ = socket.set_nodelay(true);
                    match &keys {
                        None => self.spawn(socket, Peer::Tcp { address }, place),
                        Some(keys) => {
                            let (house, keys) = (self.clone(), Arc::clone(keys));
                            self.tracker.spawn(async move {
                                match keys.accept(socket).await {
                                    Ok(socket) => house.spawn(socket, Peer::Tcp { address }, place),
                                    Err(error) => tracing::debug!(
                                        component = "HTTP", %address, "a TLS handshake came to nothing: {error}"
                                    ),
                                }
                            });
                        }
                    }
                }
                // In the clear it would be no answer; the closed connection is one.
                Err(_) if keys.is_some() => drop(socket),
                Err(full) => {
                    self.tracker
                        .spawn(async move { turn_away(&mut socket, full).await });
                }
            }
        }
    }

    async fn unix(self, socket: unix::Socket, peers: Arc<Peers>) {
        while let Some(accepted) = self.accepted(socket.listener.accept()).await {
            let Some((mut stream, _)) = accepted else {
                continue;
            };
            match self.gauge.take(None) {
                Ok(place) => {
                    let uid = stream
                        .peer_cred()
                        .ok()
                        .map(|credentials| (credentials.uid(), credentials.gid()));
                    match uid.and_then(|(uid, gid)| peers.known(uid, gid)) {
                        Some(peer) => self.spawn(stream, peer, place),
                        None => {
                            let (house, peers) = (self.clone(), Arc::clone(&peers));
                            self.tracker.spawn(async move {
                                let peer = peers.ask(uid).await;
                                house.spawn(stream, peer, place);
                            });
                        }
                    }
                }
                Err(full) => {
                    self.tracker
                        .spawn(async move { turn_away(&mut stream, full).await });
                }
            }
        }
    }

    /// The next connection; the inner none after a failure that passes, the outer one when the daemon stops.
    async fn accepted<T>(&self, accept: impl Future<Output = io::Result<T>>) -> Option<Option<T>> {
        let error = tokio::select! {
            () = self.stop.cancelled() => return None,
            accepted = accept => match accepted {
                Ok(accepted) => return Some(Some(accepted)),
                Err(error) => error,
            },
        };
        // Out of descriptors or memory: accepting again at once would only spin until some are given back.
        tracing::error!(component = "HTTP", %error, "a connection could not be accepted; trying again in 100 ms");
        tokio::select! {
            () = self.stop.cancelled() => None,
            () = tokio::time::sleep(Duration::from_millis(100)) => Some(None),
        }
    }

    fn spawn<S>(&self, socket: S, peer: Peer, place: gauge::Place)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let (router, deadlines, stop) = (self.router.clone(), self.deadlines, self.stop.clone());
        self.tracker.spawn(serve::connection(
            socket, peer, place, router, deadlines, stop,
        ));
    }
}

/// Tells a connection that there is no place for it; what it doesn't take within a second is dropped.
async fn turn_away<S: tokio::io::AsyncWrite + Unpin>(socket: &mut S, full: Full) {
    let (line, code, message) = match full {
        Full::All => (
            "503 Service Unavailable",
            "too_many_connections",
            "too many connections are open; try again shortly",
        ),
        Full::Address => (
            "429 Too Many Requests",
            "too_many_connections",
            "64 connections from this address are open, and no more are allowed; close one or use one for several requests",
        ),
    };
    let answer = bare_answer(line, code, message, "retry-after: 1\r\n");
    let written = tokio::time::timeout(Duration::from_secs(1), async {
        socket.write_all(&answer).await?;
        socket.shutdown().await
    });
    if !matches!(written.await, Ok(Ok(()))) {
        tracing::debug!(
            component = "HTTP",
            "a connection that was turned away did not take its answer"
        );
    }
}

/// A whole HTTP answer with an error body, for where no router is at hand. `headers` are whole lines.
fn bare_answer(line: &str, code: &str, message: &str, headers: &str) -> Vec<u8> {
    let body = format!(r#"{{"success":false,"error":{{"code":"{code}","message":"{message}"}}}}"#);
    format!(
        "HTTP/1.1 {line}\r\ncontent-type: application/json\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         x-request-id: {}\r\n{headers}connection: close\r\n\r\n{body}",
        body.len(),
        super::request_id::make(),
    )
    .into_bytes()
}

#[cfg(test)]
mod tests;
