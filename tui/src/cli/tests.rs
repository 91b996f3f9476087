//! The verbs against a hand-written stand-in: what they ask, what they print, how they end.

use super::args::{Cli, Verb};
use super::context::Context;
use super::failure::{Failure, Outcome};
use super::output::Output;
use super::stand_in::{Answer, Asked, StandIn};
use super::start::parse;
use super::{follow, verb, wait};
use reel_shared::client::{Endpoint, Http, Target};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// An output that can be read afterwards.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    /// What was written.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The words of a line, read.
pub fn words(line: &str) -> Result<Cli, clap::Error> {
    parse(line.split(' ').map(OsString::from).collect())
}

fn workflow(status: &str) -> Value {
    json!({"id": "cm1", "status": status, "currentState": status, "progress": 10, "pipeline": "command",
        "stages": {"one": {"status": "in_progress"}}})
}

#[tokio::test]
async fn submit_prints_the_id_alone_and_asks_again_with_the_same_key() {
    let mut tries = 0;
    let stand = StandIn::new(move |_| {
        tries += 1;
        if tries == 1 {
            Answer::Nothing
        } else {
            Answer::data(workflow("queued"))
        }
    });
    let Some(Verb::Submit(args)) = words("reel submit video --priority 3").unwrap().verb else {
        panic!()
    };
    let mut context = stand.context(false);
    verb::submit::run(&mut context, args).await.unwrap();
    context.out.flush().unwrap();
    assert_eq!(stand.printed.text(), "cm1\n");
    let asked = stand.asked();
    assert_eq!(stand.lines(), ["POST /api/workflow", "POST /api/workflow"]);
    let key = |asked: &Asked| {
        asked
            .head
            .lines()
            .find(|line| line.starts_with("idempotency-key"))
            .map(str::to_owned)
    };
    assert!(key(&asked[0]).is_some() && key(&asked[0]) == key(&asked[1]));
    assert_eq!(asked[1].body, json!({"pipeline": "video", "priority": 3}));
}

#[tokio::test]
async fn a_parameters_type_decides_what_is_sent() {
    let stand = StandIn::new(|asked| {
        if asked.line == "GET /api/pipelines/video" {
            return Answer::data(json!({"name": "video", "params": [
                {"name": "captions", "type": "bool"}, {"name": "channels", "type": "list"}, {"name": "title", "type": "string"}
            ]}));
        }
        Answer::data(workflow("queued"))
    });
    let line = "reel submit video -p captions=false -p channels=a -p channels=b -p title=7";
    let Some(Verb::Submit(args)) = words(line).unwrap().verb else {
        panic!()
    };
    verb::submit::run(&mut stand.context(false), args)
        .await
        .unwrap();
    let params = &stand.asked()[1].body["params"];
    assert_eq!(
        *params,
        json!({"captions": false, "channels": ["a", "b"], "title": "7"})
    );
}

/// A daemon with two workflows, `abc1` and `abd2`.
fn two() -> StandIn {
    StandIn::new(|asked| match asked.line.as_str() {
        // The search finds words too: one here has the text in its name.
        line if line.starts_with("GET /api/workflow/history") => Answer::data(
            json!({"workflows": [{"id": "abc1"}, {"id": "abd2"}, {"id": "x9"}], "total": 3}),
        ),
        line if line.contains("/abc1/") => {
            Answer::data(json!({"id": "abc1", "status": "cancelled"}))
        }
        line if line.contains("/abd2/") => {
            Answer::problem(409, "invalid_transition", "it has ended")
        }
        _ => Answer::missing(),
    })
}

async fn cancel(stand: &StandIn, ids: &[&str]) -> Outcome {
    let args = verb::cancel::Args {
        ids: ids.iter().map(ToString::to_string).collect(),
    };
    let mut context = stand.context(false);
    let outcome = verb::cancel::run(&mut context, args).await;
    context.out.flush().unwrap();
    outcome
}

#[tokio::test]
async fn a_beginning_is_enough_and_each_id_is_told_apart() {
    let stand = two();
    cancel(&stand, &["abc"]).await.unwrap();
    assert_eq!(stand.printed.text(), "abc1 cancelled\n");
    assert_eq!(
        stand.lines().first().unwrap(),
        "POST /api/workflow/abc/cancel"
    );
    assert_eq!(
        stand.lines().last().unwrap(),
        "POST /api/workflow/abc1/cancel"
    );

    assert_eq!(cancel(&stand, &["ab"]).await.unwrap_err().code(), 2);
    assert_eq!(cancel(&stand, &["zz"]).await.unwrap_err().code(), 4);
    assert_eq!(cancel(&stand, &["abd2"]).await.unwrap_err().code(), 1);

    let stand = two();
    let failure = cancel(&stand, &["zz", "abd2", "abc1"]).await.unwrap_err();
    assert!(matches!(failure, Failure::Told(1)));
    assert_eq!(stand.printed.text(), "abc1 cancelled\n");
}

fn log(offset: u64) -> Value {
    json!({"type": "log", "workflowId": "cm1", "stage": "one", "timestamp": "T", "level": "info",
        "line": format!("line {offset}"), "offset": offset})
}

fn event(seq: u64, status: &str) -> Value {
    json!({"type": "event", "seq": seq, "timestamp": "T", "workflowId": "cm1", "kind": "k", "data": {},
        "workflow": workflow(status)})
}

