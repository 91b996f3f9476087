//! The state machine against its laws: random pipelines and commands (`machine`), the table of acts (`table`), each rule
//! by example (`rules`, `acts`, `gates`), and the order and admission of many (`queue`, `admission`).

mod acts;
mod admission;
mod deadlines;
mod gates;
mod machine;
mod queue;
mod rules;
mod steps;
mod table;

use super::command::{Command, DependencyState, Outcome, Submit};
use super::pipeline::{
    Condition, ErrorClass, ParamKind, ParamSpec, Pipeline, Resources, RetryPolicy, StageSpec, Work,
};
use super::workflow::{Dependency, Failure, Stage, StageState, State, Wait, Workflow};
use super::{Decision, Effect, Event, Refusal, Timestamp, Value, Values};
use super::{create, decide, evolve, submit};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Some moment in 2026.
pub(in crate::domain) const NOON: Timestamp = Timestamp(1_795_000_000_000);

pub(in crate::domain) fn stage(id: &str, needs: &[usize]) -> StageSpec {
    StageSpec {
        id: id.to_owned(),
        title: id.to_owned(),
        work: Work::Program {
            run: vec!["true".to_owned()],
        },
        needs: needs.to_vec(),
        when: None,
        retry: RetryPolicy {
            times: 0,
            first: Duration::from_secs(5),
            max: Duration::from_secs(600),
        },
        timeout: None,
        stall: None,
        resources: Resources::from([("cpu".to_owned(), 1)]),
        optional: false,
        weight: 1.0,
        outputs: Vec::new(),
        cache: false,
        box_labels: BTreeMap::new(),
        fail: Vec::new(),
    }
}

pub(in crate::domain) fn param(name: &str, kind: ParamKind) -> ParamSpec {
    ParamSpec {
        name: name.to_owned(),
        kind,
        required: false,
        default: None,
        question: None,
        options: Vec::new(),
        min: None,
        max: None,
        pattern: None,
    }
}

/// A pipeline with the parameters `word` (required text) and `loud` (a flag).
pub(in crate::domain) fn pipeline(stages: Vec<StageSpec>) -> Pipeline {
    Pipeline {
        name: "greet".to_owned(),
        description: String::new(),
        source: String::new(),
        hash: "hash".to_owned(),
        origin: "built-in".to_owned(),
        clarify: false,
        confirm: false,
        gates: Default::default(),
        params: vec![
            ParamSpec {
                required: true,
                ..param("word", ParamKind::String)
            },
            param("loud", ParamKind::Bool),
        ],
        stages,
    }
}

/// `a`, then `b` and `c` beside each other, then `d`.
pub(in crate::domain) fn diamond() -> Vec<StageSpec> {
    vec![
        stage("a", &[]),
        stage("b", &[0]),
        stage("c", &[0]),
        stage("d", &[1, 2]),
    ]
}

pub(in crate::domain) fn submit_of(plan: Pipeline) -> Submit {
    Submit {
        name: String::new(),
        user: "ann".to_owned(),
        surface: "cli".to_owned(),
        request_id: "r1".to_owned(),
        params: Values::from([("word".to_owned(), Value::from("hi"))]),
        ..Submit::of("w1", Arc::new(plan))
    }
}

pub(in crate::domain) fn depends(
    id: &str,
    state: DependencyState,
) -> (Dependency, DependencyState) {
    (
        Dependency {
            id: id.to_owned(),
            done: state == DependencyState::Completed,
        },
        state,
    )
}

pub(in crate::domain) fn failure(class: ErrorClass) -> Failure {
    Failure {
        class,
        code: class.word().to_owned(),
        message: "it broke".to_owned(),
        stage: None,
        hint: String::new(),
    }
}

pub(in crate::domain) fn failed(class: ErrorClass) -> Outcome {
    Outcome::Failed {
        failure: failure(class),
    }
}

pub(in crate::domain) fn done() -> Outcome {
    Outcome::Completed {
        outputs: Values::new(),
    }
}

/// A workflow with its history, as the engine would keep it.
pub(in crate::domain) struct World {
    pub workflow: Workflow,
    pub submit: Submit,
    pub events: Vec<(Event, Timestamp)>,
    pub effects: Vec<Effect>,
    pub now: Timestamp,
}

impl World {
    pub fn of(submit_: Submit) -> Self {
        let events = submit(&submit_, NOON).unwrap();
        let mut workflow = create(&submit_, NOON);
        for event in &events {
            evolve(&mut workflow, event, NOON);
        }
        let events = events.into_iter().map(|event| (event, NOON)).collect();
        Self {
            workflow,
            submit: submit_,
            events,
            effects: Vec::new(),
            now: NOON,
        }
    }

