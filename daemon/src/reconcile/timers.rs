//! Looks at the clock for every workflow that waits for a time, when the earliest of them comes.

use super::Context;
use std::time::Duration;

/// A step of the wall clock is noticed within this time.
const LONGEST: Duration = Duration::from_secs(300);
/// What stays due although it was looked at (an unreadable row) is looked at again no sooner.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(context: Context) {
    let mut due = context.engine.next_due();
    loop {
        let next = *due.borrow_and_update();
        let now = context.engine.now();
        let wait = next.map(|at| at.since(now).min(LONGEST));
        tokio::select! {
            () = context.stop.cancelled() => return,
            changed = due.changed() => {
                if changed.is_err() {
                    return;
                }
                continue;
            }
            () = tokio::time::sleep(wait.unwrap_or(LONGEST)), if wait.is_some() => {}
        }
        if next.is_none_or(|at| at > context.engine.now()) {
            continue;
        }
        match context.engine.due().await {
            Ok(more) if more => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(
                component = "QUEUE_MANAGER",
                "what is due has to wait: {error}"
            ),
        }
        if *due.borrow() == next {
            tokio::select! {
                () = context.stop.cancelled() => return,
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
    }
}
