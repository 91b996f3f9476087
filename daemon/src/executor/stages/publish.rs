//! `publish`: puts the video on each channel: on YouTube where the channel has its keys, else into the channel's folder below
//! the media directory. A channel that has it is not asked again.
//!
//! ```text
//!  pending ─▶ authenticating ─▶ uploading ─▶ uploaded
//!     ▲             └────────────────┴─────▶ failed (with `retryable`)
//!     └── the day is used up: the stage waits for the next one, without a slot
//! ```
//!
//! - What becomes of each channel is told as it happens, under `channels` among the stage's outputs.
//! - One channel's failure keeps no other from being published; the stage fails at its end, and a retry asks only those that
//!   are not uploaded.

mod about;
mod folder;
mod judge;
mod note;
mod youtube;

use super::kept::Kept;
use super::{finished, settings};
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use judge::Trouble;
use note::Note;
use std::time::Duration;

/// Runs the stage.
///
/// # Errors
/// Class `config` without a finished video, or when a channel's owner has to agree again; `input` when YouTube does not like
/// what is published; `provider` when it can't be reached now. Parked, class `quota`, when a day is used up.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let video = finished::of(&context)?;
    let kept = Kept::of(&context).await?;
    let channels = settings::texts(&context.params, "channels");
    let mut states = Values::new();
    for channel in &channels {
        let note = Note::read(&context, channel).await?;
        states.insert(channel.clone(), note.told(&context));
    }
    tell(&context, &states).await;
    let (mut parked, mut failed): (Option<(Duration, String, ErrorClass)>, Option<StageError>) =
        (None, None);
    for (index, channel) in channels.iter().enumerate() {
        if context.cancelled().is_cancelled() {
            return Err(StageError::Cancelled);
        }
        let mut note = Note::read(&context, channel).await?;
        let configured = context.config.youtube.channels.get(channel).cloned();
        let keys =
            configured.filter(|keys| keys.client_secret.is_some() && keys.refresh_token.is_some());
        if !note.is_uploaded() || note.lacks_dress() && keys.is_some() {
            let done = match &keys {
                Some(keys) => {
                    let mut told = Told {
                        context: &context,
                        channel,
                        states: &mut states,
                    };
                    youtube::publish(&mut told, keys, &video, &mut note, (index, channels.len()))
                        .await
                }
                None => folder::publish(&context, channel, &kept, &video, &mut note)
                    .await
                    .map_err(Trouble::Stage),
            };
            match done {
                Ok(()) => context.log(Level::Info, &format!("{channel}: {}", note.place())),
                Err(Trouble::Stage(error)) => return Err(error),
                Err(Trouble::Later {
                    wait,
                    reason,
                    class,
                }) => {
                    context.log(Level::Warn, &format!("{channel}: {reason}"));
                    if parked
                        .as_ref()
                        .is_none_or(|(shortest, _, _)| wait < *shortest)
                    {
                        parked = Some((wait, format!("{channel}: {reason}"), class));
                    }
                }
                Err(Trouble::Failed(error)) => {
                    if let StageError::Failed { message, .. } = &error {
                        context.log(Level::Warn, message);
                    }
                    failed = Some(worse(failed, error));
                }
            }
            states.insert(channel.clone(), note.told(&context));
            tell(&context, &states).await;
        }
        #[allow(clippy::cast_precision_loss, reason = "a count of channels")]
        context.progress(
            100.0 * (index + 1) as f64 / channels.len() as f64,
            Some(channel),
        );
    }
    match (parked, failed) {
        // What may still come is waited for before anything is given up.
        (Some((wait, reason, class)), _) => Err(StageError::Parked {
            wait,
            reason,
            class: Some(class),
        }),
        (None, Some(error)) => Err(error),
        (None, None) => Ok(outputs(&states)),
    }
}

/// Of two failures the one that a try can mend goes first: the stage is then tried again.
fn worse(before: Option<StageError>, now: StageError) -> StageError {
    let retryable =
        |error: &StageError| matches!(error, StageError::Failed { class, .. } if class.retryable());
    match before {
        Some(before) if retryable(&before) || !retryable(&now) => before,
        _ => now,
    }
}

fn outputs(states: &Values) -> Values {
    let provider = states
        .values()
        .filter_map(|state| state.as_map()?.get("provider")?.as_text())
        .next()
        .unwrap_or("file");
    Values::from([
        ("channels".to_owned(), Value::Map(states.clone())),
        ("provider".to_owned(), Value::from(provider)),
    ])
}

async fn tell(context: &StageContext, states: &Values) {
    context.gave(outputs(states)).await;
}

/// The channels' states, as one channel's upload changes its own.
struct Told<'a> {
    context: &'a StageContext,
    channel: &'a str,
    states: &'a mut Values,
}

impl Told<'_> {
    async fn is(&mut self, note: &Note) -> Result<(), StageError> {
        note.keep(self.context, self.channel).await?;
        self.states
            .insert(self.channel.to_owned(), note.told(self.context));
        tell(self.context, self.states).await;
        Ok(())
    }
}
