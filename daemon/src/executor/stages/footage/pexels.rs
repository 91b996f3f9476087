//! Footage from Pexels: searched by words, fetched once each, with the credit that its licence asks for.

use super::{Footage, usable};
use crate::attempt_log::Level;
use crate::domain::{ErrorClass, Value, Values};
use crate::executor::stage::{StageContext, StageError};
use crate::executor::stages::settings::Frame;
use crate::executor::stages::{download, files, probe, provided, settings};
use crate::outbound::Limits;
use crate::outbound::fetch::{self, Fetch};
use crate::providers::pexels::{Found, Pexels, Wanted};
use hyper::header::HeaderMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

const LIMITS: Limits = Limits {
    connect: Duration::from_secs(10),
    total: Duration::from_secs(60),
    read: 0,
};
/// Files that are fetched at most; a longer narration sees them again, other parts of them.
const FILES: usize = 10;
const QUERIES: usize = 4;
/// A file is at most so large, and so much of the disk is left alone.
const LARGEST: u64 = 1 << 30;
const RESERVE: u64 = 512 << 20;

/// What was found.
pub struct Taken {
    /// Files, best first; empty where nothing was found.
    pub footage: Vec<Footage>,
    /// Who is to be named.
    pub credits: Vec<Value>,
}

/// Searches, and fetches a file for each section as far as there are any.
///
/// # Errors
/// The service's (a limit parks); those of a download; what the disk says.
pub async fn take(
    context: &StageContext,
    pexels: &Pexels,
    sections: usize,
    longest: Duration,
    frame: Frame,
) -> Result<Taken, StageError> {
    let wanted = Wanted {
        wide: frame.is_wide(),
        short: frame.width.min(frame.height),
        duration: longest.as_secs_f64(),
    };
    let queries = queries(context);
    let mut lists = Vec::with_capacity(queries.len());
    for query in &queries {
        let found = provided::ask(context, pexels.search(query, wanted)).await?;
        context.log(
            Level::Info,
            &format!("pexels has {} videos for {query:?}", found.len()),
        );
        context.paid("pexels", 1);
        lists.push(found);
    }
    let chosen = chosen(lists, sections.min(FILES));
    let folder = context.work_dir.join("footage");
    let dir = folder.clone();
    files::blocking(move || files::make_dir(&dir)).await?;
    let (mut footage, mut credits) = (Vec::new(), Vec::new());
    for (index, found) in chosen.iter().enumerate() {
        let path = folder.join(format!("pexels-{}-{}.mp4", found.id, found.width));
        context.progress(
            share(index, chosen.len()),
            Some(&format!(
                "fetching footage {} of {}",
                index + 1,
                chosen.len()
            )),
        );
        if !tokio::fs::try_exists(&path).await.unwrap_or(false) {
            bring(context, &found.link, HeaderMap::new(), &path).await?;
        }
        match probe::probe(context, &format!("look-{}", found.id), &path).await {
            Ok(media) => footage.extend(usable(path, &media, frame)),
            Err(StageError::Failed {
                class: ErrorClass::Input,
                message,
                ..
            }) => {
                context.log(Level::Warn, &format!("left out: {message}"));
                continue;
            }
            Err(other) => return Err(other),
        }
        credits.push(credit(found));
    }
    footage.sort_by_key(|one: &Footage| !one.fits);
    Ok(Taken { footage, credits })
}

#[allow(clippy::cast_precision_loss, reason = "a count of files")]
fn share(done: usize, of: usize) -> f64 {
    40.0 * done as f64 / of.max(1) as f64
}

/// Fetches a provider's file by our own client. Its own origin is trusted, every other address judged.
///
/// # Errors
/// Those of a download.
pub async fn bring(
    context: &StageContext,
    url: &str,
    headers: HeaderMap,
    path: &Path,
) -> Result<(), StageError> {
    let client = context.outside.foreign(LIMITS);
    let part = files::part(path);
    let order = Fetch {
        client: &client,
        url,
        headers,
        part: &part,
        largest: LARGEST,
        reserve: RESERVE,
        accept: download::sniff::video,
        progress: &|_, _| {},
        cancel: context.cancelled(),
    };
    fetch::fetch(&order)
        .await
        .map_err(|error| download::told_as(error, url, &part))?;
    let (from, to) = (part, path.to_path_buf());
    files::blocking(move || {
        files::finish(&from, &to)?;
        let note = fetch::note_of(&from);
        match std::fs::remove_file(&note) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(files::failed("removed", &note, &error))
            }
            _ => Ok(()),
        }
    })
    .await
}

