//! Which columns lists of workflows show, and in which order, changed while one looks; kept for the next session, and
//! before what `tui.toml` says.

use super::core::App;
use super::list::{COLUMNS, Column};
use super::popup::Popup;
use super::toast::Tone;
use crate::input::{Code, Key};

/// As they stand unless a person chose others.
pub const USUAL: [Column; 7] = [
    Column::Id,
    Column::Name,
    Column::Stages,
    Column::Bar,
    Column::Percent,
    Column::Eta,
    Column::Box,
];

/// A column's name.
#[must_use]
pub fn name(column: Column) -> &'static str {
    COLUMNS
        .iter()
        .find(|(_, known)| *known == column)
        .map_or("", |(name, _)| name)
}

impl App {
    /// The columns that a person chose, here or in `tui.toml`.
    #[must_use]
    pub fn chosen_columns(&self) -> Option<&[Column]> {
        let file = self.settings.columns.as_deref();
        self.view.columns.as_deref().or(file)
    }

    /// Every column: those that show in their order, then the others.
    #[must_use]
    pub fn all_columns(&self) -> Vec<(Column, bool)> {
        let shown = self.chosen_columns().unwrap_or(&USUAL);
        let hidden = COLUMNS.iter().map(|(_, column)| *column);
        let hidden = hidden.filter(|column| !shown.contains(column));
        let shown = shown.iter().map(|column| (*column, true));
        shown.chain(hidden.map(|column| (column, false))).collect()
    }

    /// A key in the popup of the columns; the popup again, unless it closes it.
    pub(super) fn columns_key(&mut self, at: usize, key: Key) -> Option<Popup> {
        let all = self.all_columns();
        let shown = all.iter().filter(|(_, shown)| *shown).count();
        let last = all.len().saturating_sub(1);
        let mut columns: Vec<Column> = all.iter().take(shown).map(|(column, _)| *column).collect();
        let at = at.min(last);
        let mut next = at;
        match key.code {
            Code::Down | Code::Char('j') => next = (at + 1).min(last),
            Code::Up | Code::Char('k') => next = at.saturating_sub(1),
            // A row without a name is nobody's.
            Code::Char(' ') if columns.get(at) == Some(&Column::Name) => {}
            Code::Char(' ') if at < shown => {
                columns.remove(at);
                self.view.columns = Some(columns);
            }
            Code::Char(' ') => {
                columns.extend(all.get(at).map(|(column, _)| *column));
                next = shown;
                self.view.columns = Some(columns);
            }
            Code::Char('<' | 'K') | Code::Left if at > 0 && at < shown => {
                columns.swap(at, at - 1);
                next = at - 1;
                self.view.columns = Some(columns);
            }
            Code::Char('>' | 'J') | Code::Right if at + 1 < shown => {
                columns.swap(at, at + 1);
                next = at + 1;
                self.view.columns = Some(columns);
            }
            Code::Char('r') => self.view.columns = None,
            Code::Enter | Code::Char('C') => return None,
            _ => {}
        }
        Some(Popup::Columns { at: next })
    }

    /// `:columns id name eta`; `usual` takes the choice back.
    pub(super) fn set_columns(&mut self, words: &str) {
        if words == "usual" {
            self.view.columns = None;
            return;
        }
        let mut columns = Vec::new();
        for word in words.split([' ', ',']).filter(|word| !word.is_empty()) {
            let Some((_, column)) = COLUMNS.iter().find(|(name, _)| *name == word) else {
                let known = COLUMNS.map(|(name, _)| name).join(" ");
                let text = format!("no column {word:?}; there are {known}, and usual");
                self.say(Tone::Bad, text);
                return;
            };
            if !columns.contains(column) {
                columns.push(*column);
            }
        }
        self.view.columns = Some(columns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::*;

    fn head(app: &mut App) -> String {
        let buffer = draw(app);
        let lines = crate::ui::lines(&buffer);
        lines
            .into_iter()
            .find(|line| line.contains("NAME"))
            .unwrap()
    }

    #[test]
    fn columns_are_hidden_shown_and_moved_and_the_next_session_has_them() {
        let mut app = live((120, 36), workflows());
        assert!(head(&mut app).contains("ID     NAME") && !head(&mut app).contains("USER"));
        // The id goes, then the user comes.
        type_keys(&mut app, "C Space");
        assert!(!head(&mut app).contains("ID "));
        let user = app
            .all_columns()
            .iter()
            .position(|(one, _)| *one == Column::User)
            .unwrap();
        for _ in 0..user {
            type_keys(&mut app, "j");
        }
        type_keys(&mut app, "Space < < Esc");
        assert!(head(&mut app).contains("USER"), "{}", head(&mut app));
        let memory = app.memory();
        let mut next = live((120, 36), workflows());
        next.recall_session(&memory);
        assert_eq!(head(&mut next), head(&mut app));
        type_keys(&mut next, "C r Esc");
        assert!(!head(&mut next).contains("USER"));
        // The name stays whatever is pressed.
        type_keys(&mut next, "C j Space Esc");
        assert!(head(&mut next).contains("NAME"));
    }

    #[test]
    fn columns_are_typed_by_name() {
        let mut app = live((120, 36), workflows());
        app.set_columns("age name, user");
        assert_eq!(
            app.chosen_columns().unwrap(),
            [Column::Age, Column::Name, Column::User]
        );
        app.set_columns("name colour");
        assert_eq!(
            app.chosen_columns().unwrap().len(),
            3,
            "what can't be read changes nothing"
        );
        app.set_columns("usual");
        assert!(app.chosen_columns().is_none());
    }
}
