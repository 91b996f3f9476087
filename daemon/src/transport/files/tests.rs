//! Two data directories and the wishes between them.

use super::*;
use crate::transport::example::workflow_of;
use crate::transport::letter::{Belonging, PieceWanted};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

fn stock(dir: &Path) -> Arc<Stock> {
    Arc::new(Stock::new(dir, Box::new(|_| Vec::new())))
}

fn write(dir: &Path, path: &str, bytes: &[u8]) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Wishes go to `there`, whose pieces come back; every `lost`-th is lost.
fn between(there: &Arc<Stock>, here: &Fetcher, asked: &Arc<AtomicUsize>) -> SendWanted {
    let (there, here, asked) = (Arc::clone(there), here.clone(), Arc::clone(asked));
    Arc::new(move |wanted: PieceWanted| {
        asked.fetch_add(1, Ordering::SeqCst);
        here.arrived(there.give(&wanted));
        Box::pin(async {})
    })
}

#[tokio::test]
async fn what_is_lacking_comes_over_and_what_is_there_does_not() {
    let (home, away) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let workflow = workflow_of("w1", "[[stages]]\nid = \"a\"\nuses = \"tts\"\n");
    let large: Vec<u8> = (0..700_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    write(home.path(), "work/w1/speech/a.wav", &large);
    write(home.path(), "work/w1/empty", b"");
    write(home.path(), "work/w1/.output-a-1", b"not this");
    write(home.path(), "work/w1/x.part", b"nor this");
    write(home.path(), "work/w2/other", b"nor another's");
    let there = stock(home.path());
    let files = there.belongings(&workflow).unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(names, ["work/w1/empty", "work/w1/speech/a.wav"]);
    let here = Fetcher::new(stock(away.path()));
    let asked = Arc::default();
    let send = between(&there, &here, &asked);
    here.bring("w1", files.clone(), send.clone()).await.unwrap();
    assert_eq!(
        fs::read(away.path().join("work/w1/speech/a.wav")).unwrap(),
        large
    );
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    here.bring("w1", files, send).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 3, "it is all here already");
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_is_refused_on_both_sides() {
    let (home, away) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    write(home.path(), "reel.db", b"secret");
    write(home.path(), "work/w2/x", b"another's");
    let there = stock(home.path());
    let here = Fetcher::new(stock(away.path()));
    for path in [
        "reel.db",
        "work/w1/../../reel.db",
        "/etc/passwd",
        "work/w2/x",
        "work",
    ] {
        let wanted = PieceWanted {
            ticket: 1,
            workflow: "w1".into(),
            path: path.into(),
            from: 0,
            length: 1,
            object: None,
        };
        assert!(
            there
                .give(&wanted)
                .bytes
                .unwrap_err()
                .contains("no file of"),
            "{path}"
        );
        let file = Belonging {
            path: path.into(),
            size: 1,
            sha256: String::new(),
        };
        let send = between(&there, &here, &Arc::default());
        assert!(here.bring("w1", vec![file], send).await.is_err(), "{path}");
    }
}

#[tokio::test]
async fn a_file_that_changed_on_its_way_is_not_taken() {
    let (home, away) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    write(home.path(), "work/w1/a", b"first");
    let there = stock(home.path());
    let workflow = workflow_of(
        "w1",
        "[[stages]]\nid = \"a\"\nrun = [\"true\"]\noutputs = [\"a\"]\n",
    );
    let files = there.belongings(&workflow).unwrap();
    write(home.path(), "work/w1/a", b"other");
    let here = Fetcher::new(stock(away.path()));
    let send = between(&there, &here, &Arc::default());
    let problem = here.bring("w1", files, send).await.unwrap_err();
    assert!(
        problem.contains("work/w1/a did not come over: it changed"),
        "{problem}"
    );
    assert_eq!(
        fs::read_dir(away.path().join("work/w1")).unwrap().count(),
        0
    );
}
