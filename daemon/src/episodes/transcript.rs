//! What is said in an episode, and when: segments, with words where the transcriber told their times.

use serde::{Deserialize, Serialize};

/// All that is said. Times are seconds from the beginning.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// Which provider wrote it; `silences`: only where somebody speaks is known, not what is said.
    pub provider: String,
    /// As the provider names it; empty where it is not known.
    pub language: String,
    /// In order.
    pub segments: Vec<Segment>,
}

/// A piece that is said in one go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its beginning.
    pub start: f64,
    /// Its end, after the beginning.
    pub end: f64,
    /// What is said; empty where that is not known.
    pub text: String,
    /// Its words, where their times are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
}

/// One word.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// Its beginning.
    pub start: f64,
    /// Its end.
    pub end: f64,
    /// As it is written, without space around it.
    pub text: String,
}

impl Transcript {
    /// Whether anything is known of what is said.
    #[must_use]
    pub fn has_text(&self) -> bool {
        self.segments.iter().any(|segment| !segment.text.is_empty())
    }

    /// The text between two moments, in one line.
    #[must_use]
    pub fn text(&self, start: f64, end: f64) -> String {
        let inside = self.segments.iter().filter(|segment| {
            segment.end > start && segment.start < end && !segment.text.is_empty()
        });
        inside
            .map(|segment| segment.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Puts what a provider told in order: no times before 0 or behind the end, no empty spans, no overlap.
    #[must_use]
    pub fn tidied(mut self, length: f64) -> Self {
        self.segments
            .retain(|segment| segment.start.is_finite() && segment.end.is_finite());
        self.segments
            .sort_by(|one, other| one.start.total_cmp(&other.start));
        let mut last = 0.0_f64;
        for segment in &mut self.segments {
            segment.start = segment.start.clamp(last, length.max(last));
            segment.end = segment.end.clamp(segment.start, length.max(segment.start));
            segment.text = segment
                .text
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            last = segment.end;
            let (from, to) = (segment.start, segment.end);
            let mut before = from;
            segment.words.retain_mut(|word| {
                word.text = word.text.trim().to_owned();
                word.start = word.start.clamp(before, to);
                word.end = word.end.clamp(word.start, to);
                before = word.end;
                !word.text.is_empty() && word.start.is_finite() && word.end.is_finite()
            });
        }
        self.segments
            .retain(|segment| segment.end - segment.start > 0.01);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn segment(start: f64, end: f64, text: &str) -> Segment {
        Segment {
            start,
            end,
            text: text.to_owned(),
            words: Vec::new(),
        }
    }

    #[test]
    fn the_text_of_a_span_is_what_is_said_in_it() {
        let transcript = Transcript {
            segments: vec![
                segment(0.0, 2.0, "One."),
                segment(2.0, 4.0, "Two."),
                segment(5.0, 6.0, "Three."),
            ],
            ..Transcript::default()
        };
        assert_eq!(transcript.text(1.0, 3.0), "One. Two.");
        assert_eq!(transcript.text(4.0, 5.0), "");
    }

    proptest! {
        #[test]
        fn whatever_is_told_becomes_ordered(spans in prop::collection::vec((-5.0_f64..50.0, -5.0_f64..50.0), 0..20)) {
            let segments = spans.iter().map(|(start, end)| segment(*start, *end, " a  b ")).collect();
            let tidy = Transcript { segments, ..Transcript::default() }.tidied(30.0);
            for pair in tidy.segments.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start);
            }
            for segment in &tidy.segments {
                prop_assert!(segment.start >= 0.0 && segment.end <= 30.0 && segment.end > segment.start);
                prop_assert_eq!(segment.text.as_str(), "a b");
            }
        }
    }
}
