//! What a refusal of YouTube's means for the channel: wait, fail, or try again.

use super::Told;
use super::note::{Note, State};
use crate::config::Channel;
use crate::domain::ErrorClass;
use crate::executor::stage::StageError;
use crate::youtube::{Kind, Refusal, ledger};
use jiff::Timestamp;
use std::time::Duration;

/// A channel that has had its day gets another one.
const CHANNEL_DAY: Duration = Duration::from_secs(24 * 3600);
/// A project that is too quick waits at least so long.
const RATE: Duration = Duration::from_secs(60);

/// Why a channel does not have it yet.
pub(super) enum Trouble {
    /// Of the stage, not of the channel.
    Stage(StageError),
    /// Waits without spending a try.
    Later {
        wait: Duration,
        reason: String,
        class: ErrorClass,
    },
    /// This channel's failure.
    Failed(StageError),
}

impl From<StageError> for Trouble {
    fn from(error: StageError) -> Self {
        Self::Stage(error)
    }
}

/// What a refusal means for the channel.
pub(super) async fn judged(
    told: &mut Told<'_>,
    note: &mut Note,
    refusal: &Refusal,
    keys: &Channel,
) -> Result<Trouble, StageError> {
    let channel = told.channel;
    tracing::warn!(component = "YOUTUBE", videoId = %told.context.workflow_id, channel, code = %refusal.code, retryable = refusal.is_retryable(), "{refusal}");
    let later = |wait, class| Trouble::Later {
        wait,
        reason: refusal.to_string(),
        class,
    };
    let failed = |class, hint: String| {
        Trouble::Failed(StageError::failed(
            class,
            &refusal.code,
            format!("{channel}: {refusal}"),
            hint,
        ))
    };
    let trouble = match refusal.kind {
        Kind::Quota => {
            let now = Timestamp::now();
            let ledger = &told.context.outside.youtube.ledger;
            let until = ledger
                .spent(&keys.client_id, now)
                .unwrap_or_else(|_| ledger::midnight(now));
            later(until_then(until, now), ErrorClass::Quota)
        }
        Kind::ChannelLimit => later(CHANNEL_DAY, ErrorClass::Quota),
        Kind::Rate => later(
            refusal.wait.unwrap_or(RATE).max(RATE),
            ErrorClass::RateLimit,
        ),
        Kind::Passing | Kind::SessionGone => failed(
            ErrorClass::Provider,
            "It is tried again by itself, from where it broke off.".to_owned(),
        ),
        Kind::Consent => failed(
            ErrorClass::Config,
            format!(
                "Let the channel's owner agree again, put the new refresh_token into [youtube.channels.{channel}], then retry."
            ),
        ),
        Kind::Metadata => failed(
            ErrorClass::Input,
            "Correct what YouTube names (`reel retry ID -p title=…`), then it is tried again."
                .to_owned(),
        ),
        Kind::Other => failed(
            ErrorClass::Provider,
            "Look at YouTube's own status page and the channel, then retry.".to_owned(),
        ),
    };
    let state = match &trouble {
        Trouble::Later { .. } => State::Pending,
        _ => State::Failed,
    };
    note.went_wrong(
        state,
        &refusal.to_string(),
        &refusal.code,
        refusal.is_retryable(),
    );
    told.is(note).await?;
    Ok(trouble)
}

/// How long it is until then.
pub(super) fn until_then(until: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO)
}
