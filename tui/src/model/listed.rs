//! What a filter and an order ask of a workflow, whether it is kept whole or packed.

use super::row::Row;
use super::words::Status;

/// One of a list.
pub trait Listed {
    /// Its name among all daemons' workflows, in pieces: the daemon's number and the id.
    fn place(&self) -> (usize, &str);
    /// Its name, which may be empty.
    fn title(&self) -> &str;
    /// The numbers of the pipeline's, the user's and the status's texts, where workflows that have the same text share it.
    fn shared(&self) -> Option<[u32; 3]> {
        None
    }
    /// The pipeline's name.
    fn pipeline(&self) -> &str;
    /// Who submitted it.
    fn user(&self) -> &str;
    /// The status as told.
    fn status_word(&self) -> &str;
    /// The status, read.
    fn status(&self) -> Status;
    /// The stage at work, else the status.
    fn current_state(&self) -> &str;
    /// Where it runs or ran, and the daemon's box.
    fn boxes(&self) -> [&str; 2];
    /// Class, code and message of its failure.
    fn error(&self) -> Option<[&str; 3]>;
    /// A label holds this.
    fn any_label(&self, holds: &mut dyn FnMut(&str, &str) -> bool) -> bool;
    /// Its place in line.
    fn position(&self) -> u64;
    /// When it ends, in seconds of our clock.
    fn ends(&self) -> f64;
    /// 0–100.
    fn progress(&self) -> f64;
    /// Larger first.
    fn priority(&self) -> i32;
    /// Created and started, in Unix milliseconds.
    fn times(&self) -> (i64, i64);

    /// What a person reads: the name, else the id.
    fn called(&self) -> &str {
        match self.title() {
            "" => self.place().1,
            title => title,
        }
    }
}

impl Listed for Row {
    fn place(&self) -> (usize, &str) {
        (super::key::split(&self.key).0, &self.view.id)
    }
    fn title(&self) -> &str {
        &self.view.name
    }
    fn pipeline(&self) -> &str {
        &self.view.pipeline
    }
    fn user(&self) -> &str {
        &self.view.user_id
    }
    fn status_word(&self) -> &str {
        &self.view.status
    }
    fn status(&self) -> Status {
        self.status
    }
    fn current_state(&self) -> &str {
        &self.view.current_state
    }
    fn boxes(&self) -> [&str; 2] {
        [self.view.box_name.as_deref().unwrap_or(""), &self.host]
    }
    fn error(&self) -> Option<[&str; 3]> {
        let error = self.view.error.as_ref()?;
        Some([&error.class, &error.code, &error.message])
    }
    fn any_label(&self, holds: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        self.view
            .labels
            .iter()
            .any(|(name, text)| holds(name, text))
    }
    fn position(&self) -> u64 {
        self.view.queue_position.unwrap_or(u64::MAX)
    }
    fn ends(&self) -> f64 {
        match self.view.estimated_time_remaining {
            Some(seconds) if self.is_active() => seconds + self.estimated_ms as f64 / 1000.0,
            _ => f64::INFINITY,
        }
    }
    fn progress(&self) -> f64 {
        self.view.progress
    }
    fn priority(&self) -> i32 {
        self.view.priority
    }
    fn times(&self) -> (i64, i64) {
        (self.created_ms, self.started_ms)
    }
}
