//! Cuts a script into sentences, in any language.
//!
//! Unicode's rules find the ends; what they get wrong for speech is mended: a title like "Dr." or an initial ends no
//! sentence, and a piece without a letter or digit is no sentence of its own. Line breaks inside a paragraph are spaces;
//! an empty line ends a paragraph. No text is lost but surplus white space and control characters.

use unicode_segmentation::UnicodeSegmentation;

/// A sentence and what comes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// In one line.
    pub text: String,
    /// The paragraph ends here: a longer pause.
    pub ends_paragraph: bool,
}

const TITLES: [&str; 16] = [
    "mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "e.g.", "i.e.", "etc.", "no.", "nr.",
    "bzw.", "ca.", "fig.", "vol.",
];

/// The sentences of a script; none when nothing in it can be said.
#[must_use]
pub fn of(script: &str) -> Vec<Sentence> {
    let mut found: Vec<Sentence> = Vec::new();
    let mut silent = String::new();
    for paragraph in paragraphs(script) {
        let first = found.len();
        for piece in pieces(&paragraph) {
            let speaks = piece.chars().any(char::is_alphanumeric);
            if speaks {
                let text = join(&std::mem::take(&mut silent), &piece);
                found.push(Sentence {
                    text,
                    ends_paragraph: false,
                });
            } else if found.len() > first
                && let Some(last) = found.last_mut()
            {
                last.text = join(&last.text, &piece);
            } else {
                silent = join(&silent, &piece);
            }
        }
        if let Some(last) = found.last_mut() {
            last.ends_paragraph = true;
        }
    }
    if let (Some(last), false) = (found.last_mut(), silent.is_empty()) {
        last.text = join(&last.text, &silent);
    }
    found
}

fn join(one: &str, other: &str) -> String {
    if one.is_empty() {
        other.to_owned()
    } else {
        format!("{one} {other}")
    }
}

fn paragraphs(script: &str) -> Vec<String> {
    let unified = script
        .replace("\r\n", "\n")
        .replace(['\r', '\u{2029}'], "\n\n");
    let mut paragraphs = vec![String::new()];
    for line in unified.lines() {
        let clean: String = line
            .chars()
            .map(|c| {
                if c.is_control() || c == '\u{2028}' {
                    ' '
                } else {
                    c
                }
            })
            .collect();
        let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
        match (line.is_empty(), paragraphs.last_mut()) {
            (true, Some(last)) if !last.is_empty() => paragraphs.push(String::new()),
            (false, Some(last)) => *last = join(last, &line),
            _ => {}
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

fn pieces(paragraph: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut open = false;
    for piece in paragraph
        .split_sentence_bounds()
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
    {
        match pieces.last_mut() {
            Some(last) if open => *last = join(last, piece),
            _ => pieces.push(piece.to_owned()),
        }
        open = pieces.last().is_some_and(|piece| ends_open(piece));
    }
    pieces
}

/// Whether the last word's full stop belongs to the word.
fn ends_open(piece: &str) -> bool {
    let word = piece
        .rsplit(' ')
        .next()
        .unwrap_or_default()
        .trim_start_matches(['(', '"', '“', '\'']);
    let initial = word.chars().count() == 2
        && word.ends_with('.')
        && word.starts_with(char::is_uppercase)
        && word.is_ascii();
    initial || TITLES.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(script: &str) -> Vec<String> {
        of(script)
            .into_iter()
            .map(|sentence| sentence.text)
            .collect()
    }

    #[test]
    fn cuts_where_speech_pauses() {
        assert_eq!(
            texts("One. Two! Three? Four"),
            ["One.", "Two!", "Three?", "Four"]
        );
        assert_eq!(
            texts("Dr. J. Smith came. He left."),
            ["Dr. J. Smith came.", "He left."]
        );
        assert_eq!(
            texts("It costs 3.50 euros. Really."),
            ["It costs 3.50 euros.", "Really."]
        );
    }

    #[test]
    fn knows_other_scripts() {
        assert_eq!(texts("你好。世界很大！"), ["你好。", "世界很大！"]);
        assert_eq!(
            texts("مرحبا بك. كيف حالك؟ بخير."),
            ["مرحبا بك.", "كيف حالك؟", "بخير."]
        );
        assert_eq!(texts("שלום. מה שלומך?"), ["שלום.", "מה שלומך?"]);
    }

    #[test]
    fn line_breaks_are_spaces_and_empty_lines_end_paragraphs() {
        let found = of("A line\r\nthat goes on.\n\n\nNext.\tEnd.");
        assert_eq!(
            found.iter().map(|s| s.text.as_str()).collect::<Vec<_>>(),
            ["A line that goes on.", "Next.", "End."]
        );
        assert_eq!(
            found.iter().map(|s| s.ends_paragraph).collect::<Vec<_>>(),
            [true, false, true]
        );
    }

    #[test]
    fn what_cannot_be_said_stays_with_its_neighbour() {
        assert_eq!(texts("🎉 Hello. … 👋"), ["🎉 Hello. … 👋"]);
        assert_eq!(texts("… 🎉 — !"), Vec::<String>::new());
        assert_eq!(texts(" \n\t "), Vec::<String>::new());
    }

    #[test]
    fn odd_characters_are_kept() {
        assert_eq!(
            texts(r#"100% "sure": C:\new {x} it's <b>."#),
            [r#"100% "sure": C:\new {x} it's <b>."#]
        );
    }

    proptest! {
        #[test]
        fn nothing_but_white_space_is_lost(script in "(?s)[a-zא-תأ-ي一-龥.!?。؟ \n\\\\{}%:'\"0-9]{0,200}") {
            let keep = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let sentences = of(&script);
            if !sentences.is_empty() {
                prop_assert_eq!(keep(&sentences.iter().map(|s| s.text.clone()).collect::<String>()), keep(&script));
            }
            for sentence in sentences {
                prop_assert!(sentence.text.chars().any(char::is_alphanumeric));
                prop_assert!(!sentence.text.contains('\n'));
            }
        }
    }
}
