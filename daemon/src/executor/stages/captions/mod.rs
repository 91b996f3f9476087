//! Captions: the narration's sentences as lines that fit the picture, each shown while it is said.
//!
//! `cues` cuts and times, `fonts` measures, `ass` writes what is burned into the picture, `srt` what players load. Nothing a
//! person wrote is changed by it: what a format takes for itself is written so that it shows as it is.

pub mod align;
pub mod ass;
pub mod cues;
pub mod fonts;
pub mod spoken;
pub mod srt;

use super::settings::Frame;

/// How captions stand in a picture. Distances are in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// The picture.
    pub frame: Frame,
    /// The letters' height, from the highest to the lowest.
    pub size: u32,
    /// Free at the left and right.
    pub side: u32,
    /// Free below the lowest line. Never less than a tenth of the height: there, phones and televisions put their own.
    pub bottom: u32,
    /// Lines that stand together at most.
    pub lines: usize,
}

impl Layout {
    /// The layout for a picture of this form.
    #[must_use]
    pub fn of(frame: Frame) -> Self {
        let short = frame.width.min(frame.height);
        if frame.is_wide() {
            Self {
                frame,
                size: short * 66 / 1080,
                side: frame.width / 8,
                bottom: frame.height * 10 / 100,
                lines: 2,
            }
        } else {
            Self {
                frame,
                size: short * 90 / 1080,
                side: frame.width / 10,
                bottom: frame.height * 20 / 100,
                lines: 3,
            }
        }
    }

    /// The longest that a line may be.
    #[must_use]
    pub fn line_width(&self) -> f32 {
        // The outline stands out on both sides.
        #[allow(clippy::cast_precision_loss, reason = "pixels")]
        let width = (self.frame.width - 2 * self.side) as f32;
        width - 12.0
    }
}
