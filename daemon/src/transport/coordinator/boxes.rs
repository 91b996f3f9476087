//! What the coordinator knows of one box.

use crate::domain::why::Closed;
use crate::engine::boxes::{BoxOffer, Presence};
use crate::engine::ports::Order;
use crate::transport::letter::{Attempt, Beat, Down};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

/// An order that no beat names after so long is written again.
const RESEND: Duration = Duration::from_secs(10);
/// What a beat still names although it is over is told so at most this often.
const REPEAT: Duration = Duration::from_secs(5);
/// For so long an end is known: a beat may have been on its way before it.
const RECENT: Duration = Duration::from_secs(60);
/// Letters that wait at most; what is beyond follows again from a later beat.
const WAITING: usize = 4096;
/// That two boxes seem to have one name is told this often.
const WARN: Duration = Duration::from_secs(60);
/// Lives of a box that are remembered as over.
const RETIRED: usize = 64;

/// A leased attempt.
pub struct Held {
    pub order: Order,
    /// When it was written last; none: it is to be.
    pub sent: Option<Instant>,
    /// It may have reached the box at some time.
    pub was_sent: bool,
    pub cancelled: bool,
}

impl Held {
    pub fn of(order: Order) -> Self {
        Self {
            order,
            sent: None,
            was_sent: false,
            cancelled: false,
        }
    }

    /// Nobody but the coordinator ever knew of it, and nobody shall.
    pub fn is_void(&self) -> bool {
        self.cancelled && !self.was_sent
    }
}

/// One box.
pub struct BoxLink {
    /// Its present life, and those that are over.
    pub session: String,
    retired: VecDeque<String>,
    warned_at: Option<Instant>,
    /// The last beat of this life.
    pub heard: u64,
    pub heard_at: Instant,
    pub presence: Presence,
    /// It is being given up: what it says meanwhile comes too late.
    pub is_judged: bool,
    pub offer: Option<BoxOffer>,
    pub held: HashMap<Attempt, Held>,
    /// Attempts that ended lately, and when.
    pub ended: HashMap<Attempt, Instant>,
    /// When something was last said again of an attempt.
    said: HashMap<Attempt, Instant>,
    /// Whose files are being brought home, and whose are here.
    pub bringing: HashSet<Attempt>,
    pub brought: HashSet<Attempt>,
    out: VecDeque<Down>,
    /// Workflows that are over and whose files it has not said to have removed; and when it was told last.
    cleaning: BTreeMap<String, Instant>,
    /// Of the letters to it.
    pub number: u64,
    /// Its ledger, and the last of its letters that is folded; none: not looked up yet.
    pub folded: Option<(String, u64)>,
    /// The ledger that its beats name.
    pub ledger: Option<String>,
    pub asked_again: Option<Instant>,
}

impl Default for BoxLink {
    fn default() -> Self {
        Self {
            session: String::new(),
            retired: VecDeque::new(),
            warned_at: None,
            heard: 0,
            heard_at: Instant::now(),
            presence: Presence::Silent,
            is_judged: false,
            offer: None,
            held: HashMap::new(),
            ended: HashMap::new(),
            said: HashMap::new(),
            bringing: HashSet::new(),
            brought: HashSet::new(),
            out: VecDeque::new(),
            cleaning: BTreeMap::new(),
            number: 0,
            folded: None,
            ledger: None,
            asked_again: None,
        }
    }
}

impl BoxLink {
    pub fn say(&mut self, say: Down) {
        if self.out.len() < WAITING {
            self.out.push_back(say);
        }
    }

    /// Tells it, until it answers, that a workflow's files may go. Beyond so many the box's own next start does it.
    pub fn clean_up(&mut self, workflow: &str) {
        if self.cleaning.len() < WAITING && !self.cleaning.contains_key(workflow) {
            self.cleaning.insert(workflow.to_owned(), Instant::now());
            self.say(Down::CleanUp {
                workflow: workflow.to_owned(),
            });
        }
    }

    /// The files of a workflow are gone there, or are wanted again.
    pub fn no_clean_up(&mut self, workflow: &str) {
        self.cleaning.remove(workflow);
    }

