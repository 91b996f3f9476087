//! Cuts a narration into sections, each with one picture: where a sentence begins (or evenly, where nothing is said), a few
//! seconds apart, and not too many of them, in whole frames so that picture and voice stay together to the end.

use super::ffmpeg;
use super::narration::Narration;
use std::time::Duration;

/// A picture stands at least this long, where the narration is.
const SHORTEST: u64 = 4_500;
const MOST: u64 = 40;

/// The frames of each section. Their sum holds the whole narration.
#[must_use]
pub fn of(narration: &Narration) -> Vec<u64> {
    let total = ffmpeg::frames_for(narration.length());
    let shortest = SHORTEST.max(narration.milliseconds / MOST);
    let mut cuts = vec![0];
    let mut since = 0;
    if !narration.has_words() {
        let even = (1..).map(|index| index * SHORTEST.max(narration.milliseconds / MOST));
        let inside = even.take_while(|at| at + shortest / 2 <= narration.milliseconds);
        cuts.extend(inside.map(|at| ffmpeg::frames_for(Duration::from_millis(at)).min(total)));
    }
    for sentence in narration.sentences.iter().skip(1) {
        let left = narration.milliseconds.saturating_sub(sentence.from);
        if sentence.from.saturating_sub(since) >= shortest && left >= shortest / 2 {
            cuts.push(ffmpeg::frames_for(Duration::from_millis(sentence.from)).min(total));
            since = sentence.from;
        }
    }
    cuts.push(total);
    cuts.windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]))
        .filter(|frames| *frames > 0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::stages::narration::Spoken;
    use proptest::prelude::*;

    fn narration(lengths: &[u64]) -> Narration {
        let mut at = 0;
        let mut sentences = Vec::new();
        for length in lengths {
            sentences.push(Spoken {
                text: "x".into(),
                from: at,
                to: at + length,
            });
            at += length + 200;
        }
        Narration {
            language: "en".into(),
            milliseconds: at,
            sentences,
        }
    }

    #[test]
    fn pictures_change_with_sentences() {
        assert_eq!(of(&narration(&[3_000, 3_000, 3_000, 3_000])), [192, 192]);
        assert_eq!(of(&narration(&[1_000])), [36]);
        let silence = Narration {
            milliseconds: 10_000,
            ..narration(&[])
        };
        assert_eq!(of(&silence), [135, 165]);
    }

    proptest! {
        #[test]
        fn the_sum_holds_the_narration(lengths in prop::collection::vec(100_u64..20_000, 1..120)) {
            let narration = narration(&lengths);
            let sections = of(&narration);
            prop_assert_eq!(sections.iter().sum::<u64>(), ffmpeg::frames_for(narration.length()));
            prop_assert!(sections.len() as u64 <= MOST + 1);
        }
    }
}
