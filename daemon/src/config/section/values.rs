//! Values by type, each with its default: words, numbers, durations, sizes, rates, lists.

use super::Section;
use crate::config::quantity::{parse_duration, parse_rate, parse_size, show_duration, show_size};
use crate::config::tree::Content;
use std::time::Duration;

impl Section<'_, '_, '_> {
    /// An optional text.
    pub(in crate::config) fn text(&mut self, name: &str) -> Option<String> {
        self.said(name).map(|said| said.text)
    }

    /// A text with a default.
    pub(in crate::config) fn text_or(&mut self, name: &str, default: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.note(name, format!("{default:?}"), None);
            default.to_owned()
        })
    }

    /// A text that `read` understands, with a default; `wanted` says how one looks.
    pub(in crate::config) fn read_or<T>(
        &mut self,
        name: &str,
        default: (T, String),
        wanted: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> T {
        let Some(said) = self.said(name) else {
            self.note(name, format!("{:?}", default.1), None);
            return default.0;
        };
        read(&said.text).unwrap_or_else(|| {
            self.refuse(
                name,
                Some(said.place),
                format!("{:?} is none", said.text),
                format!("write {wanted}"),
            );
            default.0
        })
    }

    /// A duration.
    pub(in crate::config) fn duration_or(&mut self, name: &str, default: Duration) -> Duration {
        self.read_or(
            name,
            (default, show_duration(default)),
            "a duration like \"90s\" or \"1h30m\"",
            parse_duration,
        )
    }

    /// A size in bytes.
    pub(in crate::config) fn size_or(&mut self, name: &str, default: u64) -> u64 {
        self.read_or(
            name,
            (default, show_size(default)),
            "a size like \"512MiB\"",
            parse_size,
        )
    }

    /// Events a second.
    pub(in crate::config) fn rate_or(&mut self, name: &str, default: &str) -> f64 {
        let value = parse_rate(default).unwrap_or(1.0);
        self.read_or(
            name,
            (value, default.to_owned()),
            "a rate like \"10/s\"",
            parse_rate,
        )
    }

    /// One of a few words.
    pub(in crate::config) fn choice_or<T: Copy>(
        &mut self,
        name: &str,
        words: &[(&str, T)],
        default: usize,
    ) -> T {
        let (word, value) = words[default];
        let wanted = words
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect::<Vec<_>>()
            .join(" or ");
        let find = |text: &str| {
            words
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, value)| *value)
        };
        self.read_or(name, (value, word.to_owned()), &wanted, find)
    }

    /// A whole number within bounds.
    pub(in crate::config) fn integer_or(
        &mut self,
        name: &str,
        default: u64,
        bounds: (u64, u64),
    ) -> u64 {
        let (least, most) = bounds;
        let Some(node) = self.take(name) else {
            self.note(name, default.to_string(), None);
            return default;
        };
        let wanted = format!("a whole number from {least} to {most}");
        let Content::Integer(number) = node.value else {
            self.wrong_kind(name, node, &wanted);
            return default;
        };
        self.note(name, number.to_string(), Some(&node.place));
        u64::try_from(number)
            .ok()
            .filter(|number| (least..=most).contains(number))
            .unwrap_or_else(|| {
                self.refuse(
                    name,
                    Some(node.place.clone()),
                    format!("{number} is out of bounds"),
                    format!("write {wanted}"),
                );
                default
            })
    }

    /// True or false.
    pub(in crate::config) fn flag_or(&mut self, name: &str, default: bool) -> bool {
        let Some(node) = self.take(name) else {
            self.note(name, default.to_string(), None);
            return default;
        };
        if let Content::Flag(flag) = node.value {
            self.note(name, flag.to_string(), Some(&node.place));
            return flag;
        }
        self.wrong_kind(name, node, "true or false");
        default
    }

    /// `false`, `true`, or a list of texts: (everything, these).
    pub(in crate::config) fn flag_or_texts(&mut self, name: &str) -> (bool, Vec<String>) {
        match self
            .table
            .and_then(|table| table.get(name))
            .map(|node| &node.value)
        {
            Some(Content::List(_)) => (false, self.texts_or(name, &[])),
            _ => (self.flag_or(name, false), Vec::new()),
        }
    }

    /// A list of texts.
    pub(in crate::config) fn texts_or(&mut self, name: &str, default: &[&str]) -> Vec<String> {
        let Some(node) = self.take(name) else {
            self.note(name, format!("{default:?}"), None);
            return default.iter().map(|text| (*text).to_owned()).collect();
        };
        let Content::List(items) = &node.value else {
            self.wrong_kind(name, node, "a list of texts");
            return Vec::new();
        };
        let texts: Vec<String> = items
            .iter()
            .filter_map(|item| self.resolve(name, item))
            .map(|said| said.text)
            .collect();
        self.note(name, format!("{texts:?}"), Some(&node.place));
        texts
    }
}
