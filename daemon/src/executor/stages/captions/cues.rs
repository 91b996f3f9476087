//! Cuts sentences into cues of a few lines, and shares a sentence's time among its cues by how much of it each says.

use super::super::narration::{Narration, Spoken};
use super::Layout;
use super::fonts::Widths;
use unicode_linebreak::{BreakOpportunity, linebreaks};
use unicode_segmentation::UnicodeSegmentation;

/// Lines that are shown together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// Milliseconds from the beginning.
    pub from: u64,
    /// Milliseconds; after `from`, and not after the next cue's.
    pub to: u64,
    /// One to `Layout::lines`.
    pub lines: Vec<String>,
}

/// A cue stays this long after its sentence's last sound, where the next one leaves room.
const LINGER: u64 = 180;

/// All cues of a narration, in order and without overlap.
#[must_use]
pub fn of(narration: &Narration, layout: &Layout, widths: &Widths) -> Vec<Cue> {
    let mut cues = Vec::new();
    for (index, sentence) in narration.sentences.iter().enumerate() {
        let next = narration
            .sentences
            .get(index + 1)
            .map_or(narration.milliseconds, |next| next.from);
        sentence_cues(sentence, next, layout, widths, &mut cues);
    }
    cues
}

fn sentence_cues(
    sentence: &Spoken,
    next: u64,
    layout: &Layout,
    widths: &Widths,
    cues: &mut Vec<Cue>,
) {
    let blocks = blocks(&sentence.text, layout, widths);
    let weights: Vec<u64> = blocks
        .iter()
        .map(|lines| {
            lines
                .iter()
                .map(|line| line.chars().count() as u64)
                .sum::<u64>()
                .max(1)
        })
        .collect();
    let whole: u64 = weights.iter().sum();
    let length = sentence.to.saturating_sub(sentence.from);
    let end = (sentence.to + LINGER).min(next);
    let (mut said, last) = (0, blocks.len().saturating_sub(1));
    for (index, (lines, weight)) in blocks.into_iter().zip(weights).enumerate() {
        let from = sentence.from + length * said / whole;
        said += weight;
        let to = if index == last {
            end
        } else {
            sentence.from + length * said / whole
        };
        if to > from {
            cues.push(Cue { from, to, lines });
        } else if let Some(before) = cues.last_mut() {
            // Too short to be seen by itself: shown with the one before rather than lost.
            before.lines.extend(lines);
        } else {
            cues.push(Cue {
                from,
                to: from + 1,
                lines,
            });
        }
    }
}

/// A text's lines, shared evenly among as few blocks as hold them.
fn blocks(text: &str, layout: &Layout, widths: &Widths) -> Vec<Vec<String>> {
    let width = layout.line_width();
    let mut lines = wrap(text, width, widths);
    let count = lines.len().div_ceil(layout.lines).max(1);
    // Even lines look better than full ones and a rest: narrow the lines as long as there are no more of them.
    let fitting = lines.len();
    let mut narrower = width * 0.94;
    while narrower > width * 0.5 {
        let tried = wrap(text, narrower, widths);
        if tried.len() > fitting {
            break;
        }
        lines = tried;
        narrower -= width * 0.06;
    }
    let (base, more) = (lines.len() / count, lines.len() % count);
    let mut lines = lines.into_iter();
    (0..count)
        .map(|index| {
            lines
                .by_ref()
                .take(base + usize::from(index < more))
                .collect()
        })
        .collect()
}

