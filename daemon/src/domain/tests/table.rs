//! Holds together: the table that `decide` opens with, `allowed`, and what `decide` really does; and the drawing that the
//! room opens with, and the status words.

use super::*;
use crate::domain::allowed;
use crate::domain::workflow::{Question, Status};

const ACTS: [&str; 8] = [
    "clarify", "confirm", "cancel", "pause", "resume", "retry", "priority", "delete",
];

/// A row of the table: the states it stands for, and a cell for each act.
fn table() -> Vec<(String, Vec<String>)> {
    let lines = include_str!("../decide/mod.rs")
        .lines()
        .map(|line| line.trim_start_matches("//! "));
    let mut lines = lines.skip_while(|line| !line.starts_with("state "));
    let header = lines.next().unwrap();
    let starts: Vec<usize> = ACTS.iter().map(|act| header.find(act).unwrap()).collect();
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    let columns: Vec<(usize, usize)> = starts.iter().copied().zip(ends).collect();
    let row = |line: &str| {
        let names = line[..columns[0].0].trim().to_owned();
        let cells = columns.iter().map(|(from, to)| {
            line.get(*from..(*to).min(line.len()))
                .unwrap_or("")
                .trim()
                .to_owned()
        });
        (names, cells.collect())
    };
    lines
        .take_while(|line| !line.starts_with("```"))
        .map(row)
        .collect()
}

/// Commands that ask for an act, each a way to do so that this workflow could take.
pub(super) fn probes(act: &str, workflow: &Workflow) -> Vec<Command> {
    let by = || "ann".to_owned();
    let open = |stage: &Stage| matches!(stage.state, StageState::Waiting(Wait::Approval { .. }));
    let stage = workflow
        .stages
        .iter()
        .position(open)
        .map(|index| workflow.plan.stages[index].id.clone());
    match act {
        "clarify" => {
            let key = if stage.is_some() { "colour" } else { "word" };
            let responses = Values::from([(key.to_owned(), Value::from("never said before"))]);
            vec![Command::Clarify {
                responses,
                stage,
                by: by(),
            }]
        }
        "confirm" => [true, false]
            .map(|confirmed| Command::Confirm {
                confirmed,
                stage: stage.clone(),
                by: by(),
            })
            .to_vec(),
        "cancel" => vec![Command::Cancel { by: by() }],
        "pause" => vec![Command::Pause { by: by() }],
        "resume" => vec![Command::Resume { by: by() }],
        "retry" => vec![Command::Retry {
            from: None,
            params: Values::new(),
            by: by(),
        }],
        "priority" => vec![Command::Prioritise {
            priority: workflow.priority ^ 1,
            by: by(),
        }],
        _ => vec![Command::Delete { by: by() }],
    }
}

/// `allowed` says just what `decide` does.
pub(super) fn agrees(workflow: &Workflow, now: Timestamp) {
    let words = allowed(workflow);
    for act in ACTS {
        for command in probes(act, workflow) {
            let answer = decide(workflow, &command, now);
            let fits = match &answer {
                Ok(Decision::Done { .. }) | Err(Refusal::Invalid { .. }) => words.contains(&act),
                Err(Refusal::InvalidTransition { allowed, .. }) => {
                    !words.contains(&act) && *allowed == words
                }
                Ok(Decision::AlreadySo) => true,
                _ => false,
            };
            assert!(
                fits,
                "{act} of {:?}: {answer:?}, though allowed are {words:?}",
                workflow.state
            );
        }
    }
}

fn approval() -> Outcome {
    let question = Question {
        key: "colour".to_owned(),
        question: "Which?".to_owned(),
        kind: ParamKind::String,
        options: Vec::new(),
        default: None,
        required: false,
    };
    Outcome::NeedsApproval {
        questions: vec![question],
        deadline: None,
        default: false,
    }
}