fn hello() -> Value {
    json!({"type": "hello", "protocol": 1, "version": "0", "host": "h", "instance": "i", "seq": 1})
}

#[tokio::test]
async fn a_followed_log_has_no_gap_and_no_repeat_over_a_restart() {
    let mut streams = 0;
    let mut looks = 0;
    let stand = StandIn::new(move |asked| match asked.line.as_str() {
        line if line.starts_with("GET /api/events") => {
            streams += 1;
            match streams {
                1 => Answer::Stream {
                    frames: vec![hello(), event(7, "running"), log(0), log(1)],
                    subscribed: true,
                    open: false,
                },
                2 => Answer::Nothing,
                _ => Answer::Stream {
                    frames: vec![hello(), log(1), log(2), event(8, "completed")],
                    subscribed: true,
                    open: true,
                },
            }
        }
        line if line.starts_with("GET /api/workflow/cm1/logs") => {
            let line = |offset: u64| json!({"offset": offset, "stage": "one", "attempt": 1, "timestamp": "T", "level": "info", "line": format!("line {offset}")});
            let after: u64 = line_after(&asked.line);
            Answer::data(
                json!({"lines": (2..4).filter(|n| *n > after).map(line).collect::<Vec<_>>(), "next": 4, "truncated": false}),
            )
        }
        // The last stream is opened while it still runs, and tells its end.
        _ => {
            looks += usize::from(streams == 3);
            Answer::data(workflow(if looks > 1 { "completed" } else { "running" }))
        }
    });
    let wanted = follow::Wanted {
        id: "cm1".into(),
        stage: None,
        level: None,
    };
    let mut context = stand.context(false);
    follow::follow(&mut context, &wanted).await.unwrap();
    let lines: Vec<String> = (0..4).map(|n| format!("T info one line {n}\n")).collect();
    assert_eq!(stand.printed.text(), lines.concat());
    let subscribed: Vec<Value> = stand
        .asked()
        .into_iter()
        .filter(|asked| asked.line == "subscribe")
        .map(|asked| asked.body["logs"].clone())
        .collect();
    assert_eq!(
        subscribed,
        [
            json!([{"id": "cm1", "stage": "one"}]),
            json!([{"id": "cm1", "stage": "one", "offset": 2}])
        ]
    );
    let again = stand
        .lines()
        .into_iter()
        .filter(|line| line.contains("since=7&instance=i"))
        .count();
    assert_eq!(again, 2);
}

fn line_after(line: &str) -> u64 {
    line.split(['?', '&'])
        .find_map(|part| part.strip_prefix("after="))
        .map_or(0, |after| after.parse().unwrap())
}

#[tokio::test]
async fn a_wait_survives_a_restart_and_ends_with_the_workflow() {
    let mut streams = 0;
    let stand = StandIn::new(move |asked| match asked.line.as_str() {
        line if line.starts_with("GET /api/events") => {
            streams += 1;
            match streams {
                1 => Answer::Stream {
                    frames: vec![hello(), event(7, "running")],
                    subscribed: false,
                    open: false,
                },
                _ => Answer::Stream {
                    frames: vec![hello()],
                    subscribed: false,
                    open: true,
                },
            }
        }
        _ if streams < 2 => Answer::data(workflow("running")),
        _ => Answer::data(workflow("failed")),
    });
    let view = wait::until_end(&mut stand.context(false), "cm1")
        .await
        .unwrap();
    assert_eq!(view.status, "failed");
    assert_eq!(wait::verdict(&view).unwrap_err().code(), 1);
}

#[tokio::test]
async fn a_list_joins_the_active_and_the_ended_once_each() {
    let stand = StandIn::new(|asked| {
        if asked.line == "GET /api/workflow/active" {
            return Answer::data(
                json!({"workflows": [{"id": "a", "status": "running", "labels": {"k": "v"}}], "count": 1}),
            );
        }
        Answer::data(
            json!({"workflows": [{"id": "a"}, {"id": "b", "status": "failed"}], "total": 2, "limit": 50, "offset": 0}),
        )
    });
    let mut context = stand.context(true);
    verb::ls::run(&mut context, verb::ls::Args::default())
        .await
        .unwrap();
    context.out.flush().unwrap();
    let data: Value = serde_json::from_str(&stand.printed.text()).unwrap();
    let ids: Vec<&str> = data["workflows"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert_eq!((ids, &data["count"]), (vec!["a", "b"], &json!(2)));
}

#[tokio::test]
async fn a_daemon_that_is_not_there_is_told_with_the_remedy() {
    let endpoint = Endpoint::of(Target::Unix("/no/such/socket".into()));
    let mut context = Context {
        http: Http::new(endpoint),
        out: Output::to(Box::new(io::sink()), false),
    };
    let failure = verb::ls::run(&mut context, verb::ls::Args::default())
        .await
        .unwrap_err();
    assert_eq!(failure.code(), 3);
    assert!(
        failure.lines()[0].contains("unix:/no/such/socket")
            && failure.lines()[1].contains("reeld run")
    );
    let wanted = follow::Wanted {
        id: "cm1".into(),
        stage: None,
        level: None,
    };
    assert_eq!(
        follow::follow(&mut context, &wanted)
            .await
            .unwrap_err()
            .code(),
        3
    );
}

/// A reader that has gone away.
struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let failure = Output::to(Box::new(Gone), false).line("x").unwrap_err();
    assert!(matches!(failure, Failure::Pipe));
}
