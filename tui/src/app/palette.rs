//! `:` any command by its name, some with words behind them; what may be meant is offered while it is typed.

use super::core::App;
use super::detail::Tab;
use super::event::Action;
use super::stats::WINDOWS;
use super::toast::Tone;
use super::view::Screen;
use crate::input::command::INFO;
use crate::input::{Command, Edit};
use crate::model::filter::{FIELDS, Filter};
use crate::model::log::Level;

/// Commands that take words: name, what follows, and what it does.
pub const WITH_WORDS: [(&str, &str, &str); 12] = [
    (
        "columns",
        "NAMES",
        "the lists' columns in this order, or usual",
    ),
    (
        "extend",
        "LENGTH",
        "give what asks so much more time: 30m, 2h",
    ),
    ("filter", "WORDS", "filter this list"),
    (
        "goto",
        "ID or NAME",
        "open a workflow, by the beginning of its id or name",
    ),
    ("level", "LEVEL", "log lines of at least this level"),
    ("priority", "N", "set the priority, -1000 to 1000"),
    ("retry", "STAGE", "retry from this stage on"),
    ("search", "PATTERN", "search the log"),
    ("stage", "STAGE", "this stage's log lines alone"),
    ("theme", "NAME", "ansi, dark, light, contrast, cvd or mono"),
    ("window", "TIME", "the time that the numbers are of"),
    (
        "write",
        "FILE",
        "write the log, or this screen, as text to a file",
    ),
];

/// Something that what is typed may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What the line becomes.
    pub text: String,
    /// What stands in the offer.
    pub name: String,
    /// In words.
    pub doc: String,
    /// The command, where no words are missing.
    pub command: Option<Command>,
}

/// The letters of `typed` come in `name` in this order.
fn scattered(name: &str, typed: &str) -> bool {
    let mut letters = name.chars();
    typed.chars().all(|wanted| letters.any(|c| c == wanted))
}

fn rank(name: &str, doc: &str, typed: &str) -> Option<u8> {
    if name == typed {
        Some(0)
    } else if name.starts_with(typed) {
        Some(1)
    } else if name.contains(typed) {
        Some(2)
    } else if scattered(name, typed) {
        Some(3)
    } else if doc.to_lowercase().contains(typed) {
        Some(4)
    } else {
        None
    }
}

impl App {
    pub(super) fn open_palette(&mut self) {
        self.open_palette_with("");
    }

    /// With something typed already.
    pub(super) fn open_palette_with(&mut self, text: &str) {
        self.view.recalled = None;
        self.view.prompt = Some(super::view::Prompt::Palette {
            edit: Edit::new(text),
            chosen: 0,
        });
    }

