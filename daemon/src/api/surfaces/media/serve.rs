//! A file as an answer: whole or in part, only where the client has not got it already, and never more of it in memory than
//! a piece.
//!
//! The conditions are judged in the order that HTTP asks for: `If-None-Match` (else `If-Modified-Since`), then `If-Range`,
//! then `Range`.

use super::range::{self, Part};
use crate::api::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use std::fs::{File, Metadata};
use std::io::{Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

/// Read from the disk at once.
const PIECE: usize = 256 * 1024;

/// An open file, and what is said of it.
pub struct Served {
    /// The file.
    pub file: File,
    /// Its length and times.
    pub facts: Metadata,
    /// Its hash, where it was stored with one: the tag then outlives a move of the file.
    pub sha256: Option<String>,
    /// `video/mp4`…
    pub content_type: &'static str,
    /// `Content-Disposition`
    pub disposition: HeaderValue,
    /// `Cache-Control`
    pub cache: &'static str,
}

impl Served {
    /// Told apart from every other content that was ever served under its address.
    fn tag(&self) -> String {
        match &self.sha256 {
            Some(hash) => format!("\"{hash}\""),
            None => format!(
                "\"{:x}-{:x}-{:x}\"",
                self.facts.len(),
                self.facts.mtime(),
                self.facts.mtime_nsec()
            ),
        }
    }

    /// To the second, as the header is.
    fn modified(&self) -> SystemTime {
        let seconds = u64::try_from(self.facts.mtime()).unwrap_or(0);
        UNIX_EPOCH + Duration::from_secs(seconds)
    }
}

/// The answer to a request with these headers. `more`: further headers.
#[must_use]
pub fn answer(asked: &HeaderMap, served: Served, more: &[(HeaderName, HeaderValue)]) -> Response {
    match build(asked, served) {
        Ok(mut response) => {
            response.headers_mut().extend(more.iter().cloned());
            response
        }
        Err(problem) => problem.into_response(),
    }
}

fn build(asked: &HeaderMap, mut served: Served) -> Result<Response, Problem> {
    let (tag, modified, length) = (served.tag(), served.modified(), served.facts.len());
    let mut headers = HeaderMap::new();
    headers.insert(header::ETAG, value(&tag)?);
    headers.insert(
        header::LAST_MODIFIED,
        value(&httpdate::fmt_http_date(modified))?,
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(served.cache),
    );
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if is_known(asked, &tag, modified) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let text = |name: HeaderName| asked.get(name).and_then(|value| value.to_str().ok());
    let part = match text(header::RANGE) {
        Some(range) if is_same(text(header::IF_RANGE), &tag, modified) => {
            range::part(range, length)
        }
        _ => Part::Whole,
    };
    let (status, from, count) = match part {
        Part::Whole => (StatusCode::OK, 0, length),
        Part::Bytes(bytes) => {
            let (from, to) = bytes.into_inner();
            let told = format!("bytes {from}-{to}/{length}");
            headers.insert(header::CONTENT_RANGE, value(&told)?);
            (StatusCode::PARTIAL_CONTENT, from, to - from + 1)
        }
        Part::Beyond => {
            let problem = Problem::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "range_not_satisfiable",
                format!("the range lies beyond the end; the file has {length} bytes"),
            );
            let mut refusal = problem.into_response();
            let told = value(&format!("bytes */{length}"))?;
            refusal.headers_mut().insert(header::CONTENT_RANGE, told);
            return Ok(refusal);
        }
    };
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(served.content_type),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::CONTENT_DISPOSITION, served.disposition.clone());
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(count));
    served
        .file
        .seek(SeekFrom::Start(from))
        .map_err(|error| Problem::internal("the file can't be read", &error))?;
    let pieces =
        ReaderStream::with_capacity(tokio::fs::File::from_std(served.file).take(count), PIECE);
    Ok((status, headers, Body::from_stream(pieces)).into_response())
}

fn value(text: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(text)
        .map_err(|error| Problem::internal("the answer's headers could not be made", &error))
}

/// Whether the client has what would be sent.
fn is_known(asked: &HeaderMap, tag: &str, modified: SystemTime) -> bool {
    let mut lists = asked.get_all(header::IF_NONE_MATCH).iter().peekable();
    if lists.peek().is_some() {
        return lists
            .filter_map(|list| list.to_str().ok())
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag);
    }
    let since = asked
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok());
    since.is_some_and(|since| modified <= since)
}

/// Whether a range is wanted of this very content: no condition, its tag (never a weak one), or exactly its date.
fn is_same(condition: Option<&str>, tag: &str, modified: SystemTime) -> bool {
    match condition.map(str::trim) {
        None => true,
        Some(text) if text.starts_with('"') => text == tag,
        Some(text) => httpdate::parse_http_date(text).is_ok_and(|date| date == modified),
    }
}

/// A file's type by its ending; the stages that make and fetch files give it from what is in them.
#[must_use]
pub fn content_type(extension: &str) -> &'static str {
    match extension.to_ascii_lowercase().as_str() {
        "mp4" | "m4v" => "video/mp4",
        "webm" => "video/webm",
        "mov" => "video/quicktime",
        "mkv" => "video/x-matroska",
        "avi" => "video/x-msvideo",
        "ts" => "video/mp2t",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        _ => "application/octet-stream",
    }
}

/// `Content-Disposition` for a title: plain ASCII for old clients, and UTF-8 for all others.
#[must_use]
pub fn disposition(kind: &str, title: &str, extension: &str) -> HeaderValue {
    const LONGEST: usize = 80;
    // What a file's name can't hold on any of the usual systems.
    let kept = |c: char| !c.is_control() && !"/\\:*?\"<>|".contains(c);
    let name: String = title.chars().filter(|c| kept(*c)).take(LONGEST).collect();
    let name = name.trim().trim_matches('.');
    let name = if name.is_empty() { "video" } else { name };
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii() { c } else { '_' })
        .collect();
    let full = format!("{name}.{extension}");
    let encoded = percent_encoding::utf8_percent_encode(&full, ATTRIBUTE);
    HeaderValue::from_str(&format!(
        "{kind}; filename=\"{plain}.{extension}\"; filename*=UTF-8''{encoded}"
    ))
    .unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// All but what RFC 8187 lets stand as it is.
const ATTRIBUTE: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
