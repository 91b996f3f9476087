//! What a gate asks: its words, and apart from them the pictures that an approval's question names behind them.

use super::Row;
use serde_json::Value;

/// A question's words, and the pictures of a stage before that it names at its end.
#[must_use]
pub fn apart<'a>(row: &'a Row, question: &'a str) -> (&'a str, Vec<&'a str>) {
    let Some((_, named)) = question.rsplit_once(LEAD) else {
        return (question, Vec::new());
    };
    let taken = row
        .stages
        .iter()
        .filter_map(|stage| stage.view.outputs.get("thumbnails")?.as_array());
    for taken in taken {
        let names: Vec<&str> = taken.iter().filter_map(Value::as_str).collect();
        let count = (1..=names.len()).find(|count| names[..*count].join(" ") == named);
        if let Some(count) = count {
            let words = &question[..question.len() - named.len() - LEAD.len()];
            return (words, names[..count].to_vec());
        }
    }
    (question, Vec::new())
}

/// A question's words alone.
#[must_use]
pub fn words<'a>(row: &'a Row, question: &'a str) -> &'a str {
    apart(row, question).0
}

/// Between the words and the pictures.
const LEAD: &str = " Thumbnails: ";
