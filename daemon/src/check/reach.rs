//! The services that are chosen and have their keys: whether they are reached, take the key, and how much they still allow.

use super::Finding;
use crate::config::Config;
use crate::providers::door::{Door, Found, doors};
use std::time::Duration;

/// For each; they are asked at once.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn look(config: &Config) -> Vec<Finding> {
    let doors = doors(config, PATIENCE);
    if doors.is_empty() {
        return Vec::new();
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(futures_util::future::join_all(doors.iter().map(ask))),
        Err(error) => {
            let detail = format!("could not be asked: {error}");
            vec![Finding::warning("providers", detail, "run the check again")]
        }
    }
}

async fn ask(door: &Door) -> Finding {
    let subject = format!("provider {}", door.name());
    let at = door.base();
    match door.knock(PATIENCE).await {
        Found::Open(words) => Finding::ok(subject, format!("{at}: {words}")),
        Found::Spent(trouble) => Finding::warning(
            subject,
            format!("{at}: {}", trouble.message),
            "stages that want it wait by themselves; raise the account's limit, or choose another provider",
        ),
        // It was chosen, and nothing that wants it can work.
        Found::Locked(trouble) => {
            Finding::missing(subject, format!("{at}: {}", trouble.message), trouble.hint)
        }
        // A network comes back, and stages try again until then.
        Found::Silent(trouble) => {
            Finding::warning(subject, format!("{at}: {}", trouble.message), trouble.hint)
        }
    }
}
