//! Records that come whole, in halves, or not at all.

use super::*;
use crate::shim::EndReason;
use std::io::Write as _;
use tempfile::TempDir;

fn start(key: &str) -> Record {
    Record::Start {
        key: key.to_owned(),
        pid: 7,
        boot: "b".to_owned(),
        at: 1,
    }
}

fn end(key: &str, exit: i32) -> Record {
    let end = End {
        reason: EndReason::Exited,
        exit: Some(exit),
        signal: None,
        started: 1,
        ended: 2,
        cpu_ms: 0,
        park: None,
        tail: String::new(),
    };
    Record::End {
        key: key.to_owned(),
        end,
    }
}

fn exit(run: Option<Run>) -> Option<i32> {
    run.unwrap().end.and_then(|end| end.exit)
}

fn wanted(attempts: &[&str]) -> HashSet<String> {
    attempts
        .iter()
        .map(|attempt| (*attempt).to_owned())
        .collect()
}

#[test]
fn records_are_seen_as_they_come_and_torn_ones_are_not() {
    let directory = TempDir::new().unwrap();
    let mut journal = Journal::open(directory.path().to_owned()).unwrap();
    let mut stdin = journal.begin("w@1/a/1").unwrap();
    assert_eq!(journal.look("w@1/a/1").unwrap().unwrap().start, None);
    stdin.write_all(&start("w@1/a/1").encode()).unwrap();
    assert_eq!(
        journal.look("w@1/a/1").unwrap().unwrap().start,
        Some((7, "b".to_owned()))
    );
    let line = end("w@1/a/1", 3).encode();
    stdin.write_all(&line[..20]).unwrap();
    assert_eq!(exit(journal.look("w@1/a/1").unwrap()), None);
    stdin.write_all(&line[20..]).unwrap();
    assert_eq!(exit(journal.look("w@1/a/1").unwrap()), Some(3));
    stdin.write_all(b"\xff\xffgarbage\n\n").unwrap();
    stdin.write_all(&start("w@1/other/1").encode()).unwrap();
    assert_eq!(journal.look("w@1/other/1").unwrap(), None);
}

#[test]
fn a_run_that_begins_again_does_not_inherit_an_end() {
    let directory = TempDir::new().unwrap();
    let mut journal = Journal::open(directory.path().to_owned()).unwrap();
    let mut stdin = journal.begin("w@1/a/1/step").unwrap();
    stdin.write_all(&start("w@1/a/1/step").encode()).unwrap();
    stdin.write_all(&end("w@1/a/1/step", 1).encode()).unwrap();
    let mut stdin = journal.begin("w@1/a/1/step").unwrap();
    assert_eq!(exit(journal.look("w@1/a/1/step").unwrap()), None);
    stdin.write_all(&start("w@1/a/1/step").encode()).unwrap();
    stdin.write_all(&end("w@1/a/1/step", 0).encode()).unwrap();
    assert_eq!(exit(journal.look("w@1/a/1/step").unwrap()), Some(0));
    journal.forget("w@1/a/1");
    assert_eq!(journal.look("w@1/a/1/step").unwrap(), None);
}

#[test]
fn earlier_files_are_read_for_what_is_wanted_and_else_go() {
    let directory = TempDir::new().unwrap();
    for key in ["w@1/a/1", "w@1/b/1", "w@1/c/2/step"] {
        let mut journal = Journal::open(directory.path().to_owned()).unwrap();
        let mut stdin = journal.begin(key).unwrap();
        stdin.write_all(&start(key).encode()).unwrap();
        stdin.write_all(&end(key, 5).encode()).unwrap();
    }
    let mut journal = Journal::open(directory.path().to_owned()).unwrap();
    journal
        .load_earlier(&wanted(&["w@1/a/1", "w@1/c/2", "w@1/d/1"]))
        .unwrap();
    assert_eq!(exit(journal.look("w@1/a/1").unwrap()), Some(5));
    assert_eq!(exit(journal.look("w@1/c/2/step").unwrap()), Some(5));
    assert_eq!(journal.look("w@1/b/1").unwrap(), None);
    assert_eq!(journal.numbers().unwrap(), [1, 3, 4]);
    journal.forget("w@1/a/1");
    let mut next = Journal::open(directory.path().to_owned()).unwrap();
    next.load_earlier(&HashSet::new()).unwrap();
    assert_eq!(next.numbers().unwrap(), [5]);
}

#[test]
fn an_end_that_was_told_and_not_committed_is_found_by_the_next_daemon_too() {
    let directory = TempDir::new().unwrap();
    let mut stdin = Journal::open(directory.path().to_owned())
        .unwrap()
        .begin("w@1/a/1")
        .unwrap();
    stdin.write_all(&start("w@1/a/1").encode()).unwrap();
    stdin.write_all(&end("w@1/a/1", 0).encode()).unwrap();
    // Two daemons tell the end, and are killed before it is in the database.
    for _ in 0..2 {
        let mut journal = Journal::open(directory.path().to_owned()).unwrap();
        journal.load_earlier(&wanted(&["w@1/a/1"])).unwrap();
        assert_eq!(exit(journal.look("w@1/a/1").unwrap()), Some(0));
        journal.forget("w@1/a/1");
    }
    let mut journal = Journal::open(directory.path().to_owned()).unwrap();
    journal.load_earlier(&wanted(&["w@1/a/1"])).unwrap();
    assert_eq!(exit(journal.look("w@1/a/1").unwrap()), Some(0));
}

#[test]
fn an_end_that_an_earlier_daemons_shim_writes_late_is_seen() {
    let directory = TempDir::new().unwrap();
    let mut stdin = Journal::open(directory.path().to_owned())
        .unwrap()
        .begin("w@1/a/1")
        .unwrap();
    stdin.write_all(&start("w@1/a/1").encode()).unwrap();
    let mut journal = Journal::open(directory.path().to_owned()).unwrap();
    journal.load_earlier(&wanted(&["w@1/a/1"])).unwrap();
    assert_eq!(exit(journal.look("w@1/a/1").unwrap()), None);
    stdin.write_all(&end("w@1/a/1", 9).encode()).unwrap();
    assert_eq!(exit(journal.look("w@1/a/1").unwrap()), Some(9));
}

#[test]
fn a_full_file_is_followed_by_another_and_goes_later() {
    let directory = TempDir::new().unwrap();
    let mut journal = Journal::open(directory.path().to_owned()).unwrap();
    let filler = Record::Aborted {
        key: "x".repeat(64 * 1024),
    }
    .encode();
    for round in 1..=4 {
        let key = format!("w@1/a/{round}");
        let mut stdin = journal.begin(&key).unwrap();
        while stdin.metadata().unwrap().len() <= FULL {
            stdin.write_all(&filler).unwrap();
        }
        stdin.write_all(&end(&key, round).encode()).unwrap();
        assert_eq!(exit(journal.look(&key).unwrap()), Some(round));
        if round != 2 {
            journal.forget(&key);
        }
    }
    // The second has an attempt that is not forgotten; the one before the current stays for safety.
    assert_eq!(journal.numbers().unwrap(), [2, 3, 4]);
    journal.forget("w@1/a/2");
    assert_eq!(journal.numbers().unwrap(), [3, 4]);
}
