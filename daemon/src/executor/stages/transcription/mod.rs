//! From a recording's sound to what is said in it, by whichever provider the configuration names.
//!
//! ```text
//!  [providers] transcription = "whisper_cpp" | "openai" | "file" │ none named: a subtitle file beside it, else whisper.cpp where
//!  it has a model ── missing ─▶ fallback: only where somebody speaks is known │ refuse: class `config`
//! ```

pub mod openai;
pub mod own;
pub mod sidecar;
pub mod whisper;

use super::ffmpeg::Ffmpeg;
use super::reuse::{Look, Piece};
use super::{files, programs};
use crate::attempt_log::Level;
use crate::config::{Missing, Providers};
use crate::domain::{ErrorClass, Values};
use crate::episodes::Transcript;
use crate::executor::stage::{StageContext, StageError};
use crate::providers::transcription::Transcription;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What was heard, in the work directory.
const HEARD: &str = "heard.json";

/// A recording to be written down.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The file.
    pub path: PathBuf,
    /// Seconds.
    pub length: f64,
    /// Whether anything can be heard in it.
    pub has_sound: bool,
    /// As a person told.
    pub language: Option<String>,
}

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// What is said.
    pub transcript: Transcript,
    /// It was written down before, for the same recording.
    pub reused: bool,
}

/// What is said in a recording; none where no provider can tell.
///
/// # Errors
/// The provider's own; class `config` for a provider that is named but can't work, where `missing = "refuse"`.
pub async fn of(
    context: &StageContext,
    recording: &Recording,
) -> Result<Option<Heard>, StageError> {
    let config = context.config.clone();
    let providers = &config.providers;
    // Simulated, nothing leaves the box.
    let named = providers
        .transcription
        .as_deref()
        .filter(|_| !providers.simulate);
    let beside = sidecar::beside(&recording.path);
    if let (Some(path), None | Some("file")) = (&beside, named) {
        context.log(Level::Info, &format!("taken from {}", path.display()));
        let path = path.clone();
        let read = files::blocking(move || sidecar::read(&path)).await?;
        return Ok(Some(Heard {
            transcript: read.tidied(recording.length),
            reused: false,
        }));
    }
    if !recording.has_sound {
        context.log(
            Level::Info,
            "the recording has no sound; nothing is said in it",
        );
        return Ok(None);
    }
    let missing = match named {
        None | Some("whisper_cpp") if providers.whisper_cpp.model.is_some() => {
            let piece = whisper::piece(providers);
            let listening = whisper::run(context, recording);
            return once(context, recording, piece, listening).await.map(Some);
        }
        None => return Ok(None),
        Some("whisper_cpp") => {
            "whisper_cpp has no model ([providers.whisper_cpp] model)".to_owned()
        }
        Some("file") => format!(
            "no .srt or .vtt file of its name lies beside {}",
            recording.path.display()
        ),
        // A recording that is not ours has no script that it could be aligned with.
        Some("aligned") => return Ok(None),
        Some(other) => match Transcription::of(&config) {
            Ok(service) if other == "openai" => {
                let piece = Piece::paid("transcript", 1).fact("by", service.identity());
                let listening = openai::run(context, &service, recording);
                return once(context, recording, piece, listening).await.map(Some);
            }
            Ok(_) => format!("{other} can't be used on this box"),
            Err(lacks) => lacks.to_string(),
        },
    };
    absent(context, providers, &missing)?;
    Ok(None)
}

/// Listens, unless the same was heard before.
async fn once(
    context: &StageContext,
    recording: &Recording,
    piece: Piece,
    listening: impl Future<Output = Result<Transcript, StageError>> + Send,
) -> Result<Heard, StageError> {
    let path = context.work_dir.join(HEARD);
    let piece = piece
        .reads("recording", &recording.path)
        .fact(
            "language",
            recording.language.as_deref().unwrap_or_default(),
        )
        .makes("transcript", &path);
    let failed = |path: &Path, error: serde_json::Error| files::failed("read", path, &error.into());
    match piece.look(context).await? {
        Look::Found(_) => {
            let transcript = files::blocking(move || {
                let json =
                    std::fs::read(&path).map_err(|error| files::failed("read", &path, &error))?;
                serde_json::from_slice(&json).map_err(|error| failed(&path, error))
            })
            .await?;
            Ok(Heard {
                transcript,
                reused: true,
            })
        }
        Look::Missing(making) => {
            let transcript = listening.await?;
            let json = serde_json::to_vec(&transcript).map_err(|error| failed(&path, error))?;
            files::blocking(move || files::write_whole(&path, &json)).await?;
            making.keep(context, &Values::new()).await;
            Ok(Heard {
                transcript,
                reused: false,
            })
        }
    }
}

/// A provider that is named and can't work: told, or refused, as the configuration says.
fn absent(context: &StageContext, providers: &Providers, why: &str) -> Result<(), StageError> {
    if providers.missing == Missing::Refuse {
        return Err(StageError::failed(
            ErrorClass::Config,
            "provider_missing",
            format!("nothing can be transcribed: {why}"),
            "Give what is missing, name another provider in [providers] transcription, or set missing = \"fallback\".",
        ));
    }
    context.log(
        Level::Warn,
        &format!("{why}; what is said is not written down by it"),
    );
    Ok(())
}

/// The sound as recognisers want it: one channel, 16 000 samples a second. `codec` and the name's ending say in which form.
///
/// # Errors
/// The step's own.
pub async fn sound(
    context: &StageContext,
    recording: &Recording,
    name: &str,
    codec: &[&str],
) -> Result<PathBuf, StageError> {
    let path = context.work_dir.join(name);
    if tokio::fs::try_exists(&path).await.unwrap_or(false) {
        return Ok(path);
    }
    let part = files::part(&path);
    let kind = Path::new(name).extension().unwrap_or_default();
    let step = Ffmpeg::new()
        .args(["-vn"])
        .input(&recording.path)
        .args(["-map", "0:a:0", "-ac", "1", "-ar", "16000", "-c:a"])
        .args(codec)
        .args(["-f".into(), kind.to_os_string()])
        .output(&part)
        .step(
            Duration::try_from_secs_f64(recording.length).unwrap_or_default(),
            (0.0, 20.0),
        );
    programs::run(context, "sound", step).await?;
    let (from, to) = (part, path.clone());
    files::blocking(move || files::finish(&from, &to)).await?;
    Ok(path)
}
