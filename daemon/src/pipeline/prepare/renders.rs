//! A stage that is made once for each clip, variant and ratio: which they are is read from what an earlier workflow left of
//! the episode, when the workflow is submitted.

use crate::config::Config;
use crate::domain::{Pipeline, Value, Values};
use crate::episodes::{Clip, Left};
use crate::pipeline::each::{self, Each};
use crate::pipeline::{Defaults, parse};
use std::sync::Arc;

/// Renders of one workflow at most: each is a stage.
const MOST: usize = 200;
/// Clip ids that a refusal names.
const SHOWN: usize = 12;

/// The pipeline with a stage for each render, and `params.clip_ids` filled in where all clips are meant. A pipeline without
/// such a stage comes back as it is.
pub(super) fn expand(
    plan: Arc<Pipeline>,
    params: &mut Values,
    config: &Config,
    problem: &mut dyn FnMut(&str, String),
) -> Arc<Pipeline> {
    if each::wanted(&plan) != Some("clips") {
        return plan;
    }
    let Some(clips) = clips(params, config, problem) else {
        return plan;
    };
    let (variants, ratios) = (texts(params, "variants"), texts(params, "aspect_ratios"));
    let count = clips.len() * variants.len() * ratios.len();
    if count == 0 || count > MOST {
        problem(
            "clip_ids",
            format!(
                "{} clips in {} variants and {} ratios are {count} renders; 1 to {MOST} go into one workflow",
                clips.len(),
                variants.len(),
                ratios.len()
            ),
        );
        return plan;
    }
    let mut all = Vec::with_capacity(count);
    for clip in &clips {
        for variant in &variants {
            for ratio in &ratios {
                all.push(render(&clip.clip_id, variant, ratio));
            }
        }
    }
    let ids = clips.iter().map(|clip| Value::from(clip.clip_id.as_str()));
    params.insert("clip_ids".to_owned(), Value::List(ids.collect()));
    let text = each::text(&plan, &all);
    match parse(&plan.name, &text, &plan.origin, &Defaults::from(config)) {
        Ok(expanded) => Arc::new(expanded),
        Err(error) => {
            problem(
                "clip_ids",
                format!("no stages can be made for the clips: {error}"),
            );
            plan
        }
    }
}

fn render(clip: &str, variant: &str, ratio: &str) -> Each {
    let entry = |key: &str, value: &str| (key.to_owned(), Value::from(value));
    Each {
        id: format!("{clip}-{variant}-{ratio}"),
        title: format!("Render {clip}, {variant}, {}", ratio.replace('x', ":")),
        with: Values::from([
            entry("clip_id", clip),
            entry("variant", variant),
            entry("aspect_ratio", ratio),
        ]),
    }
}

/// The clips that are meant: those that are named, else all.
fn clips(
    params: &Values,
    config: &Config,
    problem: &mut dyn FnMut(&str, String),
) -> Option<Vec<Clip>> {
    let episode = params.get("episode_id").and_then(Value::as_text)?;
    let known = match Left::of(config, episode).clips() {
        Ok(known) => known.unwrap_or_default(),
        Err(error) => {
            problem(
                "episode_id",
                format!(
                    "the clips of `{episode}` can't be read: {error}; process the episode again"
                ),
            );
            return None;
        }
    };
    if known.is_empty() {
        problem(
            "episode_id",
            format!(
                "no clips of `{episode}` are known; process the episode first, at least until it is enriched"
            ),
        );
        return None;
    }
    let wanted = texts(params, "clip_ids");
    if wanted.is_empty() {
        return Some(known);
    }
    let mut unknown = wanted
        .iter()
        .filter(|id| known.iter().all(|clip| clip.clip_id != **id));
    if let Some(id) = unknown.next() {
        let ids: Vec<&str> = known
            .iter()
            .take(SHOWN)
            .map(|clip| clip.clip_id.as_str())
            .collect();
        let shown: String = id.chars().take(80).collect();
        problem(
            "clip_ids",
            format!(
                "`{episode}` has no clip `{shown}`; it has {}",
                ids.join(", ")
            ),
        );
        return None;
    }
    Some(
        known
            .into_iter()
            .filter(|clip| wanted.contains(&clip.clip_id))
            .collect(),
    )
}

/// A list's texts, each once.
fn texts(params: &Values, name: &str) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for text in params
        .get(name)
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_text)
    {
        if !texts.iter().any(|known| known == text) {
            texts.push(text.to_owned());
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::episodes::{Clip, Left};
    use crate::pipeline::{Catalogue, Defaults, Draft, prepare};
    use serde_json::json;
    use std::path::Path;

    fn tried(
        config: &Config,
        params: &serde_json::Value,
    ) -> Result<crate::domain::Submit, Vec<String>> {
        let catalogue = Catalogue::load(Path::new("/nonexistent/reel"), &Defaults::from(config));
        let draft = Draft {
            pipeline: "clips".to_owned(),
            params: params.as_object().unwrap().clone(),
            ..Draft::default()
        };
        prepare(draft, &catalogue, config).map_err(|problems| {
            problems
                .into_iter()
                .map(|one| format!("{}: {}", one.field, one.problem))
                .collect()
        })
    }

    fn house() -> (tempfile::TempDir, Config) {
        let data = tempfile::tempdir().unwrap();
        let config = Config::default_at(data.path());
        let clip = |id: &str, start: f64| Clip {
            clip_id: id.into(),
            title: "A \"quoted\" one".into(),
            start,
            end: start + 20.0,
            score: 0.5,
            text: String::new(),
        };
        Left::of(&config, "talk")
            .keep_clips(&[clip("c1", 1.0), clip("c2", 40.0)])
            .unwrap();
        (data, config)
    }

    #[test]
    fn each_render_is_a_stage_between_selecting_and_storing() {
        let (_data, config) = house();
        let submit = tried(
            &config,
            &json!({"episode_id": "talk", "aspect_ratios": ["9x16", "1x1"]}),
        )
        .unwrap();
        let ids: Vec<&str> = submit
            .plan
            .stages
            .iter()
            .map(|stage| stage.id.as_str())
            .collect();
        assert_eq!(ids.len(), 1 + 2 * 2 * 2 + 1);
        assert_eq!(ids[1], "c1-clean-9x16");
        for stage in &submit.plan.stages[1..9] {
            assert_eq!(stage.needs, [0], "{}", stage.id);
        }
        assert_eq!(submit.plan.stages[9].needs, (1..9).collect::<Vec<_>>());
        // What is stored is the text alone: it gives the same pipeline again.
        let again = crate::pipeline::parse(
            "clips",
            &submit.plan.source,
            "built-in",
            &Defaults::from(&config),
        )
        .unwrap();
        assert_eq!(again, *submit.plan);
        assert_eq!(submit.params["clip_ids"].as_list().unwrap().len(), 2);
    }

    #[test]
    fn clips_that_are_not_there_are_refused_by_name() {
        let (_data, config) = house();
        assert_eq!(
            tried(
                &config,
                &json!({"episode_id": "talk", "clip_ids": ["c2", "c9"]})
            )
            .unwrap_err(),
            ["params.clip_ids: `talk` has no clip `c9`; it has c1, c2"]
        );
        assert!(
            tried(&config, &json!({"episode_id": "other"})).unwrap_err()[0]
                .contains("process the episode first")
        );
        assert!(tried(&config, &json!({"episode_id": "../../x"})).is_err());
    }
}
