//! Which language a script is in, as far as its letters tell, and which of a program's voices speaks it.

/// The language that most letters of the script point to; English for Latin letters, which many languages share.
#[must_use]
pub fn guess(script: &str) -> &'static str {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    let mut kana = 0;
    for language in script.chars().filter_map(of_letter) {
        kana += usize::from(language == "ja");
        match counts.iter_mut().find(|(known, _)| *known == language) {
            Some((_, count)) => *count += 1,
            None => counts.push((language, 1)),
        }
    }
    let most = counts
        .iter()
        .max_by_key(|(_, count)| *count)
        .map_or("en", |(language, _)| *language);
    // Japanese mixes its kana with characters that Chinese is written in.
    if most == "zh" && kana > 0 { "ja" } else { most }
}

fn of_letter(letter: char) -> Option<&'static str> {
    Some(match letter {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => "en",
        '\u{370}'..='\u{3ff}' => "el",
        '\u{400}'..='\u{52f}' => "ru",
        '\u{530}'..='\u{58f}' => "hy",
        '\u{590}'..='\u{5ff}' => "he",
        '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => "ar",
        '\u{900}'..='\u{97f}' => "hi",
        '\u{980}'..='\u{9ff}' => "bn",
        '\u{b80}'..='\u{bff}' => "ta",
        '\u{c00}'..='\u{c7f}' => "te",
        '\u{e00}'..='\u{e7f}' => "th",
        '\u{10a0}'..='\u{10ff}' => "ka",
        '\u{3040}'..='\u{30ff}' => "ja",
        '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' => "ko",
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => "zh",
        _ => return None,
    })
}

/// Tags that people and standards use, and what espeak-ng calls them.
const ALIASES: [(&str, &str); 9] = [
    ("en", "en-us"),
    ("zh", "cmn"),
    ("zh-cn", "cmn"),
    ("zh-tw", "cmn"),
    ("zh-hk", "yue"),
    ("iw", "he"),
    ("no", "nb"),
    ("fr", "fr-fr"),
    ("in", "id"),
];

/// The voice for a language tag among those that the program lists: the tag itself, its alias, else its first part.
#[must_use]
pub fn voice(tag: &str, listed: &[&str]) -> Option<String> {
    let tag = tag.to_lowercase().replace('_', "-");
    let first = tag.split('-').next().unwrap_or_default();
    let alias = |tag: &str| {
        ALIASES
            .iter()
            .find(|(from, _)| *from == tag)
            .map(|(_, to)| (*to).to_owned())
    };
    let candidates = [
        alias(&tag),
        Some(tag.clone()),
        alias(first),
        Some(first.to_owned()),
    ];
    let known = |name: &String| listed.iter().any(|voice| voice.eq_ignore_ascii_case(name));
    candidates.into_iter().flatten().find(known).or_else(|| {
        let regional = format!("{first}-");
        listed
            .iter()
            .find(|voice| voice.to_lowercase().starts_with(&regional))
            .map(|voice| (*voice).to_owned())
    })
}

/// The languages in the table that `espeak-ng --voices` prints.
#[must_use]
pub fn listed(table: &str) -> Vec<&str> {
    table
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_tell_the_language() {
        assert_eq!(guess("The sea is deep."), "en");
        assert_eq!(guess("مرحبا بالعالم OK"), "ar");
        assert_eq!(guess("שלום עולם"), "he");
        assert_eq!(guess("漢字とかな"), "ja");
        assert_eq!(guess("你好世界"), "zh");
        assert_eq!(guess("Привет"), "ru");
        assert_eq!(guess("12345"), "en");
    }

    #[test]
    fn tags_find_their_voice() {
        let table = "Pty Language Age/Gender VoiceName\n 5 en-us --/M x\n 5 pt-br --/M x\n 5 cmn --/M x\n 5 de --/M x\n 5 fr-fr --/M x\n";
        let known = listed(table);
        assert_eq!(known, ["en-us", "pt-br", "cmn", "de", "fr-fr"]);
        for (tag, wanted) in [
            ("en", Some("en-us")),
            ("en-AU", Some("en-us")),
            ("pt-BR", Some("pt-br")),
            ("pt", Some("pt-br")),
            ("zh-Hans", Some("cmn")),
            ("de_AT", Some("de")),
            ("fr", Some("fr-fr")),
            ("tlh", None),
        ] {
            assert_eq!(voice(tag, &known).as_deref(), wanted, "{tag}");
        }
    }
}
