//! An event stream that comes back: for verbs that watch until something ends.
//!
//! ```text
//! new ──► connecting ──► open ──(frames)──► open
//!             ▲            │ lost, or silent for longer than the daemon's pings allow
//!             └── pauses ◄─┘ resumes behind the last number that was seen
//! ```
//!
//! The first connect must succeed: a daemon that isn't there is told at once. A lost one is waited for, and both the
//! loss and the return are said once on standard error.

use super::failure::Outcome;
use futures_util::FutureExt;
use reel_shared::client::{ClientError, Endpoint, Events, EventsQuery};
use reel_shared::stream::{ClientFrame, Frame};
use std::time::{Duration, Instant};

/// The daemon pings every 10 s; three of them missing is a dead connection.
const SILENCE: Duration = Duration::from_secs(35);

/// How long a lost daemon is waited for.
const PATIENCE: Duration = Duration::from_secs(600);

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// What happens on a link.
pub enum Step {
    /// A connection is open, the first one or another: time to subscribe, and to ask for what may have been missed.
    Open,
    /// A frame, and its text as it was sent.
    Frame(Box<Frame>, String),
}

/// A stream that reconnects by itself.
pub struct Link {
    endpoint: Endpoint,
    query: EventsQuery,
    instance: Option<String>,
    events: Option<Events>,
    lost_at: Option<Instant>,
    pause: Duration,
    ever: bool,
}

impl Link {
    /// Connects at the first [`Link::next`].
    pub fn new(endpoint: Endpoint, query: EventsQuery) -> Self {
        Self {
            endpoint,
            query,
            instance: None,
            events: None,
            lost_at: None,
            pause: FIRST_PAUSE,
            ever: false,
        }
    }

    /// The next thing that happens. May be dropped at any time without losing a frame.
    pub async fn next(&mut self) -> Outcome<Step> {
        loop {
            let Some(events) = &mut self.events else {
                if self.open().await? {
                    return Ok(Step::Open);
                }
                continue;
            };
            match tokio::time::timeout(SILENCE, events.next_text()).await {
                Ok(Ok(text)) => return Ok(self.frame(text)),
                Ok(Err(error)) if error.is_unreachable() => self.lose(),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => self.lose(),
            }
        }
    }

    /// A frame that has come already, without waiting for one: what is printed is handed over when there is none.
    pub fn ready(&mut self) -> Option<Step> {
        let events = self.events.as_mut()?;
        match events.next_text().now_or_never()? {
            Ok(text) => Some(self.frame(text)),
            // Told and mended by the next wait.
            Err(_) => {
                self.lose();
                None
            }
        }
    }

    fn frame(&mut self, text: String) -> Step {
        let frame = serde_json::from_str(&text).unwrap_or(Frame::Unknown);
        self.note(&frame);
        Step::Frame(Box::new(frame), text)
    }

    /// Sends a frame; a connection that turns out to be lost is opened again by `next`.
    pub async fn send(&mut self, frame: &ClientFrame) -> Outcome {
        if let Some(events) = &mut self.events {
            match events.send(frame).await {
                Err(error) if error.is_unreachable() => self.lose(),
                other => other?,
            }
        }
        Ok(())
    }

    /// Gives the connection up, as when a request beside it found the daemon gone.
    pub fn lose(&mut self) {
        self.events = None;
        if self.lost_at.is_none() {
            self.lost_at = Some(Instant::now());
            eprintln!("reel: lost the daemon; waiting for it to come back");
        }
    }

    /// True if a connection is open now.
    async fn open(&mut self) -> Outcome<bool> {
        match Events::connect(&self.endpoint, &self.query).await {
            Ok(events) => {
                self.events = Some(events);
                if self.lost_at.take().is_some() {
                    eprintln!("reel: the daemon is back");
                }
                self.ever = true;
                self.pause = FIRST_PAUSE;
                Ok(true)
            }
            Err(error) if self.waits_for(&error) => {
                tokio::time::sleep(self.pause).await;
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn waits_for(&self, error: &ClientError) -> bool {
        let passing = error.is_unreachable() || matches!(error.status(), Some(429 | 503));
        let patient = self.lost_at.is_none_or(|since| since.elapsed() < PATIENCE);
        self.ever && passing && patient
    }

    fn note(&mut self, frame: &Frame) {
        let seq = match frame {
            Frame::Hello { instance, .. } => {
                self.instance = Some(instance.clone());
                return;
            }
            Frame::Snapshot { seq, .. } | Frame::Event { seq, .. } => *seq,
            _ => return,
        };
        if let Some(instance) = &self.instance {
            self.query.since = Some((seq, instance.clone()));
        }
    }
}
