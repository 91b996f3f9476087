//! A chat model behind the widespread protocol: `POST {base_url}/chat/completions`.

use super::call::{Service, Shown};
use super::{Lacks, OPENAI, Trouble, base, key};
use crate::config::Config;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::time::Duration;

/// Models think for a while.
const TOTAL: Duration = Duration::from_secs(120);
const LARGEST: usize = 2 << 20;
/// Characters of a question at most: what is over is cut, so that no text of a person's costs without bound.
const QUESTION: usize = 48_000;

/// A chat model that may be asked; clones share connections.
#[derive(Clone)]
pub struct Chat {
    service: Service,
    model: String,
}

/// A question.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// What the model is told to be and to do.
    pub system: &'a str,
    /// What it works on. At most 48 000 characters are sent.
    pub user: &'a str,
    /// One JSON object is wanted.
    pub json: bool,
    /// Tokens of the answer at most.
    pub max_tokens: u32,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its text; with `json` the object's text without anything around it.
    pub text: String,
    /// Tokens that it cost, question and answer; 0 where the service does not tell.
    pub tokens: u64,
    /// It was cut at `max_tokens`.
    pub cut: bool,
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Usage,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize, Default)]
struct Usage {
    #[serde(default)]
    total_tokens: u64,
}

impl Chat {
    /// The one that `[providers] chat` names, or else `[providers.openai]`.
    ///
    /// # Errors
    /// What it lacks: address, key or model.
    pub fn of(config: &Config) -> Result<Self, Lacks> {
        let openai = &config.providers.openai;
        let lacks = |setting| Lacks {
            provider: "openai",
            setting,
        };
        let model = openai
            .chat_model
            .clone()
            .ok_or_else(|| lacks("chat_model"))?;
        let base = base(openai.remote.base_url.as_deref(), OPENAI);
        let key = key("openai", openai.remote.api_key.as_ref())?;
        let service = Service::new("openai", base, key, Shown::Bearer, config, TOTAL, LARGEST);
        Ok(Self { service, model })
    }

    /// Asks once.
    ///
    /// # Errors
    /// The service's; class `input` when the model refuses; class `provider` for an answer without text.
    pub async fn ask(&self, ask: Ask<'_>) -> Result<Said, Trouble> {
        let user: String = ask.user.chars().take(QUESTION).collect();
        let mut body = json!({
            "model": self.model,
            "messages": [{"role": "system", "content": ask.system}, {"role": "user", "content": user}],
            "max_tokens": ask.max_tokens,
        });
        if ask.json {
            body["response_format"] = json!({"type": "json_object"});
        }
        let completion: Completion = self.service.post("/chat/completions", &body).await?;
        let choice = completion
            .choices
            .into_iter()
            .next()
            .ok_or_else(|| Trouble::unreadable("openai", "it holds no choice"))?;
        if let Some(refusal) = choice.message.refusal.filter(|text| !text.is_empty()) {
            let words: String = refusal.chars().take(300).collect();
            return Err(Trouble::new(
                crate::domain::ErrorClass::Input,
                "refused",
                format!("the model refused: {words}"),
                "Change the prompt, then retry.".to_owned(),
            ));
        }
        let text = choice.message.content.unwrap_or_default();
        let text = if ask.json {
            bare(&text).to_owned()
        } else {
            text.trim().to_owned()
        };
        if text.is_empty() {
            return Err(Trouble::unreadable("openai", "the model said nothing"));
        }
        Ok(Said {
            text,
            tokens: completion.usage.total_tokens,
            cut: choice.finish_reason.as_deref() == Some("length"),
        })
    }

    /// Asks for one JSON object of this shape; also answers the tokens that it cost.
    ///
    /// # Errors
    /// As `ask`; class `provider` for an answer of another shape.
    pub async fn ask_for<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<(T, u64), Trouble> {
        let said = self.ask(Ask { json: true, ..ask }).await?;
        let shape = serde_json::from_str(&said.text).map_err(|error| {
            let cut = if said.cut {
                ", it was cut at its longest"
            } else {
                ""
            };
            Trouble::unreadable(
                "openai",
                &format!("the model's answer is not as asked{cut}: {error}"),
            )
        })?;
        Ok((shape, said.tokens))
    }
}

/// The object alone: models like to put a fence around it.
fn bare(text: &str) -> &str {
    match (text.find('{'), text.rfind('}')) {
        (Some(from), Some(to)) if from < to => &text[from..=to],
        _ => text.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_found_in_its_fence() {
        assert_eq!(bare("```json\n{\"a\": {}}\n```"), "{\"a\": {}}");
        assert_eq!(bare(" none "), "none");
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut config = Config::default_at("/d");
        let lack = |config: &Config| Chat::of(config).err().map(|lacks| lacks.to_string());
        assert_eq!(
            lack(&config).as_deref(),
            Some("openai has no chat_model ([providers.openai] chat_model)")
        );
        config.providers.openai.chat_model = Some("m".into());
        assert!(lack(&config).unwrap().contains("api_key"));
        config.providers.openai.remote.api_key = Some(crate::config::Secret::new("k"));
        assert_eq!(lack(&config), None);
    }
}
