//! What is published about a video, within YouTube's bounds: what does not fit is cut, never refused for its length.

use crate::domain::Value;
use crate::executor::stage::StageContext;
use crate::executor::stages::settings;
use serde_json::{Map, Value as Json, json};

/// Characters of a title.
const TITLE: usize = 100;
/// Bytes of a description.
const DESCRIPTION: usize = 5000;
/// Characters of all tags, with what joins them.
const TAGS: usize = 500;
/// "People & Blogs": what YouTube itself takes where nothing is said.
const CATEGORY: &str = "22";

/// In our own words, for a channel's folder.
pub(super) fn plain(context: &StageContext, channel: &str) -> Json {
    let params = &context.params;
    json!({
        "workflow": context.workflow_id,
        "channel": channel,
        "title": settings::title(context),
        "description": description(context),
        "tags": settings::texts(params, "tags"),
        "privacy": settings::text(params, "privacy").unwrap_or("private"),
        "publishAt": settings::text(params, "publishAt"),
        "madeForKids": params.get("madeForKids").and_then(Value::as_bool).unwrap_or(false),
    })
}

/// YouTube's video resource.
pub(super) fn resource(context: &StageContext) -> Json {
    let params = &context.params;
    let mut snippet = Map::new();
    snippet.insert("title".into(), title(&settings::title(context)).into());
    snippet.insert("description".into(), description(context).into());
    snippet.insert("tags".into(), tags(&settings::texts(params, "tags")).into());
    snippet.insert("categoryId".into(), CATEGORY.into());
    if let Some(language) = settings::text(params, "language") {
        snippet.insert("defaultLanguage".into(), language.into());
        snippet.insert("defaultAudioLanguage".into(), language.into());
    }
    let mut status = Map::new();
    let publish_at = settings::text(params, "publishAt");
    // YouTube takes a time only for what is private until then.
    let privacy = match publish_at {
        Some(_) => "private",
        None => settings::text(params, "privacy").unwrap_or("private"),
    };
    status.insert("privacyStatus".into(), privacy.into());
    if let Some(at) = publish_at {
        status.insert("publishAt".into(), at.into());
    }
    let kids = params.get("madeForKids").and_then(Value::as_bool);
    status.insert(
        "selfDeclaredMadeForKids".into(),
        kids.unwrap_or(false).into(),
    );
    status.insert(
        "containsSyntheticMedia".into(),
        is_synthetic(context).into(),
    );
    json!({ "snippet": snippet, "status": status })
}

/// Whether the pictures were made by a machine: all but stock footage.
fn is_synthetic(context: &StageContext) -> bool {
    let found = context
        .outputs
        .get("searching_video")
        .and_then(|outputs| outputs.get("provider"))
        .and_then(Value::as_text);
    found.is_none()
}

fn title(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, '<' | '>') && !c.is_control())
        .collect();
    let cut: String = plain.trim().chars().take(TITLE).collect();
    if cut.is_empty() {
        "Untitled".to_owned()
    } else {
        cut
    }
}

/// The description, with the credits of what was used behind it.
fn description(context: &StageContext) -> String {
    fitted(
        settings::own_description(context),
        &settings::credits(context),
    )
}

/// The credits are owed: what is cut is the text before them.
fn fitted(said: &str, credits: &str) -> String {
    let plain = |text: &str| text.replace(['<', '>'], "");
    let (mut said, mut credits) = (plain(said), plain(credits));
    credits.truncate(credits.floor_char_boundary(DESCRIPTION));
    if credits.is_empty() {
        said.truncate(said.floor_char_boundary(DESCRIPTION));
        return said;
    }
    let room = DESCRIPTION.saturating_sub(credits.len() + 2);
    said.truncate(said.floor_char_boundary(room));
    if said.is_empty() {
        credits
    } else {
        format!("{said}\n\n{credits}")
    }
}

/// So many as fit: commas count, and the quotes around one with a space.
fn tags(all: &[String]) -> Vec<String> {
    let mut left = TAGS;
    let mut taken = Vec::new();
    for tag in all {
        let tag: String = tag
            .chars()
            .filter(|c| !matches!(c, '<' | '>' | ',' | '"') && !c.is_control())
            .collect();
        let cost = tag.chars().count() + 1 + if tag.contains(' ') { 2 } else { 0 };
        if tag.trim().is_empty() || cost > left {
            continue;
        }
        left -= cost;
        taken.push(tag);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_is_written_fits(text in ".{0,400}", credits in ".{0,200}", many in 0_usize..40) {
            prop_assert!((1..=TITLE).contains(&title(&text).chars().count()));
            let whole = fitted(&text.repeat(many), &credits);
            prop_assert!(whole.len() <= DESCRIPTION && !whole.contains(['<', '>']));
            let sum: usize = tags(&vec![text; many]).iter().map(|tag| tag.chars().count() + 1).sum();
            prop_assert!(sum <= TAGS);
        }
    }

    #[test]
    fn credits_stay_whole() {
        let whole = fitted(&"x".repeat(9000), "Video by A on Pexels");
        assert!(whole.ends_with("x\n\nVideo by A on Pexels") && whole.len() == DESCRIPTION);
    }
}
