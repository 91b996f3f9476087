//! Ids and paths that mean harm, on every route that takes one: nothing outside the data directory is read or written, and
//! the daemon never breaks.

use reel_tests::{Daemon, Home, raw, request, submit, wait_for_end};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// What no answer may hold.
const CANARY: &str = "canary-5b1f0c";

/// Connections at once: what one route waits for, another needn't.
const CONNECTIONS: usize = 4;

/// At least 400, as they stand in a URL.
fn ids() -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let targets = [
        "canary",
        "canary.txt",
        "reeld.toml",
        "etc/passwd",
        "proc/self/environ",
        "data/reel.db",
        "links.key",
    ];
    let steps = [
        "../",
        "..%2f",
        "..%2F",
        "%2e%2e/",
        "%2e%2e%2f",
        "..%5c",
        "..%255c",
        "%252e%252e%252f",
        "..%c0%af",
        "%c0%ae%c0%ae%2f",
        "....//",
        "..;/",
        "..%00/",
        "%EF%BC%8E%EF%BC%8E%EF%BC%8F",
    ];
    for step in steps {
        for depth in [1, 2, 3, 8] {
            for target in targets {
                ids.push(step.repeat(depth) + target);
            }
        }
    }
    for target in targets {
        ids.push(format!("%2f{target}"));
        ids.push(format!("file:%2f%2f%2f{target}"));
        ids.push(format!("{target}%00.mp4"));
        ids.push(format!("%5c%5chost%5c{target}"));
    }
    let words = [
        "active",
        "history",
        "status",
        "youtube",
        "failed",
        "register",
        "worker",
        "discover",
        "gallery",
        "con",
        "nul",
        "aux",
        "prn",
        "com1",
        ".",
        "..",
        "...",
        "-",
        "_",
        "--help",
        "-rf",
        "~",
        "~root",
        "*",
        "%3f",
        "%23",
        "%25",
        "%2e",
        "null",
        "true",
        "undefined",
        "NaN",
        "-1",
        "0",
        "99999999999999999999",
        "1e309",
        "__proto__",
        "constructor",
        "%24%7Bparams.x%7D",
        "%7B%7B7*7%7D%7D",
        "$(id)",
        "%60id%60",
        "%7Cid",
        "a;id",
        "%27%20OR%201=1--",
        "%22;DROP%20TABLE%20workflows;--",
        "%0d%0aX-Evil:%201",
        "%0a",
        "%00",
        "a%00b",
        "%01%02",
        "%7f",
        "%ff%fe",
        "%80",
        "%ed%a0%80",
        "%F0%9F%8E%AC",
        "%E2%80%AE4pm",
        "e%CC%81",
        "%C3%A9",
        "%EF%BB%BF",
        "%E2%80%8B",
        "%D9%85%D9%82%D8%B7%D8%B9",
        "%s%n%x",
        "%25s%25n",
        "<script>",
        "%3Cscript%3E",
    ];
    ids.extend(words.map(str::to_owned));
    ids.extend([64, 65, 255, 256, 1_000, 8_000].map(|length| "a".repeat(length)));
    ids.extend([65, 1_000].map(|length| "%61".repeat(length)));
    ids.extend([100, 2_000].map(|length| "../".repeat(length)));
    assert!(ids.len() >= 400, "{}", ids.len());
    ids
}

/// Every route of the interface's description that takes something in its path: method and path.
fn routes(home: &Home) -> Vec<(String, String)> {
    let described = raw(home, "GET", "/openapi.json", "", b"").unwrap().body;
    let mut routes = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        if path.contains('{') {
            let methods = methods.as_object().unwrap().keys();
            let known = methods.filter(|method| {
                ["get", "post", "put", "patch", "delete"].contains(&method.as_str())
            });
            routes.extend(known.map(|method| (method.to_uppercase(), path.clone())));
        }
    }
    assert!(routes.len() > 30, "{routes:?}");
    routes
}

/// One connection, taken up again where the daemon ends it.
struct Wire {
    home: Home,
    stream: Option<UnixStream>,
}

impl Wire {
    /// Status and whole answer.
    fn ask(&mut self, method: &str, path: &str) -> (u16, String) {
        let body = match method {
            "PUT" => "x",
            "GET" => "",
            _ => "{}",
        };
        let kind = if method == "PUT" {
            "video/mp4"
        } else {
            "application/json"
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        for _ in 0..2 {
            let stream = self.stream.take();
            let mut stream =
                stream.unwrap_or_else(|| UnixStream::connect(self.home.socket()).unwrap());
            if stream.write_all(request.as_bytes()).is_err() {
                continue;
            }
            let Some((answer, goes_on)) = answer(&mut stream) else {
                continue;
            };
            let status = answer
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok());
            if goes_on {
                self.stream = Some(stream);
            }
            return (
                status.unwrap_or_else(|| panic!("no HTTP: {answer}")),
                answer,
            );
        }
        panic!("no answer to {method} {path}");
    }
}

