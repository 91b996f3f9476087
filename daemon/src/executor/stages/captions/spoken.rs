//! A transcript as a narration: what captions are made from. A segment whose words have times is cut into phrases, each
//! shown while it is said; one without keeps its own time.

use super::super::narration::{Narration, Spoken};
use crate::episodes::{Segment, Transcript, Word};

/// A phrase is at most so many characters, and ends where the speaker pauses for so many seconds.
const PHRASE: usize = 64;
const PAUSE: f64 = 0.6;

/// What is said between two moments (seconds), timed from the first of them.
#[must_use]
pub fn between(transcript: &Transcript, start: f64, end: f64) -> Narration {
    let mut sentences: Vec<Spoken> = Vec::new();
    for segment in &transcript.segments {
        for (from, to, text) in phrases(segment) {
            let (from, to) = (from.max(start), to.min(end));
            if to - from < 0.05 || text.is_empty() {
                continue;
            }
            let from = milliseconds(from - start).max(sentences.last().map_or(0, |last| last.to));
            let to = milliseconds(to - start);
            if to > from {
                sentences.push(Spoken { text, from, to });
            }
        }
    }
    Narration {
        language: transcript.language.clone(),
        milliseconds: milliseconds(end - start),
        sentences,
    }
}

fn phrases(segment: &Segment) -> Vec<(f64, f64, String)> {
    if segment.words.is_empty() {
        return vec![(segment.start, segment.end, segment.text.clone())];
    }
    let mut phrases: Vec<(f64, f64, String)> = Vec::new();
    let mut ended = true;
    for Word { start, end, text } in &segment.words {
        match phrases.last_mut() {
            Some((_, to, phrase))
                if !ended
                    && start - *to < PAUSE
                    && phrase.chars().count() + text.chars().count() < PHRASE =>
            {
                phrase.push(' ');
                phrase.push_str(text);
                *to = *end;
            }
            _ => phrases.push((*start, *end, text.clone())),
        }
        ended = text.ends_with(['.', '!', '?', '。', '؟']);
    }
    phrases
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a recording's times, made not negative"
)]
fn milliseconds(seconds: f64) -> u64 {
    (seconds.max(0.0) * 1_000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_times_are_shown_while_they_are_said() {
        let word = |start: f64, end: f64, text: &str| Word {
            start,
            end,
            text: text.to_owned(),
        };
        let segment = Segment {
            start: 10.0,
            end: 16.0,
            text: "Hello there. And now this".into(),
            words: vec![
                word(10.0, 10.4, "Hello"),
                word(10.5, 11.0, "there."),
                word(11.1, 11.4, "And"),
                word(13.0, 13.5, "now"),
                word(13.6, 14.0, "this"),
            ],
        };
        let plain = Segment {
            start: 16.0,
            end: 18.0,
            text: "Plain".into(),
            words: Vec::new(),
        };
        let transcript = Transcript {
            segments: vec![segment, plain],
            ..Transcript::default()
        };
        let narration = between(&transcript, 10.2, 17.0);
        let shown: Vec<(u64, u64, &str)> = narration
            .sentences
            .iter()
            .map(|one| (one.from, one.to, one.text.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (0, 800, "Hello there."),
                (900, 1_200, "And"),
                (2_800, 3_800, "now this"),
                (5_800, 6_800, "Plain")
            ]
        );
        assert_eq!(narration.milliseconds, 6_800);
    }
}
