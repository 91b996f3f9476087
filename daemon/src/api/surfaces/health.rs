//! `/healthz` and `/readyz`: for whoever watches over the daemon. A caller that isn't known hears only whether it is ready.

use crate::api::Api;
use crate::api::answer;
use crate::api::auth::Caller;
use crate::engine::boxes::LinkState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database must answer within this time to count as there.
const PATIENCE: Duration = Duration::from_secs(2);
/// An object that is asked for to see whether the store answers.
const PROBE: &str = "reel-readiness";
/// What the built-in pipelines run.
const PROGRAMS: [&str; 3] = ["ffmpeg", "ffprobe", "espeak-ng"];

/// `GET /healthz`
pub async fn alive() -> Response {
    answer::ok(json!({ "alive": true })).into_response()
}

/// `GET /readyz`
pub async fn ready(State(api): State<Api>, caller: Option<axum::Extension<Caller>>) -> Response {
    let config = api.config();
    let mut components = Map::new();
    components.insert("database".to_owned(), database(&api).await);
    let (dir, least) = (config.data_dir.clone(), config.retention.min_free_disk);
    let probed = tokio::task::spawn_blocking(move || (disk(&dir, least), programs())).await;
    let (disk, programs) = probed.unwrap_or_else(|error| {
        let failed =
            json!({ "state": "failed", "message": format!("could not be looked at: {error}") });
        (failed.clone(), failed)
    });
    components.insert("disk".to_owned(), disk);
    components.insert("programs".to_owned(), programs);
    let redis = match api.engine().link_state() {
        LinkState::Off if config.redis.is_some() => {
            json!({ "state": "failed", "message": "Redis was not reached yet" })
        }
        LinkState::Off => json!({ "state": "off" }),
        LinkState::Reached => json!({ "state": "ok" }),
        LinkState::Cut(problem) => json!({ "state": "failed", "message": problem }),
    };
    components.insert("redis".to_owned(), redis);
    components.insert("store".to_owned(), store(&api).await);
    // A missing program fails what needs it, with the remedy, and without the object store files stay here until it is
    // back: the daemon serves all the same.
    let ready = !api.is_stopping()
        && ["database", "disk"]
            .iter()
            .all(|name| components[*name]["state"] != "failed");
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut data = json!({ "ready": ready });
    if caller.is_some() {
        data["components"] = Value::Object(components);
    }
    let mut answer = answer::ok(data).into_response();
    *answer.status_mut() = status;
    answer
}

async fn database(api: &Api) -> Value {
    match tokio::time::timeout(PATIENCE, api.engine().reader().bounds()).await {
        Ok(Ok((seq, _))) => json!({ "state": "ok", "seq": seq }),
        Ok(Err(error)) => json!({ "state": "failed", "message": error.to_string() }),
        Err(_) => json!({ "state": "failed", "message": "did not answer within 2 s" }),
    }
}

/// Whether the object store answers; what is asked for need not be there.
async fn store(api: &Api) -> Value {
    if !api.objects().is_remote() {
        return json!({ "state": "ok", "message": "files are kept in the data directory" });
    }
    match tokio::time::timeout(PATIENCE, api.objects().head(PROBE)).await {
        Ok(Ok(_)) => json!({ "state": "ok" }),
        Ok(Err(error)) => json!({ "state": "failed", "message": error.to_string() }),
        Err(_) => json!({ "state": "failed", "message": "did not answer within 2 s" }),
    }
}

/// Free bytes where the data directory is.
pub(super) fn free_bytes(dir: &Path) -> std::io::Result<u64> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

fn disk(dir: &Path, least: u64) -> Value {
    match free_bytes(dir) {
        Ok(free) if free < least => json!({
            "state": "low", "freeBytes": free, "wantedBytes": least,
            "message": "nothing new starts until there is more room; it resumes by itself",
        }),
        Ok(free) => json!({ "state": "ok", "freeBytes": free }),
        Err(error) => json!({ "state": "failed", "message": error.to_string() }),
    }
}

fn programs() -> Value {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let missing: Vec<&str> = PROGRAMS
        .into_iter()
        .filter(|name| !places.iter().any(|place| place.join(name).is_file()))
        .collect();
    if missing.is_empty() {
        return json!({ "state": "ok" });
    }
    json!({ "state": "missing", "missing": missing, "message": "install them (on Debian: apt install ffmpeg espeak-ng)" })
}
