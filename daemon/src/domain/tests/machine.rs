//! Random pipelines, random commands, and what must hold whatever they are.

use super::steps::{End, Step, ends, steps, submits};
use super::table::agrees;
use super::*;
use crate::domain::command::Extension;
use crate::domain::ready::{could_start, is_behind, next_due, ready};
use proptest::prelude::*;

impl World {
    /// Does a step, if there is something to do it to; what it is refused for is not looked at here.
    fn step(&mut self, step: &Step) {
        let count = self.workflow.stages.len();
        let by = || "ann".to_owned();
        let ended = |world: &Self, stage: usize, attempt: u32, end: End| {
            let started_at = Some(world.now);
            Command::Ended {
                stage,
                attempt,
                started_at,
                outcome: end.outcome(),
                jitter: 0.3,
            }
        };
        let command = match step.clone() {
            Step::Lease(which) => {
                let open = ready(&self.workflow);
                let stage = if open.is_empty() {
                    usize::from(which) % count
                } else {
                    open[usize::from(which) % open.len()]
                };
                Command::Lease {
                    stage,
                    box_name: "here".to_owned(),
                }
            }
            Step::Progress(which, progress) => {
                let stage = self.running(which);
                let attempt = self.workflow.stages[stage].attempts;
                Command::Progress {
                    stage,
                    attempt,
                    progress,
                    message: None,
                }
            }
            Step::End(which, end) => {
                let stage = self.running(which);
                ended(self, stage, self.workflow.stages[stage].attempts, end)
            }
            Step::Late(which, end) => {
                let stage = usize::from(which) % count;
                ended(
                    self,
                    stage,
                    self.workflow.stages[stage].attempts.saturating_sub(1),
                    end,
                )
            }
            Step::Clock(ms) => {
                self.now = self.now.plus(Duration::from_millis(ms));
                Command::Due
            }
            Step::Answer(approval) => {
                let key = if approval { "colour" } else { "word" };
                let responses = Values::from([(key.to_owned(), Value::from("said"))]);
                Command::Clarify {
                    responses,
                    stage: None,
                    by: by(),
                }
            }
            Step::Confirm(confirmed) => Command::Confirm {
                confirmed,
                stage: None,
                by: by(),
            },
            Step::Extend(ms, from_now) => Command::Extend {
                extension: if from_now {
                    Extension::Until(Timestamp(self.now.0 + ms))
                } else {
                    Extension::By(Duration::from_millis(ms.unsigned_abs()))
                },
                stage: None,
                by: by(),
            },
            Step::Cancel => Command::Cancel { by: by() },
            Step::Pause => Command::Pause { by: by() },
            Step::Resume => Command::Resume { by: by() },
            Step::Retry(from, loud) => {
                let from = from.map(|which| {
                    self.workflow.plan.stages[usize::from(which) % count]
                        .id
                        .clone()
                });
                let params = Values::from([("loud".to_owned(), Value::Bool(loud))]);
                Command::Retry {
                    from,
                    params,
                    by: by(),
                }
            }
            Step::Prioritise(priority) => Command::Prioritise { priority, by: by() },
            Step::Dependency(which, completed) => Command::DependencyEnded {
                id: if which { "x" } else { "y" }.to_owned(),
                completed,
            },
        };
        self.check_around(&command);
    }

    fn running(&self, which: u8) -> usize {
        let runs = |index: &usize| {
            matches!(
                self.workflow.stages[*index].state,
                StageState::InProgress(_)
            )
        };
        let running: Vec<usize> = (0..self.workflow.stages.len()).filter(runs).collect();
        if running.is_empty() {
            usize::from(which) % self.workflow.stages.len()
        } else {
            running[usize::from(which) % running.len()]
        }
    }

    /// Asks, and holds what was before against what is after.
    fn check_around(&mut self, command: &Command) {
        let before = self.workflow.clone();
        let past = self.events.len();
        let answer = self.ask(command);
        let events = &self.events[past..];
        let after = &self.workflow;
        if answer != Ok(true) {
            assert_eq!(*after, before, "{command:?} answered {answer:?}");
            return;
        }
        let retried = events
            .iter()
            .any(|(event, _)| matches!(event, Event::Retried { .. }));
        if before.status().is_terminal() {
            assert!(retried, "{command:?} moved {:?}", before.state);
            assert_ne!(before.state, State::Completed);
        }
        if let Command::Ended { stage, attempt, .. } | Command::Progress { stage, attempt, .. } =
            command
        {
            assert_eq!(
                before.stages[*stage].attempts, *attempt,
                "a late message changed something"
            );
        }
        if !retried {
            assert!(
                after.progress >= before.progress,
                "{} < {}",
                after.progress,
                before.progress
            );
            for (one, other) in before.stages.iter().zip(&after.stages) {
                assert!(one.attempts != other.attempts || other.progress >= one.progress);
            }
        }
        for (one, other) in before.stages.iter().zip(&after.stages) {
            assert!(other.attempts >= one.attempts);
        }
        assert_eq!(after.updated_at, self.now);
    }

