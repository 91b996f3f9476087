//! One client of the soak: it asks, keeps what it was promised, and goes on where a kill cut it off.

use reel_shared::client::{ClientError, Events, EventsQuery, Http, Method};
use reel_shared::request::SubmitRequest;
use reel_shared::stream::Frame;
use reel_tests::{Failure, Home, LIMIT, Result};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// The job: says when it has done its work, as its last act. `$1` is its own file, `$2` how it behaves.
const SCRIPT: &str = r#"
case "$2" in
  slow) sleep 0.3 ;;
  loud) i=0; while [ $i -lt 200 ]; do echo "line $i of a program that talks"; i=$((i+1)); done ;;
  fails) [ "$REEL_ATTEMPT" -gt 1 ] || exit 9 ;;
esac
echo "done $REEL_ATTEMPT" >> "$1"
"#;

const KINDS: [&str; 8] = [
    "quick", "quick", "quick", "quick", "slow", "slow", "loud", "fails",
];

/// What one client was promised, and how it fared.
#[derive(Debug, Default)]
pub struct Promises {
    /// Ids whose submit was answered with success.
    pub accepted: Vec<String>,
    /// Requests that a kill cut off.
    pub cut_off: usize,
    /// Submits that were sent again and turned out to have been taken the first time.
    pub taken_before: usize,
    /// Cancels and retries that were taken.
    pub acts: usize,
    /// Answers that make no sense, in words.
    pub strange: Vec<String>,
}

/// A client at work.
pub struct Client {
    number: usize,
    chance: fastrand::Rng,
    home: Home,
    http: Http,
    files: PathBuf,
    life: watch::Receiver<u64>,
    enough: Arc<AtomicBool>,
    made: Arc<AtomicUsize>,
    promises: Promises,
}

enum Answer {
    Taken,
    Refused(u16, String),
    CutOff,
}

impl Client {
    pub fn new(
        number: usize,
        seed: u64,
        home: &Home,
        files: &Path,
        life: watch::Receiver<u64>,
        enough: Arc<AtomicBool>,
        made: Arc<AtomicUsize>,
    ) -> Self {
        let chance = fastrand::Rng::with_seed(seed.wrapping_add(1 + number as u64));
        let (home, http, files) = (home.clone(), home.client(), files.to_owned());
        Self {
            number,
            chance,
            home,
            http,
            files,
            life,
            enough,
            made,
            promises: Promises::default(),
        }
    }

    /// Works until it is told that it is enough.
    pub async fn run(mut self) -> Result<Promises> {
        let mut next = 0;
        while !self.enough.load(Ordering::Relaxed) {
            match self.chance.u8(0..100) {
                0..60 => {
                    self.submit(next).await?;
                    next += 1;
                }
                60..78 => self.act("cancel").await?,
                78..94 => self.act("retry").await?,
                _ => self.look().await?,
            }
            // A client's own pace: the load is spread over all kills.
            tokio::time::sleep(Duration::from_millis(self.chance.u64(0..80))).await;
        }
        Ok(self.promises)
    }

