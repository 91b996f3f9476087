//! How long a workflow will still take, and when those in the queue will start.
//!
//! A stage's time comes from its past runs (median and spread) and, while it runs, from its tool's own progress; the
//! further it is, the more the progress counts. Stages without a history borrow from those with one, by weight. A
//! workflow takes as long as the longest path through what is left of it.

mod queue;

#[cfg(test)]
mod tests;

pub use queue::{Running, Waiting, queue_starts};

use super::ready::is_behind;
use super::time::Timestamp;
use super::workflow::{Stage, StageState, Wait, Workflow};

/// What past runs of a stage took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageStats {
    /// How many runs.
    pub count: u64,
    /// A tenth of them took less.
    pub p10: f64,
    /// Half of them took less.
    pub p50: f64,
    /// Nine tenths of them took less.
    pub p90: f64,
}

impl StageStats {
    /// The statistics of these durations in milliseconds; none without any. Sorts them.
    #[must_use]
    pub fn of(durations: &mut [f64]) -> Option<Self> {
        durations.sort_by(f64::total_cmp);
        let last = durations.len().checked_sub(1)?;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index between 0 and the last"
        )]
        let at = |share: f64| durations[((last as f64) * share).round() as usize];
        Some(Self {
            count: durations.len() as u64,
            p10: at(0.1),
            p50: at(0.5),
            p90: at(0.9),
        })
    }
}

/// A time that is left, in milliseconds: optimistic, likely, pessimistic; `low <= mid <= high`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Eta {
    /// Optimistic.
    pub low: f64,
    /// Likely.
    pub mid: f64,
    /// Pessimistic.
    pub high: f64,
}

impl Eta {
    /// The same, `ms` later.
    #[must_use]
    pub fn after(self, ms: f64) -> Self {
        Self {
            low: self.low + ms,
            mid: self.mid + ms,
            high: self.high + ms,
        }
    }

    fn zip(self, other: Self, with: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            low: with(self.low, other.low),
            mid: with(self.mid, other.mid),
            high: with(self.high, other.high),
        }
    }

    fn ordered(self) -> Self {
        let mid = self.mid.max(0.0);
        Self {
            low: self.low.clamp(0.0, mid),
            mid,
            high: self.high.max(mid),
        }
    }
}

/// What is left of a workflow from `now` on, were its ready stages to start at once; none while it waits for a person,
/// and while nothing is known of any of its stages. `stats` and `progress` (0–100) are by stage index.
#[must_use]
pub fn remaining(
    workflow: &Workflow,
    now: Timestamp,
    stats: &dyn Fn(usize) -> Option<StageStats>,
    progress: &dyn Fn(usize) -> f64,
) -> Option<Eta> {
    let per_weight = per_weight(workflow, stats);
    let mut ends: Vec<Option<Option<Eta>>> = vec![None; workflow.stages.len()];
    (0..workflow.stages.len()).try_fold(Eta::default(), |all, index| {
        let end = end_of(workflow, index, &mut ends, &|index| {
            let stage = &workflow.stages[index];
            let history =
                stats(index).or_else(|| guess(workflow.plan.stages[index].weight, per_weight?));
            left(stage, history, progress(index), now)
        })?;
        Some(all.zip(end, f64::max))
    })
}

/// When a stage ends: after the last of its needs. `ends` remembers; needs have no cycle.
fn end_of(
    workflow: &Workflow,
    index: usize,
    ends: &mut Vec<Option<Option<Eta>>>,
    left: &dyn Fn(usize) -> Option<Eta>,
) -> Option<Eta> {
    if let Some(known) = ends[index] {
        return known;
    }
    let spec = &workflow.plan.stages[index];
    let end = if is_behind(&workflow.stages[index], spec) {
        Some(Eta::default())
    } else {
        let begin = spec.needs.iter().try_fold(Eta::default(), |begin, need| {
            Some(begin.zip(end_of(workflow, *need, ends, left)?, f64::max))
        });
        begin.and_then(|begin| Some(begin.zip(left(index)?, |begin, left| begin + left)))
    };
    ends[index] = Some(end);
    end
}

/// What is left of one stage that is not behind us.
fn left(stage: &Stage, history: Option<StageStats>, progress: f64, now: Timestamp) -> Option<Eta> {
    let whole = history.map(|stats| {
        Eta {
            low: stats.p10,
            mid: stats.p50,
            high: stats.p90,
        }
        .ordered()
    });
    match &stage.state {
        StageState::InProgress(lease) => running(whole, progress, millis(now, lease.since)),
        StageState::Waiting(Wait::Approval { .. }) => None,
        StageState::Waiting(Wait::Backoff { until } | Wait::Parked { until, .. }) => {
            Some(whole?.after(millis(*until, now)))
        }
        StageState::Waiting(Wait::Callback { .. }) => {
            let begun = stage.started_at.unwrap_or(now);
            Some(shortened(whole?, millis(now, begun)))
        }
        _ => whole,
    }
}

/// A running stage: what its history leaves and what its progress foretells, mixed by how far it is.
fn running(whole: Option<Eta>, progress: f64, elapsed: f64) -> Option<Eta> {
    let share = if progress.is_finite() {
        (progress / 100.0).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let by_history = whole.map(|whole| shortened(whole, elapsed));
    // Below one per cent a tool's progress says nothing yet about its speed.
    let by_tool = (share >= 0.01).then(|| {
        let left = elapsed * (1.0 - share) / share;
        let doubt = 1.0 - share;
        Eta {
            low: left * (1.0 - doubt / 2.0),
            mid: left,
            high: left * (1.0 + doubt),
        }
    });
    let mixed = match (by_history, by_tool) {
        (Some(history), Some(tool)) => {
            history.zip(tool, |history, tool| history * (1.0 - share) + tool * share)
        }
        (one, other) => one.or(other)?,
    };
    Some(mixed.ordered())
}

/// What `elapsed` leaves of a usual duration. What has lasted longer than usual is taken to last a tenth longer still.
fn shortened(whole: Eta, elapsed: f64) -> Eta {
    let more = |usual: f64| (usual - elapsed).max(elapsed * 0.1);
    Eta {
        low: (whole.low - elapsed).max(0.0),
        mid: more(whole.mid),
        high: more(whole.high),
    }
    .ordered()
}

/// Milliseconds for one unit of weight, from the stages that have a history.
fn per_weight(workflow: &Workflow, stats: &dyn Fn(usize) -> Option<StageStats>) -> Option<f64> {
    let known = workflow
        .plan
        .stages
        .iter()
        .enumerate()
        .filter_map(|(index, spec)| Some((spec.weight, stats(index)?)));
    let (weight, time) = known.fold((0.0, 0.0), |(weight, time), (w, stats)| {
        (weight + w, time + stats.p50)
    });
    (weight > 0.0).then_some(time / weight)
}

/// A stage without a history, by its weight, with a wide spread.
fn guess(weight: f64, per_weight: f64) -> Option<StageStats> {
    let likely = weight * per_weight;
    likely.is_finite().then_some(StageStats {
        count: 0,
        p10: likely * 0.5,
        p50: likely,
        p90: likely * 2.0,
    })
}

fn millis(later: Timestamp, earlier: Timestamp) -> f64 {
    later.since(earlier).as_secs_f64() * 1000.0
}
