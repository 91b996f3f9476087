//! What changed, in words, a line each.

use crate::app::App;
use crate::app::form::Form;
use crate::app::popup::{Answer, Popup};
use crate::input::Context;
use crate::model::Row;
use crate::model::link::{Link, Shown};
use crate::model::log::Lines;
use crate::ui::format;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeMap;

/// How many rows a list tells.
const LISTED: usize = 50;

/// Remembers what was told.
#[derive(Debug, Default)]
pub struct Teller {
    link: String,
    toasts: Vec<(String, i64)>,
    rows: BTreeMap<String, (String, u64)>,
    popup: Option<String>,
    log: (String, u32),
    listed: bool,
    text: String,
}

impl Teller {
    /// Says a line.
    pub fn say(&mut self, line: impl AsRef<str>) {
        self.text
            .push_str(&crate::model::log::clean(&line.as_ref().replace('\n', " ")));
        self.text.push('\n');
    }

    /// Everything that is new since the last call.
    pub fn news(&mut self, app: &App) -> String {
        self.link(app);
        if app.model.loaded {
            if self.listed {
                self.changes(app);
            } else {
                self.listed = true;
                self.remember(app);
                self.list(app);
                self.say("A number chooses one; ? tells the keys; q ends.");
            }
        }
        self.toasts(app);
        self.popup(app);
        self.log(app);
        std::mem::take(&mut self.text)
    }

    fn link(&mut self, app: &App) {
        let word = match (app.link.shown(app.now_ms), &app.link.link) {
            (Shown::Live | Shown::Slow, _) => format!("connected to {}", app.link.target),
            (Shown::Stale, _) => {
                "nothing was heard for 30 seconds: what follows may be old".to_owned()
            }
            (_, Link::Retry { attempt, why, .. }) => {
                format!("no connection: {why}; try {attempt} follows by itself")
            }
            (_, Link::Denied { why, .. }) => format!("refused: {why}"),
            (_, Link::Foreign { theirs, .. }) => {
                format!("the daemon speaks protocol {theirs}, this client does not")
            }
            _ => return,
        };
        if word != self.link {
            self.link.clone_from(&word);
            self.say(word);
        }
    }

    fn remember(&mut self, app: &App) {
        self.rows = app
            .model
            .visible(app.now_ms)
            .map(|row| (row.view.id.clone(), state(row)))
            .collect();
    }

    /// Workflows whose state or tenth moved.
    fn changes(&mut self, app: &App) {
        let moved: Vec<(String, bool)> = app
            .model
            .visible(app.now_ms)
            .filter(|row| self.rows.get(&row.view.id) != Some(&state(row)))
            .map(|row| {
                let new = !self.rows.contains_key(&row.view.id);
                let lead = if new { "new: " } else { "" };
                (format!("{lead}{}", sentence(app, row)), new)
            })
            .collect();
        if moved.is_empty() && self.rows.len() == app.model.visible(app.now_ms).count() {
            return;
        }
        for (line, _) in moved {
            self.say(line);
        }
        self.remember(app);
    }

    fn toasts(&mut self, app: &App) {
        let standing: Vec<(String, i64)> = app
            .view
            .toasts
            .standing()
            .iter()
            .map(|toast| (toast.text.clone(), toast.at_ms))
            .collect();
        for (text, at) in &standing {
            if !self.toasts.contains(&(text.clone(), *at)) {
                self.say(text);
            }
        }
        self.toasts = standing;
    }

    fn popup(&mut self, app: &App) {
        let text = match &app.view.popup {
            None => app.view.form.as_ref().and_then(question),
            // A picture says nothing to whoever reads lines.
            Some(Popup::Help { .. } | Popup::Picture(_)) => None,
            Some(Popup::Text { title, lines, .. }) => Some(format!("{title}: {}", lines.join(" "))),
            Some(Popup::Delivery { .. } | Popup::Compare { .. } | Popup::Columns { .. }) => {
                Some(drawn(app).join("\n"))
            }
            Some(Popup::Confirm(confirm)) => {
                let how = match &confirm.wanted {
                    Some(wanted) => format!(
                        "Type {wanted} and Enter to go on, anything else leaves all as it is."
                    ),
                    None => "Type y and Enter for yes; anything else is no.".to_owned(),
                };
                Some(format!("{} {how}", confirm.lines.join(". ")))
            }
            Some(Popup::Retry(menu)) => {
                let choices = menu
                    .choices
                    .iter()
                    .enumerate()
                    .map(|(at, (text, _))| format!("{} {text}", at + 1));
                Some(format!(
                    "Retry: {}. Type a number; Enter takes the first.",
                    choices.collect::<Vec<_>>().join("; ")
                ))
            }
            Some(Popup::Why(why)) => match &why.answer {
                Answer::Asked => None,
                Answer::Failed(problem) => Some(format!("Why: {problem}")),
                Answer::Told(view) => Some(match (&view.waiting_for, app.row(&why.id)) {
                    (Some(waits), _) => format!("Waits for {}: {}", waits.kind, waits.message),
                    (None, Some(row)) => match &row.view.error {
                        Some(error) => format!("Failed: {} {}", error.message, error.hint),
                        None => "Nothing is waited for.".to_owned(),
                    },
                    (None, None) => "Nothing is waited for.".to_owned(),
                }),
            },
        };
        if text != self.popup {
            if let Some(text) = &text {
                self.say(text);
            }
            self.popup = text;
        }
    }

