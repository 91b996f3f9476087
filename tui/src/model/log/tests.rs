//! What is packed comes back as it was, and what is kept has its limits.

use super::*;
use proptest::prelude::*;

fn line(offset: u64, stage: &str, level: Level, text: &str) -> Line {
    Line {
        offset,
        at_ms: 1_795_159_860_000 + offset as i64 * 7,
        level,
        stage: stage.to_owned(),
        text: text.to_owned(),
    }
}

fn all(log: &Log) -> Vec<Line> {
    let mut lines = Vec::new();
    log.read(0..u32::MAX, &mut Lines::default(), |seen| {
        lines.push(seen.to_line());
        true
    });
    lines
}

fn levels() -> impl Strategy<Value = Level> {
    prop::sample::select(vec![Level::Debug, Level::Info, Level::Warn, Level::Error])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_was_taken_is_read_back_as_it_was(
        texts in prop::collection::vec(("[a-zé ]{0,200}", levels(), 0..3u8), 0..4000),
        from in 0..6000u32,
        some in prop::collection::btree_set(0..6000u32, 0..40),
    ) {
        let mut log = Log::default();
        let lines: Vec<Line> = texts
            .iter()
            .zip(0u64..)
            .map(|((text, level, stage), at)| line(1 << 32 | at, ["a", "b", "c"][usize::from(*stage)], *level, text))
            .collect();
        for one in &lines {
            prop_assert!(log.push(one.clone()));
            prop_assert!(!log.push(one.clone()));
        }
        prop_assert_eq!(log.len(), lines.len());
        prop_assert_eq!(all(&log), lines.clone());
        prop_assert_eq!(log.line(from), lines.get(from as usize).cloned());
        let places: Vec<u32> = some.into_iter().collect();
        let wanted: Vec<(u32, Line)> = places
            .iter()
            .filter_map(|at| Some((*at, lines.get(*at as usize)?.clone())))
            .collect();
        prop_assert_eq!(log.lines_at(&places), wanted);
        let loud = |at: &u32| lines[*at as usize].level >= Level::Warn;
        let end = log.end();
        prop_assert_eq!(
            log.nearest(from, true, Level::Warn, |_| true),
            (from.saturating_add(1)..end).find(loud)
        );
        prop_assert_eq!(
            log.nearest(from, false, Level::Warn, |_| true),
            (0..from.min(end)).rev().find(loud)
        );
        // Parts, from the end, are the whole.
        let (mut below, mut counted) = (log.end(), 0);
        while let Some(part) = log.part_before(below) {
            counted += part.len();
            below = part.start;
        }
        prop_assert_eq!(counted, lines.len());
    }
}

#[test]
fn a_long_log_keeps_its_end_and_counts_what_went() {
    let mut log = Log::default();
    let more = u64::from(KEPT) + 5000;
    for offset in 0..more {
        log.push(line(offset, "a", Level::Info, "frame"));
    }
    assert!(log.len() <= KEPT as usize + BLOCK_LINES && log.len() > KEPT as usize - BLOCK_LINES);
    assert_eq!(u64::from(log.first()) + log.len() as u64, more);
    assert_eq!(
        log.line(log.first()).map(|line| line.offset),
        Some(u64::from(log.first()))
    );
    assert_eq!(log.line(log.first() - 1), None);
    assert_eq!(log.line(log.end()), None);
}

#[test]
fn lines_that_say_something_new_each_time_are_kept_within_the_bytes() {
    let mut log = Log::default();
    let mut seed = 1u64;
    for offset in 0..60_000 {
        let text: String = (0..128)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                format!("{:08x}", seed >> 32)
            })
            .collect();
        log.push(line(offset, "a", Level::Info, &text));
    }
    assert!(log.packed <= KEPT_BYTES && log.first() > 0);
}
