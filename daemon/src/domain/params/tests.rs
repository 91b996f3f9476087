//! Every type, bound and default; what is refused, by name; what is read out of text.

use super::*;
use crate::domain::tests::{param, pipeline, stage};
use proptest::prelude::*;

fn plan() -> Pipeline {
    let mut plan = pipeline(vec![stage("a", &[])]);
    let with = |name: &str, kind| param(name, kind);
    let options = || vec!["red".to_owned(), "blue".to_owned()];
    plan.params = vec![
        ParamSpec {
            required: true,
            question: Some("What about?".to_owned()),
            ..with("prompt", ParamKind::Text)
        },
        ParamSpec {
            max: Some(5.0),
            ..with("title", ParamKind::String)
        },
        ParamSpec {
            min: Some(1.0),
            max: Some(9.0),
            default: Some(Value::Int(3)),
            ..with("count", ParamKind::Int)
        },
        with("speed", ParamKind::Number),
        ParamSpec {
            default: Some(Value::Bool(true)),
            ..with("loud", ParamKind::Bool)
        },
        ParamSpec {
            options: options(),
            ..with("colour", ParamKind::Enum)
        },
        with("mail", ParamKind::Email),
        with("link", ParamKind::Url),
        with("source", ParamKind::File),
        ParamSpec {
            options: options(),
            max: Some(2.0),
            ..with("colours", ParamKind::List)
        },
        with("env", ParamKind::Map),
        with("extra", ParamKind::Any),
        ParamSpec {
            pattern: Some("[a-z]+".to_owned()),
            ..with("slug", ParamKind::String)
        },
    ];
    plan
}

/// Stands in for the regular expressions of the room above: `[a-z]+` is all there is.
fn lower(_: &str, text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase())
}

fn given(pairs: Vec<(&str, Value)>) -> Values {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn problem(name: &str, value: Value) -> Option<(String, String)> {
    let found = check(&plan(), &given(vec![(name, value)]), true, &lower).err()?;
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().map(|one| (one.field, one.problem))
}

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| Value::from(*item)).collect())
}

#[test]
fn defaults_are_filled_in_and_null_is_nothing() {
    let checked = check(
        &plan(),
        &given(vec![("prompt", Value::from("hi")), ("count", Value::Null)]),
        false,
        &lower,
    );
    let wanted = given(vec![
        ("prompt", Value::from("hi")),
        ("count", Value::Int(3)),
        ("loud", Value::Bool(true)),
    ]);
    assert_eq!(checked, Ok(wanted));
}

#[test]
fn every_problem_is_told_at_once() {
    let wrong = given(vec![
        ("promt", Value::from("hi")),
        ("count", Value::Int(10)),
        ("mail", Value::from("nobody")),
    ]);
    let found = check(&plan(), &wrong, false, &lower).unwrap_err();
    let told: Vec<(&str, &str)> = found
        .iter()
        .map(|one| (one.field.as_str(), one.problem.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("count", "must be at most 9, not 10"),
            ("mail", "must be an e-mail address, not \"nobody\""),
            ("prompt", "is required: What about?"),
            ("promt", "unknown parameter; did you mean `prompt`?"),
        ]
    );
}

#[test]
fn what_is_missing_becomes_a_question() {
    let checked = check_for_questions(&plan(), &Values::new(), &lower).unwrap();
    assert_eq!(checked.get("count"), Some(&Value::Int(3)));
    let asked = questions(&plan(), &checked);
    assert_eq!(
        (
            asked.len(),
            asked[0].key.as_str(),
            asked[0].question.as_str()
        ),
        (1, "prompt", "What about?")
    );
    assert!(questions(&plan(), &given(vec![("prompt", Value::from("x"))])).is_empty());
    assert_eq!(
        check(&plan(), &Values::new(), true, &lower),
        Ok(Values::new())
    );
}

#[test]
fn each_type_takes_its_own() {
    for (name, value) in [
        ("title", Value::from("héllo")),
        ("prompt", Value::from("two\nlines, 100 % “quoted” \\ : ")),
        ("count", Value::Int(9)),
        ("speed", Value::Number(0.5)),
        ("speed", Value::Int(2)),
        ("loud", Value::Bool(false)),
        ("colour", Value::from("red")),
        ("mail", Value::from("ann@example.org")),
        ("link", Value::from("HTTPS://example.org/x?y=1#z")),
        ("link", Value::from("http://[::1]:8080")),
        ("source", Value::from("/a b/c.mp4")),
        ("colours", list(&["red", "blue"])),
        ("env", Value::Map(given(vec![("A", Value::Int(1))]))),
        ("extra", list(&["x"])),
        ("slug", Value::from("abc")),
    ] {
        assert_eq!(problem(name, value.clone()), None, "{name} = {value}");
    }
    let whole = check(
        &plan(),
        &given(vec![("count", Value::Number(3.0))]),
        true,
        &lower,
    );
    assert_eq!(whole, Ok(given(vec![("count", Value::Int(3))])));
}

