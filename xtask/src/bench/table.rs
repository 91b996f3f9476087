//! The table: one row a measure, with its goal where it has one.

use std::fmt;

/// Rows in the order of measuring.
#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    what: String,
    measured: String,
    goal: String,
    holds: Option<bool>,
}

impl Table {
    /// Takes in a part's rows, under its name.
    pub fn part(&mut self, name: &str, part: Self) {
        self.rows.push(Row {
            what: format!("-- {name}"),
            measured: String::new(),
            goal: String::new(),
            holds: None,
        });
        self.rows.extend(part.rows);
    }

    /// A figure that goals are measured against.
    pub fn figure(&mut self, what: &str, value: f64, unit: &str) {
        self.row(what, value, unit, String::new(), None);
    }

    /// A figure that is to be at least this.
    pub fn least(&mut self, what: &str, value: f64, goal: f64, unit: &str) {
        self.row(
            what,
            value,
            unit,
            format!(">= {}", show(goal)),
            Some(value >= goal),
        );
    }

    /// A figure that is to be at most this.
    pub fn most(&mut self, what: &str, value: f64, goal: f64, unit: &str) {
        self.row(
            what,
            value,
            unit,
            format!("<= {}", show(goal)),
            Some(value <= goal),
        );
    }

    /// What could not be measured, and why.
    pub fn skipped(&mut self, what: &str, why: &str) {
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("skipped: {why}"),
            goal: String::new(),
            holds: None,
        });
    }

    /// What went wrong instead of a measure; it counts as a goal missed.
    pub fn failed(&mut self, what: &str, why: &str) {
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("failed: {why}"),
            goal: String::new(),
            holds: Some(false),
        });
    }

    fn row(&mut self, what: &str, value: f64, unit: &str, goal: String, holds: Option<bool>) {
        self.rows.push(Row {
            what: what.to_owned(),
            measured: format!("{} {unit}", show(value)),
            goal,
            holds,
        });
    }

    /// No goal is missed.
    pub fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.holds != Some(false))
    }
}

/// Three figures are as many as these measures carry.
fn show(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:62} {:>18} {:>12}", "what", "measured", "goal")?;
        for row in &self.rows {
            let verdict = match row.holds {
                Some(true) => "ok",
                Some(false) => "MISSED",
                None => "",
            };
            writeln!(
                f,
                "{}",
                format!(
                    "{:62} {:>18} {:>12} {verdict}",
                    row.what, row.measured, row.goal
                )
                .trim_end()
            )?;
        }
        Ok(())
    }
}
