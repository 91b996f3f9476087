//! The signals that a long-running verb listens to. Taken before anything else is begun, so that one which comes meanwhile
//! stops it as soon as it stands.

use tokio::signal::unix::{Signal, SignalKind, signal};

pub(super) struct Signals {
    pub term: Signal,
    pub interrupt: Signal,
    pub hangup: Signal,
}

impl Signals {
    pub fn take() -> std::io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Until it is told to stop again.
    pub async fn again(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
