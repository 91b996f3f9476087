//! YouTube and its tokens for tests: sessions that know what they have, and faults that come when they are asked for.

use crate::{Asked, Reply, Result, StandIn};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What goes wrong, once each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The access token is no longer good.
    Token,
    /// The channel's owner has taken consent back.
    Consent,
    /// A piece arrives, but less of it is kept.
    Short,
    /// A piece meets a server that is ill; half of it was kept.
    Ill,
    /// The last piece arrives and the answer does not.
    Mute,
    /// A session is no longer known.
    Gone,
    /// The project's day is used up.
    Quota,
    /// The title is not as it may be.
    Title,
}

#[derive(Default)]
struct State {
    faults: Vec<Fault>,
    sessions: BTreeMap<String, Session>,
    token: u32,
    thumbnails: Vec<String>,
    captions: Vec<String>,
}

#[derive(Default, Clone)]
struct Session {
    size: usize,
    bytes: Vec<u8>,
    about: Value,
    by: String,
    video: Option<String>,
}

/// A video that was uploaded whole.
#[derive(Debug, Clone)]
pub struct Uploaded {
    /// Its id.
    pub id: String,
    /// What was said of it.
    pub about: Value,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whose refresh token it came by.
    pub by: String,
}

/// The service.
pub struct YouTube {
    server: StandIn,
    state: Arc<Mutex<State>>,
}

impl YouTube {
    /// Starts one.
    pub async fn start() -> Result<Self> {
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = Arc::clone(&state);
        let server = StandIn::start(move |asked| {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            state.answer(asked)
        })
        .await?;
        Ok(Self { server, state })
    }

    /// `[youtube]` of a daemon that uses it, with these channels.
    pub fn settings(&self, more: &str, channels: &[&str]) -> String {
        let url = self.server.url();
        let mut text =
            format!("[youtube]\nupload_url = \"{url}\"\ntoken_url = \"{url}/token\"\n{more}\n");
        for channel in channels {
            text.push_str(&format!(
                "[youtube.channels.{channel}]\nclient_id = \"project\"\nclient_secret = \"hush\"\nrefresh_token = \"refresh-{channel}\"\n"
            ));
        }
        text
    }

    /// The next time, this goes wrong.
    pub fn fails(&self, faults: &[Fault]) {
        self.lock().faults.extend(faults);
    }

    /// Whether all that was to go wrong has come.
    pub fn is_well(&self) -> bool {
        self.lock().faults.is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that was uploaded whole.
    pub fn uploaded(&self) -> Vec<Uploaded> {
        let state = self.lock();
        let done = state.sessions.values().filter_map(|session| {
            Some(Uploaded {
                id: session.video.clone()?,
                about: session.about.clone(),
                bytes: session.bytes.clone(),
                by: session.by.clone(),
            })
        });
        done.collect()
    }

    /// Videos that have a picture, and captions.
    pub fn dressed(&self) -> (Vec<String>, Vec<String>) {
        let state = self.lock();
        (state.thumbnails.clone(), state.captions.clone())
    }

    /// What it was asked.
    pub fn server(&self) -> &StandIn {
        &self.server
    }
}

fn refuse(status: u16, reason: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "error": { "code": status, "message": format!("it is {reason}"), "errors": [{ "reason": reason }] } }),
    )
}

impl State {
    fn takes(&mut self, fault: Fault) -> bool {
        let found = self.faults.iter().position(|one| *one == fault);
        found.map(|index| self.faults.remove(index)).is_some()
    }

