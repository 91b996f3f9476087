//! Daemons without an engine, orders without a database, and scripts that say when they are ready and wait to go on.

use reeld::attempt_log::{Level, LogName, Query, read};
use reeld::config::Config;
use reeld::domain::pipeline::{Pipeline, RetryPolicy, StageSpec, Work};
use reeld::domain::workflow::{Lease, StageState, State};
use reeld::domain::{
    Failure, Outcome, Resources, Submit, Timestamp, Value, Values, Workflow, create,
};
use reeld::engine::ports::{AttemptKey, Order, Reports, StageRunner};
use reeld::executor::stage::{StageContext, StageError, Stdout, Step};
use reeld::executor::{LocalRunner, Outside, Parts, Registry};
use reeld::objects::Objects;
use reeld::outbound::Own;
use rustix::process::Pid;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use tempfile::TempDir;

/// Far longer than anything here takes: a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, PartialEq)]
pub enum Told {
    Ended(String, Outcome),
    Progress(f64, Option<String>),
}

pub struct Ear(pub SyncSender<Told>);

impl Reports for Ear {
    fn ended(&self, key: AttemptKey, _started_at: Option<Timestamp>, outcome: Outcome) {
        let _ = self.0.send(Told::Ended(key.workflow, outcome));
    }
    fn gave(&self, _key: AttemptKey, _outputs: Values) {}
    fn progress(&self, _key: &AttemptKey, progress: f64, message: Option<String>) {
        let _ = self.0.send(Told::Progress(progress, message));
    }
    fn log_grew(&self, _key: &AttemptKey) {}
}

pub struct Daemon {
    pub runner: LocalRunner,
    pub told: Receiver<Told>,
    pub runtime: tokio::runtime::Runtime,
}

impl Daemon {
    pub fn start(root: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let mut config = Config::default_at(root);
        config.resources = Resources::from([("cpu".to_owned(), 2)]);
        let outside = config.clone();
        let runner = LocalRunner::open(Parts {
            config: Arc::new(config),
            stages: Registry::new()
                .with("two_steps", two_steps)
                .with("waits", waits)
                .with("panics", panics),
            shim: env!("CARGO_BIN_EXE_reel-shim").into(),
            runtime: runtime.handle().clone(),
            grace: Duration::from_millis(300),
            outside: Outside::of(
                &outside,
                Own::default(),
                String::new(),
                Objects::of(&outside.storage).unwrap(),
            ),
        })
        .unwrap();
        let (ear, told) = sync_channel(1000);
        runner.attach(Arc::new(Ear(ear)));
        Self {
            runner,
            told,
            runtime,
        }
    }

    /// The next end; progress before it is passed over.
    pub fn end(&self) -> (String, Outcome) {
        loop {
            if let Told::Ended(workflow, outcome) = self.told.recv_timeout(PATIENCE).unwrap() {
                return (workflow, outcome);
            }
        }
    }

    pub fn run(&self, order: Order) -> Outcome {
        self.runner.start(vec![order]);
        self.end().1
    }
}

pub async fn two_steps(context: StageContext) -> Result<Values, StageError> {
    let script = |text: &str| {
        vec![
            "-c".to_owned(),
            text.replace("YARD", context.params["yard"].as_text().unwrap()),
        ]
    };
    let first = Step {
        progress: Some((0.0, 50.0)),
        stdout: Stdout::Capture { limit: 4 },
        ..Step::new(
            "sh",
            script("echo ran >> YARD/first; echo heard; echo said >&2"),
        )
    };
    let first = context
        .step("first", first)
        .await?
        .require_success("the first")?;
    context.log(Level::Warn, "between");
    let second = Step {
        progress: Some((50.0, 100.0)),
        ..Step::new(
            "sh",
            script("echo ran >> YARD/second; echo ::progress 50; : > YARD/ready; read x < YARD/go"),
        )
    };
    context
        .step("second", second)
        .await?
        .require_success("the second")?;
    Ok(Values::from([
        (
            "heard".to_owned(),
            Value::from(String::from_utf8(first.stdout).unwrap()),
        ),
        ("tail".to_owned(), Value::from(first.log_tail)),
    ]))
}

pub async fn waits(context: StageContext) -> Result<Values, StageError> {
    context.progress(10.0, Some("waiting"));
    context.cancelled().cancelled().await;
    Err(StageError::Cancelled)
}

pub async fn panics(context: StageContext) -> Result<Values, StageError> {
    let nothing: Vec<f64> = Vec::new();
    // The index is beyond the end: this is the panic.
    context.progress(nothing[0], None);
    Ok(Values::new())
}

pub struct Yard {
    pub root: TempDir,
}

impl Yard {
    pub fn new() -> Self {
        let root = TempDir::new().unwrap();
        for fifo in ["ready", "go"] {
            assert!(
                Command::new("mkfifo")
                    .arg(root.path().join(fifo))
                    .status()
                    .unwrap()
                    .success()
            );
        }
        Self { root }
    }

    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// Returns when a script has opened `ready`.
    pub fn wait_until_ready(&self) {
        File::open(self.path().join("ready")).unwrap();
    }