/// Lines no wider than `width`, broken where Unicode's rules allow, inside a word only where it alone is too wide.
fn wrap(text: &str, width: f32, widths: &Widths) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut start = 0;
    for (end, opportunity) in linebreaks(text) {
        let piece = &text[start..end];
        start = end;
        let together = format!("{line}{piece}");
        if widths.of(together.trim_end()) <= width {
            line = together;
        } else {
            push(&mut lines, &line);
            line = String::new();
            if widths.of(piece.trim_end()) <= width {
                piece.clone_into(&mut line);
            } else {
                for grapheme in piece.graphemes(true) {
                    if !line.is_empty() && widths.of(&line) + widths.of(grapheme) > width {
                        push(&mut lines, &line);
                        line = String::new();
                    }
                    line.push_str(grapheme);
                }
            }
        }
        if opportunity == BreakOpportunity::Mandatory {
            push(&mut lines, &line);
            line = String::new();
        }
    }
    push(&mut lines, &line);
    lines
}

fn push(lines: &mut Vec<String>, line: &str) {
    let line = line.trim();
    if !line.is_empty() {
        lines.push(line.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::stages::settings::Frame;
    use proptest::prelude::*;

    fn layout() -> Layout {
        Layout::of(Frame {
            width: 1080,
            height: 1920,
        })
    }

    fn narration(texts: &[&str]) -> Narration {
        let sentences = texts.iter().zip(0..).map(|(text, n)| Spoken {
            text: (*text).to_owned(),
            from: n * 3_000 + 150,
            to: n * 3_000 + 2_700,
        });
        Narration {
            language: "en".into(),
            milliseconds: texts.len() as u64 * 3_000,
            sentences: sentences.collect(),
        }
    }

    #[test]
    fn a_short_sentence_is_one_cue_with_its_times() {
        let cues = of(
            &narration(&["Hello there."]),
            &layout(),
            &Widths::estimated(72.0),
        );
        assert_eq!(
            cues,
            [Cue {
                from: 150,
                to: 2_880,
                lines: vec!["Hello there.".to_owned()]
            }]
        );
    }

    #[test]
    fn a_long_sentence_is_shared_among_cues() {
        let text = "This sentence goes on and on, with many a word in it that nobody needs, so that it can't stand in three lines at once.";
        let cues = of(&narration(&[text]), &layout(), &Widths::estimated(72.0));
        assert!(cues.len() > 1);
        assert!(cues.iter().all(|cue| cue.lines.len() <= 3));
        assert_eq!(
            cues.iter()
                .flat_map(|cue| cue.lines.clone())
                .collect::<Vec<_>>()
                .join(" "),
            text
        );
        assert_eq!((cues[0].from, cues.last().unwrap().to), (150, 2_880));
    }

    #[test]
    fn text_without_spaces_is_broken_where_its_rules_allow() {
        let text = "这是一个很长的句子，没有任何空格，但是它必须在屏幕上正确地换行。";
        let lines = wrap(text, 500.0, &Widths::estimated(72.0));
        assert!(lines.len() > 3);
        assert_eq!(lines.concat(), text);
        assert!(lines.iter().all(|line| !line.starts_with(['，', '。'])));
        let url = "https://example.org/".repeat(8);
        assert!(wrap(&url, 500.0, &Widths::estimated(72.0)).len() > 3);
    }

    proptest! {
        #[test]
        fn lines_fit_nothing_is_lost_and_nothing_overlaps(texts in prop::collection::vec("[a-zא-ת一-龥👋 {}\\\\%:'-]{1,120}[a-z]", 1..6)) {
            let widths = Widths::estimated(72.0);
            let texts: Vec<String> = texts.iter().map(|t| t.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let cues = of(&narration(&texts), &layout(), &widths);
            for pair in cues.windows(2) {
                prop_assert!(pair[0].to <= pair[1].from);
            }
            for cue in &cues {
                prop_assert!(cue.from < cue.to);
                for line in &cue.lines {
                    prop_assert!(widths.of(line) <= layout().line_width(), "{line}");
                }
            }
            let squeeze = |text: String| text.split_whitespace().collect::<String>();
            prop_assert_eq!(squeeze(cues.iter().flat_map(|cue| cue.lines.clone()).collect()), squeeze(texts.concat()));
        }
    }
}
