//! Puts a worker together.

use super::Worker;
use super::beats::{Beaten, Beats};
use super::book::{Book, Held, Phase};
use super::desk::{Desk, Told};
use super::flow::{Counts, Flow};
use super::follow::{self, Follow};
use super::intake::{Intake, Taken, unreadable};
use super::leftovers;
use super::offer::Offers;
use super::outgo::Outgo;
use super::post::Post;
use super::rest;
use super::tail::Tail;
use super::voice::Voice;
use crate::config::Config;
use crate::domain::Outcome;
use crate::engine::ports::{Order, OwnRunner};
use crate::pipeline::Defaults;
use crate::store::StoreError;
use crate::store::ledger::{KeptOrder, Ledger};
use crate::transport::files::{Fetcher, Stock};
use crate::transport::key::KeyRing;
use crate::transport::letter::{Attempt, OrderDoc};
use crate::transport::link::Link;
use std::collections::HashSet;
use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Letters without a number that may wait.
const LOOSE: usize = 16;

/// What a worker is made of.
pub struct Parts {
    /// Its configuration: data directory, resources, labels, quiet hours.
    pub config: Arc<Config>,
    /// The box's name.
    pub name: String,
    /// Its keys.
    pub keys: KeyRing,
    /// The open ledger.
    pub ledger: Ledger,
    /// What letters go over.
    pub link: Arc<dyn Link>,
    /// What beats go over: another connection.
    pub beat_link: Arc<dyn Link>,
    /// Runs attempts on this box.
    pub runner: Arc<dyn OwnRunner>,
    /// The workflows' files on this box.
    pub stock: Arc<Stock>,
}

