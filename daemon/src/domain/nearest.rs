//! Guessing what was meant by a name that is not known.

/// The known name nearest to `name`, unless none resembles it.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(&wanted, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness >= 0.4)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

/// The remedy for an unknown name, as the end of a sentence: the nearest known one, else all of them.
#[must_use]
pub fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "none is known".to_owned(),
        None => format!("known: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_or_all() {
        let known = ["prompt", "script", "voice"];
        assert_eq!(nearest("promt", known), Some("prompt"));
        assert_eq!(nearest("VOICE", known), Some("voice"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(suggest("scrip", known), "did you mean `script`?");
        assert_eq!(suggest("zzz", known), "known: prompt, script, voice");
        assert_eq!(suggest("x", []), "none is known");
    }
}
