//! The dashboard on a real terminal: it shows, it acts, it survives the daemon, it leaves the terminal as it was.

use reel_tests::{Daemon, Home, Screen, command, submit, wait_for_status};

#[tokio::test]
async fn it_shows_what_runs_and_cancels_it() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let made = submit(
        &home,
        &reel_shared::request::SubmitRequest {
            name: Some("the-long-one".into()),
            ..command(&["/bin/sleep", "1000"])
        },
    )
    .await
    .unwrap();
    wait_for_status(&home, &made.id, "running").await.unwrap();
    let mut screen = Screen::open(&home, 120, 40, &[]).unwrap();
    screen
        .until(|text| text.contains("LIVE") && text.contains("the-long-one"))
        .unwrap();
    screen.press("?").unwrap();
    screen
        .until(|text| text.to_lowercase().contains("help"))
        .unwrap();
    screen.press("\x1b").unwrap();
    screen.press("x").unwrap();
    screen
        .until(|text| text.to_lowercase().contains("cancel"))
        .unwrap();
    screen.press("y").unwrap();
    wait_for_status(&home, &made.id, "cancelled").await.unwrap();
    screen.press("q").unwrap();
    assert_eq!(screen.ended().unwrap(), 0);
    assert!(screen.is_restored());
}

#[tokio::test]
async fn a_lost_daemon_is_shown_and_comes_back_by_itself() {
    let home = Home::scratch().unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let mut screen = Screen::open(&home, 80, 24, &[]).unwrap();
    screen.until(|text| text.contains("LIVE")).unwrap();
    daemon.kill().unwrap();
    screen
        .until(|text| text.contains("RETRY") || text.contains("STALE"))
        .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    screen.until(|text| text.contains("LIVE")).unwrap();
    screen.press("q").unwrap();
    assert_eq!(screen.ended().unwrap(), 0);
}

#[tokio::test]
async fn without_a_daemon_it_says_so_and_still_ends_on_a_key() {
    let home = Home::scratch().unwrap();
    let mut screen = Screen::open(&home, 80, 24, &[]).unwrap();
    screen.until(|text| text.contains("RETRY")).unwrap();
    screen.press("q").unwrap();
    assert_eq!(screen.ended().unwrap(), 0);
    assert!(screen.is_restored());
}
