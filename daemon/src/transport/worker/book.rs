//! What the worker holds: shared by all its parts, locked for moments only, so that the beats never wait.
//!
//! ```text
//!  order ─▶ Bringing ─▶ Given (to the runner) ─▶ Ending ─▶ Told(number) ──Have──▶ gone
//!              └── cancelled ─────────────────────▲  │ ▲
//!                                    it made files  ▼ │ they are home, or nobody wants them
//!                                                 Offering
//! ```
//!
//! An attempt is held from when its order is in the ledger until the coordinator has its end.

use super::tail::Tail;
use crate::domain::Workflow;
use crate::transport::letter::{Attempt, Rest};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// So many changes at least are worth a beat of their own.
const MANY: usize = 4;

/// How far an attempt is.
#[derive(Debug, Clone)]
pub(super) enum Phase {
    /// Its files are brought; the token ends that.
    Bringing(CancellationToken),
    /// The runner has it.
    Given,
    /// It completed, and its files are on their way home.
    Offering(Offering),
    /// It has ended, and the letter is being written.
    Ending,
    /// This letter tells its end.
    Told(u64),
}

/// Files that are on their way home.
#[derive(Debug, Clone, Default)]
pub(super) struct Offering {
    /// They are there.
    pub took: CancellationToken,
    /// They are not wanted any more.
    pub quit: CancellationToken,
}

/// An attempt that is held.
pub(super) struct Held {
    /// Its workflow, and the data directory at home; none if the order can't be read any more.
    pub order: Option<(Arc<Workflow>, String)>,
    pub tail: Arc<Mutex<Tail>>,
    pub phase: Phase,
    /// Why it is ended by this side: such an end is no cancel.
    pub cut: Option<String>,
}

/// What is needed to tell an end.
pub(super) struct Ending {
    pub order: Option<(Arc<Workflow>, String)>,
    pub tail: Arc<Mutex<Tail>>,
    pub cut: Option<String>,
    pub has_begun: bool,
}

/// What is known of an attempt that is ordered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    No,
    Runs,
    Told(u64),
}

#[derive(Default)]
struct State {
    holds: BTreeMap<Attempt, Held>,
    lead: String,
    taken: u64,
    /// Workflows that are over, and of which something runs here still.
    over: BTreeSet<String>,
    stopping: bool,
    rests: Option<Rest>,
    is_cut: bool,
    changes: usize,
}

impl State {
    /// Whether an attempt of this workflow has not ended.
    fn runs_of(&self, workflow: &str) -> bool {
        self.holds.iter().any(|(attempt, held)| {
            attempt.workflow == workflow && !matches!(held.phase, Phase::Told(_))
        })
    }
}

/// What a beat says of all this.
pub(super) struct View {
    pub holds: Vec<Attempt>,
    pub lead: String,
    pub taken: u64,
    pub rests: Option<Rest>,
}

#[derive(Default)]
pub(super) struct Book {
    state: Mutex<State>,
    /// Something changed that the coordinator should hear of soon.
    pub changed: Notify,
    /// Attempts whose end is not in the ledger.
    busy: watch::Sender<usize>,
}

