//! Work that was done once is not done again: a piece of a stage's work says what it follows from and which files it makes,
//! and where the cache has them, they are copied from there.
//!
//! ```text
//!  Piece ── facts, files that are read (by their bytes), programs ─▶ key ─▶ cache ─┬ there ─▶ files copied, `reused`
//!                                                                                 └ not ─▶ made by one, then kept
//! ```
//!
//! - Only what follows from its inputs alone is a piece. What a person must decide, what leaves this box, and what a model
//!   would invent anew never is; a sentence that a service spoke is.
//! - Reel's own version is part of every key but that of what was paid for: its code is a tool like any other.
//! - While one stage makes a piece, others that want the same wait for it: a batch of equal ones pays once.
//! - The cache never fails a stage: what goes wrong with it is logged, and the work is done.

use super::{files, programs};
use crate::attempt_log::Level;
use crate::cache::{About, Cache, Claim, Item, Keeping, Key, Maker, identity};
use crate::domain::{Value, Values};
use crate::executor::stage::{StageContext, StageError, Step};
use crate::pipeline::json;
use std::ffi::OsStr;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A piece of work: what it follows from, and what it makes.
#[derive(Debug, Clone)]
pub struct Piece {
    maker: Maker,
    kind: &'static str,
    programs: Vec<String>,
    reads: Vec<Item>,
    makes: Vec<Item>,
}

/// What a look for a piece found.
pub enum Look {
    /// Its files are in their places; these facts were kept with them.
    Found(Values),
    /// It is to be made.
    Missing(Making),
}

/// A piece that is being made here, and by nobody else meanwhile.
pub struct Making {
    cache: Cache,
    kept: Option<(Key, Claim)>,
    makes: Vec<Item>,
    since: Instant,
}

impl Piece {
    /// Of this kind. `revision` is raised when the same inputs shall give something else.
    #[must_use]
    pub fn new(kind: &'static str, revision: u32) -> Self {
        let piece = Self::paid(kind, revision);
        Self {
            maker: piece.maker.with("reel", env!("CARGO_PKG_VERSION")),
            ..piece
        }
    }

    /// One that was paid for: a new version of Reel does not pay again.
    #[must_use]
    pub fn paid(kind: &'static str, revision: u32) -> Self {
        Self {
            maker: Maker::new(kind).with("revision", &revision.to_string()),
            kind,
            programs: Vec::new(),
            reads: Vec::new(),
            makes: Vec::new(),
        }
    }

    /// It follows from this fact.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Display) -> Self {
        self.maker = self.maker.with(name, &value.to_string());
        self
    }

    /// It follows from the bytes of this file. The name stands for it in the key, so that the same bytes elsewhere are the same.
    #[must_use]
    pub fn reads(mut self, name: &str, path: &Path) -> Self {
        self.reads.push(item(name, path));
        self
    }

    /// It makes this file.
    #[must_use]
    pub fn makes(mut self, name: &str, path: &Path) -> Self {
        self.makes.push(item(name, path));
        self
    }

    /// This program makes it.
    #[must_use]
    pub fn by(mut self, program: &str) -> Self {
        self.programs.push(program.to_owned());
        self
    }

    /// This step makes it: its program, and its arguments with the piece's own files by their names.
    #[must_use]
    pub fn step(self, step: &Step) -> Self {
        let arguments: Vec<String> = step.args.iter().map(|arg| self.named(arg)).collect();
        self.by(&step.program.to_string_lossy())
            .fact("arguments", arguments.join("\0"))
    }

    /// An argument in which the piece's files stand by their names.
    fn named(&self, argument: &OsStr) -> String {
        let mut text = argument.to_string_lossy().into_owned();
        for made in &self.makes {
            let part = files::part(&made.path);
            text = text.replace(&*part.to_string_lossy(), &format!("<{}>", made.name));
        }
        for read in &self.reads {
            text = text.replace(&*read.path.to_string_lossy(), &format!("<{}>", read.name));
        }
        text
    }

    /// Looks whether it was made before. What is found is in its place, and the log says so.
    ///
    /// # Errors
    /// `Cancelled`; nothing that goes wrong with the cache.
    pub async fn look(self, context: &StageContext) -> Result<Look, StageError> {
        let cache = context.outside.cache.clone();
        let making = |kept, makes| Making {
            cache: cache.clone(),
            kept,
            makes,
            since: Instant::now(),
        };
        if !cache.is_on() {
            return Ok(Look::Missing(making(None, self.makes)));
        }
        let (kind, makes) = (self.kind, self.makes.clone());
        // A part is what an earlier life of this attempt began: its program may still be at it, and is waited for instead.
        let begun = makes.iter().any(|made| files::part(&made.path).exists());
        let Some(key) = self.key(context).await? else {
            return Ok(Look::Missing(making(None, makes)));
        };
        let claim = tokio::select! {
            () = context.cancelled().cancelled() => return Err(StageError::Cancelled),
            claim = cache.alone(&key) => claim,
        };
        if begun {
            return Ok(Look::Missing(making(Some((key, claim)), makes)));
        }
        let (items, stop) = (makes.clone(), context.cancelled().clone());
        let (from, wanted) = (cache.clone(), key.clone());
        let taken = files::blocking(move || {
            from.take(&wanted, &items, &|| stop.is_cancelled())
                .map_err(|_| StageError::Cancelled)
        })
        .await?;
        let Some(about) = taken else {
            return Ok(Look::Missing(making(Some((key, claim)), makes)));
        };
        context.log(Level::Info, &told(kind, &about));
        let facts = about.facts.as_object().map(json::values);
        Ok(Look::Found(facts.unwrap_or_default()))
    }

    /// Its key; none where an input or a program is not there: the work itself tells that better.
    async fn key(self, context: &StageContext) -> Result<Option<Key>, StageError> {
        let Self {
            mut maker,
            programs,
            reads,
            ..
        } = self;
        let (cache, stop) = (context.outside.cache.clone(), context.cancelled().clone());
        files::blocking(move || {
            let search = std::env::var_os("PATH");
            for program in programs {
                let Some(identity) = identity(OsStr::new(&program), search.as_deref()) else {
                    return Ok(None);
                };
                maker = maker.with("program", &identity);
            }
            for Item { name, path } in reads {
                let Ok(hash) = cache.hash_of(&path, &|| stop.is_cancelled()) else {
                    return if stop.is_cancelled() {
                        Err(StageError::Cancelled)
                    } else {
                        Ok(None)
                    };
                };
                maker = maker.with(&format!("file {name}"), &hash);
            }
            Ok(Some(maker.key()))
        })
        .await
    }
}

