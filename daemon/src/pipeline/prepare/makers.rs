//! Which makers a workflow will use, as far as that is settled when it is submitted: what is not said follows from the
//! configuration, and a maker that is named and can't work is refused where the configuration wants that.

use crate::config::{Config, Missing, Remote};
use crate::domain::{Pipeline, Value, Values};
use crate::pipeline::footage;

/// Fills in `videoSource`, `writeScript` and `approve`, and refuses what lacks its key under `[providers] missing = "refuse"`.
pub(super) fn settle(
    plan: &Pipeline,
    params: &mut Values,
    config: &Config,
    problem: &mut dyn FnMut(&str, String),
) {
    let has = |name: &str| plan.params.iter().any(|spec| spec.name == name);
    let providers = &config.providers;
    if has("approve") && !params.contains_key("approve") {
        let wanted = Value::Bool(config.youtube.approve);
        params.insert("approve".to_owned(), wanted);
    }
    if has("videoSource") && !params.contains_key("videoSource") {
        params.insert("videoSource".to_owned(), Value::from(source(config)));
    }
    if providers.simulate {
        if has("videoSource") {
            params.insert("videoSource".to_owned(), Value::from("drawn"));
        }
        if has("writeScript") {
            params.insert("writeScript".to_owned(), Value::Bool(false));
        }
        return;
    }
    if has("writeScript") && !params.contains_key("writeScript") {
        let given = params
            .get("script")
            .and_then(Value::as_text)
            .is_some_and(|text| !text.trim().is_empty());
        let writes = providers.chat.is_some() && !given;
        params.insert("writeScript".to_owned(), Value::Bool(writes));
    }
    if providers.missing == Missing::Refuse {
        refuse(plan, params, config, problem);
    }
}

fn source(config: &Config) -> &'static str {
    let providers = &config.providers;
    if providers.footage == "pexels" {
        "pexels"
    } else if providers.generation == "veo" {
        "veo"
    } else if footage::any(&config.media.library) {
        "library"
    } else {
        "drawn"
    }
}

fn refuse(
    plan: &Pipeline,
    params: &Values,
    config: &Config,
    problem: &mut dyn FnMut(&str, String),
) {
    let providers = &config.providers;
    let uses = |stage: &str| {
        plan.stages
            .iter()
            .any(|spec| spec.work.uses() == Some(stage))
    };
    let keyless = |remote: &Remote| remote.api_key.is_none();
    let lacks = |provider: &str| {
        format!(
            "`{provider}` has no key here ([providers.{provider}] api_key), and [providers] missing = \"refuse\""
        )
    };
    let asked = params
        .get("videoSource")
        .or_else(|| params.get("provider"))
        .and_then(Value::as_text);
    let field = if params.contains_key("videoSource") {
        "videoSource"
    } else {
        "provider"
    };
    match asked {
        Some("pexels") if keyless(&providers.pexels) => problem(field, lacks("pexels")),
        Some("veo" | "veo3") if keyless(&providers.veo) => problem(field, lacks("veo")),
        _ => {}
    }
    if uses("tts") {
        match providers.speech.as_str() {
            "openai" if keyless(&providers.openai.remote) => problem("voice", lacks("openai")),
            "google_tts" if keyless(&providers.google_tts) => problem("voice", lacks("google_tts")),
            _ => {}
        }
    }
    let writes = params
        .get("writeScript")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    if uses("script") && writes && keyless(&providers.openai.remote) {
        problem("script", lacks("openai"));
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Missing, Secret};
    use crate::domain::Value;
    use crate::pipeline::{Catalogue, Defaults, Draft, prepare};
    use serde_json::json;
    use std::path::Path;

    fn tried(
        config: &Config,
        params: &serde_json::Value,
    ) -> Result<crate::domain::Submit, Vec<String>> {
        let catalogue = Catalogue::load(Path::new("/nonexistent/reel"), &Defaults::from(config));
        let draft = Draft {
            pipeline: "video".to_owned(),
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

    #[test]
    fn what_is_not_said_follows_from_the_configuration() {
        let mut config = Config::default_at("/nonexistent/reel");
        config.media.library = "/nonexistent/reel".into();
        let text = |config: &Config, key: &str| {
            tried(config, &json!({"prompt": "x"})).unwrap().params[key].clone()
        };
        assert_eq!(text(&config, "videoSource"), Value::from("drawn"));
        assert_eq!(text(&config, "writeScript"), Value::Bool(false));
        config.providers.chat = Some("openai".into());
        assert_eq!(text(&config, "writeScript"), Value::Bool(true));
        let given = tried(&config, &json!({"prompt": "x", "script": "y"})).unwrap();
        assert_eq!(given.params["writeScript"], Value::Bool(false));
        config.providers.footage = "pexels".into();
        assert_eq!(text(&config, "videoSource"), Value::from("pexels"));
        config.providers.simulate = true;
        assert_eq!(text(&config, "videoSource"), Value::from("drawn"));
        assert_eq!(text(&config, "writeScript"), Value::Bool(false));
    }

    #[test]
    fn a_maker_without_its_key_is_refused_where_that_is_wanted() {
        let mut config = Config::default_at("/nonexistent/reel");
        config.providers.speech = "openai".into();
        let params = json!({"prompt": "x", "videoSource": "pexels"});
        assert!(tried(&config, &params).is_ok());
        config.providers.missing = Missing::Refuse;
        let problems = tried(&config, &params).unwrap_err();
        assert_eq!(problems.len(), 2);
        assert!(problems[0].starts_with("params.videoSource: `pexels` has no key here"));
        config.providers.pexels.api_key = Some(Secret::new("k"));
        config.providers.openai.remote.api_key = Some(Secret::new("k"));
        assert!(tried(&config, &params).is_ok());
    }
}
