//! Faults, drawn one after the other; each ends by itself after a while.

use super::coordinator;
use super::workers::{Redis, Worker};
use reel_tests::{Daemon, Home, Result};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// What a fault's end undoes.
#[derive(Debug, Clone, Copy)]
enum Undo {
    Start(usize),
    Continue(usize),
    Join(usize),
    Hurry(usize),
    Redis,
}

/// All that runs.
#[derive(Debug)]
pub struct Ground {
    home: Home,
    redis: Redis,
    workers: Vec<Worker>,
    daemon: Option<Daemon>,
    chance: fastrand::Rng,
    undone: Vec<(Instant, Undo)>,
    counts: BTreeMap<&'static str, usize>,
}

impl Ground {
    pub fn new(home: Home, seed: u64, workers: usize) -> Result<Self> {
        let redis = Redis::start(&home)?;
        let daemon = coordinator(&home, &redis.url())?;
        let key = home.data().join("redis.key");
        let workers = (1..=workers)
            .map(|number| Worker::make(number, &redis, &key))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            home,
            redis,
            workers,
            daemon: Some(daemon),
            chance: fastrand::Rng::with_seed(seed),
            undone: Vec::new(),
            counts: BTreeMap::new(),
        })
    }

    /// Until then something fails every few seconds.
    pub fn rage(&mut self, until: Instant) -> Result<()> {
        let mut next = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until {
            self.undo(false)?;
            if Instant::now() >= next {
                self.fail()?;
                next = Instant::now() + Duration::from_millis(self.chance.u64(2_000..8_000));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Everything is as it should be again.
    pub fn heal(&mut self) -> Result<()> {
        self.undo(true)
    }

    /// Stops the coordinator in order, and the rest.
    pub fn end(mut self) -> Result<()> {
        if let Some(daemon) = self.daemon.take() {
            daemon.terminate()?;
        }
        Ok(())
    }

    /// How often what happened.
    pub fn told(&self) -> String {
        let mut text = String::from("faults:");
        for (fault, count) in &self.counts {
            let _ = write!(text, " {fault} {count},");
        }
        text.trim_end_matches(',').to_owned()
    }

    fn fail(&mut self) -> Result<()> {
        let on = self.chance.usize(0..self.workers.len());
        let is_down = self.undone.iter().any(|(_, undo)| match undo {
            Undo::Start(one) | Undo::Continue(one) | Undo::Join(one) | Undo::Hurry(one) => {
                *one == on
            }
            Undo::Redis => false,
        });
        let redis_is_down = self
            .undone
            .iter()
            .any(|(_, undo)| matches!(undo, Undo::Redis));
        let fault = match self.chance.u32(0..100) {
            0..=24 if !is_down => {
                self.workers[on].kill();
                self.later(0..6_000, Undo::Start(on));
                "worker kill -9"
            }
            25..=39 if !is_down => {
                self.workers[on].signal(Signal::STOP);
                self.later(45_000..46_000, Undo::Continue(on));
                "worker stopped 45 s"
            }
            40..=59 if !is_down => {
                self.workers[on].network.cut(true)?;
                self.later(3_000..40_000, Undo::Join(on));
                "link cut"
            }
            60..=69 if !is_down => {
                let delay = Duration::from_millis(self.chance.u64(100..1_500));
                self.workers[on].proxy.delay(delay);
                self.later(5_000..20_000, Undo::Hurry(on));
                "link delayed"
            }
            70..=79 if !redis_is_down => {
                self.redis.kill();
                self.later(0..12_000, Undo::Redis);
                "Redis kill -9"
            }
            80..=89 if !redis_is_down => {
                self.redis.flush()?;
                "Redis FLUSHALL"
            }
            90..=99 => {
                if let Some(daemon) = self.daemon.take() {
                    daemon.kill()?;
                }
                self.daemon = Some(coordinator(&self.home, &self.redis.url())?);
                "coordinator kill -9"
            }
            _ => return Ok(()),
        };
        *self.counts.entry(fault).or_default() += 1;
        Ok(())
    }

    fn later(&mut self, ms: std::ops::Range<u64>, undo: Undo) {
        let after = Duration::from_millis(self.chance.u64(ms));
        self.undone.push((Instant::now() + after, undo));
    }

    fn undo(&mut self, all: bool) -> Result<()> {
        let now = Instant::now();
        let due = |(at, _): &(Instant, Undo)| all || *at <= now;
        let (due, later): (Vec<_>, Vec<_>) = self.undone.drain(..).partition(due);
        self.undone = later;
        for (_, undo) in due {
            match undo {
                Undo::Start(on) => self.workers[on].up()?,
                Undo::Continue(on) => self.workers[on].signal(Signal::CONT),
                Undo::Join(on) => self.workers[on].network.cut(false)?,
                Undo::Hurry(on) => self.workers[on].proxy.delay(Duration::ZERO),
                Undo::Redis => self.redis.up()?,
            }
        }
        Ok(())
    }
}
