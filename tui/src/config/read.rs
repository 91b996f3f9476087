//! From text to a configuration, with the line of every mistake.

use super::{Config, OCCASIONS, Rebound};
use crate::app::list::{COLUMNS, Column};
use crate::input::{Command, Context, Key};
use crate::terminal::pace::Profile;
use crate::ui::theme;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    theme: Option<Spanned<String>>,
    ascii: Option<bool>,
    profile: Option<Spanned<String>>,
    columns: Option<Vec<Spanned<String>>>,
    mouse: Option<bool>,
    notify: Notify,
    keys: BTreeMap<String, BTreeMap<Spanned<String>, Keys>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Notify {
    on: Option<Vec<Spanned<String>>>,
    every: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Keys {
    One(String),
    Many(Vec<String>),
}

struct Reader<'a> {
    text: &'a str,
    config: Config,
}

/// Reads a file's text; mistakes stand in `problems`.
pub fn read(text: &str) -> Config {
    let mut reader = Reader {
        text,
        config: Config::default(),
    };
    match toml::from_str::<File>(text) {
        Ok(file) => reader.take(file),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().replace('\n', " ");
            reader.problem(at, &message);
        }
    }
    reader.config
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    fn problem(&mut self, at: usize, what: &str) {
        let line = self.line(at);
        self.config.problems.push(format!("line {line}: {what}"));
    }

    /// The one of `known` with this name, else a problem that lists them.
    fn one_of<T: Copy>(
        &mut self,
        what: &str,
        name: &Spanned<String>,
        known: &[(&str, T)],
    ) -> Option<T> {
        let found = known.iter().find(|(word, _)| word == name.get_ref());
        if found.is_none() {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            let text = format!(
                "no {what} {:?}; there are {}",
                name.get_ref(),
                words.join(" ")
            );
            self.problem(name.span().start, &text);
        }
        found.map(|(_, value)| *value)
    }

    fn take(&mut self, file: File) {
        self.config.ascii = file.ascii;
        self.config.mouse = file.mouse;
        if let Some(name) = &file.theme {
            let known = theme::NAMES.map(|name| (name, theme::named(name).unwrap_or_default()));
            self.config.theme = self.one_of("theme", name, &known);
        }
        if let Some(name) = &file.profile {
            let known = [("ssh", Profile::Ssh), ("local", Profile::Local)];
            self.config.profile = self.one_of("profile", name, &known);
        }
        if let Some(names) = &file.columns {
            let mut columns: Vec<Column> = Vec::new();
            for name in names {
                if let Some(column) = self.one_of("column", name, &COLUMNS)
                    && !columns.contains(&column)
                {
                    columns.push(column);
                }
            }
            self.config.columns = Some(columns);
        }
        if let Some(names) = &file.notify.on {
            self.config.notify = names
                .iter()
                .filter_map(|name| self.one_of("occasion", name, &OCCASIONS))
                .collect();
        }
        if let Some(every) = &file.notify.every {
            match *every.get_ref() {
                seconds @ 0..=86_400 => self.config.notify_every_ms = seconds * 1000,
                other => {
                    let text = format!("{other} is no number of seconds from 0 to 86400");
                    self.problem(every.span().start, &text);
                }
            }
        }
        for (context, keys) in file.keys {
            self.context(&context, keys);
        }
    }

    fn context(&mut self, name: &str, keys: BTreeMap<Spanned<String>, Keys>) {
        let known = Context::ALL.iter().find(|(_, known)| *known == name);
        let Some((context, _)) = known else {
            let words: Vec<&str> = Context::ALL.iter().map(|(_, word)| *word).collect();
            let at = keys.keys().next().map_or(0, |key| key.span().start);
            let text = format!("no place {name:?} for keys; there are {}", words.join(" "));
            self.problem(at, &text);
            return;
        };
        for (command, keys) in keys {
            let at = command.span().start;
            let Some(meant) = Command::named(command.get_ref()) else {
                let text = format!("no command {:?}; : lists them", command.get_ref());
                self.problem(at, &text);
                continue;
            };
            let words = match keys {
                Keys::One(word) => vec![word],
                Keys::Many(words) => words,
            };
            let mut read = Vec::new();
            for word in words {
                match word.split(' ').map(Key::read).collect::<Option<Vec<Key>>>() {
                    Some(keys) if !keys.is_empty() => read.push(keys),
                    _ => {
                        let text = format!("{word:?} is no key; as x, C-d, Space, PgDn or `g g`");
                        self.problem(at, &text);
                    }
                }
            }
            self.rebind(*context, meant, read, at);
        }
    }

    fn rebind(&mut self, context: Context, command: Command, keys: Vec<Vec<Key>>, at: usize) {
        let clash = self.config.keys.iter().find(|other| {
            other.context == context && other.keys.iter().any(|taken| keys.contains(taken))
        });
        if let Some(other) = clash {
            let text = format!(
                "a key of {:?} is {:?}'s already",
                command.info().name,
                other.command.info().name
            );
            self.problem(at, &text);
            return;
        }
        self.config.keys.push(Rebound {
            context,
            command,
            keys,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Occasion;
    use crate::input::{Keymap, Lookup};
    use crate::ui::theme::Theme;

    #[test]
    fn what_is_said_holds() {
        let config = read(
            "theme = \"light-256\"\nascii = true\nprofile = \"ssh\"\ncolumns = [\"name\", \"eta\"]\n\
             [notify]\non = [\"failed\"]\nevery = 60\n[keys.global]\nhelp = \"h\"\nquit = [\"q\", \"g x\"]\n",
        );
        assert_eq!(config.problems, Vec::<String>::new());
        assert_eq!(config.theme, Some(Theme::Light));
        assert_eq!(config.columns, Some(vec![Column::Name, Column::Eta]));
        assert_eq!(config.notify, [Occasion::Failed]);
        assert_eq!(config.notify_every_ms, 60_000);
        let keymap = Keymap::with(&config.keys);
        let means = |typed: &str| {
            let keys: Vec<Key> = typed.split(' ').filter_map(Key::read).collect();
            keymap.lookup(Context::List, &keys)
        };
        assert_eq!(means("h"), Lookup::Command(Command::Help));
        assert_eq!(means("?"), Lookup::Nothing);
        assert_eq!(means("g x"), Lookup::Command(Command::Quit));
    }

    #[test]
    fn each_mistake_is_told_with_its_line_and_the_rest_holds() {
        let config = read(
            "theme = \"solar\"\nascii = true\n[notify]\nevery = -1\n[keys.global]\nhelp = \"hh\"\nfly = \"f\"\nquit = \"h\"\nback = \"h\"\n[keys.moon]\nup = \"u\"\n",
        );
        assert_eq!(config.ascii, Some(true));
        let lines: Vec<&str> = config
            .problems
            .iter()
            .map(|problem| problem.split(':').next().unwrap_or_default())
            .collect();
        assert_eq!(lines.len(), 6, "{:?}", config.problems);
        for line in ["line 1", "line 4", "line 6", "line 7", "line 11"] {
            assert!(lines.contains(&line), "{line}: {:?}", config.problems);
        }
        assert!(read("colour = 1\n").problems[0].starts_with("line 1: unknown field"));
        assert!(read("a = \n").problems[0].starts_with("line 1"));
    }
}
