//! A workflow's legal steps, written down a second time and apart from the daemon: events go in by their kinds, and what may
//! not follow what came before is named.

use crate::{Failure, Home, Result};
use serde_json::Value;
use std::collections::BTreeMap;

/// A workflow as its events tell it.
#[derive(Debug, Default)]
pub struct Timeline {
    state: State,
    stages: BTreeMap<String, (Stage, u64)>,
    /// Attempts that were begun.
    pub attempts: usize,
    /// Attempts of which nothing was left after a crash.
    pub lost: usize,
    /// How often a person opened it again.
    pub retried: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Nothing,
    Created,
    Queued,
    Running,
    Waiting,
    Completed,
    Failed,
    Retried,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Pending,
    Going,
    Waiting,
    Done,
    Failed,
}

impl Timeline {
    /// All of a workflow's events, checked as they come: steps that are legal, numbers that grow, and a stage for every name.
    pub async fn of(home: &Home, id: &str) -> Result<Self> {
        let (mut timeline, mut after) = (Self::default(), 0);
        loop {
            let path = format!("/api/workflow/{id}/events?limit=200&after={after}");
            let page: Value = home.client().get(&path).await.map_err(Failure::at(&path))?;
            let events = page["events"].as_array().cloned().unwrap_or_default();
            for event in &events {
                let seq = event["seq"].as_u64().unwrap_or(0);
                let kind = event["kind"].as_str().unwrap_or_default();
                if seq <= after {
                    return Err(Failure::new(format!("{id}: {seq} follows {after}")));
                }
                after = seq;
                timeline
                    .take(kind, &event["data"])
                    .map_err(|words| Failure::new(format!("{id}: {seq} {words}")))?;
            }
            if events.is_empty() {
                return Ok(timeline);
            }
        }
    }

    /// Takes the next event; an illegal one is answered in words.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn take(&mut self, kind: &str, data: &Value) -> std::result::Result<(), String> {
        let before = self.state;
        let legal = match kind.strip_prefix("stage.") {
            Some(what) => self.stage(what, data),
            None => self.workflow(kind, data),
        };
        if legal {
            return Ok(());
        }
        Err(format!("{kind} {data} while {before:?}, {:?}", self.stages))
    }

    fn workflow(&mut self, kind: &str, data: &Value) -> bool {
        use State::{Completed, Created, Failed, Nothing, Queued, Retried, Running, Waiting};
        let is_any = |stages: &BTreeMap<String, (Stage, u64)>, stage: Stage| {
            stages.values().any(|(one, _)| *one == stage)
        };
        let (to, from): (State, &[State]) = match kind {
            "workflow.created" => (Created, &[Nothing]),
            "workflow.queued" => (Queued, &[Created, Retried]),
            "workflow.started" => (Running, &[Queued]),
            "workflow.went_on" => (Running, &[Waiting, Retried]),
            "workflow.waiting" => (Waiting, &[Running]),
            "workflow.completed" => (Completed, &[Running]),
            "workflow.failed" => (Failed, &[Running, Waiting]),
            "workflow.retried" => (Retried, &[Failed, Waiting]),
            "workflow.execution_named" | "workflow.prioritised" => return true,
            _ => return false,
        };
        let legal = from.contains(&self.state);
        self.state = to;
        match to {
            Completed => {
                let open = [Stage::Pending, Stage::Going, Stage::Waiting, Stage::Failed];
                legal && !open.iter().any(|stage| is_any(&self.stages, *stage))
            }
            Failed => legal && !is_any(&self.stages, Stage::Going),
            Retried => {
                self.retried += 1;
                let named = data["stages"].as_array();
                for id in named.into_iter().flatten().filter_map(Value::as_str) {
                    self.stages.entry(id.to_owned()).or_default().0 = Stage::Pending;
                }
                legal
            }
            _ => legal,
        }
    }

    fn stage(&mut self, what: &str, data: &Value) -> bool {
        let Some(id) = data["stage"].as_str() else {
            return false;
        };
        let attempt = data["attempt"].as_u64().unwrap_or(0);
        let runs = matches!(self.state, State::Queued | State::Running);
        let (stage, last) = self.stages.entry(id.to_owned()).or_default();
        let before = *stage;
        match what {
            "started" => {
                let legal = runs && before == Stage::Pending && attempt > *last;
                (*stage, *last) = (Stage::Going, attempt);
                self.attempts += 1;
                legal
            }
            "progress" => before == Stage::Going && attempt == *last,
            "completed" => {
                *stage = Stage::Done;
                before == Stage::Going && attempt == *last
            }
            "lost" | "not_begun" => {
                *stage = Stage::Pending;
                self.lost += 1;
                before == Stage::Going
            }
            "waiting" => {
                *stage = Stage::Waiting;
                before == Stage::Going
            }
            "ready" => {
                *stage = Stage::Pending;
                before == Stage::Waiting
            }
            "failed" => {
                *stage = Stage::Failed;
                matches!(before, Stage::Going | Stage::Waiting)
            }
            "skipped" => {
                *stage = Stage::Done;
                before == Stage::Pending
            }
            "amended" => matches!(before, Stage::Going | Stage::Done),
            _ => false,
        }
    }

    /// Whether it came to its good end.
    pub fn has_completed(&self) -> bool {
        self.state == State::Completed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(steps: &[(&str, Value)]) -> std::result::Result<Timeline, String> {
        let mut timeline = Timeline::default();
        steps
            .iter()
            .try_for_each(|(kind, data)| timeline.take(kind, data))?;
        Ok(timeline)
    }

    #[test]
    fn a_life_is_legal_and_its_double_end_is_not() {
        let of = |attempt: u64| json!({"stage": "a", "attempt": attempt});
        let life = [
            ("workflow.created", json!({})),
            ("workflow.queued", json!({})),
            ("stage.started", of(1)),
            ("workflow.started", json!({})),
            ("stage.lost", of(1)),
            ("stage.started", of(2)),
            ("stage.completed", of(2)),
            ("workflow.completed", json!({})),
        ];
        assert!(run(&life).unwrap().has_completed());
        let with = |more: (&str, Value)| run(&[&life[..], &[more]].concat());
        assert!(with(("workflow.completed", json!({}))).is_err());
        assert!(with(("stage.completed", of(2))).is_err());
        assert!(run(&[&life[..5], &[("stage.started", of(1))]].concat()).is_err());
        assert!(run(&[&life[..6], &[("workflow.completed", json!({}))]].concat()).is_err());
        assert!(run(&[&life[..6], &[("stage.completed", of(1))]].concat()).is_err());
    }
}
