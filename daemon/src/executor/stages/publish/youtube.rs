//! One channel's upload to YouTube, from wherever an earlier call left it.

use super::judge::{Trouble, judged, until_then};
use super::note::{Note, State};
use super::{Told, about};
use crate::attempt_log::Level;
use crate::config::Channel;
use crate::domain::{ErrorClass, Value};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::finished::Video;
use crate::executor::stages::{files, settings};
use crate::outbound::{Client, Limits};
use crate::youtube::ledger::{self, Cost, Full};
use crate::youtube::{Begin, Kind, Piece, Reached, Refusal};
use jiff::Timestamp;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

/// Bytes that go at once: a multiple of 256 KiB.
const PIECE: u64 = 8 << 20;
/// A piece has to go up a thin line within this.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    total: Duration::from_secs(300),
    read: 256 * 1024,
};
/// After a break that came behind some gain the server is asked at once how far it is, so often.
const RESUMED: u32 = 20;

/// Brings the video to this channel. `place`: which of how many.
pub(super) async fn publish(
    told: &mut Told<'_>,
    keys: &Channel,
    video: &Video,
    note: &mut Note,
    place: (usize, usize),
) -> Result<(), Trouble> {
    let client = told.context.outside.trusted(LIMITS);
    let upload = Upload {
        client: &client,
        keys,
        video,
        place,
    };
    match upload.bring(told, note).await {
        Ok(id) => {
            if !note.is_uploaded() {
                note.has(&id, told.context.run);
                told.is(note).await?;
            }
            tracing::info!(component = "YOUTUBE", videoId = %told.context.workflow_id, channel = told.channel, youtubeVideoId = %id, "uploaded");
            upload.dress(told, note, &id).await?;
            Ok(())
        }
        Err(Stop::Trouble(trouble)) => Err(trouble),
        Err(Stop::Refused(refusal)) => Err(judged(told, note, &refusal, keys).await?),
    }
}

enum Stop {
    Trouble(Trouble),
    Refused(Refusal),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StageError> for Stop {
    fn from(error: StageError) -> Self {
        Self::Trouble(Trouble::Stage(error))
    }
}

struct Upload<'a> {
    client: &'a Client,
    keys: &'a Channel,
    video: &'a Video,
    place: (usize, usize),
}

