//! `GET /api/events`: the event stream, as a WebSocket of JSON text frames.
//!
//! ```text
//!  hello ─▶ since is usable? ─yes─▶ events after it, from the database ─┐
//!                 └─no─▶ snapshot ──────────────────────────────────────┴─▶ live: events, progress, logs, ping
//!                           ▲                                                  │ too slow
//!                           └───────────────────── lagged ◀────────────────────┘
//! ```
//!
//! - Events come without a gap and none comes twice: the session listens before it reads the database, and passes over
//!   what it has sent.
//! - A frame is encoded once and shared by all who get it. What waits together is written together.
//! - A slow client costs itself: the feed is bounded and drops for it alone; it is told, and gets a fresh snapshot. One that
//!   takes nothing for half a minute is let go.
//! - Revoking or outliving the token ends the stream at once.

mod frames;
mod logs;
mod notifications;
mod outbox;
mod session;
mod start;

use super::Api;
use super::auth::Caller;
use super::auth::guard::SUBPROTOCOL;
use super::extract::{Asked, is_id};
use super::problem::{Problem, excerpt};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

/// The subprotocol that a browser may name beside its token's.
const PROTOCOL: &str = "reel.v1";
/// Bytes of a client's frame.
const LARGEST_FRAME: usize = 64 * 1024;
/// Bytes that are read at once from a client, which has little to say.
const READ_BUFFER: usize = 4 * 1024;
/// Bytes that are gathered before they are written although more waits.
const WRITE_BUFFER: usize = 64 * 1024;

/// What a client asks of the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// The last number it saw.
    pub since: Option<u64>,
    /// The database it saw it from.
    pub instance: Option<String>,
    /// Only this workflow's.
    pub workflow: Option<String>,
    /// Without progress between events.
    pub quiet: bool,
}

/// `GET /api/events?since&instance&workflow&progress`
pub async fn open(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    Asked(mut asked): Asked,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let since = asked.whole("since", 0, i64::MAX);
    let wish = Wish {
        since: since.and_then(|since| u64::try_from(since).ok()),
        instance: asked.text("instance"),
        workflow: asked.text("workflow"),
        quiet: asked.truth("progress") == Some(false),
    };
    asked.finish()?;
    if let Some(id) = wish.workflow.as_deref() {
        let found = if is_id(id) {
            api.engine().reader().workflow(id).await?
        } else {
            None
        };
        if !found.is_some_and(|workflow| caller.sees(&workflow.user)) {
            return Err(Problem::not_found("workflow", id));
        }
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        if !api
            .config()
            .http
            .origins
            .iter()
            .any(|allowed| allowed == origin)
        {
            let said = excerpt(origin);
            return Err(Problem::forbidden(format!(
                "pages of `{said}` may not open this; add it to [http] origins if they may"
            )));
        }
    }
    let upgrade = upgrade.map_err(|rejection| {
        let message = format!("this is a WebSocket, and the request is none: {rejection}");
        Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", message)
    })?;
    // A browser drops the connection unless one of the subprotocols that it offered is taken.
    let offered: Vec<String> = upgrade
        .requested_protocols()
        .filter_map(|value| value.to_str().ok())
        .map(str::to_owned)
        .collect();
    let taken = offered
        .iter()
        .find(|one| *one == PROTOCOL)
        .or_else(|| offered.iter().find(|one| one.starts_with(SUBPROTOCOL)));
    let upgrade = upgrade
        .max_message_size(LARGEST_FRAME)
        .max_frame_size(LARGEST_FRAME)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .protocols(taken.cloned());
    Ok(upgrade.on_upgrade(move |socket| session::run(api, caller, wish, socket)))
}
