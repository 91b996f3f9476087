//! Guessing what was meant by a name that is not known.

/// The known name nearest to `name`, unless none resembles it.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let length = wanted.chars().count();
    known
        .into_iter()
        .filter(|candidate| may_resemble(length, candidate.chars().count()))
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

/// Names whose lengths lie too far apart can't be alike enough, and comparing takes the product of their lengths: what a
/// client sends may be very long.
fn may_resemble(one: usize, other: usize) -> bool {
    one.min(other) * 5 >= one.max(other) * 2
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
    fn a_name_of_any_length_costs_little() {
        let known: Vec<String> = (0..1_000).map(|n| format!("parameter-{n}")).collect();
        let endless = "p".repeat(8 << 20);
        assert_eq!(nearest(&endless, known.iter().map(String::as_str)), None);
        assert!(may_resemble(2, 5) && !may_resemble(1, 3) && may_resemble(0, 0));
    }

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
