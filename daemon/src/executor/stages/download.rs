//! `download`: brings the file that an outside maker or a request named into the house, byte for byte.
//!
//! It comes from an address (fetched by our own client, never by ffmpeg), from the object store where the maker put it
//! there, or from the work directory where a stage before drew it. Whatever it says it is, its first bytes decide, and
//! ffprobe, which may open nothing but this file, tells its length.

pub mod sniff;

use super::kept::Kept;
use super::{files, probe, settings, store};
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::outbound::fetch::{self, Fetch, FetchError};
use crate::outbound::{Class, Limits};
use hyper::header::HeaderMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A host that says nothing for so long is given up for now.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    total: Duration::from_secs(60),
    read: 0,
};
/// Bytes of the disk that a download leaves alone.
const RESERVE: u64 = 64 << 20;
/// Between two reports of progress.
const PULSE: Duration = Duration::from_millis(250);

/// Where the file is.
enum Source {
    Url(String),
    /// In the object store.
    Key(String),
    /// In the work directory, by its plain name.
    Here(String),
}

/// Runs the stage.
///
/// # Errors
/// Class `config` when nothing names a file; `input` when what it names is no video, too large or not allowed; `network`,
/// `provider` when it can't be had now; what the disk says.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let kept = Kept::of(&context).await?;
    let path = kept.video();
    let part = files::part(&path);
    let source = source(&context)?;
    // A name that holds something already was given it by an earlier call of this stage.
    if tokio::fs::metadata(&path)
        .await
        .map_or(0, |found| found.len())
        == 0
    {
        match &source {
            Source::Url(url) => by_url(&context, url, &part).await?,
            Source::Key(key) => store::bring(&context, key, &part).await?,
            Source::Here(name) => {
                let (from, to) = (context.work_dir.join(name), part.clone());
                files::blocking(move || files::link(&from, &to)).await?;
            }
        }
        let (from, to) = (part.clone(), path.clone());
        files::blocking(move || files::finish(&from, &to)).await?;
    }
    let note = fetch::note_of(&part);
    if let Err(error) = tokio::fs::remove_file(&note).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(files::failed("removed", &note, &error));
    }
    context.progress(96.0, Some("looking at what came"));
    outputs(&context, &source, &path).await
}