    fn answer(&mut self, asked: &Asked) -> Reply {
        let path = asked.path.split('?').next().unwrap_or_default().to_owned();
        if path == "/token" {
            return self.token(asked);
        }
        let bearer = asked.header("authorization").unwrap_or_default().to_owned();
        let good = bearer
            .strip_prefix("Bearer token-")
            .and_then(|rest| rest.split_once('-'));
        let Some((number, by)) = good else {
            return refuse(401, "authError");
        };
        if self.takes(Fault::Token) || number.parse() != Ok(self.token) && number == "0" {
            return refuse(401, "authError");
        }
        match path.as_str() {
            "/upload/youtube/v3/videos" => self.begin(asked, by),
            "/upload/youtube/v3/thumbnails/set" => {
                let id = asked.path.split("videoId=").nth(1).unwrap_or_default();
                self.thumbnails
                    .push(id.split('&').next().unwrap_or_default().to_owned());
                Reply::json(200, &json!({ "kind": "youtube#thumbnailSetResponse" }))
            }
            "/upload/youtube/v3/captions" => {
                let text = String::from_utf8_lossy(&asked.body).into_owned();
                let id = text.split("\"videoId\":\"").nth(1).unwrap_or_default();
                self.captions
                    .push(id.split('"').next().unwrap_or_default().to_owned());
                Reply::json(200, &json!({ "id": "caption" }))
            }
            session => self.piece(session, asked),
        }
    }

    fn token(&mut self, asked: &Asked) -> Reply {
        if self.takes(Fault::Consent) {
            return Reply::json(
                400,
                &json!({ "error": "invalid_grant", "error_description": "Token has been expired or revoked." }),
            );
        }
        let form = String::from_utf8_lossy(&asked.body).into_owned();
        let by = form
            .split("refresh_token=refresh-")
            .nth(1)
            .unwrap_or_default();
        let by = by.split('&').next().unwrap_or_default();
        self.token += 1;
        Reply::json(
            200,
            &json!({ "access_token": format!("token-{}-{by}", self.token), "expires_in": 3599, "token_type": "Bearer" }),
        )
    }

    fn begin(&mut self, asked: &Asked, by: &str) -> Reply {
        if self.takes(Fault::Quota) {
            return refuse(403, "quotaExceeded");
        }
        if self.takes(Fault::Title) {
            return refuse(400, "invalidTitle");
        }
        let host = asked.header("host").unwrap_or_default();
        let name = format!("/session/{}", self.sessions.len() + 1);
        let size = asked.header("x-upload-content-length");
        self.sessions.insert(
            name.clone(),
            Session {
                size: size.and_then(|size| size.parse().ok()).unwrap_or(0),
                about: asked.json(),
                by: by.to_owned(),
                ..Session::default()
            },
        );
        Reply::new(200, "").with("location", format!("http://{host}{name}"))
    }

    fn piece(&mut self, name: &str, asked: &Asked) -> Reply {
        if self.takes(Fault::Gone) {
            self.sessions.remove(name);
        }
        let (short, ill, mute) = (Fault::Short, Fault::Ill, Fault::Mute);
        let range = asked.header("content-range").unwrap_or_default().to_owned();
        let is_query = range.starts_with("bytes */");
        let Some(known) = self.sessions.get(name) else {
            return refuse(404, "notFound");
        };
        let from: Option<usize> = range
            .trim_start_matches("bytes ")
            .split('-')
            .next()
            .and_then(|from| from.parse().ok());
        let (have, size) = (known.bytes.len(), known.size);
        let mut keep = if is_query || from != Some(have) {
            0
        } else {
            asked.body.len()
        };
        let ends = have + keep == size && !is_query;
        let half =
            !is_query && !ends && (self.faults.contains(&short) || self.faults.contains(&ill));
        if half {
            keep /= 2;
        }
        let is_ill = half && self.takes(ill);
        let _ = half && !is_ill && self.takes(short);
        let is_mute = ends && self.takes(mute);
        let count = self
            .sessions
            .values()
            .filter(|session| session.video.is_some())
            .count();
        let Some(session) = self.sessions.get_mut(name) else {
            return refuse(404, "notFound");
        };
        session.bytes.extend_from_slice(&asked.body[..keep]);
        let there = session.bytes.len();
        if there == size {
            session
                .video
                .get_or_insert_with(|| format!("yt{}", count + 1));
        }
        if is_mute {
            return Reply::held();
        }
        if is_ill {
            return refuse(503, "backendError");
        }
        match &session.video {
            Some(id) => Reply::json(
                201,
                &json!({ "id": id, "status": { "uploadStatus": "uploaded" } }),
            ),
            None if there == 0 => Reply::new(308, ""),
            None => Reply::new(308, "").with("range", format!("bytes=0-{}", there - 1)),
        }
    }
}
