//! What a workflow made that people can look at, read out of its outputs: the video in each quality, its thumbnails, and what
//! is known of each file. The one place that knows under which names the stages give them.

use crate::domain::{Value, Values, Workflow};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A finished file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Where it stands on this box, or stood.
    pub path: PathBuf,
    /// Its path below the media directory: its name in a store.
    pub key: Option<String>,
    /// In hexadecimal, where it was stored.
    pub sha256: Option<String>,
}

/// A video in one quality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition {
    /// `720p`: the shorter side; `original` where nobody measured it.
    pub quality: String,
    /// The file.
    pub asset: Asset,
}

/// Everything that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    /// The video itself.
    pub video: Rendition,
    /// It and the smaller forms of it, smallest first.
    pub renditions: Vec<Rendition>,
    /// In the order of their moments.
    pub thumbnails: Vec<Asset>,
}

/// The lines of a quality's name.
#[must_use]
pub fn lines(quality: &str) -> Option<u32> {
    let digits = quality.strip_suffix('p')?;
    let plain = (1..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

impl Assets {
    /// What this workflow made; none where it made no video (yet).
    #[must_use]
    pub fn of(workflow: &Workflow, media: &Path) -> Option<Self> {
        let hashes = hashes(workflow);
        let asset = |path: &str| {
            let path = PathBuf::from(path);
            let key = path
                .strip_prefix(media)
                .ok()
                .map(|rest| rest.to_string_lossy().into_owned());
            let sha256 = key.as_ref().and_then(|key| hashes.get(key).cloned());
            Asset { path, key, sha256 }
        };
        let whole = asset(found(workflow, "videoPath")?.as_text()?);
        let mut renditions: Vec<Rendition> = found(workflow, "renditions")
            .and_then(Value::as_map)
            .into_iter()
            .flatten()
            .filter_map(|(quality, path)| {
                let asset = asset(path.as_text()?);
                (lines(quality).is_some()).then(|| Rendition {
                    quality: quality.clone(),
                    asset,
                })
            })
            .collect();
        let named = renditions
            .iter()
            .find(|one| one.asset.path == whole.path)
            .cloned();
        let video = named.unwrap_or_else(|| Rendition {
            quality: shorter_side(workflow).unwrap_or_else(|| "original".to_owned()),
            asset: whole,
        });
        if !renditions.contains(&video) {
            renditions.push(video.clone());
        }
        renditions.sort_by_key(|one| lines(&one.quality).unwrap_or(u32::MAX));
        let thumbnails = found(workflow, "thumbnails")
            .and_then(Value::as_list)
            .unwrap_or_default();
        Some(Self {
            video,
            renditions,
            thumbnails: thumbnails
                .iter()
                .filter_map(Value::as_text)
                .map(asset)
                .collect(),
        })
    }

    /// The video in this quality, else the next lower that was made, else the lowest.
    #[must_use]
    pub fn at_most(&self, quality: &str) -> &Rendition {
        let wanted = lines(quality).unwrap_or(u32::MAX);
        self.renditions
            .iter()
            .rev()
            .find(|one| lines(&one.quality).is_some_and(|lines| lines <= wanted))
            .or(self.renditions.first())
            .unwrap_or(&self.video)
    }
}

/// What the workflow gives under a name, else what the first of its stages does.
fn found<'a>(workflow: &'a Workflow, name: &str) -> Option<&'a Value> {
    workflow.outputs.get(name).or_else(|| {
        workflow
            .stages
            .iter()
            .find_map(|stage| stage.outputs.get(name))
    })
}

/// A number that a stage gives, by name.
#[must_use]
pub fn number(workflow: &Workflow, name: &str) -> Option<f64> {
    found(workflow, name).and_then(Value::as_number)
}

/// A number without its fraction.
#[must_use]
pub fn whole(number: Option<f64>) -> Option<u64> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a file's size, never negative and far below 2^53"
    )]
    number.map(|number| number.max(0.0) as u64)
}

/// An object that a stage gives, by name.
#[must_use]
pub fn map<'a>(workflow: &'a Workflow, name: &str) -> Option<&'a Values> {
    found(workflow, name).and_then(Value::as_map)
}

/// A text that a stage gives, by name.
#[must_use]
pub fn text<'a>(workflow: &'a Workflow, name: &str) -> Option<&'a str> {
    found(workflow, name).and_then(Value::as_text)
}

/// A list that a stage gives, by name.
#[must_use]
pub fn list<'a>(workflow: &'a Workflow, name: &str) -> &'a [Value] {
    found(workflow, name)
        .and_then(Value::as_list)
        .unwrap_or_default()
}

/// Pixels across and down, where a stage told them.
#[must_use]
pub fn dimensions(workflow: &Workflow) -> Option<(i64, i64)> {
    let side = |name: &str| match found(workflow, name) {
        Some(Value::Int(pixels)) if *pixels > 0 => Some(*pixels),
        _ => None,
    };
    Some((side("width")?, side("height")?))
}

fn shorter_side(workflow: &Workflow) -> Option<String> {
    let (width, height) = dimensions(workflow)?;
    Some(format!("{}p", width.min(height)))
}

/// The hashes by key that storing gave.
fn hashes(workflow: &Workflow) -> BTreeMap<String, String> {
    map(workflow, "sha256")
        .into_iter()
        .flatten()
        .filter_map(|(key, hash)| Some((key.clone(), hash.as_text()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendition(quality: &str) -> Rendition {
        let asset = Asset {
            path: PathBuf::from(quality),
            key: None,
            sha256: None,
        };
        Rendition {
            quality: quality.to_owned(),
            asset,
        }
    }

    #[test]
    fn the_next_lower_quality_stands_in() {
        let assets = |made: &[&str]| Assets {
            video: rendition("1080p"),
            renditions: made.iter().map(|one| rendition(one)).collect(),
            thumbnails: Vec::new(),
        };
        let both = assets(&["720p", "1080p"]);
        assert_eq!(both.at_most("720p").quality, "720p");
        assert_eq!(both.at_most("1080p").quality, "1080p");
        assert_eq!(both.at_most("2160p").quality, "1080p");
        assert_eq!(
            both.at_most("480p").quality,
            "720p",
            "nothing lower was made"
        );
        assert_eq!(assets(&["720p"]).at_most("1080p").quality, "720p");
        assert_eq!(assets(&["original"]).at_most("720p").quality, "original");
    }

    #[test]
    fn a_quality_is_named_by_its_lines() {
        assert_eq!(lines("720p"), Some(720));
        for other in ["720", "p", "+720p", "720P", "9999999p", "original"] {
            assert_eq!(lines(other), None, "{other}");
        }
    }
}
