//! `PUT /episodes/{id}/source`: an episode's video, as it is, of any size that is allowed.
//!
//! ```text
//!  no Content-Range ─────▶ the whole, from its first byte
//!  bytes A-B/TOTAL ──────▶ a part: A is where the last one ended ─▶ 202 and how much is there; the last one: 201
//!  bytes */TOTAL ────────▶ a question: 202 and how much is there
//! ```
//!
//! - Bytes go to the disk as they come; none of it is kept in memory, and a connection that breaks loses nothing.
//! - What it is, is told by its first bytes, whatever the request says.
//! - An upload has no deadline as a whole, only a pace to keep.
//! - The name that makes it an episode is given to it whole, and never taken from another.

mod content_range;
mod place;
mod told;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::extract::is_late;
use crate::api::listen::Pace;
use crate::api::problem::{Problem, excerpt};
use crate::episodes::{self, id_of};
use crate::executor::stages::download::sniff;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use content_range::Sent;
use http_body_util::BodyExt as _;
use place::Place;
use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncWriteExt as _, BufWriter};
use told::{bare, failed, full, gap, has_it, late, so_far, stored, too_large};

/// Written to the disk at once.
const PIECE: usize = 1 << 20;
/// The longest id.
const LONGEST: usize = 64;
/// Bytes of the disk that an upload leaves alone beyond what the configuration wants free.
const RESERVE: u64 = 64 << 20;

/// Episodes whose upload is being written: one request each.
#[derive(Debug, Default)]
pub struct Uploads(Arc<Mutex<HashSet<String>>>);

/// A hold on one of them, until it is dropped.
struct Hold {
    all: Arc<Mutex<HashSet<String>>>,
    id: String,
}

impl Uploads {
    fn hold(&self, id: &str) -> Option<Hold> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(id.to_owned()).then(|| Hold {
            all: Arc::clone(&self.0),
            id: id.to_owned(),
        })
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&self.id);
    }
}

/// What is written by one request.
struct Order {
    id: String,
    place: Place,
    /// The body's first byte within the whole.
    from: u64,
    /// How many bytes the body must have; none: as many as come.
    count: Option<u64>,
    /// Of the whole, where it is known; without one the whole is what has arrived.
    total: Option<u64>,
    /// The body is all there is.
    whole: bool,
    /// Bytes of an upload at most.
    largest: u64,
}

/// `PUT /episodes/{id}/source`
pub async fn source(
    State(api): State<Api>,
    _: Caller,
    Path(id): Path<String>,
    pace: Option<Extension<Pace>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    check_id(&id)?;
    check_type(&headers)?;
    let sent = headers
        .get(header::CONTENT_RANGE)
        .map(|value| content_range::read(value.to_str().unwrap_or_default()))
        .transpose()
        .map_err(|problem| Problem::field("Content-Range", problem))?;
    let Some(_hold) = api.uploads().hold(&id) else {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "upload_in_use",
            format!("another request is writing the upload of `{id}`; go on when it has ended"),
        ));
    };
    let config = api.config();
    let root = config.episodes.roots.first().cloned();
    let root = root.unwrap_or_else(|| config.data_dir.join("episodes"));
    let place = Place::new(root, &id);
    let (looked, of) = (config.clone(), id.clone());
    let at = place.clone();
    let (arrived, there) = blocking(move || {
        at.prepare()?;
        Ok((at.arrived()?, episodes::find(&looked, &of)))
    })
    .await?;
    if let Some(there) = there {
        return has_it(&id, &there, sent);
    }
    let length = body_length(&headers);
    let order = match sent {
        Some(Sent::Asks) => return Ok(so_far(&id, arrived, None)),
        Some(Sent::Part { from, to, total }) => {
            let count = to - from + 1;
            if length.is_some_and(|length| length != count) {
                let problem = format!("names {count} bytes, and the body has another length");
                return Err(Problem::field("Content-Range", problem));
            }
            // From its beginning again is fine: what had arrived is dropped.
            if from != arrived && from != 0 {
                return Err(gap(&id, from, arrived));
            }
            Order {
                id,
                place,
                from,
                count: Some(count),
                total,
                whole: false,
                largest: config.limits.upload,
            }
        }
        None => Order {
            id,
            place,
            from: 0,
            count: length,
            total: length,
            whole: true,
            largest: config.limits.upload,
        },
    };
    let ends = order.total.unwrap_or(order.from + order.count.unwrap_or(0));
    if ends > order.largest {
        return Err(too_large(order.largest));
    }
    room(&order, ends, config.retention.min_free_disk).await?;
    if let Some(Extension(pace)) = pace {
        pace.keep();
    }
    write(&order, body).await?;
    settle(&order).await
}

