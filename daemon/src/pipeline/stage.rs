//! A stage's definition: one `[[stages]]` entry.

use super::condition;
use super::error::FileError;
use super::file::Defaults;
use super::tree::{Entry, Section};
use super::work::{cache_of, work_of};
use crate::domain::Value;
use crate::domain::nearest::suggest;
use crate::domain::pipeline::{
    Condition, ErrorClass, FailMatch, ParamSpec, Resources, RetryPolicy, StageSpec, Work,
};
use std::collections::BTreeMap;
use std::time::Duration;

const KEYS: [&str; 17] = [
    "id",
    "title",
    "uses",
    "run",
    "with",
    "needs",
    "when",
    "retry",
    "timeout",
    "stall",
    "resources",
    "optional",
    "weight",
    "outputs",
    "cache",
    "box",
    "fail",
];

/// What `uses` may name: the stages that Reel itself brings, and `command`.
pub const BUILT_IN_STAGES: &[&str] = &[
    "approve",
    "script",
    "episode_discover",
    "episode_transcribe",
    "episode_enrich",
    "episode_render",
    "clip_select",
    "clip_render",
    "clip_store",
    "tts",
    "transcribe",
    "search",
    "generate",
    "compose",
    "renditions",
    "thumbnails",
    "qc",
    "store",
    "publish",
    "external",
    "download",
    "command",
];

const STALL: Duration = Duration::from_secs(600);

/// A stage as written, its `needs` still by name.
pub(super) struct Written<'a> {
    pub spec: StageSpec,
    pub section: Section<'a>,
    pub needs: Option<Entry<'a>>,
}

/// All stages in the order of the file.
pub(super) fn read_all<'a>(
    root: &Section<'a>,
    params: &[ParamSpec],
    defaults: &Defaults,
) -> Result<Vec<Written<'a>>, FileError> {
    let list = root.must("stages")?;
    let items = list.items("a list of tables: [[stages]]")?;
    if items.is_empty() {
        return Err(list.error("a pipeline needs at least one stage: [[stages]]"));
    }
    let mut stages: Vec<Written<'a>> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let stage = read(item, index, params, defaults)?;
        if stages.iter().any(|other| other.spec.id == stage.spec.id) {
            return Err(item.error(format!("two stages have the id `{}`", stage.spec.id)));
        }
        stages.push(stage);
    }
    Ok(stages)
}

fn read<'a>(
    item: &Entry<'a>,
    index: usize,
    params: &[ParamSpec],
    defaults: &Defaults,
) -> Result<Written<'a>, FileError> {
    let unnamed = item.section(format!("stage {}", index + 1))?;
    let id = checked_id(&unnamed.must("id")?)?;
    let section = item.section(format!("stage `{id}`"))?;
    section.only(&KEYS)?;
    let work = work_of(&section)?;
    let is_command = matches!(work, Work::Command);
    let default_retry = if is_command {
        RetryPolicy {
            times: 0,
            ..defaults.retry
        }
    } else {
        defaults.retry
    };
    let default_stall = if is_command { None } else { Some(STALL) };
    let spec = StageSpec {
        title: section
            .get("title")
            .map_or_else(|| Ok(title_of(&id)), |e| e.text())?,
        needs: Vec::new(),
        when: section
            .get("when")
            .map(|e| when_of(&e, params))
            .transpose()?,
        retry: section
            .get("retry")
            .map_or(Ok(default_retry), |e| retry_of(&e, default_retry))?,
        timeout: section
            .get("timeout")
            .map_or(Ok(None), |e| e.duration_or_off())?,
        stall: section
            .get("stall")
            .map_or(Ok(default_stall), |e| e.duration_or_off())?,
        resources: section.get("resources").map_or_else(
            || Ok(Resources::from([("cpu".into(), 1)])),
            |e| resources_of(&e),
        )?,
        optional: section.get("optional").map_or(Ok(false), |e| e.flag())?,
        weight: section.get("weight").map_or(Ok(1.0), |e| weight_of(&e))?,
        outputs: section
            .get("outputs")
            .map_or_else(|| Ok(Vec::new()), |e| outputs_of(&e))?,
        cache: section
            .get("cache")
            .map_or(Ok(false), |e| cache_of(&e, &section, &work))?,
        box_labels: section
            .get("box")
            .map_or_else(|| Ok(BTreeMap::new()), |e| labels_of(&e))?,
        fail: section
            .get("fail")
            .map_or_else(|| Ok(Vec::new()), |e| fail_of(&e))?,
        work,
        id,
    };
    Ok(Written {
        spec,
        needs: section.get("needs"),
        section,
    })
}