    pub fn go(&self) {
        OpenOptions::new()
            .write(true)
            .open(self.path().join("go"))
            .unwrap()
            .write_all(b"\n")
            .unwrap();
    }

    /// An order for a shell script; `YARD` in it is this yard.
    pub fn script(&self, id: &str, script: &str) -> Order {
        let script = script.replace("YARD", self.path().to_str().unwrap());
        order(
            id,
            spec(Work::Program {
                run: vec!["sh".to_owned(), "-c".to_owned(), script],
            }),
            Values::new(),
        )
    }

    pub fn built_in(&self, id: &str, uses: &str) -> Order {
        let params = Values::from([(
            "yard".to_owned(),
            Value::from(self.path().to_str().unwrap()),
        )]);
        order(
            id,
            spec(Work::BuiltIn {
                uses: uses.to_owned(),
                with: Values::new(),
            }),
            params,
        )
    }

    pub fn command(&self, id: &str, argv: &[&str], more: &[(&str, Value)]) -> Order {
        let argv = Value::List(argv.iter().map(|argument| Value::from(*argument)).collect());
        let mut params = Values::from([("argv".to_owned(), argv)]);
        params.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
        order(id, spec(Work::Command), params)
    }

    pub fn log(&self, id: &str) -> Vec<String> {
        let name = LogName::new(self.path(), id, "one", 1).unwrap();
        let query = Query {
            from_line: 0,
            limit: usize::MAX,
            min_level: Level::Debug,
        };
        read(&name, query)
            .unwrap()
            .lines
            .into_iter()
            .map(|line| line.text)
            .collect()
    }

    pub fn lines(&self, file: &str) -> usize {
        fs::read_to_string(self.path().join(file))
            .unwrap()
            .lines()
            .count()
    }

    /// The one shim below this yard.
    pub fn shim(&self) -> Pid {
        let wanted = format!("log={}", self.path().display());
        let shims = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0)
                .any(|part| part.starts_with(wanted.as_bytes()))
        });
        let pids: Vec<i32> = shims
            .map(|entry| entry.file_name().to_str().unwrap().parse().unwrap())
            .collect();
        assert_eq!(pids.len(), 1);
        Pid::from_raw(pids[0]).unwrap()
    }

    pub fn survivors(&self) -> usize {
        let mark = format!("REEL_WORKDIR={}", self.path().display());
        let environments = fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| fs::read(entry.path().join("environ")).ok());
        environments
            .filter(|environment| {
                environment
                    .split(|byte| *byte == 0)
                    .any(|entry| entry.starts_with(mark.as_bytes()))
            })
            .count()
    }

    pub fn journals(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = fs::read_dir(self.path().join("attempts"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.retain(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("journal-")
        });
        files.sort();
        files
    }
}

pub fn spec(work: Work) -> StageSpec {
    StageSpec {
        id: "one".to_owned(),
        title: "One".to_owned(),
        work,
        needs: Vec::new(),
        when: None,
        retry: RetryPolicy {
            times: 0,
            first: Duration::ZERO,
            max: Duration::ZERO,
        },
        timeout: None,
        stall: None,
        resources: Resources::from([("cpu".to_owned(), 1)]),
        optional: false,
        weight: 1.0,
        outputs: Vec::new(),
        cache: false,
        box_labels: BTreeMap::new(),
        fail: Vec::new(),
    }
}

pub fn order(id: &str, spec: StageSpec, params: Values) -> Order {
    let plan = Pipeline {
        name: "p".to_owned(),
        description: String::new(),
        source: String::new(),
        hash: String::new(),
        origin: "test".to_owned(),
        clarify: false,
        confirm: false,
        gates: Default::default(),
        params: Vec::new(),
        stages: vec![spec],
    };
    let submit = Submit {
        user: "ann".to_owned(),
        surface: "cli".to_owned(),
        request_id: "request".to_owned(),
        params,
        ..Submit::of(id, Arc::new(plan))
    };
    let mut workflow = create(&submit, Timestamp(1_795_000_000_000));
    workflow.state = State::Running { pausing: false };
    let lease = Lease {
        attempt: 1,
        ordinal: 0,
        box_name: "here".to_owned(),
        since: Timestamp(1_795_000_000_000),
    };
    workflow.stages[0].state = StageState::InProgress(lease);
    Order {
        workflow: Arc::new(workflow),
        stage: 0,
        attempt: 1,
        ordinal: 0,
    }
}

/// The order with its stage or workflow changed.
pub fn but(order: Order, change: impl FnOnce(&mut Workflow, &mut StageSpec)) -> Order {
    let mut workflow = Workflow::clone(&order.workflow);
    let mut plan = Pipeline::clone(&workflow.plan);
    change(&mut workflow, &mut plan.stages[0]);
    workflow.plan = Arc::new(plan);
    Order {
        workflow: Arc::new(workflow),
        ..order
    }
}

pub fn failure(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Failed { failure } => failure,
        other => unreachable!("{other:?}"),
    }
}

pub fn outputs(outcome: Outcome) -> BTreeMap<String, String> {
    match outcome {
        Outcome::Completed { outputs } => outputs
            .into_iter()
            .map(|(key, value)| (key, value.to_string()))
            .collect(),
        other => unreachable!("{other:?}"),
    }
}
