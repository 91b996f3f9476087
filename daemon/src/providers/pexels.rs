//! Pexels: footage by words, `GET {base_url}/videos/search`, with the key bare in `Authorization`.
//!
//! Its limit is told on success alone; a refusal for it says nothing. So the moment of the reset is remembered from the last
//! success, and an hour is waited where none is known.

use super::call::{Service, Shown};
use super::trouble::UNSAID;
use super::{Lacks, Trouble, base, key};
use crate::config::Config;
use crate::domain::ErrorClass;
use crate::outbound::Answer;
use hyper::Method;
use serde::Deserialize;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const TOTAL: Duration = Duration::from_secs(30);
const LARGEST: usize = 4 << 20;
const HOUR: Duration = Duration::from_secs(3_600);
/// A reset beyond this is the month's: the hour's limit is what was met, most likely.
const SOON: i64 = 2 * 3_600;

/// When the limit is reset, in seconds since 1970, as the last success told; 0: not known. One key, one limit.
static RESET: AtomicI64 = AtomicI64::new(0);
/// Requests that were left then.
static LEFT: AtomicI64 = AtomicI64::new(i64::MAX);

/// Finds footage.
#[derive(Clone)]
pub struct Pexels {
    service: Service,
}

/// A video that may be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its id there.
    pub id: u64,
    /// Where its file is.
    pub link: String,
    /// Pixels across and down of that file.
    pub width: u32,
    /// See `width`.
    pub height: u32,
    /// Seconds.
    pub duration: f64,
    /// Who made it.
    pub author: String,
    /// Its page, for the credit.
    pub page: String,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Wider than high.
    pub wide: bool,
    /// Pixels on the short side, at least, where there is any.
    pub short: u32,
    /// Seconds, at least, where there is any.
    pub duration: f64,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    videos: Vec<Video>,
}

#[derive(Deserialize)]
struct Video {
    id: u64,
    #[serde(default)]
    url: String,
    #[serde(default)]
    duration: f64,
    #[serde(default)]
    user: User,
    #[serde(default)]
    video_files: Vec<File>,
}

#[derive(Deserialize, Default)]
struct User {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct File {
    link: String,
    #[serde(default)]
    file_type: String,
    width: Option<u32>,
    height: Option<u32>,
}

impl Pexels {
    /// `[providers.pexels]`.
    ///
    /// # Errors
    /// What it lacks.
    pub fn of(config: &Config) -> Result<Self, Lacks> {
        let pexels = &config.providers.pexels;
        let base = base(pexels.base_url.as_deref(), "https://api.pexels.com/v1");
        let key = key("pexels", pexels.api_key.as_ref())?;
        let service = Service::new("pexels", base, key, Shown::Bare, config, TOTAL, LARGEST);
        Ok(Self { service })
    }

    /// Its service alone.
    #[must_use]
    pub(super) fn into_service(self) -> Service {
        self.service
    }

    /// Where its service is: links on the same origin are trusted like it.
    #[must_use]
    pub fn base(&self) -> &str {
        self.service.base()
    }

