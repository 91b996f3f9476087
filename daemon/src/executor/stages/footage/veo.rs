//! Clips made to order by a model that is paid for each.
//!
//! ```text
//!  none ─▶ asking ─▶ asked (its name) ─▶ made: file
//!            │ the daemon died here, or the connection broke: it may have been taken
//!            └▶ fails for a person to decide; never asked again by itself
//! ```
//!
//! What was asked stands in a note on the disk before the request goes out and with its name after the answer: after any
//! restart it is looked at again, not asked again. While it is made the stage is parked, and holds no slot.

use super::pexels::bring;
use super::{Footage, usable};
use crate::attempt_log::Level;
use crate::domain::ErrorClass;
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::settings::Frame;
use crate::executor::stages::{files, probe, provided, settings};
use crate::providers::Trouble;
use crate::providers::veo::{Veo, Wanted, Work};
use hyper::header::HeaderMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Clips that are paid for at most; a longer narration sees them again.
const CLIPS: usize = 6;
/// Between two looks: soon at first, then less often.
const SOON: Duration = Duration::from_secs(5);
const LATER: Duration = Duration::from_secs(15);
/// A clip that is not made by then won't be.
const GIVEN_UP: i64 = 30 * 60 * 1_000;

/// What is known of a clip that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// When, in milliseconds.
    at: i64,
    /// The service's name of it; none while it is being asked.
    name: Option<String>,
}

/// Asks for the clips, or looks at those that were asked for. All files once they are made.
///
/// # Errors
/// Parks while any is being made; the service's; class `input` when it is not known whether one was taken.
pub async fn take(
    context: &StageContext,
    veo: &Veo,
    sections: usize,
    longest: Duration,
    frame: Frame,
) -> Result<Vec<Footage>, StageError> {
    let folder = context.work_dir.join("footage");
    let dir = folder.clone();
    files::blocking(move || files::make_dir(&dir)).await?;
    let count = sections.clamp(1, CLIPS);
    let prompts: Vec<String> = (0..count)
        .map(|index| prompt(context, index, count))
        .collect();
    let clips: Vec<Clip> = prompts
        .iter()
        .map(|prompt| Clip::of(&folder, prompt, frame))
        .collect();
    for (clip, prompt) in clips.iter().zip(&prompts) {
        let wanted = Wanted {
            prompt,
            wide: frame.is_wide(),
            duration: longest.as_secs_f64(),
        };
        clip.ask(context, veo, &wanted).await?;
    }
    let (mut going, mut first) = (0, i64::MAX);
    for clip in &clips {
        if let Some(at) = clip.look(context, veo).await? {
            going += 1;
            first = first.min(at);
        }
    }
    if going > 0 {
        let age = now().saturating_sub(first);
        let wait = if age < 60_000 { SOON } else { LATER };
        return Err(StageError::Parked {
            wait,
            reason: format!("veo is making {going} of {count} clips"),
            class: None,
        });
    }
    let mut footage = Vec::with_capacity(count);
    for (index, clip) in clips.into_iter().enumerate() {
        let media = probe::probe(context, &format!("look-{index}"), &clip.path).await?;
        footage.extend(usable(clip.path, &media, frame));
    }
    Ok(footage)
}

