//! One client's stream, from hello to farewell.

use super::logs::Followed;
use super::outbox::{Outbox, Over};
use super::{Wish, frames, notifications, start};
use crate::api::Api;
use crate::api::auth::{Caller, Via};
use crate::domain::Workflow;
use crate::engine::feed;
use crate::metrics::metrics;
use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt as _;
use futures_util::stream::SplitStream;
use reel_shared::stream::{ClientFrame, Frame};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

/// Between two pings.
const PING: Duration = Duration::from_secs(10);
/// Pings without any sign of the client, after which it counts as gone.
const UNHEARD: u32 = 6;
/// Messages that are gathered before a flush.
const BATCH: usize = 256;

/// What a session knows.
pub(super) struct Session {
    pub api: Api,
    pub caller: Caller,
    /// Only this workflow's.
    pub workflow: Option<String>,
    /// The last number that was sent or passed over.
    pub last: u64,
    quiet: bool,
    /// The ids that a caller who sees only its own may hear of.
    own: HashSet<String>,
    logs: Followed,
}

impl Session {
    /// These are there for the caller.
    pub fn seen(&mut self, workflows: &[Arc<Workflow>]) {
        if self.caller.own {
            self.own
                .extend(workflows.iter().map(|workflow| workflow.id.clone()));
        }
    }

    fn hears(&self, id: &str) -> bool {
        self.workflow.as_deref().is_none_or(|wanted| wanted == id)
            && (!self.caller.own || self.own.contains(id))
    }

    /// Whether an event is for this client.
    fn takes(&mut self, event: &feed::Committed) -> bool {
        if event.seq <= self.last {
            return false;
        }
        self.last = event.seq;
        match (&event.workflow_id, &event.workflow) {
            (Some(id), Some(workflow)) => {
                if self.caller.own && self.caller.sees(&workflow.user) {
                    self.own.insert(id.clone());
                }
                self.hears(id)
            }
            // It was deleted: told to those who knew of it.
            (Some(id), None) => {
                let hears = self.hears(id);
                self.own.remove(id);
                hears
            }
            (None, _) => self.workflow.is_none() && !self.caller.own,
        }
    }

    /// Adds what a message of the feed is to this client.
    async fn tell(&mut self, outbox: &mut Outbox, message: feed::Message) -> Result<(), Over> {
        match message {
            feed::Message::Event(event) => {
                if let Some(id) = &event.workflow_id {
                    self.logs.event(id, event.kind);
                }
                if self.takes(&event) {
                    outbox.add(frames::event(&self.api, &event)).await?;
                    if let Some(fields) = notifications::of(&event) {
                        let frame = Frame::Notification { fields };
                        outbox.add(frames::plain(&frame)).await?;
                    }
                }
            }
            feed::Message::Progress(tick) => {
                if !self.quiet
                    && self.hears(&tick.workflow_id)
                    && self.caller.sees(&tick.workflow.user)
                {
                    outbox.add(frames::progress(&self.api, &tick)).await?;
                }
            }
            feed::Message::Log(grew) => self.logs.grew(&grew.workflow_id),
        }
        Ok(())
    }
}

/// Serves one client until it or something else ends the session.
pub(super) async fn run(api: Api, caller: Caller, wish: Wish, socket: WebSocket) {
    let _counted = metrics().event_client();
    let (sink, from) = socket.split();
    // One token for all that ends a session from this side, so that a write that hangs is ended too.
    let end = CancellationToken::new();
    let ended = end.clone().drop_guard();
    let why = tokio::spawn(watch(
        api.stop().clone(),
        caller.via.clone(),
        api.clone(),
        end.clone(),
    ));
    let mut outbox = Outbox::new(sink, end.clone());
    let feed = api.engine().subscribe();
    let session = Session {
        logs: Followed::default(),
        workflow: wish.workflow.clone(),
        quiet: wish.quiet,
        own: HashSet::new(),
        last: 0,
        api,
        caller,
    };
    let Err(over) = live(session, &mut outbox, &wish, feed, from, &end).await;
    let over = if end.is_cancelled() {
        why.await.ok().flatten().unwrap_or(over)
    } else {
        over
    };
    drop(ended);
    outbox.close(over).await;
}

