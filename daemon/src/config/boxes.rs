//! `[redis]` and `[worker]`: other boxes, and how this one behaves as one of them.

use super::problem::Origin;
use super::secret::Secret;
use super::section::Section;
use std::time::Duration;

/// `[redis]`
#[derive(Debug, Clone, PartialEq)]
pub struct Redis {
    /// A box silent for this long is lost and its work moves on.
    pub lost_after: Duration,
    /// Signs the messages; none: `redis.key` in the data directory.
    pub key: Option<Secret>,
}

impl Redis {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        let place = section.place_of("lost_after");
        let lost_after = section.duration_or("lost_after", Duration::from_secs(120));
        if lost_after < Duration::from_secs(5) {
            section.refuse(
                "lost_after",
                place,
                "is shorter than 5 s".to_owned(),
                "write at least \"5s\"",
            );
        }
        Self {
            lost_after,
            key: section.secret("key"),
        }
    }
}

/// `[worker]`
#[derive(Debug, Clone, PartialEq)]
pub struct Worker {
    /// After TERM, stages have this long to end.
    pub drain: Duration,
}

impl Worker {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        Self {
            drain: section.duration_or("drain", Duration::from_secs(30 * 60)),
        }
    }
}

/// Where Redis is: the flag, else `REEL_REDIS_URL`, else the file. It may hold a password, so it is never shown whole.
pub(super) fn address(
    root: &mut Section<'_, '_, '_>,
    flag: Option<&str>,
    file: Option<Secret>,
) -> Option<Secret> {
    let variable = root
        .loading
        .environment
        .get("REEL_REDIS_URL")
        .map(str::to_owned);
    let said = match (flag, variable) {
        (Some(url), _) => Some((url.to_owned(), Origin::Flag("--redis"))),
        (None, Some(url)) => Some((url, Origin::Environment("REEL_REDIS_URL".to_owned()))),
        (None, None) => None,
    };
    let Some((url, origin)) = said else {
        return file;
    };
    if !url.starts_with("redis://") && !url.starts_with("rediss://") && !url.starts_with("unix://")
    {
        root.refuse(
            "redis.url",
            None,
            "is no address of a Redis".to_owned(),
            "write redis://HOST:PORT",
        );
    }
    root.loading
        .effective
        .retain(|effective| effective.key != "redis.url");
    root.loading.note("redis.url", "(hidden)", origin);
    Some(Secret::new(url))
}
