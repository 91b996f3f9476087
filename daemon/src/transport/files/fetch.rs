//! Brings files from another box: by way of the object store where that can be, else in pieces that are asked for.

use super::depot::{self, Laid};
use super::stock::{Stock, sha256};
use crate::clock::draw;
use crate::objects::Objects;
use crate::transport::letter::{Belonging, PIECE, Piece, PieceWanted};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Pieces under way at a time.
const AT_ONCE: usize = 8;
/// A piece that has not come by then is asked for again…
const PATIENCE: Duration = Duration::from_secs(10);
/// …so often.
const TRIES: u32 = 30;
/// A large file's way into the object store is waited for so often.
const STORE_TRIES: u32 = 360;

/// Sends the wish for a piece to a box.
pub type Send = Arc<dyn Fn(PieceWanted) -> BoxFuture<'static, ()> + std::marker::Send + Sync>;

/// Who waits for a piece: its bytes in base64, or what went wrong.
type Waiting = mpsc::Sender<Result<String, String>>;

/// Brings files into a stock; clones share it.
#[derive(Clone)]
pub struct Fetcher {
    stock: Arc<Stock>,
    waiting: Arc<Mutex<HashMap<u64, Waiting>>>,
    next: Arc<AtomicU64>,
    /// Tells this one's keys from others'.
    word: Arc<str>,
}

impl Fetcher {
    /// Into this stock.
    #[must_use]
    pub fn new(stock: Arc<Stock>) -> Self {
        Self {
            stock,
            waiting: Arc::default(),
            next: Arc::new(AtomicU64::new(1)),
            word: format!("{:016x}", (draw() * 2_f64.powi(53)) as u64).into(),
        }
    }

    /// The stock.
    #[must_use]
    pub fn stock(&self) -> &Arc<Stock> {
        &self.stock
    }

