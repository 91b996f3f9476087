//! A way of one box's own: it can be cut for this box alone, and by a seed it loses, doubles and repeats what it carries.

use futures_util::future::BoxFuture;
use reeld::transport::link::{Entry, Link, LinkError, Reader};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// What was carried lately, to be carried again.
const RECORDED: usize = 32;

struct Dice {
    draws: fastrand::Rng,
    recorded: Vec<(String, String, Vec<u8>)>,
}

struct Inner {
    under: Arc<dyn Link>,
    is_cut: watch::Sender<bool>,
    is_calm: AtomicBool,
    dice: Option<Mutex<Dice>>,
}

/// Clones share it.
#[derive(Clone)]
pub struct Rough(Arc<Inner>);

impl Rough {
    /// One that carries all.
    pub fn smooth(under: Arc<dyn Link>) -> Self {
        Self::of(under, None)
    }

    /// One that doesn't.
    pub fn seeded(under: Arc<dyn Link>, seed: u64) -> Self {
        let dice = Dice {
            draws: fastrand::Rng::with_seed(seed),
            recorded: Vec::new(),
        };
        Self::of(under, Some(Mutex::new(dice)))
    }

    fn of(under: Arc<dyn Link>, dice: Option<Mutex<Dice>>) -> Self {
        Self(Arc::new(Inner {
            under,
            is_cut: watch::Sender::new(false),
            is_calm: AtomicBool::new(false),
            dice,
        }))
    }

    pub fn cut(&self, is_cut: bool) {
        self.0.is_cut.send_replace(is_cut);
    }

    /// From here on it carries all.
    pub fn calm(&self) {
        self.0.is_calm.store(true, Ordering::Relaxed);
    }

    fn reached(&self) -> Result<(), LinkError> {
        if *self.0.is_cut.borrow() {
            Err(LinkError("this way is cut".into()))
        } else {
            Ok(())
        }
    }

    /// What of these is carried, and what else; and whether it is said to have failed although it did not.
    fn shake(&self, stream: &str, from: &str, bodies: Vec<Vec<u8>>) -> (Vec<Vec<u8>>, bool) {
        let dice = self.0.dice.as_ref();
        let Some(dice) = dice.filter(|_| !self.0.is_calm.load(Ordering::Relaxed)) else {
            return (bodies, false);
        };
        let mut dice = dice.lock().unwrap();
        let mut carried = Vec::new();
        for body in bodies {
            let recorded = (stream.to_owned(), from.to_owned(), body.clone());
            if dice.recorded.len() < RECORDED {
                dice.recorded.push(recorded);
            } else {
                let at = dice.draws.usize(..RECORDED);
                dice.recorded[at] = recorded;
            }
            match dice.draws.u8(..100) {
                0..8 => {}
                8..16 => carried.extend([body.clone(), body]),
                _ => carried.push(body),
            }
        }
        if !dice.recorded.is_empty() && dice.draws.u8(..100) < 10 {
            let known = dice.recorded.len();
            let at = dice.draws.usize(..known);
            let (of, by, body) = dice.recorded[at].clone();
            if of == stream && by == from {
                carried.push(body);
            }
        }
        (carried, dice.draws.u8(..100) < 3)
    }
}

impl Link for Rough {
    fn add<'a>(
        &'a self,
        stream: &'a str,
        from: &'a str,
        bodies: Vec<Vec<u8>>,
        keep: Option<usize>,
    ) -> BoxFuture<'a, Result<(), LinkError>> {
        Box::pin(async move {
            self.reached()?;
            let (carried, is_denied) = self.shake(stream, from, bodies);
            self.0.under.add(stream, from, carried, keep).await?;
            if is_denied {
                return Err(LinkError("no answer came".into()));
            }
            Ok(())
        })
    }

    fn trim<'a>(&'a self, stream: &'a str, mark: &'a str) -> BoxFuture<'a, Result<(), LinkError>> {
        Box::pin(async move {
            self.reached()?;
            self.0.under.trim(stream, mark).await
        })
    }

    fn reader(&self, stream: &str) -> Box<dyn Reader> {
        Box::new(RoughReader {
            under: self.0.under.reader(stream),
            is_cut: self.0.is_cut.subscribe(),
        })
    }
}

struct RoughReader {
    under: Box<dyn Reader>,
    is_cut: watch::Receiver<bool>,
}

impl Reader for RoughReader {
    fn next(
        &mut self,
        most: usize,
        wait: Duration,
    ) -> BoxFuture<'_, Result<Vec<Entry>, LinkError>> {
        Box::pin(async move {
            tokio::select! {
                biased;
                _ = self.is_cut.wait_for(|is_cut| *is_cut) => Err(LinkError("this way is cut".into())),
                read = self.under.next(most, wait) => read,
            }
        })
    }
}
