//! Footage: videos that others made, cut into the clips that stand behind a narration.
//!
//! Where they come from is told by a file each: the local `library`, `pexels` by words, `veo` made to order. All of them give
//! files that ffprobe could read; from there on they are the same.

pub mod index;
pub mod library;
pub mod pexels;
pub mod veo;

use super::clips;
use super::ffmpeg::{self, FPS, Ffmpeg};
use super::probe::Media;
use super::settings::Frame;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::time::Duration;

/// A file that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footage {
    /// The file.
    pub path: PathBuf,
    /// Its length.
    pub length: Duration,
    /// Upright or wide like the picture that is made.
    pub fits: bool,
}

/// A file, if it can be used.
#[must_use]
pub fn usable(path: PathBuf, media: &Media, frame: Frame) -> Option<Footage> {
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

/// How a section's clip is cut: another file each time, and another part of it when a file comes again. `found` is not empty.
#[must_use]
pub fn cut(
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
        // Which part of the footage is taken differs by workflow.
        pure: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_longer_than_its_file_starts_at_its_beginning() {
        let found = [Footage {
            path: "/l/a.mp4".into(),
            length: Duration::from_secs(2),
            fits: true,
        }];
        let frame = Frame {
            width: 1080,
            height: 1920,
        };
        let plan = cut(&found, 3, 300, frame, "w");
        assert!(plan.recipe.starts_with("/l/a.mp4 0.000000"));
    }
}