    /// Submits until the daemon has said yes, with one key, so that being cut off makes no second job.
    async fn submit(&mut self, next: usize) -> Result<()> {
        let id = format!("soak-{}-{next}", self.number);
        let kind = KINDS[self.chance.usize(0..KINDS.len())];
        let file = self.files.join(&id);
        let mut params = Map::new();
        params.insert(
            "argv".into(),
            json!(["/bin/sh", "-c", SCRIPT, "sh", file, kind]),
        );
        let request = SubmitRequest {
            pipeline: "command".into(),
            id: Some(id.clone()),
            priority: Some(self.chance.i64(-5..=5)),
            params,
            ..SubmitRequest::default()
        };
        let body = serde_json::to_vec(&request).map_err(Failure::at("a request"))?;
        let mut again = false;
        loop {
            match self
                .ask(
                    Method::POST,
                    "/api/workflow",
                    Some(body.clone()),
                    &[("idempotency-key", id.as_str())],
                )
                .await?
            {
                Answer::Taken => break,
                Answer::CutOff => again = true,
                Answer::Refused(409, code) if again && code == "id_taken" => {
                    self.promises.taken_before += 1;
                    break;
                }
                // The first one is still at work: its answer comes with the next try.
                Answer::Refused(409, _) if again => {
                    tokio::time::sleep(Duration::from_millis(5)).await
                }
                Answer::Refused(status, code) => {
                    self.promises
                        .strange
                        .push(format!("submit of {id}: {status} {code}"));
                    return Ok(());
                }
            }
        }
        self.promises.accepted.push(id);
        self.made.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Cancels or retries one of its own. That it is too late, or not to be retried, is a good answer too.
    async fn act(&mut self, act: &str) -> Result<()> {
        let Some(id) = self
            .chance
            .choice(self.promises.accepted.iter().rev().take(20))
            .cloned()
        else {
            return Ok(());
        };
        match self
            .ask(
                Method::POST,
                &format!("/api/workflow/{id}/{act}"),
                Some(b"{}".to_vec()),
                &[],
            )
            .await?
        {
            Answer::Taken => self.promises.acts += 1,
            Answer::Refused(409, code) if code == "invalid_transition" => {}
            Answer::CutOff => {}
            Answer::Refused(status, code) => self
                .promises
                .strange
                .push(format!("{act} of {id}: {status} {code}")),
        }
        Ok(())
    }

    /// Looks at one of its own: what was promised must be there at any time.
    async fn look(&mut self) -> Result<()> {
        let Some(id) = self.chance.choice(&self.promises.accepted).cloned() else {
            return Ok(());
        };
        if let Answer::Refused(status, code) = self
            .ask(
                Method::GET,
                &format!("/api/workflow/status/{id}"),
                None,
                &[],
            )
            .await?
        {
            self.promises
                .strange
                .push(format!("status of {id}: {status} {code}"));
        }
        Ok(())
    }

    /// One request. Cut off by a kill, it waits until the daemon serves again.
    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&'static str, &str)],
    ) -> Result<Answer> {
        let seen = *self.life.borrow();
        match self.http.request(method, path, body, headers).await {
            Ok(_) => Ok(Answer::Taken),
            Err(ClientError::Problem {
                status, problem, ..
            }) => Ok(Answer::Refused(status, problem.code)),
            Err(ClientError::Lost { .. } | ClientError::Unreachable { .. }) => {
                self.promises.cut_off += 1;
                self.http = self.home.client();
                let back =
                    tokio::time::timeout(LIMIT, self.life.wait_for(|life| *life > seen)).await;
                if back.is_err() {
                    return Err(Failure::new(format!(
                        "{path}: cut off, but nobody had killed the daemon"
                    )));
                }
                Ok(Answer::CutOff)
            }
            Err(other) => Err(Failure::at("a request")(other)),
        }
    }
}

/// Waits until no workflow is active any more.
pub async fn wait_until_idle(home: &Home) -> Result<()> {
    let mut events = Events::connect(&home.endpoint(), &EventsQuery::default())
        .await
        .map_err(Failure::at("the event stream"))?;
    let mut active = BTreeSet::new();
    let mut known = false;
    let drained = tokio::time::timeout(LIMIT * 5, async {
        while !known || !active.is_empty() {
            match events
                .next()
                .await
                .map_err(Failure::at("the event stream"))?
            {
                Frame::Snapshot { workflows, .. } => {
                    known = true;
                    active = workflows
                        .into_iter()
                        .filter(|view| !has_ended(&view.status))
                        .map(|view| view.id)
                        .collect();
                }
                Frame::Event {
                    workflow: Some(view),
                    ..
                } if has_ended(&view.status) => drop(active.remove(&view.id)),
                Frame::Event {
                    workflow: Some(view),
                    ..
                } => drop(active.insert(view.id)),
                _ => {}
            }
        }
        Ok(())
    });
    drained.await.unwrap_or_else(|_| {
        Err(Failure::new(format!(
            "{} workflows never end: {:?}",
            active.len(),
            active.first()
        )))
    })
}

fn has_ended(status: &str) -> bool {
    ["completed", "failed", "cancelled"].contains(&status)
}

/// The `data` of a page, for the audit.
pub fn events_of(page: &Value) -> Vec<String> {
    let events = page
        .get("events")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    events
        .iter()
        .filter_map(|event| event.get("kind")?.as_str().map(str::to_owned))
        .collect()
}
