//! Programs whose stage says `cache = true`: what one made of the same inputs before is taken from the cache, and the stage's
//! outputs say `reused`.
//!
//! ```text
//!  program, arguments, files they name, files of the stages before ─▶ key ─▶ cache ─┬ there ─▶ files and outputs from there
//!                                                                                  └ not ─▶ it runs, then they are kept
//! ```
//!
//! - The work directory stands in the key and in what is kept by a name that is the same in all workflows.
//! - Where an argument names a folder elsewhere, nobody can say what follows from it: then nothing is reused.
//! - While one attempt makes something, others that want the same wait for it.
//! - The cache never fails a stage: what goes wrong with it is logged, and the program runs.

use super::program::Places;
use super::runner::Inner;
use super::shims::Task;
use super::stages::reuse;
use crate::attempt_log::{Level, Writer};
use crate::cache::{About, Claim, Item, Keeping, Key, Maker, identity};
use crate::domain::{Outcome, Value};
use crate::engine::ports::Order;
use crate::pipeline::json;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How the work directory is called in keys and in what is kept. No path and no argument holds it.
const WORK: &str = "\u{1}work\u{1}";

/// What a look for earlier work found.
pub enum Look {
    /// This is the attempt's end.
    Ended(Outcome),
    /// It is to run; what it makes may be kept.
    Missing(Option<Making>),
}

/// Work that is done here, and by nobody else meanwhile.
pub struct Making {
    key: Key,
    items: Vec<Item>,
    since: Instant,
    claim: Option<Claim>,
}

/// Looks whether the same was done before. What is found is in its place.
pub fn look(inner: &Inner, order: &Order, places: &Places, task: &Task) -> Look {
    let Some(mut making) = Making::of(inner, order, places, task) else {
        return Look::Missing(None);
    };
    let cache = &inner.outside.cache;
    let claim = inner.runtime.block_on(async {
        tokio::select! {
            () = task.cancel.cancelled() => None,
            claim = cache.alone(&making.key) => Some(claim),
        }
    });
    if claim.is_none() {
        return Look::Ended(Outcome::Cancelled);
    }
    making.claim = claim;
    let parents = making.items.iter().filter_map(|item| item.path.parent());
    for parent in parents {
        // What can't be made here, the copy or the program tells better.
        let _ = std::fs::create_dir_all(parent);
    }
    let stop = || task.cancel.is_cancelled();
    match cache.take(&making.key, &making.items, &stop) {
        Err(_) => Look::Ended(Outcome::Cancelled),
        Ok(None) => Look::Missing(Some(making)),
        Ok(Some(about)) => {
            let program = task.instructions.program.to_string_lossy();
            tell(
                inner,
                order,
                places,
                Level::Info,
                &reuse::told(&program, &about),
            );
            let facts = about.facts.as_object().map(json::values);
            let mut outputs = facts.unwrap_or_default();
            let here = places.work_dir.to_string_lossy();
            outputs
                .values_mut()
                .for_each(|one| rename(one, WORK, &here));
            reuse::say(&mut outputs, true);
            Look::Ended(Outcome::Completed { outputs })
        }
    }
}

impl Making {
    /// What an attempt makes, where that may be kept at all: its stage says so, the cache is on, and all that it follows from is
    /// known.
    pub fn of(inner: &Inner, order: &Order, places: &Places, task: &Task) -> Option<Self> {
        let spec = &order.workflow.plan.stages[order.stage];
        if !spec.cache || !inner.outside.cache.is_on() {
            return None;
        }
        let item = |name: &String| Item {
            name: name.clone(),
            path: places.work_dir.join(name),
        };
        Some(Self {
            key: key(inner, order, places, task)?,
            items: spec.outputs.iter().map(item).collect(),
            since: Instant::now(),
            claim: None,
        })
    }

    /// Keeps what a program that ended well has made. Never fails: what goes wrong is logged.
    pub fn keep(self, inner: &Inner, order: &Order, places: &Places, outcome: &Outcome) {
        let Outcome::Completed { outputs } = outcome else {
            return;
        };
        let here = places.work_dir.to_string_lossy();
        let mut facts = outputs.clone();
        facts.values_mut().for_each(|one| rename(one, &here, WORK));
        let about = About {
            workflow: order.workflow.id.clone(),
            made_at: jiff::Timestamp::now().as_millisecond(),
            took_ms: u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX),
            facts: serde_json::Value::Object(json::object(&facts)),
        };
        let cache = &inner.outside.cache;
        let why = match cache.keep(&self.key, &self.items, &about, &|| false) {
            Ok(Keeping::Kept(_)) => return,
            Ok(Keeping::Left(why)) => why.to_owned(),
            Err(error) => format!("a file that `outputs` names can't be read: {error}"),
        };
        let words = format!("not kept for reuse: {why}");
        tell(inner, order, places, Level::Warn, &words);
        drop(self.claim);
    }
}

