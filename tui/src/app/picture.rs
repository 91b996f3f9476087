//! A workflow's picture in the terminal: asked for with `v`, decoded here, drawn as half blocks, or sent as it is to a
//! terminal that shows pictures itself.

use super::call::{Call, Failure};
use super::core::App;
use super::popup::Popup;
use super::toast::Tone;
use base64::Engine as _;
use image::RgbImage;
use serde_json::Value;

/// Larger pictures are not taken in, in pixels a side.
const MOST: u32 = 8_192;

/// Kept at most so large, in pixels a side: no terminal shows more.
const KEPT: u32 = 640;

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Whose.
    pub key: String,
    /// Its pixels.
    pub pixels: RgbImage,
    /// The bytes as they came.
    pub bytes: usize,
}

impl Picture {
    /// Reads a JPEG or PNG.
    pub fn read(key: &str, bytes: &[u8]) -> Result<Self, String> {
        let mut reader = image::ImageReader::new(std::io::Cursor::new(bytes))
            .with_guessed_format()
            .map_err(|error| error.to_string())?;
        let mut limits = image::Limits::default();
        limits.max_image_width = Some(MOST);
        limits.max_image_height = Some(MOST);
        limits.max_alloc = Some(256 << 20);
        reader.limits(limits);
        let decoded = reader.decode().map_err(|error| error.to_string())?;
        let small = if decoded.width() > KEPT || decoded.height() > KEPT {
            decoded.thumbnail(KEPT, KEPT)
        } else {
            decoded
        };
        Ok(Self {
            key: key.to_owned(),
            pixels: small.to_rgb8(),
            bytes: bytes.len(),
        })
    }

    /// The cells that it takes within so many, with its shape kept: a cell is twice as high as wide.
    #[must_use]
    pub fn cells(&self, columns: u16, rows: u16) -> (u16, u16) {
        let (width, height) = (
            f64::from(self.pixels.width().max(1)),
            f64::from(self.pixels.height().max(1)),
        );
        let scale = (f64::from(columns) / width).min(f64::from(rows) * 2.0 / height);
        let wide = (width * scale).round().max(1.0) as u16;
        let high = (height * scale / 2.0).round().max(1.0) as u16;
        (wide.min(columns), high.min(rows))
    }

    /// Its pixels, so many across and down.
    #[must_use]
    pub fn scaled(&self, width: u32, height: u32) -> RgbImage {
        image::imageops::thumbnail(&self.pixels, width.max(1), height.max(1))
    }
}

impl App {
    /// Asks for the picture of the current workflow.
    pub(super) fn preview(&mut self) {
        let Some(row) = self.current() else { return };
        let id = row.key.clone();
        let has = row.view.outputs.contains_key("thumbnails")
            || row
                .stages
                .iter()
                .any(|stage| stage.view.outputs.contains_key("thumbnails"));
        if !has {
            let text = format!(
                "{} has no picture yet: it comes with the stage thumbnails",
                row.name()
            );
            self.say(Tone::Plain, text);
        } else if self.reaches(&id) {
            self.say(Tone::Plain, "asking for the picture…");
            self.call_once(Call::Picture { id });
        } else {
            self.say(Tone::Bad, "not connected: the picture can't be asked for");
        }
    }

    pub(super) fn picture_told(&mut self, id: &str, result: Result<Value, Failure>) {
        let told = result
            .map_err(|failure| failure.message)
            .and_then(|value| {
                let text = value.as_str().unwrap_or_default();
                base64::engine::general_purpose::STANDARD
                    .decode(text)
                    .map_err(|error| error.to_string())
            })
            .and_then(|bytes| Picture::read(id, &bytes));
        match told {
            Ok(picture) => {
                self.view.toasts.clear();
                self.view.popup = Some(Popup::Picture(Box::new(picture)));
            }
            Err(why) => self.say(Tone::Bad, format!("the picture can't be shown: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        RgbImage::new(width, height)
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_picture_keeps_its_shape_and_stays_small() {
        let picture = Picture::read("k", &png(1920, 1080)).unwrap();
        assert!(picture.pixels.width() <= KEPT && picture.pixels.height() <= KEPT);
        assert_eq!(picture.cells(32, 40), (32, 9));
        assert_eq!(picture.cells(400, 9), (32, 9));
    }

    #[test]
    fn what_is_no_picture_is_refused_in_words() {
        assert!(Picture::read("k", b"<html>").is_err());
        assert!(Picture::read("k", b"").is_err());
    }
}
