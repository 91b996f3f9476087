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

/// The longest name of a box.
const LONGEST: usize = 64;

impl Node {
    /// What the flag or `REEL_BOX` says beats the file. The name stands in streams, paths and lists.
    pub(super) fn take_name(&mut self, root: &mut Section<'_, '_, '_>, flag: Option<&str>) {
        let variable = root.loading.environment.get("REEL_BOX").map(str::to_owned);
        let said = match (flag, variable) {
            (Some(name), _) => Some((name.to_owned(), Origin::Flag("--name"))),
            (None, Some(name)) => Some((name, Origin::Environment("REEL_BOX".to_owned()))),
            (None, None) => None,
        };
        if let Some((name, origin)) = said {
            root.loading
                .effective
                .retain(|effective| effective.key != "box.name");
            root.loading.note("box.name", name.clone(), origin);
            self.name = name;
        }
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if self.name.is_empty() || self.name.len() > LONGEST || !self.name.bytes().all(is_fit) {
            let problem = format!("{:?} can't name a box", self.name);
            root.refuse(
                "box.name",
                None,
                problem,
                "write 1 to 64 letters, digits, `.`, `_` or `-`",
            );
        }
    }
}

/// `[resources]`: whole numbers, or sizes for what is counted in bytes. `cpu` is 2 unless said; 0 is for a
/// coordinator that leaves the work to other boxes.
pub(super) fn read_resources(section: &mut Section<'_, '_, '_>) -> BTreeMap<String, u64> {
    let mut resources =
        BTreeMap::from([("cpu".to_owned(), section.integer_or("cpu", 2, (0, 4096)))]);
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