/// Every state, by its name in the table; with `(a)` an approval is open, with `(t)` a stage waits for a time.
fn samples() -> Vec<(&'static str, Option<&'static str>, Workflow)> {
    let base = || submit_of(pipeline(diamond()));
    let begun = || {
        let mut world = World::of(base());
        world.runs(0, done());
        world
    };
    let made = |name, more, act: &dyn Fn(&mut World)| {
        let mut world = begun();
        act(&mut world);
        (name, more, world.workflow)
    };
    let parked = || Outcome::Parked {
        wait: Duration::from_secs(9),
        reason: String::new(),
        class: None,
    };
    let mut asking = base();
    asking.params = Values::new();
    asking.plan = Arc::new(Pipeline {
        clarify: true,
        ..pipeline(diamond())
    });
    let confirming = Submit {
        wants_confirmation: true,
        ..base()
    };
    let blocked = Submit {
        depends_on: vec![depends("x", DependencyState::Open)],
        ..base()
    };
    let scheduled = Submit {
        not_before: Some(NOON.plus(Duration::from_secs(9))),
        ..base()
    };
    vec![
        ("pending_clarification", None, World::of(asking).workflow),
        ("pending_confirmation", None, World::of(confirming).workflow),
        ("blocked", None, World::of(blocked).workflow),
        ("scheduled", None, World::of(scheduled).workflow),
        ("queued", None, World::of(base()).workflow),
        made("running", None, &|world| world.lease(1)),
        made("running", Some("(a)"), &|world| world.runs(1, approval())),
        made("running, pausing", None, &|world| {
            world.lease(1);
            world.pause().unwrap();
        }),
        made("running, pausing", Some("(a)"), &|world| {
            world.runs(1, approval());
            world.lease(2);
            world.pause().unwrap();
        }),
        made("running, cancelling", None, &|world| {
            world.lease(1);
            world.cancel().unwrap();
        }),
        made("running, failing", None, &|world| {
            world.lease(1);
            world.runs(2, failed(ErrorClass::Input));
        }),
        made("waiting", Some("(a)"), &|world| {
            world.runs(1, approval());
            world.runs(2, approval());
        }),
        made("waiting", Some("(t)"), &|world| {
            world.runs(1, parked());
            world.runs(2, parked());
        }),
        made("paused", None, &|world| {
            world.pause().unwrap();
        }),
        made("completed", None, &|world| {
            (1..4).for_each(|index| world.runs(index, done()))
        }),
        made("failed", None, &|world| {
            world.runs(1, failed(ErrorClass::Input))
        }),
        made("cancelled", None, &|world| {
            world.cancel().unwrap();
        }),
    ]
}

#[test]
fn the_table_is_what_decide_does() {
    let table = table();
    assert_eq!(table.len(), 12);
    for (name, more, workflow) in samples() {
        let stands_for = |names: &str| {
            names == name
                || names
                    .split(' ')
                    .any(|one| one == name && !names.contains(','))
        };
        let (_, cells) = table
            .iter()
            .find(|(names, _)| stands_for(names))
            .unwrap_or_else(|| panic!("no row `{name}`"));
        for (act, cell) in ACTS.iter().zip(cells) {
            let taken = allowed(&workflow).contains(act);
            let answers: Vec<_> = probes(act, &workflow)
                .iter()
                .map(|command| decide(&workflow, command, NOON))
                .collect();
            let already = answers
                .iter()
                .all(|answer| matches!(answer, Ok(Decision::AlreadySo)));
            let wanted = cell == "x" || (cell.starts_with('(') && Some(cell.as_str()) == more);
            assert_eq!(
                taken, wanted,
                "{act} of {name} {more:?}: the table says {cell:?}"
            );
            assert_eq!(
                already,
                cell == "already",
                "{act} of {name} {more:?}: the table says {cell:?}, {answers:?}"
            );
        }
        agrees(&workflow, NOON);
    }
}

#[test]
fn every_state_is_in_the_table_and_in_the_drawing() {
    let drawing: Vec<&str> = include_str!("../mod.rs")
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .collect();
    let drawing = drawing.join("\n");
    let rows: Vec<String> = table().into_iter().map(|(names, _)| names).collect();
    for status in Status::ALL {
        assert!(
            drawing.contains(status.word()),
            "the drawing lacks {}",
            status.word()
        );
        assert!(
            rows.iter().any(|names| names.contains(status.word())),
            "the table lacks {}",
            status.word()
        );
        assert!(
            samples()
                .iter()
                .any(|(_, _, workflow)| workflow.status() == status),
            "no sample of {}",
            status.word()
        );
        assert_eq!(Status::from_word(status.word()), Some(status));
    }
}
