//! Which parts of an episode stand by themselves: pure, from what is said, seen and heard.
//!
//! A candidate begins where a segment begins and ends where one ends, so that nobody is cut off in the middle of a sentence.
//! Its score is a mean of what makes a clip good; the best that don't overlap are taken. The same episode gives the same
//! clips.

use super::moments::Moments;
use crate::episodes::{Clip, Segment, Transcript};
use std::collections::{HashMap, HashSet};

/// Seconds: the shortest, the wished-for and the longest clip.
const SHORTEST: f64 = 12.0;
const WISHED: f64 = 32.0;
const LONGEST: f64 = 60.0;
/// Left before the first and after the last word, where there is room.
const LEAD: f64 = 0.2;
const TAIL: f64 = 0.4;
/// A clip that has less than this share of the best one's score is not worth its time.
const WORTH: f64 = 0.5;
/// Characters of a title and of a text.
const TITLE: usize = 70;
const TEXT: usize = 600;

/// The best clips by their beginning, at most `most`.
#[must_use]
pub fn clips(transcript: &Transcript, moments: &Moments, length: f64, most: usize) -> Vec<Clip> {
    let segments = &transcript.segments;
    let rare = rarity(segments);
    let overall = mean(
        moments
            .loudness
            .iter()
            .map(|(_, loud)| *loud)
            .filter(|loud| *loud > -60.0),
    );
    let mut found: Vec<(f64, usize, usize)> = Vec::new();
    for first in 0..segments.len() {
        for last in first..segments.len() {
            let span = segments[last].end - segments[first].start;
            if span > LONGEST {
                break;
            }
            let whole = first == 0 && last + 1 == segments.len();
            if span >= SHORTEST || whole {
                found.push((
                    score(segments, first, last, moments, overall, &rare),
                    first,
                    last,
                ));
            }
        }
    }
    // Of equals the earlier one, so that the choice is always the same.
    found.sort_by(|one, other| {
        other
            .0
            .total_cmp(&one.0)
            .then(one.1.cmp(&other.1))
            .then(one.2.cmp(&other.2))
    });
    let best = found.first().map_or(0.0, |one| one.0);
    let mut taken: Vec<(f64, usize, usize)> = Vec::new();
    for one in found {
        if taken.len() >= most || one.0 < best * WORTH {
            break;
        }
        if taken.iter().all(|other| one.2 < other.1 || one.1 > other.2) {
            taken.push(one);
        }
    }
    taken.sort_by_key(|one| one.1);
    let clips = taken
        .into_iter()
        .zip(1..)
        .map(|((score, first, last), number)| {
            let (start, end) = bounds(segments, first, last, moments, length);
            let text = transcript.text(segments[first].start, segments[last].end);
            Clip {
                clip_id: format!("c{number}"),
                title: title(&text, start, end),
                start,
                end,
                score: (score * 1_000.0).round() / 1_000.0,
                text: cut(&text, TEXT),
            }
        });
    clips.collect()
}

/// A little air around the words, but none of what others say; a picture that changes just before begins it.
fn bounds(
    segments: &[Segment],
    first: usize,
    last: usize,
    moments: &Moments,
    length: f64,
) -> (f64, f64) {
    let begin = segments[first].start;
    // Of a pause between two clips each has its half.
    let before = first
        .checked_sub(1)
        .map_or(0.0, |index| f64::midpoint(segments[index].end, begin));
    let after = segments
        .get(last + 1)
        .map_or(length, |next| f64::midpoint(segments[last].end, next.start));
    let cut = moments
        .cuts
        .iter()
        .copied()
        .rfind(|cut| *cut >= before && *cut <= begin && begin - cut < 1.0);
    let start = cut.unwrap_or((begin - LEAD).max(before));
    let end = (segments[last].end + TAIL).min(after);
    let whole = |seconds: f64| (seconds * 1_000.0).floor() / 1_000.0;
    (whole(start), whole(end.min(length)))
}

fn score(
    segments: &[Segment],
    first: usize,
    last: usize,
    moments: &Moments,
    overall: Option<f64>,
    rare: &HashMap<String, f64>,
) -> f64 {
    let inside = &segments[first..=last];
    let (start, end) = (segments[first].start, segments[last].end);
    let span = end - start;
    let fit = 1.0 - ((span - WISHED).abs() / (LONGEST - SHORTEST)).min(1.0);
    let spoken = inside.iter().map(|one| one.end - one.start).sum::<f64>() / span;
    let loud = mean(
        moments
            .loudness
            .iter()
            .filter(|(at, _)| *at >= start && *at <= end)
            .map(|(_, loud)| *loud),
    );
    let energy = match (loud, overall) {
        (Some(loud), Some(overall)) => ((loud - overall + 4.0) / 8.0).clamp(0.0, 1.0),
        _ => 0.5,
    };
    #[allow(clippy::cast_precision_loss, reason = "a count of cuts")]
    let cuts = moments
        .cuts
        .iter()
        .filter(|at| **at > start && **at < end)
        .count() as f64;
    let movement = (cuts / span * 10.0).min(1.0);
    let gap = |from: f64, to: f64| ((to - from) / 0.8).clamp(0.0, 1.0);
    let opens = first
        .checked_sub(1)
        .map_or(1.0, |before| gap(segments[before].end, start));
    let closes = segments
        .get(last + 1)
        .map_or(1.0, |next| gap(end, next.start));
    let ends_well = if segments[last]
        .text
        .trim_end()
        .ends_with(['.', '!', '?', '…', '。', '؟'])
    {
        1.0
    } else {
        0.3
    };
    let hook = if segments[first].text.contains(['?', '!', '؟'])
        || segments[first].text.contains(|c: char| c.is_ascii_digit())
    {
        1.0
    } else {
        0.4
    };
    let words = words(inside.iter().map(|one| one.text.as_str()));
    let weight = mean(words.iter().filter_map(|word| rare.get(word).copied())).unwrap_or(0.5);
    0.2 * fit
        + 0.15 * spoken
        + 0.1 * energy
        + 0.1 * movement
        + 0.1 * opens
        + 0.1 * closes
        + 0.05 * ends_well
        + 0.05 * hook
        + 0.15 * weight
}