impl Upload<'_> {
    /// The video's id on the channel.
    async fn bring(&self, told: &mut Told<'_>, note: &mut Note) -> Result<String, Stop> {
        let context = told.context;
        let youtube = &context.outside.youtube;
        if let Some(id) = &note.video {
            return Ok(id.clone());
        }
        note.begins(State::Authenticating);
        told.is(note).await?;
        let size = tokio::fs::metadata(&self.video.path)
            .await
            .map_err(|error| files::failed("read", &self.video.path, &error))?
            .len();
        stopped(context, youtube.authenticate(self.client, self.keys)).await?;
        note.begins(State::Uploading);
        told.is(note).await?;
        let mut reached = match &note.session {
            Some(session) => {
                let asked = stopped(
                    context,
                    youtube.reached(self.client, self.keys, session, size),
                )
                .await;
                match asked {
                    Err(Stop::Refused(refusal)) if refusal.kind == Kind::SessionGone => {
                        self.gone(told, note).await?
                    }
                    other => other?,
                }
            }
            None => Reached::Bytes(0, None),
        };
        let mut resumed = 0;
        loop {
            let from = match reached {
                Reached::Done(id) => return Ok(id),
                Reached::Bytes(there, moved) => {
                    if let Some(moved) = moved {
                        note.session = Some(moved);
                        told.is(note).await?;
                    }
                    there
                }
            };
            let session = match &note.session {
                Some(session) => session.clone(),
                None => self.begin(told, note, size).await?,
            };
            self.shows(context, told.channel, from, size);
            let bytes = piece(&self.video.path, from, PIECE.min(size - from)).await?;
            if from + bytes.len() as u64 == size && !note.all_sent {
                note.all_sent = true;
                note.keep(context, told.channel).await?;
            }
            let piece = Piece { from, bytes, size };
            let put = stopped(
                context,
                youtube.put(self.client, self.keys, &session, &piece),
            )
            .await;
            reached = match put {
                Ok(reached) => reached,
                Err(Stop::Refused(refusal))
                    if refusal.kind == Kind::Passing && resumed < RESUMED =>
                {
                    resumed += 1;
                    context.log(
                        Level::Warn,
                        &format!("{}: {refusal}; asking how much is there", told.channel),
                    );
                    let asked = stopped(
                        context,
                        youtube.reached(self.client, self.keys, &session, size),
                    )
                    .await?;
                    // Nothing gained: the waits between the stage's tries are for that.
                    if matches!(&asked, Reached::Bytes(there, _) if *there <= from) {
                        return Err(refusal.into());
                    }
                    asked
                }
                Err(Stop::Refused(refusal)) if refusal.kind == Kind::SessionGone => {
                    self.gone(told, note).await?
                }
                Err(other) => return Err(other),
            };
        }
    }

    async fn begin(&self, told: &mut Told<'_>, note: &mut Note, size: u64) -> Result<String, Stop> {
        let context = told.context;
        self.take(ledger::UPLOAD, context)?;
        let about = about::resource(context);
        let begin = Begin {
            about: &about,
            size,
        };
        let session = stopped(
            context,
            context
                .outside
                .youtube
                .begin(self.client, self.keys, &begin),
        )
        .await?;
        note.session = Some(session.clone());
        note.all_sent = false;
        told.is(note).await?;
        Ok(session)
    }

    /// The session is over. Unless the whole may have arrived under it, another one begins.
    async fn gone(&self, told: &mut Told<'_>, note: &mut Note) -> Result<Reached, Stop> {
        let sent = note.all_sent;
        note.session = None;
        note.all_sent = false;
        told.is(note).await?;
        if sent {
            let message = format!(
                "{}: the session of the upload is over after all was sent: the video may be there already",
                told.channel
            );
            note.went_wrong(State::Failed, &message, "maybe_uploaded", false);
            told.is(note).await?;
            return Err(Stop::Trouble(Trouble::Failed(StageError::failed(
                ErrorClass::Rejected,
                "maybe_uploaded",
                message,
                "Look at the channel: if the video is not there, retry, and it is uploaded from the beginning.",
            ))));
        }
        Ok(Reached::Bytes(0, None))
    }

    fn take(&self, cost: Cost, context: &StageContext) -> Result<(), Stop> {
        let ledger = &context.outside.youtube.ledger;
        let now = Timestamp::now();
        match ledger.take(&self.keys.client_id, cost, now) {
            Ok(()) => Ok(()),
            Err(Full::Day { what, until }) => Err(Stop::Refused(Refusal {
                kind: Kind::Quota,
                code: "quotaExceeded".to_owned(),
                message: format!("the project's day is used up ({what})"),
                wait: Some(until_then(until, now)),
            })),
            Err(error @ Full::File(_)) => Err(StageError::failed(
                ErrorClass::Storage,
                "ledger",
                error.to_string(),
                "Check that the data directory can be written.",
            )
            .into()),
        }
    }

    fn shows(&self, context: &StageContext, channel: &str, there: u64, size: u64) {
        let (index, count) = self.place;
        #[allow(clippy::cast_precision_loss, reason = "for a percentage")]
        let percent =
            100.0 * (index as f64 + there as f64 / size.max(1) as f64) / count.max(1) as f64;
        let words = format!("{channel}: {} of {} MiB", there >> 20, size >> 20);
        context.progress(percent, Some(&words));
    }

    /// Picture and captions: what goes wrong with them takes nothing from the upload.
    async fn dress(
        &self,
        told: &mut Told<'_>,
        note: &mut Note,
        id: &str,
    ) -> Result<(), StageError> {
        let context = told.context;
        let youtube = &context.outside.youtube;
        if let Some(path) = first_thumbnail(context).filter(|_| !note.thumbnail) {
            let done = match tokio::fs::read(&path).await {
                Ok(jpeg) => match self.take(ledger::THUMBNAIL, context) {
                    Ok(()) => youtube
                        .thumbnail(self.client, self.keys, id, &jpeg)
                        .await
                        .map_err(|error| error.to_string()),
                    Err(stop) => Err(stop.words()),
                },
                Err(error) => Err(error.to_string()),
            };
            note.thumbnail = done.is_ok();
            self.warn(told, note, "the thumbnail is not set", done);
        }
        if let Some(path) = captions(context).filter(|_| !note.captions) {
            let language = language(context);
            let done = match tokio::fs::read(&path).await {
                Ok(srt) => match self.take(ledger::CAPTIONS, context) {
                    Ok(()) => youtube
                        .captions(self.client, self.keys, id, language, &srt)
                        .await
                        .map_err(|error| error.to_string()),
                    Err(stop) => Err(stop.words()),
                },
                Err(error) => Err(error.to_string()),
            };
            note.captions = done.is_ok();
            self.warn(told, note, "the captions are not added", done);
        }
        note.dressed = true;
        told.is(note).await
    }

    fn warn(&self, told: &Told<'_>, note: &mut Note, what: &str, done: Result<(), String>) {
        if let Err(why) = done {
            let words = format!("{what}: {why}");
            told.context
                .log(Level::Warn, &format!("{}: {words}", told.channel));
            note.warnings.push(words);
        }
    }
}

impl Stop {
    fn words(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.to_string(),
            Self::Trouble(_) => "the ledger can't be kept".to_owned(),
        }
    }
}

/// Work that ends at once when cancel is asked.
async fn stopped<T>(
    context: &StageContext,
    work: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Stop> {
    tokio::select! {
        () = context.cancelled().cancelled() => Err(StageError::Cancelled.into()),
        done = work => Ok(done?),
    }
}

async fn piece(path: &std::path::Path, from: u64, length: u64) -> Result<Vec<u8>, StageError> {
    let path = path.to_owned();
    files::blocking(move || {
        let read = || {
            let mut file = std::fs::File::open(&path)?;
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.take(length).read_to_end(&mut bytes)?;
            if bytes.is_empty() {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            Ok(bytes)
        };
        read().map_err(|error| files::failed("read", &path, &error))
    })
    .await
}

/// What is spoken: as it was asked for, else as the voice's stage told.
fn language(context: &StageContext) -> &str {
    let spoken = || {
        let mut outputs = context.outputs.values();
        outputs.find_map(|outputs| settings::text(outputs, "language"))
    };
    settings::text(&context.params, "language")
        .or_else(spoken)
        .unwrap_or("en")
}

fn first_thumbnail(context: &StageContext) -> Option<PathBuf> {
    let lists = context
        .outputs
        .values()
        .filter_map(|outputs| outputs.get("thumbnails")?.as_list());
    lists.flatten().find_map(Value::as_text).map(PathBuf::from)
}

fn captions(context: &StageContext) -> Option<PathBuf> {
    let maps = context
        .outputs
        .values()
        .filter_map(|outputs| outputs.get("captions")?.as_map());
    maps.filter_map(|map| map.get("srt")?.as_text())
        .next()
        .map(PathBuf::from)
}
