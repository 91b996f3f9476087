//! Brings home what a box made, and gives it what it lacks.

use super::Inner;
use crate::transport::files::SendWanted;
use crate::transport::letter::{Attempt, Belonging, Down, PieceWanted};
use std::sync::Arc;

/// A box offers the files of an attempt that completed: they are brought home, once, and then it may tell the end.
pub(super) fn take(inner: &Arc<Inner>, name: &str, attempt: Attempt, files: Vec<Belonging>) {
    {
        let mut boxes = inner.boxes();
        let Some(link) = boxes.get_mut(name) else {
            return;
        };
        if !link.held.contains_key(&attempt) || link.bringing.contains(&attempt) {
            // One that is not its own is told so by the comparison with its beats.
            return;
        }
        if link.brought.contains(&attempt) {
            link.say(Down::Took(attempt));
            drop(boxes);
            inner.stirred.notify_one();
            return;
        }
        link.bringing.insert(attempt.clone());
    }
    let (inner, name) = (Arc::clone(inner), name.to_owned());
    tokio::spawn(async move {
        let send = asking(&inner, &name);
        let brought = tokio::select! {
            () = inner.parts.stop.cancelled() => return,
            brought = inner.fetcher.bring(&attempt.workflow, files, send) => brought,
        };
        let mut boxes = inner.boxes();
        let Some(link) = boxes.get_mut(&name) else {
            return;
        };
        link.bringing.remove(&attempt);
        match brought {
            Ok(()) if link.held.contains_key(&attempt) => {
                link.brought.insert(attempt.clone());
                link.say(Down::Took(attempt));
            }
            Ok(()) => {}
            Err(problem) => {
                tracing::warn!(component = "BOXES", r#box = %name, videoId = %attempt.workflow, "what a stage made there could not be brought home and is tried again: {problem}");
            }
        }
        drop(boxes);
        inner.stirred.notify_one();
    });
}

/// A box wants a piece of a file that is here, for a workflow that it holds an attempt of.
pub(super) fn give(inner: &Arc<Inner>, name: &str, wanted: PieceWanted) {
    let is_its_own = inner.boxes().get(name).is_some_and(|link| {
        link.held
            .keys()
            .any(|attempt| attempt.workflow == wanted.workflow)
    });
    if !is_its_own {
        return;
    }
    let (inner, name) = (Arc::clone(inner), name.to_owned());
    tokio::spawn(async move {
        let answer = inner.parts.stock.answer(wanted, &inner.parts.stop);
        if let Some(piece) = answer.await {
            inner.say(&name, Down::Piece(piece));
        }
    });
}

fn asking(inner: &Arc<Inner>, name: &str) -> SendWanted {
    let (inner, name) = (Arc::clone(inner), name.to_owned());
    Arc::new(move |wanted| {
        inner.say(&name, Down::Give(wanted));
        Box::pin(async {})
    })
}
