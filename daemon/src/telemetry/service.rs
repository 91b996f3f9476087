//! Words to systemd (`Type=notify`): ready, stopping, still alive. Without systemd each is a no-op.

use sd_notify::NotifyState;
use std::time::Duration;

/// The service manager, if one started us.
#[derive(Debug, Clone, Copy, Default)]
pub struct Service;

impl Service {
    /// It serves: units that wait for this one may start.
    pub fn ready(self, status: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    /// It ends, and takes its time.
    pub fn stopping(self, status: &str) {
        tell(&[NotifyState::Stopping, NotifyState::Status(status)]);
    }

    /// One line for `systemctl status`.
    pub fn status(self, status: &str) {
        tell(&[NotifyState::Status(status)]);
    }

    /// How often `alive` must be said: half of the unit's `WatchdogSec`. None: nobody watches.
    #[must_use]
    pub fn watchdog(self) -> Option<Duration> {
        sd_notify::watchdog_enabled()
            .map(|span| span / 2)
            .filter(|span| !span.is_zero())
    }

    /// The parts that matter answered: say so before the watchdog's time is over.
    pub fn alive(self) {
        tell(&[NotifyState::Watchdog]);
    }
}

/// A manager that can't be reached will act on its own time-outs; there is nothing better to do here than to say so.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(component = "TELEMETRY", error = %error, "The service manager could not be told");
    }
}
