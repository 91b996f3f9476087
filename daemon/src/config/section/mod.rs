//! Reads one section of the file: each key by name and type, with its default. Whatever was not asked for is unknown and
//! refused with its line and the nearest known key. Every value read is noted with its origin.

mod reference;
mod values;

use super::environment::Environment;
use super::problem::{ConfigProblem, Effective, Origin};
use super::tree::{Content, Node, Place, Table};
use std::collections::BTreeMap;

/// What loading gathers on its way.
pub(in crate::config) struct Loading<'a> {
    pub(in crate::config) environment: &'a Environment,
    pub(in crate::config) problems: Vec<ConfigProblem>,
    pub(in crate::config) effective: Vec<Effective>,
    pub(in crate::config) warnings: Vec<String>,
}

impl Loading<'_> {
    pub(in crate::config) fn note(
        &mut self,
        key: impl Into<String>,
        value: impl Into<String>,
        origin: Origin,
    ) {
        self.effective.push(Effective {
            key: key.into(),
            value: value.into(),
            origin,
        });
    }

    pub(in crate::config) fn problem(
        &mut self,
        key: impl Into<String>,
        place: Option<Place>,
        problem: String,
        remedy: String,
    ) {
        self.problems.push(ConfigProblem {
            key: key.into(),
            place,
            problem,
            remedy,
        });
    }
}

/// One section being read. `finish` (called by whoever opened it) refuses what was not asked for.
pub(in crate::config) struct Section<'t, 'l, 'e> {
    path: String,
    table: Option<&'t Table>,
    pub(in crate::config) loading: &'l mut Loading<'e>,
    known: Vec<String>,
}

impl<'t, 'l, 'e> Section<'t, 'l, 'e> {
    pub(in crate::config) fn new(
        path: &str,
        table: Option<&'t Table>,
        loading: &'l mut Loading<'e>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            table,
            loading,
            known: Vec::new(),
        }
    }

    /// Whether the file says anything here.
    pub(in crate::config) fn is_given(&self) -> bool {
        self.table.is_some()
    }

    fn key(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    fn take(&mut self, name: &str) -> Option<&'t Node> {
        self.known.push(name.to_owned());
        self.table.and_then(|table| table.get(name))
    }

    /// Notes a problem with a key of this section.
    pub(in crate::config) fn refuse(
        &mut self,
        name: &str,
        place: Option<Place>,
        problem: String,
        remedy: impl Into<String>,
    ) {
        let key = self.key(name);
        self.loading.problem(key, place, problem, remedy.into());
    }

    fn wrong_kind(&mut self, name: &str, node: &Node, wanted: &str) {
        self.refuse(
            name,
            Some(node.place.clone()),
            format!("is {}", node.value.kind()),
            format!("write {wanted}"),
        );
    }

    fn note(&mut self, name: &str, value: impl Into<String>, place: Option<&Place>) {
        let origin = place.map_or(Origin::Default, |place| Origin::File(place.clone()));
        let key = self.key(name);
        self.loading.note(key, value, origin);
    }

    /// A section below this one; absent, it is read with nothing in it.
    pub(in crate::config) fn section<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Section<'_, '_, '_>) -> T,
    ) -> T {
        let table = self.take(name).and_then(|node| match &node.value {
            Content::Table(table) => Some(table),
            _ => {
                self.wrong_kind(name, node, &format!("a section [{name}]"));
                None
            }
        });
        let path = self.key(name);
        let mut section = Section::new(&path, table, self.loading);
        let value = read(&mut section);
        section.finish();
        value
    }

    /// The sections below one name, as `[[name]]`.
    pub(in crate::config) fn sections<T>(
        &mut self,
        name: &str,
        read: impl Fn(&mut Section<'_, '_, '_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(node) = self.take(name) else {
            return Vec::new();
        };
        let Content::List(items) = &node.value else {
            self.wrong_kind(name, node, &format!("sections [[{name}]]"));
            return Vec::new();
        };
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Content::Table(table) = &item.value else {
                self.wrong_kind(name, item, &format!("sections [[{name}]]"));
                continue;
            };
            let path = format!("{}[{index}]", self.key(name));
            let mut section = Section::new(&path, Some(table), self.loading);
            found.extend(read(&mut section));
            section.finish();
        }
        found
    }

    /// The names that are not among those asked for so far: for sections whose keys are free. They count as asked for.
    pub(in crate::config) fn free_keys(&mut self) -> Vec<(String, &'t Node)> {
        let free: Vec<_> = self
            .table
            .into_iter()
            .flatten()
            .filter(|(key, _)| !self.known.contains(key))
            .map(|(key, node)| (key.clone(), node))
            .collect();
        self.known.extend(free.iter().map(|(key, _)| key.clone()));
        free
    }

    /// Free keys with texts.
    pub(in crate::config) fn text_map(&mut self) -> BTreeMap<String, String> {
        self.free_keys()
            .into_iter()
            .filter_map(|(key, _)| self.text(&key).map(|text| (key, text)))
            .collect()
    }

    /// The environment says a key's value instead of the file.
    pub(in crate::config) fn override_from_environment(
        &mut self,
        name: &str,
        variable: &str,
        value: &str,
    ) {
        let key = self.key(name);
        self.loading
            .effective
            .retain(|effective| effective.key != key);
        self.loading.note(
            key,
            format!("{value:?}"),
            Origin::Environment(variable.to_owned()),
        );
    }

    /// Where a key stands, for a message about it.
    pub(in crate::config) fn place_of(&self, name: &str) -> Option<Place> {
        self.table
            .and_then(|table| table.get(name))
            .map(|node| node.place.clone())
    }

    /// Refuses every key that nobody asked for, with the nearest known one.
    pub(in crate::config) fn finish(self) {
        for (key, node) in self.table.into_iter().flatten() {
            if self.known.contains(key) {
                continue;
            }
            let nearest = self.known.iter().max_by(|a, b| {
                strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key))
            });
            let section = if self.path.is_empty() {
                "the file".to_owned()
            } else {
                format!("[{}]", self.path)
            };
            let remedy = nearest.map_or_else(
                || "take it out".to_owned(),
                |known| format!("the nearest known one is `{known}`"),
            );
            let dotted = if self.path.is_empty() {
                key.clone()
            } else {
                format!("{}.{key}", self.path)
            };
            self.loading.problem(
                dotted,
                Some(node.place.clone()),
                format!("unknown key `{key}` in {section}"),
                remedy,
            );
        }
    }
}
