//! The dashboard on a real terminal: it shows, it acts, it survives the daemon, it leaves the terminal as it was.

use reel_tests::{Daemon, Home, Screen, command, submit, wait_for_status};
use std::os::unix::fs::PermissionsExt;

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

#[tokio::test]
async fn a_question_is_answered_on_its_form_and_never_by_keys_typed_ahead() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let request: reel_shared::request::SubmitRequest = serde_json::from_value(serde_json::json!({
        "pipeline": "generation", "params": {"prompt": "A lighthouse"}, "name": "lighthouse",
    }))
    .unwrap();
    let made = submit(&home, &request).await.unwrap();
    assert_eq!(made.status, "pending_clarification");
    let mut screen = Screen::open(&home, 80, 24, &[]).unwrap();
    screen.until(|text| text.contains("ask 1?")).unwrap();
    screen.press("2").unwrap();
    screen.until(|text| text.contains("lighthouse")).unwrap();
    // All at once: what comes within the first moments of the form is dropped.
    screen.press("\r1\r").unwrap();
    screen.until(|text| text.contains("Esc leaves")).unwrap();
    wait_for_status(&home, &made.id, "pending_clarification")
        .await
        .unwrap();
    screen
        .until(|text| text.contains("1-2 choose") && text.contains("Esc leaves"))
        .unwrap();
    // The form stays until it is sent; Enter counts once it is armed.
    let armed = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while std::time::Instant::now() < armed && !screen.text().contains("confirm?") {
        screen.press("2").unwrap();
        // The choice shows as soon as keys count: then it is sent.
        let chosen = screen.chosen("2 plain");
        if chosen {
            screen.press("\r").unwrap();
            screen.until(|text| text.contains("confirm?")).unwrap();
        }
    }
    wait_for_status(&home, &made.id, "pending_confirmation")
        .await
        .unwrap();
}

#[tokio::test]
async fn two_boxes_stand_in_one_view_and_one_that_is_gone_blocks_nothing() {
    let (first, second) = (Home::scratch().unwrap(), Home::scratch().unwrap());
    let _daemon = Daemon::start(&first).unwrap();
    let other = Daemon::start(&second).unwrap();
    for (home, name) in [(&first, "on-the-first"), (&second, "on-the-second")] {
        let request = reel_shared::request::SubmitRequest {
            name: Some(name.into()),
            ..command(&["/bin/sleep", "1000"])
        };
        let made = submit(home, &request).await.unwrap();
        wait_for_status(home, &made.id, "running").await.unwrap();
    }
    let (one, two) = (
        format!("unix:{}", first.socket().display()),
        format!("unix:{}", second.socket().display()),
    );
    let arguments = ["--connect", &one, "--connect", &two];
    let mut screen = Screen::open_as(&first, (120, 30), &arguments, &[]).unwrap();
    screen
        .until(|text| {
            text.contains("LIVE 2/2")
                && text.contains("on-the-first")
                && text.contains("on-the-second")
        })
        .unwrap();
    other.kill().unwrap();
    screen
        .until(|text| text.contains("LIVE 1/2") && text.contains("on-the-second"))
        .unwrap();
    screen.press("?").unwrap();
    screen
        .until(|text| text.contains("keys of Active"))
        .unwrap();
}

#[tokio::test]
async fn a_box_is_reached_through_the_users_own_ssh() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    // An ssh that goes no further than this box.
    let place = home.root().join("bin");
    std::fs::create_dir_all(&place).unwrap();
    let reel = reel_tests::program("reel").unwrap();
    let script = format!(
        "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\n[ \"$2\" = ana@box ] || {{ echo 'Permission denied (publickey).' >&2; exit 255; }}\nREEL_SOCKET={} exec {} dial-stdio\n",
        home.socket().display(),
        reel.display()
    );
    let ssh = place.join("ssh");
    std::fs::write(&ssh, script).unwrap();
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", place.display());
    let variables = [("PATH", path.as_str())];
    let connect = ["--connect", "ssh://ana@box"];
    let mut screen = Screen::open_as(&home, (100, 24), &connect, &variables).unwrap();
    screen.until(|text| text.contains("LIVE")).unwrap();
    let refused = ["--connect", "ssh://eve@box"];
    let mut screen = Screen::open_as(&home, (100, 24), &refused, &variables).unwrap();
    screen
        .until(|text| text.contains("RETRY") && text.contains("Permission denied"))
        .unwrap();
}

#[tokio::test]
async fn every_screen_shows_at_every_size_while_the_terminal_is_dragged() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let mut screen = Screen::open(&home, 120, 36, &[]).unwrap();
    screen.until(|text| text.contains("LIVE")).unwrap();
    for (columns, rows) in [(80, 24), (60, 20), (40, 10), (20, 3), (1, 1), (160, 50)] {
        screen.resize(columns, rows).unwrap();
        screen.press("1234567").unwrap();
    }
    for (key, word) in [
        ("1", "workflows"),
        ("2", "Nothing asks"),
        ("3", "Nothing has ended"),
        ("4", "endpoints"),
        ("5", "boxes"),
        ("6", "stages"),
        ("7", "WHAT"),
    ] {
        screen.press(key).unwrap();
        screen.until(|text| text.contains(word)).unwrap();
    }
}

#[tokio::test]
async fn a_configuration_holds_and_its_mistakes_are_told_with_their_line() {
    let home = Home::scratch().unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    let place = home.root().join(".config/reel");
    std::fs::create_dir_all(&place).unwrap();
    let text = "theme = \"mono\"\ncolour = 3\n";
    std::fs::write(place.join("tui.toml"), text).unwrap();
    let mut screen = Screen::open(&home, 120, 36, &[]).unwrap();
    screen.until(|text| text.contains("line 2")).unwrap();
    std::fs::write(place.join("tui.toml"), "[keys.global]\nhelp = \"h\"\n").unwrap();
    screen.press(":reload\r").unwrap();
    screen.until(|text| text.contains("read again")).unwrap();
    screen.press("h").unwrap();
    screen
        .until(|text| text.contains("keys of Active"))
        .unwrap();
}
