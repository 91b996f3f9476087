//! `episode_enrich`: finds the clips in the episode, by what is said, seen and heard.

use super::{choose, discover, moments, rank};
use crate::attempt_log::Level;
use crate::domain::{Value, Values};
use crate::episodes::{Clip, Segment, Transcript};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::files;

/// Where nobody speaks, pictures alone divide the episode, into pieces of at most so many seconds.
const PIECE: f64 = 12.0;
const CLIPS: usize = 12;

/// Runs the stage.
///
/// # Errors
/// Class `config` without the stage that finds the episode; the steps' own.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let found = discover::found(&context)?;
    let episode = super::of(&context).await?;
    let left = super::left(&context);
    let reading = left.clone();
    let transcript =
        files::blocking(move || reading.transcript().map_err(super::disk("read", &reading)))
            .await?;
    let mut transcript = transcript.unwrap_or_default();
    let seen = moments::look(&context, &episode.path, &found, true, (0.0, 90.0)).await?;
    if transcript.segments.is_empty() {
        transcript = by_pictures(&seen.cuts, found.length);
    }
    let most = match context.params.get("max_clips") {
        Some(Value::Int(most)) => usize::try_from(*most).unwrap_or(CLIPS),
        _ => CLIPS,
    };
    // A model is given more to choose from than is kept.
    let found_by_rules = choose::clips(
        &transcript,
        &seen,
        found.length,
        most.saturating_mul(2).min(50),
    );
    let judged = rank::by_model(&context, &found_by_rules, most).await?;
    let (clips, provider) = match judged {
        Some(clips) => (clips, "openai"),
        None => (
            choose::clips(&transcript, &seen, found.length, most),
            "rules",
        ),
    };
    context.log(
        Level::Info,
        &format!(
            "{} cuts, {} pauses; {} clips",
            seen.cuts.len(),
            seen.pauses.len(),
            clips.len()
        ),
    );
    let count = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let own = Values::from([
        ("cuts".to_owned(), count(seen.cuts.len())),
        ("pauses".to_owned(), count(seen.pauses.len())),
        ("clipCount".to_owned(), count(clips.len())),
        ("provider".to_owned(), Value::from(provider)),
    ]);
    let told = Values::from([(
        "clips".to_owned(),
        Value::List(clips.iter().map(told).collect()),
    )]);
    files::blocking(move || left.keep_clips(&clips).map_err(super::disk("kept", &left))).await?;
    Ok(super::outputs(
        &episode.id,
        "enriched",
        found.length,
        own,
        told,
    ))
}

fn told(clip: &Clip) -> Value {
    Value::Map(Values::from([
        ("clip_id".to_owned(), Value::from(clip.clip_id.as_str())),
        ("title".to_owned(), Value::from(clip.title.as_str())),
        ("start".to_owned(), Value::Number(clip.start)),
        ("end".to_owned(), Value::Number(clip.end)),
        ("score".to_owned(), Value::Number(clip.score)),
        ("text".to_owned(), Value::from(clip.text.as_str())),
    ]))
}

/// The scenes, as if each were said in one go.
fn by_pictures(cuts: &[f64], length: f64) -> Transcript {
    let scenes: Vec<(f64, f64)> = cuts.iter().map(|cut| (*cut, *cut)).collect();
    let segments = moments::heard(&scenes, length, PIECE)
        .into_iter()
        .map(|(start, end)| Segment {
            start,
            end,
            ..Segment::default()
        });
    Transcript {
        segments: segments.collect(),
        ..Transcript::default()
    }
}
