//! Who offers what, and who holds it: the boxes as the scheduler sees them.
//!
//! A lease holds its stage's resources from its commit until the commit of its end. While the jobs of a box are shorter, one after the other, than
//! a commit takes to come round, a few are leased ahead of the slots, so that the box never stands idle for the disk; the
//! runner still starts no more at a time than the box has slots for.

use super::boxes::{BoxOffer, Presence};
use crate::domain::pick::BoxSlots;
use crate::domain::why::Closed;
use crate::domain::{Resources, Timestamp};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

/// Shorter than this is short.
const SHORT: Duration = Duration::from_millis(25);
/// So many in a row must have been short.
const ROW: u32 = 8;
/// And the last of them must have ended so lately: a box that has come to rest is leased by its slots again.
const LATELY: Duration = Duration::from_millis(100);
/// So many times the slots are leased then.
const AHEAD: u64 = 4;
const CPU: &str = "cpu";
/// A coordinator that offers no cpu still does what no other box can: so much of it at a time.
const HOME_CPU: u64 = 4;
/// So many workflows in a row that fail at one kind of work, and the box gets none of it…
const FAILURES: usize = 3;
/// …for so long.
const BLOCKED: Duration = Duration::from_secs(600);

/// One box.
#[derive(Debug, Clone)]
pub(super) struct BoxState {
    pub name: String,
    pub capacity: Resources,
    pub labels: BTreeMap<String, String>,
    pub used: Resources,
    pub drained: bool,
    /// It is the coordinator's own.
    pub home: bool,
    pub version: String,
    pub presence: Presence,
    /// Why it takes nothing new, as it says itself.
    pub rests: Option<Closed>,
    /// By kind of work: who failed at it since one last succeeded, and until when it is blocked.
    blocks: HashMap<String, (HashSet<String>, Option<Timestamp>)>,
    /// How many attempts in a row were short.
    short: u32,
    /// When one last ended.
    ended_at: Timestamp,
}

impl BoxState {
    /// The coordinator's own.
    pub fn home(name: &str, capacity: Resources, labels: BTreeMap<String, String>) -> Self {
        let offer = BoxOffer {
            name: name.to_owned(),
            resources: capacity,
            labels,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rests: None,
        };
        Self {
            home: true,
            ..Self::new(offer, Presence::Here)
        }
    }

    pub fn new(offer: BoxOffer, presence: Presence) -> Self {
        Self {
            name: offer.name,
            capacity: offer.resources,
            labels: offer.labels,
            version: offer.version,
            rests: offer.rests,
            presence,
            home: false,
            blocks: HashMap::new(),
            used: Resources::new(),
            drained: false,
            short: 0,
            ended_at: Timestamp(i64::MIN),
        }
    }

    /// As `pick` wants it, with what is leased ahead. `open` is false while nothing new may start anywhere.
    pub fn slots_ahead(&self, open: bool, now: Timestamp) -> BoxSlots {
        let hot = self.short >= ROW && now.since(self.ended_at) < LATELY;
        let mut slots = self.slots(open, now);
        if hot {
            slots
                .capacity
                .values_mut()
                .for_each(|amount| *amount *= AHEAD);
        }
        slots
    }

    /// The box as it is.
    pub fn slots(&self, open: bool, now: Timestamp) -> BoxSlots {
        let mut capacity = self.capacity.clone();
        let only_home = self.home && capacity.get(CPU).is_none_or(|amount| *amount == 0);
        if only_home {
            capacity.insert(CPU.to_owned(), HOME_CPU);
        }
        BoxSlots {
            name: self.name.clone(),
            capacity,
            only_home,
            used: self.used.clone(),
            labels: self.labels.clone(),
            accepting: open && self.closed().is_none(),
            home: self.home,
            blocked: self.blocked(now).map(|(kind, _)| kind.to_owned()).collect(),
        }
    }

    /// Why it takes nothing new, by itself.
    pub fn closed(&self) -> Option<Closed> {
        match (self.drained, self.presence) {
            (true, _) => Some(Closed::Drained),
            (_, Presence::Silent | Presence::Lost | Presence::Left) => Some(Closed::Silent),
            (false, Presence::Here) => self.rests,
        }
    }

    /// The kinds of work that it gets none of now, and until when.
    pub fn blocked(&self, now: Timestamp) -> impl Iterator<Item = (&str, Timestamp)> {
        self.blocks
            .iter()
            .filter_map(|(kind, (_, until))| Some((kind.as_str(), (*until)?)))
            .filter(move |(_, until)| *until > now)
    }

    /// A workflow failed at this kind of work here. True if the box is blocked for it from now on.
    pub fn failed(&mut self, kind: &str, workflow: &str, now: Timestamp) -> bool {
        let (failed, until) = self.blocks.entry(kind.to_owned()).or_default();
        failed.insert(workflow.to_owned());
        let block = failed.len() >= FAILURES;
        if block {
            failed.clear();
            *until = Some(now.plus(BLOCKED));
        }
        block
    }

    /// A workflow succeeded at this kind of work here.
    pub fn succeeded(&mut self, kind: &str) {
        self.blocks.remove(kind);
    }

    pub fn take(&mut self, wants: &Resources) {
        for (name, amount) in wants {
            *self.used.entry(name.clone()).or_default() += amount;
        }
    }

    pub fn give_back(&mut self, wants: &Resources) {
        for (name, amount) in wants {
            if let Some(used) = self.used.get_mut(name) {
                *used = used.saturating_sub(*amount);
            }
        }
    }

    /// An attempt ended at `now`, and took so long.
    pub fn took(&mut self, duration: Duration, now: Timestamp) {
        self.short = if duration < SHORT {
            self.short.saturating_add(1)
        } else {
            0
        };
        self.ended_at = now;
    }

    /// More was leased than there are slots: the runner has work waiting.
    pub fn is_ahead(&self) -> bool {
        self.used.iter().any(|(name, used)| {
            self.capacity
                .get(name)
                .is_some_and(|capacity| used > capacity)
        })
    }
}