    /// It was told to stop, and holds nothing.
    pub fn is_leaving(&self) -> bool {
        let rests = self.offer.as_ref().and_then(|offer| offer.rests);
        rests == Some(Closed::Stopping) && self.held.is_empty()
    }

    pub fn cancel(&mut self, attempt: &Attempt) {
        if let Some(held) = self.held.get_mut(attempt) {
            held.cancelled = true;
            if held.is_void() {
                return;
            }
            self.said.insert(attempt.clone(), Instant::now());
            self.say(Down::Cancel(attempt.clone()));
        }
    }

    /// What waits to be written.
    pub fn take_out(&mut self) -> Vec<Down> {
        self.out.drain(..).collect()
    }

    /// What could not be written: an order is written again at once, the rest follows from a later beat.
    pub fn put_back(&mut self, downs: Vec<Down>) {
        for down in downs {
            if let Down::Order(order) = down
                && let Some(held) = self.held.get_mut(&order.attempt)
            {
                held.sent = None;
            }
        }
    }

    /// Takes a beat's word for what is heard of the box. False for one that is old, or of a life that is over.
    pub fn hear(&mut self, beat: &Beat) -> bool {
        if self.is_judged {
            return false;
        }
        if self.retired.contains(&beat.session) {
            if self.warned_at.is_none_or(|at| at.elapsed() > WARN) {
                self.warned_at = Some(Instant::now());
                tracing::warn!(component = "BOXES", session = %beat.session, "a life of a box that another one followed still beats, and is not listened to; do two boxes have the same name?");
            }
            return false;
        }
        if self.session != beat.session {
            if !self.session.is_empty() {
                let old = std::mem::replace(&mut self.session, beat.session.clone());
                self.retired.push_back(old);
                if self.retired.len() > RETIRED {
                    self.retired.pop_front();
                }
            }
            self.session.clone_from(&beat.session);
            self.heard = 0;
            // A new life knows only what its ledger kept: what it doesn't name it never got.
            for held in self.held.values_mut() {
                held.sent = None;
            }
        }
        if beat.number <= self.heard {
            return false;
        }
        self.heard = beat.number;
        self.heard_at = Instant::now();
        self.ledger = Some(beat.ledger.clone());
        true
    }

    /// Compares what the box holds with what is leased to it. Answers the attempts that it holds and should not.
    pub fn compare(&mut self, beat: &Beat) -> Vec<Attempt> {
        let now = Instant::now();
        self.ended.retain(|_, at| now - *at < RECENT);
        self.said.retain(|_, at| now - *at < REPEAT);
        let holds: HashSet<&Attempt> = beat.holds.iter().collect();
        let mut strangers = Vec::new();
        let mut again = Vec::new();
        for attempt in &beat.holds {
            if self.said.contains_key(attempt) {
                continue;
            }
            match self.held.get_mut(attempt) {
                Some(held) => {
                    held.sent.get_or_insert(now);
                    if held.cancelled {
                        again.push(Down::Cancel(attempt.clone()));
                        self.said.insert(attempt.clone(), now);
                    }
                }
                None if self.ended.contains_key(attempt) => {}
                None => {
                    self.said.insert(attempt.clone(), now);
                    strangers.push(attempt.clone());
                }
            }
        }
        for (attempt, held) in &mut self.held {
            if !holds.contains(attempt) && held.sent.is_some_and(|at| now - at > RESEND) {
                held.sent = None;
            }
        }
        for (workflow, told) in &mut self.cleaning {
            if now - *told > RESEND {
                *told = now;
                again.push(Down::CleanUp {
                    workflow: workflow.clone(),
                });
            }
        }
        for down in again {
            self.say(down);
        }
        for attempt in &strangers {
            self.say(Down::Fence(attempt.clone()));
        }
        strangers
    }

    /// An attempt is over: true if it was held.
    pub fn end(&mut self, attempt: &Attempt) -> bool {
        self.bringing.remove(attempt);
        self.brought.remove(attempt);
        self.ended.insert(attempt.clone(), Instant::now());
        self.held.remove(attempt).is_some()
    }
}
