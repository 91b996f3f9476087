//! Puts the times of words that were heard onto the words that were written: the recogniser may hear another word, one more or
//! one less, and what is shown is still what was written.

use crate::episodes::Word;

/// Longer texts are aligned piece by piece, each of at most so many words, so that it stays quick.
const PIECE: usize = 400;

/// Times (seconds) for each written word, in order and never going back. Words that were not heard share the gap between
/// those around them. None where nothing was heard.
#[must_use]
pub fn times(written: &[&str], heard: &[Word], from: f64, to: f64) -> Option<Vec<(f64, f64)>> {
    if written.is_empty() || heard.is_empty() || written.len() > PIECE || heard.len() > PIECE {
        return None;
    }
    let pairs = matched(written, heard);
    let mut times: Vec<Option<(f64, f64)>> = vec![None; written.len()];
    for (own, other) in pairs {
        times[own] = Some((heard[other].start, heard[other].end));
    }
    Some(filled(&times, from, to))
}

/// Pairs of the same place in both, by the fewest changes (the same word, else one for another).
fn matched(written: &[&str], heard: &[Word]) -> Vec<(usize, usize)> {
    let own: Vec<String> = written.iter().map(|word| plain(word)).collect();
    let other: Vec<String> = heard.iter().map(|word| plain(&word.text)).collect();
    let (rows, columns) = (own.len() + 1, other.len() + 1);
    let mut cost = vec![vec![0_u32; columns]; rows];
    for (row, line) in (0..).zip(cost.iter_mut()) {
        line[0] = row;
    }
    for (column, cell) in (0..).zip(cost[0].iter_mut()) {
        *cell = column;
    }
    for row in 1..rows {
        for column in 1..columns {
            let change = u32::from(own[row - 1] != other[column - 1]);
            let best = (cost[row - 1][column - 1] + change).min(cost[row - 1][column] + 1);
            cost[row][column] = best.min(cost[row][column - 1] + 1);
        }
    }
    let (mut row, mut column) = (rows - 1, columns - 1);
    let mut pairs = Vec::new();
    while row > 0 && column > 0 {
        let change = u32::from(own[row - 1] != other[column - 1]);
        if cost[row][column] == cost[row - 1][column - 1] + change {
            pairs.push((row - 1, column - 1));
            row -= 1;
            column -= 1;
        } else if cost[row][column] == cost[row - 1][column] + 1 {
            row -= 1;
        } else {
            column -= 1;
        }
    }
    pairs.reverse();
    pairs
}

fn plain(word: &str) -> String {
    word.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[allow(clippy::cast_precision_loss, reason = "a count of words")]
fn filled(times: &[Option<(f64, f64)>], from: f64, to: f64) -> Vec<(f64, f64)> {
    let mut filled = Vec::with_capacity(times.len());
    let mut last = from;
    let mut index = 0;
    while index < times.len() {
        if let Some((start, end)) = times[index] {
            let start = start.clamp(last, to.max(last));
            let end = end.clamp(start, to.max(start));
            filled.push((start, end));
            last = end;
            index += 1;
            continue;
        }
        let next = times[index..]
            .iter()
            .position(Option::is_some)
            .map_or(times.len(), |ahead| index + ahead);
        let until = times
            .get(next)
            .copied()
            .flatten()
            .map_or(to, |(start, _)| start)
            .clamp(last, to.max(last));
        let share = (until - last) / (next - index) as f64;
        for number in 0..next - index {
            let at = last + share * number as f64;
            filled.push((at, at + share));
        }
        last = until;
        index = next;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(text: &str, start: f64, end: f64) -> Word {
        Word {
            start,
            end,
            text: text.to_owned(),
        }
    }

    #[test]
    fn what_is_written_gets_the_times_of_what_was_heard() {
        let heard = [
            word("hello", 1.0, 1.4),
            word("brave", 1.5, 1.9),
            word("word", 2.4, 2.8),
        ];
        let found = times(&["Hello,", "brave", "new", "world!"], &heard, 0.0, 3.0).unwrap();
        assert_eq!(found[0], (1.0, 1.4));
        assert_eq!(found[1], (1.5, 1.9));
        assert_eq!(found[3], (2.4, 2.8));
        assert!(found[2].0 >= 1.9 && found[2].1 <= 2.4);
        assert_eq!(times(&["a"], &[], 0.0, 1.0), None);
    }

    proptest! {
        #[test]
        fn times_never_go_back(own in prop::collection::vec("[a-c]{1,2}", 1..12), other in prop::collection::vec(("[a-c]{1,2}", -1.0_f64..9.0, -1.0_f64..9.0), 1..12)) {
            let own: Vec<&str> = own.iter().map(String::as_str).collect();
            let heard: Vec<Word> = other.iter().map(|(text, start, end)| word(text, *start, *end)).collect();
            let found = times(&own, &heard, 0.0, 8.0).unwrap();
            prop_assert_eq!(found.len(), own.len());
            let mut last = 0.0;
            for (start, end) in found {
                prop_assert!(start >= last - 1e-9 && end >= start && end <= 8.0 + 1e-9);
                last = end;
            }
        }
    }
}
