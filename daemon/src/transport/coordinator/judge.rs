//! Who has been silent for too long. Only silence that could have been heard counts.

use super::Inner;
use crate::engine::boxes::{BoxWord, Presence};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Redis is reached if it answered so lately.
pub(super) const REACHED: Duration = Duration::from_secs(4);
/// A box is shown as stale after this, or half of what makes it lost.
const STALE: Duration = Duration::from_secs(30);
const TICK: Duration = Duration::from_millis(500);
/// A tick that comes so late means that this process did not run: it could not hear either.
const GAP: Duration = Duration::from_secs(3);

pub(super) async fn watch(inner: Arc<Inner>) {
    let mut last = Instant::now();
    let mut could_hear = false;
    loop {
        tokio::select! {
            () = inner.parts.stop.cancelled() => return,
            () = tokio::time::sleep(TICK) => {}
        }
        let has_slept = last.elapsed() > GAP;
        last = Instant::now();
        let hears = inner.is_reached() && !has_slept;
        if !hears || !could_hear {
            // Everybody has all the time again from when they can be heard.
            for link in inner.boxes().values_mut() {
                link.heard_at = last;
            }
        }
        could_hear = hears;
        if hears {
            judge(&inner).await;
        }
        // What could not be written, or is due to be written again.
        inner.stirred.notify_one();
    }
}

async fn judge(inner: &Inner) {
    let (lost_after, now) = (inner.parts.lost_after, Instant::now());
    let stale_after = STALE.min(lost_after / 2);
    let mut words = Vec::new();
    for (name, link) in inner.boxes().iter_mut() {
        let silent = now.saturating_duration_since(link.heard_at);
        if link.presence.is_away() {
            continue;
        }
        if link.is_leaving() && silent > stale_after {
            link.presence = Presence::Left;
            words.push(BoxWord::Left(name.clone()));
        } else if silent > lost_after {
            link.is_judged = true;
            words.push(BoxWord::Lost(name.clone()));
        } else if link.presence == Presence::Here && silent > stale_after {
            link.presence = Presence::Silent;
            words.push(BoxWord::Silent(name.clone()));
        }
    }
    for word in words {
        let lost = match &word {
            BoxWord::Lost(name) => Some(name.clone()),
            _ => None,
        };
        let told = inner.parts.engine.box_word(word).await;
        let Some(name) = lost else { continue };
        let mut boxes = inner.boxes();
        let Some(link) = boxes.get_mut(&name) else {
            continue;
        };
        link.is_judged = false;
        match told {
            Ok(()) => {
                tracing::error!(component = "BOXES", r#box = %name, held = link.held.len(), "the box has been silent for {lost_after:?} and is lost: what it held begins anew elsewhere");
                // Its leases ended in that transaction, and no new one was given since.
                link.presence = Presence::Lost;
                link.held.clear();
                link.bringing.clear();
                link.brought.clear();
                link.take_out();
            }
            Err(error) => {
                tracing::warn!(component = "BOXES", r#box = %name, "that the box is lost could not be noted and is tried again: {error}");
            }
        }
    }
}
