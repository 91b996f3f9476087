//! What happens inside the writer's transaction: load, decide, fold, store, log, and hand free slots to what is ready.
//!
//! ```text
//!  op ─▶ load (cache, else row) ─▶ decide ─▶ evolve ─▶ save row + append events ─┐
//!        ▲                                    effects: dependants, clean-up ─────┘ cascade, same transaction
//!  close: pick ready stages for free slots ─▶ lease them, same transaction
//!  committed: publish events, start orders, end attempts, answer
//! ```
//!
//! - What the cache and the slots say is what the rows say: an abandoned transaction forgets both and reads again.
//! - `queued` and the first lease of a workflow may share one commit; nothing starts before it.

mod after;
mod batch;
mod boxes;
mod count;
mod group;
mod start;
mod tell;
mod upkeep;

use super::Ack;
use super::pending::Pending;
use super::record;
use super::shared::Shared;
use super::slots::BoxState;
use crate::domain::event::Event;
use crate::domain::pick::{self, Place};
use crate::domain::pipeline::ErrorClass;
use crate::domain::workflow::{StageState, Status};
use crate::domain::{Command, DependencyState, Effect, Refusal, Submit, Timestamp, Workflow};
use crate::domain::{decide, evolve, refusal::Decision};
use crate::engine::ports::{AttemptKey, Outbox};
use crate::store::ballast::Ballast;
use crate::store::lock::DirectoryLock;
use crate::store::plans::Plans;
use crate::store::{StoreError, episodes, rows, unstored};
use rusqlite::Connection;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// The writer's state.
pub(super) struct Transactor {
    pub shared: Arc<Shared>,
    pub plans: Arc<Plans>,
    pub boxes: Vec<BoxState>,
    pub ballast: Ballast,
    pub seq: u64,
    /// The ballast was given up: no new work until it is back.
    pub full: bool,
    pub disk_low: bool,
    /// The end of the window in which nothing new starts.
    pub window: Option<Timestamp>,
    /// A runner is there, and earlier attempts were handed to it.
    pub adopted: bool,
    pub stopped: bool,
    /// The slots no longer say what the rows say.
    pub stale: bool,
    pub cache: HashMap<String, Arc<Workflow>>,
    pub pending: Pending,
    pub outbox: Option<Box<dyn Outbox>>,
    pub _lock: DirectoryLock,
}

type Taken<T> = Result<Result<T, Refusal>, StoreError>;

impl Transactor {
    fn load(
        &mut self,
        connection: &Connection,
        id: &str,
    ) -> Result<Option<Arc<Workflow>>, StoreError> {
        if let Some(workflow) = self.pending.touched.get(id) {
            return Ok(workflow.clone());
        }
        if let Some(workflow) = self.cache.get(id) {
            return Ok(Some(Arc::clone(workflow)));
        }
        Ok(rows::load(connection, &self.plans, id)?.map(Arc::new))
    }

