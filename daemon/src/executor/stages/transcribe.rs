//! `transcribe`: times the captions by the narration and writes them in both forms. The narration is ours, so its words and
//! its sentences' times are known; a recogniser that is named adds the times of words.

use super::captions::{Layout, ass, cues, fonts, srt};
use super::kept::Kept;
use super::narration::Narration;
use super::transcription::own;
use super::{files, reuse, settings};
use crate::attempt_log::Level;
use crate::domain::{Value, Values};
use crate::executor::stage::{StageContext, StageError};

/// The captions that are burned in, in the work directory.
pub const BURNED: &str = "captions.ass";

/// Runs the stage.
///
/// # Errors
/// Class `config` without a narration; what the disk says.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let narration = Narration::read(&context.work_dir).await?;
    let own::Timed {
        narration,
        provider,
        reused,
    } = own::timed(&context, narration).await?;
    let kept = Kept::of(&context).await?;
    let layout = Layout::of(settings::frame(&context.params));
    let (font, work) = (context.config.media.font.clone(), context.work_dir.clone());
    let (srt_path, ass_path) = (kept.captions("srt"), kept.captions("ass"));
    let paths = (srt_path.clone(), ass_path.clone());
    let (cues, found) = files::blocking(move || {
        let text: String = narration
            .sentences
            .iter()
            .map(|sentence| sentence.text.as_str())
            .collect();
        let found = fonts::find(&font, &text, layout.size);
        let cues = cues::of(&narration, &layout, &found.widths);
        let burned = ass::write(&cues, &layout, &found.family);
        files::write_whole(&work.join(BURNED), burned.as_bytes())?;
        files::write_whole(&paths.1, burned.as_bytes())?;
        files::write_whole(&paths.0, srt::write(&cues).as_bytes())?;
        Ok((cues.len(), found))
    })
    .await?;
    context.log(Level::Info, &format!("{cues} captions in {}", found.family));
    if !found.missing.is_empty() {
        let shown: String = found.missing.iter().take(12).collect();
        let package = fonts::package(&found.missing);
        context.log(
            Level::Warn,
            &format!(
                "no font on this box has {} of the characters ({shown}); they will be boxes in the picture. Install one (Debian: apt \
                 install {package}) and retry from this stage; the caption files are whole.",
                found.missing.len()
            ),
        );
    }
    context.progress(100.0, None);
    let captions = Value::Map(Values::from([
        (
            "srt".to_owned(),
            Value::from(srt_path.to_string_lossy().into_owned()),
        ),
        (
            "ass".to_owned(),
            Value::from(ass_path.to_string_lossy().into_owned()),
        ),
    ]));
    let mut outputs = Values::from([
        ("provider".to_owned(), Value::from(provider)),
        (
            "cues".to_owned(),
            Value::Int(i64::try_from(cues).unwrap_or(i64::MAX)),
        ),
        ("font".to_owned(), Value::from(found.family)),
        ("captions".to_owned(), captions.clone()),
        (
            "workflow".to_owned(),
            Value::Map(Values::from([("captions".to_owned(), captions)])),
        ),
    ]);
    reuse::say(&mut outputs, reused);
    Ok(outputs)
}
