//! What a file is by its first bytes: names and content types say what their author wants.

use std::io::Read;
use std::path::Path;

/// Bytes that are enough to tell.
const ENOUGH: usize = 512;

/// The container, by a short word; none when it is no video that is known.
#[must_use]
pub fn container(bytes: &[u8]) -> Option<&'static str> {
    let at = |from: usize, what: &[u8]| bytes.get(from..from + what.len()) == Some(what);
    if at(4, b"ftyp") {
        return Some(if at(8, b"qt  ") { "mov" } else { "mp4" });
    }
    // Older QuickTime files begin with any of these.
    if [b"moov", b"mdat", b"wide", b"free", b"skip"]
        .iter()
        .any(|kind| at(4, *kind))
    {
        return Some("mov");
    }
    if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) {
        let is_webm = bytes.windows(4).any(|four| four == b"webm");
        return Some(if is_webm { "webm" } else { "mkv" });
    }
    if at(0, b"RIFF") && at(8, b"AVI ") {
        return Some("avi");
    }
    if at(0, &[0x47]) && at(188, &[0x47]) && at(376, &[0x47]) {
        return Some("ts");
    }
    if at(0, &[0, 0, 1, 0xba]) {
        return Some("mpg");
    }
    None
}

/// Whether this is the beginning of a video; if not, what it is instead.
///
/// # Errors
/// In words that follow "it is".
pub fn video(bytes: &[u8]) -> Result<(), String> {
    if container(bytes).is_some() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(bytes);
    let begin = text.trim_start().to_ascii_lowercase();
    Err(
        if begin.starts_with("<!doctype html") || begin.starts_with("<html") {
            "a web page, not a video".to_owned()
        } else if begin.starts_with('{') || begin.starts_with('[') {
            "JSON, not a video".to_owned()
        } else if begin.starts_with("#extm3u") {
            "a playlist, not a video".to_owned()
        } else {
            "no video of a kind that is known (MP4, MOV, WebM, MKV, AVI, MPEG)".to_owned()
        },
    )
}

/// The container of a file; `unknown` where it is none of those.
///
/// # Errors
/// What the disk says.
pub(super) fn of_file(path: &Path) -> std::io::Result<&'static str> {
    let mut bytes = Vec::with_capacity(ENOUGH);
    std::fs::File::open(path)?
        .take(ENOUGH as u64)
        .read_to_end(&mut bytes)?;
    Ok(container(&bytes).unwrap_or("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_bytes_decide() {
        assert_eq!(container(b"\0\0\0\x20ftypisom\0\0"), Some("mp4"));
        assert_eq!(container(b"\0\0\0\x14ftypqt  \0\0"), Some("mov"));
        assert_eq!(container(b"\x1a\x45\xdf\xa3....webm...."), Some("webm"));
        assert_eq!(container(b"RIFF....AVI LIST"), Some("avi"));
        let mut stream = vec![0; 400];
        for at in [0, 188, 376] {
            stream[at] = 0x47;
        }
        assert_eq!(container(&stream), Some("ts"));
    }

    #[test]
    fn what_is_no_video_is_told_by_what_it_is() {
        assert!(
            video(b"  <!DOCTYPE html><html>")
                .unwrap_err()
                .contains("web page")
        );
        assert!(
            video(b"#EXTM3U\nhttp://10.0.0.1/")
                .unwrap_err()
                .contains("playlist")
        );
        assert!(video(br#"{"error":"gone"}"#).unwrap_err().contains("JSON"));
        assert!(video(b"").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = container(&bytes);
            let _ = video(&bytes);
        }
    }
}
