//! The runner by its public face, with real shims and programs: what the engine is told, and what happens over the
//! daemon's death.
//! Lines: one scenario a test, all on the same yard.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use reeld::attempt_log::{Level, LogName, Query, read};
use reeld::config::Config;
use reeld::domain::pipeline::{FailMatch, Pipeline, RetryPolicy, StageSpec, Work};
use reeld::domain::workflow::{Lease, StageState, State};
use reeld::domain::{
    ErrorClass, Failure, Outcome, Resources, Submit, Timestamp, Value, Values, Workflow, create,
};
use reeld::engine::ports::{AttemptKey, Order, Reports, StageRunner};
use reeld::executor::stage::{StageContext, StageError, Stdout, Step};
use reeld::executor::{LocalRunner, Parts, Registry};
use rustix::process::{Pid, Signal, kill_process};
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
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, PartialEq)]
enum Told {
    Ended(String, Outcome),
    Progress(f64, Option<String>),
}

struct Ear(SyncSender<Told>);

impl Reports for Ear {
    fn ended(&self, key: AttemptKey, _started_at: Option<Timestamp>, outcome: Outcome) {
        let _ = self.0.send(Told::Ended(key.workflow, outcome));
    }
    fn progress(&self, _key: &AttemptKey, progress: f64, message: Option<String>) {
        let _ = self.0.send(Told::Progress(progress, message));
    }
    fn log_grew(&self, _key: &AttemptKey) {}
}

struct Daemon {
    runner: LocalRunner,
    told: Receiver<Told>,
    runtime: tokio::runtime::Runtime,
}

