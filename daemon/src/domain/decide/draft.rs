//! A decision in the making: a copy of the workflow on which each event is folded as it is decided, so that what follows
//! is decided on the state it will really find.

use crate::domain::ErrorClass;
use crate::domain::command::DependencyState;
use crate::domain::condition::holds;
use crate::domain::event::Event;
use crate::domain::evolve::evolve;
use crate::domain::params;
use crate::domain::ready::{could_start, is_behind};
use crate::domain::refusal::{Decision, Effect};
use crate::domain::time::Timestamp;
use crate::domain::value::Value;
use crate::domain::workflow::{Failure, StageState, State, Workflow};
use std::time::Duration;

/// The key under which a confirmation or approval is kept among the answers.
pub(super) const CONFIRM: &str = "confirm";

/// See the module.
pub(super) struct Draft {
    /// As it will be after the events so far.
    pub workflow: Workflow,
    /// The transaction's time.
    pub now: Timestamp,
    events: Vec<Event>,
    effects: Vec<Effect>,
}

impl Draft {
    pub fn new(workflow: Workflow, now: Timestamp) -> Self {
        Self {
            workflow,
            now,
            events: Vec::new(),
            effects: Vec::new(),
        }
    }

    pub fn push(&mut self, event: Event) {
        evolve(&mut self.workflow, &event, self.now);
        self.events.push(event);
    }

    pub fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// The answer: without an event it was already so.
    pub fn finish(self) -> Decision {
        if self.events.is_empty() {
            Decision::AlreadySo
        } else {
            Decision::Done {
                events: self.events,
                effects: self.effects,
            }
        }
    }

    pub fn into_events(self) -> Vec<Event> {
        self.events
    }

    /// From the beginning, or from a retry: the gates that still stand, then dependencies, start time and queue.
    /// `patience` is how long a gate may stay open.
    pub fn enter(&mut self, patience: Option<Duration>) {
        if !params::questions(&self.workflow.plan, &self.workflow.params).is_empty() {
            let deadline = patience.map(|span| self.now.plus(span));
            self.push(Event::ClarificationAsked { deadline });
        } else {
            self.after_clarification(patience);
        }
    }

    /// Nothing is left to ask for: on to the confirmation, if one is wanted and was not given before.
    pub fn after_clarification(&mut self, patience: Option<Duration>) {
        let given = |answer: &crate::domain::workflow::Answer| {
            answer.stage.is_none() && answer.key == CONFIRM && answer.value == Value::Bool(true)
        };
        if self.workflow.wants_confirmation && !self.workflow.answers.iter().any(given) {
            let deadline = patience.map(|span| self.now.plus(span));
            self.push(Event::ConfirmationAsked { deadline });
        } else {
            self.onward();
        }
    }

    /// How long the gate behind one that had this deadline stays open.
    pub fn patience(&self, deadline: Option<Timestamp>) -> Option<Duration> {
        let own = self.workflow.plan.gates.deadline;
        deadline.map(|end| own.unwrap_or_else(|| end.since(self.workflow.created_at)))
    }

    /// Past the gates: `blocked`, `scheduled` or `queued`.
    pub fn onward(&mut self) {
        if self
            .workflow
            .depends_on
            .iter()
            .any(|dependency| !dependency.done)
        {
            self.push(Event::Blocked);
        } else if self
            .workflow
            .not_before
            .is_some_and(|start| start > self.now)
        {
            self.push(Event::Scheduled);
        } else {
            self.queue();
        }
    }

    /// Plans which stages run at all, with the parameters as they are now, and queues the rest.
    fn queue(&mut self) {
        let skipped: Vec<usize> = self
            .workflow
            .plan
            .stages
            .iter()
            .zip(&self.workflow.stages)
            .enumerate()
            .filter(|(_, (_, stage))| stage.state == StageState::Pending)
            .filter(|(_, (spec, _))| {
                spec.when
                    .as_ref()
                    .is_some_and(|when| !holds(when, &self.workflow.params))
            })
            .map(|(index, _)| index)
            .collect();
        for stage in skipped {
            self.push(Event::StageSkipped { stage });
        }
        self.push(Event::Queued);
        self.settle();
    }

