//! A database that can't be trusted is refused, never replaced by an empty one.

use reel_tests::{Daemon, Home, command, submit, wait_for_end};
use std::io::{Seek, SeekFrom, Write};

async fn home_with_work() -> Home {
    let home = Home::scratch().unwrap();
    let daemon = Daemon::start(&home).unwrap();
    for _ in 0..20 {
        let made = submit(&home, &command(&["/bin/true"])).await.unwrap();
        wait_for_end(&home, &made.id).await.unwrap();
    }
    daemon.terminate().unwrap();
    home
}

fn refusal(home: &Home) -> String {
    Daemon::start(home).map(drop).unwrap_err().to_string()
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let home = home_with_work().await;
    let database = rusqlite::Connection::open(home.database()).unwrap();
    database.pragma_update(None, "user_version", 9999).unwrap();
    drop(database);
    let words = refusal(&home);
    assert!(words.contains("9999") && words.contains("newer"), "{words}");
    let kept: i64 = rusqlite::Connection::open(home.database())
        .unwrap()
        .query_row("SELECT count(*) FROM workflows", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 20);
}

#[tokio::test]
async fn a_damaged_database_is_refused_and_left_as_it_is() {
    let home = home_with_work().await;
    let length = std::fs::metadata(home.database()).unwrap().len();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .open(home.database())
        .unwrap();
    for page in 1..length / 4096 {
        file.seek(SeekFrom::Start(page * 4096)).unwrap();
        file.write_all(&[0x5a; 2048]).unwrap();
    }
    drop(file);
    let damaged = std::fs::read(home.database()).unwrap();
    let words = refusal(&home);
    assert!(
        words.contains("reel.db") && words.contains("damaged"),
        "{words}"
    );
    assert_eq!(std::fs::read(home.database()).unwrap(), damaged);
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let home = Home::scratch().unwrap();
    std::fs::write(
        home.database(),
        "this is a shopping list, and has been one for a long time",
    )
    .unwrap();
    let words = refusal(&home);
    assert!(words.contains("reel.db"), "{words}");
    assert!(
        std::fs::read_to_string(home.database())
            .unwrap()
            .contains("shopping list")
    );
}
