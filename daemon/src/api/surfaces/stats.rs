//! `GET /api/stats?window=24h`

use super::health::free_bytes;
use crate::api::Api;
use crate::api::answer::{self, Answer};
use crate::api::auth::Caller;
use crate::api::extract::Asked;
use crate::api::problem::{Problem, excerpt};
use crate::api::view::time;
use crate::config::quantity::parse_duration;
use crate::domain::Timestamp;
use crate::store::shares::{self, By, Share};
use crate::youtube::quota;
use axum::extract::State;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The window unless said.
const DEFAULT: &str = "24h";
/// The longest window.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);
/// How long a count of the files holds.
const KEPT: Duration = Duration::from_secs(60);

/// The last count of the files that are kept.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Option<(Instant, u64, u64)>>);

impl Kept {
    /// Files below `dir` and their bytes, at most a minute old.
    pub(super) fn count(&self, dir: &Path) -> (u64, u64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, files, bytes)) = *kept
            && at.elapsed() < KEPT
        {
            return (files, bytes);
        }
        let (files, bytes) = count(dir);
        *kept = Some((Instant::now(), files, bytes));
        (files, bytes)
    }
}

/// What can't be read is not counted: it may be on its way out.
fn count(dir: &Path) -> (u64, u64) {
    let (mut files, mut bytes) = (0, 0);
    let mut left = vec![dir.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => left.push(entry.path()),
                Ok(kind) if kind.is_file() => {
                    files += 1;
                    bytes += entry.metadata().map_or(0, |metadata| metadata.len());
                }
                _ => {}
            }
        }
    }
    (files, bytes)
}

/// `GET /api/stats`
pub async fn stats(
    State(api): State<Api>,
    caller: Caller,
    Asked(mut asked): Asked,
) -> Result<Answer<Value>, Problem> {
    let window = asked.text("window").unwrap_or_else(|| DEFAULT.to_owned());
    let span = parse_duration(&window).filter(|span| !span.is_zero() && *span <= LONGEST);
    if span.is_none() {
        asked.problem(
            "window",
            format!(
                "is `{}`; write a duration up to 366d, like 90m or 24h",
                excerpt(&window)
            ),
        );
    }
    asked.finish()?;
    let span = i64::try_from(span.unwrap_or_default().as_millis()).unwrap_or(i64::MAX);
    let since = Timestamp(api.engine().now().0.saturating_sub(span));
    let stats = api.engine().reader().stats(since, caller.only()).await?;
    let user = caller.only().map(str::to_owned);
    let asked = api.engine().reader().ask(move |connection| {
        let by = |by| shares::since(connection, since, user.as_deref(), by);
        Ok((by(By::Day)?, by(By::Pipeline)?))
    });
    let (days, pipelines) = asked.await?;
    let stages: Map<String, Value> = stats
        .stages
        .iter()
        .map(|(id, one)| {
            let told = json!({
                "count": one.count, "p50": one.p50_ms, "p90": one.p90_ms, "p99": one.p99_ms, "failed": one.failed,
            });
            (id.clone(), told)
        })
        .collect();
    Ok(answer::ok(json!({
        "window": window,
        "videos": {
            "total": stats.total, "completed": stats.completed, "failed": stats.failed, "cancelled": stats.cancelled,
            "successRate": rate(stats.completed, stats.failed),
        },
        "processingTime": { "p50": stats.p50_ms, "p90": stats.p90_ms, "p99": stats.p99_ms },
        "stages": stages,
        "days": days
            .iter()
            .map(|(day, one)| {
                let mut told = share(one);
                told["date"] = day.as_str().into();
                told
            })
            .collect::<Vec<_>>(),
        "pipelines": pipelines
            .iter()
            .map(|(name, one)| (name.clone(), share(one)))
            .collect::<Map<_, _>>(),
        "storage": storage(&api).await?,
        "webhooks": api.webhook_counts(since).await?,
        "queue": { "queued": stats.queued, "running": stats.running },
        "quota": youtube(&api).await?,
    })))
}

/// Of those that came to an end of their own.
fn rate(completed: u64, failed: u64) -> Option<f64> {
    let ended = completed + failed;
    #[allow(
        clippy::cast_precision_loss,
        reason = "counts of videos are far below 2^53"
    )]
    (ended > 0).then(|| (completed as f64 / ended as f64 * 10_000.0).round() / 10_000.0)
}

fn share(one: &Share) -> Value {
    json!({
        "total": one.total, "completed": one.completed, "failed": one.failed, "cancelled": one.cancelled,
        "successRate": rate(one.completed, one.failed),
        "processingTime": { "p50": one.p50_ms, "p90": one.p90_ms },
    })
}

async fn storage(api: &Api) -> Result<Value, Problem> {
    let (api, dir) = (api.clone(), api.config().data_dir.clone());
    let counted = tokio::task::spawn_blocking(move || {
        let (files, bytes) = api.kept().count(&dir.join("media"));
        json!({ "bytes": bytes, "files": files, "freeBytes": free_bytes(&dir).ok() })
    });
    counted
        .await
        .map_err(|error| Problem::internal("the files could not be counted", &error))
}

/// What a day of YouTube allows and what was used of it; null while the ledger can't be read.
async fn youtube(api: &Api) -> Result<Value, Problem> {
    let (config, now) = (api.config(), api.engine().now());
    let read = tokio::task::spawn_blocking(move || {
        let now = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
        quota::today(&config.youtube, &config.data_dir, now)
    });
    let read = read
        .await
        .map_err(|error| Problem::internal("the ledger could not be read", &error))?;
    let quota = match read {
        Ok(quota) => quota,
        Err(problem) => {
            tracing::warn!(
                component = "VIDEO",
                "the ledger of YouTube's quota can't be read: {problem}"
            );
            return Ok(Value::Null);
        }
    };
    let projects: Vec<Value> = quota
        .projects
        .iter()
        .map(|one| {
            json!({
                "project": one.id, "channels": one.channels, "uploads": one.used.uploads, "units": one.used.units,
                "usedUp": one.is_full(quota.allowed),
            })
        })
        .collect();
    Ok(json!({
        "day": quota.day,
        "resetsAt": time::text(Timestamp(quota.until.as_millisecond())),
        "dailyUploads": quota.allowed.uploads,
        "dailyUnits": quota.allowed.units,
        "projects": projects,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_counted_below_and_not_beside() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(count(&dir.path().join("none")), (0, 0));
        std::fs::create_dir_all(dir.path().join("a/b")).unwrap();
        std::fs::write(dir.path().join("a/one"), "123").unwrap();
        std::fs::write(dir.path().join("a/b/two"), "4567").unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("a/root")).unwrap();
        assert_eq!(count(dir.path()), (2, 7));
    }
}
