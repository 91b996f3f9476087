//! Where files of workflows come from and go to: what a worker needs of whoever keeps them.

use crate::domain::Outcome;
use crate::engine::ports::Order;
use crate::transport::letter::{Belonging, Piece, PieceWanted, Up};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

/// Sends letters that do not count: they may come late, twice or never.
#[derive(Clone)]
pub struct Post {
    out: mpsc::Sender<Up>,
}

impl Post {
    pub(super) fn new(out: mpsc::Sender<Up>) -> Self {
        Self { out }
    }

    /// Asks the coordinator for a piece; it comes to `Files::piece`, or not at all.
    pub async fn ask(&self, wanted: PieceWanted) {
        // A worker that ends asks for nothing more.
        let _ = self.out.send(Up::Give(wanted)).await;
    }

    pub(super) async fn give(&self, piece: Piece) {
        let _ = self.out.send(Up::Piece(piece)).await;
    }
}

/// The files of workflows on this box.
pub trait Files: Send + Sync + 'static {
    /// What there is of a workflow that another box may want. Blocks: it may have to read all of it.
    fn belongings(&self, workflow: &str) -> Vec<Belonging>;
    /// A piece of one of them. Blocks.
    fn give(&self, wanted: &PieceWanted) -> Piece;
    /// Brings what an order's stage may want and which is not here.
    ///
    /// # Errors
    /// How the attempt ends, which can't begin then.
    fn bring<'a>(
        &'a self,
        order: &'a Order,
        files: &'a [Belonging],
        post: &'a Post,
    ) -> BoxFuture<'a, Result<(), Outcome>>;
    /// A piece came. Does not block.
    fn piece(&self, piece: Piece);
}

/// For boxes that share their data directory's files, or whose stages want none: nothing is brought and nothing given.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn belongings(&self, _workflow: &str) -> Vec<Belonging> {
        Vec::new()
    }

    fn give(&self, wanted: &PieceWanted) -> Piece {
        Piece {
            ticket: wanted.ticket,
            bytes: Err(format!("this box gives no files, so not {}", wanted.path)),
        }
    }

    fn bring<'a>(
        &'a self,
        _order: &'a Order,
        _files: &'a [Belonging],
        _post: &'a Post,
    ) -> BoxFuture<'a, Result<(), Outcome>> {
        Box::pin(async { Ok(()) })
    }

    fn piece(&self, _piece: Piece) {}
}
