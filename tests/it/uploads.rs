//! An episode's recording sent in: whole, in parts, broken off and gone on with; and what is refused.

use reel_tests::{Daemon, Home, RawReply, raw};
use serde_json::json;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

const TYPE: &str = "Content-Type: video/mp4";

/// Bytes that begin like a video.
fn recording(size: usize) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    bytes.resize(size, b'x');
    bytes
}

fn put(home: &Home, id: &str, headers: &str, body: &[u8]) -> RawReply {
    raw(
        home,
        "PUT",
        &format!("/episodes/{id}/source"),
        headers,
        body,
    )
    .unwrap()
}

fn part(home: &Home, id: &str, range: &str, body: &[u8]) -> RawReply {
    put(
        home,
        id,
        &format!("{TYPE}\r\nContent-Range: bytes {range}"),
        body,
    )
}

fn code(reply: &RawReply) -> (u16, &str) {
    (
        reply.status,
        reply.body["error"]["code"].as_str().unwrap_or_default(),
    )
}

#[tokio::test]
async fn a_recording_arrives_in_parts_and_is_an_episode_when_it_is_whole() {
    let home = Home::scratch().unwrap();
    home.configure("[retention]\nmin_free_disk = \"16MiB\"\n")
        .unwrap();
    let daemon = Daemon::start(&home).unwrap();
    let bytes = recording(10_000);
    let first = part(&home, "show-1", "0-3999/10000", &bytes[..4_000]);
    assert_eq!(first.status, 202, "{first:?}");
    assert!(first.head.contains("range: bytes=0-3999"), "{}", first.head);
    assert_eq!(
        first.body,
        json!({"episode_id": "show-1", "status": "receiving", "received": 4000, "size": 10000})
    );
    let listed = raw(&home, "GET", "/episodes/discover", "", b"").unwrap();
    assert_eq!(listed.body["count"], 0, "half a recording is no episode");

    // The daemon goes away; what arrived stays.
    daemon.kill().unwrap();
    let daemon = Daemon::start(&home).unwrap();
    assert_eq!(part(&home, "show-1", "*/10000", b"").body["received"], 4000);
    let gap = part(&home, "show-1", "5000-9999/10000", &bytes[5_000..]);
    assert_eq!(code(&gap), (409, "upload_offset"));
    assert_eq!(gap.body["error"]["details"]["received"], 4000);

    // The connection goes away in the middle of a part; what arrived of it stays.
    let mut stream = UnixStream::connect(home.socket()).unwrap();
    let head = format!(
        "PUT /episodes/show-1/source HTTP/1.1\r\nHost: localhost\r\n{TYPE}\r\nContent-Range: bytes 4000-9999/10000\r\nContent-Length: 6000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&bytes[4_000..7_000]).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    // It ends when the daemon has seen the end and let go of the part.
    let _ = stream.read_to_end(&mut Vec::new());
    let there = part(&home, "show-1", "*/10000", b"").body["received"]
        .as_u64()
        .unwrap();
    assert!((4_000..=7_000).contains(&there), "{there}");
    let at = usize::try_from(there).unwrap();
    let last = part(
        &home,
        "show-1",
        &format!("{there}-9999/10000"),
        &bytes[at..],
    );
    assert_eq!(last.status, 201, "{last:?}");
    assert_eq!(last.body["path"], "show-1.mp4");
    assert_eq!(
        std::fs::read(home.data().join("episodes/show-1.mp4")).unwrap(),
        bytes
    );
    assert_eq!(
        part(
            &home,
            "show-1",
            &format!("{there}-9999/10000"),
            &bytes[at..]
        )
        .status,
        200,
        "the same again"
    );
    assert_eq!(code(&put(&home, "show-1", TYPE, &bytes)), (409, "id_taken"));
    let listed = raw(&home, "GET", "/episodes/discover", "", b"").unwrap();
    assert_eq!(listed.body["episodes"][0]["episode_id"], "show-1");
    drop(daemon);
}

#[tokio::test]
async fn what_is_no_recording_or_too_large_is_refused_and_nothing_stays() {
    let home = Home::scratch().unwrap();
    let root = home.root().join("shows");
    home.configure(&format!(
        "[retention]\nmin_free_disk = \"16MiB\"\n[limits]\nupload = \"8KiB\"\n[episodes]\nroots = [{:?}]\n",
        root.display().to_string()
    ))
    .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    assert_eq!(
        code(&put(&home, "page", TYPE, b"<html>not a video</html>")),
        (415, "unsupported_media_type")
    );
    assert_eq!(
        code(&put(
            &home,
            "text",
            "Content-Type: text/plain",
            &recording(600)
        )),
        (415, "unsupported_media_type")
    );
    assert_eq!(
        code(&put(&home, "large", TYPE, &recording(9_000))),
        (413, "upload_too_large")
    );
    assert_eq!(
        code(&part(&home, "large", "0-99/9000", &recording(100))),
        (413, "upload_too_large")
    );
    for range in ["0-9", "9-0/10", "0-10/10", "a-b/c"] {
        assert_eq!(
            code(&part(&home, "range", range, b"x")),
            (422, "validation_failed"),
            "{range}"
        );
    }
    assert_eq!(
        code(&part(&home, "range", "0-9/10", b"short")),
        (422, "validation_failed")
    );
    for id in [
        "Show_1",
        "..%2F..%2Fetc",
        "%2e%2e",
        "a%00b",
        "---",
        "a.b",
        &"x".repeat(65),
    ] {
        assert_eq!(
            code(&put(&home, id, TYPE, &recording(600))),
            (422, "validation_failed"),
            "{id}"
        );
    }
    let left: Vec<_> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let good = put(&home, "small", TYPE, &recording(600));
    assert_eq!(good.status, 201, "{good:?}");
    assert!(
        root.join("small.mp4").exists(),
        "the first configured root takes it"
    );
}

#[tokio::test]
async fn a_full_disk_refuses_before_the_first_byte() {
    let home = Home::scratch().unwrap();
    home.configure("[retention]\nmin_free_disk = \"1000TiB\"\n")
        .unwrap();
    let _daemon = Daemon::start(&home).unwrap();
    assert_eq!(
        code(&put(&home, "show", TYPE, &recording(600))),
        (507, "disk_full")
    );
}
