//! The bottom line: filter, search and palette, while they are typed and when they are entered.

use super::core::App;
use super::detail::Search;
use super::toast::Tone;
use super::view::Prompt;
use crate::input::command::{INFO, Info};
use crate::input::{Command, Edit};
use crate::model::filter::Filter;
use regex::RegexBuilder;

/// How many earlier lines are kept.
const TYPED_KEPT: usize = 50;

/// The commands that what was typed may mean, the nearest first.
#[must_use]
pub fn offers(typed: &str) -> Vec<&'static Info> {
    let typed = typed.trim().to_lowercase();
    let mut found: Vec<(u8, &'static Info)> = INFO
        .iter()
        .filter_map(|info| {
            let rank = if info.name == typed {
                0
            } else if info.name.starts_with(&typed) {
                1
            } else if info.name.contains(&typed) {
                2
            } else if scattered(info.name, &typed) {
                3
            } else if info.doc.to_lowercase().contains(&typed) {
                4
            } else {
                return None;
            };
            Some((rank, info))
        })
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, info)| info).collect()
}

/// The letters of `typed` come in `name` in this order.
fn scattered(name: &str, typed: &str) -> bool {
    let mut letters = name.chars();
    typed.chars().all(|wanted| letters.any(|c| c == wanted))
}

impl App {
    pub(super) fn open_filter(&mut self) {
        let before = self.view.list().filter.text().to_owned();
        self.view.recalled = None;
        self.view.prompt = Some(Prompt::Filter {
            edit: Edit::new(&before),
            before,
            problem: None,
        });
    }

    pub(super) fn open_search(&mut self) {
        let before = self
            .view
            .detail
            .as_ref()
            .and_then(|detail| detail.log_view.search.as_ref());
        let edit = Edit::new(before.map_or("", |search| search.text.as_str()));
        self.view.recalled = None;
        self.view.prompt = Some(Prompt::Search {
            edit,
            problem: None,
        });
    }

    pub(super) fn open_palette(&mut self) {
        self.view.recalled = None;
        self.view.prompt = Some(Prompt::Palette {
            edit: Edit::default(),
            chosen: 0,
        });
    }

    /// The line changed: a filter and a search hold at once; what can't be read is told and the last good one stays.
    pub(super) fn typed_on(&mut self) {
        self.changed = true;
        let Some(mut prompt) = self.view.prompt.take() else {
            return;
        };
        match &mut prompt {
            Prompt::Filter { edit, problem, .. } => match Filter::parse(edit.text()) {
                Ok(filter) => {
                    *problem = None;
                    self.view.list_mut().filter = filter;
                    self.list_changed = true;
                }
                Err(why) => *problem = Some(why),
            },
            Prompt::Search { edit, problem } => match search(edit.text()) {
                Ok(found) => {
                    *problem = None;
                    if let Some(detail) = &mut self.view.detail {
                        detail.log_view.search = found;
                    }
                }
                Err(why) => *problem = Some(why),
            },
            Prompt::Palette { chosen, .. } => *chosen = 0,
        }
        self.view.prompt = Some(prompt);
    }

    pub(super) fn leave_prompt(&mut self) {
        match self.view.prompt.take() {
            Some(Prompt::Filter { before, .. }) => {
                self.view.list_mut().filter = Filter::parse(&before).unwrap_or_default();
                self.list_changed = true;
            }
            Some(Prompt::Search { .. }) => {
                if let Some(detail) = &mut self.view.detail {
                    detail.log_view.search = None;
                }
            }
            Some(Prompt::Palette { .. }) | None => {}
        }
    }

    pub(super) fn enter_prompt(&mut self) {
        let Some(prompt) = self.view.prompt.take() else {
            return;
        };
        match prompt {
            Prompt::Filter { edit, problem, .. } => {
                if let Some(why) = problem {
                    self.say(Tone::Bad, format!("the filter stays as it was: {why}"));
                }
                self.remember(edit.text());
            }
            Prompt::Search { edit, .. } => {
                self.remember(edit.text());
                self.find_in_log(true, true);
            }
            Prompt::Palette { edit, chosen } => {
                self.remember(edit.text());
                self.run_typed(edit.text(), chosen);
            }
        }
    }

    fn run_typed(&mut self, text: &str, chosen: usize) {
        let text = text.trim();
        if let Some(wanted) = text.strip_prefix("filter ") {
            match Filter::parse(wanted) {
                Ok(filter) => {
                    self.view.list_mut().filter = filter;
                    self.list_changed = true;
                }
                Err(why) => self.say(Tone::Bad, format!("the filter stays as it was: {why}")),
            }
            return;
        }
        let offers = offers(text);
        match offers.get(chosen.min(offers.len().saturating_sub(1))) {
            Some(info) => self.run(info.command),
            None => self.say(
                Tone::Bad,
                format!("no command {text:?}; : and Tab list them"),
            ),
        }
    }

    /// Tab: the offer that stands out becomes the line.
    pub(super) fn complete(&mut self) {
        if let Some(Prompt::Palette { edit, chosen }) = &mut self.view.prompt
            && let Some(info) = offers(edit.text()).get(*chosen)
        {
            *edit = Edit::new(info.name);
            *chosen = 0;
        }
    }

    fn remember(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.view.typed.retain(|known| known != text);
        self.view.typed.push(text.to_owned());
        if self.view.typed.len() > TYPED_KEPT {
            self.view.typed.remove(0);
        }
    }

    /// The command of a line typed elsewhere (linear mode), by its whole name.
    #[must_use]
    pub fn named(text: &str) -> Option<Command> {
        INFO.iter()
            .find(|info| info.name == text.trim())
            .map(|info| info.command)
    }
}

/// Nothing typed, no search; else a regular expression, or, where it is none, the words as they stand.
fn search(text: &str) -> Result<Option<Search>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let build = |pattern: &str| {
        RegexBuilder::new(pattern)
            .case_insensitive(true)
            .size_limit(1 << 20)
            .build()
    };
    build(text)
        .or_else(|_| build(&regex::escape(text)))
        .map(|regex| {
            Some(Search {
                text: text.to_owned(),
                regex,
            })
        })
        .map_err(|_| "too long to search for".to_owned())
}
