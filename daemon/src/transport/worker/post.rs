//! Letters that do not count: they may come late, twice or never.

use crate::transport::letter::{PieceWanted, Up};
use tokio::sync::mpsc;

/// Where they are brought to. Clones share it.
#[derive(Clone)]
pub(super) struct Post {
    out: mpsc::Sender<Up>,
}

impl Post {
    pub fn new(out: mpsc::Sender<Up>) -> Self {
        Self { out }
    }

    pub async fn say(&self, up: Up) {
        // A worker that ends says nothing more.
        let _ = self.out.send(up).await;
    }

    pub async fn ask(self, wanted: PieceWanted) {
        self.say(Up::Give(wanted)).await;
    }
}
