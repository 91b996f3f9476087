//! Listens to what shims tell in passing, and passes it on. All of it may be lost.

use super::runner::Inner;
use crate::shim::{Hint, HintReceiver};
use std::sync::{Arc, Weak};

/// Begins to listen, on a thread of its own. Without it stages run all the same, but nobody sees their progress.
pub fn listen(inner: &Arc<Inner>) {
    let receiver = match HintReceiver::bind(inner.shims.directory()) {
        Ok(receiver) => receiver,
        Err(error) => {
            tracing::error!(component = "WORKER", %error, "the socket for progress can't be made: progress of stages won't be seen");
            return;
        }
    };
    let runner = Arc::downgrade(inner);
    let listening = std::thread::Builder::new()
        .name("hints".to_owned())
        .spawn(move || follow(&receiver, &runner));
    if let Err(error) = listening {
        tracing::error!(component = "WORKER", %error, "no thread for progress: progress of stages won't be seen");
    }
}

fn follow(receiver: &HintReceiver, runner: &Weak<Inner>) {
    loop {
        let hint = match receiver.next() {
            Ok(hint) => hint,
            Err(error) => {
                tracing::error!(component = "WORKER", %error, "the socket for progress failed: progress of stages won't be seen");
                return;
            }
        };
        let Some(inner) = runner.upgrade() else {
            return;
        };
        pass_on(&inner, hint);
    }
}

fn pass_on(inner: &Inner, hint: Hint) {
    let (Some((attempt, range)), Some(reports)) =
        (inner.shims.watched(&hint.key), inner.reports_if_attached())
    else {
        return;
    };
    if let (Some(percent), Some((from, to))) =
        (hint.progress.filter(|percent| percent.is_finite()), range)
    {
        reports.progress(
            &attempt,
            from + (to - from) * percent.clamp(0.0, 100.0) / 100.0,
            hint.message,
        );
    }
    if hint.log_grew {
        reports.log_grew(&attempt);
    }
}
