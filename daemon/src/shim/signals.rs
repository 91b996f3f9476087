//! What the shim is told by signals: SIGTERM means cancel, SIGCHLD that something below it ended.

use signal_hook::consts::{SIGCHLD, SIGTERM};
use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The signals, as something that can be polled.
pub struct Signals {
    wake: UnixStream,
    cancel: Arc<AtomicBool>,
}

impl Signals {
    /// From here on both are noted, and neither is fatal.
    ///
    /// # Errors
    /// When the handlers can't be set.
    pub fn new() -> io::Result<Self> {
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let cancel = Arc::new(AtomicBool::new(false));
        // The flag first: whoever is woken sees it set.
        signal_hook::flag::register(SIGTERM, Arc::clone(&cancel))?;
        signal_hook::low_level::pipe::register(SIGTERM, waker.try_clone()?)?;
        signal_hook::low_level::pipe::register(SIGCHLD, waker)?;
        Ok(Self { wake, cancel })
    }

    /// Whether cancel was asked.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Forgets what woke the poll.
    pub fn drain(&mut self) {
        let mut bytes = [0; 64];
        while matches!(self.wake.read(&mut bytes), Ok(read) if read > 0) {}
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}
