//! A stage that stands for several: `with = { each = "clips" }`. What it is made for is known when a workflow is submitted;
//! it is then written in front of the file's text, so that the workflow keeps a pipeline whose text says all of it:
//!
//! ```toml
//! each = [{ id = "c1-clean-9x16", title = "…", with = { clip_id = "c1", variant = "clean", aspect_ratio = "9x16" } }]
//! ```
//!
//! Without that list the stage stands alone, as what the pipeline looks like to someone who reads it. Who needs it then
//! needs all of them; they need what it needed, and none of them another.

use super::error::FileError;
use super::stage::{Written, checked_id};
use super::tree::Section;
use crate::domain::Values;
use crate::domain::pipeline::{Pipeline, Work};

/// The option of a stage that stands for several.
const EACH: &str = "each";

/// One that such a stage is made for.
#[derive(Debug, Clone, PartialEq)]
pub struct Each {
    /// The stage's id.
    pub id: String,
    /// For people.
    pub title: String,
    /// Options beside those of the stage.
    pub with: Values,
}

/// What a pipeline's stage is to be made for each of, if it has such a stage: `clips`.
#[must_use]
pub fn wanted(pipeline: &Pipeline) -> Option<&str> {
    let mut stages = pipeline.stages.iter();
    stages.find_map(|stage| stage.work.with()?.get(EACH)?.as_text())
}

/// A pipeline's text with what its stage is made for written in front.
#[must_use]
pub fn text(pipeline: &Pipeline, each: &[Each]) -> String {
    let items = each.iter().map(|one| {
        let with = serde_json::Value::Object(super::json::object(&one.with));
        let item = serde_json::json!({"id": one.id, "title": one.title, "with": with});
        toml::Value::try_from(item).map(|item| item.to_string())
    });
    // What can't be written in TOML (a null) is none of ours; such an item would be missed when the text is read.
    let items: Vec<String> = items.filter_map(Result::ok).collect();
    format!("each = [{}]\n{}", items.join(", "), pipeline.source)
}

/// Reads the list in front.
pub(super) fn read(root: &Section<'_>) -> Result<Option<Vec<Each>>, FileError> {
    let Some(list) = root.get(EACH) else {
        return Ok(None);
    };
    let items = list.items("a list of tables with `id`, `title` and `with`")?;
    let read = |item: &super::tree::Entry<'_>| {
        let section = item.section("an item of `each`")?;
        section.only(&["id", "title", "with"])?;
        let id = checked_id(&section.must("id")?)?;
        let title = section.must("title")?.text()?;
        let with = section.must("with")?.section("`with`")?.values()?;
        Ok(Each { id, title, with })
    };
    items.iter().map(read).collect::<Result<_, _>>().map(Some)
}

/// Stages with the one that stands for several replaced, and for each whom it came from: the place in `stages`.
pub(super) fn expand<'a>(
    stages: Vec<Written<'a>>,
    each: Option<&[Each]>,
) -> Vec<(Written<'a>, usize)> {
    let mut all = Vec::with_capacity(stages.len() + each.map_or(0, <[Each]>::len));
    for (index, stage) in stages.into_iter().enumerate() {
        match (&stage.spec.work, each) {
            (Work::BuiltIn { uses, with }, Some(each)) if with.contains_key(EACH) => {
                for one in each {
                    let mut own = with.clone();
                    own.remove(EACH);
                    own.extend(one.with.clone());
                    let mut spec = stage.spec.clone();
                    spec.work = Work::BuiltIn {
                        uses: uses.clone(),
                        with: own,
                    };
                    spec.id.clone_from(&one.id);
                    spec.title.clone_from(&one.title);
                    let section = stage.section.clone();
                    let needs = stage.needs.clone();
                    all.push((
                        Written {
                            spec,
                            section,
                            needs,
                        },
                        index,
                    ));
                }
            }
            _ => all.push((stage, index)),
        }
    }
    all
}

/// What a stage needs by the ids that there are now. `names` are the ids as the file has them.
pub(super) fn needs(
    own: usize,
    written: Option<Vec<String>>,
    all: &[(String, usize)],
    names: &[String],
) -> Option<Vec<String>> {
    let made_of = |place: usize| {
        all.iter()
            .filter(move |(_, from)| *from == place)
            .map(|(id, _)| id.clone())
    };
    match written {
        Some(ids) => Some(
            ids.into_iter()
                .flat_map(|id| match names.iter().position(|name| *name == id) {
                    Some(place) => made_of(place).collect(),
                    // No stage here: told where the graph is put together.
                    None => vec![id],
                })
                .collect(),
        ),
        None => Some(
            own.checked_sub(1)
                .map_or_else(Vec::new, |before| made_of(before).collect()),
        ),
    }
}
