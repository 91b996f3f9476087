//! Reads the beats of all boxes.

use super::Inner;
use crate::domain::Timestamp;
use crate::domain::why::Closed;
use crate::engine::boxes::{BoxOffer, BoxWord, LinkState, Presence};
use crate::metrics::metrics;
use crate::transport::key::Way;
use crate::transport::letter::{self, Beat, Down, Rest};
use crate::transport::link::Entry;
use crate::transport::streams;
use std::sync::Arc;
use std::time::Duration;

const MOST: usize = 512;
/// A read waits so long for the next beat: it also tells that Redis is reached.
const WAIT: Duration = Duration::from_secs(1);
/// After a failure.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn listen(inner: Arc<Inner>) {
    let stream = streams::beats(&inner.parts.keys);
    let mut reader = inner.parts.link.reader(&stream);
    let mut was_reached = None;
    loop {
        let read = tokio::select! {
            () = inner.parts.stop.cancelled() => return,
            read = reader.next(MOST, WAIT) => read,
        };
        inner.note_reached(read.is_ok());
        if was_reached != Some(read.is_ok()) {
            was_reached = Some(read.is_ok());
            inner.parts.engine.note_link(match &read {
                Ok(_) => LinkState::Reached,
                Err(error) => LinkState::Cut(error.to_string()),
            });
            match &read {
                Ok(_) => tracing::info!(component = "BOXES", "Redis is reached"),
                Err(error) => {
                    tracing::error!(component = "BOXES", %error, "Redis can't be reached: what runs elsewhere goes on, nothing is sent there, and no box is judged until it is back");
                }
            }
        }
        match read {
            Ok(entries) => {
                for entry in entries {
                    hear(&inner, entry).await;
                }
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn hear(inner: &Inner, entry: Entry) {
    let name = entry.from;
    let Some(beat) = letter::open::<Beat>(&inner.parts.keys, Way::Beat, &name, &entry.body) else {
        return;
    };
    if name == inner.parts.engine.home() {
        tracing::error!(component = "BOXES", r#box = %name, "a worker calls itself like the coordinator's own box and is not listened to; give it another --name");
        return;
    }
    let offer = offer_of(&name, &beat);
    let word = {
        let mut boxes = inner.boxes();
        let link = boxes.entry(name.clone()).or_default();
        let is_new = link.session != beat.session;
        if !link.hear(&beat) {
            return;
        }
        if is_new {
            link.say(Down::Welcome {
                lost_after_ms: u64::try_from(inner.parts.lost_after.as_millis())
                    .unwrap_or(u64::MAX),
            });
        }
        let strangers = link.compare(&beat);
        for attempt in &strangers {
            metrics().box_refused(&name);
            tracing::warn!(component = "BOXES", r#box = %name, videoId = %attempt.workflow, attempt = attempt.attempt, "a box runs an attempt that is no longer its own: it is told to end it");
        }
        let is_known = link.presence == Presence::Here && link.offer.as_ref() == Some(&offer);
        (!is_known).then_some(offer)
    };
    inner.parts.engine.box_beat(&name);
    inner.stirred.notify_one();
    let Some(offer) = word else { return };
    // Before the engine is told: what it then leases to the box finds it here.
    if let Some(link) = inner.boxes().get_mut(&name) {
        link.presence = Presence::Here;
        link.offer = Some(offer.clone());
    }
    if let Err(error) = inner.parts.engine.box_word(BoxWord::Here(offer)).await {
        tracing::warn!(component = "BOXES", r#box = %name, "that the box is here could not be noted: {error}");
        if let Some(link) = inner.boxes().get_mut(&name) {
            link.offer = None;
        }
    }
}

fn offer_of(name: &str, beat: &Beat) -> BoxOffer {
    BoxOffer {
        name: name.to_owned(),
        resources: beat.resources.clone(),
        labels: beat.labels.clone(),
        version: beat.version.clone(),
        rests: beat.rests.as_ref().map(|rest| match rest {
            Rest::Stopping => Closed::Stopping,
            Rest::Quiet { until_ms } => Closed::Window {
                until: Timestamp(*until_ms),
            },
            Rest::Disk { .. } => Closed::LowDisk,
        }),
    }
}