/// An answer with a length, and whether the connection goes on; none where it ended before a byte.
fn answer(stream: &mut UnixStream) -> Option<(String, bool)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if body.len() >= length || head.starts_with("http/1.1 304") {
                return Some((text, !head.contains("connection: close")));
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) if bytes.is_empty() => return None,
            Ok(0) | Err(_) => return Some((text, false)),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Every file below with what it holds, but for the daemon's own places.
fn snapshot(home: &Home) -> BTreeMap<String, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![home.root().to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            if path == home.data() || path == home.log() {
                continue;
            }
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() {
                found.insert(path.display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn no_id_leads_out_of_the_data_directory() {
    let home = Home::scratch().unwrap();
    home.configure("[retention]\nmin_free_disk = \"16MiB\"\n")
        .unwrap();
    for name in ["canary", "canary.txt"] {
        std::fs::write(home.root().join(name), CANARY).unwrap();
    }
    let _daemon = Daemon::start(&home).unwrap();
    let (routes, ids, before) = (routes(&home), ids(), snapshot(&home));
    let (of, all) = (home.clone(), ids.clone());
    let asked = routes.len() * all.len();
    let ask = move |routes: &[(String, String)]| {
        let mut wire = Wire {
            home: of.clone(),
            stream: None,
        };
        for (method, path) in routes {
            let (start, rest) = path.split_once('{').unwrap();
            let rest = rest.split_once('}').unwrap().1;
            let rest = rest
                .replace("{channel}", "main")
                .replace("{clip}", "c1")
                .replace("{variant}", "clean")
                .replace("{aspect_ratio}", "9x16");
            for id in &all {
                let path = format!("{start}{id}{rest}");
                let (status, answer) = wire.ask(method, &path);
                assert!(status < 500, "{method} {path}: {answer}");
                assert!(
                    !answer.contains(CANARY) && !answer.contains("root:x:0"),
                    "{method} {path}: {answer}"
                );
                assert!(
                    !answer.to_lowercase().contains("\r\nx-evil"),
                    "{method} {path}: {answer}"
                );
            }
        }
    };
    let share = routes.len().div_ceil(CONNECTIONS);
    std::thread::scope(|threads| {
        for part in routes.chunks(share) {
            threads.spawn(|| ask(part));
        }
    });
    assert!(asked > 10_000);
    assert_eq!(
        snapshot(&home),
        before,
        "something outside the data directory was written"
    );
    let alive = raw(&home, "GET", "/healthz", "", b"").unwrap();
    assert_eq!(alive.status, 200);
}

/// A pipeline that says that its video is `place`.
fn says(place: &str) -> String {
    format!(
        "[[stages]]\nid = \"one\"\nrun = [\"sh\", \"-c\", \"echo videoPath={place} >> $REEL_OUTPUT\"]\n"
    )
}

#[tokio::test]
async fn no_output_leads_out_of_the_media_directory() {
    let home = Home::scratch().unwrap();
    std::fs::write(home.root().join("canary"), CANARY).unwrap();
    let media = home.data().join("media");
    std::fs::create_dir_all(media.join("videos")).unwrap();
    std::fs::write(media.join("videos/good.mp4"), "good").unwrap();
    std::os::unix::fs::symlink(home.root().join("canary"), media.join("videos/link.mp4")).unwrap();
    std::os::unix::fs::symlink(home.root(), media.join("out")).unwrap();
    let path = |rest: &str| media.join(rest).display().to_string();
    let places = [
        (path("videos/good.mp4"), 200),
        (home.root().join("canary").display().to_string(), 404),
        ("/etc/passwd".to_owned(), 404),
        (path("../../canary"), 404),
        (path("videos/../../../canary"), 404),
        (path("videos/link.mp4"), 404),
        (path("out/canary"), 404),
        (path("videos"), 404),
        (home.data().join("links.key").display().to_string(), 404),
        ("canary".to_owned(), 404),
    ];
    for (index, (place, _)) in places.iter().enumerate() {
        home.pipeline(&format!("p{index}"), &says(place)).unwrap();
    }
    let _daemon = Daemon::start(&home).unwrap();
    for (index, (place, status)) in places.iter().enumerate() {
        let made = submit(&home, &request(&format!("p{index}"), json!({})))
            .await
            .unwrap();
        assert_eq!(
            wait_for_end(&home, &made.id).await.unwrap().status,
            "completed"
        );
        for door in ["download", "stream"] {
            let reply = raw(
                &home,
                "GET",
                &format!("/api/v1/videos/jobs/{}/{door}", made.id),
                "",
                b"",
            )
            .unwrap();
            assert_eq!(reply.status, *status, "{place}");
            assert!(
                *status == 200 || reply.body["error"]["code"] == "not_found",
                "{place}"
            );
        }
    }
    assert!(Path::new(&path("videos/link.mp4")).exists());
}
