//! Hints from a shim to whichever daemon runs: datagrams to a named socket, never waited for, lost when nobody listens.
//! The journal tells what must not be lost.
//!
//! A socket's address holds 108 bytes; the data directory's path may be longer. Both sides therefore go by way of an open
//! directory: `/proc/self/fd/N/hints.sock`.

use rustix::fs::{Mode, OFlags, open};
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

const NAME: &str = "hints.sock";
/// Longer messages are cut before they are sent.
const MAX_MESSAGE: usize = 512;
/// A datagram is never longer: a key, a number, a message whose characters all are escaped.
const MAX_DATAGRAM: usize = 8 * 1024;

/// What may have changed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Hint {
    /// The run.
    pub key: String,
    /// Its progress, 0–100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<f64>,
    /// Its progress in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The attempt's log has grown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub log_grew: bool,
}

/// The shim's side. Opens nothing before the first hint.
#[derive(Debug)]
pub struct HintSender {
    attempts_dir: PathBuf,
    open: Option<(OwnedFd, UnixDatagram)>,
}

impl HintSender {
    /// To the daemon of this directory.
    #[must_use]
    pub fn new(attempts_dir: PathBuf) -> Self {
        Self {
            attempts_dir,
            open: None,
        }
    }

    /// Sends a hint if somebody takes it at once.
    pub fn send(&mut self, mut hint: Hint) {
        if let Some(message) = &mut hint.message {
            message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        }
        if self.open.is_none() {
            self.open = Self::connect(&self.attempts_dir).ok();
        }
        if let (Some((directory, socket)), Ok(datagram)) = (&self.open, serde_json::to_vec(&hint)) {
            // A hint that is lost costs a moment's delay in what a watcher sees, nothing else.
            let _ = socket.send_to(&datagram, address(directory));
        }
    }

    fn connect(attempts_dir: &Path) -> io::Result<(OwnedFd, UnixDatagram)> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok((directory(attempts_dir)?, socket))
    }
}

/// The daemon's side.
#[derive(Debug)]
pub struct HintReceiver {
    socket: UnixDatagram,
}

impl HintReceiver {
    /// Listens in this directory, in place of any earlier daemon.
    ///
    /// # Errors
    /// When the socket can't be made.
    pub fn bind(attempts_dir: &Path) -> io::Result<Self> {
        let directory = directory(attempts_dir)?;
        match std::fs::remove_file(attempts_dir.join(NAME)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self {
            socket: UnixDatagram::bind(address(&directory))?,
        })
    }

    /// Waits for the next hint. What is none (of a shim of another version) is passed over.
    ///
    /// # Errors
    /// When the socket fails.
    pub fn next(&self) -> io::Result<Hint> {
        let mut datagram = vec![0; MAX_DATAGRAM];
        loop {
            let length = self.socket.recv(&mut datagram)?;
            if let Ok(hint) = serde_json::from_slice(&datagram[..length]) {
                return Ok(hint);
            }
        }
    }
}

fn directory(path: &Path) -> io::Result<OwnedFd> {
    Ok(open(
        path,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

fn address(directory: &OwnedFd) -> PathBuf {
    format!("/proc/self/fd/{}/{NAME}", directory.as_raw_fd()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_arrive_below_a_long_path_and_after_the_listener_was_replaced() {
        let root = tempfile::TempDir::new().unwrap();
        let directory = root.path().join("d".repeat(120));
        std::fs::create_dir(&directory).unwrap();
        let mut sender = HintSender::new(directory.clone());
        sender.send(Hint {
            key: "lost".into(),
            ..Hint::default()
        });
        for key in ["first", "second"] {
            let receiver = HintReceiver::bind(&directory).unwrap();
            let hint = Hint {
                key: key.into(),
                progress: Some(12.5),
                message: Some("half".into()),
                log_grew: true,
            };
            sender.send(hint.clone());
            assert_eq!(receiver.next().unwrap(), hint);
        }
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let directory = tempfile::TempDir::new().unwrap();
        let receiver = HintReceiver::bind(directory.path()).unwrap();
        HintSender::new(directory.path().to_owned()).send(Hint {
            message: Some("é".repeat(5000)),
            ..Hint::default()
        });
        assert_eq!(
            receiver
                .next()
                .unwrap()
                .message
                .map(|message| message.len()),
            Some(512)
        );
    }
}