#[test]
fn each_type_refuses_the_others_by_name() {
    for (name, value, field, says) in [
        (
            "title",
            Value::from("two\nlines"),
            "title",
            "must be one line of text",
        ),
        (
            "title",
            Value::from("too long"),
            "title",
            "must have at most 5 characters, not 8",
        ),
        (
            "title",
            Value::Int(1),
            "title",
            "must be one line of text, not `1`",
        ),
        ("prompt", Value::from(" \n"), "prompt", "must not be empty"),
        ("prompt", Value::from("a\0b"), "prompt", "NUL"),
        (
            "count",
            Value::from("3"),
            "count",
            "must be a whole number, not the text \"3\"",
        ),
        (
            "count",
            Value::Number(2.5),
            "count",
            "must be a whole number, not `2.5`",
        ),
        ("count", Value::Int(0), "count", "must be at least 1"),
        (
            "speed",
            Value::Number(f64::NAN),
            "speed",
            "must be a number",
        ),
        ("loud", Value::from("yes"), "loud", "must be true or false"),
        (
            "colour",
            Value::from("rad"),
            "colour",
            "did you mean `red`?",
        ),
        ("mail", Value::from("a@b@c"), "mail", "e-mail"),
        ("link", Value::from("ftp://x"), "link", "http or https"),
        ("link", Value::from("https://"), "link", "http or https"),
        (
            "link",
            Value::from("https://user@/x"),
            "link",
            "http or https",
        ),
        ("source", Value::from(""), "source", "path"),
        (
            "colours",
            list(&["red", "green"]),
            "colours[1]",
            "is none of red, blue",
        ),
        (
            "colours",
            Value::List(vec![Value::Int(1)]),
            "colours[0]",
            "must be text",
        ),
        (
            "colours",
            list(&["red", "red", "red"]),
            "colours",
            "at most 2 elements",
        ),
        (
            "env",
            list(&[]),
            "env",
            "must be values by name, not a list",
        ),
        (
            "extra",
            Value::Map(given(vec![("x", Value::from("\0"))])),
            "extra",
            "NUL",
        ),
        (
            "slug",
            Value::from("ABC"),
            "slug",
            "does not match the pattern [a-z]+",
        ),
    ] {
        let (found, told) = problem(name, value.clone())
            .unwrap_or_else(|| panic!("{name} = {value} was let through"));
        assert_eq!(found, field);
        assert!(told.contains(says), "{name} = {value}: {told}");
    }
}

#[test]
fn texts_are_read_where_that_is_asked_for() {
    let texts = given(vec![
        ("count", Value::from(" 7 ")),
        ("speed", Value::from("0.5")),
        ("loud", Value::from("no")),
        ("colours", Value::from("red, blue")),
        ("prompt", Value::from("true")),
        ("extra", Value::from("3")),
        ("nope", Value::from("3")),
    ]);
    let read = coerce(&plan(), &texts);
    assert_eq!(read["count"], Value::Int(7));
    assert_eq!(read["speed"], Value::Number(0.5));
    assert_eq!(read["loud"], Value::Bool(false));
    assert_eq!(read["colours"], list(&["red", "blue"]));
    assert_eq!(read["prompt"], Value::from("true"));
    assert_eq!(read["extra"], Value::Int(3));
    assert_eq!(read["nope"], Value::from("3"));
    let unreadable = coerce(&plan(), &given(vec![("count", Value::from("many"))]));
    assert_eq!(unreadable["count"], Value::from("many"));
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Number),
        any::<String>().prop_map(Value::Text),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            proptest::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Value::Map),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_given_is_checked_without_a_panic_and_once(which in 0_usize..13, value in values()) {
        let plan = plan();
        let name = plan.params[which].name.clone();
        let given = Values::from([(name, value)]);
        if let Ok(checked) = check(&plan, &given, true, &lower) {
            prop_assert_eq!(check(&plan, &checked, true, &lower), Ok(checked.clone()));
        }
        let _ = coerce(&plan, &given);
    }
}
