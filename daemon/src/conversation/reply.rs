//! Reads a message as an answer to what is open: one of a question's options, its one number, a yes or a no. What fits
//! nothing is no answer, and is left to be asked again.

use super::intent::words;
use crate::domain::pipeline::ParamKind;
use crate::domain::workflow::Question;
use crate::domain::{Value, Values};

const YES: [&str; 14] = [
    "yes",
    "y",
    "yeah",
    "yep",
    "ok",
    "okay",
    "sure",
    "confirm",
    "confirmed",
    "go",
    "ja",
    "sí",
    "oui",
    "true",
];
const NO: [&str; 10] = [
    "no", "n", "nope", "cancel", "stop", "nein", "non", "never", "abort", "false",
];
/// Words that leave the choice to us.
const ANY: [&str; 6] = ["default", "defaults", "any", "whatever", "egal", "choose"];

/// Yes or no, where a message says that and little else.
#[must_use]
pub fn yes_or_no(text: &str) -> Option<bool> {
    let words = words(text);
    if words.is_empty() || words.len() > 6 {
        return None;
    }
    let says = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    match (says(&YES), says(&NO)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// What a message answers of the open questions. Whether a number is within its bounds is not judged here.
#[must_use]
pub fn answers(questions: &[Question], text: &str) -> Values {
    let words = words(text);
    let mut found = Values::new();
    if words.iter().any(|word| ANY.contains(&word.as_str())) {
        let defaults = questions
            .iter()
            .filter_map(|one| Some((one.key.clone(), one.default.clone()?)));
        found.extend(defaults);
        return found;
    }
    let numbers: Vec<Value> = words.iter().filter_map(|word| number(word)).collect();
    let wants_number = |one: &&Question| matches!(one.kind, ParamKind::Int | ParamKind::Number);
    if let ([number], 1) = (
        numbers.as_slice(),
        questions.iter().filter(wants_number).count(),
    ) && let Some(question) = questions.iter().find(wants_number)
    {
        found.insert(question.key.clone(), number.clone());
    }
    for question in questions {
        let value = match question.kind {
            ParamKind::Enum => option(&question.options, &words, text),
            ParamKind::Bool => yes_or_no(text).map(Value::Bool),
            ParamKind::String | ParamKind::Text if questions.len() == 1 => {
                Some(Value::from(text.trim())).filter(|_| !words.is_empty())
            }
            _ => None,
        };
        if let Some(value) = value {
            found.insert(question.key.clone(), value);
        }
    }
    found
}

/// The one option that is named.
fn option(options: &[String], words: &[String], text: &str) -> Option<Value> {
    let whole = text.trim().to_lowercase();
    let named = |option: &&String| {
        let option = option.to_lowercase();
        whole == option || words.contains(&option)
    };
    let mut named = options.iter().filter(named);
    let first = named.next()?;
    named.next().is_none().then(|| Value::from(first.as_str()))
}

/// `10`, `10s`, `7.5`.
fn number(word: &str) -> Option<Value> {
    let digits = word.trim_end_matches(char::is_alphabetic);
    if let Ok(whole) = digits.parse::<i64>() {
        return Some(Value::Int(whole));
    }
    digits
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite() && digits.starts_with(|c: char| c.is_ascii_digit()))
        .map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn question(key: &str, kind: ParamKind, options: &[&str]) -> Question {
        Question {
            key: key.to_owned(),
            question: String::new(),
            kind,
            options: options.iter().map(|one| (*one).to_owned()).collect(),
            default: Some(Value::from("d")),
            required: true,
        }
    }

    fn asked() -> Vec<Question> {
        vec![
            question("style", ParamKind::Enum, &["cinematic", "plain", "16:9"]),
            question("duration", ParamKind::Number, &[]),
        ]
    }

    #[test]
    fn options_and_numbers_are_found() {
        let both = answers(&asked(), "Cinematic please, 10 seconds.");
        assert_eq!(both["style"], Value::from("cinematic"));
        assert_eq!(both["duration"], Value::Int(10));
        assert_eq!(answers(&asked(), "7.5s")["duration"], Value::Number(7.5));
        assert_eq!(answers(&asked(), "16:9")["style"], Value::from("16:9"));
        assert_eq!(answers(&asked(), "the defaults").len(), 2);
    }

    #[test]
    fn what_fits_nothing_or_too_much_is_no_answer() {
        for text in ["", "hello", "cinematic or plain", "between 5 and 10"] {
            assert_eq!(answers(&asked(), text), Values::new(), "{text}");
        }
        let free = [question("prompt", ParamKind::Text, &[])];
        assert_eq!(
            answers(&free, " the sea ")["prompt"],
            Value::from("the sea")
        );
        assert_eq!(answers(&free, "…"), Values::new());
    }

    #[test]
    fn yes_and_no_are_short() {
        assert_eq!(yes_or_no("Yes, go ahead!"), Some(true));
        assert_eq!(yes_or_no("no"), Some(false));
        assert_eq!(yes_or_no("yes and no"), None);
        assert_eq!(yes_or_no("maybe"), None);
        assert_eq!(
            yes_or_no("yes I think that the one with the sea was better"),
            None
        );
    }

    proptest! {
        #[test]
        fn only_open_questions_are_answered(text in "\\PC{0,120}") {
            let found = answers(&asked(), &text);
            prop_assert!(found.keys().all(|key| key == "style" || key == "duration"));
        }
    }
}
