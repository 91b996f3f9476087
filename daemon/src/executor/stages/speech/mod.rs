//! A voice of a service speaks the sentences of a script, each for itself, so that each one's length is known. A sentence that
//! was spoken once is not paid for again, by no workflow: its sound is kept under the hash of what was asked.

use super::ffmpeg::Ffmpeg;
use super::narration::{language, sentences::Sentence};
use super::reuse::{Look, Piece};
use super::{files, programs, provided, settings};
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::providers::Speech;
use crate::providers::speech::Manner;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What was spoken.
pub struct Spoken {
    /// The sentences' sounds, in order, all of one form.
    pub sounds: Vec<PathBuf>,
    /// The language's tag.
    pub language: String,
    /// The voice's name, or the service's own.
    pub voice: String,
}

/// Speaks all sentences into a folder.
///
/// # Errors
/// The service's; class `input` for a sentence that is longer than it takes; class `provider` for what is no sound.
pub async fn speak(
    context: &StageContext,
    speech: &Speech,
    script: &str,
    spoken: &[Sentence],
    folder: &Path,
) -> Result<Spoken, StageError> {
    let language = settings::text(&context.params, "language")
        .map_or_else(|| language::guess(script).to_owned(), str::to_owned);
    let voice = settings::text(&context.params, "voice").map(str::to_owned);
    context.log(
        Level::Info,
        &format!(
            "{} sentences by {}, voice {}",
            spoken.len(),
            speech.name(),
            voice.as_deref().unwrap_or("its own")
        ),
    );
    let mut sounds = Vec::with_capacity(spoken.len());
    for (index, sentence) in spoken.iter().enumerate() {
        let path = one(
            context,
            speech,
            &sentence.text,
            &language,
            voice.as_deref(),
            folder,
        )
        .await?;
        sounds.push(path);
        #[allow(clippy::cast_precision_loss, reason = "a count of sentences")]
        let done = 95.0 * (index + 1) as f64 / spoken.len() as f64;
        context.progress(
            done,
            Some(&format!("sentence {} of {}", index + 1, spoken.len())),
        );
    }
    let voice = voice.unwrap_or_else(|| "default".to_owned());
    Ok(Spoken {
        sounds,
        language,
        voice,
    })
}

/// The sound of a sentence.
async fn one(
    context: &StageContext,
    speech: &Speech,
    text: &str,
    language: &str,
    voice: Option<&str>,
    folder: &Path,
) -> Result<PathBuf, StageError> {
    let name = name(&[speech.name(), language, voice.unwrap_or_default(), text]);
    let (raw, sound) = (
        folder.join(format!("{name}.raw")),
        folder.join(format!("{name}.wav")),
    );
    if tokio::fs::try_exists(&sound).await.unwrap_or(false) {
        return Ok(sound);
    }
    let mut to_keep = None;
    if !tokio::fs::try_exists(&raw).await.unwrap_or(false) {
        if !speech.fits(text) {
            return Err(StageError::failed(
                ErrorClass::Input,
                "sentence_too_long",
                format!(
                    "a sentence of {} characters is longer than {} takes at once",
                    text.chars().count(),
                    speech.name()
                ),
                "Write it as several sentences, then retry with `-p script=…`.",
            ));
        }
        let piece = Piece::paid("sentence", 1)
            .fact("by", speech.identity())
            .fact("language", language)
            .fact("voice", voice.unwrap_or_default())
            .fact("text", text)
            .makes("sound", &raw);
        if let Look::Missing(making) = piece.look(context).await? {
            let spoken = speech.speak(text, Manner { language, voice });
            let bytes = provided::ask(context, spoken).await?;
            context.paid(speech.name(), text.chars().count() as u64);
            let path = raw.clone();
            files::blocking(move || files::write_whole(&path, &bytes)).await?;
            to_keep = Some(making);
        }
    }
    // Whatever form the service chose becomes the one that is joined.
    let part = files::part(&sound);
    let step = Ffmpeg::new()
        .args([
            "-protocol_whitelist",
            "file",
            "-format_whitelist",
            "wav,mp3,aac,flac,ogg,mov",
        ])
        .args(["-i".into(), super::ffmpeg::file_url(&raw)])
        .args([
            "-map",
            "0:a:0",
            "-ac",
            "1",
            "-ar",
            "24000",
            "-c:a",
            "pcm_s16le",
            "-f",
            "wav",
        ])
        .output(&part);
    let step = crate::executor::stage::Step {
        progress: None,
        timeout: Some(Duration::from_secs(120)),
        ..step.step(Duration::ZERO, (0.0, 0.0))
    };
    let result = programs::attempt(context, &format!("sound-{name}"), step).await?;
    if result.exit != Some(0) {
        // What can't be read is asked for anew by the next try.
        let path = raw.clone();
        files::blocking(move || {
            std::fs::remove_file(&path).map_err(|error| files::failed("removed", &path, &error))
        })
        .await?;
        return Err(StageError::failed(
            ErrorClass::Provider,
            "bad_sound",
            format!("what {} sent is no sound that can be read", speech.name()),
            "The attempt's log shows what ffmpeg said; it is tried again by itself.",
        ));
    }
    let (from, to) = (part, sound.clone());
    files::blocking(move || files::finish(&from, &to)).await?;
    // Only what is a sound is worth keeping.
    if let Some(making) = to_keep {
        making.keep(context, &Values::new()).await;
    }
    Ok(sound)
}

fn name(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