/// How telling a word is: 0 for one that is in every segment, 1 for one that is in few, but in more than one place in them.
fn rarity(segments: &[Segment]) -> HashMap<String, f64> {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for segment in segments {
        for word in words([segment.text.as_str()]) {
            *counts.entry(word).or_default() += 1;
        }
    }
    let all = f64::from(u32::try_from(segments.len()).unwrap_or(u32::MAX)).max(2.0);
    counts
        .into_iter()
        .map(|(word, count)| {
            (
                word,
                ((all / f64::from(count)).ln() / all.ln()).clamp(0.0, 1.0),
            )
        })
        .collect()
}

fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> HashSet<String> {
    let split = texts
        .into_iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    split
        .filter(|word| word.chars().count() > 3)
        .map(str::to_lowercase)
        .collect()
}

fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for number in numbers {
        sum += number;
        count += 1.0;
    }
    (count > 0.0).then(|| sum / count)
}

fn title(text: &str, start: f64, end: f64) -> String {
    let sentence = text
        .split_inclusive(['.', '!', '?', '。', '؟'])
        .next()
        .unwrap_or_default()
        .trim();
    if sentence.is_empty() {
        return format!("{} to {}", clock(start), clock(end));
    }
    cut(sentence.trim_end_matches('.'), TITLE)
}

fn clock(seconds: f64) -> String {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a recording's seconds, not below 0"
    )]
    let seconds = seconds.max(0.0) as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A text cut between words, with the sign of that.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most - 1).collect();
    let end = head
        .rfind(' ')
        .filter(|end| *end > most / 2)
        .unwrap_or(head.len());
    format!("{}…", head[..end].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spoken(lengths: &[(f64, f64)]) -> (Transcript, f64) {
        let mut at = 0.5;
        let mut segments = Vec::new();
        for (index, (length, gap)) in lengths.iter().enumerate() {
            segments.push(Segment {
                start: at,
                end: at + length,
                text: format!("Sentence number {index} is said."),
                words: Vec::new(),
            });
            at += length + gap;
        }
        (
            Transcript {
                segments,
                ..Transcript::default()
            },
            at,
        )
    }

    #[test]
    fn a_short_episode_is_one_clip() {
        let (transcript, length) = spoken(&[(3.0, 0.5)]);
        let clips = clips(&transcript, &Moments::default(), length, 5);
        assert_eq!(clips.len(), 1);
        assert_eq!(clips[0].title, "Sentence number 0 is said");
        assert!(clips[0].start < 0.5 && clips[0].end > 3.5);
    }

    #[test]
    fn nothing_heard_gives_no_clips_and_no_text_gives_times() {
        assert_eq!(
            clips(&Transcript::default(), &Moments::default(), 60.0, 5),
            []
        );
        let (mut transcript, length) = spoken(&[(10.0, 0.5), (10.0, 0.5)]);
        transcript
            .segments
            .iter_mut()
            .for_each(|segment| segment.text.clear());
        assert_eq!(
            clips(&transcript, &Moments::default(), length, 5)[0].title,
            "0:00 to 0:21"
        );
    }

    #[test]
    fn a_cut_just_before_the_words_begins_the_clip() {
        let (transcript, length) = spoken(&[(5.0, 2.0), (20.0, 2.0)]);
        let moments = Moments {
            cuts: vec![7.1],
            ..Moments::default()
        };
        let found = bounds(&transcript.segments, 1, 1, &moments, length);
        assert!(
            (found.0 - 7.1).abs() < 0.002 && (found.1 - 27.9).abs() < 0.002,
            "{found:?}"
        );
    }

    #[test]
    fn long_words_are_cut_between_them() {
        assert_eq!(cut("one two three four", 10), "one two…");
        assert_eq!(cut("short", 10), "short");
    }

    proptest! {
        #[test]
        fn clips_are_whole_apart_and_in_order(lengths in prop::collection::vec((0.5_f64..25.0, 0.0_f64..3.0), 1..60), most in 1_usize..20) {
            let (transcript, length) = spoken(&lengths);
            let found = clips(&transcript, &Moments::default(), length, most);
            prop_assert!(found.len() <= most);
            for clip in &found {
                prop_assert!(clip.start >= 0.0 && clip.end <= length && clip.end > clip.start);
                prop_assert!(clip.end - clip.start <= LONGEST + LEAD + TAIL + 1.0);
                prop_assert!((0.0..=1.0).contains(&clip.score));
                prop_assert!(transcript.segments.iter().all(|one| one.end <= clip.start + 0.001 || one.start >= clip.end - 0.001 || (one.start >= clip.start - 0.001 && one.end <= clip.end + 0.001)));
            }
            for pair in found.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start + 0.001);
            }
        }
    }
}
