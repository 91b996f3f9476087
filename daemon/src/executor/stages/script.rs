//! `script`: has a chat model write what is said, with a title, a description and the words that footage is searched by.

use super::{paid, provided, settings};
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::providers::{Ask, Chat};
use serde::{Deserialize, Serialize};

/// Tokens of a script at most: about four minutes of speech.
const TOKENS: u32 = 2_000;
/// Characters of what is kept.
const SCRIPT: usize = 20_000;
const TITLE: usize = 100;
const DESCRIPTION: usize = 2_000;
const SEARCHES: usize = 4;

const SYSTEM: &str = "You write narrations for short videos. Answer with one JSON object: \
    {\"script\": the words to be spoken, plain sentences without stage directions, headings or markup, 60 to 160 words unless asked otherwise; \
    \"title\": at most 90 characters; \"description\": one or two sentences; \
    \"search\": 2 to 4 short English phrases by which stock footage for it is found}. \
    Write script, title and description in the language of the request.";

#[derive(Serialize, Deserialize)]
struct Written {
    script: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    search: Vec<String>,
}

/// Runs the stage.
///
/// # Errors
/// The service's; class `config` where there is none and `missing = "refuse"`; class `provider` for a script without words.
pub async fn run(context: StageContext) -> Result<Values, StageError> {
    let prompt = settings::text(&context.params, "prompt").unwrap_or_default();
    let chat = match Chat::of(&context.config) {
        Ok(chat) => chat,
        Err(lacks) => {
            provided::or_offline(&context, &lacks, "the prompt itself is spoken")?;
            return Ok(Values::from([("provider".to_owned(), Value::from("none"))]));
        }
    };
    let user = request(&context, prompt);
    let asked = ["script".as_bytes(), user.as_bytes()];
    let (written, tokens) = paid::once(&context, &asked, write(&context, &chat, &user)).await?;
    let script = clean(&written.script, SCRIPT);
    context.log(
        Level::Info,
        &format!(
            "{} words, {tokens} tokens",
            script.split_whitespace().count()
        ),
    );
    let search = written
        .search
        .iter()
        .map(|words| clean(words, TITLE))
        .filter(|words| !words.is_empty());
    let mut outputs = Values::from([
        ("provider".to_owned(), Value::from("openai")),
        ("script".to_owned(), Value::from(script)),
        (
            "search".to_owned(),
            Value::List(search.take(SEARCHES).map(Value::from).collect()),
        ),
    ]);
    for (key, text, most) in [
        ("title", &written.title, TITLE),
        ("description", &written.description, DESCRIPTION),
    ] {
        let text = clean(text, most);
        if !text.is_empty() {
            outputs.insert(key.to_owned(), Value::from(text));
        }
    }
    Ok(outputs)
}

/// Has it written; also how many tokens that cost.
async fn write(
    context: &StageContext,
    chat: &Chat,
    user: &str,
) -> Result<(Written, u64), StageError> {
    let ask = Ask {
        system: SYSTEM,
        user,
        json: true,
        max_tokens: TOKENS,
    };
    let (written, tokens): (Written, u64) = provided::ask(context, chat.ask_for(ask)).await?;
    context.paid("openai", tokens);
    if written.script.chars().any(char::is_alphanumeric) {
        return Ok((written, tokens));
    }
    Err(StageError::failed(
        ErrorClass::Provider,
        "no_script",
        "the model wrote a script without words",
        "It is tried again by itself; or retry with a script of your own: `-p script=…`.",
    ))
}

fn request(context: &StageContext, prompt: &str) -> String {
    let language = settings::text(&context.params, "language");
    let language = language.map_or_else(String::new, |tag| format!("\nLanguage: {tag}"));
    format!("{prompt}{language}")
}

/// Without control characters but line ends, and no longer than `most`.
fn clean(text: &str, most: usize) -> String {
    let kept = text
        .chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .take(most);
    kept.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_writes_is_cleaned() {
        assert_eq!(clean(" a\u{7}b\n\nc ", 6), "ab\n\nc");
        assert!(serde_json::from_str::<Written>(r#"{"script": "x", "more": 1}"#).is_ok());
    }
}
