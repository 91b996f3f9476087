//! Orders that can be written down: of pipelines with a text, as every real one has.

use reeld::domain::workflow::{Lease, StageState, State};
use reeld::domain::{Submit, Timestamp, Value, Values, create};
use reeld::engine::ports::Order;
use reeld::executor::stage::{StageContext, StageError};
use reeld::pipeline::{Defaults, parse};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

const SCRIPT: &str = r#"
[params.script]
type = "string"
[[stages]]
id = "one"
title = "One"
run = ["sh", "-c", "${params.script}"]
retry = 0
fail = { 9 = "input" }
outputs = ["made"]
"#;

const GIVES: &str = r#"
[[stages]]
id = "one"
title = "One"
uses = "store"
retry = 0
"#;

/// Two pipes by which a script says that it is ready, and is told to go on.
pub struct Yard {
    root: TempDir,
}

impl Yard {
    pub fn new() -> Self {
        let root = TempDir::new().unwrap();
        for fifo in ["ready", "go"] {
            let made = Command::new("mkfifo").arg(root.path().join(fifo)).status();
            assert!(made.unwrap().success());
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
        let mut go = OpenOptions::new()
            .write(true)
            .open(self.path().join("go"))
            .unwrap();
        go.write_all(b"\n").unwrap();
    }

    pub fn lines(&self, file: &str) -> usize {
        let text = std::fs::read_to_string(self.path().join(file));
        text.unwrap_or_default().lines().count()
    }

    /// An order for a shell script; `YARD` in it is this yard.
    pub fn script(&self, id: &str, script: &str) -> Order {
        order(&self.submit(id, script))
    }

    /// A workflow of the same, to be submitted.
    pub fn submit(&self, id: &str, script: &str) -> Submit {
        let script = script.replace("YARD", self.path().to_str().unwrap());
        submit(
            id,
            SCRIPT,
            Values::from([("script".into(), Value::from(script))]),
        )
    }
}

/// An order for the built-in stage `gives`.
pub fn gives(id: &str) -> Order {
    order(&submit(id, GIVES, Values::new()))
}

/// Gives something on its way, and more at its end.
pub async fn gives_stage(context: StageContext) -> Result<Values, StageError> {
    let so_far = Values::from([("half".to_owned(), Value::from("done"))]);
    context.gave(so_far.clone()).await;
    let mut all = so_far;
    all.insert("whole".to_owned(), Value::from("done"));
    Ok(all)
}

/// What pipelines are read with.
pub fn defaults() -> Defaults {
    Defaults::from(&reeld::config::Config::default_at("/nowhere"))
}

fn submit(id: &str, text: &str, params: Values) -> Submit {
    Submit {
        user: "ann".to_owned(),
        surface: "cli".to_owned(),
        request_id: "request".to_owned(),
        params,
        ..Submit::of(id, Arc::new(parse("p", text, "test", &defaults()).unwrap()))
    }
}

fn order(submit: &Submit) -> Order {
    let mut workflow = create(submit, NOW);
    workflow.state = State::Running { pausing: false };
    workflow.stages[0].state = StageState::InProgress(Lease {
        attempt: 1,
        ordinal: 0,
        box_name: "here".to_owned(),
        since: NOW,
    });
    Order {
        workflow: Arc::new(workflow),
        stage: 0,
        attempt: 1,
        ordinal: 0,
    }
}
