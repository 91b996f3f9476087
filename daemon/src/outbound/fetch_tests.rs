//! A file server that does as it is told: cuts, changes its mind, sends elsewhere.

use super::*;
use crate::config::Config;
use crate::outbound::{Limits, Own, Policy, SystemResolver};
use std::sync::{Arc, Mutex};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};

/// How the server answers one request.
#[derive(Clone)]
enum Answer {
    /// Ranges are honoured; it breaks off after so many bytes.
    Cut(usize),
    /// The whole, ranges honoured.
    Whole,
    /// Another file under the same name.
    Other,
    /// The head alone.
    Head(&'static str),
}

struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

fn file(seed: u8) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..600_000_u32).map(|n| (n % 251) as u8 ^ seed).collect();
    bytes[4..8].copy_from_slice(b"ftyp");
    bytes
}

async fn serve(answers: Vec<Answer>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v.mp4", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    tokio::spawn(async move {
        let mut answers = answers.into_iter();
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answers.next().unwrap_or(Answer::Whole);
            one(stream, answer, &kept).await;
        }
    });
    Server { url, asked }
}

async fn one(mut stream: TcpStream, answer: Answer, asked: &Mutex<Vec<String>>) {
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut heard).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let head = String::from_utf8_lossy(&heard).to_lowercase();
    asked.lock().unwrap().push(head.clone());
    let (bytes, tag) = match answer {
        Answer::Other => (file(9), "\"two\""),
        _ => (file(0), "\"one\""),
    };
    let line = |name: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(name).map(|text| text.trim().to_owned()))
    };
    let from: Option<usize> =
        line("range: bytes=").and_then(|text| text.trim_end_matches('-').parse().ok());
    let from = from.filter(|_| line("if-range:").as_deref() == Some(tag));
    let head = match (&answer, from) {
        (Answer::Head(head), _) => (*head).to_owned(),
        (_, Some(from)) => format!(
            "HTTP/1.1 206 Partial\r\netag: {tag}\r\ncontent-range: bytes {from}-{}/{}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            bytes.len() - 1,
            bytes.len(),
            bytes.len() - from
        ),
        _ => format!(
            "HTTP/1.1 200 OK\r\netag: {tag}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            bytes.len()
        ),
    };
    let rest = &bytes[from.unwrap_or(0)..];
    let rest = match answer {
        Answer::Cut(at) => &rest[..at.min(rest.len())],
        Answer::Head(_) => &[],
        _ => rest,
    };
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(rest).await;
    let _ = stream.shutdown().await;
}

struct Place {
    folder: tempfile::TempDir,
    largest: u64,
    private: bool,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            largest: 1 << 30,
            private: true,
        }
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join("v.part")
    }

    async fn fetch(&self, url: &str) -> Result<u64, FetchError> {
        let mut config = Config::default_at("/nowhere").webhooks;
        config.allow_http_all = true;
        config.allow_private_all = self.private;
        let limits = Limits {
            total: Duration::from_secs(10),
            ..Limits::default()
        };
        let policy = Policy::of(&config, Own::default());
        let client = Client::new(policy, None, Arc::new(SystemResolver), limits);
        fetch(&Fetch {
            client: &client,
            url,
            headers: HeaderMap::new(),
            part: &self.part(),
            largest: self.largest,
            reserve: 0,
            accept: |bytes| {
                let fits = bytes.get(4..8) == Some(b"ftyp");
                fits.then_some(()).ok_or_else(|| "no video".to_owned())
            },
            progress: &|_, _| {},
            cancel: &CancellationToken::new(),
        })
        .await
    }
}

#[tokio::test]
async fn what_is_cut_goes_on_from_there() {
    let server = serve(vec![Answer::Cut(200_000), Answer::Cut(200_000)]).await;
    let place = Place::new();
    assert_eq!(place.fetch(&server.url).await.unwrap(), 600_000);
    assert_eq!(std::fs::read(place.part()).unwrap(), file(0));
    let asked = server.asked.lock().unwrap();
    assert_eq!(asked.len(), 3);
    assert!(asked[2].contains("if-range: \"one\""), "{asked:?}");
}

