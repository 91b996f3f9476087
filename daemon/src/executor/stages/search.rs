//! `search`: finds footage for each section in the local library, and cuts it to the picture's form.
//!
//! Files whose path has words of the prompt come first, upright ones where an upright picture is made, and which of equals
//! is taken follows from the prompt. What can't be read is left out with a warning.

use super::ffmpeg::{self, FPS, Ffmpeg};
use super::narration::Narration;
use super::probe::{self, Media};
use super::settings::{self, Frame};
use super::{clips, files, generate, sections};
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::pipeline::footage;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Files that are looked into at most: enough to choose from, and quick.
const LOOKED_INTO: usize = 60;

/// A file that can be used.
struct Footage {
    path: PathBuf,
    length: Duration,
    fits: bool,
}

/// Runs the stage.
///
/// # Errors
/// Class `config` when the library was asked for by name and has no footage that can be used; the steps' own.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let narration = Narration::read(&context.work_dir).await?;
    let frame = settings::frame(&context.params);
    let lengths = sections::of(&narration);
    let found = look(&context, frame, lengths.len()).await?;
    let asked = settings::text(&context.params, "videoSource")
        .unwrap_or("library")
        .to_owned();
    if found.is_empty() {
        let library = context.config.media.library.display().to_string();
        if asked == "library" {
            return Err(StageError::failed(
                ErrorClass::Config,
                "no_footage",
                format!("the library {library} has no footage that can be used"),
                "Put videos there (or set [media] library), or retry with `-p videoSource=drawn`.",
            ));
        }
        context.log(Level::Warn, &format!("{asked} has no key on this box and the library {library} has no footage; the pictures are drawn instead"));
        let names = generate::draw(&context, &narration).await?;
        return Ok(clips::outputs(names, "drawn"));
    }
    if asked != "library" {
        context.log(
            Level::Warn,
            &format!("{asked} has no key on this box; footage comes from the library instead"),
        );
    }
    let plans = lengths
        .into_iter()
        .enumerate()
        .map(|(section, frames)| cut(&found, section, frames, frame, &context.workflow_id));
    let names = clips::make(&context, plans.collect(), "cutting").await?;
    Ok(clips::outputs(names, "library"))
}

/// Footage in the order in which it is used.
async fn look(
    context: &StageContext,
    frame: Frame,
    wanted: usize,
) -> Result<Vec<Footage>, StageError> {
    let (library, prompt) = (
        context.config.media.library.clone(),
        settings::text(&context.params, "prompt")
            .unwrap_or_default()
            .to_owned(),
    );
    let candidates = files::blocking(move || {
        let files = footage::files(&library);
        Ok(ranked(files, &library, &prompt))
    })
    .await?;
    let mut found = Vec::new();
    for (index, path) in candidates.into_iter().take(LOOKED_INTO).enumerate() {
        if found.iter().filter(|one: &&Footage| one.fits).count() >= wanted {
            break;
        }
        match probe::probe(context, &format!("look-{index}"), &path).await {
            Ok(media) => found.extend(usable(path, &media, frame)),
            Err(StageError::Failed {
                class: ErrorClass::Input,
                message,
                ..
            }) => {
                context.log(Level::Warn, &format!("left out: {message}"));
            }
            Err(other) => return Err(other),
        }
    }
    // The sort keeps the order among equals: what fits the form first, then the rest cropped.
    found.sort_by_key(|one| !one.fits);
    Ok(found)
}

fn usable(path: PathBuf, media: &Media, frame: Frame) -> Option<Footage> {
    let video = media.video.as_ref()?;
    let length = media
        .duration
        .filter(|length| *length >= Duration::from_secs(1))?;
    Some(Footage {
        path,
        length,
        fits: (video.width > video.height) == frame.is_wide(),
    })
}

/// Files by how many words of the prompt their path has, then by a draw that follows from the prompt.
fn ranked(files: Vec<PathBuf>, library: &Path, prompt: &str) -> Vec<PathBuf> {
    let prompt_words = words(prompt);
    let draw = |path: &Path| -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(prompt.as_bytes());
        digest.update(path.as_os_str().as_encoded_bytes());
        digest.finalize().into()
    };
    let mut files: Vec<(usize, [u8; 32], PathBuf)> = files
        .into_iter()
        .map(|path| {
            let own = words(
                &path
                    .strip_prefix(library)
                    .unwrap_or(&path)
                    .with_extension("")
                    .to_string_lossy(),
            );
            let shared = own
                .iter()
                .filter(|word| prompt_words.contains(word))
                .count();
            (shared, draw(&path), path)
        })
        .collect();
    files.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    files.into_iter().map(|(_, _, path)| path).collect()
}

fn words(text: &str) -> Vec<String> {
    let split = text
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase);
    split
        .map(|word| word.strip_suffix('s').map_or(word.clone(), str::to_owned))
        .filter(|word| word.chars().count() > 2)
        .collect()
}

/// How a section's clip is cut: another file each time, and another part of it when a file comes again.
fn cut(
    found: &[Footage],
    section: usize,
    frames: u64,
    frame: Frame,
    workflow: &str,
) -> clips::Plan {
    let footage = &found[section % found.len()];
    let round = section / found.len();
    let length = ffmpeg::frames_long(frames);
    let room = footage.length.saturating_sub(length);
    let digest = Sha256::digest(format!("{workflow} {section} {round}"));
    let start = room.mul_f64(f64::from(digest[0]) / 256.0);
    let Frame { width, height } = frame;
    let filters = format!(
        "fps={FPS},scale={width}:{height}:force_original_aspect_ratio=increase:flags=bicubic,crop={width}:{height},setsar=1,format=yuv420p"
    );
    let source = Ffmpeg::new()
        .args(["-stream_loop", "-1", "-ss", &ffmpeg::seconds(start)])
        .input(&footage.path)
        .args(["-map", "0:v:0", "-vf", &filters]);
    let recipe = format!(
        "{} {} {filters}",
        footage.path.display(),
        ffmpeg::seconds(start)
    );
    clips::Plan {
        source,
        frames,
        crf: 17,
        recipe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_prompt_names_comes_first() {
        let files = ["l/city/night.mp4", "l/sea/waves.mp4", "l/forest.mp4"]
            .map(PathBuf::from)
            .to_vec();
        let ranked = ranked(files, Path::new("l"), "The wave of the sea, endless");
        assert_eq!(ranked[0], Path::new("l/sea/waves.mp4"));
        assert_eq!(ranked.len(), 3);
    }

    #[test]
    fn a_section_longer_than_its_file_starts_at_its_beginning() {
        let found = [Footage {
            path: "/l/a.mp4".into(),
            length: Duration::from_secs(2),
            fits: true,
        }];
        let plan = cut(
            &found,
            3,
            300,
            Frame {
                width: 1080,
                height: 1920,
            },
            "w",
        );
        assert!(plan.recipe.starts_with("/l/a.mp4 0.000000"));
    }
}
