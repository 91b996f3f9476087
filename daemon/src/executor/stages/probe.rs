//! What a media file is, as ffprobe tells it. Numbers come as text and may be missing; a file that ffprobe refuses is an
//! error with its words.

use super::{ffmpeg, programs};
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError, Stdout, Step};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// A media file's facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    /// The container's length, or the video's where it has none.
    pub duration: Option<Duration>,
    /// Bytes.
    pub size: u64,
    /// The first real video stream (not a cover picture).
    pub video: Option<Video>,
    /// The first audio stream's codec.
    pub audio: Option<String>,
    /// What else is told to people: `format`, codecs, rates, channels, each where it is known.
    pub technical: Values,
    /// What its maker wrote into it: title, comment, keywords.
    pub tags: Vec<String>,
}

/// A video stream's facts, as it is shown (turned by its rotation).
#[derive(Debug, Clone, PartialEq)]
pub struct Video {
    /// `h264`…
    pub codec: String,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// `yuv420p`…
    pub pixels: String,
}

#[derive(Deserialize, Default)]
struct Report {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Deserialize, Default)]
struct Format {
    format_name: Option<String>,
    bit_rate: Option<String>,
    duration: Option<String>,
    size: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// The tags that say what is seen.
const TAGS: [&str; 5] = ["title", "comment", "description", "keywords", "genre"];

#[derive(Deserialize)]
struct Stream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    pix_fmt: Option<String>,
    avg_frame_rate: Option<String>,
    sample_rate: Option<String>,
    channels: Option<i64>,
    duration: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Deserialize, Default)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
}

#[derive(Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

/// Asks ffprobe. `name` names the step.
///
/// # Errors
/// The step's own; class `input` when the file is none that ffprobe can read.
pub async fn probe(context: &StageContext, name: &str, path: &Path) -> Result<Media, StageError> {
    let args = [
        "-v",
        "error",
        "-show_format",
        "-show_streams",
        "-of",
        "json",
    ];
    let args = args
        .iter()
        .map(OsString::from)
        .chain(ffmpeg::guard().into_iter().map(OsString::from))
        .chain([ffmpeg::file_url(path)]);
    let step = Step {
        stdout: Stdout::Capture { limit: 1 << 20 },
        timeout: Some(Duration::from_secs(60)),
        ..Step::new("ffprobe", args)
    };
    let result = programs::attempt(context, name, step).await?;
    if result.exit != Some(0) {
        let words = result
            .log_tail
            .lines()
            .last()
            .unwrap_or("it gave no reason")
            .trim()
            .to_owned();
        return Err(unreadable(path, &words));
    }
    read(&result.stdout).map_err(|problem| unreadable(path, &problem))
}

fn unreadable(path: &Path, words: &str) -> StageError {
    StageError::failed(
        ErrorClass::Input,
        "unreadable_media",
        format!(
            "{} is no media file that can be read: {words}",
            path.display()
        ),
        "Replace the file, or take it out of the library.",
    )
}

fn read(json: &[u8]) -> Result<Media, String> {
    let report: Report = serde_json::from_slice(json)
        .map_err(|error| format!("ffprobe's answer can't be read: {error}"))?;
    let kind =
        |kind: &'static str| move |stream: &&Stream| stream.codec_type.as_deref() == Some(kind);
    let video = report
        .streams
        .iter()
        .filter(kind("video"))
        .find(|stream| stream.disposition.attached_pic == 0);
    let audio = report.streams.iter().find(kind("audio"));
    let duration = report
        .format
        .duration
        .as_deref()
        .or_else(|| video.and_then(|stream| stream.duration.as_deref()));
    Ok(Media {
        duration: duration
            .and_then(|text| text.parse().ok())
            .and_then(|s| Duration::try_from_secs_f64(s).ok()),
        size: report
            .format
            .size
            .as_deref()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0),
        video: video.and_then(shown),
        audio: audio.map(|stream| stream.codec_name.clone().unwrap_or_default()),
        technical: technical(&report.format, video, audio),
        tags: tags(&report.format),
    })
}

