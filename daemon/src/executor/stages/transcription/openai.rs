//! A service behind the widespread protocol: it is sent the sound, small, and answers with the times of words.

use super::Recording;
use crate::domain::ErrorClass;
use crate::episodes::Transcript;
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::{files, paid, provided};
use crate::providers::transcription::{LARGEST_SOUND, Transcription};

/// Has a recording written down.
///
/// # Errors
/// The service's; class `input` for a recording that is larger than it takes.
pub async fn run(
    context: &StageContext,
    service: &Transcription,
    recording: &Recording,
) -> Result<Transcript, StageError> {
    let codec = ["libopus", "-b:a", "20k"];
    let path = super::sound(context, recording, "speech.ogg", &codec).await?;
    let sound = files::blocking(move || {
        let failed = |error: std::io::Error| files::failed("read", &path, &error);
        let size = std::fs::metadata(&path).map_err(failed)?.len();
        if size > LARGEST_SOUND {
            return Err(StageError::failed(
                ErrorClass::Input,
                "too_long",
                format!("its sound has {size} bytes; the service takes {LARGEST_SOUND}"),
                "Cut the recording in two, or set [providers] transcription = \"whisper_cpp\".",
            ));
        }
        std::fs::read(&path).map_err(failed)
    })
    .await?;
    context.progress(25.0, Some("the service listens"));
    let language = recording.language.as_deref();
    let asking = provided::ask(context, service.listen(&sound, language, recording.length));
    let asked = [
        "transcription".as_bytes(),
        language.unwrap_or_default().as_bytes(),
        &sound,
    ];
    let transcript = paid::once(context, &asked, asking).await?;
    Ok(transcript.tidied(recording.length))
}
