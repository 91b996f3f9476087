//! Texts: written in the file, or standing in another file or in the environment (`{ file = … }`, `{ env = … }`).

use super::Section;
use crate::config::environment::Environment;
use crate::config::secret::Secret;
use crate::config::tree::{Content, Node, Place, is_reference};
use std::path::{Path, PathBuf};

/// A text with where it came from.
pub(in crate::config) struct Said {
    pub(in crate::config) text: String,
    pub(in crate::config) place: Place,
    /// It came from a reference, so it is never shown.
    hidden: bool,
}

impl Section<'_, '_, '_> {
    /// The text of a node: written there, or referred to by `{ file }` or `{ env }`.
    pub(super) fn resolve(&mut self, name: &str, node: &Node) -> Option<Said> {
        match &node.value {
            Content::Text(text) => Some(Said {
                text: text.clone(),
                place: node.place.clone(),
                hidden: false,
            }),
            Content::Table(table) if is_reference(table) => {
                let (kind, target) = table.iter().next()?;
                let Content::Text(target) = &target.value else {
                    self.wrong_kind(name, node, "{ file = \"PATH\" } or { env = \"NAME\" }");
                    return None;
                };
                let text = if kind == "env" {
                    self.read_environment(name, node, target)
                } else {
                    self.read_file_of(name, node, target)
                }?;
                Some(Said {
                    text,
                    place: node.place.clone(),
                    hidden: true,
                })
            }
            _ => {
                self.wrong_kind(
                    name,
                    node,
                    "a text, { file = \"PATH\" } or { env = \"NAME\" }",
                );
                None
            }
        }
    }

    fn read_environment(&mut self, name: &str, node: &Node, variable: &str) -> Option<String> {
        let text = self.loading.environment.get(variable).map(str::to_owned);
        if text.is_none() {
            let remedy = format!("set {variable} or take this key out");
            self.refuse(
                name,
                Some(node.place.clone()),
                format!("the environment variable {variable} is not set"),
                remedy,
            );
        }
        text
    }

    fn read_file_of(&mut self, name: &str, node: &Node, target: &str) -> Option<String> {
        let path = expand(self.loading.environment, &node.place.file, target);
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) => {
                let remedy = "make the file readable for the daemon's user or take this key out";
                self.refuse(
                    name,
                    Some(node.place.clone()),
                    format!("{} can't be read: {error}", path.display()),
                    remedy,
                );
                None
            }
        }
    }

    /// A text; noted as it is, or as hidden where it was referred to.
    pub(in crate::config) fn said(&mut self, name: &str) -> Option<Said> {
        let node = self.take(name)?;
        let said = self.resolve(name, node)?;
        let shown = if said.hidden {
            "(hidden)".to_owned()
        } else {
            format!("{:?}", said.text)
        };
        self.note(name, shown, Some(&said.place));
        Some(said)
    }

    /// A secret: never shown, even where it stands in the file as plain text.
    pub(in crate::config) fn secret(&mut self, name: &str) -> Option<Secret> {
        self.secret_if(name, |_| true)
    }

    /// A text that may hold a secret: shown only where `is_secret` says that it holds none.
    pub(in crate::config) fn secret_if(
        &mut self,
        name: &str,
        is_secret: impl Fn(&str) -> bool,
    ) -> Option<Secret> {
        let node = self.take(name)?;
        let said = self.resolve(name, node)?;
        if !said.hidden && !is_secret(&said.text) {
            self.note(name, format!("{:?}", said.text), Some(&said.place));
            return Some(Secret::new(said.text));
        }
        self.note(name, "(hidden)", Some(&said.place));
        if !said.hidden {
            let key = self.key(name);
            self.loading.warnings.push(format!(
                "{}:{}: {key} stands in the file as plain text; move it to a file of mode 0600 and write {{ file = \"PATH\" }}",
                said.place.file.display(),
                said.place.line
            ));
        }
        Some(Secret::new(said.text))
    }

    /// An optional path: `~/` is the home, a relative one stands beside the file.
    pub(in crate::config) fn path(&mut self, name: &str) -> Option<PathBuf> {
        let said = self.said(name)?;
        Some(expand(
            self.loading.environment,
            &said.place.file,
            &said.text,
        ))
    }

    /// A path with a default.
    pub(in crate::config) fn path_or(&mut self, name: &str, default: PathBuf) -> PathBuf {
        self.path(name).unwrap_or_else(|| {
            self.note(name, format!("{:?}", default.display().to_string()), None);
            default
        })
    }
}

/// A path as written in a file: `~/` is the home, a relative one stands beside that file.
fn expand(environment: &Environment, file: &Path, text: &str) -> PathBuf {
    if let (Some(rest), Some(home)) = (text.strip_prefix("~/"), environment.home()) {
        return home.join(rest);
    }
    file.parent()
        .map_or_else(|| PathBuf::from(text), |directory| directory.join(text))
}
