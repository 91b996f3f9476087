//! Clarification, confirmation and approvals: answers, halves of them, repetitions and deadlines.

use super::*;
use crate::domain::pipeline::Gates;
use crate::domain::ready::next_due;
use crate::domain::workflow::Question;
use proptest::prelude::*;

pub(super) fn asking() -> Submit {
    let mut plan = pipeline(vec![stage("a", &[]), when_loud(stage("b", &[0]), false)]);
    plan.clarify = true;
    plan.params.push(ParamSpec {
        required: true,
        ..param("tone", ParamKind::String)
    });
    Submit {
        params: Values::new(),
        gate_deadline: Some(Duration::from_secs(60)),
        ..submit_of(plan)
    }
}

pub(super) fn approval(default: bool, questions: Vec<Question>) -> Outcome {
    Outcome::NeedsApproval {
        questions,
        deadline: Some(Duration::from_secs(60)),
        default,
    }
}

fn question(key: &str, required: bool) -> Question {
    Question {
        key: key.to_owned(),
        question: format!("{key}?"),
        kind: ParamKind::Enum,
        options: vec!["red".to_owned(), "blue".to_owned()],
        default: None,
        required,
    }
}

#[test]
fn half_an_answer_keeps_the_gate_open() {
    let mut world = World::of(Submit {
        wants_confirmation: true,
        ..asking()
    });
    assert_eq!(world.status(), "pending_clarification");
    assert_eq!(world.clarify("word", "hi"), Ok(true));
    assert_eq!(world.status(), "pending_clarification");
    assert_eq!(world.clarify("word", "hi"), Ok(false));
    assert_eq!(world.clarify("tone", "warm"), Ok(true));
    assert_eq!(world.status(), "pending_confirmation");
    assert_eq!(
        next_due(&world.workflow),
        Some(NOON.plus(Duration::from_secs(60)))
    );
    assert_eq!(world.clarify("tone", "cold"), Ok(true), "a correction");
    assert_eq!(world.status(), "pending_confirmation");
    assert_eq!(world.confirm(true), Ok(true));
    assert_eq!(
        (world.status(), world.workflow.answers.len()),
        ("queued", 4)
    );
    assert_eq!(world.confirm(true), Ok(false));
    assert!(matches!(
        world.confirm(false),
        Err(Refusal::InvalidTransition { .. })
    ));
    assert_eq!(world.workflow.params["tone"], Value::from("cold"));
}

#[test]
fn answers_decide_which_stages_run() {
    let mut world = World::of(asking());
    assert_eq!(world.stages(), "pp");
    let responses = Values::from([
        ("word".to_owned(), Value::from("hi")),
        ("tone".to_owned(), Value::from("warm")),
        ("loud".to_owned(), Value::Bool(true)),
    ]);
    world
        .ask(&Command::Clarify {
            responses,
            stage: None,
            by: "ann".to_owned(),
        })
        .unwrap();
    assert_eq!((world.status(), world.stages().as_str()), ("queued", "pp"));
}