    fn submit(&mut self, connection: &Connection, submit: &Submit, now: Timestamp) -> Taken<Ack> {
        if rows::status(connection, &submit.id)?.is_some() {
            return Ok(Err(Refusal::IdTaken(submit.id.clone())));
        }
        let mut submit = submit.clone();
        for (needed, state) in &mut submit.depends_on {
            match self.dependency(connection, &needed.id)? {
                Some(found) => {
                    *state = found;
                    needed.done = found == DependencyState::Completed;
                }
                None => {
                    let problem = format!(
                        "no workflow `{}`: submit it first, or name another id",
                        needed.id
                    );
                    return Ok(Err(Refusal::Invalid {
                        field: "dependsOn".into(),
                        problem,
                    }));
                }
            }
        }
        let happened = match decide::submit(&submit, now) {
            Ok(happened) => happened,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut workflow = evolve::create(&submit, now);
        let mut log = Vec::with_capacity(happened.len());
        let mut entered = false;
        for event in &happened {
            if !matches!(event, Event::Created(_)) {
                let before = workflow.clone();
                evolve::evolve(&mut workflow, event, now);
                // Stages are skipped before the workflow is queued: until then it is nowhere yet.
                entered |= !matches!(event, Event::StageSkipped { .. });
                let state = if entered {
                    workflow.current_state()
                } else {
                    ""
                };
                log.push((
                    event,
                    record::data(event, Some(&before), &workflow),
                    state.to_owned(),
                ));
            } else {
                log.push((event, record::data(event, None, &workflow), String::new()));
            }
        }
        // A new workflow is nowhere before it is where the first transaction leaves it.
        for (_, _, state) in log.iter_mut().filter(|(_, _, state)| state.is_empty()) {
            workflow.current_state().clone_into(state);
        }
        rows::save(connection, &self.plans, None, &workflow)?;
        episodes::note_submit(connection, &workflow, now)?;
        let workflow = Arc::new(workflow);
        self.append(connection, &workflow, log, now)?;
        self.touch(None, &workflow);
        if workflow.status().is_terminal() {
            self.pending.ended += 1;
        }
        Ok(Ok(Ack {
            seq: self.seq,
            workflow,
            already: false,
        }))
    }

    fn dependency(
        &mut self,
        connection: &Connection,
        id: &str,
    ) -> Result<Option<DependencyState>, StoreError> {
        Ok(
            rows::status(connection, id)?.map(|word| match Status::from_word(&word) {
                Some(Status::Completed) => DependencyState::Completed,
                Some(status) if status.is_terminal() => DependencyState::Ended,
                _ => DependencyState::Open,
            }),
        )
    }

    /// One command on one workflow, and all that follows from it for others.
    fn command(
        &mut self,
        connection: &Connection,
        id: &str,
        command: &Command,
        now: Timestamp,
    ) -> Taken<Ack> {
        let mut cascade = VecDeque::new();
        let first = self.change(connection, id, command, now, &mut cascade)?;
        while let Some((id, command)) = cascade.pop_front() {
            if let Err(refusal) = self.change(connection, &id, &command, now, &mut cascade)? {
                tracing::debug!(component = "QUEUE_MANAGER", videoId = %id, "no longer concerned: {refusal}");
            }
        }
        Ok(first)
    }

    fn change(
        &mut self,
        connection: &Connection,
        id: &str,
        command: &Command,
        now: Timestamp,
        cascade: &mut VecDeque<(String, Command)>,
    ) -> Taken<Ack> {
        let Some(old) = self.load(connection, id)? else {
            return Ok(Err(Refusal::NotFound(id.to_owned())));
        };
        let (happened, effects) = match decide::decide(&old, command, now) {
            Ok(Decision::Done { events, effects }) => (events, effects),
            Ok(Decision::AlreadySo) => {
                return Ok(Ok(Ack {
                    seq: self.seq,
                    workflow: old,
                    already: true,
                }));
            }
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut new = Workflow::clone(&old);
        let mut log = Vec::with_capacity(happened.len());
        let mut deleted = false;
        for event in &happened {
            let before_status = new.status();
            let before = new.clone();
            evolve::evolve(&mut new, event, now);
            deleted |= matches!(event, Event::Deleted { .. });
            self.note_run(connection, event, &before, &new, now)?;
            episodes::note_stage(connection, event, &new, now)?;
            unstored::note_stage(connection, event, &new, now)?;
            let before = (before_status != new.status()).then_some(&before);
            log.push((
                event,
                record::data(event, before, &new),
                new.current_state().to_owned(),
            ));
        }
        let new = Arc::new(new);
        if deleted {
            rows::delete(connection, &new)?;
        } else {
            rows::save(connection, &self.plans, Some(&old), &new)?;
        }
        self.append(connection, &new, log, now)?;
        self.follow(connection, &new, &effects, deleted, cascade)?;
        self.touch(Some(&old), &new);
        if deleted {
            self.pending.touched.insert(id.to_owned(), None);
        }
        Ok(Ok(Ack {
            seq: self.seq,
            workflow: new,
            already: false,
        }))
    }

    fn follow(
        &mut self,
        connection: &Connection,
        workflow: &Arc<Workflow>,
        effects: &[Effect],
        deleted: bool,
        cascade: &mut VecDeque<(String, Command)>,
    ) -> Result<(), StoreError> {
        for effect in effects {
            match effect {
                Effect::CancelAttempt { stage, attempt } => {
                    let key = AttemptKey {
                        workflow: workflow.id.clone(),
                        stage: *stage,
                        attempt: *attempt,
                    };
                    self.pending.cancels.push(key);
                }
                Effect::Ended => {
                    self.pending.ended += 1;
                    let completed = workflow.status() == Status::Completed;
                    for waiter in rows::take_waiters(connection, &workflow.id)? {
                        cascade.push_back((
                            waiter,
                            Command::DependencyEnded {
                                id: workflow.id.clone(),
                                completed,
                            },
                        ));
                    }
                }
                Effect::LookUpDependencies => {
                    for needed in workflow.depends_on.iter().filter(|needed| !needed.done) {
                        let state = self
                            .dependency(connection, &needed.id)?
                            .unwrap_or(DependencyState::Ended);
                        if state != DependencyState::Open {
                            let completed = state == DependencyState::Completed;
                            let command = Command::DependencyEnded {
                                id: needed.id.clone(),
                                completed,
                            };
                            cascade.push_back((workflow.id.clone(), command));
                        }
                    }
                    rows::wait_again(connection, workflow)?;
                }
                Effect::CleanUp => self.pending.cleanups.push((Arc::clone(workflow), deleted)),
            }
        }
        Ok(())
    }

    /// Stage durations: for estimates, statistics and for how far ahead to lease.
    fn note_run(
        &mut self,
        connection: &Connection,
        event: &Event,
        before: &Workflow,
        after: &Workflow,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (stage, started_at, class) = match event {
            Event::StageCompleted {
                stage, started_at, ..
            } => (*stage, *started_at, None),
            Event::StageFailed { stage, failure } => (*stage, None, Some(failure.class.word())),
            Event::StageWaiting {
                stage,
                failure: Some(failure),
                ..
            } => (*stage, None, Some(failure.class.word())),
            _ => return Ok(()),
        };
        let StageState::InProgress(lease) = &before.stages[stage].state else {
            return Ok(());
        };
        let took = now.since(started_at.unwrap_or(lease.since));
        if let Some(state) = self
            .boxes
            .iter_mut()
            .find(|state| state.name == lease.box_name)
        {
            state.took(took, now);
        }
        if class.is_none_or(is_a_boxs_fault) && !matches!(pick::place(before, stage), Place::Home) {
            let kind = pick::kind(before, stage);
            self.judge_box(
                connection,
                (&lease.box_name, &kind, &before.id),
                class.is_some(),
                now,
            )?;
        }
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let spec = &after.plan.stages[stage];
        rows::note_run(connection, &after.plan.name, &spec.id, now, ms, class)?;
        match class {
            None => self
                .pending
                .runs
                .push((after.plan.name.clone(), spec.id.clone(), ms)),
            Some(class) => self.pending.failures.push((spec.id.clone(), class)),
        }
        Ok(())
    }

    /// Notes what a workflow has become, and whose slots that changes.
    fn touch(&mut self, old: Option<&Workflow>, new: &Arc<Workflow>) {
        for index in 0..new.stages.len() {
            let before = old.and_then(|old| holder(&old.stages[index].state));
            let after = holder(&new.stages[index].state);
            if before == after {
                continue;
            }
            if let (Some(name), Some(old)) = (before, old)
                && let Some(state) = self.boxes.iter_mut().find(|state| state.name == name)
            {
                state.give_back(old.resources(index));
            }
            if let Some(state) =
                after.and_then(|name| self.boxes.iter_mut().find(|state| state.name == name))
            {
                state.take(new.resources(index));
            }
        }
        let due = |workflow: &Workflow| crate::domain::ready::next_due(workflow);
        self.pending.due_moved |= old.and_then(due) != due(new);
        self.pending
            .touched
            .insert(new.id.clone(), Some(Arc::clone(new)));
    }
}

/// Failures that may lie in the box: a program that is missing or crashes there, its memory, its disk.
fn is_a_boxs_fault(class: &str) -> bool {
    [
        ErrorClass::Config,
        ErrorClass::Dependency,
        ErrorClass::Provider,
        ErrorClass::Storage,
        ErrorClass::Resources,
    ]
    .iter()
    .any(|one| one.word() == class)
}

fn holder(state: &StageState) -> Option<&str> {
    match state {
        StageState::InProgress(lease) => Some(&lease.box_name),
        _ => None,
    }
}
