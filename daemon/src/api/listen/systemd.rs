//! Sockets that systemd bound for us (`LISTEN_FDS`): told apart by what they are, so that one unit may hand over the
//! operator's socket, a TCP port, or both.

use super::ListenError;
use listenfd::ListenFd;

/// What systemd handed over.
#[derive(Debug, Default)]
pub struct Inherited {
    /// Unix sockets.
    pub unix: Vec<std::os::unix::net::UnixListener>,
    /// TCP sockets.
    pub tcp: Vec<std::net::TcpListener>,
}

/// Takes what the environment of this very process names; nothing without it.
///
/// # Errors
/// A descriptor that is neither a listening TCP nor a listening Unix socket.
pub fn take() -> Result<Inherited, ListenError> {
    let mut given = ListenFd::from_env();
    let mut inherited = Inherited::default();
    for index in 0..given.len() {
        if let Ok(Some(listener)) = given.take_unix_listener(index) {
            inherited.unix.push(listener);
        } else if let Ok(Some(listener)) = given.take_tcp_listener(index) {
            inherited.tcp.push(listener);
        } else {
            return Err(ListenError::Inherited { index });
        }
    }
    Ok(inherited)
}