fn credit(found: &Found) -> Value {
    let text = if found.author.is_empty() {
        "Video from Pexels".to_owned()
    } else {
        format!("Video by {} on Pexels", found.author)
    };
    Value::Map(Values::from([
        ("provider".to_owned(), Value::from("pexels")),
        ("id".to_owned(), Value::from(found.id.to_string())),
        ("author".to_owned(), Value::from(found.author.as_str())),
        ("url".to_owned(), Value::from(found.page.as_str())),
        ("text".to_owned(), Value::from(text)),
    ]))
}

/// One of each list in turn, none twice.
fn chosen(lists: Vec<Vec<Found>>, most: usize) -> Vec<Found> {
    let mut seen = BTreeSet::new();
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut chosen = Vec::new();
    let mut more = true;
    while more && chosen.len() < most {
        more = false;
        for list in &mut lists {
            if let Some(found) = list.by_ref().find(|found| seen.insert(found.id)) {
                more = true;
                if chosen.len() < most {
                    chosen.push(found);
                }
            }
        }
    }
    chosen
}

/// What is searched: the script's own phrases, else the prompt's telling words, and its first ones alone.
fn queries(context: &StageContext) -> Vec<String> {
    let given = context
        .outputs
        .values()
        .find_map(|outputs| outputs.get("search")?.as_list());
    let mut queries: Vec<String> = given
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_text)
        .map(str::to_owned)
        .take(QUERIES)
        .collect();
    if queries.is_empty() {
        queries =
            of_prompt(settings::text(&context.params, "prompt").unwrap_or(&context.workflow_name));
    }
    queries
}

fn of_prompt(prompt: &str) -> Vec<String> {
    const SMALL: [&str; 40] = [
        "the", "and", "for", "with", "that", "this", "from", "about", "video", "make", "create",
        "short", "of", "on", "in", "to", "is", "are", "an", "how", "why", "what", "your", "you",
        "their", "into", "over", "some", "who", "und", "der", "die", "das", "ein", "eine", "mit",
        "von", "für", "les", "des",
    ];
    let mut words: Vec<&str> = Vec::new();
    for word in prompt
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 2)
    {
        let known = words.iter().any(|known| known.eq_ignore_ascii_case(word));
        if !known && !SMALL.contains(&word.to_lowercase().as_str()) {
            words.push(word);
        }
    }
    let mut queries = vec![words.iter().take(5).copied().collect::<Vec<_>>().join(" ")];
    if words.len() > 2 {
        queries.push(words.iter().take(2).copied().collect::<Vec<_>>().join(" "));
    }
    queries.retain(|query| !query.is_empty());
    if queries.is_empty() {
        queries.push(prompt.chars().take(60).collect());
    }
    queries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(id: u64) -> Found {
        Found {
            id,
            link: String::new(),
            width: 1,
            height: 1,
            duration: 1.0,
            author: "Ann".into(),
            page: "https://p".into(),
        }
    }

    #[test]
    fn lists_take_turns_and_nothing_comes_twice() {
        let ids = |lists: &[&[u64]], most| -> Vec<u64> {
            let lists = lists
                .iter()
                .map(|ids| ids.iter().copied().map(found).collect())
                .collect();
            chosen(lists, most).into_iter().map(|one| one.id).collect()
        };
        assert_eq!(ids(&[&[1, 2, 3], &[1, 4]], 9), [1, 4, 2, 3]);
        assert_eq!(ids(&[&[1, 2, 3]], 2), [1, 2]);
        assert_eq!(ids(&[&[], &[]], 2), Vec::<u64>::new());
    }

    #[test]
    fn a_prompt_becomes_words() {
        assert_eq!(
            of_prompt("Create a video about the endless waves of the Baltic sea"),
            ["endless waves Baltic sea", "endless waves"]
        );
        assert_eq!(of_prompt("海"), ["海"]);
    }

    #[test]
    fn a_credit_names_the_author() {
        let credit = credit(&found(7));
        assert_eq!(
            credit.as_map().unwrap()["text"].as_text(),
            Some("Video by Ann on Pexels")
        );
    }
}