/// Cancels `end` when the daemon stops or the token goes, and says which.
async fn watch(
    stop: CancellationToken,
    via: Via,
    api: Api,
    end: CancellationToken,
) -> Option<Over> {
    let token = async {
        match &via {
            Via::Token(entry) => {
                let left = entry.expires_at.map(|at| at.since(api.engine().now()));
                let expired = async {
                    match left {
                        Some(left) => tokio::time::sleep(left).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = entry.revoked.cancelled() => {}
                    () = expired => {}
                }
            }
            Via::Socket | Via::Loopback | Via::Link => std::future::pending().await,
        }
    };
    let over = tokio::select! {
        () = stop.cancelled() => Some(Over::Stopping),
        () = token => Some(Over::Revoked),
        () = end.cancelled() => None,
    };
    end.cancel();
    over
}

/// Never returns but with the reason why it is over.
async fn live(
    mut session: Session,
    outbox: &mut Outbox,
    wish: &Wish,
    mut feed: Receiver<feed::Message>,
    mut from: SplitStream<WebSocket>,
    end: &CancellationToken,
) -> Result<std::convert::Infallible, Over> {
    start::begin(&mut session, outbox, wish).await?;
    let mut ping = interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unheard = 0;
    loop {
        tokio::select! {
            () = end.cancelled() => return Err(Over::Revoked),
            said = from.next() => {
                unheard = 0;
                hear(&mut session, said).await?;
            }
            message = feed.recv() => gather(&mut session, outbox, &mut feed, message).await?,
            _ = ping.tick() => {
                unheard += 1;
                if unheard > UNHEARD {
                    return Err(Over::Silent);
                }
                session.logs.look_again();
                outbox.add(frames::plain(&Frame::Ping)).await?;
                outbox.ping().await?;
            }
            () = std::future::ready(()), if session.logs.has_more() => {}
        }
        session.logs.pump(&session.api, outbox).await?;
        outbox.flush().await?;
    }
}

/// Adds a message and those that wait behind it.
async fn gather(
    session: &mut Session,
    outbox: &mut Outbox,
    feed: &mut Receiver<feed::Message>,
    first: Result<feed::Message, RecvError>,
) -> Result<(), Over> {
    let mut next = match first {
        Ok(message) => Ok(message),
        Err(RecvError::Lagged(_)) => return lagged(session, outbox, feed).await,
        Err(RecvError::Closed) => return Err(Over::Stopping),
    };
    for _ in 0..BATCH {
        match next {
            Ok(message) => session.tell(outbox, message).await?,
            Err(TryRecvError::Empty) => return Ok(()),
            Err(TryRecvError::Lagged(_)) => return lagged(session, outbox, feed).await,
            Err(TryRecvError::Closed) => return Err(Over::Stopping),
        }
        next = feed.try_recv();
    }
    // One more was taken from the feed than the batch holds.
    match next {
        Ok(message) => session.tell(outbox, message).await,
        Err(TryRecvError::Lagged(_)) => lagged(session, outbox, feed).await,
        Err(TryRecvError::Empty) => Ok(()),
        Err(TryRecvError::Closed) => Err(Over::Stopping),
    }
}

/// Too slow: what is missing is made good by a fresh snapshot.
async fn lagged(
    session: &mut Session,
    outbox: &mut Outbox,
    feed: &mut Receiver<feed::Message>,
) -> Result<(), Over> {
    *feed = feed.resubscribe();
    outbox.add(frames::plain(&Frame::Lagged)).await?;
    session.logs.look_again();
    start::snapshot(session, outbox).await
}

/// Takes what the client says.
async fn hear(
    session: &mut Session,
    said: Option<Result<Message, axum::Error>>,
) -> Result<(), Over> {
    let text = match said {
        Some(Ok(Message::Text(text))) => text,
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
        Some(Ok(Message::Binary(_))) => return Err(Over::Nonsense),
        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Over::Gone),
    };
    match serde_json::from_str::<ClientFrame>(&text) {
        Ok(ClientFrame::Subscribe { logs }) => session
            .logs
            .follow(&session.api, &session.caller, logs)
            .await
            .map_err(|_| Over::Broken),
        // A word of a later version is passed over; what is no frame at all is not.
        Err(_) => {
            let value: Result<serde_json::Value, _> = serde_json::from_str(&text);
            let word = value.ok().and_then(|value| {
                value
                    .get("type")
                    .and_then(|word| word.as_str().map(str::to_owned))
            });
            if word.is_some_and(|word| word != "subscribe") {
                Ok(())
            } else {
                Err(Over::Nonsense)
            }
        }
    }
}
