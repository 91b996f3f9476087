//! Other boxes: the coordinator where `--redis` names a Redis, else none.

use super::Fault;
use crate::config::Config;
use crate::engine::Engine;
use crate::engine::boxes::{BoxWord, LinkState};
use crate::engine::ports::StageRunner;
use crate::executor;
use crate::objects::Objects;
use crate::transport::coordinator::{Coordinator, Parts};
use crate::transport::files::Stock;
use crate::transport::key::KeyRing;
use crate::transport::link::RedisLink;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The coordinator in front of this box's own runner; none where no Redis is configured.
///
/// # Errors
/// An address or a key that can't be used.
pub(super) fn coordinator(
    config: &Config,
    engine: &Engine,
    local: Arc<dyn StageRunner>,
    objects: &Objects,
    stop: &CancellationToken,
) -> Result<Option<Coordinator>, Fault> {
    let Some(url) = &config.redis else {
        return Ok(None);
    };
    let link = RedisLink::open(url.expose()).map_err(Fault::of)?;
    let keys =
        KeyRing::coordinator(config.boxes.key.as_ref(), &config.data_dir).map_err(Fault::of)?;
    engine.note_link(LinkState::Cut("Redis was not reached yet".to_owned()));
    let place = config.data_dir.clone();
    let parts = Parts {
        engine: engine.clone(),
        local,
        link: Arc::new(link),
        keys,
        data_dir: config.data_dir.clone(),
        stock: Arc::new(stock(&config.data_dir, objects)),
        prepare: Box::new(move |workflow| executor::claim(&place, workflow)),
        lost_after: config.boxes.lost_after,
        log_cap: config.limits.log,
        stop: stop.clone(),
    };
    Coordinator::new(parts).map(Some).map_err(Fault::of)
}

/// The files below a data directory, as they move from box to box.
pub(super) fn stock(data_dir: &Path, objects: &Objects) -> Stock {
    let place = data_dir.to_owned();
    Stock::new(
        data_dir,
        Box::new(move |workflow| executor::kept_files(&place, workflow)),
    )
    .with_objects(objects.clone())
}

/// Without a Redis nobody hears of other boxes again: what they held begins anew here.
///
/// # Errors
/// The database's.
pub(super) async fn give_up_others(engine: &Engine) -> Result<(), Fault> {
    for facts in engine.boxes() {
        if !facts.home && !facts.presence.is_away() {
            tracing::warn!(component = "BOXES", r#box = %facts.name, "no Redis is configured: the box is given up, and what it held begins anew");
            let word = BoxWord::Lost(facts.name);
            engine.box_word(word).await.map_err(Fault::of)?;
        }
    }
    Ok(())
}
