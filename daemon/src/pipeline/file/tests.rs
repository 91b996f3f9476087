//! Pipeline files as people write them, right and wrong, each mistake with its place.

use super::*;
use crate::domain::Value;
use crate::domain::pipeline::{Condition, ErrorClass, FailMatch, ParamKind, Work};
use proptest::prelude::*;
use std::time::Duration;

fn defaults() -> Defaults {
    Defaults {
        retry: RetryPolicy {
            times: 3,
            first: Duration::from_secs(5),
            max: Duration::from_secs(600),
        },
    }
}

fn read(text: &str) -> Result<Pipeline, FileError> {
    parse("greet", text, "greet.toml", &defaults())
}

fn refusal(text: &str) -> (usize, usize, String) {
    let error = read(text).unwrap_err();
    (error.line, error.column, error.message)
}

const WHOLE: &str = r#"
description = "Says a word"
clarify = false
[params.word]
type = "string"
required = true
question = "Which word?"
min = 1
max = 10
pattern = "[a-z]+"
[params.loud]
type = "bool"
default = true
[[stages]]
id = "zero"
uses = "tts"
with = { rate = 165 }
[[stages]]
id = "one"
title = "Say it"
run = ["prog", "${params.word}", "${stages.zero.outputs.place}", "$${HOME}"]
needs = ["zero"]
when = "params.loud"
retry = { times = 2, first = "1s" }
timeout = "2s"
stall = "off"
resources = { gpu = 1, memory = "1GiB" }
optional = true
weight = 2.5
outputs = ["a/b.txt"]
cache = true
box = { codec = "nvenc" }
[stages.fail]
"9" = "input"
"/quota.*exceeded/" = "quota"
"#;

#[test]
fn reads_every_key() {
    let pipeline = read(WHOLE).unwrap();
    assert_eq!(
        (pipeline.name.as_str(), pipeline.origin.as_str()),
        ("greet", "greet.toml")
    );
    assert_eq!(
        pipeline
            .params
            .iter()
            .map(|p| p.name.as_str())
            .collect::<Vec<_>>(),
        ["word", "loud"]
    );
    assert_eq!(pipeline.params[0].kind, ParamKind::String);
    assert_eq!(pipeline.params[1].default, Some(Value::Bool(true)));
    let [zero, one] = &pipeline.stages[..] else {
        unreachable!("two stages")
    };
    assert_eq!(
        (zero.title.as_str(), zero.retry.times, zero.stall),
        ("Zero", 3, Some(Duration::from_secs(600)))
    );
    assert!(
        matches!(&zero.work, Work::BuiltIn { uses, with } if uses == "tts" && with["rate"] == Value::Int(165))
    );
    assert_eq!(one.needs, [0]);
    assert_eq!(
        one.when,
        Some(Condition::Flag {
            param: "loud".into(),
            negated: false
        })
    );
    assert_eq!(
        one.retry,
        RetryPolicy {
            times: 2,
            first: Duration::from_secs(1),
            max: Duration::from_secs(600)
        }
    );
    assert_eq!(
        (one.timeout, one.stall),
        (Some(Duration::from_secs(2)), None)
    );
    assert_eq!(
        one.resources,
        [("gpu".to_owned(), 1), ("memory".to_owned(), 1 << 30)].into()
    );
    assert_eq!(
        one.fail,
        [
            (FailMatch::Code(9), ErrorClass::Input),
            (
                FailMatch::Pattern("quota.*exceeded".into()),
                ErrorClass::Quota
            )
        ]
    );
    assert!(one.optional && one.cache);
}

#[test]
fn a_stage_needs_the_one_before_unless_it_says_otherwise() {
    let text = r#"
[[stages]]
id = "a"
run = ["true"]
[[stages]]
id = "b"
run = ["true"]
[[stages]]
id = "c"
run = ["true"]
needs = []
"#;
    let needs: Vec<Vec<usize>> = read(text)
        .unwrap()
        .stages
        .into_iter()
        .map(|s| s.needs)
        .collect();
    assert_eq!(needs, [vec![], vec![0], vec![]]);
}

#[test]
fn the_command_stage_is_never_retried_and_never_stalls() {
    let pipeline = read("[[stages]]\nid = \"x\"\nuses = \"command\"\n").unwrap();
    assert_eq!(
        (pipeline.stages[0].retry.times, pipeline.stages[0].stall),
        (0, None)
    );
    assert_eq!(pipeline.stages[0].work, Work::Command);
}

