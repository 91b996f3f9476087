//! A full disk refuses new work, loses nothing, and is over by itself when there is room again. Wants root for the small
//! file system; without it the test says so and passes.

use reel_shared::client::ClientError;
use reel_shared::workflow::WorkflowView;
use reel_tests::{Daemon, Home, command, submit, wait_for_end};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of 64 MiB, unmounted at the end.
struct Small(PathBuf);

impl Small {
    fn mount(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"])
            .arg(at)
            .status();
        mounted
            .ok()
            .filter(std::process::ExitStatus::success)
            .map(|_| Self(at.to_owned()))
    }

    /// Takes all the room there is, and answers the file that holds it.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("data/filler");
        let _ = Command::new("dd")
            .args(["if=/dev/zero", "bs=64k", "status=none"])
            .arg(format!("of={}", path.display()))
            .stderr(std::process::Stdio::null())
            .status();
        path
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Submits until it is taken: the daemon looks for room by itself.
async fn taken_again(home: &Home) -> WorkflowView {
    let began = std::time::Instant::now();
    loop {
        match home
            .client()
            .post("/api/workflow", &command(&["/bin/true"]))
            .await
        {
            Ok(view) => return view,
            Err(ClientError::Problem { status: 507, .. })
                if began.elapsed() < reel_tests::LIMIT => {}
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_full_disk_refuses_with_507_and_recovers_by_itself() {
    let scratch = tempfile::tempdir().unwrap();
    let Some(small) = Small::mount(scratch.path()) else {
        eprintln!("skipped: a small file system can't be mounted without root");
        return;
    };
    let home = Home::at(scratch.path()).unwrap();
    home.configure("[retention]\nmin_free_disk = \"8MiB\"\n")
        .unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let running = submit(&home, &command(&["/bin/sleep", "2"])).await.unwrap();
    let filler = small.fill();
    let padding = "x".repeat(20_000);
    let mut accepted = vec![running.id];
    let refused = loop {
        match home
            .client()
            .post::<WorkflowView>("/api/workflow", &command(&["/bin/true", &padding]))
            .await
        {
            Ok(view) => accepted.push(view.id),
            Err(ClientError::Problem {
                status, problem, ..
            }) => break (status, problem),
            Err(other) => panic!("{other}"),
        }
        assert!(accepted.len() < 10_000, "a full disk takes everything");
    };
    assert_eq!(refused.0, 507, "{:?}", refused.1);
    let ready: Value = home.client().get("/readyz").await.unwrap();
    assert_eq!(ready["components"]["disk"]["state"], "low", "{ready}");
    let listed: Value = home.client().get("/api/workflow/active").await.unwrap();
    assert!(listed.to_string().len() > 10, "reading goes on");
    std::fs::remove_file(filler).unwrap();
    for id in &accepted {
        assert_eq!(
            wait_for_end(&home, id).await.unwrap().status,
            "completed",
            "{id}"
        );
    }
    let again = taken_again(&home).await;
    assert_eq!(
        wait_for_end(&home, &again.id).await.unwrap().status,
        "completed"
    );
    daemon.terminate().unwrap();
    let sound: String = rusqlite::Connection::open(home.database())
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
}