fn prompt(context: &StageContext, index: usize, count: usize) -> String {
    let subject = settings::text(&context.params, "prompt").unwrap_or(&context.workflow_name);
    let subject: String = subject.chars().take(2_000).collect();
    let searched = context
        .outputs
        .values()
        .find_map(|outputs| outputs.get("search")?.as_list());
    let detail = searched.and_then(|words| words.get(index % words.len().max(1))?.as_text());
    let detail = detail.map_or_else(String::new, |words| format!(" Shown: {words}."));
    format!(
        "{subject}.{detail} A single continuous shot, number {} of {count}, without any text or captions.",
        index + 1
    )
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// A clip by the hash of what is asked.
struct Clip {
    path: PathBuf,
    note: PathBuf,
}

impl Clip {
    fn of(folder: &Path, prompt: &str, frame: Frame) -> Self {
        let digest = Sha256::digest(format!("{prompt} {}", frame.is_wide()));
        let hash: String = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            path: folder.join(format!("veo-{hash}.mp4")),
            note: folder.join(format!("veo-{hash}.json")),
        }
    }

    /// Asks for it unless that was done.
    async fn ask(
        &self,
        context: &StageContext,
        veo: &Veo,
        wanted: &Wanted<'_>,
    ) -> Result<(), StageError> {
        match self.read().await? {
            Some(Note { name: Some(_), .. }) => return Ok(()),
            Some(Note { name: None, .. }) => {
                self.forget().await?;
                return Err(unknown("the daemon ended while it was being asked"));
            }
            None => {}
        }
        let mut note = Note {
            at: now(),
            name: None,
        };
        self.keep(&note).await?;
        let asked = tokio::select! {
            // Not dropped in the middle by a cancel: what is paid for should at least be known by its name.
            biased;
            asked = veo.ask(wanted) => asked,
        };
        match asked {
            Ok(name) => {
                context.paid("veo", 1);
                context.log(Level::Info, &format!("asked for a clip: {name}"));
                note.name = Some(name);
                self.keep(&note).await
            }
            Err(trouble) => {
                self.forget().await?;
                Err(if trouble.sent {
                    unknown(&trouble.message)
                } else {
                    provided::failed(trouble)
                })
            }
        }
    }

    /// Looks at it, and brings it when it is made. The time when it was asked for while it is not.
    async fn look(&self, context: &StageContext, veo: &Veo) -> Result<Option<i64>, StageError> {
        if tokio::fs::try_exists(&self.path).await.unwrap_or(false) {
            return Ok(None);
        }
        let Some(Note {
            at,
            name: Some(name),
        }) = self.read().await?
        else {
            return Err(unknown("what was asked is no longer known"));
        };
        let looked = tokio::select! {
            () = context.cancelled().cancelled() => return Err(StageError::Cancelled),
            looked = veo.look(&name) => looked,
        };
        match looked {
            Ok(Work::Going) if now().saturating_sub(at) > GIVEN_UP => {
                self.forget().await?;
                Err(StageError::failed(
                    ErrorClass::Input,
                    "too_slow",
                    format!(
                        "veo has not made the clip {name} within {} min",
                        GIVEN_UP / 60_000
                    ),
                    "Look at the account's console; a retry asks for it anew.",
                ))
            }
            Ok(Work::Going) => Ok(Some(at)),
            Ok(Work::At(url)) => {
                let headers = proof(veo, &url)?;
                bring(context, &url, headers, &self.path).await?;
                Ok(None)
            }
            Ok(Work::Bytes(bytes)) => {
                let path = self.path.clone();
                files::blocking(move || files::write_whole(&path, &bytes)).await?;
                Ok(None)
            }
            Err(trouble) => {
                if trouble.class == ErrorClass::Input {
                    self.forget().await?;
                }
                Err(provided::failed(trouble))
            }
        }
    }

    async fn read(&self) -> Result<Option<Note>, StageError> {
        let path = self.note.clone();
        files::blocking(move || match std::fs::read(&path) {
            // A note that can't be understood counts as one: better not asked than asked twice.
            Ok(text) => Ok(Some(serde_json::from_slice(&text).unwrap_or(Note {
                at: now(),
                name: None,
            }))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(files::failed("read", &path, &error)),
        })
        .await
    }

    async fn keep(&self, note: &Note) -> Result<(), StageError> {
        let (path, text) = (
            self.note.clone(),
            serde_json::to_vec(note).unwrap_or_default(),
        );
        files::blocking(move || {
            files::write_whole(&path, &text)?;
            let folder = path.parent().unwrap_or(&path);
            std::fs::File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(|error| files::failed("written", folder, &error))
        })
        .await
    }

    async fn forget(&self) -> Result<(), StageError> {
        let path = self.note.clone();
        files::blocking(move || match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(files::failed("removed", &path, &error))
            }
            _ => Ok(()),
        })
        .await
    }
}

/// The key goes to the service's own origin alone.
fn proof(veo: &Veo, url: &str) -> Result<HeaderMap, StageError> {
    let mut headers = HeaderMap::new();
    let origin = |text: &str| url::Url::parse(text).ok().map(|url| url.origin());
    if origin(url).is_some() && origin(url) == origin(veo.base()) {
        let (name, value) = veo
            .proof()
            .map_err(|trouble: Trouble| provided::failed(trouble))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

fn unknown(why: &str) -> StageError {
    StageError::failed(
        ErrorClass::Input,
        "maybe_paid",
        format!("it is not known whether veo took the request for a clip: {why}"),
        "Look at the account's console. It is not asked again by itself, for it may be paid already; a retry asks anew.",
    )
}