    /// What the typed line may mean, the nearest first.
    #[must_use]
    pub fn offers(&self, typed: &str) -> Vec<Offer> {
        let typed = typed.trim_start().to_lowercase();
        if let Some((word, rest)) = typed.split_once(' ')
            && WITH_WORDS.iter().any(|(name, ..)| *name == word)
        {
            let exact = Command::named(typed.trim());
            let words = self.words_for(word, rest);
            if exact.is_none() && !words.is_empty() {
                return words;
            }
        }
        let typed = typed.trim();
        let commands = INFO.iter().filter_map(|info| {
            let offer = Offer {
                text: info.name.to_owned(),
                name: info.name.to_owned(),
                doc: info.doc.to_owned(),
                command: Some(info.command),
            };
            Some((rank(info.name, info.doc, typed)?, offer))
        });
        let with_words = WITH_WORDS.iter().filter_map(|(name, what, doc)| {
            let offer = Offer {
                text: format!("{name} "),
                name: format!("{name} {what}"),
                doc: (*doc).to_owned(),
                command: None,
            };
            // After the command of the same name, if there is one.
            Some((rank(name, doc, typed)?.max(1), offer))
        });
        let mut found: Vec<(u8, Offer)> = commands.chain(with_words).collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, offer)| offer).collect()
    }

    /// What may stand behind a command that takes words.
    fn words_for(&self, command: &str, rest: &str) -> Vec<Offer> {
        let rest = rest.trim();
        let known: Vec<(String, String)> = match command {
            "theme" => crate::ui::theme::NAMES
                .iter()
                .map(|name| ((*name).to_owned(), String::new()))
                .collect(),
            "window" => WINDOWS
                .iter()
                .map(|(_, name)| ((*name).to_owned(), String::new()))
                .collect(),
            "columns" => super::list::COLUMNS
                .iter()
                .map(|(name, _)| ((*name).to_owned(), "column".to_owned()))
                .collect(),
            "extend" => ["15m", "30m", "1h", "4h", "1d"]
                .map(|word| (word.to_owned(), "longer than its deadline".to_owned()))
                .to_vec(),
            "level" => ["debug", "info", "warn", "error"]
                .map(|word| (word.to_owned(), String::new()))
                .to_vec(),
            "filter" => FIELDS
                .iter()
                .map(|field| (format!("{field}:"), "field".to_owned()))
                .collect(),
            "retry" | "stage" => self
                .current()
                .map(|row| row.stages.iter())
                .into_iter()
                .flatten()
                .map(|stage| (stage.id.clone(), stage.view.title.clone()))
                .collect(),
            "goto" => self
                .rows()
                .filter(|row| {
                    row.view.id.starts_with(rest) || row.name().to_lowercase().contains(rest)
                })
                .take(50)
                .map(|row| (row.view.id.clone(), row.name().to_owned()))
                .collect(),
            _ => Vec::new(),
        };
        known
            .into_iter()
            .filter(|(word, doc)| word.starts_with(rest) || (command == "goto" && !doc.is_empty()))
            .map(|(word, doc)| Offer {
                text: format!("{command} {word}"),
                name: word,
                doc,
                command: None,
            })
            .collect()
    }

    pub(super) fn run_typed(&mut self, text: &str, chosen: usize) {
        let text = text.trim();
        if let Some(command) = Command::named(text).filter(|_| chosen == 0) {
            self.run(command);
            return;
        }
        let offers = self.offers(text);
        let meant = offers
            .get(chosen.min(offers.len().saturating_sub(1)))
            .cloned();
        let given = text.split_once(' ').filter(|(word, rest)| {
            WITH_WORDS.iter().any(|(name, ..)| name == word) && !rest.trim().is_empty()
        });
        match (given, meant) {
            (Some((word, rest)), meant) => {
                // An offer that was moved to goes before what was typed.
                let moved = meant.filter(|_| chosen > 0).map(|offer| offer.text);
                let rest = moved
                    .as_deref()
                    .and_then(|text| text.split_once(' '))
                    .map_or(rest, |(_, rest)| rest);
                self.run_with(word, rest.trim());
            }
            (
                None,
                Some(Offer {
                    command: Some(command),
                    ..
                }),
            ) => self.run(command),
            (None, Some(offer)) => {
                self.say(Tone::Plain, format!(":{}: {}", offer.name, offer.doc));
            }
            (None, None) => self.say(
                Tone::Bad,
                format!("no command {text:?}; : and Tab list them"),
            ),
        }
    }

    fn run_with(&mut self, word: &str, rest: &str) {
        match word {
            "filter" => match Filter::parse(rest) {
                Ok(filter) => {
                    self.set_filter(filter);
                    if self.view.screen == Screen::History {
                        self.search_history();
                    }
                }
                Err(why) => self.say(Tone::Bad, format!("the filter stays as it was: {why}")),
            },
            "columns" => self.set_columns(rest),
            "extend" => self.extend_gate(rest),
            "goto" => self.go_to_workflow(rest),
            "level" => {
                let known = ["debug", "info", "warn", "error"].contains(&rest);
                if known {
                    self.with_log(|view| view.level = Level::read(rest));
                } else {
                    self.say(
                        Tone::Bad,
                        format!("no level {rest:?}; debug, info, warn or error"),
                    );
                }
            }
            "priority" => match rest.parse::<i32>() {
                Ok(priority) if (-1000..=1000).contains(&priority) => self.set_priority(priority),
                _ => self.say(Tone::Bad, format!("{rest:?} is no priority: -1000 to 1000")),
            },
            "retry" => self.retry_from(rest),
            "search" => self.search_for(rest),
            "stage" => {
                let stage = rest.to_owned();
                self.with_log(|view| view.stage = Some(stage));
            }
            "theme" => match crate::ui::theme::named(rest) {
                Some(theme) => {
                    self.settings.theme = theme;
                    self.out.push(Action::Repaint);
                }
                None => {
                    let known = crate::ui::theme::NAMES.join(", ");
                    self.say(Tone::Bad, format!("no theme {rest:?}; there are {known}"));
                }
            },
            "window" => match WINDOWS.iter().position(|(_, name)| *name == rest) {
                Some(at) => {
                    let now = self.view.stats.window;
                    self.show_screen(Screen::Stats);
                    self.change_window(at as isize - now as isize);
                }
                None => self.say(Tone::Bad, format!("no window {rest:?}; 1h, 24h or 7d")),
            },
            "write" => self.save_screen(rest),
            _ => {}
        }
    }

    fn go_to_workflow(&mut self, wanted: &str) {
        let wanted = wanted.to_lowercase();
        let found = self
            .rows()
            .find(|row| row.view.id == wanted)
            .or_else(|| {
                self.rows()
                    .find(|row| row.view.id.to_lowercase().starts_with(&wanted))
            })
            .or_else(|| {
                self.rows()
                    .find(|row| row.name().to_lowercase().contains(&wanted))
            })
            .map(|row| row.key.clone());
        match found {
            Some(key) => self.open_detail(key, Tab::Timeline),
            None => self.say(
                Tone::Bad,
                format!("no workflow begins with {wanted:?} here; / on History searches all"),
            ),
        }
    }

    fn retry_from(&mut self, stage: &str) {
        let targets = self.targets();
        let Some(first) = targets.first().cloned() else {
            return;
        };
        let known = self
            .row(&first)
            .is_some_and(|row| row.stages.iter().any(|known| known.id == stage));
        if !known {
            let text = format!("{} has no stage {stage:?}", self.told(&targets));
            self.say(Tone::Bad, text);
        } else if self.may_act(&first) {
            self.act_on(super::call::Act::retry(Some(stage.to_owned())), targets);
        }
    }

    /// Tab: the offer that stands out becomes the line.
    pub(super) fn complete(&mut self) {
        let Some(super::view::Prompt::Palette { edit, chosen }) = &self.view.prompt else {
            return;
        };
        let offers = self.offers(edit.text());
        let Some(offer) = offers.get(*chosen).cloned() else {
            return;
        };
        if let Some(super::view::Prompt::Palette { edit, chosen }) = &mut self.view.prompt {
            *edit = Edit::new(&offer.text);
            *chosen = 0;
        }
    }

    /// The command of a line typed elsewhere (linear mode), by its whole name.
    #[must_use]
    pub fn named(text: &str) -> Option<Command> {
        Command::named(text.trim())
    }
}