    /// What holds in every state.
    fn check(&self) {
        let workflow = &self.workflow;
        let any =
            |is: fn(&StageState) -> bool| workflow.stages.iter().any(|stage| is(&stage.state));
        let runs = any(|state| matches!(state, StageState::InProgress(_)));
        let waits = any(|state| matches!(state, StageState::Waiting(_)));
        let pending = any(|state| matches!(state, StageState::Pending));
        let starts = could_start(workflow).next().is_some();
        match &workflow.state {
            State::PendingClarification { .. } | State::PendingConfirmation { .. } => {
                assert!(!runs && !waits)
            }
            State::Blocked => {
                assert!(
                    !runs
                        && !waits
                        && workflow
                            .depends_on
                            .iter()
                            .any(|dependency| !dependency.done)
                );
            }
            State::Scheduled => assert!(!runs && !waits),
            State::Queued => assert!(!runs && !waits && starts),
            State::Running { pausing: true } | State::Cancelling { .. } | State::Failing(_) => {
                assert!(runs)
            }
            State::Running { pausing: false } => assert!(runs || starts),
            State::Waiting => assert!(waits && !runs && !starts),
            State::Paused { .. } => assert!(!runs),
            State::Completed => {
                let behind = |(stage, spec)| is_behind(stage, spec);
                assert!(
                    workflow
                        .stages
                        .iter()
                        .zip(&workflow.plan.stages)
                        .all(behind)
                );
            }
            State::Failed(_) | State::Cancelled => assert!(!runs && !waits && !pending),
        }
        let terminal = workflow.status().is_terminal();
        assert_eq!(workflow.completed_at.is_some(), terminal);
        assert_eq!(
            workflow.progress == 100.0,
            workflow.state == State::Completed
        );
        assert!((0.0..=100.0).contains(&workflow.progress));
        for (index, stage) in workflow.stages.iter().enumerate() {
            if let StageState::InProgress(lease) = &stage.state {
                let needs = &workflow.plan.stages[index].needs;
                assert!(
                    needs.iter().all(|need| is_behind(
                        &workflow.stages[*need],
                        &workflow.plan.stages[*need]
                    ))
                );
                assert_eq!(lease.attempt, stage.attempts);
                assert!(lease.ordinal < workflow.next_lease);
            }
        }
        let due = decide(workflow, &Command::Due, self.now).unwrap();
        let is_due = next_due(workflow).is_some_and(|due| due <= self.now);
        assert_eq!(
            matches!(due, Decision::Done { .. }),
            is_due,
            "due at {:?}, now {:?}",
            next_due(workflow),
            self.now
        );
        agrees(workflow, self.now);
    }

    fn check_history(&self) {
        let mut replayed = create(&self.submit, NOON);
        let mut ordinals = Vec::new();
        for (event, at) in &self.events {
            evolve(&mut replayed, event, *at);
            if let Event::StageStarted { lease, .. } = event {
                ordinals.push(lease.ordinal);
            }
        }
        assert_eq!(replayed, self.workflow);
        assert!(
            ordinals.iter().copied().eq(0..self.workflow.next_lease),
            "{ordinals:?}"
        );
    }

    /// Plays scheduler, clock, person and programs until nothing is left to do; everything ends.
    fn drive(&mut self, end: End) {
        for _ in 0..200 {
            if self.workflow.status().is_terminal() {
                return;
            }
            if let Some(due) = next_due(&self.workflow) {
                self.now = self.now.max(due);
            }
            let first = 0;
            let steps = [
                Step::Clock(0),
                Step::Answer(false),
                Step::Answer(true),
                Step::Confirm(true),
                Step::Resume,
                Step::Dependency(true, true),
                Step::Dependency(false, true),
                Step::Lease(first),
                Step::Progress(first, 50.0),
                Step::End(first, end),
            ];
            for step in steps {
                self.step(&step);
            }
        }
        panic!("stuck in {:?}: {}", self.workflow.state, self.stages());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold(submit in submits(), steps in proptest::collection::vec(steps(), 0..60)) {
        let mut world = World::of(submit);
        world.check();
        for step in &steps {
            world.step(step);
            world.check();
        }
        world.check_history();
    }

    #[test]
    fn cancel_always_ends(submit in submits(), steps in proptest::collection::vec(steps(), 0..40), end in ends()) {
        let mut world = World::of(submit);
        for step in &steps {
            world.step(step);
        }
        if allowed_to_cancel(&world) {
            world.cancel().unwrap();
            for stage in 0..world.workflow.stages.len() {
                if matches!(world.workflow.stages[stage].state, StageState::InProgress(_)) {
                    world.ends(stage, end.outcome());
                }
            }
            prop_assert_eq!(world.status(), "cancelled");
        }
    }

    #[test]
    fn everything_can_end(submit in submits(), steps in proptest::collection::vec(steps(), 0..40), end in ends()) {
        let mut world = World::of(submit);
        for step in &steps {
            world.step(step);
        }
        // What never begins, and what asks for approval for ever, has no end but a cancel.
        let end = if matches!(end, End::NotBegun | End::Approval(_) | End::Parked) { End::Completed } else { end };
        let end = if matches!(end, End::Failed(ErrorClass::Quota | ErrorClass::RateLimit)) { End::Completed } else { end };
        world.drive(end);
        world.check();
        world.check_history();
    }
}

fn allowed_to_cancel(world: &World) -> bool {
    !world.workflow.status().is_terminal()
}