#[test]
fn unknown_answers_are_refused_by_name() {
    let mut world = World::of(asking());
    match world.clarify("tome", "x") {
        Err(Refusal::Invalid { field, problem }) => {
            assert_eq!(
                (field.as_str(), problem.as_str()),
                ("tome", "no such parameter; did you mean `tone`?")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_unanswered_clarification_fails_at_its_deadline() {
    let mut world = World::of(asking());
    assert!(!world.passes(Duration::from_secs(59)));
    assert!(world.passes(Duration::from_secs(1)));
    assert_eq!(world.failure().class, ErrorClass::Input);
    assert_eq!(
        world.failure().message,
        "nobody answered in time: word, tone"
    );
    world.retry().unwrap();
    assert_eq!(
        world.status(),
        "pending_clarification",
        "a retry does not go past the gate"
    );
}

#[test]
fn a_default_answers_at_the_deadline() {
    let mut submit = asking();
    let mut plan = (*submit.plan).clone();
    for spec in &mut plan.params {
        spec.default = Some(Value::from("plain"));
    }
    submit.plan = Arc::new(plan);
    let mut world = World::of(submit);
    assert!(world.passes(Duration::from_secs(60)));
    assert_eq!(
        (world.status(), &world.workflow.params["tone"]),
        ("queued", &Value::from("plain"))
    );
    assert!(
        world
            .workflow
            .answers
            .iter()
            .all(|answer| answer.by == "deadline")
    );
}

#[test]
fn a_refusal_cancels_and_is_not_undone_by_a_retry() {
    let mut world = World::of(Submit {
        wants_confirmation: true,
        ..submit_of(pipeline(diamond()))
    });
    assert_eq!(world.confirm(false), Ok(true));
    assert_eq!(
        (world.status(), world.confirm(false)),
        ("cancelled", Ok(false))
    );
    world.retry().unwrap();
    assert_eq!(world.status(), "pending_confirmation");
    world.confirm(true).unwrap();
    world.cancel().unwrap();
    world.retry().unwrap();
    assert_eq!(world.status(), "queued", "confirmed once is confirmed");
}

#[test]
fn a_confirmation_nobody_gives_is_a_refusal() {
    let submit = submit_of(pipeline(diamond()));
    let mut world = World::of(Submit {
        wants_confirmation: true,
        gate_deadline: Some(Duration::from_secs(5)),
        ..submit
    });
    assert!(world.passes(Duration::from_secs(5)));
    assert_eq!(
        (world.status(), world.workflow.answers[0].by.as_str()),
        ("cancelled", "deadline")
    );
}

#[test]
fn a_pipeline_may_have_time_say_yes() {
    let mut plan = pipeline(diamond());
    plan.gates = Gates {
        deadline: Some(Duration::from_secs(5)),
        confirmed: true,
    };
    let mut world = World::of(Submit {
        wants_confirmation: true,
        gate_deadline: plan.gates.deadline,
        ..submit_of(plan)
    });
    world.cancel().unwrap();
    world.retry().unwrap();
    assert_eq!(world.status(), "pending_confirmation");
    assert!(
        world.passes(Duration::from_secs(5)),
        "a retry's gate has a deadline too"
    );
    let answer = &world.workflow.answers[0];
    assert_eq!(
        (world.status(), answer.by.as_str(), &answer.value),
        ("queued", "deadline", &Value::Bool(true))
    );
}

proptest! {
    /// Whatever is answered in whatever order: the clarification stands exactly while a required parameter has no value,
    /// corrections never lose one, every answer is kept with its giver, and time gives the defaults or fails it.
    #[test]
    fn a_clarification_stands_while_something_is_open(
        defaults in prop::collection::vec(any::<bool>(), 1..5),
        said in prop::collection::vec((0_usize..5, "[a-c]{1,3}"), 0..12),
        wants_confirmation: bool,
    ) {
        let mut plan = pipeline(vec![stage("a", &[])]);
        plan.clarify = true;
        plan.params = defaults.iter().enumerate().map(|(index, has)| ParamSpec {
            required: true,
            default: has.then(|| Value::from("time")),
            ..param(&format!("p{index}"), ParamKind::String)
        }).collect();
        let given = crate::domain::params::check_for_questions(&plan, &Values::new(), &|_, _| true).unwrap();
        prop_assert!(given.is_empty(), "a default of what is required waits for the deadline");
        let mut world = World::of(Submit {
            params: given,
            gate_deadline: Some(Duration::from_secs(60)),
            wants_confirmation,
            ..submit_of(plan)
        });
        let mut known = BTreeMap::new();
        let mut given = 0;
        for (index, text) in said.iter().filter(|(index, _)| *index < defaults.len()) {
            let key = format!("p{index}");
            let open = world.status() == "pending_clarification";
            prop_assert_eq!(open, known.len() < defaults.len());
            if world.status() == "queued" {
                break;
            }
            let is_new = known.insert(key.clone(), text.clone()) != Some(text.clone());
            prop_assert_eq!(world.clarify(&key, text), Ok(is_new));
            given += usize::from(is_new);
        }
        prop_assert_eq!(world.workflow.answers.len(), given);
        prop_assert!(world.workflow.answers.iter().all(|answer| answer.by == "ann"));
        for (key, text) in &known {
            prop_assert_eq!(&world.workflow.params[key], &Value::from(text.as_str()));
        }
        if world.status() == "pending_clarification" {
            let open: Vec<usize> = (0..defaults.len()).filter(|index| !known.contains_key(&format!("p{index}"))).collect();
            world.passes(Duration::from_secs(60));
            if open.iter().all(|index| defaults[*index]) {
                prop_assert_eq!(world.status(), if wants_confirmation { "pending_confirmation" } else { "queued" });
                let timed = |index: &usize| world.workflow.params[&format!("p{index}")] == Value::from("time");
                prop_assert!(open.iter().all(timed), "the defaults are taken");
                prop_assert_eq!(world.workflow.answers.iter().filter(|answer| answer.by == "deadline").count(), open.len());
            } else {
                prop_assert_eq!(world.failure().class, ErrorClass::Input);
            }
        }
    }
}

#[test]
fn an_approval_lets_on_or_fails() {
    let mut world = World::with(vec![stage("a", &[])]);
    world.runs(0, approval(false, Vec::new()));
    assert_eq!(world.status(), "waiting");
    assert_eq!(world.confirm(true), Ok(true));
    assert_eq!(
        (world.status(), world.confirm(true)),
        ("running", Ok(false))
    );
    world.runs(0, approval(false, Vec::new()));
    world.confirm(false).unwrap();
    assert_eq!(
        (world.status(), world.failure().class),
        ("failed", ErrorClass::Rejected)
    );
    assert_eq!(world.confirm(false), Ok(false));
}

#[test]
fn an_approvals_questions_are_answered_first() {
    let mut world = World::with(vec![stage("a", &[])]);
    world.runs(
        0,
        approval(
            false,
            vec![question("colour", true), question("trim", false)],
        ),
    );
    match world.confirm(true) {
        Err(Refusal::Invalid { field, .. }) => assert_eq!(field, "colour"),
        other => panic!("{other:?}"),
    }
    for (key, value) in [("colour", "green"), ("color", "red")] {
        assert!(matches!(
            world.clarify(key, value),
            Err(Refusal::Invalid { .. })
        ));
    }
    assert_eq!(world.clarify("trim", "blue"), Ok(true));
    assert_eq!(world.status(), "waiting");
    assert_eq!(world.clarify("colour", "red"), Ok(true));
    assert_eq!(
        (world.status(), world.clarify("colour", "red")),
        ("running", Ok(false))
    );
    assert!(
        !world.workflow.params.contains_key("colour"),
        "an answer to a stage is no parameter"
    );
}

#[test]
fn of_two_open_approvals_one_is_named() {
    let mut world = World::with(vec![stage("a", &[]), stage("b", &[])]);
    world.runs(0, approval(true, Vec::new()));
    world.runs(1, approval(false, Vec::new()));
    match world.confirm(true) {
        Err(Refusal::Invalid { field, problem }) => {
            assert_eq!(field, "stage");
            assert!(problem.contains("a, b"), "{problem}");
        }
        other => panic!("{other:?}"),
    }
    let named = Command::Confirm {
        confirmed: true,
        stage: Some("a".to_owned()),
        by: "ann".to_owned(),
    };
    assert_eq!(world.ask(&named), Ok(true));
    assert_eq!(
        (world.ask(&named), world.stages().as_str()),
        (Ok(false), "pw")
    );
}

#[test]
fn an_approvals_default_is_taken_at_its_deadline() {
    for (default, status) in [(true, "running"), (false, "failed")] {
        let mut world = World::with(vec![stage("a", &[])]);
        world.runs(0, approval(default, Vec::new()));
        assert!(world.passes(Duration::from_secs(60)));
        assert_eq!(world.status(), status);
    }
}
