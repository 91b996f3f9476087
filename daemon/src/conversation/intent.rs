//! What a message wants, by rules: a verb of making with a moving picture behind it is a request for a video, unless it is
//! taken back by a "don't" or asks how such a thing is done.

/// What a message wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// A video.
    Video,
    /// Anything else.
    Other,
}

/// What can be asked for.
pub(super) const NOUNS: [&str; 17] = [
    "video",
    "videos",
    "clip",
    "clips",
    "film",
    "movie",
    "animation",
    "short",
    "reel",
    "trailer",
    "teaser",
    "footage",
    "videoclip",
    "kurzfilm",
    "vídeo",
    "vidéo",
    "filmchen",
];

/// How it is asked for.
const VERBS: [&str; 32] = [
    "create",
    "make",
    "generate",
    "produce",
    "render",
    "animate",
    "want",
    "need",
    "give",
    "build",
    "shoot",
    "film",
    "draw",
    "design",
    "show",
    "like",
    "do",
    "get",
    "record",
    "compose",
    "erstelle",
    "erstell",
    "mach",
    "mache",
    "erzeuge",
    "generiere",
    "brauche",
    "möchte",
    "crea",
    "crée",
    "haz",
    "faire",
];

/// Words that turn a request into its opposite, or into a question about it.
const AGAINST: [&str; 12] = [
    "don't", "dont", "not", "never", "no", "how", "why", "what", "when", "nicht", "kein", "wie",
];

/// The words of a text, small and without what surrounds them.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’' || c == '.' || c == ':'))
        .map(|word| {
            word.trim_matches(|c: char| !c.is_alphanumeric())
                .replace('’', "'")
                .to_lowercase()
        })
        .filter(|word| !word.is_empty())
        .collect()
}

/// What a message wants.
#[must_use]
pub fn of(text: &str) -> Intent {
    let words = words(text);
    let find = |known: &[&str]| words.iter().position(|word| known.contains(&word.as_str()));
    let Some(noun) = find(&NOUNS) else {
        return Intent::Other;
    };
    // "A video of a sunset" is a request without a verb.
    let begins = noun <= 3
        && words
            .get(noun + 1)
            .is_some_and(|next| ["of", "about", "showing", "über", "von"].contains(&next.as_str()));
    let Some(verb) = find(&VERBS) else {
        let against = words[..noun]
            .iter()
            .any(|word| AGAINST.contains(&word.as_str()));
        return if begins && !against {
            Intent::Video
        } else {
            Intent::Other
        };
    };
    let before = &words[..verb.min(noun)];
    if before.iter().any(|word| AGAINST.contains(&word.as_str())) {
        return Intent::Other;
    }
    // "I want to talk about the video" names one that is there.
    let near = verb < noun && noun - verb <= 8 || begins;
    let known =
        noun > 0 && ["the", "this", "that", "my", "your"].contains(&words[noun - 1].as_str());
    if near && !known {
        Intent::Video
    } else {
        Intent::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_are_told_from_talk() {
        for text in [
            "Create a video of a sunset",
            "create a video of...",
            "Please make me a short clip about cats, 10 seconds.",
            "A video of a sunset",
            "I'd like a cinematic movie of the sea",
            "Could you generate an animation?",
            "Erstelle ein Video über Katzen",
            "I need a trailer for my game",
        ] {
            assert_eq!(of(text), Intent::Video, "{text}");
        }
        for text in [
            "",
            "hello",
            "How do I make a video?",
            "Don't make a video of that",
            "What is a video?",
            "make it cinematic",
            "the video is nice",
            "I like the video",
            "thanks!",
            "10",
        ] {
            assert_eq!(of(text), Intent::Other, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC{0,200}") {
            let _ = of(&text);
        }

        #[test]
        fn what_it_is_about_does_not_matter(subject in "[a-z]{1,10}( [a-z]{1,10}){0,5}") {
            prop_assert_eq!(of(&format!("Create a video of {subject}")), Intent::Video);
        }
    }
}