#[tokio::test]
async fn a_file_that_changed_meanwhile_is_fetched_anew() {
    let server = serve(vec![Answer::Cut(200_000), Answer::Other, Answer::Other]).await;
    let place = Place::new();
    place.fetch(&server.url).await.unwrap();
    assert_eq!(std::fs::read(place.part()).unwrap(), file(9));
}

#[tokio::test]
async fn a_later_call_goes_on_and_a_whole_part_is_not_asked_for() {
    let server = serve(vec![Answer::Cut(1_000), Answer::Whole]).await;
    let place = Place::new();
    let cut = place.fetch(&server.url).await;
    assert!(matches!(cut, Err(FetchError::Failure(_))), "{cut:?}");
    assert_eq!(place.fetch(&server.url).await.unwrap(), 600_000);
    assert_eq!(place.fetch(&server.url).await.unwrap(), 600_000);
    let asked = server.asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert!(asked[1].contains("range: bytes=1000-"), "{}", asked[1]);
    assert_eq!(std::fs::read(place.part()).unwrap(), file(0));
}

#[tokio::test]
async fn what_is_no_file_for_us_is_refused_with_its_reason() {
    let refused = async |head: &'static str, place: &Place| {
        let server = serve(vec![Answer::Head(head)]).await;
        place.fetch(&server.url).await.unwrap_err()
    };
    let place = Place::new();
    let gone = refused("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", &place).await;
    assert!(
        matches!(gone, FetchError::Status { status, .. } if status == 404),
        "{gone}"
    );
    let busy = refused(
        "HTTP/1.1 503 No\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n",
        &place,
    )
    .await;
    let FetchError::Status { retry_after, .. } = busy else {
        unreachable!("{busy}")
    };
    assert_eq!(retry_after, Some(Duration::from_secs(7)));
    let elsewhere = refused(
        "HTTP/1.1 302 Go\r\nlocation: file:///etc/passwd\r\ncontent-length: 0\r\n\r\n",
        &place,
    )
    .await;
    assert!(matches!(elsewhere, FetchError::Url { .. }), "{elsewhere}");
    let empty = refused("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", &place).await;
    assert!(matches!(empty, FetchError::Short { .. }), "{empty}");
    let small = Place {
        largest: 1000,
        ..Place::new()
    };
    let large = refused("HTTP/1.1 200 OK\r\ncontent-length: 600000\r\n\r\n", &small).await;
    assert!(matches!(large, FetchError::Large(1000)), "{large}");
    let huge = refused(
        "HTTP/1.1 200 OK\r\ncontent-length: 999999999999999\r\n\r\n",
        &Place {
            largest: u64::MAX,
            ..Place::new()
        },
    )
    .await;
    assert!(matches!(huge, FetchError::Room { .. }), "{huge}");
}

#[tokio::test]
async fn it_goes_on_where_it_was_moved_to_and_nowhere_forbidden() {
    let server = serve(vec![
        Answer::Head("HTTP/1.1 302 Go\r\nlocation: /elsewhere.mp4\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
        Answer::Whole,
    ])
    .await;
    assert_eq!(Place::new().fetch(&server.url).await.unwrap(), 600_000);
    assert!(server.asked.lock().unwrap()[1].starts_with("get /elsewhere.mp4"));
    let round =
        "HTTP/1.1 302 Go\r\nlocation: /v.mp4\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let server = serve(vec![Answer::Head(round); 9]).await;
    assert!(matches!(
        Place::new().fetch(&server.url).await,
        Err(FetchError::Hops)
    ));
    let public = Place {
        private: false,
        ..Place::new()
    };
    let blocked = public.fetch(&server.url).await.unwrap_err();
    assert!(matches!(blocked, FetchError::Url { .. }), "{blocked}");
}
