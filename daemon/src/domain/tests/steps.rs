//! Random pipelines, submits and steps for the laws of `machine`.

use super::*;
use crate::domain::workflow::Question;
use proptest::prelude::*;

/// Something that happens to a workflow; stages are chosen when it does.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Lease(u8),
    Progress(u8, f64),
    End(u8, End),
    Late(u8, End),
    Clock(u64),
    Answer(bool),
    Confirm(bool),
    Extend(i64, bool),
    Cancel,
    Pause,
    Resume,
    Retry(Option<u8>, bool),
    Prioritise(i32),
    Dependency(bool, bool),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Completed,
    Failed(ErrorClass),
    Parked,
    Approval(bool),
    Callback,
    Cancelled,
    Lost,
    NotBegun,
}

impl End {
    pub(super) fn outcome(self) -> Outcome {
        let question = Question {
            key: "colour".to_owned(),
            question: "Which?".to_owned(),
            kind: ParamKind::String,
            options: Vec::new(),
            default: None,
            required: true,
        };
        match self {
            Self::Completed => Outcome::Completed {
                outputs: Values::from([("x".to_owned(), Value::Int(1))]),
            },
            Self::Failed(class) => failed(class),
            Self::Parked => Outcome::Parked {
                wait: Duration::from_secs(30),
                reason: "full".to_owned(),
                class: Some(ErrorClass::Quota),
            },
            Self::Approval(default) => Outcome::NeedsApproval {
                questions: vec![question],
                deadline: Some(Duration::from_secs(30)),
                default,
            },
            Self::Callback => Outcome::NeedsCallback {
                deadline: Duration::from_secs(30),
                reason: String::new(),
                execution_id: Some("exec".to_owned()),
            },
            Self::Cancelled => Outcome::Cancelled,
            Self::Lost => Outcome::Lost {
                reason: "gone".to_owned(),
            },
            Self::NotBegun => Outcome::NotBegun,
        }
    }
}

pub(super) fn ends() -> impl Strategy<Value = End> {
    prop_oneof![
        6 => Just(End::Completed),
        3 => proptest::sample::select(ErrorClass::ALL.to_vec()).prop_map(End::Failed),
        1 => Just(End::Parked),
        1 => any::<bool>().prop_map(End::Approval),
        1 => Just(End::Callback),
        1 => Just(End::Cancelled),
        1 => Just(End::Lost),
        1 => Just(End::NotBegun),
    ]
}

pub(super) fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => any::<u8>().prop_map(Step::Lease),
        4 => (any::<u8>(), -10.0_f64..120.0).prop_map(|(stage, progress)| Step::Progress(stage, progress)),
        8 => (any::<u8>(), ends()).prop_map(|(stage, end)| Step::End(stage, end)),
        2 => (any::<u8>(), ends()).prop_map(|(stage, end)| Step::Late(stage, end)),
        4 => prop_oneof![Just(0), 1_u64..20_000, Just(700_000)].prop_map(Step::Clock),
        2 => any::<bool>().prop_map(Step::Answer),
        2 => any::<bool>().prop_map(Step::Confirm),
        1 => (-5_000_i64..60_000, any::<bool>()).prop_map(|(ms, from_now)| Step::Extend(ms, from_now)),
        1 => Just(Step::Cancel),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
        2 => (any::<Option<u8>>(), any::<bool>()).prop_map(|(from, loud)| Step::Retry(from, loud)),
        1 => (-1100_i32..1100).prop_map(Step::Prioritise),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(which, completed)| Step::Dependency(which, completed)),
    ]
}

fn stages() -> impl Strategy<Value = Vec<StageSpec>> {
    let one = (any::<u8>(), 0_u8..8, any::<bool>(), 0_u32..3, 0.0_f64..10.0);
    proptest::collection::vec(one, 1..6).prop_map(|drawn| {
        let spec =
            |(index, (needs, when, optional, times, weight)): (usize, (u8, u8, bool, u32, f64))| {
                let needs: Vec<usize> = (0..index)
                    .filter(|earlier| needs & (1 << earlier) != 0)
                    .collect();
                let plain = stage(&format!("s{index}"), &needs);
                let retry = RetryPolicy {
                    times,
                    ..plain.retry
                };
                let spec = StageSpec {
                    retry,
                    optional: optional && when % 2 == 0,
                    weight,
                    ..plain
                };
                if when < 2 {
                    when_loud(spec, when == 1)
                } else {
                    spec
                }
            };
        drawn.into_iter().enumerate().map(spec).collect()
    })
}

pub(super) fn submits() -> impl Strategy<Value = Submit> {
    let gates = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let dependency = prop_oneof![
        8 => Just(None),
        4 => Just(Some(DependencyState::Open)),
        1 => Just(Some(DependencyState::Completed)),
        1 => Just(Some(DependencyState::Ended)),
    ];
    (
        stages(),
        gates,
        [dependency.clone(), dependency],
        any::<Option<u16>>(),
        any::<bool>(),
    )
        .prop_map(
            |(stages, (clarify, confirm, asked, patient), dependencies, start, loud)| {
                let mut submit = submit_of(Pipeline {
                    clarify,
                    confirm,
                    ..pipeline(stages)
                });
                submit.params.insert("loud".to_owned(), Value::Bool(loud));
                if clarify && asked {
                    submit.params.remove("word");
                }
                submit.gate_deadline = (!patient).then_some(Duration::from_secs(10));
                submit.not_before =
                    start.map(|start| NOON.plus(Duration::from_millis(u64::from(start))));
                let ids = ["x", "y"].into_iter().zip(dependencies);
                submit.depends_on = ids
                    .filter_map(|(id, state)| Some(depends(id, state?)))
                    .collect();
                submit
            },
        )
}
