//! What a schedule submits each time: one workflow, or with `for_each = "episodes"` one for each episode that is still to be
//! processed.

use crate::config::{Config, Schedule};
use crate::engine::Engine;
use crate::episodes;
use crate::store::{StoreError, processed};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// One workflow to be submitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Tells the runs of one time apart: empty, or a piece of the episode's id's hash.
    pub suffix: String,
    /// For people.
    pub name: String,
    /// The schedule's, with the episode's id.
    pub params: Map<String, Value>,
}

/// The runs of a schedule as things lie now; none where no episode is left.
///
/// # Errors
/// The database's.
pub async fn of(
    engine: &Engine,
    config: &Arc<Config>,
    schedule: &Schedule,
) -> Result<Vec<Run>, StoreError> {
    if schedule.for_each.is_none() {
        return Ok(vec![Run {
            suffix: String::new(),
            name: schedule.name.clone(),
            params: schedule.params.clone(),
        }]);
    }
    let config = Arc::clone(config);
    // Reads directories: off the runtime's threads.
    let found = tokio::task::spawn_blocking(move || episodes::scan(&config)).await;
    let known = engine.reader().ask(processed::known).await?;
    let left = found.unwrap_or_default().into_iter().filter(|episode| {
        !known
            .get(&episode.id)
            .is_some_and(processed::Known::is_processed)
    });
    Ok(left.map(|episode| run(schedule, &episode.id)).collect())
}

fn run(schedule: &Schedule, episode: &str) -> Run {
    let hash: String = Sha256::digest(episode)
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut params = schedule.params.clone();
    params.insert("episode_id".to_owned(), episode.into());
    Run {
        suffix: format!("-{hash}"),
        name: format!("{}: {episode}", schedule.name),
        params,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_episode_has_a_run_of_its_own() {
        let schedule = Schedule {
            name: "nightly".into(),
            cron: "0 2 * * *".into(),
            zone: "UTC".into(),
            pipeline: "episode".into(),
            params: Map::from_iter([("target_stage".to_owned(), "rendered".into())]),
            for_each: Some("episodes".into()),
            catch_up: false,
        };
        let (one, other) = (run(&schedule, "a"), run(&schedule, "b"));
        assert_ne!(one.suffix, other.suffix);
        assert_eq!(one, run(&schedule, "a"));
        assert_eq!(one.params["episode_id"], "a");
        assert_eq!(one.params["target_stage"], "rendered");
    }
}
