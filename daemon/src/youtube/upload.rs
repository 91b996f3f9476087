//! The resumable upload of one file.

use super::refusal::{Kind, Refusal};
use super::{Youtube, post};
use crate::config::Channel;
use crate::outbound::{Answer, Client};
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RANGE,
};
use serde_json::Value;

/// What is to be uploaded.
pub struct Begin<'a> {
    /// The video resource: `snippet` and `status`.
    pub about: &'a Value,
    /// Bytes.
    pub size: u64,
}

/// A piece of the file.
pub struct Piece {
    /// Its first byte's place.
    pub from: u64,
    /// The bytes; all but the last piece a multiple of 256 KiB.
    pub bytes: Vec<u8>,
    /// Bytes of the whole.
    pub size: u64,
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// So many bytes are there; the session may have moved.
    Bytes(u64, Option<String>),
    /// It is done; the video's id.
    Done(String),
}

impl Youtube {
    /// Begins an upload. Answers the session's address.
    ///
    /// # Errors
    /// Why not.
    pub async fn begin(
        &self,
        client: &Client,
        channel: &Channel,
        begin: &Begin<'_>,
    ) -> Result<String, Refusal> {
        let url = format!(
            "{}/upload/youtube/v3/videos?uploadType=resumable&part=snippet,status",
            self.root
        );
        let answer = self
            .send(client, channel, &|| {
                let mut request = post(
                    &url,
                    "application/json; charset=UTF-8",
                    begin.about.to_string().into_bytes(),
                )?;
                let headers = request.headers_mut();
                headers.insert("x-upload-content-length", HeaderValue::from(begin.size));
                headers.insert(
                    "x-upload-content-type",
                    HeaderValue::from_static("video/mp4"),
                );
                Ok(request)
            })
            .await?;
        if !answer.status.is_success() {
            return Err(match Refusal::of(&answer) {
                // There is no session yet that could be gone.
                Refusal {
                    kind: Kind::SessionGone,
                    code,
                    message,
                    wait,
                } => Refusal {
                    kind: Kind::Consent,
                    code,
                    message,
                    wait,
                },
                other => other,
            });
        }
        text(&answer.headers, LOCATION)
            .ok_or_else(|| Refusal::broken("YouTube began an upload without an address for it"))
    }

    /// Asks how far an upload is.
    ///
    /// # Errors
    /// Kind `SessionGone` when it is no longer known.
    pub async fn reached(
        &self,
        client: &Client,
        channel: &Channel,
        session: &str,
        size: u64,
    ) -> Result<Reached, Refusal> {
        let answer = self
            .send(client, channel, &|| {
                put(session, &format!("bytes */{size}"), Vec::new())
            })
            .await?;
        read(&answer, size)
    }

    /// Puts a piece.
    ///
    /// # Errors
    /// Why it did not arrive, as far as is known: `reached` knows better.
    pub async fn put(
        &self,
        client: &Client,
        channel: &Channel,
        session: &str,
        piece: &Piece,
    ) -> Result<Reached, Refusal> {
        let last = piece.from + piece.bytes.len() as u64 - 1;
        let range = format!("bytes {}-{last}/{}", piece.from, piece.size);
        let answer = self
            .send(client, channel, &|| {
                put(session, &range, piece.bytes.clone())
            })
            .await?;
        read(&answer, piece.size)
    }
}

fn put(session: &str, range: &str, bytes: Vec<u8>) -> Result<Request<Full<Bytes>>, Refusal> {
    Request::put(session)
        .header(CONTENT_LENGTH, bytes.len())
        .header(CONTENT_TYPE, "video/mp4")
        .header(CONTENT_RANGE, range)
        .body(Full::new(Bytes::from(bytes)))
        // The words would hold the session's address.
        .map_err(|_| Refusal::broken("the session's address is none"))
}

fn text(headers: &HeaderMap, name: hyper::header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn read(answer: &Answer, size: u64) -> Result<Reached, Refusal> {
    match answer.status.as_u16() {
        308 => {
            // Without a range nothing is there.
            let there = text(&answer.headers, RANGE)
                .and_then(|range| range.rsplit('-').next()?.parse::<u64>().ok())
                .map_or(0, |last| last + 1);
            Ok(Reached::Bytes(
                there.min(size),
                text(&answer.headers, LOCATION),
            ))
        }
        200 | 201 => {
            let video: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let id = video["id"].as_str().filter(|id| !id.is_empty());
            id.map(|id| Reached::Done(id.to_owned()))
                .ok_or_else(|| Refusal::broken("YouTube took the video and told no id"))
        }
        _ => Err(Refusal::of(answer)),
    }
}
