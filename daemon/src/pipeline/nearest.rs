//! The nearest known word to one that is not known, for messages that help.

/// The candidate most like `word`, if one is like it at all.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// ` (did you mean `x`?)`, or the list of what is known where nothing is near and the list is short.
pub(super) fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(word, candidates.clone()) {
        return format!("; did you mean `{near}`?");
    }
    let all: Vec<&str> = candidates.into_iter().collect();
    if all.is_empty() || all.len() > 24 { String::new() } else { format!("; known: {}", all.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_slip_and_no_stranger() {
        assert_eq!(nearest("timeuot", ["title", "timeout", "stall"]), Some("timeout"));
        assert_eq!(nearest("zzz", ["title", "timeout"]), None);
    }

    #[test]
    fn hints_with_the_list_when_nothing_is_near() {
        assert_eq!(hint("zzz", ["a", "b"]), "; known: a, b");
        assert_eq!(hint("titel", ["title"]), "; did you mean `title`?");
    }
}
