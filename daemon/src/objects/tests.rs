//! Against a real S3 server that checks signatures: put, put again, go on, give up, and who is not let in.

use super::*;
use crate::config::{Config, Secret};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use std::sync::Mutex;
use tokio::net::TcpListener;

/// The server and its folder.
struct Server {
    folder: tempfile::TempDir,
    endpoint: String,
}

async fn server() -> Server {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("films")).unwrap();
    let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
    service.set_auth(SimpleAuth::from_single("key", "secret"));
    let service = service.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let stream = hyper_util::rt::TokioIo::new(stream);
            let service = service.clone();
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(stream, service),
            );
        }
    });
    Server { folder, endpoint }
}

impl Server {
    fn objects(&self, secret: &str) -> Objects {
        let mut storage = Config::default_at("/nonexistent/reel").storage;
        storage.url = "s3://films/reel".to_owned();
        storage.endpoint = Some(self.endpoint.clone());
        storage.access_key_id = Some(Secret::new("key"));
        storage.secret_access_key = Some(Secret::new(secret));
        Objects::of(&storage).unwrap()
    }
}

fn file(folder: &Path, size: usize) -> (std::path::PathBuf, String) {
    use sha2::{Digest as _, Sha256};
    let bytes: Vec<u8> = (0..size).map(|n| (n / 7 % 251) as u8).collect();
    let path = folder.join(format!("{size}.bin"));
    std::fs::write(&path, &bytes).unwrap();
    let hash = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    (path, hash)
}

/// A put whose notes are kept here.
async fn put(
    objects: &Objects,
    key: &str,
    file: &(std::path::PathBuf, String),
    begun: Option<Begun>,
    break_after: usize,
) -> (Result<Stored, ObjectError>, Vec<Begun>) {
    let notes = Mutex::new(Vec::new());
    let note = |begun: &Begun| {
        let mut notes = notes.lock().unwrap();
        notes.push(begun.clone());
        if notes.len() > break_after {
            return Err(std::io::Error::other("the daemon died here"));
        }
        Ok(())
    };
    let order = Put {
        key,
        file: &file.0,
        size: std::fs::metadata(&file.0).unwrap().len(),
        sha256: &file.1,
        content_type: "video/mp4",
        begun,
        about_to: &|| Ok(()),
        note: &note,
        progress: &|_| {},
        cancel: &CancellationToken::new(),
    };
    let done = objects.put(order).await;
    (done, notes.into_inner().unwrap())
}

#[tokio::test]
async fn what_is_put_is_there_once_and_never_written_over() {
    let (server, here) = (server().await, tempfile::tempdir().unwrap());
    let objects = server.objects("secret");
    let (one, two) = (file(here.path(), 5000), file(here.path(), 6000));
    let key = "videos/ann/1.mp4";
    assert_eq!(objects.head(key).await.unwrap(), None);
    assert_eq!(
        put(&objects, key, &one, None, 9).await.0.unwrap(),
        Stored::Now
    );
    assert_eq!(
        put(&objects, key, &one, None, 9).await.0.unwrap(),
        Stored::Before
    );
    let taken = put(&objects, key, &two, None, 9).await.0.unwrap_err();
    assert!(matches!(taken, ObjectError::Taken(_)), "{taken}");
    let kept = server.folder.path().join("films/reel/videos/ann/1.mp4");
    assert_eq!(std::fs::read(kept).unwrap(), std::fs::read(&one.0).unwrap());
    assert_eq!(
        objects.address(key).unwrap(),
        "s3://films/reel/videos/ann/1.mp4"
    );
    assert_eq!(objects.own("reel/videos/ann/1.mp4"), key);
    let back = here.path().join("back");
    let token = CancellationToken::new();
    assert_eq!(objects.get(key, &back, &token).await.unwrap(), 5000);
    assert_eq!(std::fs::read(back).unwrap(), std::fs::read(&one.0).unwrap());
    objects.delete(key).await.unwrap();
    objects.delete(key).await.unwrap();
    assert_eq!(objects.head(key).await.unwrap(), None);
}

#[tokio::test]
async fn a_large_one_goes_on_behind_its_last_part() {
    let (server, here) = (server().await, tempfile::tempdir().unwrap());
    let objects = server.objects("secret");
    let large = file(here.path(), 26 << 20);
    let key = "videos/ann/2.mp4";
    let (broken, notes) = put(&objects, key, &large, None, 2).await;
    assert!(matches!(broken, Err(ObjectError::Disk(_))), "{broken:?}");
    let last = notes.last().unwrap().clone();
    assert_eq!((last.parts.len(), last.done()), (2, 16 << 20));
    let (done, notes) = put(&objects, key, &large, Some(last.clone()), 99).await;
    assert_eq!(done.unwrap(), Stored::Now);
    assert!(
        notes.iter().all(|note| note.id == last.id) && notes.len() == 2,
        "only the rest was sent"
    );
    assert_eq!(objects.head(key).await.unwrap().unwrap().size, 26 << 20);
    let kept = server.folder.path().join("films/reel").join(key);
    assert_eq!(
        std::fs::read(kept).unwrap(),
        std::fs::read(&large.0).unwrap()
    );
    let (_, notes) = put(&objects, "videos/ann/3.mp4", &large, None, 1).await;
    let begun = notes.last().unwrap();
    objects.abort("videos/ann/3.mp4", &begun.id).await.unwrap();
    let (after, notes) = put(
        &objects,
        "videos/ann/3.mp4",
        &large,
        Some(begun.clone()),
        99,
    )
    .await;
    assert_eq!(after.unwrap(), Stored::Now);
    assert_ne!(notes[0].id, begun.id, "what is gone is begun anew");
}

#[tokio::test]
async fn who_signs_wrong_is_not_let_in_and_a_link_opens_its_object_alone() {
    let (server, here) = (server().await, tempfile::tempdir().unwrap());
    let one = file(here.path(), 5000);
    let refused = put(&server.objects("wrong"), "a.mp4", &one, None, 9)
        .await
        .0
        .unwrap_err();
    assert!(matches!(refused, ObjectError::Denied(_)), "{refused}");
    let objects = server.objects("secret");
    put(&objects, "a.mp4", &one, None, 9).await.0.unwrap();
    let link = objects
        .signed_url("a.mp4", Duration::from_secs(60))
        .await
        .unwrap()
        .unwrap();
    let client = crate::outbound::Client::new(
        crate::outbound::Policy::trusted(),
        None,
        Arc::new(crate::outbound::SystemResolver),
        crate::outbound::Limits::default(),
    );
    let ask = async |url: &str| {
        let body = http_body_util::Full::new(hyper::body::Bytes::new());
        client
            .send(http::Request::get(url).body(body).unwrap())
            .await
            .unwrap()
    };
    let open = ask(&link).await;
    assert_eq!((open.status.as_u16(), open.body.len()), (200, 5000));
    assert_eq!(open.headers["content-type"], "video/mp4");
    assert_eq!(
        ask(&link.replace("a.mp4", "b.mp4")).await.status.as_u16(),
        403
    );
    assert!(
        Objects::of(&Config::default_at("/x").storage)
            .unwrap()
            .signed_url("a", Duration::ZERO)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_key_is_spelled_as_it_is_or_not_at_all() {
    let objects = server().await.objects("secret");
    for key in ["a//b", "../a", "a/./b"] {
        assert!(
            matches!(objects.head(key).await, Err(ObjectError::Key { .. })),
            "{key}"
        );
    }
}
