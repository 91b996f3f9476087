//! `episode_transcribe`: writes down what is said in the episode. Where no provider can tell, at least where somebody speaks
//! is known, from the pauses; the outputs say so.

use super::{discover, moments};
use crate::attempt_log::Level;
use crate::domain::{Value, Values};
use crate::episodes::{Segment, Transcript};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::captions::{cues::Cue, spoken, srt};
use crate::executor::stages::transcription::{self, Heard, Recording};
use crate::executor::stages::{files, reuse, settings};

/// A piece of speech without text is at most so many seconds long.
const LONGEST: f64 = 12.0;

/// Runs the stage.
///
/// # Errors
/// Class `config` without the stage that finds the episode; the provider's own.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let found = discover::found(&context)?;
    let episode = super::of(&context).await?;
    let recording = Recording {
        path: episode.path.clone(),
        length: found.length,
        has_sound: found.has_sound,
        language: settings::text(&context.params, "language").map(str::to_owned),
    };
    let Heard { transcript, reused } = match transcription::of(&context, &recording).await? {
        Some(heard) => heard,
        None => Heard {
            transcript: silences(&context, &recording, &found).await?,
            reused: false,
        },
    };
    if transcript.segments.is_empty() {
        context.log(
            Level::Warn,
            "nobody is heard in it; there will be no captions, and clips follow the pictures alone",
        );
    }
    let count = transcript.segments.len();
    let words: usize = transcript
        .segments
        .iter()
        .map(|segment| segment.words.len())
        .sum();
    context.log(
        Level::Info,
        &format!("{count} segments by {}", transcript.provider),
    );
    let left = super::left(&context);
    let mut own = Values::from([
        (
            "provider".to_owned(),
            Value::from(transcript.provider.as_str()),
        ),
        (
            "language".to_owned(),
            Value::from(transcript.language.as_str()),
        ),
        (
            "segments".to_owned(),
            Value::Int(i64::try_from(count).unwrap_or(i64::MAX)),
        ),
        (
            "words".to_owned(),
            Value::Int(i64::try_from(words).unwrap_or(i64::MAX)),
        ),
        ("hasText".to_owned(), Value::Bool(transcript.has_text())),
        (
            "srt".to_owned(),
            Value::from(left.srt().to_string_lossy().into_owned()),
        ),
    ]);
    reuse::say(&mut own, reused);
    let mut told = Values::new();
    if !transcript.language.is_empty() {
        told.insert(
            "language".to_owned(),
            Value::from(transcript.language.as_str()),
        );
    }
    let length = found.length;
    files::blocking(move || {
        let text = srt::write(&cues(&transcript, length));
        left.keep_transcript(&transcript, &text)
            .map_err(super::disk("kept", &left))
    })
    .await?;
    Ok(super::outputs(
        &episode.id,
        "transcribed",
        length,
        own,
        told,
    ))
}

async fn silences(
    context: &StageContext,
    recording: &Recording,
    found: &discover::Found,
) -> Result<Transcript, StageError> {
    let mut segments = Vec::new();
    if found.has_sound {
        let heard = moments::look(context, &recording.path, found, false, (0.0, 95.0)).await?;
        segments = moments::heard(&heard.pauses, found.length, LONGEST)
            .into_iter()
            .map(|(start, end)| Segment {
                start,
                end,
                ..Segment::default()
            })
            .collect();
    }
    Ok(Transcript {
        provider: "silences".to_owned(),
        language: String::new(),
        segments,
    })
}

/// Captions as players load them; lines are broken by whoever shows them.
fn cues(transcript: &Transcript, length: f64) -> Vec<Cue> {
    let narration = spoken::between(transcript, 0.0, length);
    narration
        .sentences
        .into_iter()
        .map(|one| Cue {
            from: one.from,
            to: one.to,
            lines: vec![one.text],
        })
        .collect()
}