fn source(context: &StageContext) -> Result<Source, StageError> {
    let gave = |name: &str| {
        context
            .outputs
            .values()
            .find_map(|outputs| outputs.get(name).and_then(Value::as_text))
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let plain = |name: &String| !name.contains('/') && !name.starts_with('.');
    gave("videoUrl")
        .map(Source::Url)
        .or_else(|| gave("s3Key").map(Source::Key))
        .or_else(|| gave("file").filter(plain).map(Source::Here))
        .or_else(|| settings::text(&context.params, "videoUrl").map(|url| Source::Url(url.into())))
        .ok_or_else(|| {
            StageError::failed(
                ErrorClass::Config,
                "nothing_to_fetch",
                "neither a stage before this one nor the parameter `videoUrl` names a file",
                "Give `videoUrl`, or put a stage with `uses = \"external\"` before this one.",
            )
        })
}

async fn by_url(context: &StageContext, url: &str, part: &Path) -> Result<(), StageError> {
    context.log(Level::Info, &format!("fetching {}", without_query(url)));
    let client = context.outside.foreign(LIMITS);
    let told = Mutex::new(Instant::now());
    let progress = |got: u64, total: Option<u64>| {
        let mut told = crate::executor::lock::lock(&told);
        if told.elapsed() < PULSE && Some(got) != total {
            return;
        }
        *told = Instant::now();
        #[allow(clippy::cast_precision_loss, reason = "for a percentage")]
        let percent = total.map_or(0.0, |total| 95.0 * got as f64 / total.max(1) as f64);
        context.progress(percent, Some(&words(got, total)));
    };
    let order = Fetch {
        client: &client,
        url,
        headers: HeaderMap::new(),
        part,
        largest: context.config.limits.upload,
        reserve: RESERVE,
        accept: sniff::video,
        progress: &progress,
        cancel: context.cancelled(),
    };
    let size = fetch::fetch(&order)
        .await
        .map_err(|error| told_as(error, url, part))?;
    context.log(Level::Info, &format!("{size} bytes came"));
    Ok(())
}

fn words(got: u64, total: Option<u64>) -> String {
    let mib = |bytes: u64| bytes >> 20;
    match total {
        Some(total) => format!("{} of {} MiB", mib(got), mib(total)),
        None => format!("{} MiB", mib(got)),
    }
}

/// An address as it may be shown: what is behind `?` is often a signature that lets in whoever has it.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// Why a file was not fetched, as a stage's end.
#[must_use]
pub fn told_as(error: FetchError, url: &str, part: &Path) -> StageError {
    let what = format!("{} can't be fetched: ", without_query(url));
    let failed = |class, code: &str, hint: &str| {
        StageError::failed(class, code, format!("{what}{error}"), hint)
    };
    const AGAIN: &str = "It is tried again by itself, from where it broke off.";
    match &error {
        FetchError::Cancelled => StageError::Cancelled,
        FetchError::Disk(cause) => files::failed("written", part, cause),
        FetchError::Room { .. } => failed(
            ErrorClass::Resources,
            "disk_full",
            "Free some space; it is tried again by itself.",
        ),
        FetchError::Status {
            retry_after: Some(wait),
            status,
            ..
        } if matches!(status.as_u16(), 429 | 503) => StageError::Parked {
            wait: *wait,
            reason: format!("{what}{error}"),
            class: Some(ErrorClass::RateLimit),
        },
        FetchError::Status { status, .. } if matches!(status.as_u16(), 408 | 425 | 429 | 500..) => {
            failed(ErrorClass::Provider, "source_status", AGAIN)
        }
        FetchError::Status { .. } => failed(
            ErrorClass::Input,
            "source_status",
            "Look whether the address is right and still holds; links with a signature run out.",
        ),
        FetchError::Url { .. } => failed(
            ErrorClass::Input,
            "source_url",
            "Give an address that may be reached, or open it on purpose with [webhooks] allow_http, allow_private.",
        ),
        FetchError::Failure(failure) if failure.class == Class::Blocked => failed(
            ErrorClass::Input,
            "source_blocked",
            "Give an address that may be reached, or open it on purpose with [webhooks] allow_private.",
        ),
        FetchError::Hops => failed(
            ErrorClass::Input,
            "source_moved",
            "Give the address that the file really has.",
        ),
        FetchError::Kind(_) => failed(
            ErrorClass::Input,
            "not_a_video",
            "Give the address of the video file itself, not of a page that shows it.",
        ),
        FetchError::Large(_) => failed(
            ErrorClass::Input,
            "too_large",
            "Raise [limits] upload, or give a smaller file.",
        ),
        FetchError::Short { .. } | FetchError::Failure(_) => {
            failed(ErrorClass::Network, "source_network", AGAIN)
        }
    }
}

async fn outputs(
    context: &StageContext,
    source: &Source,
    path: &PathBuf,
) -> Result<Values, StageError> {
    let media = probe::probe(context, "look", path).await?;
    let beginning = path.clone();
    let format = files::blocking(move || {
        sniff::of_file(&beginning).map_err(|error| files::failed("read", &beginning, &error))
    })
    .await?;
    let Some(video) = media.video else {
        return Err(StageError::failed(
            ErrorClass::Input,
            "no_picture",
            "the file that came holds no moving picture",
            "Give the address of a video.",
        ));
    };
    let whole = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let length = media.duration.unwrap_or_default();
    let text = |path: &PathBuf| Value::from(path.to_string_lossy().into_owned());
    let mut shared = Values::from([
        ("videoPath".to_owned(), text(path)),
        (
            "duration".to_owned(),
            whole(u64::try_from(length.as_millis()).unwrap_or(u64::MAX)),
        ),
        ("fileSize".to_owned(), whole(media.size)),
        ("storage".to_owned(), Value::from("local")),
    ]);
    if let Source::Url(url) = source {
        shared.insert("originalUrl".to_owned(), Value::from(url.as_str()));
    }
    let mut outputs = shared.clone();
    outputs.remove("storage");
    outputs.insert("width".to_owned(), whole(video.width.into()));
    outputs.insert("height".to_owned(), whole(video.height.into()));
    outputs.insert("format".to_owned(), Value::from(format));
    outputs.insert("technical".to_owned(), Value::Map(media.technical));
    outputs.insert("workflow".to_owned(), Value::Map(shared));
    Ok(outputs)
}
