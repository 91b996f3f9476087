//! One suite for both carriers. The one over Redis runs where a `redis-server` is installed, and fails where it is not.

use super::*;
use reel_tests::Redis;

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(20);

fn bodies(entries: &[Entry]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| std::str::from_utf8(&entry.body).unwrap())
        .collect()
}

async fn holds_to_its_words(link: &impl Link) {
    let all = |words: &[&str]| words.iter().map(|word| word.as_bytes().to_vec()).collect();
    let mut reader = link.reader("s");
    assert_eq!(reader.next(10, SHORT).await, Ok(vec![]));
    link.add("s", "box", all(&["1", "2", "3"]), None)
        .await
        .unwrap();
    let first = reader.next(2, LONG).await.unwrap();
    assert_eq!(bodies(&first), ["1", "2"]);
    assert_eq!(first[0].from, "box");
    // One that is dropped while it waits loses nothing.
    let rest = reader.next(2, LONG).await.unwrap();
    assert_eq!(bodies(&rest), ["3"]);
    assert!(
        tokio::time::timeout(SHORT, reader.next(2, LONG))
            .await
            .is_err()
    );
    link.add("s", "box", all(&["4"]), None).await.unwrap();
    let more = reader.next(2, LONG).await.unwrap();
    assert_eq!(bodies(&more), ["4"]);
    // Another reader begins at the beginning, which trimming moves.
    link.trim("s", &first[1].mark).await.unwrap();
    let other = link.reader("s").next(10, LONG).await.unwrap();
    assert_eq!(bodies(&other), ["3", "4"]);
    // A reader that waits is woken.
    let (woken, added) = tokio::join!(
        reader.next(1, LONG),
        link.add("s", "box", all(&["5"]), Some(1000))
    );
    added.unwrap();
    assert_eq!(bodies(&woken.unwrap()), ["5"]);
}

#[tokio::test]
async fn memory_holds_to_its_words() {
    holds_to_its_words(&MemoryLink::default()).await;
}

#[tokio::test]
async fn redis_holds_to_its_words() {
    let server = Redis::start().unwrap();
    let link = RedisLink::open(&server.url()).unwrap();
    holds_to_its_words(&link).await;
}

#[tokio::test]
async fn a_reader_goes_on_after_all_was_lost() {
    let server = Redis::start().unwrap();
    let link = RedisLink::open(&server.url()).unwrap();
    let mut reader = link.reader("s");
    link.add("s", "a", vec![b"before".to_vec()], None)
        .await
        .unwrap();
    assert_eq!(bodies(&reader.next(1, LONG).await.unwrap()), ["before"]);
    link.ask::<redis::Value>(&redis::cmd("FLUSHALL"))
        .await
        .unwrap();
    // As after a copy of another machine's, whose clock was behind: an id from long ago.
    let mut add = redis::cmd("XADD");
    add.arg("s")
        .arg("1-1")
        .arg("f")
        .arg("a")
        .arg("b")
        .arg("after");
    link.ask::<redis::Value>(&add).await.unwrap();
    let mut seen = Vec::new();
    while seen.is_empty() {
        seen = reader.next(1, SHORT).await.unwrap();
    }
    assert_eq!(bodies(&seen), ["after"]);
}

#[tokio::test]
async fn a_link_that_is_cut_says_so() {
    let memory = MemoryLink::default();
    memory.cut(true);
    assert!(memory.add("s", "a", vec![vec![]], None).await.is_err());
    let nowhere = RedisLink::open("redis://127.0.0.1:1").unwrap();
    assert!(nowhere.add("s", "a", vec![vec![]], None).await.is_err());
    assert!(nowhere.reader("s").next(1, SHORT).await.is_err());
    assert!(RedisLink::open("http://secret@x").is_err());
}
