//! What a workflow asks a person, and the command that answers: said on standard error, so that scripts read ids alone.

use super::output::plain;
use reel_shared::workflow::{Gate, QuestionView, WorkflowView};
use serde_json::Value;

/// What is asked first; none where nothing is.
pub fn told(view: &WorkflowView) -> Option<String> {
    let gate = view.gates.first()?;
    let id = &view.id;
    let stage = gate.stage.as_ref();
    let stage = stage.map_or_else(String::new, |stage| format!(" --stage {stage}"));
    if !takes_answers(gate) {
        let asked = gate.questions.first().map(|one| plain(&one.question));
        let asked = asked.map_or_else(String::new, |asked| format!(" ({asked})"));
        return Some(format!(
            "workflow {id} waits for a yes{asked}: `reel confirm {id}{stage}` (or `--no`)"
        ));
    }
    let wide = gate
        .questions
        .iter()
        .map(|one| one.key.chars().count())
        .max()?;
    let mut lines = vec![format!("workflow {id} asks:")];
    for one in &gate.questions {
        lines.push(format!("  {:wide$}  {}", one.key, words(one)));
    }
    let answers: Vec<String> = gate
        .questions
        .iter()
        .map(|one| format!("{}={}", one.key, example(one)))
        .collect();
    lines.push(format!(
        "answer it: `reel answer {id}{stage} {}`",
        answers.join(" ")
    ));
    Some(lines.join("\n"))
}

/// A confirmation asks for nothing but a yes.
fn takes_answers(gate: &Gate) -> bool {
    gate.questions.iter().any(|one| one.key != "confirm")
}

fn words(one: &QuestionView) -> String {
    let mut words = plain(&one.question);
    if let Some(options) = one.options.as_ref().filter(|options| !options.is_empty()) {
        words.push_str(&format!(" ({})", plain(&options.join(", "))));
    }
    if let Some(default) = &one.default {
        words.push_str(&format!(" [{}]", shown(default)));
    }
    words
}

fn example(one: &QuestionView) -> String {
    one.default.as_ref().map_or_else(|| "…".to_owned(), shown)
}

fn shown(value: &Value) -> String {
    let text = value.as_str().map(str::to_owned);
    plain(&text.unwrap_or_else(|| value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn question(key: &str, options: &[&str], default: Option<Value>) -> QuestionView {
        QuestionView {
            key: key.to_owned(),
            question: format!("Which {key}?"),
            kind: "enum".to_owned(),
            options: (!options.is_empty())
                .then(|| options.iter().map(|one| (*one).to_owned()).collect()),
            default,
            required: true,
        }
    }

    fn asking(kind: &str, stage: Option<&str>, questions: Vec<QuestionView>) -> WorkflowView {
        WorkflowView {
            id: "cm1".to_owned(),
            gates: vec![Gate {
                stage: stage.map(str::to_owned),
                kind: kind.to_owned(),
                questions,
                deadline: None,
            }],
            ..WorkflowView::default()
        }
    }

    #[test]
    fn questions_come_with_the_command_that_answers_them() {
        let view = asking(
            "clarification",
            None,
            vec![
                question("style", &["cinematic", "plain"], Some(json!("cinematic"))),
                question("duration", &[], None),
            ],
        );
        assert_eq!(
            told(&view).unwrap(),
            "workflow cm1 asks:\n  style     Which style? (cinematic, plain) [cinematic]\n  \
             duration  Which duration?\nanswer it: `reel answer cm1 style=cinematic duration=…`"
        );
    }

    #[test]
    fn a_yes_is_asked_for_with_its_stage() {
        let view = asking(
            "approval",
            Some("look"),
            vec![question("confirm", &[], None)],
        );
        assert_eq!(
            told(&view).unwrap(),
            "workflow cm1 waits for a yes (Which confirm?): `reel confirm cm1 --stage look` (or `--no`)"
        );
        assert_eq!(told(&WorkflowView::default()), None);
    }
}
