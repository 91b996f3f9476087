//! Head and tail within the cap, and what is left of a file that a crash cut short.

use super::*;
use std::fs;
use tempfile::TempDir;

const ALL: Query = Query {
    from_line: 0,
    limit: usize::MAX,
    min_level: Level::Debug,
};

fn log(directory: &TempDir) -> LogName {
    LogName::new(directory.path(), "wf1", "one", 2).unwrap()
}

#[test]
fn lines_come_back_with_number_level_and_stamp() {
    let directory = TempDir::new().unwrap();
    let name = log(&directory);
    let mut writer = Writer::new(name.clone(), 1 << 20);
    writer.push(Level::Info, "hello");
    writer.push(Level::Warn, "two\nlines");
    writer.push(Level::Error, "");
    writer.flush();
    let page = read(&name, ALL).unwrap();
    let seen: Vec<_> = page
        .lines
        .iter()
        .map(|line| (line.number, line.level, line.text.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            (0, Level::Info, "hello"),
            (1, Level::Warn, "two"),
            (2, Level::Warn, "lines"),
            (3, Level::Error, "")
        ]
    );
    assert!(page.end && !page.truncated);
    assert_eq!(
        page.lines[0].timestamp.len(),
        "2026-11-20T10:17:50.123Z".len()
    );
    assert_eq!(name.head(), directory.path().join("attempts/wf1/one-2.log"));
}

#[test]
fn an_attempt_that_says_nothing_leaves_nothing() {
    let directory = TempDir::new().unwrap();
    drop(Writer::new(log(&directory), 1 << 20));
    assert!(!directory.path().join("attempts").exists());
    let page = read(&log(&directory), ALL).unwrap();
    assert_eq!(
        page,
        Page {
            end: true,
            ..Page::default()
        }
    );
}

#[test]
fn pages_go_on_where_they_ended_and_levels_are_left_out() {
    let directory = TempDir::new().unwrap();
    let name = log(&directory);
    let mut writer = Writer::new(name.clone(), 1 << 20);
    for number in 0..10 {
        writer.push(
            if number % 2 == 0 {
                Level::Debug
            } else {
                Level::Warn
            },
            &number.to_string(),
        );
    }
    writer.flush();
    let page = read(
        &name,
        Query {
            from_line: 0,
            limit: 2,
            min_level: Level::Info,
        },
    )
    .unwrap();
    assert_eq!(
        page.lines
            .iter()
            .map(|line| line.number)
            .collect::<Vec<_>>(),
        [1, 3]
    );
    let rest = read(
        &name,
        Query {
            from_line: page.next_line,
            limit: 100,
            min_level: Level::Info,
        },
    )
    .unwrap();
    assert_eq!(
        rest.lines
            .iter()
            .map(|line| line.number)
            .collect::<Vec<_>>(),
        [5, 7, 9]
    );
    assert!(rest.end);
    assert_eq!(
        last(&name, 3)
            .unwrap()
            .lines
            .iter()
            .map(|line| line.number)
            .collect::<Vec<_>>(),
        [7, 8, 9]
    );
}