    /// A piece has come.
    pub fn arrived(&self, piece: Piece) {
        let waiting = self
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&piece.ticket);
        if let Some(waiting) = waiting {
            // Whoever waited may have given up: then nobody wants it.
            let _ = waiting.try_send(piece.bytes);
        }
    }

    /// Brings what is not here of these files. May be dropped: what is whole stays.
    ///
    /// # Errors
    /// What went wrong, for people, with the file's name.
    pub async fn bring(
        &self,
        workflow: &str,
        files: Vec<Belonging>,
        send: Send,
    ) -> Result<(), String> {
        let (stock, id) = (Arc::clone(&self.stock), workflow.to_owned());
        let missing = blocking(move || {
            stock
                .missing(&id, &files)
                .map_err(|error| format!("its files can't be compared: {error}"))
        })
        .await?;
        for file in missing {
            self.bring_one(workflow, &file, &send)
                .await
                .map_err(|problem| format!("{} did not come over: {problem}", file.path))?;
        }
        Ok(())
    }

    async fn bring_one(&self, workflow: &str, file: &Belonging, send: &Send) -> Result<(), String> {
        let place = self
            .stock
            .place(workflow, &file.path)
            .map_err(|error| error.to_string())?;
        let part = part_of(&place, self.next.fetch_add(1, Ordering::Relaxed));
        if let Some(objects) = self.stock.depot.takes(file.size) {
            let came = self.by_store(workflow, file, objects, &part, send).await;
            match settle(came, part.clone(), place.clone(), file).await {
                Ok(()) => return Ok(()),
                Err(problem) => {
                    tracing::warn!(component = "BOXES", videoId = workflow, path = %file.path, "a file does not come by way of the object store, and comes through Redis: {problem}");
                }
            }
        }
        let (target, size) = (part.clone(), file.size);
        let opened =
            blocking(move || make(&target, size).map_err(|error| error.to_string())).await?;
        let pieces = (0..size.div_ceil(PIECE)).map(|index| {
            let from = index * PIECE;
            let (length, opened) = (PIECE.min(size - from), Arc::clone(&opened));
            async move {
                let bytes = self.piece(workflow, &file.path, from, length, send).await?;
                let write = move || opened.write_all_at(&bytes, from);
                blocking(move || write().map_err(|error| error.to_string())).await
            }
        });
        let mut pieces = stream::iter(pieces).buffer_unordered(AT_ONCE);
        let mut came = Ok(());
        while let Some(piece) = pieces.next().await {
            if piece.is_err() {
                came = piece;
                break;
            }
        }
        drop(pieces);
        settle(came, part, place, file).await
    }

    /// Has it put into the store, and fetches it there.
    async fn by_store(
        &self,
        workflow: &str,
        file: &Belonging,
        objects: &Objects,
        part: &Path,
        send: &Send,
    ) -> Result<(), String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let laid = Laid {
            objects: objects.clone(),
            key: depot::key(workflow, &self.word, number),
        };
        let wish = PieceWanted {
            ticket: 0,
            workflow: workflow.to_owned(),
            path: file.path.clone(),
            from: 0,
            length: 0,
            object: Some(laid.key.clone()),
        };
        if !self.wish(wish, STORE_TRIES, send).await?.is_empty() {
            return Err("the other box knows of no object store".to_owned());
        }
        if let Some(parent) = part.parent() {
            let made = tokio::fs::create_dir_all(parent).await;
            made.map_err(|error| error.to_string())?;
        }
        // Who does not want it any more drops this.
        let never = CancellationToken::new();
        let got = objects.get(&laid.key, part, &never);
        got.await.map(|_| ()).map_err(|error| error.to_string())
    }

    async fn piece(
        &self,
        workflow: &str,
        path: &str,
        from: u64,
        length: u64,
        send: &Send,
    ) -> Result<Vec<u8>, String> {
        let wish = PieceWanted {
            ticket: 0,
            workflow: workflow.to_owned(),
            path: path.to_owned(),
            from,
            length,
            object: None,
        };
        let bytes = self.wish(wish, TRIES, send).await?;
        let bytes = STANDARD.decode(bytes).map_err(|error| error.to_string())?;
        if bytes.len() as u64 == length {
            return Ok(bytes);
        }
        Err("the other box gave a piece of another length".to_owned())
    }

    /// Says a wish until it is answered: each time with a ticket of its own, all of which are good until then.
    async fn wish(&self, wish: PieceWanted, tries: u32, send: &Send) -> Result<String, String> {
        let (sender, mut answers) = mpsc::channel(1);
        let mut waits = Vec::new();
        for _ in 0..tries {
            let ticket = self.next.fetch_add(1, Ordering::Relaxed);
            waits.push(Waits::new(self, ticket, sender.clone()));
            send(PieceWanted {
                ticket,
                ..wish.clone()
            })
            .await;
            if let Ok(Some(answer)) = tokio::time::timeout(PATIENCE, answers.recv()).await {
                return answer;
            }
        }
        Err(format!(
            "the other box did not answer {tries} times, {PATIENCE:?} each"
        ))
    }
}

/// Names a file that came, if it is what was wanted.
async fn settle(
    came: Result<(), String>,
    part: PathBuf,
    place: PathBuf,
    file: &Belonging,
) -> Result<(), String> {
    let wanted = file.sha256.clone();
    blocking(move || {
        let named = came.and_then(|()| {
            let hash = sha256(&part).map_err(|error| error.to_string())?;
            if hash != wanted {
                return Err("it changed on its way, or while it was read".to_owned());
            }
            fs::rename(&part, &place).map_err(|error| error.to_string())
        });
        if named.is_err() {
            // What is left of it is in nobody's way: the next try makes its own.
            let _ = fs::remove_file(&part);
        }
        named
    })
    .await
}

/// A place in the table of those who wait, for as long as somebody does.
struct Waits<'a> {
    fetcher: &'a Fetcher,
    ticket: u64,
}

impl<'a> Waits<'a> {
    fn new(fetcher: &'a Fetcher, ticket: u64, sender: Waiting) -> Self {
        fetcher
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(ticket, sender);
        Self { fetcher, ticket }
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.fetcher
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.ticket);
    }
}

/// The file that pieces are written into, at its full length.
fn make(path: &Path, size: u64) -> io::Result<Arc<File>> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let file = File::create(path)?;
    file.set_len(size)?;
    Ok(Arc::new(file))
}

fn part_of(place: &Path, number: u64) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(format!(".{number}.part"));
    name.into()
}

async fn blocking<T: std::marker::Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + std::marker::Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(error.to_string()),
    }
}
