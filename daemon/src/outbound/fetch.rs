//! Fetching a file whose address somebody else chose: into a part file that a later call goes on with, within a size, and
//! only while it looks like what was wanted.
//!
//! ```text
//!  part file and its note? ─▶ Range + If-Range ─▶ 206, same whole ─▶ appended
//!                                              └▶ 200, 416, other whole ─▶ from the beginning
//!  cut in the middle, with something gained ─▶ asked again from there ─▶ … ─▶ whole
//! ```
//!
//! The note beside the part file holds what the server called these bytes; without such a name nothing is ever put together
//! from two answers.

use super::client::{Client, Failure, Stream};
use super::url::{self, UrlProblem};
use super::{policy::Policy, retry_after};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_RANGE, LAST_MODIFIED, LOCATION, RANGE, USER_AGENT,
};
use hyper::{Request, StatusCode};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use tokio_util::sync::CancellationToken;

/// Places that a file may be moved to on the way.
const HOPS: usize = 5;
/// A connection that brought this much before it broke is worth another one at once.
const WORTH: u64 = 64 * 1024;
/// So often within one call.
const RESUMED: u32 = 20;
/// Bytes that are looked at to tell what comes.
const BEGINNING: usize = 512;
/// Bytes kept back until they are written.
const BUFFER: usize = 1 << 20;

/// What is fetched, and within which bounds.
pub struct Fetch<'a> {
    /// Asks for what `[external]`, `[providers]` or somebody's callback named; its policy judges every place.
    pub client: &'a Client,
    /// Where.
    pub url: &'a str,
    /// Sent to the first host alone.
    pub headers: HeaderMap,
    /// Where it is written; the note stands beside it.
    pub part: &'a Path,
    /// Bytes of the whole.
    pub largest: u64,
    /// Bytes of the disk that are left alone.
    pub reserve: u64,
    /// Whether the beginning is that of what is wanted; if not, what it is instead.
    pub accept: fn(&[u8]) -> Result<(), String>,
    /// Told so many bytes of so many.
    pub progress: &'a (dyn Fn(u64, Option<u64>) + Sync),
    /// Ends it between two pieces.
    pub cancel: &'a CancellationToken,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address is none, or not allowed.
    #[error("{place} {problem}")]
    Url {
        /// Which.
        place: String,
        /// Why.
        problem: UrlProblem,
    },
    /// The other side says no.
    #[error("{host} answered {status}")]
    Status {
        /// Who.
        host: String,
        /// What.
        status: StatusCode,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// Moved on and on.
    #[error("it was moved more than {HOPS} times")]
    Hops,
    /// It is something else.
    #[error("it is {0}")]
    Kind(String),
    /// Larger than allowed.
    #[error("it has more than {0} bytes")]
    Large(u64),
    /// It ended before its announced length, or was empty.
    #[error("it has {got} bytes of {of}")]
    Short {
        /// Came.
        got: u64,
        /// Announced.
        of: u64,
    },
    /// No room for it.
    #[error("it needs {needed} bytes and the disk has {free} to spare")]
    Room {
        /// Bytes.
        needed: u64,
        /// Bytes.
        free: u64,
    },
    /// The network.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The disk.
    #[error("{0}")]
    Disk(#[from] io::Error),
    /// Cancelled.
    #[error("cancelled")]
    Cancelled,
}

/// What the server calls the bytes of a part file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    url: String,
    name: String,
    total: Option<u64>,
}

/// Where the note of a part file stands.
#[must_use]
pub fn note_of(part: &Path) -> PathBuf {
    let mut name = part.file_name().unwrap_or_default().to_os_string();
    name.push(".note");
    part.with_file_name(name)
}

/// Fetches the file, or the rest of it, and answers its size. It is synced; giving it its name is the caller's.
///
/// # Errors
/// Why not. What has come so far stays for the next call.
pub async fn fetch(order: &Fetch<'_>) -> Result<u64, FetchError> {
    let mut resumed = 0;
    loop {
        let had = size(order.part).await;
        match once(order, had).await {
            Err(FetchError::Failure(failure)) => {
                let gained = size(order.part).await.saturating_sub(had);
                if gained < WORTH || resumed >= RESUMED || !note_of(order.part).exists() {
                    return Err(failure.into());
                }
                resumed += 1;
            }
            other => return other,
        }
    }
}

