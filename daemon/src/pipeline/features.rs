//! `[features]`: which surfaces are served and which stages may be used. A pipeline that holds a stage which is turned off is
//! refused by name: leaving out a stage silently would make something else of it than its file says.

use super::BUILT_IN_STAGES;
use super::catalogue::Loaded;
use crate::domain::Pipeline;
use crate::domain::nearest::suggest;
use crate::domain::pipeline::Work;
use std::collections::BTreeMap;

/// Surfaces that can be hidden.
pub const SURFACES: [&str; 5] = [
    "webhooks",
    "videos",
    "generations",
    "video_service",
    "async_jobs",
];

/// The first stage of a pipeline that is turned off, by the name that turns it off: its id, or what it uses.
#[must_use]
pub fn off<'a>(plan: &'a Pipeline, features: &BTreeMap<String, bool>) -> Option<&'a str> {
    let is_off = |name: &&str| features.get(*name) == Some(&false);
    plan.stages
        .iter()
        .flat_map(|stage| names(&stage.id, &stage.work))
        .find(is_off)
}

fn names<'a>(id: &'a str, work: &'a Work) -> impl Iterator<Item = &'a str> {
    let uses = match work {
        Work::BuiltIn { uses, .. } => Some(uses.as_str()),
        _ => None,
    };
    [Some(id), uses].into_iter().flatten()
}

/// Why a pipeline is refused, and what helps.
#[must_use]
pub fn refusal(plan: &Pipeline, features: &BTreeMap<String, bool>) -> Option<String> {
    off(plan, features).map(|name| {
        format!(
            "`{}` has the stage `{name}`, which [features] {name} = false turns off; take that line out, or put a pipeline of the \
             same name without the stage beside the configuration",
            plan.name
        )
    })
}

/// What is wrong with the names: those that are neither a surface that can be hidden nor any pipeline's stage.
#[must_use]
pub fn unknown(features: &BTreeMap<String, bool>, loaded: &Loaded) -> Vec<String> {
    let mut known: Vec<&str> = SURFACES
        .into_iter()
        .chain(BUILT_IN_STAGES.iter().copied())
        .collect();
    for plan in loaded.pipelines.values() {
        let stages = plan.stages.iter();
        known.extend(stages.flat_map(|stage| names(&stage.id, &stage.work)));
    }
    features
        .keys()
        .filter(|name| !known.contains(&name.as_str()))
        .map(|name| {
            let near = suggest(name, known.iter().copied());
            format!("[features] {name} names no surface that can be hidden and no stage; {near}")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Catalogue, Defaults};

    fn loaded() -> std::sync::Arc<Loaded> {
        let config = crate::config::Config::default_at("/nowhere");
        Catalogue::load(&Catalogue::folder(&config), &Defaults::from(&config)).loaded()
    }

    #[test]
    fn a_pipeline_with_a_stage_that_is_off_is_refused_by_name() {
        let loaded = loaded();
        let off = [("thumbnails".to_owned(), false)].into();
        let told = refusal(&loaded.pipelines["video"], &off).unwrap();
        assert!(
            told.contains("`video`") && told.contains("thumbnails = false"),
            "{told}"
        );
        assert_eq!(refusal(&loaded.pipelines["command"], &off), None);
        let on = [("thumbnails".to_owned(), true)].into();
        assert_eq!(refusal(&loaded.pipelines["video"], &on), None);
    }

    #[test]
    fn names_that_nothing_has_are_told_with_the_nearest() {
        let loaded = loaded();
        let given = ["webhooks", "thumbnails", "generation5"].map(|name| (name.to_owned(), false));
        let told = unknown(&given.into(), &loaded);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains("generation5") && told[0].contains("generations"),
            "{told:?}"
        );
    }
}