/// A stage's id, if it is one.
pub(super) fn checked_id(entry: &Entry<'_>) -> Result<String, FileError> {
    let id = entry.text()?;
    let fits = (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
    if fits {
        return Ok(id);
    }
    Err(entry.error(format!(
        "`{id}` is no stage id: 1 to 64 of a-z, 0-9, `_` and `-`"
    )))
}

fn title_of(id: &str) -> String {
    let words = id.replace(['_', '-'], " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn when_of(entry: &Entry<'_>, params: &[ParamSpec]) -> Result<Condition, FileError> {
    let condition = condition::parse(&entry.text()?).map_err(|problem| entry.error(problem))?;
    for name in condition::params(&condition) {
        if !params.iter().any(|param| param.name == name) {
            let near = suggest(name, params.iter().map(|param| param.name.as_str()));
            return Err(entry.error(format!(
                "{} looks at `params.{name}`, which is no parameter here; {near}",
                entry.what
            )));
        }
    }
    Ok(condition)
}

fn retry_of(entry: &Entry<'_>, default: RetryPolicy) -> Result<RetryPolicy, FileError> {
    let times = |entry: &Entry<'_>| {
        entry
            .whole()
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n <= 100)
            .ok_or_else(|| {
                entry.error(format!(
                    "{} must be a whole number from 0 to 100",
                    entry.what
                ))
            })
    };
    if entry.whole().is_some() {
        return Ok(RetryPolicy {
            times: times(entry)?,
            ..default
        });
    }
    let table = entry.section(entry.what.clone()).map_err(|error| FileError {
        message: format!("{} must be a number, or a table like {{ times = 3, first = \"5s\", max = \"10m\" }}", entry.what),
        ..error
    })?;
    table.only(&["times", "first", "max"])?;
    let policy = RetryPolicy {
        times: table
            .get("times")
            .map_or(Ok(default.times), |e| times(&e))?,
        first: table
            .get("first")
            .map_or(Ok(default.first), |e| e.duration())?,
        max: table.get("max").map_or(Ok(default.max), |e| e.duration())?,
    };
    if policy.first > policy.max {
        return Err(entry.error(format!(
            "{}: the first wait is longer than the longest (`max`)",
            entry.what
        )));
    }
    Ok(policy)
}

fn resources_of(entry: &Entry<'_>) -> Result<Resources, FileError> {
    entry
        .section(entry.what.clone())?
        .entries()
        .iter()
        .map(|e| Ok((e.key.clone(), e.amount()?)))
        .collect()
}

fn labels_of(entry: &Entry<'_>) -> Result<BTreeMap<String, String>, FileError> {
    entry
        .section(entry.what.clone())?
        .entries()
        .iter()
        .map(|e| Ok((e.key.clone(), e.text()?)))
        .collect()
}

fn weight_of(entry: &Entry<'_>) -> Result<f64, FileError> {
    let weight = entry.number()?;
    if weight > 0.0 {
        Ok(weight)
    } else {
        Err(entry.error(format!("{} must be above 0, not {weight}", entry.what)))
    }
}

fn outputs_of(entry: &Entry<'_>) -> Result<Vec<String>, FileError> {
    let files = entry.texts()?;
    for file in &files {
        let inside = !file.is_empty()
            && std::path::Path::new(file)
                .components()
                .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !inside {
            return Err(entry.error(format!(
                "{} lists `{file}`, which is no path below the work directory",
                entry.what
            )));
        }
    }
    Ok(files)
}

fn fail_of(entry: &Entry<'_>) -> Result<Vec<(FailMatch, ErrorClass)>, FileError> {
    let section = entry.section(entry.what.clone())?;
    section
        .entries()
        .iter()
        .map(|rule| {
            let word = rule.text()?;
            let class = ErrorClass::from_word(&word).ok_or_else(|| {
                let near = suggest(&word, ErrorClass::ALL.iter().map(|class| class.word()));
                rule.error(format!(
                    "{} is `{word}`, which is no error class; {near}",
                    rule.what
                ))
            })?;
            Ok((fail_match(rule)?, class))
        })
        .collect()
}

fn fail_match(rule: &Entry<'_>) -> Result<FailMatch, FileError> {
    if let Some(pattern) = rule
        .key
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'))
        .filter(|p| !p.is_empty())
    {
        regex::Regex::new(pattern).map_err(|error| {
            rule.error_at_key(format!("`{}` is no regular expression: {error}", rule.key))
        })?;
        return Ok(FailMatch::Pattern(pattern.to_owned()));
    }
    rule.key
        .parse::<i32>()
        .ok()
        .filter(|code| (1..=255).contains(code))
        .map(FailMatch::Code)
        .ok_or_else(|| {
            rule.error_at_key(format!(
                "`{}` is neither an exit code from 1 to 255 nor a log pattern \"/…/\"",
                rule.key
            ))
        })
}

/// What a stage's templates and texts are: every place that `${…}` may stand in.
pub(super) fn templates(spec: &StageSpec) -> Vec<&str> {
    fn texts<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
        match value {
            Value::Text(text) => into.push(text),
            Value::List(items) => items.iter().for_each(|item| texts(item, into)),
            Value::Map(entries) => entries.values().for_each(|item| texts(item, into)),
            _ => {}
        }
    }
    match &spec.work {
        Work::Program { run } => run.iter().map(String::as_str).collect(),
        Work::BuiltIn { with, .. } => {
            let mut found = Vec::new();
            with.values().for_each(|value| texts(value, &mut found));
            found
        }
        Work::Command => Vec::new(),
    }
}