fn check_id(id: &str) -> Result<(), Problem> {
    let fits = id_of(id);
    let named = fits.chars().any(char::is_alphanumeric);
    if fits == *id && named && id.len() <= LONGEST {
        return Ok(());
    }
    let told = if named {
        format!("; `{}` would do", excerpt(&fits))
    } else {
        String::new()
    };
    let problem = format!(
        "is `{}`; an episode's id is letters and digits in lower case and `-`, {LONGEST} bytes at most{told}",
        excerpt(id)
    );
    Err(Problem::field("id", problem))
}

/// 415 for a body that says it is something else than a video.
fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let text = value.to_str().unwrap_or_default();
    let kind = text.trim().to_ascii_lowercase();
    if kind.starts_with("video/") || kind.starts_with("application/octet-stream") {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        format!(
            "the body is `{}`; send the video's bytes with `Content-Type: video/mp4` (or what it is)",
            excerpt(text)
        ),
    ))
}

fn body_length(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(header::CONTENT_LENGTH)?;
    value.to_str().ok()?.parse().ok()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Problem::internal("the upload could not be written", &error))?
        .map_err(|error| failed(&error))
}

/// 507 before the first byte, where the end can be seen to have no room.
async fn room(order: &Order, ends: u64, kept_free: u64) -> Result<(), Problem> {
    let place = order.place.clone();
    let free = blocking(move || place.free()).await?;
    let left = ends.saturating_sub(order.from);
    let wanted = left.saturating_add(kept_free).saturating_add(RESERVE);
    if free < wanted { Err(full()) } else { Ok(()) }
}

/// Writes the body behind what had arrived. What came before a break stays.
async fn write(order: &Order, mut body: Body) -> Result<(), Problem> {
    let (place, from) = (order.place.clone(), order.from);
    let file = blocking(move || place.open(from)).await?;
    let mut file = BufWriter::with_capacity(PIECE, tokio::fs::File::from_std(file));
    let most = order.count.unwrap_or(order.largest);
    let mut came = 0_u64;
    let ended = loop {
        let data: Bytes = match body.frame().await {
            None => break Ok(()),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => data,
                Err(_) => continue,
            },
            Some(Err(error)) if is_late(&error) => break Err(late()),
            Some(Err(error)) => {
                break Err(Problem::malformed(format!(
                    "the upload broke off: {error}; go on from where it stopped"
                )));
            }
        };
        came += data.len() as u64;
        if came > most {
            break Err(match order.count {
                Some(count) => Problem::malformed(format!(
                    "the body is longer than the {count} bytes that were announced"
                )),
                None => too_large(order.largest),
            });
        }
        if let Err(error) = file.write_all(&data).await {
            break Err(failed(&error));
        }
    };
    // What came is worth keeping also where it broke.
    let kept = async {
        file.flush().await?;
        file.get_ref().sync_data().await
    };
    let kept = kept.await.map_err(|error| failed(&error));
    ended.and(kept)?;
    match order.count {
        Some(count) if came < count => Err(Problem::malformed(format!(
            "the body ended after {came} of {count} bytes; go on from where it stopped"
        ))),
        _ => Ok(()),
    }
}

/// Judges what has arrived, and makes it an episode when it is whole.
async fn settle(order: &Order) -> Result<Response, Problem> {
    let place = order.place.clone();
    let (arrived, beginning) = blocking(move || Ok((place.arrived()?, place.beginning()?))).await?;
    let total = order.total.or(order.whole.then_some(arrived));
    let is_whole = total == Some(arrived);
    // A few bytes are too few to tell by, unless they are all.
    if (is_whole || beginning.len() >= 512)
        && let Err(what) = sniff::video(&beginning)
    {
        order.place.discard();
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            format!("the upload is {what}; nothing of it was kept"),
        ));
    }
    if !is_whole {
        return Ok(so_far(&order.id, arrived, total));
    }
    let extension = sniff::container(&beginning).unwrap_or("mp4");
    let place = order.place.clone();
    let named = tokio::task::spawn_blocking(move || place.finish(extension))
        .await
        .map_err(|error| Problem::internal("the upload could not be named", &error))?;
    match named {
        Ok(path) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            tracing::info!(component = "FILE", act = "uploaded", path = %path.display(), bytes = arrived, "an episode was uploaded");
            Ok(bare(
                StatusCode::CREATED,
                &stored(&order.id, &name, arrived),
            ))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Problem::new(
            StatusCode::CONFLICT,
            "id_taken",
            format!(
                "a file of the name `{}` came there meanwhile; choose another id",
                order.id
            ),
        )),
        Err(error) => Err(failed(&error)),
    }
}