#[test]
fn a_log_over_its_cap_keeps_head_and_tail_with_true_numbers() {
    let directory = TempDir::new().unwrap();
    let name = log(&directory);
    let cap = 256 * 1024;
    let mut writer = Writer::new(name.clone(), cap);
    for number in 0..50_000 {
        writer.push(Level::Info, &format!("line {number}"));
    }
    writer.flush();
    let total: u64 = fs::read_dir(directory.path().join("attempts/wf1"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(total <= cap + 8 * 1024, "{total}");
    let page = read(&name, ALL).unwrap();
    assert!(page.truncated && page.end);
    assert_eq!(page.next_line, 50_000);
    assert_eq!(page.lines[0].text, "line 0");
    assert!(
        page.lines
            .iter()
            .all(|line| line.text == format!("line {}", line.number))
    );
    let text = tail_text(&name, 8 * 1024).unwrap();
    assert!(text.ends_with("line 49999\n"));
}

#[test]
fn two_writers_share_a_log_beyond_its_head() {
    let directory = TempDir::new().unwrap();
    let name = log(&directory);
    let mut writers = [
        Writer::new(name.clone(), 64 * 1024),
        Writer::new(name.clone(), 64 * 1024),
    ];
    for number in 0..6_000 {
        writers[number % 2].push(Level::Info, &format!("line {number}"));
        writers[number % 2].flush();
    }
    let page = read(&name, ALL).unwrap();
    assert_eq!(page.next_line, 6_000);
    assert!(
        page.lines
            .iter()
            .all(|line| line.text == format!("line {}", line.number))
    );
}

#[test]
fn a_long_line_is_cut_between_characters_and_told() {
    let directory = TempDir::new().unwrap();
    let name = log(&directory);
    let mut writer = Writer::new(name.clone(), 1 << 20);
    writer.push(Level::Info, &"é".repeat(MAX_TEXT));
    writer.flush();
    let line = read(&name, ALL).unwrap().lines.remove(0);
    assert!(
        line.text.starts_with("éé") && line.text.ends_with("the rest of this line was too long"),
        "{}",
        line.text.len()
    );
}

#[test]
fn a_torn_last_line_waits_for_its_end_and_a_foreign_one_is_kept() {
    let directory = TempDir::new().unwrap();
    let name = log(&directory);
    fs::create_dir_all(name.head().parent().unwrap()).unwrap();
    fs::write(name.head(), b"no form\n2026-11-20T10:17:50.123Z info half").unwrap();
    let page = read(&name, ALL).unwrap();
    assert_eq!(page.lines.len(), 1);
    assert_eq!(
        (page.lines[0].text.as_str(), page.next_line),
        ("no form", 1)
    );
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let directory = TempDir::new().unwrap();
    for name in ["", "..", "a/b", "a.b", "ä", &"x".repeat(65)] {
        assert!(
            LogName::new(directory.path(), name, "one", 1).is_err(),
            "{name}"
        );
        assert!(
            LogName::new(directory.path(), "wf1", name, 1).is_err(),
            "{name}"
        );
    }
}

#[test]
fn what_could_not_be_written_is_counted() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("attempts"), b"in the way").unwrap();
    let name = log(&directory);
    let mut writer = Writer::new(name.clone(), 1 << 20);
    writer.push(Level::Info, "one");
    writer.push(Level::Info, "two");
    writer.flush();
    fs::remove_file(directory.path().join("attempts")).unwrap();
    writer.push(Level::Info, "three");
    writer.flush();
    drop(writer);
    let lines = read(&name, ALL).unwrap().lines;
    assert_eq!(lines[0].text, "three");
    assert!(
        lines[1].text.starts_with("2 lines before"),
        "{}",
        lines[1].text
    );
}

#[test]
fn going_on_from_a_place_finds_the_same_lines() {
    let directory = TempDir::new().unwrap();
    let name = log(&directory);
    let mut writer = Writer::new(name.clone(), 4096);
    let (mut seen, mut from_line, mut place) = (Vec::new(), 0, None);
    for round in 0..40 {
        for line in 0..10 {
            writer.push(
                Level::Info,
                &format!("round {round} line {line} {}", "x".repeat(line * 500)),
            );
        }
        writer.flush();
        loop {
            let query = Query {
                from_line,
                limit: 3,
                min_level: Level::Debug,
            };
            let page = read_at(&name, query, place).unwrap();
            let same = read(&name, query).unwrap();
            assert_eq!(
                (&page.lines, page.next_line, page.end),
                (&same.lines, same.next_line, same.end)
            );
            seen.extend(page.lines.iter().map(|line| line.number));
            (from_line, place) = (page.next_line, page.place);
            if page.end {
                break;
            }
        }
    }
    assert_eq!(
        seen,
        (0..400).collect::<Vec<u64>>(),
        "a reader that keeps up misses nothing of a log over its cap"
    );
    assert!(read(&name, ALL).unwrap().truncated);
}
