//! Has a chat model judge the clips that the rules found: a score and a title for each. Where no model is configured, or nothing
//! is known of what is said, the rules' own stay; a model that fails costs its judgement, never the clips.

use crate::attempt_log::Level;
use crate::episodes::Clip;
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::{paid, provided};
use crate::providers::{Ask, Chat};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Characters of a title.
const TITLE: usize = 90;
/// Tokens for each clip that is judged, and for what stands around them.
const TOKENS: u32 = 60;
const AROUND: u32 = 200;

const SYSTEM: &str = "You choose clips of a recording for social media. You are given candidates as JSON. Answer with one JSON object: \
    {\"clips\": [{\"id\": the candidate's id, \"score\": 0 to 1, how well it stands by itself and holds attention, \
    \"title\": a title of at most 80 characters in the language of its text}]}, one entry for each candidate.";

#[derive(Serialize, Deserialize)]
struct Judged {
    clips: Vec<One>,
}

#[derive(Serialize, Deserialize)]
struct One {
    id: String,
    #[serde(default)]
    score: Option<f64>,
    #[serde(default)]
    title: Option<String>,
}

/// The best `most` of the clips by the model's judgement, in the order of their beginnings; none
/// where no model judged.
///
/// # Errors
/// `Cancelled`; a limit parks the stage.
pub async fn by_model(
    context: &StageContext,
    clips: &[Clip],
    most: usize,
) -> Result<Option<Vec<Clip>>, StageError> {
    let config = &context.config;
    let known = clips.iter().any(|clip| !clip.text.is_empty());
    if provided::is_simulated(context) || config.providers.chat.is_none() || !known {
        return Ok(None);
    }
    let chat = match Chat::of(config) {
        Ok(chat) => chat,
        Err(lacks) => {
            provided::or_offline(context, &lacks, "rules alone rank the clips")?;
            return Ok(None);
        }
    };
    let candidates: Vec<_> = clips
        .iter()
        .map(|clip| json!({"id": clip.clip_id, "seconds": (clip.end - clip.start).round(), "text": clip.text}))
        .collect();
    let user = json!({ "candidates": candidates }).to_string();
    let count = u32::try_from(clips.len()).unwrap_or(u32::MAX);
    let ask = Ask {
        system: SYSTEM,
        user: &user,
        json: true,
        max_tokens: count.saturating_mul(TOKENS).saturating_add(AROUND),
    };
    let asking = async {
        let (judged, tokens) = provided::ask(context, chat.ask_for::<Judged>(ask)).await?;
        context.paid("openai", tokens);
        Ok(judged)
    };
    match paid::once(context, &["rank".as_bytes(), user.as_bytes()], asking).await {
        Ok(judged) => Ok(Some(applied(clips, judged, most))),
        Err(StageError::Failed { message, .. }) => {
            context.log(
                Level::Warn,
                &format!("{message}; rules alone rank the clips"),
            );
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

fn applied(clips: &[Clip], judged: Judged, most: usize) -> Vec<Clip> {
    let mut all = clips.to_vec();
    for one in judged.clips {
        let Some(clip) = all.iter_mut().find(|clip| clip.clip_id == one.id) else {
            continue;
        };
        if let Some(score) = one.score.filter(|score| (0.0..=1.0).contains(score)) {
            clip.score = score;
        }
        let title: String = one
            .title
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        if !title.is_empty() {
            clip.title = title.chars().take(TITLE).collect();
        }
    }
    // Of equals the rules' order, which is that of their beginnings.
    all.sort_by(|one, other| other.score.total_cmp(&one.score));
    all.truncate(most);
    all.sort_by(|one, other| one.start.total_cmp(&other.start));
    for (number, clip) in (1..).zip(&mut all) {
        clip.clip_id = format!("c{number}");
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(id: &str, start: f64, score: f64) -> Clip {
        Clip {
            clip_id: id.into(),
            title: "Old".into(),
            start,
            end: start + 20.0,
            score,
            text: "x".into(),
        }
    }

    #[test]
    fn the_best_stay_and_what_is_nonsense_changes_nothing() {
        let clips = [
            clip("c1", 0.0, 0.5),
            clip("c2", 30.0, 0.6),
            clip("c3", 60.0, 0.4),
        ];
        let judged = serde_json::from_value(json!({"clips": [
            {"id": "c3", "score": 0.9, "title": " New\none "}, {"id": "c2", "score": 7}, {"id": "c9", "score": 1.0}, {"id": "c1"}]}));
        let found = applied(&clips, judged.unwrap(), 2);
        let shown: Vec<(&str, f64, &str)> = found
            .iter()
            .map(|one| (one.clip_id.as_str(), one.start, one.title.as_str()))
            .collect();
        assert_eq!(shown, [("c1", 30.0, "Old"), ("c2", 60.0, "New one")]);
    }
}