fn tell(inner: &Inner, order: &Order, places: &Places, level: Level, words: &str) {
    let mut log = Writer::new(places.log.clone(), inner.config.limits.log);
    log.push(level, words);
    log.flush();
    if let Some(reports) = inner.reports_if_attached() {
        reports.log_grew(&order.key());
    }
}

/// What an attempt follows from; none where that can't be said.
fn key(inner: &Inner, order: &Order, places: &Places, task: &Task) -> Option<Key> {
    let (dir, program) = (&task.instructions.dir, &task.instructions.program);
    let cache = &inner.outside.cache;
    let stop = || task.cancel.is_cancelled();
    let search = std::env::var_os("PATH");
    let at = if Path::new(program).components().count() > 1 {
        dir.join(program).into_os_string()
    } else {
        program.clone()
    };
    let here = places.work_dir.to_string_lossy();
    let mut maker = Maker::new("program").with("program", &identity(&at, search.as_deref())?);
    let spec = &order.workflow.plan.stages[order.stage];
    let own: BTreeSet<PathBuf> = spec.outputs.iter().map(|one| dir.join(one)).collect();
    for argument in &task.instructions.args {
        let text = argument.to_string_lossy();
        maker = maker.with("argument", &text.replace(&*here, WORK));
        for path in named(argument, dir) {
            if own.contains(&path) {
                continue;
            }
            if path.is_file() {
                maker = maker.with("its file", &cache.hash_of(&path, &stop).ok()?);
            } else if path.is_dir() && !path.starts_with(&places.work_dir) {
                return None;
            }
        }
    }
    for (name, path) in before(order, &places.work_dir) {
        let hash = match path.is_file() {
            true => cache.hash_of(&path, &stop).ok()?,
            false => "absent".to_owned(),
        };
        maker = maker.with(&format!("file {name}"), &hash);
    }
    for name in &spec.outputs {
        maker = maker.with("makes", name);
    }
    Some(maker.key())
}

/// Which places an argument may name: all of it, or what stands behind its `=`.
fn named(argument: &OsStr, dir: &Path) -> Vec<PathBuf> {
    let text = argument.to_string_lossy();
    let behind = text.split_once('=').map(|(_, value)| value.to_owned());
    [Some(text.into_owned()), behind]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty() && !text.contains('\0'))
        .map(|text| dir.join(text))
        .collect()
}

/// The files of all stages that come before: those that they declare, and those below the work directory that their outputs
/// name.
fn before(order: &Order, work_dir: &Path) -> BTreeMap<String, PathBuf> {
    let (workflow, plan) = (&order.workflow, &order.workflow.plan);
    let mut open = plan.stages[order.stage].needs.clone();
    let (mut seen, mut files) = (BTreeSet::new(), BTreeMap::new());
    while let Some(stage) = open.pop() {
        if !seen.insert(stage) {
            continue;
        }
        open.extend(&plan.stages[stage].needs);
        for name in &plan.stages[stage].outputs {
            files.insert(name.clone(), work_dir.join(name));
        }
        for value in workflow.stages[stage].outputs.values() {
            below(value, work_dir, &mut files);
        }
    }
    files
}

fn below(value: &Value, work_dir: &Path, files: &mut BTreeMap<String, PathBuf>) {
    match value {
        Value::Text(text) => {
            let path = Path::new(text);
            if let Ok(name) = path.strip_prefix(work_dir)
                && path.is_file()
            {
                files.insert(name.to_string_lossy().into_owned(), path.to_owned());
            }
        }
        Value::List(items) => items.iter().for_each(|one| below(one, work_dir, files)),
        Value::Map(items) => items.values().for_each(|one| below(one, work_dir, files)),
        _ => {}
    }
}

/// Writes one name for another in every text of a value.
fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::Text(text) if text.contains(from) => *text = text.replace(from, to),
        Value::List(items) => items.iter_mut().for_each(|one| rename(one, from, to)),
        Value::Map(items) => items.values_mut().for_each(|one| rename(one, from, to)),
        _ => {}
    }
}
