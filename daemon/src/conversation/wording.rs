//! What the assistant says.

use crate::domain::workflow::{Failure, Question};
use crate::domain::{Value, Values};

/// To a request that was taken.
pub const STARTED: &str = "I'm working on your video";
/// To a confirmation.
pub const CONFIRMED: &str = "Thank you: your video is in the queue";
/// At the end.
pub const READY: &str = "Your video is ready!";
/// To a cancel or a refusal.
pub const CANCELLED: &str = "Your video was cancelled";
/// To what is no request and no answer.
pub const OTHER: &str =
    "I make videos. Say what one should show, for example: Create a video of a sunset";
/// Characters of a prompt that a sentence takes.
const SHOWN: usize = 200;

/// What is asked, a line for each question.
#[must_use]
pub fn questions(questions: &[Question]) -> String {
    let lines = questions.iter().map(|one| {
        let mut line = one.question.clone();
        if !one.options.is_empty() {
            line.push_str(&format!(" ({})", one.options.join(", ")));
        }
        if let Some(default) = &one.default {
            line.push_str(&format!(" [{default}]"));
        }
        line
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What a person is asked before the work is queued: `Make a 10 s cinematic video of a sunset?`
#[must_use]
pub fn confirmation(params: &Values) -> String {
    let text = |name: &str| params.get(name).and_then(Value::as_text);
    let mut words = vec!["Make a".to_owned()];
    if let Some(seconds) = params.get("duration").filter(|_| text("script").is_none()) {
        words.push(format!("{seconds} s"));
    }
    words.extend(text("style").map(str::to_owned));
    words.push("video".to_owned());
    let prompt = text("prompt").unwrap_or_default();
    let line = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    let about = match subject(&line) {
        Some(subject) => format!("{} {}", subject.0, short(subject.1)),
        None => format!("of “{}”", short(&line)),
    };
    format!("{} {about}?", words.join(" "))
}

/// What follows "a video of" where a prompt begins so: the preposition and the rest.
fn subject(prompt: &str) -> Option<(&'static str, &str)> {
    const BEFORE: usize = 6;
    let mut rest = prompt;
    let mut seen_noun = false;
    for _ in 0..=BEFORE {
        let (word, behind) = rest.split_once(' ')?;
        let plain: String = word
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        let is_noun = super::intent::NOUNS.contains(&plain.as_str());
        if seen_noun && !is_noun {
            let found = ["of", "about", "showing", "with"]
                .into_iter()
                .find(|one| *one == plain)?;
            return Some((found, behind.trim_end_matches(['.', '!', '?', ' '])))
                .filter(|(_, rest)| !rest.is_empty());
        }
        seen_noun |= is_noun;
        rest = behind;
    }
    None
}

fn short(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    text.chars().take(SHOWN - 1).chain(['…']).collect()
}

/// What went wrong, and what helps.
#[must_use]
pub fn failed(failure: &Failure) -> String {
    let mut words = format!("Your video could not be made: {}", failure.message);
    if !failure.hint.is_empty() {
        words.push_str(&format!(". What helps: {}", failure.hint));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn params(prompt: &str) -> Values {
        Values::from([
            ("prompt".to_owned(), Value::from(prompt)),
            ("style".to_owned(), Value::from("cinematic")),
            ("duration".to_owned(), Value::Int(10)),
        ])
    }

    #[test]
    fn a_confirmation_says_what_will_be_made() {
        for prompt in [
            "A video of a sunset",
            "Create a video of a sunset.",
            "please make me a short video of a sunset!",
        ] {
            assert_eq!(
                confirmation(&params(prompt)),
                "Make a 10 s cinematic video of a sunset?",
                "{prompt}"
            );
        }
        assert_eq!(
            confirmation(&params("Waves")),
            "Make a 10 s cinematic video of “Waves”?"
        );
    }

    proptest! {
        #[test]
        fn any_prompt_gives_one_short_question(prompt in "\\PC{0,400}") {
            let said = confirmation(&params(&prompt));
            prop_assert!(said.ends_with('?') && !said.contains('\n'));
            prop_assert!(said.chars().count() < SHOWN + 60);
        }
    }
}
