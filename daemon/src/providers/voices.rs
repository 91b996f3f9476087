//! The voices that the configured speech service has.

use super::{Speech, Trouble};
use crate::config::Config;
use serde_json::Value;

/// Voices that are listed at most.
const MOST: usize = 1_000;
/// What the widespread protocol's own service has: it has no list.
const WIDESPREAD: [&str; 11] = [
    "alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse",
];

/// A voice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// What the parameter `voice` takes.
    pub voice_id: String,
    /// For people.
    pub name: String,
    /// `female`, `male`, or none where the service does not tell.
    pub gender: Option<String>,
    /// The language's tag; none for a voice that speaks them all.
    pub language: Option<String>,
    /// The provider's name in the configuration.
    pub provider: &'static str,
}

/// The voices of the service that `[providers] speech` names; none for the offline one, and for one that lacks its key.
///
/// # Errors
/// The service's.
pub async fn voices(config: &Config) -> Result<Vec<Voice>, Trouble> {
    let Ok(Some(speech)) = Speech::of(config, &config.providers.speech) else {
        return Ok(Vec::new());
    };
    let provider = speech.name();
    match (&speech, speech.list().await) {
        (_, Ok(list)) => Ok(read(&list, provider)),
        // A service that has no list has the voices that the protocol names.
        (Speech::OpenAi { .. }, Err(trouble))
            if trouble.code == "not_there" || trouble.code == "refused" =>
        {
            Ok(WIDESPREAD
                .iter()
                .map(|name| plain(name, provider))
                .collect())
        }
        (_, Err(trouble)) => Err(trouble),
    }
}

fn plain(name: &str, provider: &'static str) -> Voice {
    Voice {
        voice_id: name.to_owned(),
        name: name.to_owned(),
        gender: None,
        language: None,
        provider,
    }
}

fn read(list: &Value, provider: &'static str) -> Vec<Voice> {
    let items = list.get("voices").unwrap_or(list).as_array();
    items
        .into_iter()
        .flatten()
        .take(MOST)
        .filter_map(|item| one(item, provider))
        .collect()
}

/// Names alone, or objects: services that follow the protocol differ here.
fn one(item: &Value, provider: &'static str) -> Option<Voice> {
    if let Some(name) = item.as_str() {
        return Some(plain(name, provider));
    }
    let text = |keys: &[&str]| {
        keys.iter()
            .find_map(|key| item.get(key).and_then(Value::as_str))
            .map(str::to_owned)
    };
    let voice_id = text(&["voice_id", "id", "name"])?;
    let language = text(&["language", "lang"]).or_else(|| {
        let first = item.get("languageCodes")?.as_array()?.first()?;
        first.as_str().map(str::to_owned)
    });
    let gender = text(&["gender", "ssmlGender"]).map(|gender| gender.to_lowercase());
    Some(Voice {
        name: text(&["name"]).unwrap_or_else(|| voice_id.clone()),
        gender: gender.filter(|gender| gender == "female" || gender == "male"),
        voice_id,
        language,
        provider,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_what_the_services_list() {
        let google = json!({"voices": [{"languageCodes": ["en-US"], "name": "en-US-Wavenet-A", "ssmlGender": "FEMALE"}]});
        let found = read(&google, "google_tts");
        assert_eq!(
            (
                found[0].voice_id.as_str(),
                found[0].gender.as_deref(),
                found[0].language.as_deref()
            ),
            ("en-US-Wavenet-A", Some("female"), Some("en-US"))
        );
        assert_eq!(
            read(
                &json!({"voices": ["a", {"id": "b", "name": "B"}, 7]}),
                "openai"
            )
            .len(),
            2
        );
        assert_eq!(read(&json!("x"), "openai"), []);
    }
}
