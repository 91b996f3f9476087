//! YouTube: tokens of channels, resumable uploads, and the ledger of what a day allows.
//!
//! ```text
//!  refresh token ─▶ access token (kept until a minute before its end)
//!  begin ─▶ session address ─▶ put pieces ─┬▶ 308: so much is there ─▶ next piece
//!                                          ├▶ cut, 5xx ─▶ asked how much is there
//!                                          └▶ 200, 201 ─▶ the video's id
//! ```
//!
//! - What the server says is there counts, never our own count.
//! - Nothing is tried twice in here, but for one fresh token after a 401: who calls decides when to come back.
//! - A session's address lets in whoever has it: it is never logged.
//! - Every upload and every unit is in the ledger before it is asked for, so that no restart makes a day longer.

pub mod ledger;
mod oauth;
pub mod quota;
mod refusal;
mod upload;

pub use ledger::{Cost, Ledger};
pub use refusal::{Kind, Refusal};
pub use upload::{Begin, Piece, Reached};

use crate::config::{Channel, Youtube as Settings};
use crate::outbound::{Answer, Client};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use std::path::Path;

/// Where uploads go unless `[youtube] upload_url` says otherwise.
const ROOT: &str = "https://www.googleapis.com";
/// Where tokens come from unless `[youtube] token_url` says otherwise.
const TOKENS: &str = "https://oauth2.googleapis.com/token";
/// Bytes of a thumbnail that YouTube takes.
const LARGEST_PICTURE: usize = 2 << 20;

/// YouTube as one daemon uses it.
pub struct Youtube {
    root: String,
    tokens: oauth::Tokens,
    /// What was used today.
    pub ledger: Ledger,
}

impl Youtube {
    /// By `[youtube]`; the ledger is in the data directory.
    #[must_use]
    pub fn of(settings: &Settings, data_dir: &Path) -> Self {
        Self {
            root: settings
                .upload_url
                .clone()
                .unwrap_or_else(|| ROOT.to_owned()),
            tokens: oauth::Tokens::new(
                settings
                    .token_url
                    .clone()
                    .unwrap_or_else(|| TOKENS.to_owned()),
            ),
            ledger: Ledger::new(data_dir, settings.daily_uploads, settings.daily_units),
        }
    }

    /// Makes sure that the channel lets us in.
    ///
    /// # Errors
    /// Why not.
    pub async fn authenticate(&self, client: &Client, channel: &Channel) -> Result<(), Refusal> {
        self.tokens.get(client, channel, false).await.map(drop)
    }

    /// Sends a request with the channel's token; once more with a fresh one after a 401.
    async fn send(
        &self,
        client: &Client,
        channel: &Channel,
        make: &(dyn Fn() -> Result<Request<Full<Bytes>>, Refusal> + Sync),
    ) -> Result<Answer, Refusal> {
        for fresh in [false, true] {
            let token = self.tokens.get(client, channel, fresh).await?;
            let mut request = make()?;
            let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
                .map_err(|_| Refusal::broken("the token holds what no header can"))?;
            request.headers_mut().insert(AUTHORIZATION, value);
            let answer = client.send(request).await.map_err(Refusal::network)?;
            if answer.status != StatusCode::UNAUTHORIZED || fresh {
                return Ok(answer);
            }
        }
        Err(Refusal::broken("no answer"))
    }

    /// Sets a video's picture.
    ///
    /// # Errors
    /// Why not; the video stays as it is.
    pub async fn thumbnail(
        &self,
        client: &Client,
        channel: &Channel,
        video: &str,
        jpeg: &[u8],
    ) -> Result<(), Refusal> {
        if jpeg.len() > LARGEST_PICTURE {
            return Err(Refusal::broken("the picture has more than 2 MiB"));
        }
        let url = format!(
            "{}/upload/youtube/v3/thumbnails/set?videoId={video}&uploadType=media",
            self.root
        );
        let answer = self
            .send(client, channel, &|| post(&url, "image/jpeg", jpeg.to_vec()))
            .await?;
        refusal::check(&answer)
    }

    /// Adds captions to a video.
    ///
    /// # Errors
    /// Why not; the video stays as it is.
    pub async fn captions(
        &self,
        client: &Client,
        channel: &Channel,
        video: &str,
        language: &str,
        srt: &[u8],
    ) -> Result<(), Refusal> {
        let url = format!(
            "{}/upload/youtube/v3/captions?part=snippet&uploadType=multipart",
            self.root
        );
        let about = json!({ "snippet": { "videoId": video, "language": language, "name": "", "isDraft": false } });
        let body = multipart(&about, "application/octet-stream", srt);
        let kind = format!("multipart/related; boundary={BOUNDARY}");
        let answer = self
            .send(client, channel, &|| post(&url, &kind, body.clone()))
            .await?;
        refusal::check(&answer)
    }
}

/// Between the parts of a body; no text of ours holds it.
const BOUNDARY: &str = "reel-4d1b7c0e9a5f";

fn multipart(about: &Value, kind: &str, bytes: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{about}\r\n--{BOUNDARY}\r\nContent-Type: {kind}\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn post(url: &str, kind: &str, body: Vec<u8>) -> Result<Request<Full<Bytes>>, Refusal> {
    Request::post(url)
        .header(CONTENT_TYPE, kind)
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| Refusal::broken(&format!("no request can be made: {error}")))
}