fn tags(format: &Format) -> Vec<String> {
    let told = format
        .tags
        .iter()
        .filter(|(name, _)| TAGS.contains(&name.to_lowercase().as_str()));
    told.map(|(_, text)| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect()
}

/// In the words of document 001.
fn technical(format: &Format, video: Option<&Stream>, audio: Option<&Stream>) -> Values {
    let whole = |text: &Option<String>| {
        let number = text.as_deref()?.parse::<i64>().ok()?;
        Some(Value::Int(number))
    };
    let codec = |stream: Option<&Stream>| {
        let name = stream?.codec_name.as_deref()?;
        Some(Value::from(name))
    };
    let known = [
        ("format", format.format_name.as_deref().map(container)),
        ("video_codec", codec(video)),
        ("audio_codec", codec(audio)),
        ("frame_rate", video.and_then(rate)),
        ("bit_rate", whole(&format.bit_rate)),
        (
            "sample_rate",
            audio.and_then(|stream| whole(&stream.sample_rate)),
        ),
        (
            "channels",
            audio.and_then(|stream| stream.channels).map(Value::Int),
        ),
    ];
    known
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// ffprobe names every container that its reader knows; the usual one is told.
fn container(names: &str) -> Value {
    let names: Vec<&str> = names.split(',').collect();
    let usual = ["mp4", "webm"].into_iter().find(|one| names.contains(one));
    Value::from(usual.unwrap_or(names[0]))
}

/// Pictures a second, of ffprobe's fraction.
fn rate(stream: &Stream) -> Option<Value> {
    let (pictures, seconds) = stream.avg_frame_rate.as_deref()?.split_once('/')?;
    let (pictures, seconds): (f64, f64) = (pictures.parse().ok()?, seconds.parse().ok()?);
    if pictures <= 0.0 || seconds <= 0.0 {
        return None;
    }
    let rate = (pictures / seconds * 1_000.0).round() / 1_000.0;
    #[allow(clippy::cast_possible_truncation, reason = "a picture rate")]
    let whole = rate as i64;
    Some(if rate.fract() == 0.0 {
        Value::Int(whole)
    } else {
        Value::Number(rate)
    })
}

fn shown(stream: &Stream) -> Option<Video> {
    let (width, height) = (
        stream.width.filter(|w| *w > 0)?,
        stream.height.filter(|h| *h > 0)?,
    );
    let turned = stream
        .side_data_list
        .iter()
        .filter_map(|data| data.rotation)
        .any(|angle| (angle.abs() % 180.0 - 90.0).abs() < 1.0);
    let (width, height) = if turned {
        (height, width)
    } else {
        (width, height)
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Some(Video {
        codec: text(&stream.codec_name),
        width,
        height,
        pixels: text(&stream.pix_fmt),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_that_are_text_and_a_turned_picture() {
        let json = br#"{"streams":[
            {"codec_type":"video","codec_name":"mjpeg","width":9,"height":9,"disposition":{"attached_pic":1}},
            {"codec_type":"audio","codec_name":"aac","sample_rate":"48000","channels":2},
            {"codec_type":"video","codec_name":"h264","width":1920,"height":1080,"pix_fmt":"yuv420p","avg_frame_rate":"30000/1001","side_data_list":[{"rotation":-90}]}
            ],"format":{"format_name":"mov,mp4,m4a,3gp,3g2,mj2","duration":"6.040000","size":"1234","bit_rate":"N/A"}}"#;
        let media = read(json).unwrap();
        assert_eq!(media.duration, Some(Duration::from_millis(6_040)));
        assert_eq!((media.size, media.audio.as_deref()), (1_234, Some("aac")));
        let told: Vec<String> = media
            .technical
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            told.join(" "),
            "audio_codec=aac channels=2 format=mp4 frame_rate=29.97 sample_rate=48000 video_codec=h264"
        );
        let video = media.video.unwrap();
        assert_eq!(
            (video.codec.as_str(), video.width, video.height),
            ("h264", 1080, 1920)
        );
    }

    #[test]
    fn what_is_missing_is_missing_and_nonsense_is_refused() {
        let media = read(b"{}").unwrap();
        assert_eq!(
            (media.duration, media.video, media.audio),
            (None, None, None)
        );
        assert!(read(b"[").is_err());
        assert_eq!(
            read(br#"{"format":{"duration":"N/A"}}"#).unwrap().duration,
            None
        );
    }
}