    /// Videos for these words, best first; of each the file that fits best. Those that don't fit the form come last.
    ///
    /// # Errors
    /// The service's; a limit says when it is reset.
    pub async fn search(&self, words: &str, wanted: Wanted) -> Result<Vec<Found>, Trouble> {
        let orientation = if wanted.wide { "landscape" } else { "portrait" };
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("query", words)
            .append_pair("orientation", orientation)
            .append_pair("per_page", "40")
            .finish();
        let answer = self
            .service
            .send(Method::GET, &format!("/videos/search?{query}"), None)
            .await
            .map_err(limited)?;
        remember(&answer);
        let page: Page = self.service.json(&answer)?;
        Ok(ranked(page.videos, wanted))
    }
}

fn remember(answer: &Answer) {
    let number = |name: &str| {
        let value = answer.headers.get(name)?;
        value.to_str().ok()?.trim().parse().ok()
    };
    if let Some(reset) = number("x-ratelimit-reset") {
        RESET.store(reset, Ordering::Relaxed);
    }
    if let Some(left) = number("x-ratelimit-remaining") {
        LEFT.store(left, Ordering::Relaxed);
    }
}

/// A refusal for the limit, with the time until its reset: as it says itself, else as the last success told.
fn limited(trouble: Trouble) -> Trouble {
    if trouble.class != ErrorClass::RateLimit {
        return trouble;
    }
    let until = RESET.load(Ordering::Relaxed) - jiff::Timestamp::now().as_second();
    let wait = after(trouble.wait, until, LEFT.load(Ordering::Relaxed));
    Trouble {
        wait: Some(wait),
        ..trouble
    }
}

/// `until`: seconds to the reset that is known. The reset is the month's unless it is near; with requests left, an hour's
/// limit was met.
fn after(said: Option<Duration>, until: i64, left: i64) -> Duration {
    if let Some(said) = said.filter(|said| *said != UNSAID) {
        return said;
    }
    let is_near = (1..=SOON).contains(&until);
    match u64::try_from(until) {
        Ok(until) if is_near || (left <= 0 && until > 0) => Duration::from_secs(until),
        _ => HOUR,
    }
}

fn ranked(videos: Vec<Video>, wanted: Wanted) -> Vec<Found> {
    let mut found: Vec<(bool, Found)> = videos
        .into_iter()
        .filter_map(|video| best(video, wanted))
        .collect();
    // The sort keeps the service's order among equals.
    found.sort_by_key(|(fits, _)| !fits);
    found.into_iter().map(|(_, found)| found).collect()
}

/// The smallest file that is large enough, else the largest; and whether the video fits form and length.
fn best(video: Video, wanted: Wanted) -> Option<(bool, Found)> {
    let mut files: Vec<(u32, u32, String)> = video
        .video_files
        .into_iter()
        .filter(|file| file.file_type == "video/mp4")
        .filter_map(|file| {
            Some((
                file.width.filter(|side| *side > 0)?,
                file.height.filter(|side| *side > 0)?,
                file.link,
            ))
        })
        .collect();
    files.sort_by_key(|(width, height, _)| u64::from(*width) * u64::from(*height));
    let enough = files
        .iter()
        .position(|(width, height, _)| *width.min(height) >= wanted.short);
    let index = enough.or_else(|| files.len().checked_sub(1))?;
    let (width, height, link) = files.swap_remove(index);
    let fits = (width > height) == wanted.wide && video.duration >= wanted.duration;
    Some((
        fits,
        Found {
            id: video.id,
            link,
            width,
            height,
            duration: video.duration,
            author: video.user.name,
            page: video.url,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn video(id: u64, duration: f64, files: &[(u32, u32)]) -> serde_json::Value {
        let files: Vec<_> = files
            .iter()
            .map(|(width, height)| serde_json::json!({"id": 1, "quality": "hd", "file_type": "video/mp4", "width": width, "height": height, "link": format!("https://v/{width}")}))
            .chain([serde_json::json!({"file_type": "video/mp4", "width": null, "height": null, "link": "https://v/hls"})])
            .collect();
        serde_json::json!({"id": id, "duration": duration, "url": "https://p", "user": {"name": "Ann"}, "video_files": files})
    }

    #[test]
    fn a_limit_is_waited_out() {
        let minute = Duration::from_secs(60);
        assert_eq!(
            after(Some(Duration::from_secs(90)), 500, 0),
            Duration::from_secs(90)
        );
        assert_eq!(after(Some(UNSAID), 500, 3), Duration::from_secs(500));
        assert_eq!(after(Some(UNSAID), 20 * 86_400, 3), minute * 60);
        assert_eq!(after(Some(UNSAID), 20 * 86_400, 0), minute * 60 * 24 * 20);
        assert_eq!(after(None, -5, 0), HOUR);
    }

    #[test]
    fn the_smallest_file_that_is_enough_is_taken_and_what_fits_comes_first() {
        let page: Page = serde_json::from_value(serde_json::json!({"page": 1, "videos": [
            video(1, 3.0, &[(720, 1280)]),
            video(2, 20.0, &[(2160, 3840), (1080, 1920), (540, 960)]),
            video(3, 20.0, &[(1920, 1080)]),
            video(4, 20.0, &[]),
        ]}))
        .unwrap();
        let found = ranked(
            page.videos,
            Wanted {
                wide: false,
                short: 1_080,
                duration: 5.0,
            },
        );
        let shown: Vec<(u64, u32)> = found.iter().map(|one| (one.id, one.width)).collect();
        assert_eq!(shown, [(2, 1_080), (1, 720), (3, 1_920)]);
        assert_eq!(found[0].author, "Ann");
    }
}