    /// Draws the consequences of what was pushed, until the workflow's state agrees with its stages.
    pub fn settle(&mut self) {
        match &self.workflow.state {
            State::Blocked
                if self
                    .workflow
                    .depends_on
                    .iter()
                    .all(|dependency| dependency.done) =>
            {
                self.onward()
            }
            State::Scheduled
                if self
                    .workflow
                    .not_before
                    .is_none_or(|start| start <= self.now) =>
            {
                self.queue()
            }
            State::Queued | State::Running { .. } | State::Waiting => self.settle_graph(),
            State::Failing(_) | State::Cancelling { .. } => self.settle_end(),
            _ => {}
        }
    }

    fn settle_graph(&mut self) {
        let workflow = &self.workflow;
        let runs = self.runs();
        let can_start = could_start(workflow).next().is_some();
        if workflow
            .stages
            .iter()
            .zip(&workflow.plan.stages)
            .all(|(stage, spec)| is_behind(stage, spec))
        {
            self.push(Event::Completed);
            self.effect(Effect::Ended);
            self.effect(Effect::CleanUp);
            return;
        }
        match workflow.state {
            State::Running { pausing: true } if !runs => self.push(Event::Paused),
            State::Running { pausing: false } if !runs && !can_start => self.push(Event::Waiting),
            State::Waiting if runs || can_start => self.push(Event::WentOn),
            _ => {}
        }
    }

    /// A workflow that is ending has ended when none of its processes is left.
    fn settle_end(&mut self) {
        if self.runs() {
            return;
        }
        match self.workflow.state.clone() {
            State::Failing(failure) => self.fail(failure),
            State::Cancelling { by } => self.cancel(&by),
            _ => {}
        }
    }

    /// Whether a stage holds a slot.
    pub fn runs(&self) -> bool {
        self.workflow
            .stages
            .iter()
            .any(|stage| matches!(stage.state, StageState::InProgress(_)))
    }

    /// Asks for the end of every attempt that still holds a slot.
    pub fn stop_attempts(&mut self) {
        for (stage, attempt) in attempts(&self.workflow) {
            self.effect(Effect::CancelAttempt { stage, attempt });
        }
    }

    /// Nothing runs any more: it failed.
    pub fn fail(&mut self, failure: Failure) {
        self.drop_waits();
        self.push(Event::Failed { failure });
        self.effect(Effect::Ended);
    }

    /// Nothing runs any more: it is cancelled. What completed stages left stays for a retry.
    pub fn cancel(&mut self, by: &str) {
        self.drop_waits();
        self.push(Event::Cancelled { by: by.to_owned() });
        self.effect(Effect::Ended);
        if !self
            .workflow
            .stages
            .iter()
            .any(|stage| stage.state == StageState::Completed)
        {
            self.effect(Effect::CleanUp);
        }
    }

    fn drop_waits(&mut self) {
        for stage in 0..self.workflow.stages.len() {
            if matches!(self.workflow.stages[stage].state, StageState::Waiting(_)) {
                self.push(Event::StageCancelled { stage });
            }
        }
    }

    /// A stage failed for good. If that fails the workflow, its other attempts are asked to end; it has failed when they
    /// are gone, so that no slot is given away under a process that still runs.
    pub fn fail_stage(&mut self, stage: usize, failure: Failure) {
        let was_failing = matches!(
            self.workflow.state,
            State::Failing(_) | State::Cancelling { .. }
        );
        self.push(Event::StageFailed { stage, failure });
        if !was_failing && matches!(self.workflow.state, State::Failing(_)) {
            self.stop_attempts();
        }
    }
}

/// The stages that hold a slot, each with its attempt's number.
pub(super) fn attempts(workflow: &Workflow) -> Vec<(usize, u32)> {
    workflow
        .stages
        .iter()
        .enumerate()
        .filter_map(|(index, stage)| match &stage.state {
            StageState::InProgress(lease) => Some((index, lease.attempt)),
            _ => None,
        })
        .collect()
}

/// The failure of a workflow whose dependency ended otherwise than completed.
pub(super) fn dependency_failure(id: &str) -> Failure {
    Failure {
        class: ErrorClass::Dependency,
        code: "dependency".to_owned(),
        message: format!("the workflow `{id}`, which this one waits for, did not complete"),
        stage: None,
        hint: format!("retry `{id}`, and then this one"),
    }
}

/// Whether this is a dependency that can no longer complete by itself.
pub(super) fn is_lost(state: DependencyState) -> bool {
    state == DependencyState::Ended
}