    pub fn with(stages: Vec<StageSpec>) -> Self {
        Self::of(submit_of(pipeline(stages)))
    }

    /// What the engine does with a command: true when something changed.
    pub fn ask(&mut self, command: &Command) -> Result<bool, Refusal> {
        match decide(&self.workflow, command, self.now)? {
            Decision::AlreadySo => Ok(false),
            Decision::Done { events, effects } => {
                for event in events {
                    evolve(&mut self.workflow, &event, self.now);
                    self.events.push((event, self.now));
                }
                self.effects.extend(effects);
                Ok(true)
            }
        }
    }

    pub fn lease(&mut self, stage: usize) {
        let changed = self.ask(&Command::Lease {
            stage,
            box_name: "here".to_owned(),
        });
        assert_eq!(changed, Ok(true));
    }

    pub fn ends(&mut self, stage: usize, outcome: Outcome) {
        let attempt = self.workflow.stages[stage].attempts;
        let ended = Command::Ended {
            stage,
            attempt,
            started_at: None,
            outcome,
            jitter: 0.5,
        };
        assert_eq!(self.ask(&ended), Ok(true));
    }

    pub fn runs(&mut self, stage: usize, outcome: Outcome) {
        self.lease(stage);
        self.ends(stage, outcome);
    }

    pub fn passes(&mut self, span: Duration) -> bool {
        self.now = self.now.plus(span);
        self.ask(&Command::Due).unwrap()
    }

    pub fn cancel(&mut self) -> Result<bool, Refusal> {
        self.ask(&Command::Cancel {
            by: "ann".to_owned(),
        })
    }

    pub fn pause(&mut self) -> Result<bool, Refusal> {
        self.ask(&Command::Pause {
            by: "ann".to_owned(),
        })
    }

    pub fn resume(&mut self) -> Result<bool, Refusal> {
        self.ask(&Command::Resume {
            by: "ann".to_owned(),
        })
    }

    pub fn retry(&mut self) -> Result<bool, Refusal> {
        self.ask(&Command::Retry {
            from: None,
            params: Values::new(),
            by: "ann".to_owned(),
        })
    }

    pub fn retry_from(&mut self, stage: &str) -> Result<bool, Refusal> {
        self.ask(&Command::Retry {
            from: Some(stage.to_owned()),
            params: Values::new(),
            by: "ann".to_owned(),
        })
    }

    pub fn confirm(&mut self, confirmed: bool) -> Result<bool, Refusal> {
        self.ask(&Command::Confirm {
            confirmed,
            stage: None,
            by: "ann".to_owned(),
        })
    }

    pub fn clarify(&mut self, key: &str, value: &str) -> Result<bool, Refusal> {
        let responses = Values::from([(key.to_owned(), Value::from(value))]);
        self.ask(&Command::Clarify {
            responses,
            stage: None,
            by: "ann".to_owned(),
        })
    }

    pub fn status(&self) -> &'static str {
        self.workflow.status().word()
    }

    /// The stages' states in one word: `p`ending, `r`unning, `w`aiting, `C`ompleted, `F`ailed, `S`kipped, `X` cancelled.
    pub fn stages(&self) -> String {
        let letter = |state: &StageState| match state {
            StageState::Pending => 'p',
            StageState::InProgress(_) => 'r',
            StageState::Waiting(_) => 'w',
            StageState::Completed => 'C',
            StageState::Failed => 'F',
            StageState::Skipped => 'S',
            StageState::Cancelled => 'X',
        };
        self.workflow
            .stages
            .iter()
            .map(|stage| letter(&stage.state))
            .collect()
    }

    pub fn failure(&self) -> &Failure {
        match &self.workflow.state {
            State::Failed(failure) => failure,
            other => panic!("not failed: {other:?}"),
        }
    }
}

/// A stage that runs only when `loud` (or, negated, when not).
pub(in crate::domain) fn when_loud(spec: StageSpec, negated: bool) -> StageSpec {
    StageSpec {
        when: Some(Condition::Flag {
            param: "loud".to_owned(),
            negated,
        }),
        ..spec
    }
}

/// One stage, `a`, that is tried again so often.
pub(in crate::domain) fn tries(times: u32) -> Vec<StageSpec> {
    let spec = stage("a", &[]);
    vec![StageSpec {
        retry: RetryPolicy {
            times,
            ..spec.retry
        },
        ..spec
    }]
}