#[test]
fn every_mistake_has_its_place_and_its_remedy() {
    let stage = |rest: &str| format!("[[stages]]\nid = \"a\"\n{rest}\n");
    let cases: &[(&str, usize, &str)] = &[
        ("description = \"x\"\ntimeuot = 3\n", 2, "no key `timeuot`"),
        ("description = \"x\n", 1, ""),
        ("description = \"x\"\n", 1, "lacks `stages`"),
        ("stages = []\n", 1, "at least one stage"),
        (
            &stage("run = [\"true\"]\nresuorces = { cpu = 1 }"),
            4,
            "did you mean `resources`?",
        ),
        (
            &stage("uses = \"transcribes\""),
            3,
            "did you mean `transcribe`?",
        ),
        (
            &stage("uses = \"tts\"\nrun = [\"x\"]"),
            4,
            "both `uses` and `run`",
        ),
        (&stage(""), 1, "lacks `uses"),
        (&stage("run = []"), 3, "names no program"),
        (&stage("run = [\"x\", 3]"), 3, "a list of texts"),
        (
            &stage("run = [\"x\"]\nneeds = [\"b\"]"),
            4,
            "needs `b`, which is no stage",
        ),
        (
            &stage("run = [\"x\"]\nneeds = [\"a\"]"),
            4,
            "in a circle: a needs a",
        ),
        (
            &stage("run = [\"x\", \"${params.wrod}\"]"),
            3,
            "no parameter",
        ),
        (
            &stage("run = [\"x\", \"${stages.b.outputs.c}\"]"),
            3,
            "no stage",
        ),
        (
            &stage("run = [\"x\", \"${stages.a.outputs.c}\"]"),
            3,
            "add it to `needs`",
        ),
        (&stage("run = [\"x\", \"${env.HOME}\"]"), 3, "${env.HOME}"),
        (
            &stage("run = [\"x\"]\nwhen = \"params.loud\""),
            4,
            "no parameter here",
        ),
        (&stage("run = [\"x\"]\nwhen = \"loud\""), 4, "can't be read"),
        (
            &stage("run = [\"x\"]\ntimeout = \"2 parsecs\""),
            4,
            "is not a duration",
        ),
        (&stage("run = [\"x\"]\nretry = -1"), 4, "from 0 to 100"),
        (
            &stage("run = [\"x\"]\nretry = { tmies = 1 }"),
            4,
            "did you mean `times`?",
        ),
        (
            &stage("run = [\"x\"]\nresources = { cpu = \"much\" }"),
            4,
            "is not a size",
        ),
        (&stage("run = [\"x\"]\nweight = 0"), 4, "above 0"),
        (
            &stage("run = [\"x\"]\noutputs = [\"../x\"]"),
            4,
            "below the work directory",
        ),
        (&stage("run = [\"x\"]\ncache = true"), 4, "add outputs ="),
        (
            &stage("uses = \"tts\"\noutputs = [\"x\"]\ncache = true"),
            5,
            "only goes with `run`",
        ),
        (
            &stage("run = [\"x\"]\noutputs = [\"x\"]\ncache = \"yes\""),
            5,
            "must be true or false",
        ),
        (
            &stage("run = [\"x\"]\n[stages.fail]\n\"9\" = \"qouta\""),
            5,
            "did you mean `quota`?",
        ),
        (
            &stage("run = [\"x\"]\n[stages.fail]\n\"/(/\" = \"quota\""),
            5,
            "no regular expression",
        ),
        (
            &stage("run = [\"x\"]\n[stages.fail]\n\"0\" = \"quota\""),
            5,
            "neither an exit code",
        ),
        (
            "[params.a]\ntype = \"strnig\"\n",
            2,
            "did you mean `string`?",
        ),
        ("[params.a]\ntype = \"enum\"\n", 1, "lacks `options`"),
        (
            "[params.a]\ntype = \"int\"\ndefault = \"3\"\n",
            3,
            "not of its type `int`",
        ),
        (
            "[params.a]\ntype = \"string\"\npattern = \"(\"\n",
            3,
            "no regular expression",
        ),
        (
            "[params.a]\ntype = \"int\"\nmin = 3\nmax = 2\n",
            1,
            "min 3 above max 2",
        ),
        (
            "[[stages]]\nid = \"A b\"\nrun = [\"x\"]\n",
            2,
            "no stage id",
        ),
        (
            "[[stages]]\nid = \"a\"\nrun = [\"x\"]\n[[stages]]\nid = \"a\"\nrun = [\"x\"]\n",
            4,
            "two stages have the id `a`",
        ),
    ];
    for (text, line, words) in cases {
        let (at, _, message) = refusal(text);
        assert!(message.contains(words), "{text}\n→ {message}");
        assert_eq!(at, *line, "{text}\n→ {message}");
    }
}

#[test]
fn a_circle_names_its_stages() {
    let text = r#"
[[stages]]
id = "a"
run = ["x"]
needs = ["c"]
[[stages]]
id = "b"
run = ["x"]
[[stages]]
id = "c"
run = ["x"]
"#;
    assert!(refusal(text).2.contains("a needs c needs b needs a"));
}

#[test]
fn the_hash_follows_name_and_text() {
    let one = parse("a", WHOLE, "x", &defaults()).unwrap();
    let other = parse("b", WHOLE, "x", &defaults()).unwrap();
    assert_ne!(one.hash, other.hash);
    assert_eq!(
        one.hash,
        parse("a", WHOLE, "elsewhere", &defaults()).unwrap().hash
    );
    assert_eq!(one.hash.len(), 64);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn no_cut_of_a_good_file_makes_it_panic(at in 0..WHOLE.len(), insert in "[\\[\\]={}\"$.a-z0-9\n]{0,6}") {
        let text = format!("{}{}{}", &WHOLE[..at], insert, &WHOLE[at..]);
        let _ = read(&text);
    }
}

#[test]
fn gates_may_have_a_deadline_and_what_it_says() {
    let with = |gates: &str| {
        read(&format!(
            "{gates}\n[[stages]]\nid = \"a\"\nrun = [\"true\"]\n"
        ))
    };
    assert_eq!(with("").unwrap().gates, Gates::default());
    let gates = with("[gates]\ndeadline = \"24h\"\nconfirmed = true")
        .unwrap()
        .gates;
    assert_eq!(gates.deadline, Some(Duration::from_secs(86_400)));
    assert!(gates.confirmed);
    for (wrong, said) in [
        ("[gates]\nconfirmed = true", "lacks `deadline`"),
        ("[gates]\ndeadline = \"soon\"", "deadline"),
        ("[gates]\ndeadlin = \"1h\"", "deadlin"),
        ("gates = 3", "gates"),
    ] {
        let refusal = with(wrong).unwrap_err();
        assert!(refusal.message.contains(said), "{wrong}: {refusal}");
    }
}

#[test]
fn the_pipeline_of_the_manual_is_one() {
    let page = include_str!("../../../../docs/pipelines.md");
    let example = page
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    assert!(read(example).unwrap().stages[0].cache);
}