async fn size(part: &Path) -> u64 {
    tokio::fs::metadata(part)
        .await
        .map_or(0, |found| found.len())
}

async fn noted(order: &Fetch<'_>) -> Option<Note> {
    let text = tokio::fs::read(note_of(order.part)).await.ok()?;
    let note: Note = serde_json::from_slice(&text).ok()?;
    (note.url == order.url).then_some(note)
}

async fn once(order: &Fetch<'_>, had: u64) -> Result<u64, FetchError> {
    let note = noted(order).await;
    let from = note.as_ref().map(|_| had).filter(|had| *had > 0);
    if let (Some(Note { total, .. }), Some(from)) = (&note, from)
        && *total == Some(from)
    {
        return Ok(from);
    }
    let mut answer = ask(order, from.zip(note.as_ref())).await?;
    let (begin, total) = match begins(&answer, from, note.as_ref()) {
        Some(place) => place,
        // What is here is not of what is there now.
        None => {
            answer = ask(order, None).await?;
            (0, length(&answer.headers))
        }
    };
    if total.is_some_and(|total| total > order.largest) {
        return Err(FetchError::Large(order.largest));
    }
    room(order, total.unwrap_or(0).saturating_sub(begin))?;
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(begin == 0)
        .open(order.part)
        .await?;
    if begin == 0 {
        write_note(order, &answer.headers, total).await?;
    } else {
        file.set_len(begin).await?;
        tokio::io::AsyncSeekExt::seek(&mut file, io::SeekFrom::Start(begin)).await?;
    }
    let (got, ended) = pour(order, &mut answer, file, begin, total).await;
    ended?;
    match total {
        Some(total) if got != total => Err(FetchError::Short { got, of: total }),
        _ if got == 0 => Err(FetchError::Short { got, of: 1 }),
        _ => Ok(got),
    }
}

/// Where the answer's bytes begin, and how many the whole has; none when they can't be put behind what is here.
fn begins(answer: &Stream, from: Option<u64>, note: Option<&Note>) -> Option<(u64, Option<u64>)> {
    if answer.status == StatusCode::OK {
        return Some((0, length(&answer.headers)));
    }
    let range = answer.headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (span, total) = range.strip_prefix("bytes ")?.split_once('/')?;
    let begin: u64 = span.split('-').next()?.parse().ok()?;
    let total: Option<u64> = total.parse().ok();
    let same = note.is_some_and(|note| {
        note.total == total && Some(&note.name) == name(&answer.headers).as_ref()
    });
    (answer.status == StatusCode::PARTIAL_CONTENT && Some(begin) == from && same)
        .then_some((begin, total))
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A name that no other bytes have: a strong tag, else the time of change.
fn name(headers: &HeaderMap) -> Option<String> {
    let text = |name: HeaderName| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    text(ETAG)
        .filter(|tag| !tag.starts_with("W/"))
        .or_else(|| text(LAST_MODIFIED))
}

async fn write_note(
    order: &Fetch<'_>,
    headers: &HeaderMap,
    total: Option<u64>,
) -> Result<(), FetchError> {
    let path = note_of(order.part);
    let Some(name) = name(headers) else {
        return match tokio::fs::remove_file(&path).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        };
    };
    let note = Note {
        url: order.url.to_owned(),
        name,
        total,
    };
    let text = serde_json::to_vec(&note).map_err(io::Error::from)?;
    Ok(tokio::fs::write(path, text).await?)
}

fn room(order: &Fetch<'_>, needed: u64) -> Result<(), FetchError> {
    let folder = order.part.parent().unwrap_or(order.part);
    let stat = rustix::fs::statvfs(folder).map_err(io::Error::from)?;
    let free = (stat.f_bavail * stat.f_frsize).saturating_sub(order.reserve);
    if needed > free {
        return Err(FetchError::Room { needed, free });
    }
    Ok(())
}