/// Why a worker did not begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The ledger can't be read.
    #[error("the ledger can't be read: {0}")]
    Ledger(#[from] StoreError),
    /// No thread, or no random word.
    #[error("the worker can't begin: {0}")]
    System(#[from] io::Error),
}

/// What the ledger held.
struct Earlier {
    holds: Vec<(Attempt, Held)>,
    adopted: Vec<Order>,
    refused: Vec<(Attempt, Outcome)>,
}

pub(super) fn start(parts: Parts) -> Result<Worker, StartError> {
    let Parts {
        config,
        name,
        keys,
        ledger,
        link,
        beat_link,
        runner,
        stock,
    } = parts;
    let session = random_word()?;
    let defaults = Defaults::from(&*config);
    let letters = ledger.reader()?;
    let first = letters.letters(ledger.id(), 0, 1, 0)?;
    let first = first.first().map(|(number, _)| *number);
    let last = ledger.last();
    let flow = Arc::new(Flow::new(Counts {
        ledger: ledger.id().into(),
        last,
        acked: first.map_or(last, |first| first - 1),
    }));
    let earlier = earlier(ledger.orders()?, &config, &defaults);
    let held: HashSet<String> = earlier
        .holds
        .iter()
        .map(|(attempt, _)| attempt.workflow.clone())
        .collect();
    // Before any order is read: what one of them begins is not old.
    leftovers::sweep(&config.data_dir, &held);
    let (book, fatal) = (Arc::new(Book::default()), watch::Sender::new(None));
    book.hold(earlier.holds);
    let told = Told {
        book: Arc::clone(&book),
        flow: Arc::clone(&flow),
        fatal: fatal.clone(),
        data_dir: config.data_dir.clone(),
    };
    let (desk, clerk) = Desk::open(ledger, told)?;
    let (stop, beats_stop) = (CancellationToken::new(), CancellationToken::new());
    let (post, loose) = mpsc::channel(LOOSE);
    let post = Post::new(post);
    let voice = Arc::new(Voice {
        book: Arc::clone(&book),
        desk: desk.clone(),
        flow: Arc::clone(&flow),
        stock: Arc::clone(&stock),
        follow: Arc::new(Follow::default()),
        data_dir: config.data_dir.clone(),
        offers: Offers {
            book: Arc::clone(&book),
            desk: desk.clone(),
            post: post.clone(),
            data_dir: config.data_dir.clone(),
            stop: stop.clone(),
        },
        runtime: tokio::runtime::Handle::current(),
    });
    follow::start(Arc::clone(&voice))?;
    let lost_after = u64::try_from(config.boxes.lost_after.as_millis()).unwrap_or(u64::MAX);
    let lost_after_ms = Arc::new(AtomicU64::new(lost_after));
    let tasks = TaskTracker::new();
    let beaten = watch::Sender::new(Beaten::default());
    let beats = Beats {
        name: name.clone(),
        session: session.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        resources: config.resources.clone(),
        labels: config.node.labels.clone(),
        keys: keys.clone(),
        link: beat_link,
        lost_after_ms: Arc::clone(&lost_after_ms),
        book: Arc::clone(&book),
        flow: Arc::clone(&flow),
        voice: Arc::clone(&voice),
        runner: Arc::clone(&runner),
        count: beaten.clone(),
        stop: beats_stop.clone(),
    };
    let outgo = Outgo {
        name: name.clone(),
        session: session.clone(),
        keys: keys.clone(),
        link: Arc::clone(&link),
        letters: Arc::new(Mutex::new(letters)),
        flow: Arc::clone(&flow),
        loose,
        stop: stop.clone(),
    };
    let intake = Arc::new(Intake {
        name,
        keys,
        link,
        data_dir: config.data_dir.clone(),
        defaults,
        lost_after_ms,
        book: Arc::clone(&book),
        desk: desk.clone(),
        flow: Arc::clone(&flow),
        voice: Arc::clone(&voice),
        runner: Arc::clone(&runner),
        fetcher: Fetcher::new(stock),
        post,
        stop: stop.clone(),
        tasks: tasks.clone(),
    });
    // Once, also with nothing: earlier journals go then.
    runner.adopt(earlier.adopted);
    let refusing = Arc::clone(&voice);
    tasks.spawn_blocking(move || {
        for (attempt, outcome) in earlier.refused {
            refusing.end(&attempt, None, outcome);
        }
    });
    tasks.spawn(outgo.run());
    tasks.spawn(intake.run(session));
    tasks.spawn(rest::watch(Arc::clone(&book), config, stop.clone()));
    let threads = vec![clerk, beats.start()?];
    Ok(Worker {
        book,
        flow,
        desk,
        voice,
        runner,
        beaten,
        fatal,
        stop,
        beats_stop,
        tasks,
        threads,
    })
}

/// What was taken in an earlier life: some of it has ended and is not answered, the rest is for the runner to find again.
fn earlier(kept: Vec<KeptOrder>, config: &Config, defaults: &Defaults) -> Earlier {
    let mut earlier = Earlier {
        holds: Vec::new(),
        adopted: Vec::new(),
        refused: Vec::new(),
    };
    for order in kept {
        let attempt = Attempt {
            workflow: order.key.workflow,
            stage: order.key.stage,
            attempt: order.key.attempt,
        };
        let read = serde_json::from_str::<OrderDoc>(&order.doc)
            .map(|doc| Taken::read(doc, &config.data_dir, defaults));
        let name = read.as_ref().ok().and_then(|one| one.log(&config.data_dir));
        let mut known = None;
        let phase = order.ended.map_or(Phase::Given, Phase::Told);
        let problem = match read {
            Err(error) => Some(error.to_string()),
            Ok(taken) => match taken.order {
                Err(error) => Some(error.to_string()),
                Ok(order) => {
                    let home = taken.doc.home().to_owned();
                    known = Some((Arc::clone(&order.workflow), home));
                    if matches!(phase, Phase::Given) {
                        earlier.adopted.push(order);
                    }
                    None
                }
            },
        };
        if let (Some(problem), Phase::Given) = (problem, &phase) {
            earlier
                .refused
                .push((attempt.clone(), unreadable(&problem)));
        }
        let held = Held {
            order: known,
            tail: Arc::new(Mutex::new(Tail::new(name, order.logged))),
            phase,
            cut: None,
        };
        earlier.holds.push((attempt, held));
    }
    earlier
}

fn random_word() -> io::Result<String> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!("{:016x}", u64::from_le_bytes(bytes)))
}
