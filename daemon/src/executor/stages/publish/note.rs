//! What is known of one channel's upload, in the work directory: where it goes on after a crash, and that it is done.

use crate::domain::{Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::files;
use crate::executor::stages::kept::folder_of;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where an upload is, in document 000's words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    #[default]
    Pending,
    Authenticating,
    Uploading,
    Uploaded,
    Failed,
}

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wrong {
    pub message: String,
    pub code: String,
    pub retryable: bool,
}

/// One channel's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    pub state: State,
    /// `youtube` or `file`.
    pub provider: Option<String>,
    /// Lets in whoever has it: never told.
    pub session: Option<String>,
    /// The last byte was sent under this session, and no answer was read: the video may be there.
    pub all_sent: bool,
    pub video: Option<String>,
    pub path: Option<String>,
    pub thumbnail: bool,
    pub captions: bool,
    /// Picture and captions had their turn.
    #[serde(default)]
    pub dressed: bool,
    pub warnings: Vec<String>,
    pub wrong: Option<Wrong>,
    /// Milliseconds.
    pub started_at: Option<i64>,
    pub completed_at: Option<i64>,
    /// Of which attempt of the workflow it is told that it is uploaded: a later one does not tell it as news.
    pub run: u32,
}

fn place(context: &StageContext, channel: &str) -> PathBuf {
    let name = format!(".channel-{}.json", folder_of(channel));
    context.work_dir.join(name)
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

impl Note {
    /// What earlier calls left.
    ///
    /// # Errors
    /// What the disk says; a note that can't be read keeps the channel from being asked: it may have the video.
    pub async fn read(context: &StageContext, channel: &str) -> Result<Self, StageError> {
        let path = place(context, channel);
        files::blocking(move || match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| files::failed("understood", &path, &std::io::Error::other(error))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(files::failed("read", &path, &error)),
        })
        .await
    }

    /// Writes it through to the disk.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn keep(&self, context: &StageContext, channel: &str) -> Result<(), StageError> {
        let path = place(context, channel);
        let text = serde_json::to_vec(self).unwrap_or_default();
        files::blocking(move || files::write_whole(&path, &text)).await
    }

    pub fn is_uploaded(&self) -> bool {
        self.state == State::Uploaded
    }

    /// It is uploaded to YouTube, and what goes with it had no turn yet: the daemon died in between.
    pub fn lacks_dress(&self) -> bool {
        self.is_uploaded() && self.video.is_some() && !self.dressed
    }

    /// A try begins.
    pub fn begins(&mut self, state: State) {
        self.state = state;
        self.provider = Some("youtube".to_owned());
        self.wrong = None;
        self.started_at.get_or_insert_with(now);
    }

    /// The channel has it.
    pub fn has(&mut self, video: &str, run: u32) {
        self.video = Some(video.to_owned());
        self.session = None;
        self.state = State::Uploaded;
        self.completed_at = Some(now());
        self.run = run;
    }

    /// It stands in the channel's folder.
    pub fn put_into(&mut self, path: &Path) {
        self.provider = Some("file".to_owned());
        self.path = Some(path.to_string_lossy().into_owned());
        self.state = State::Uploaded;
        self.started_at.get_or_insert_with(now);
        self.completed_at = Some(now());
    }

    /// Something went wrong.
    pub fn went_wrong(&mut self, state: State, message: &str, code: &str, retryable: bool) {
        self.state = state;
        self.wrong = Some(Wrong {
            message: message.to_owned(),
            code: code.to_owned(),
            retryable,
        });
    }

    /// Where it is now, for the log.
    pub fn place(&self) -> String {
        match (&self.video, &self.path) {
            (Some(video), _) => format!("https://youtu.be/{video}"),
            (None, Some(path)) => path.clone(),
            (None, None) => String::new(),
        }
    }

    /// As it is told.
    pub fn told(&self, context: &StageContext) -> Value {
        let word = match self.state {
            State::Pending => "pending",
            State::Authenticating => "authenticating",
            State::Uploading => "uploading",
            State::Uploaded => "uploaded",
            State::Failed => "failed",
        };
        let mut told = Values::from([("status".to_owned(), Value::from(word))]);
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                told.insert(name.to_owned(), value);
            }
        };
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        let time = |at: Option<i64>| {
            let at = jiff::Timestamp::from_millisecond(at?).ok()?;
            Some(Value::from(format!("{at:.3}")))
        };
        put("provider", text(&self.provider));
        put("path", text(&self.path));
        put("youtubeVideoId", text(&self.video));
        let url = |id: &String| Value::from(format!("https://www.youtube.com/watch?v={id}"));
        put("youtubeUrl", self.video.as_ref().map(url));
        put("startedAt", time(self.started_at));
        put("completedAt", time(self.completed_at));
        put(
            "error",
            self.wrong.as_ref().map(|wrong| {
                Value::Map(Values::from([
                    ("message".to_owned(), Value::from(wrong.message.as_str())),
                    ("code".to_owned(), Value::from(wrong.code.as_str())),
                    ("retryable".to_owned(), Value::Bool(wrong.retryable)),
                ]))
            }),
        );
        let warnings = self.warnings.iter().map(|one| Value::from(one.as_str()));
        put(
            "warnings",
            (!self.warnings.is_empty()).then(|| Value::List(warnings.collect())),
        );
        if self.is_uploaded()
            && self.provider.as_deref() == Some("youtube")
            && self.run < context.run
        {
            put("known", Some(Value::Bool(true)));
        }
        Value::Map(told)
    }
}
