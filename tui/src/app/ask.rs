//! Questions before an act: what would be lost by a cancel, from where a retry may begin.

use super::acts::{FEW, cancels};
use super::call::Act;
use super::core::App;
use super::popup::{Choice, Popup, RetryMenu};
use super::toast::Tone;
use crate::model::Row;
use crate::model::words::Status;
use crate::ui::format;

impl App {
    pub(super) fn ask_cancel(&mut self) {
        let targets = self.targets();
        if targets.is_empty() || !self.may_act(&targets[0]) {
            return;
        }
        let fits = |app: &Self, id: &String| app.row(id).is_some_and(cancels) && !app.is_held(id);
        let ids: Vec<String> = targets
            .iter()
            .filter(|id| fits(self, id))
            .cloned()
            .collect();
        if ids.is_empty() {
            let state = self
                .row(&targets[0])
                .map_or("gone", |row| row.status.word());
            let text = format!(
                "{} is {state}: there is nothing to cancel",
                self.told(&targets)
            );
            self.say(Tone::Plain, text);
            return;
        }
        let mut lines = vec![format!("Cancel {}?", self.told(&ids))];
        lines.extend(
            ids.iter()
                .take(FEW)
                .filter_map(|id| self.row(id))
                .map(|row| self.loss(row)),
        );
        if ids.len() > FEW {
            lines.push(format!("… and {} more", ids.len() - FEW));
        }
        self.ask_act(Act::Cancel, ids, lines);
    }

    /// Asks before what ended is removed.
    pub(super) fn ask_delete(&mut self) {
        let targets = self.targets();
        if targets.is_empty() || !self.may_act(&targets[0]) {
            return;
        }
        let ended = |id: &&String| self.row(id).is_some_and(|row| row.status.is_terminal());
        let ids: Vec<String> = targets.iter().filter(ended).cloned().collect();
        if ids.is_empty() {
            let text = format!(
                "{} goes on: only what ended can be deleted",
                self.told(&targets)
            );
            self.say(Tone::Plain, text);
            return;
        }
        let lines = vec![
            format!("Delete {}?", self.told(&ids)),
            "Its row, its logs and its files go, for good.".to_owned(),
        ];
        self.ask_act(Act::Delete, ids, lines);
    }

    /// What a cancel would lose.
    fn loss(&self, row: &Row) -> String {
        let name = row.name();
        match row.running_stage() {
            Some(stage) => {
                let ran = stage.started_ms.map_or(0, |at| (self.now_ms - at).max(0));
                format!(
                    "{name}: {} at {:.0} %, running for {}",
                    stage.id,
                    stage.view.progress,
                    format::duration(ran)
                )
            }
            None => format!(
                "{name}: {}, nothing runs",
                row.status.word().replace('_', " ")
            ),
        }
    }

    fn is_held(&self, id: &str) -> bool {
        self.held.iter().any(|held| held.means(id))
    }

    pub(super) fn ask_retry(&mut self) {
        let targets = self.targets();
        if targets.is_empty() || !self.may_act(&targets[0]) {
            return;
        }
        let can = |row: &Row| {
            matches!(
                row.status,
                Status::Failed | Status::Cancelled | Status::Waiting
            )
        };
        let ids: Vec<String> = targets
            .iter()
            .filter(|id| self.row(id).is_some_and(can))
            .cloned()
            .collect();
        let Some(first) = ids.first().and_then(|id| self.row(id)) else {
            let state = self
                .row(&targets[0])
                .map_or("gone", |row| row.status.word());
            let text = format!(
                "{} is {state}: retry is for what failed, was cancelled or waits",
                self.told(&targets)
            );
            self.say(Tone::Plain, text);
            return;
        };
        if ids.len() == 1 && first.status == Status::Waiting {
            self.act_on(Act::retry(None), ids);
            return;
        }
        let choices = if ids.len() == 1 {
            retry_choices(first)
        } else {
            vec![("from what failed in each".to_owned(), Choice::From(None))]
        };
        self.view.popup = Some(Popup::Retry(RetryMenu {
            ids,
            choices,
            chosen: 0,
        }));
    }
}

/// From the failed stage, from the beginning, or from one between.
fn retry_choices(row: &Row) -> Vec<(String, Choice)> {
    let failed = row
        .stages
        .iter()
        .find(|stage| matches!(stage.view.status.as_str(), "failed" | "cancelled"));
    let mut choices = vec![match failed {
        Some(stage) => (
            format!("from {}: what is done is kept", stage.id),
            Choice::From(None),
        ),
        None => (
            "from where it stopped: what is done is kept".to_owned(),
            Choice::From(None),
        ),
    }];
    if let Some(first) = row.stages.first() {
        choices.push((
            format!("all again, from {}", first.id),
            Choice::From(Some(first.id.clone())),
        ));
    }
    if !row.view.params.is_empty() {
        choices.push(("with other inputs…".to_owned(), Choice::Inputs));
    }
    let between = row
        .stages
        .iter()
        .skip(1)
        .filter(|stage| stage.view.status == "completed");
    choices.extend(between.map(|stage| {
        let from = Choice::From(Some(stage.id.clone()));
        (format!("from {}", stage.id), from)
    }));
    choices
}