impl Making {
    /// Keeps what was made, with facts about it; its files have their names. Never fails: what goes wrong is logged.
    pub async fn keep(self, context: &StageContext, facts: &Values) {
        let Self {
            cache,
            kept: Some((key, claim)),
            makes,
            since,
        } = self
        else {
            return;
        };
        let about = About {
            workflow: context.workflow_id.clone(),
            made_at: jiff::Timestamp::now().as_millisecond(),
            took_ms: u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
            facts: serde_json::Value::Object(json::object(facts)),
        };
        let stop = context.cancelled().clone();
        let kept = tokio::task::spawn_blocking(move || {
            let kept = cache.keep(&key, &makes, &about, &|| stop.is_cancelled());
            drop(claim);
            kept
        })
        .await;
        match kept {
            Ok(Ok(Keeping::Kept(_))) => {}
            Ok(Ok(Keeping::Left(why))) => {
                context.log(Level::Debug, &format!("not kept for reuse: {why}"));
            }
            Ok(Err(error)) => {
                context.log(Level::Warn, &format!("not kept for reuse: {error}"));
            }
            Err(broke) => {
                context.log(Level::Warn, &format!("not kept for reuse: {broke}"));
            }
        }
    }
}

/// Makes a piece by a program, or takes it from the cache; its files then have their names. True: it was taken.
///
/// # Errors
/// The step's; class `provider` when the program ends with another code than 0; what the disk says.
pub async fn or_run(
    context: &StageContext,
    name: &str,
    step: Step,
    piece: Piece,
) -> Result<bool, StageError> {
    let making = match piece.step(&step).look(context).await? {
        Look::Found(_) => {
            if let Some((_, to)) = step.progress {
                context.progress(to, None);
            }
            return Ok(true);
        }
        Look::Missing(making) => making,
    };
    programs::run(context, name, step).await?;
    for made in &making.makes {
        let (part, path) = (files::part(&made.path), made.path.clone());
        files::blocking(move || files::finish(&part, &path)).await?;
    }
    making.keep(context, &Values::new()).await;
    Ok(false)
}

/// Says in a stage's outputs that nothing of them was made now.
pub fn say(outputs: &mut Values, reused: bool) {
    if reused {
        outputs.insert("reused".to_owned(), Value::Bool(true));
    }
}

fn item(name: &str, path: &Path) -> Item {
    Item {
        name: name.to_owned(),
        path: PathBuf::from(path),
    }
}

/// A reuse in words, for the attempt's log.
pub fn told(kind: &str, about: &About) -> String {
    let when = jiff::Timestamp::from_millisecond(about.made_at).unwrap_or_default();
    #[allow(clippy::cast_precision_loss, reason = "a span for people")]
    let took = about.took_ms as f64 / 1_000.0;
    format!(
        "reused: {kind}, as made for {} on {when:.0}, which took {took:.1} s",
        about.workflow
    )
}
