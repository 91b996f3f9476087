//! `[box]` and `[resources]`: this machine's name, labels, and what it offers to stages.

use super::problem::Origin;
use super::quantity::parse_size;
use super::section::Section;
use super::tree::Content;
use std::collections::BTreeMap;

/// `[box]`
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Default: the host's.
    pub name: String,
    /// What stages may want of their box.
    pub labels: BTreeMap<String, String>,
}

impl Node {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        let host = section.loading.environment.host.clone();
        let host = if host.is_empty() {
            "localhost".to_owned()
        } else {
            host
        };
        let name = section.text_or("name", &host);
        Self {
            name,
            labels: section.section("labels", |labels| labels.text_map()),
        }
    }
}

/// `[resources]`: whole numbers, or sizes for what is counted in bytes. `cpu` is 2 unless said.
pub(super) fn read_resources(section: &mut Section<'_, '_, '_>) -> BTreeMap<String, u64> {
    let mut resources =
        BTreeMap::from([("cpu".to_owned(), section.integer_or("cpu", 2, (1, 4096)))]);
    for (name, node) in section.free_keys() {
        let amount = match &node.value {
            Content::Integer(number) => u64::try_from(*number).ok(),
            Content::Text(text) => parse_size(text),
            _ => None,
        };
        match amount {
            Some(amount) => {
                section.loading.note(
                    format!("resources.{name}"),
                    amount.to_string(),
                    Origin::File(node.place.clone()),
                );
                resources.insert(name, amount);
            }
            None => {
                let problem = format!("is {} that no amount can be read from", node.value.kind());
                section.refuse(
                    &name,
                    Some(node.place.clone()),
                    problem,
                    "write a whole number or a size like \"16GiB\"",
                );
            }
        }
    }
    resources
}

/// `[features]`: `NAME = false` hides a surface or a stage.
pub(super) fn read_features(section: &mut Section<'_, '_, '_>) -> BTreeMap<String, bool> {
    let names: Vec<String> = section
        .free_keys()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    names
        .into_iter()
        .map(|name| {
            let on = section.flag_or(&name, true);
            (name.replace(['-', ' '], "_"), on)
        })
        .collect()
}
