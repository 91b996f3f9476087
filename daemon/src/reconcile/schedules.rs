//! Schedules that submit by the clock, and windows in which nothing new starts.
//!
//! A run's id is made of the schedule's name and the time it stands for, so that no time is ever submitted twice, whatever
//! crashes in between. A time that passed while the daemon was down is made up for once where `catch_up` says so.

use super::Context;
use super::runs::{self, Run};
use crate::calendar;
use crate::config::{Config, Schedule};
use crate::domain::{Refusal, Timestamp};
use crate::engine::EngineError;
use crate::pipeline::prepare::{Draft, prepare};
use crate::store::schedules as stored;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// A step of the wall clock, and a new configuration, is noticed within this time.
const LONGEST: Duration = Duration::from_secs(60);

pub(super) async fn run(context: Context) {
    let mut config = context.config.clone();
    let mut since: HashMap<String, Timestamp> = HashMap::new();
    let begun = context.engine.now();
    loop {
        let now_config: Arc<Config> = Arc::clone(&config.borrow_and_update());
        let fired = context
            .engine
            .reader()
            .schedules()
            .await
            .unwrap_or_default();
        let mut next: Option<Timestamp> = None;
        for schedule in &now_config.schedules {
            let from = *since.entry(schedule.name.clone()).or_insert_with(|| {
                let last = fired
                    .iter()
                    .find(|row| row.name == schedule.name)
                    .map(|row| row.fired_at);
                if schedule.catch_up {
                    last.unwrap_or(begun)
                } else {
                    begun
                }
            });
            let now = context.engine.now();
            if let Some(at) =
                calendar::last(&schedule.cron, &schedule.zone, now).filter(|at| *at > from)
                && fire(&context, &now_config, schedule, at).await
            {
                since.insert(schedule.name.clone(), at);
            }
            next = earlier(next, calendar::next(&schedule.cron, &schedule.zone, now));
        }
        next = earlier(next, windows(&context, &now_config).await);
        let wait = next.map(|at| at.since(context.engine.now()).min(LONGEST));
        tokio::select! {
            () = context.stop.cancelled() => return,
            changed = config.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(wait.unwrap_or(LONGEST)), if wait.is_some() => {}
        }
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Submits the runs of one time. False: it is tried again at the next pass.
async fn fire(context: &Context, config: &Arc<Config>, schedule: &Schedule, at: Timestamp) -> bool {
    let runs = match runs::of(&context.engine, config, schedule).await {
        Ok(runs) => runs,
        Err(error) => {
            tracing::warn!(component = "QUEUE_MANAGER", schedule = %schedule.name, "not submitted yet: {error}");
            return false;
        }
    };
    if runs.is_empty() {
        tracing::info!(component = "QUEUE_MANAGER", schedule = %schedule.name, "no episode is left to be processed");
    }
    let mut made = None;
    for run in runs {
        match submit(context, config, schedule, run, at).await {
            Some(id) => made = made.or(id),
            None => return false,
        }
    }
    let name = schedule.name.clone();
    let noted = context
        .engine
        .write(move |connection| stored::fired(connection, &name, at, made.as_deref()))
        .await;
    if let Err(error) = noted {
        tracing::warn!(component = "QUEUE_MANAGER", schedule = %schedule.name, "its time was not noted: {error}");
    }
    true
}

/// Submits one run: its workflow's id, or none inside where it was refused. None: not now.
async fn submit(
    context: &Context,
    config: &Config,
    schedule: &Schedule,
    run: Run,
    at: Timestamp,
) -> Option<Option<String>> {
    let name = schedule.name.chars().filter(char::is_ascii_alphanumeric);
    let longest = 40 - run.suffix.len();
    let id = format!(
        "{}-{}{}",
        name.take(longest).collect::<String>(),
        at.0 / 1000,
        run.suffix
    );
    let draft = Draft {
        pipeline: schedule.pipeline.clone(),
        params: run.params,
        id: Some(id.clone()),
        name: Some(run.name),
        labels: [("schedule".to_owned(), schedule.name.clone())].into(),
        user: "schedule".into(),
        surface: "schedule".into(),
        request_id: format!("schedule-{id}"),
        ..Draft::default()
    };
    match prepare(draft, &context.catalogue, config) {
        Ok(submit) => match context.engine.submit(submit).await {
            Ok(ack) => Some(Some(ack.workflow.id.clone())),
            // Submitted before a crash that came ahead of its time being noted.
            Err(EngineError::Refused(Refusal::IdTaken(id))) => Some(Some(id)),
            Err(
                error @ (EngineError::DiskFull | EngineError::Stopping | EngineError::Store(_)),
            ) => {
                tracing::warn!(component = "QUEUE_MANAGER", schedule = %schedule.name, "not submitted yet: {error}");
                None
            }
            Err(error) => {
                tracing::error!(component = "QUEUE_MANAGER", schedule = %schedule.name, "refused: {error}");
                Some(None)
            }
        },
        Err(problems) => {
            let told: Vec<String> = problems
                .iter()
                .map(|one| format!("{}: {}", one.field, one.problem))
                .collect();
            tracing::error!(component = "QUEUE_MANAGER", schedule = %schedule.name, "refused: {}", told.join("; "));
            Some(None)
        }
    }
}

/// Holds new starts while a window is open. Answers when to look again.
async fn windows(context: &Context, config: &Config) -> Option<Timestamp> {
    let now = context.engine.now();
    let open = calendar::open_until(&config.windows, now);
    let mut next = open;
    for window in &config.windows {
        next = earlier(next, calendar::next(&window.cron, &window.zone, now));
    }
    if context.engine.window() != open
        && let Err(error) = context.engine.hold(None, Some(open)).await
    {
        tracing::warn!(
            component = "QUEUE_MANAGER",
            "a window was not noted: {error}"
        );
    }
    next
}