impl Daemon {
    fn start(root: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let mut config = Config::default_at(root);
        config.resources = Resources::from([("cpu".to_owned(), 2)]);
        let runner = LocalRunner::open(Parts {
            config: Arc::new(config),
            stages: Registry::new()
                .with("two_steps", two_steps)
                .with("waits", waits)
                .with("panics", panics),
            shim: env!("CARGO_BIN_EXE_reel-shim").into(),
            runtime: runtime.handle().clone(),
            grace: Duration::from_millis(300),
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
    fn end(&self) -> (String, Outcome) {
        loop {
            if let Told::Ended(workflow, outcome) = self.told.recv_timeout(PATIENCE).unwrap() {
                return (workflow, outcome);
            }
        }
    }

    fn run(&self, order: Order) -> Outcome {
        self.runner.start(vec![order]);
        self.end().1
    }
}

async fn two_steps(context: StageContext) -> Result<Values, StageError> {
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

async fn waits(context: StageContext) -> Result<Values, StageError> {
    context.progress(10.0, Some("waiting"));
    context.cancelled().cancelled().await;
    Err(StageError::Cancelled)
}

async fn panics(context: StageContext) -> Result<Values, StageError> {
    let missing: Option<u8> = None;
    context.progress(1.0, None);
    missing.unwrap();
    Ok(Values::new())
}

struct Yard {
    root: TempDir,
}

impl Yard {
    fn new() -> Self {
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

    fn path(&self) -> &Path {
        self.root.path()
    }

    /// Returns when a script has opened `ready`.
    fn wait_until_ready(&self) {
        File::open(self.path().join("ready")).unwrap();
    }

    fn go(&self) {
        OpenOptions::new()
            .write(true)
            .open(self.path().join("go"))
            .unwrap()
            .write_all(b"\n")
            .unwrap();
    }

    /// An order for a shell script; `YARD` in it is this yard.
    fn script(&self, id: &str, script: &str) -> Order {
        let script = script.replace("YARD", self.path().to_str().unwrap());
        order(
            id,
            spec(Work::Program {
                run: vec!["sh".to_owned(), "-c".to_owned(), script],
            }),
            Values::new(),
        )
    }

    fn built_in(&self, id: &str, uses: &str) -> Order {
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

    fn command(&self, id: &str, argv: &[&str], more: &[(&str, Value)]) -> Order {
        let argv = Value::List(argv.iter().map(|argument| Value::from(*argument)).collect());
        let mut params = Values::from([("argv".to_owned(), argv)]);
        params.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
        order(id, spec(Work::Command), params)
    }

    fn log(&self, id: &str) -> Vec<String> {
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

    fn lines(&self, file: &str) -> usize {
        fs::read_to_string(self.path().join(file))
            .unwrap()
            .lines()
            .count()
    }

    /// The one shim below this yard.
    fn shim(&self) -> Pid {
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

    fn survivors(&self) -> usize {
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

    fn journals(&self) -> Vec<PathBuf> {
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

fn spec(work: Work) -> StageSpec {
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
        box_labels: BTreeMap::new(),
        fail: Vec::new(),
    }
}

fn order(id: &str, spec: StageSpec, params: Values) -> Order {
    let plan = Pipeline {
        name: "p".to_owned(),
        description: String::new(),
        source: String::new(),
        hash: String::new(),
        origin: "test".to_owned(),
        clarify: false,
        confirm: false,
        params: Vec::new(),
        stages: vec![spec],
    };
    let submit = Submit {
        id: id.to_owned(),
        plan: Arc::new(plan),
        name: id.to_owned(),
        user: "ann".to_owned(),
        surface: "cli".to_owned(),
        request_id: "request".to_owned(),
        execution_id: None,
        priority: 0,
        labels: BTreeMap::new(),
        params,
        webhook_url: None,
        depends_on: Vec::new(),
        not_before: None,
        wants_confirmation: false,
        gate_deadline: None,
        resources: None,
        retry: None,
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
fn but(order: Order, change: impl FnOnce(&mut Workflow, &mut StageSpec)) -> Order {
    let mut workflow = Workflow::clone(&order.workflow);
    let mut plan = Pipeline::clone(&workflow.plan);
    change(&mut workflow, &mut plan.stages[0]);
    workflow.plan = Arc::new(plan);
    Order {
        workflow: Arc::new(workflow),
        ..order
    }
}

fn failure(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Failed { failure } => failure,
        other => unreachable!("{other:?}"),
    }
}

fn outputs(outcome: Outcome) -> BTreeMap<String, String> {
    match outcome {
        Outcome::Completed { outputs } => outputs
            .into_iter()
            .map(|(key, value)| (key, value.to_string()))
            .collect(),
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_program_is_told_its_place_and_gives_outputs() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let script = "echo \"$REEL_WORKFLOW_ID $REEL_STAGE $REEL_ATTEMPT $REEL_REQUEST_ID\" \"$PWD\" | tee /dev/stderr; echo place=$REEL_WORKDIR >> $REEL_OUTPUT";
    let place = yard.path().join("work/w1");
    let seen = outputs(daemon.run(yard.script("w1", script)));
    assert_eq!(seen["place"], place.to_str().unwrap());
    let words = format!("w1 one 1 request {}", place.display());
    assert_eq!(yard.log("w1"), [words.clone(), words]);
}

#[test]
fn a_command_takes_its_arguments_directory_and_variables_as_they_are() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let env = Value::Map(Values::from([
        ("WORD".to_owned(), Value::from("a 'b' ${params.x} é\n%")),
        ("REEL_STAGE".to_owned(), Value::from("forged")),
    ]));
    let order = yard.command(
        "w1",
        &[
            "sh",
            "-c",
            "pwd; echo \"$0|$1|$WORD|$REEL_STAGE\"",
            "${params.x}",
            "*",
        ],
        &[("dir", Value::from("/usr")), ("env", env)],
    );
    assert_eq!(outputs(daemon.run(order)), BTreeMap::new());
    assert_eq!(
        yard.log("w1"),
        ["/usr", "${params.x}|*|a 'b' ${params.x} é", "%|one"]
    );
}

#[test]
fn what_is_wrong_is_named_with_its_remedy() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let missing = failure(daemon.run(yard.command("w1", &["no-such-program"], &[])));
    assert_eq!(
        (
            missing.class,
            missing.code.as_str(),
            missing.stage.as_deref()
        ),
        (ErrorClass::Config, "program_missing", Some("one"))
    );
    assert!(
        missing.message.contains("no-such-program")
            && missing.message.contains("/bin")
            && !missing.hint.is_empty(),
        "{missing:?}"
    );
    let nowhere =
        failure(daemon.run(yard.command("w2", &["true"], &[("dir", Value::from("/no/such"))])));
    assert_eq!(
        (nowhere.class, nowhere.code.as_str()),
        (ErrorClass::Config, "dir")
    );
    let nul = failure(daemon.run(yard.command("w3", &["true", "a\0b"], &[])));
    assert_eq!((nul.class, nul.code.as_str()), (ErrorClass::Input, "nul"));
    let empty = failure(daemon.run(yard.command("w4", &[], &[])));
    assert_eq!(
        (empty.class, empty.code.as_str()),
        (ErrorClass::Input, "argv")
    );
    let unknown = failure(daemon.run(yard.built_in("w5", "magic")));
    assert!(
        unknown.class == ErrorClass::Config && unknown.hint.contains("two_steps"),
        "{unknown:?}"
    );
    let outputs = failure(daemon.run(yard.script("w6", "echo nonsense > $REEL_OUTPUT")));
    assert_eq!(
        (outputs.class, outputs.code.as_str()),
        (ErrorClass::Config, "outputs")
    );
}

#[test]
fn exits_are_classed_by_table_pattern_and_kind() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let fail = |order: Order| {
        but(order, |_, spec| {
            spec.fail = vec![
                (FailMatch::Code(9), ErrorClass::Input),
                (FailMatch::Code(75), ErrorClass::Input),
                (
                    FailMatch::Pattern("quota.*exceeded".to_owned()),
                    ErrorClass::Quota,
                ),
            ];
        })
    };
    let class = |script: &str, id: &str| failure(daemon.run(fail(yard.script(id, script))));
    assert_eq!(class("exit 9", "w1").class, ErrorClass::Input);
    assert_eq!(
        class("echo the quota is exceeded; exit 4", "w2").class,
        ErrorClass::Quota
    );
    let plain = class("echo oh; echo no; exit 4", "w3");
    assert_eq!(
        (plain.class, plain.code.as_str(), plain.message.as_str()),
        (
            ErrorClass::Provider,
            "exit_4",
            "sh ended with exit code 4: no"
        )
    );
    assert_eq!(class("exit 75", "w4").class, ErrorClass::Provider);
    let killed = class("kill -9 $$", "w5");
    assert_eq!(
        (killed.class, killed.code.as_str()),
        (ErrorClass::Resources, "signal_9")
    );
    let parked = daemon.run(yard.script("w6", "echo ::park 90 later; exit 75"));
    assert_eq!(
        parked,
        Outcome::Parked {
            wait: Duration::from_secs(90),
            reason: "later".to_owned(),
            class: None
        }
    );
    let late = daemon.run(but(yard.script("w7", "sleep 1000"), |_, spec| {
        spec.timeout = Some(Duration::from_millis(100))
    }));
    assert_eq!(failure(late).class, ErrorClass::Timeout);
    let still = daemon.run(but(yard.script("w8", "sleep 1000"), |_, spec| {
        spec.stall = Some(Duration::from_millis(200))
    }));
    assert_eq!(failure(still).class, ErrorClass::Stalled);
}

#[test]
fn arguments_are_filled_in() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let run = |word: &str| Work::Program {
        run: vec!["echo".to_owned(), word.to_owned()],
    };
    let params = Values::from([("word".to_owned(), Value::from("a; ${params.word} $(b)"))]);
    assert_eq!(
        outputs(daemon.run(order("w1", spec(run("${params.word}")), params))),
        BTreeMap::new()
    );
    assert_eq!(yard.log("w1"), ["a; ${params.word} $(b)"]);
    let missing = failure(daemon.run(order("w2", spec(run("${params.other}")), Values::new())));
    assert!(
        missing.class == ErrorClass::Config && missing.message.contains("other"),
        "{missing:?}"
    );
}

#[test]
fn orders_wait_for_their_resources_and_can_be_cancelled_meanwhile() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let wide = but(
        yard.script("w1", ": > YARD/ready; read x < YARD/go"),
        |_, spec| spec.resources = Resources::from([("cpu".to_owned(), 2)]),
    );
    let (second, third) = (yard.script("w2", "true"), yard.script("w3", "true"));
    let waiting = second.key();
    daemon.runner.start(vec![wide, second, third]);
    yard.wait_until_ready();
    daemon.runner.cancel(waiting);
    assert_eq!(daemon.end(), ("w2".to_owned(), Outcome::Cancelled));
    yard.go();
    assert_eq!([daemon.end().0, daemon.end().0], ["w1", "w3"]);
}

#[test]
fn a_cancel_is_told_when_nothing_runs_any_more() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let order = yard.script(
        "w1",
        "trap '' TERM; setsid sleep 1000 & : > YARD/ready; sleep 1000; sleep 1000",
    );
    let key = order.key();
    daemon.runner.start(vec![order]);
    yard.wait_until_ready();
    daemon.runner.cancel(key.clone());
    assert_eq!(daemon.end().1, Outcome::Cancelled);
    assert_eq!(yard.survivors(), 0);
    daemon.runner.cancel(key);
}

#[test]
fn progress_is_heard_while_it_runs() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    daemon.runner.start(vec![yard.script(
        "w1",
        "echo ::progress 45.5 half way; : > YARD/ready; read x < YARD/go",
    )]);
    yard.wait_until_ready();
    assert_eq!(
        daemon.told.recv_timeout(PATIENCE).unwrap(),
        Told::Progress(45.5, Some("half way".to_owned()))
    );
    yard.go();
    assert!(matches!(daemon.end().1, Outcome::Completed { .. }));
}

#[test]
fn a_killed_shim_is_a_loss_and_leaves_nothing() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    daemon.runner.start(vec![
        yard.script("w1", "setsid sleep 1000 & : > YARD/ready; sleep 1000"),
    ]);
    yard.wait_until_ready();
    kill_process(yard.shim(), Signal::KILL).unwrap();
    assert!(matches!(daemon.end().1, Outcome::Lost { .. }));
    assert_eq!(yard.survivors(), 0);
}

#[test]
fn a_missing_shim_is_a_failure_with_a_remedy() {
    let yard = Yard::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (config, stages, runtime) = (
        Arc::new(Config::default_at(yard.path())),
        Registry::new(),
        runtime.handle().clone(),
    );
    let runner = LocalRunner::open(Parts {
        config,
        stages,
        shim: "/no/shim".into(),
        runtime,
        grace: LocalRunner::GRACE,
    })
    .unwrap();
    let (ear, told) = sync_channel(10);
    runner.attach(Arc::new(Ear(ear)));
    runner.start(vec![yard.script("w1", "true")]);
    let Told::Ended(_, outcome) = told.recv_timeout(PATIENCE).unwrap() else {
        unreachable!()
    };
    assert_eq!(failure(outcome).class, ErrorClass::Config);
}

/// The first daemon is not dead, only forgotten: what it knows in memory is of no use to the second.
#[test]
fn what_an_earlier_daemon_began_goes_on_and_its_end_is_learned() {
    let yard = Yard::new();
    let first = Daemon::start(yard.path());
    let running = yard.script("w1", "echo ran >> YARD/ran; : > YARD/ready; (while :; do echo ::progress 80; sleep 0.05; done) & read x < YARD/go; kill $!");
    let ended = yard.script("w2", "echo key=kept > $REEL_OUTPUT");
    first.runner.start(vec![ended.clone()]);
    assert_eq!(first.end().0, "w2");
    first.runner.start(vec![running.clone()]);
    yard.wait_until_ready();
    let second = Daemon::start(yard.path());
    second.runner.adopt(vec![
        running.clone(),
        ended,
        yard.script("w3", "echo never"),
    ]);
    let mut ends = BTreeMap::from([second.end(), second.end()]);
    assert_eq!(outputs(ends.remove("w2").unwrap())["key"], "kept");
    assert_eq!(ends.remove("w3").unwrap(), Outcome::NotBegun);
    assert_eq!(
        second.told.recv_timeout(PATIENCE).unwrap(),
        Told::Progress(80.0, None)
    );
    yard.go();
    assert!(matches!(second.end(), (id, Outcome::Completed { .. }) if id == "w1"));
    assert_eq!(yard.lines("ran"), 1);
    // The third finds no attempt in the first one's journal: it goes.
    let before = yard.journals();
    let third = Daemon::start(yard.path());
    third.runner.adopt(vec![yard.script("w4", "true")]);
    assert_eq!(third.end().1, Outcome::NotBegun);
    assert!(before.iter().all(|path| !path.exists()), "{before:?}");
}

#[test]
fn an_adopted_attempt_can_be_cancelled_also_when_that_was_asked_before() {
    for asked_before in [false, true] {
        let yard = Yard::new();
        let first = Daemon::start(yard.path());
        let order = yard.script("w1", ": > YARD/ready; sleep 1000");
        first.runner.start(vec![order.clone()]);
        yard.wait_until_ready();
        let second = Daemon::start(yard.path());
        if asked_before {
            second.runner.adopt(vec![but(order, |workflow, _| {
                workflow.state = State::Cancelling {
                    by: "ann".to_owned(),
                }
            })]);
        } else {
            let key = order.key();
            second.runner.adopt(vec![order]);
            second.runner.cancel(key);
        }
        assert_eq!(second.end().1, Outcome::Cancelled);
        assert_eq!(yard.survivors(), 0);
    }
}

#[test]
fn a_shim_that_was_killed_while_no_daemon_ran_is_a_loss() {
    let yard = Yard::new();
    let first = Daemon::start(yard.path());
    let order = yard.script("w1", ": > YARD/ready; sleep 1000");
    first.runner.start(vec![order.clone()]);
    yard.wait_until_ready();
    // Without the first daemon's help: it would clear up as well.
    kill_process(yard.shim(), Signal::STOP).unwrap();
    let second = Daemon::start(yard.path());
    second.runner.adopt(vec![order]);
    kill_process(yard.shim(), Signal::KILL).unwrap();
    assert!(matches!(second.end().1, Outcome::Lost { .. }));
    assert_eq!(yard.survivors(), 0);
}

#[test]
fn steps_of_a_built_in_stage_run_once_over_daemons() {
    let yard = Yard::new();
    let first = Daemon::start(yard.path());
    first.runner.start(vec![yard.built_in("w1", "two_steps")]);
    yard.wait_until_ready();
    let second = Daemon::start(yard.path());
    second.runner.adopt(vec![yard.built_in("w1", "two_steps")]);
    // The step's own 50 % is the stage's 75 %: told to the first daemon or the second, whichever listened.
    yard.go();
    let seen = outputs(second.end().1);
    assert_eq!(
        (seen["heard"].as_str(), seen["tail"].as_str()),
        ("hear", "said\n")
    );
    assert_eq!((yard.lines("first"), yard.lines("second")), (1, 1));
    assert!(
        yard.log("w1")
            .starts_with(&["said".to_owned(), "between".to_owned()])
    );
    drop((first.runtime, second.runtime));
}

#[test]
fn built_in_stages_are_cancelled_limited_and_may_panic() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let order = yard.built_in("w1", "waits");
    let key = order.key();
    daemon.runner.start(vec![order]);
    assert_eq!(
        daemon.told.recv_timeout(PATIENCE).unwrap(),
        Told::Progress(10.0, Some("waiting".to_owned()))
    );
    daemon.runner.cancel(key);
    assert_eq!(daemon.end().1, Outcome::Cancelled);
    let late = daemon.run(but(yard.built_in("w2", "waits"), |_, spec| {
        spec.timeout = Some(Duration::from_millis(50))
    }));
    assert_eq!(failure(late).class, ErrorClass::Timeout);
    assert_eq!(
        failure(daemon.run(yard.built_in("w3", "panics"))).code,
        "internal"
    );
    let order = yard.built_in("w4", "two_steps");
    let key = order.key();
    daemon.runner.start(vec![order]);
    yard.wait_until_ready();
    daemon.runner.cancel(key);
    assert_eq!(daemon.end().1, Outcome::Cancelled);
    assert_eq!(yard.survivors(), 0);
}

#[test]
fn directories_go_with_their_workflow() {
    let yard = Yard::new();
    let daemon = Daemon::start(yard.path());
    let order = yard.script("w1", "mkdir -p deep/er; touch deep/er/file; echo word");
    let workflow = Arc::clone(&order.workflow);
    daemon.run(order);
    daemon.runner.clean_up(Arc::clone(&workflow), false);
    assert!(!yard.path().join("work/w1").exists());
    assert_eq!(yard.log("w1"), ["word"]);
    daemon.runner.clean_up(workflow, true);
    assert!(!yard.path().join("attempts/w1").exists());
}

#[test]
fn an_id_that_is_given_again_is_another_run() {
    let yard = Yard::new();
    let first = Daemon::start(yard.path());
    let old = yard.script("w1", "true");
    assert!(matches!(first.run(old.clone()), Outcome::Completed { .. }));
    let second = Daemon::start(yard.path());
    second.runner.adopt(vec![but(old, |workflow, _| {
        workflow.created_at = Timestamp(1_795_000_000_001)
    })]);
    assert_eq!(second.end().1, Outcome::NotBegun);
}