    /// Lines of an opened log, as they come.
    fn log(&mut self, app: &App) {
        let Some(detail) = &app.view.detail else {
            return;
        };
        if self.log.0 != detail.id {
            self.log = (detail.id.clone(), 0);
            let name = app
                .row(&detail.id)
                .map_or(detail.id.as_str(), Row::name)
                .to_owned();
            self.say(format!("Log of {name}, as it comes; b goes back."));
        }
        let from = self.log.1;
        let mut lines = Vec::new();
        detail
            .log
            .read(from..u32::MAX, &mut Lines::default(), |seen| {
                lines.push(format!(
                    "{} {} {}: {}",
                    format::clock(seen.at_ms, &app.settings.zone),
                    seen.level.word(),
                    seen.stage,
                    seen.text
                ));
                true
            });
        let total = detail.log.end();
        for line in lines {
            self.say(line);
        }
        self.log.1 = total;
    }

    /// The workflows that pass the filter, numbered.
    pub fn list(&mut self, app: &App) {
        if !app.view.screen.lists_workflows() && app.view.detail.is_none() {
            for line in drawn(app) {
                self.say(line);
            }
            return;
        }
        let ids = &app.view.list().ids;
        if ids.is_empty() {
            self.say(if app.loaded() {
                "No workflow."
            } else {
                "Not connected yet."
            });
            return;
        }
        self.say(format!("{} workflows.", ids.len()));
        for (at, id) in ids.iter().enumerate().take(LISTED) {
            if let Some(row) = app.row(id) {
                self.say(format!("{} {}", at + 1, sentence(app, row)));
            }
        }
        if ids.len() > LISTED {
            self.say(format!("and {} more; /word filters", ids.len() - LISTED));
        }
    }

    /// Puts the cursor on the numbered workflow.
    pub fn choose(&mut self, app: &mut App, number: usize) {
        let list = app.view.list_mut();
        if number == 0 || number > list.ids.len() {
            let count = list.ids.len();
            self.say(format!("there is no {number}; 1 to {count} are listed"));
            return;
        }
        list.go(number - 1);
        if let Some(row) = app.current() {
            let line = format!("Chosen: {}", sentence(app, row));
            self.say(line);
        }
    }

    /// Keys that make sense by line.
    pub fn help(&mut self, app: &App) {
        self.say("Enter lists; a number chooses; /words filters; b goes back; q ends.");
        for (keys, command) in app.keymap.rows(Context::List) {
            let info = command.info();
            if let Some(key) = keys.split(' ').find(|key| key.chars().count() == 1)
                && !info.hint.is_empty()
                && !matches!(key, "q" | "?" | ":" | "/")
            {
                self.say(format!("{key} {}", info.doc));
            }
        }
    }
}

/// What is asked next on a form, and how it is answered.
fn question(form: &Form) -> Option<String> {
    if let Some(problem) = &form.problem {
        return Some(format!(
            "Not taken: {problem}. Answer again, or b to leave."
        ));
    }
    let field = form.field().filter(|_| form.ticket.is_none())?;
    let asked = if field.question.is_empty() {
        format!("{} (now {})", field.key, field.edit.text())
    } else {
        field.question.clone()
    };
    let choices: Vec<String> = field
        .options
        .iter()
        .enumerate()
        .map(|(at, option)| format!("{} {option}", at + 1))
        .collect();
    let how = if choices.is_empty() {
        "Type the answer and Enter".to_owned()
    } else {
        format!("Type a number and Enter: {}", choices.join(", "))
    };
    Some(format!(
        "{asked} ({} of {}). {how}; b leaves.",
        form.at + 1,
        form.fields.len()
    ))
}

/// A screen as its words, without frames and blank lines.
fn drawn(app: &App) -> Vec<String> {
    let mut app = app.clone();
    app.settings.ascii = true;
    app.view.plain = true;
    app.view.size = (100, 60);
    app.settle();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 100, 60));
    crate::ui::draw(&app, &mut buffer);
    let lines = crate::ui::lines(&buffer);
    // The head, the keys and what waits are told otherwise.
    let shown = lines.len().saturating_sub(3);
    lines
        .into_iter()
        .take(shown)
        .skip(2)
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

/// What a change is judged by: status, and full tenths.
fn state(row: &Row) -> (String, u64) {
    (row.view.status.clone(), (row.view.progress / 10.0) as u64)
}

fn sentence(app: &App, row: &Row) -> String {
    let mut text = format!("{}, {}", row.name(), row.view.status.replace('_', " "));
    if let Some(stage) = row.running_stage() {
        text.push_str(&format!(", {}", stage.id));
    }
    if row.is_active() {
        text.push_str(&format!(", {}", format::percent(row.view.progress)));
        if let Some(left) = format::eta(row, app.clock_ms(), true) {
            text.push_str(&format!(", {left} left"));
        }
    }
    if let Some(waits) = row.view.waiting_for.as_ref().filter(|_| row.is_active()) {
        text.push_str(&format!(", waits: {}", waits.message));
    }
    if let Some(error) = &row.view.error {
        text.push_str(&format!(": {}", error.message));
    }
    text
}
