//! The terminal's descriptor: opened anew (so that not blocking is ours alone and not the shell's), raw while we have it,
//! given back on every way out, a panic's too.

use rustix::event::{PollFd, PollFlags};
use rustix::fs::{Mode, OFlags};
use rustix::termios::{OptionalActions, Termios};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Mutex;

/// Own screen, cursor hidden, pastes and focus told, title kept; mouse modes that another program left on are put off.
const ENTER: &[u8] =
    b"\x1b[22;0t\x1b[?1049h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?25l\x1b[?2004h\x1b[?1004h\x1b[m\x1b[2J\x1b[H";

/// All of it back.
const LEAVE: &[u8] =
    b"\x1b[?2026l\x1b[m\x1b[?1004l\x1b[?2004l\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?25h\x1b[23;0t";

/// What a panic or an end gives back; none while the terminal isn't ours.
static KEPT: Mutex<Option<Kept>> = Mutex::new(None);

struct Kept {
    fd: OwnedFd,
    termios: Termios,
}

/// A terminal that is ours until it is dropped.
#[derive(Debug)]
pub struct Tty {
    fd: OwnedFd,
    pending: Vec<u8>,
}

impl AsFd for Tty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for Tty {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

impl Tty {
    /// Opens the terminal that standard output is.
    pub fn open() -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let named = rustix::termios::ttyname(io::stdout(), Vec::new())
            .and_then(|name| rustix::fs::open(name, flags, Mode::empty()));
        let fd = named.or_else(|_| rustix::fs::open("/dev/tty", flags, Mode::empty()))?;
        Ok(Self {
            fd,
            pending: Vec::new(),
        })
    }

    /// Columns and rows; 80×24 where the terminal doesn't know.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        match rustix::termios::tcgetwinsize(&self.fd) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
            _ => (80, 24),
        }
    }

    /// Raw, on its own screen.
    pub fn enter(&mut self) -> io::Result<()> {
        let termios = rustix::termios::tcgetattr(&self.fd)?;
        let mut raw = termios.clone();
        raw.make_raw();
        let fd = rustix::io::fcntl_dupfd_cloexec(&self.fd, 0)?;
        *KEPT
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Kept { fd, termios });
        rustix::termios::tcsetattr(&self.fd, OptionalActions::Now, &raw)?;
        self.queue(ENTER);
        Ok(())
    }

    /// Back to what it was. `picture`, if any, is left standing above the prompt.
    pub fn leave(&mut self, picture: &[u8]) {
        self.pending.clear();
        give_back(picture);
    }

    /// Reads what is there; 0 means that the terminal is gone.
    pub fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(&self.fd, into)?)
    }

    /// Puts bytes behind those that wait.
    pub fn queue(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Bytes wait for the line to take them.
    #[must_use]
    pub fn is_full(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Writes what waits, as much as the line takes.
    pub fn flush(&mut self) -> io::Result<()> {
        while !self.pending.is_empty() {
            match rustix::io::write(&self.fd, &self.pending) {
                Ok(written) => drop(self.pending.drain(..written)),
                Err(rustix::io::Errno::AGAIN) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        give_back(b"");
    }
}

/// Gives the terminal back, once. What can't be written any more has nobody to read it.
fn give_back(picture: &[u8]) {
    let Some(kept) = KEPT
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .take()
    else {
        return;
    };
    // Typed ahead for us, not for the shell.
    let _ = rustix::termios::tcflush(&kept.fd, rustix::termios::QueueSelector::IFlush);
    let mut rest = [LEAVE, picture].concat();
    while !rest.is_empty() && takes_bytes(&kept.fd) {
        match rustix::io::write(&kept.fd, &rest) {
            Ok(written) if written > 0 => drop(rest.drain(..written)),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
            _ => break,
        }
    }
    let _ = rustix::termios::tcsetattr(&kept.fd, OptionalActions::Now, &kept.termios);
}

/// The line takes bytes within a moment: a slow one is waited for, one that stands still or is gone is not.
fn takes_bytes(fd: &OwnedFd) -> bool {
    let mut polled = [PollFd::new(fd, PollFlags::OUT)];
    let patience = rustix::event::Timespec {
        tv_sec: 0,
        tv_nsec: 500_000_000,
    };
    matches!(rustix::event::poll(&mut polled, Some(&patience)), Ok(1..))
        && polled[0].revents().contains(PollFlags::OUT)
}

/// A panic gives the terminal back before it is told.
pub fn restore_on_panic() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        give_back(b"");
        told(info);
    }));
}
