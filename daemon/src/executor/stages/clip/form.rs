//! The picture's form: how a recording of one ratio fills a frame of another. Pure.

use crate::executor::stages::settings::Frame;

/// The whole picture is shown at most this much larger than it fits, its edges cut, over a blurred copy of itself.
const ZOOM: f64 = 1.35;
/// Ratios nearer than this are the same: what is over is cut.
const SAME: f64 = 0.04;

/// The frame of a ratio for a recording of this size: 1080 on the short side where the recording has that much, else 720.
#[must_use]
pub fn frame(ratio: &str, source: Frame) -> Option<Frame> {
    let short = if source.width.min(source.height) >= 1_080 {
        1_080
    } else {
        720
    };
    let long = short * 16 / 9;
    let (width, height) = match ratio {
        "9x16" => (short, long),
        "16x9" => (long, short),
        "1x1" => (short, short),
        _ => return None,
    };
    Some(Frame { width, height })
}

/// The filters from `[0:v]` to a picture of exactly this frame, without a label at the end.
#[must_use]
pub fn fill(source: Frame, frame: Frame) -> String {
    let Frame { width, height } = frame;
    let (own, wanted) = (ratio(source), ratio(frame));
    if (own / wanted - 1.0).abs() < SAME {
        return format!(
            "[0:v]scale={width}:{height}:force_original_aspect_ratio=increase:flags=bicubic,crop={width}:{height},setsar=1"
        );
    }
    let scales = [
        f64::from(width) / f64::from(source.width),
        f64::from(height) / f64::from(source.height),
    ];
    let (fit, cover) = (scales[0].min(scales[1]), scales[0].max(scales[1]));
    let scale = (fit * ZOOM).min(cover);
    let (across, down) = (
        even(f64::from(source.width) * scale),
        even(f64::from(source.height) * scale),
    );
    let (shown_across, shown_down) = (across.min(width), down.min(height));
    // The blurred copy is made small: it costs little, and looks the same.
    let (small_across, small_down) = (even(f64::from(width) / 8.0), even(f64::from(height) / 8.0));
    format!(
        "[0:v]split[over][under];\
         [under]scale={small_across}:{small_down}:force_original_aspect_ratio=increase:flags=fast_bilinear,\
         crop={small_across}:{small_down},boxblur=5:2,scale={width}:{height}:flags=bicubic,setsar=1,eq=brightness=-0.1[behind];\
         [over]scale={across}:{down}:flags=bicubic,crop={shown_across}:{shown_down},setsar=1[front];\
         [behind][front]overlay=(W-w)/2:(H-h)/2,setsar=1"
    )
}

/// The largest frame within `short` pixels on the short side that keeps the recording's ratio.
#[must_use]
pub fn within(source: Frame, short: u32) -> Frame {
    let own = source.width.min(source.height).max(1);
    let scale = (f64::from(short) / f64::from(own)).min(1.0);
    Frame {
        width: even(f64::from(source.width) * scale),
        height: even(f64::from(source.height) * scale),
    }
}

fn ratio(frame: Frame) -> f64 {
    f64::from(frame.width.max(1)) / f64::from(frame.height.max(1))
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a picture's side, far below 2^31"
)]
fn even(side: f64) -> u32 {
    ((side / 2.0).round() as u32).max(1) * 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDE: Frame = Frame {
        width: 1_280,
        height: 720,
    };

    #[test]
    fn forms_have_their_ratio() {
        assert_eq!(
            frame("9x16", WIDE),
            Some(Frame {
                width: 720,
                height: 1_280
            })
        );
        assert_eq!(
            frame(
                "16x9",
                Frame {
                    width: 1_920,
                    height: 1_080
                }
            ),
            Some(Frame {
                width: 1_920,
                height: 1_080
            })
        );
        assert_eq!(
            frame(
                "1x1",
                Frame {
                    width: 320,
                    height: 240
                }
            ),
            Some(Frame {
                width: 720,
                height: 720
            })
        );
        assert_eq!(frame("4x3", WIDE), None);
    }

    #[test]
    fn the_same_ratio_is_only_scaled() {
        assert!(
            fill(
                WIDE,
                Frame {
                    width: 1_280,
                    height: 720
                }
            )
            .starts_with("[0:v]scale=1280:720")
        );
        assert!(
            fill(
                WIDE,
                Frame {
                    width: 720,
                    height: 1_280
                }
            )
            .contains("scale=972:546:flags=bicubic,crop=720:546")
        );
    }

    proptest! {
        #[test]
        fn within_is_even_and_never_larger(width in 16_u32..8_000, height in 16_u32..8_000) {
            let found = within(Frame { width, height }, 1_080);
            prop_assert!(found.width.is_multiple_of(2) && found.height.is_multiple_of(2));
            prop_assert!(found.width.min(found.height) <= 1_080 && found.width <= width + 1 && found.height <= height + 1);
        }
    }
}
