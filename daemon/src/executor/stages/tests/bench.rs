//! A host for stages in tests: runs every step's program at once, and remembers what was said.

use crate::attempt_log::Level;
use crate::cache::Cache;
use crate::config::Config;
use crate::domain::{self, ErrorClass, Timestamp, Values, Workflow};
use crate::executor::Outside;
use crate::executor::stage::{
    BoxFuture, Facts, Host, StageContext, StageError, Stdout, Step, StepResult,
};
use crate::executor::stages::registry;
use crate::objects::Objects;
use crate::outbound::Own;
use crate::pipeline::{Catalogue, Defaults, Draft, json, prepare};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// A workflow of its own, with its own directories.
pub struct Bench {
    folder: tempfile::TempDir,
    params: Values,
    /// By the name of the stage.
    pub outputs: BTreeMap<String, Values>,
    host: Arc<Fake>,
    cache: Cache,
}

#[derive(Default)]
struct Fake {
    work: PathBuf,
    said: Mutex<Vec<String>>,
    steps: Mutex<usize>,
    no_programs: Mutex<bool>,
    stop: CancellationToken,
}

impl Bench {
    pub fn new(params: serde_json::Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        std::fs::create_dir_all(&work).unwrap();
        std::fs::create_dir_all(folder.path().join("media")).unwrap();
        let params = json::values(params.as_object().unwrap());
        let cache = Cache::of(&Config::default_at(folder.path()));
        Self {
            cache,
            params,
            outputs: BTreeMap::new(),
            host: Arc::new(Fake {
                work,
                ..Fake::default()
            }),
            folder,
        }
    }

    /// Another workflow on the same daemon, as far as what was made before goes.
    pub fn beside(&self, params: serde_json::Value) -> Self {
        Self {
            cache: self.cache.clone(),
            ..Self::new(params)
        }
    }

    /// Leaves the files for a person to look at, and says where.
    pub fn keep(mut self) {
        self.folder.disable_cleanup(true);
        println!("kept in {}", self.folder.path().display());
    }

    pub fn media(&self) -> PathBuf {
        self.folder.path().join("media")
    }

    pub fn library(&self) -> PathBuf {
        self.folder.path().join("library")
    }

    pub fn without_programs(&mut self) {
        *self
            .host
            .no_programs
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
    }

    pub fn said(&self, words: &str) -> bool {
        self.host
            .said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .any(|line| line.contains(words))
    }

    pub fn steps(&self) -> usize {
        *self
            .host
            .steps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub fn pretend(&mut self, stage: &str, outputs: serde_json::Value) {
        self.outputs
            .insert(stage.to_owned(), json::values(outputs.as_object().unwrap()));
    }

    /// Files that have only their part name.
    pub fn parts(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut open = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if path
                    .extension()
                    .is_some_and(|extension| extension == "part")
                {
                    found.push(path);
                }
            }
        }
        found
    }

    /// What this stage would see.
    pub fn context(&self, stage: &str) -> StageContext {
        let mut config = Config::default_at(self.folder.path());
        config.media.library = self.library();
        let objects = Objects::of(&config.storage).unwrap();
        let mut outside = Outside::of(&config, Own::default(), String::new(), objects);
        outside.cache = self.cache.clone();
        let facts = Facts {
            workflow_id: "bench".into(),
            workflow_name: "Bench".into(),
            user: "Ann & Bob".into(),
            request_id: "r".into(),
            stage_id: stage.into(),
            attempt: 1,
            last_try: false,
            run: 1,
            params: self.params.clone(),
            with: Values::new(),
            answers: Vec::new(),
            outputs: self.outputs.clone(),
            work_dir: self.host.work.clone(),
            media_dir: self.media(),
            outside: Arc::new(outside),
            config: Arc::new(config),
        };
        StageContext::new(facts, Arc::clone(&self.host) as Arc<dyn Host>)
    }

    pub async fn run(&mut self, stage: &str) -> Result<(), StageError> {
        let context = self.context(stage);
        let outputs = registry().get(stage).unwrap().run(context).await?;
        self.outputs.insert(stage.to_owned(), outputs);
        Ok(())
    }
}

impl Host for Fake {
    fn log(&self, _: Level, text: &str) {
        self.said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text.to_owned());
    }

    fn progress(&self, _: f64, _: Option<String>) {}

    fn gave(&self, _: Values) -> BoxFuture<()> {
        Box::pin(async {})
    }

    fn paid(&self, _: &str, _: u64) {}

    fn cancelled(&self) -> &CancellationToken {
        &self.stop
    }

    fn step(&self, _: &str, step: Step) -> BoxFuture<Result<StepResult, StageError>> {
        *self.steps.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let missing = *self
            .no_programs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let dir = step.dir.clone().unwrap_or_else(|| self.work.clone());
        Box::pin(async move {
            if missing {
                return Err(StageError::failed(
                    ErrorClass::Config,
                    "program_missing",
                    "no such program",
                    "",
                ));
            }
            let mut command = tokio::process::Command::new(&step.program);
            let output = command
                .args(&step.args)
                .current_dir(dir)
                .stdin(Stdio::null())
                .output()
                .await
                .unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            let stdout = if step.stdout == Stdout::Log {
                Vec::new()
            } else {
                output.stdout
            };
            Ok(StepResult {
                exit: output.status.code(),
                signal: None,
                log_tail: stderr,
                stdout,
            })
        })
    }
}

/// A workflow of the `video` pipeline that has not begun.
pub fn workflow() -> Workflow {
    let config = Config::default_at("/nonexistent/reel");
    let catalogue = Catalogue::load(Path::new("/nonexistent/reel"), &Defaults::from(&config));
    let params = serde_json::json!({"prompt": "x"});
    let draft = Draft {
        pipeline: "video".to_owned(),
        params: params.as_object().unwrap().clone(),
        ..Draft::default()
    };
    domain::evolve::create(&prepare(draft, &catalogue, &config).unwrap(), Timestamp(0))
}
