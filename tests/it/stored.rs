//! Files that are no longer on this box: the client is sent on to the object store, for a time.

use reel_tests::{Daemon, Home, raw, request, submit, wait_for_end};
use serde_json::json;

/// The store of this test is never asked: links to it are made from the credentials alone.
const STORE: &str = "[retention]\nmin_free_disk = \"16MiB\"\n\
                     [storage]\nurl = \"s3://films/reel\"\nendpoint = \"http://127.0.0.1:9\"\nregion = \"us-east-1\"\n\
                     access_key_id = \"someone\"\nsecret_access_key = \"something\"\nlink_ttl = \"10m\"\n";

#[tokio::test]
async fn a_file_that_is_in_the_store_is_had_there_by_a_link_that_ends() {
    let home = Home::scratch().unwrap();
    home.configure(STORE).unwrap();
    let media = home.data().join("media/videos/anna");
    std::fs::create_dir_all(&media).unwrap();
    std::fs::write(media.join("2.mp4"), "still here").unwrap();
    let says = |name: &str, file: &str, storage: &str| {
        let path = media.join(file).display().to_string();
        home.pipeline(
            name,
            &format!(
                "[[stages]]\nid = \"storing\"\nrun = [\"sh\", \"-c\", \"echo videoPath={path} >> $REEL_OUTPUT; echo storage={storage} >> $REEL_OUTPUT\"]\n"
            ),
        )
        .unwrap();
    };
    says("gone", "1.mp4", "s3");
    says("here", "2.mp4", "s3");
    says("lost", "3.mp4", "local");
    let _daemon = Daemon::start(&home).unwrap();
    for (pipeline, status) in [("gone", 307), ("here", 200), ("lost", 404)] {
        let made = submit(&home, &request(pipeline, json!({}))).await.unwrap();
        assert_eq!(
            wait_for_end(&home, &made.id).await.unwrap().status,
            "completed"
        );
        let path = format!("/api/v1/videos/jobs/{}/stream", made.id);
        let reply = raw(&home, "GET", &path, "Range: bytes=0-1", b"").unwrap();
        let wanted = if status == 200 { 206 } else { status };
        assert_eq!(reply.status, wanted, "{pipeline}: {reply:?}");
        if status == 307 {
            let to = reply
                .head
                .lines()
                .find_map(|line| line.strip_prefix("location: "))
                .unwrap();
            assert!(
                to.starts_with("http://127.0.0.1:9/films/reel/videos/anna/1.mp4?"),
                "{to}"
            );
            assert!(
                to.contains("x-amz-expires=600") && to.contains("x-amz-signature="),
                "{to}"
            );
            assert!(
                reply.head.contains("cache-control: no-store"),
                "{}",
                reply.head
            );
        }
    }
}
