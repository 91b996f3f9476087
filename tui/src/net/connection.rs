//! The event stream, kept open.
//!
//! ```text
//!            ┌──────────────────────────────────────────────┐
//!            ▼                                              │ time, or C-r
//!   Dialing ──▶ Live ──(lost, silent, lagging far)──▶ Waiting
//!      └────────(refused, denied, another protocol)──────▲
//! ```
//!
//! It resumes behind the last event that the screen has folded in, so that nothing is missed and nothing comes twice; after
//! `Resync` it comes without a number and is given a fresh snapshot. The pause grows and is forgotten at the first frame.

use super::backoff::{Backoff, LONGEST, draw};
use super::{Control, Out, words};
use crate::app::LinkEvent;
use crate::clock::now_ms;
use crate::model::link::Link;
use reel_shared::PROTOCOL;
use reel_shared::client::{ClientError, Endpoint, Events, EventsQuery};
use reel_shared::stream::{ClientFrame, Frame, LogSubscription};
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

/// Nothing for so long, though the daemon pings every ten seconds: the line is dead.
const SILENCE: Duration = Duration::from_secs(45);

/// Why a stream ended.
enum End {
    /// It was lost or refused.
    Lost(ClientError),
    /// Nothing came for too long.
    Silent,
    /// The screen wants a fresh snapshot.
    Resync,
    /// The daemon speaks this protocol.
    Foreign(u32),
    /// The screen is gone.
    Over,
}

struct Connection {
    endpoint: Endpoint,
    controls: Receiver<Control>,
    out: Out,
    since: Option<(u64, String)>,
    logs: Vec<LogSubscription>,
    backoff: Backoff,
}

/// Runs until the screen is gone.
pub async fn run(endpoint: Endpoint, controls: Receiver<Control>, out: Out) {
    let mut connection = Connection {
        endpoint,
        controls,
        out,
        since: None,
        logs: Vec::new(),
        backoff: Backoff::default(),
    };
    while connection.once().await.is_some() {}
}

impl Connection {
    /// One connect, its life, and the pause behind it. None when the screen is gone.
    async fn once(&mut self) -> Option<()> {
        self.say(Link::Dialing).await?;
        let query = EventsQuery {
            since: self.since.clone(),
            ..EventsQuery::default()
        };
        let end = match self.connect(&query).await? {
            Ok(events) => self.live(events).await,
            Err(error) => End::Lost(error),
        };
        let state = match end {
            End::Over => return None,
            End::Resync => {
                self.since = None;
                return Some(());
            }
            End::Foreign(theirs) => Link::Foreign {
                theirs,
                at_ms: now_ms() + millis(LONGEST),
            },
            End::Lost(error) if matches!(error.status(), Some(401 | 403)) => Link::Denied {
                why: error.to_string(),
                at_ms: now_ms() + millis(LONGEST),
            },
            End::Lost(error) => self.retry(words::why(&error)),
            End::Silent => self.retry(format!("nothing came for {} s", SILENCE.as_secs())),
        };
        let at_ms = match &state {
            Link::Retry { at_ms, .. }
            | Link::Denied { at_ms, .. }
            | Link::Foreign { at_ms, .. } => *at_ms,
            Link::Dialing | Link::Live => now_ms(),
        };
        self.say(state).await?;
        self.pause(at_ms).await
    }

    fn retry(&mut self, why: String) -> Link {
        let pause = self.backoff.next(draw());
        Link::Retry {
            attempt: self.backoff.tries(),
            at_ms: now_ms() + millis(pause),
            why,
        }
    }

    async fn say(&self, link: Link) -> Option<()> {
        self.out.send(LinkEvent::State(link)).await
    }

    /// Connects; controls are heard meanwhile.
    async fn connect(&mut self, query: &EventsQuery) -> Option<Result<Events, ClientError>> {
        let endpoint = self.endpoint.clone();
        let connecting = Events::connect(&endpoint, query);
        tokio::pin!(connecting);
        loop {
            tokio::select! {
                result = &mut connecting => return Some(result),
                control = self.controls.recv() => self.note(control?),
            }
        }
    }

    /// Until `at_ms`, or until the person wants it now.
    async fn pause(&mut self, at_ms: i64) -> Option<()> {
        let left = Duration::from_millis(u64::try_from(at_ms - now_ms()).unwrap_or(0));
        let deadline = tokio::time::sleep(left);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                () = &mut deadline => return Some(()),
                control = self.controls.recv() => match control? {
                    Control::Dial => return Some(()),
                    other => self.note(other),
                },
            }
        }
    }

    /// What holds for the next connection.
    fn note(&mut self, control: Control) {
        match control {
            Control::Seen(seq, instance) => self.since = Some((seq, instance)),
            Control::Subscribe(logs) => self.logs = logs,
            Control::Resync => self.since = None,
            Control::Dial => {}
        }
    }

    /// Hands frames on until the stream ends.
    async fn live(&mut self, mut events: Events) -> End {
        if self.say(Link::Live).await.is_none() {
            return End::Over;
        }
        if !self.logs.is_empty()
            && let Err(error) = events
                .send(&ClientFrame::Subscribe {
                    logs: self.logs.clone(),
                })
                .await
        {
            return End::Lost(error);
        }
        loop {
            tokio::select! {
                biased;
                control = self.controls.recv() => match control {
                    None => return End::Over,
                    Some(Control::Resync) => {
                        events.close().await;
                        return End::Resync;
                    }
                    Some(Control::Subscribe(logs)) => {
                        self.logs.clone_from(&logs);
                        if let Err(error) = events.send(&ClientFrame::Subscribe { logs }).await {
                            return End::Lost(error);
                        }
                    }
                    Some(other) => self.note(other),
                },
                frame = tokio::time::timeout(SILENCE, events.next()) => match frame {
                    Err(_) => return End::Silent,
                    Ok(Err(error)) => return End::Lost(error),
                    Ok(Ok(frame)) => {
                        if let Frame::Hello { protocol, .. } = &frame
                            && *protocol != PROTOCOL
                        {
                            return End::Foreign(*protocol);
                        }
                        self.backoff.reset();
                        if self.out.send(LinkEvent::Frame(Box::new(frame))).await.is_none() {
                            return End::Over;
                        }
                    }
                },
            }
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