/// Asks for the file, wherever it was moved to. Answers only what can be read: 200, 206 or 416.
async fn ask(order: &Fetch<'_>, rest: Option<(u64, &Note)>) -> Result<Stream, FetchError> {
    let wrong = |place: &str, problem| FetchError::Url {
        place: place.to_owned(),
        problem,
    };
    let policy: &Policy = order.client.policy();
    let mut place = url::read(order.url, policy).map_err(|problem| wrong(order.url, problem))?;
    let first = origin(&place);
    for _ in 0..=HOPS {
        let mut request = Request::get(place.as_str())
            .body(Full::new(Bytes::new()))
            .map_err(|error| FetchError::Kind(format!("no address to ask: {error}")))?;
        let headers = request.headers_mut();
        if origin(&place) == first {
            headers.extend(order.headers.clone());
        }
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("Reel/", env!("CARGO_PKG_VERSION"))),
        );
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some((from, note)) = rest
            && let Ok(name) = HeaderValue::from_str(&note.name)
        {
            headers.insert(
                RANGE,
                HeaderValue::from_str(&format!("bytes={from}-"))
                    .map_err(|error| FetchError::Kind(error.to_string()))?,
            );
            headers.insert(IF_RANGE, name);
        }
        let answer = tokio::select! {
            () = order.cancel.cancelled() => return Err(FetchError::Cancelled),
            answer = order.client.open(request) => answer?,
        };
        let moved = matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let to = answer.headers.get(LOCATION).and_then(|to| to.to_str().ok());
        match (moved, to) {
            (true, Some(to)) => {
                let next = place
                    .join(to)
                    .map_err(|error| wrong(to, UrlProblem::Unreadable(error.to_string())))?;
                place = url::read(next.as_str(), policy)
                    .map_err(|problem| wrong(next.as_str(), problem))?;
            }
            _ if matches!(answer.status.as_u16(), 200 | 206 | 416)
                && (rest.is_some() || answer.status == StatusCode::OK) =>
            {
                return Ok(answer);
            }
            _ => {
                return Err(FetchError::Status {
                    host: place.host_str().unwrap_or_default().to_owned(),
                    status: answer.status,
                    retry_after: retry_after::of(&answer.headers),
                });
            }
        }
    }
    Err(FetchError::Hops)
}

fn origin(url: &::url::Url) -> (String, String, Option<u16>) {
    (
        url.scheme().to_owned(),
        url.host_str().unwrap_or_default().to_owned(),
        url.port_or_known_default(),
    )
}

/// Writes what comes. Whatever ended it, what came before is in the file.
async fn pour(
    order: &Fetch<'_>,
    answer: &mut Stream,
    file: File,
    begin: u64,
    total: Option<u64>,
) -> (u64, Result<(), FetchError>) {
    let mut got = begin;
    let mut beginning = Vec::new();
    let mut is_known = begin > 0;
    let mut file = tokio::io::BufWriter::with_capacity(BUFFER, file);
    let work = async {
        loop {
            let piece = tokio::select! {
                () = order.cancel.cancelled() => return Err(FetchError::Cancelled),
                piece = answer.next() => piece?,
            };
            let Some(piece) = piece else { break };
            if !is_known {
                beginning.extend_from_slice(&piece[..piece.len().min(BEGINNING)]);
                if beginning.len() >= BEGINNING {
                    (order.accept)(&beginning).map_err(FetchError::Kind)?;
                    is_known = true;
                }
            }
            got += piece.len() as u64;
            if got > order.largest {
                return Err(FetchError::Large(order.largest));
            }
            file.write_all(&piece).await?;
            (order.progress)(got, total);
        }
        if !is_known && got > 0 {
            (order.accept)(&beginning).map_err(FetchError::Kind)?;
        }
        Ok(())
    };
    let ended = work.await;
    let flushed = async {
        file.flush().await?;
        file.get_ref().sync_all().await
    };
    let flushed = flushed.await.map_err(FetchError::from);
    (got, ended.and(flushed))
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