impl Book {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, state: &mut State) {
        let busy = state
            .holds
            .values()
            .filter(|held| !matches!(held.phase, Phase::Told(_)))
            .count();
        self.busy.send_if_modified(|before| {
            let differs = *before != busy;
            *before = busy;
            differs
        });
        state.changes += 1;
        if state.changes >= MANY.max(state.holds.len() / 2) {
            state.changes = 0;
            self.changed.notify_one();
        }
    }

    pub fn knows(&self, attempt: &Attempt) -> Known {
        match self.state().holds.get(attempt).map(|held| &held.phase) {
            None => Known::No,
            Some(Phase::Told(number)) => Known::Told(*number),
            Some(_) => Known::Runs,
        }
    }

    pub fn hold(&self, all: Vec<(Attempt, Held)>) {
        let mut state = self.state();
        state.holds.extend(all);
        self.count(&mut state);
    }

    /// The letters up to this one of this lead were read.
    pub fn took(&self, lead: &str, number: u64) {
        let mut state = self.state();
        lead.clone_into(&mut state.lead);
        state.taken = number;
    }

    /// The attempt's files are there. False: it was cancelled meanwhile.
    pub fn give(&self, attempt: &Attempt) -> bool {
        let mut state = self.state();
        match state.holds.get_mut(attempt).map(|held| &mut held.phase) {
            Some(phase @ Phase::Bringing(_)) => {
                let is_wanted = matches!(phase, Phase::Bringing(token) if !token.is_cancelled());
                if is_wanted {
                    *phase = Phase::Given;
                }
                is_wanted
            }
            _ => false,
        }
    }

    /// The attempt ended: told once.
    pub fn end(&self, attempt: &Attempt) -> Option<Ending> {
        let mut state = self.state();
        let held = state.holds.get_mut(attempt)?;
        let has_begun = match held.phase {
            Phase::Bringing(_) => false,
            Phase::Given => true,
            Phase::Offering(_) | Phase::Ending | Phase::Told(_) => return None,
        };
        held.phase = Phase::Ending;
        Some(Ending {
            order: held.order.clone(),
            tail: Arc::clone(&held.tail),
            cut: held.cut.clone(),
            has_begun,
        })
    }

    /// Its end is in the ledger. True: its workflow is over, and this was the last of it here.
    pub fn told(&self, attempt: &Attempt, number: u64) -> bool {
        let mut state = self.state();
        if let Some(held) = state.holds.get_mut(attempt) {
            held.phase = Phase::Told(number);
        }
        self.count(&mut state);
        !state.runs_of(&attempt.workflow) && state.over.remove(&attempt.workflow)
    }

    /// The coordinator has all letters up to here.
    pub fn answered(&self, upto: u64) {
        let mut state = self.state();
        state
            .holds
            .retain(|_, held| !matches!(held.phase, Phase::Told(number) if number <= upto));
        self.count(&mut state);
    }

    /// The letters that are kept have numbers that are so much smaller.
    pub fn renumbered(&self, by: u64) {
        for held in self.state().holds.values_mut() {
            if let Phase::Told(number) = &mut held.phase {
                *number = number.saturating_sub(by);
            }
        }
        self.changed.notify_one();
    }

    pub fn tail(&self, attempt: &Attempt) -> Option<Arc<Mutex<Tail>>> {
        let state = self.state();
        state.holds.get(attempt).map(|held| Arc::clone(&held.tail))
    }

    /// The data directory at home.
    pub fn home(&self, attempt: &Attempt) -> Option<String> {
        let state = self.state();
        Some(state.holds.get(attempt)?.order.as_ref()?.1.clone())
    }

    /// The attempt's end waits until its files are home.
    pub fn offer(&self, attempt: &Attempt) -> Offering {
        let offering = Offering::default();
        if let Some(held) = self.state().holds.get_mut(attempt) {
            if held.cut.is_some() {
                offering.quit.cancel();
            }
            held.phase = Phase::Offering(offering.clone());
        }
        offering
    }

    /// Its files are home.
    pub fn took_files(&self, attempt: &Attempt) {
        if let Some(Phase::Offering(offering)) =
            self.state().holds.get(attempt).map(|held| &held.phase)
        {
            offering.took.cancel();
        }
    }

    /// Its offer is over, and its end is told. False: it has no offer.
    pub fn close(&self, attempt: &Attempt) -> bool {
        match self
            .state()
            .holds
            .get_mut(attempt)
            .map(|held| &mut held.phase)
        {
            Some(phase @ Phase::Offering(_)) => {
                *phase = Phase::Ending;
                true
            }
            _ => false,
        }
    }

    /// Why this side ends it, if so.
    pub fn cut_of(&self, attempt: &Attempt) -> Option<String> {
        self.state().holds.get(attempt)?.cut.clone()
    }

    /// This workflow is over. True: nothing of it runs here; else `told` says when that is so.
    pub fn is_over(&self, workflow: &str) -> bool {
        let mut state = self.state();
        let runs = state.runs_of(workflow);
        if runs {
            state.over.insert(workflow.to_owned());
        }
        !runs
    }

    /// Ends the bringing, or offering, of an attempt's files. True: the runner has it, and must be told.
    pub fn is_given(&self, attempt: &Attempt) -> bool {
        let state = self.state();
        match state.holds.get(attempt).map(|held| &held.phase) {
            Some(Phase::Bringing(token)) => {
                token.cancel();
                false
            }
            Some(Phase::Given) => true,
            Some(Phase::Offering(offering)) => {
                offering.quit.cancel();
                false
            }
            Some(Phase::Ending | Phase::Told(_)) | None => false,
        }
    }

    /// All that has not ended is to end, for this reason: these are with the runner.
    pub fn cut(&self, reason: &str) -> Vec<Attempt> {
        let mut state = self.state();
        let mut given = Vec::new();
        for (attempt, held) in &mut state.holds {
            match &held.phase {
                Phase::Bringing(token) => token.cancel(),
                Phase::Offering(offering) => offering.quit.cancel(),
                Phase::Given => given.push(attempt.clone()),
                Phase::Ending | Phase::Told(_) => continue,
            }
            held.cut.get_or_insert_with(|| reason.to_owned());
        }
        given
    }

    /// Ends the bringing of all files that are on their way: these attempts have not begun.
    pub fn stop_bringing(&self, reason: &str) {
        for held in self.state().holds.values_mut() {
            if let Phase::Bringing(token) = &held.phase {
                token.cancel();
                held.cut.get_or_insert_with(|| reason.to_owned());
            }
        }
    }

    pub fn set_cut_off(&self, is_cut: bool) {
        self.state().is_cut = is_cut;
    }

    pub fn is_cut_off(&self) -> bool {
        self.state().is_cut
    }

    pub fn set_stopping(&self) {
        self.state().stopping = true;
        self.changed.notify_one();
    }

    pub fn is_stopping(&self) -> bool {
        self.state().stopping
    }

    pub fn set_rest(&self, rests: Option<Rest>) {
        let mut state = self.state();
        let differs = state.rests.is_some() != rests.is_some();
        state.rests = rests;
        if differs {
            self.changed.notify_one();
        }
    }

    pub fn view(&self) -> View {
        let state = self.state();
        View {
            holds: state.holds.keys().cloned().collect(),
            lead: state.lead.clone(),
            taken: state.taken,
            rests: if state.stopping {
                Some(Rest::Stopping)
            } else {
                state.rests.clone()
            },
        }
    }

    /// Attempts whose end is not in the ledger.
    pub fn busy(&self) -> watch::Receiver<usize> {
        self.busy.subscribe()
    }
}
