//! The bottom line while it is typed: filters and searches hold at once, and what can't be read is told.

use super::core::App;
use super::detail::Search;
use super::toast::Tone;
use super::view::{Prompt, Screen};
use crate::input::Edit;
use crate::model::filter::Filter;
use regex::RegexBuilder;

/// How many earlier lines are kept.
pub const TYPED_KEPT: usize = 50;

impl App {
    pub(super) fn open_filter(&mut self) {
        let before = match self.view.screen {
            Screen::Events => self.view.events.filter.clone(),
            _ => self.view.list().filter.text().to_owned(),
        };
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

    pub(super) fn open_log_filter(&mut self) {
        let detail = self.view.detail.as_ref();
        let before = detail.and_then(|detail| detail.log_view.filter.as_ref());
        let edit = Edit::new(before.map_or("", |search| search.text.as_str()));
        self.view.recalled = None;
        self.view.prompt = Some(Prompt::LogFilter {
            edit,
            problem: None,
        });
    }

    /// The line changed: a filter and a search hold at once; what can't be read is told and the last good one stays.
    pub(super) fn typed_on(&mut self) {
        self.changed = true;
        let Some(mut prompt) = self.view.prompt.take() else {
            return;
        };
        match &mut prompt {
            Prompt::Filter { edit, .. } if self.view.screen == Screen::Events => {
                self.view.events.filter = edit.text().trim().to_owned();
                self.view.events.changed = true;
            }
            Prompt::Filter { edit, problem, .. } => match Filter::parse(edit.text()) {
                Ok(filter) => {
                    *problem = None;
                    self.set_filter(filter);
                }
                Err(why) => *problem = Some(why),
            },
            Prompt::Search { edit, problem } => match search(edit.text()) {
                Ok(found) => {
                    *problem = None;
                    self.search_log(found);
                }
                Err(why) => *problem = Some(why),
            },
            Prompt::LogFilter { edit, problem } => match log_filter(edit.text()) {
                Ok(found) => {
                    *problem = None;
                    self.with_log(|view| view.filter = found);
                }
                Err(why) => *problem = Some(why),
            },
            Prompt::Palette { chosen, .. } => *chosen = 0,
        }
        self.view.prompt = Some(prompt);
    }

    pub(super) fn leave_prompt(&mut self) {
        match self.view.prompt.take() {
            Some(Prompt::Filter { before, .. }) if self.view.screen == Screen::Events => {
                self.view.events.filter = before;
                self.view.events.changed = true;
            }
            Some(Prompt::Filter { before, .. }) => {
                self.set_filter(Filter::parse(&before).unwrap_or_default());
            }
            Some(Prompt::Search { .. }) => self.search_log(None),
            Some(Prompt::LogFilter { .. }) => self.with_log(|view| view.filter = None),
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
                if self.view.screen == Screen::History {
                    self.search_history();
                }
            }
            Prompt::Search { edit, .. } => {
                self.remember(edit.text());
                self.find_in_log(true, true);
            }
            Prompt::LogFilter { edit, problem } => {
                if let Some(why) = problem {
                    self.say(Tone::Bad, format!("the filter stays as it was: {why}"));
                }
                self.remember(edit.text());
            }
            Prompt::Palette { edit, chosen } => {
                self.remember(edit.text());
                self.run_typed(edit.text(), chosen);
            }
        }
    }

    /// Searches the log for a pattern, as `/` does.
    pub(super) fn search_for(&mut self, text: &str) {
        match search(text) {
            Ok(found) => {
                if self.view.detail.is_some() {
                    self.search_log(found);
                    self.find_in_log(true, true);
                } else {
                    self.say(
                        Tone::Plain,
                        "a log is searched in an opened workflow: l opens it",
                    );
                }
            }
            Err(why) => self.say(Tone::Bad, why),
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

/// As a search; a `!` before it leaves such lines out.
fn log_filter(text: &str) -> Result<Option<Search>, String> {
    let found = search(text.strip_prefix('!').unwrap_or(text))?;
    Ok(found.map(|found| Search {
        text: text.to_owned(),
        ..found
    }))
}
