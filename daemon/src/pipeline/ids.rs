//! Ids of workflows: random ones, and the rule for those that a client brings.

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const LENGTH: usize = 12;

/// Words that stand in paths where an id could.
pub const RESERVED: [&str; 7] = [
    "active", "history", "status", "youtube", "failed", "register", "worker",
];

/// A fresh id: twelve of `a-z0-9`, about 62 random bits.
///
/// # Errors
/// The system's source of randomness, where it fails.
pub fn random() -> Result<String, String> {
    let mut id = String::with_capacity(LENGTH);
    let mut bytes = [0_u8; 24];
    while id.len() < LENGTH {
        getrandom::fill(&mut bytes)
            .map_err(|error| format!("no randomness from the system: {error}"))?;
        // 252 is the largest multiple of 36 in a byte: the rest is thrown away so that every character is as likely.
        let fair = bytes.iter().filter(|byte| **byte < 252);
        id.extend(
            fair.map(|byte| char::from(ALPHABET[usize::from(byte % 36)]))
                .take(LENGTH - id.len()),
        );
    }
    Ok(id)
}

/// Whether a client may bring this id.
///
/// # Errors
/// What is wrong with it, and the rule.
pub fn check(id: &str) -> Result<(), String> {
    let fits = (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !fits {
        let shown: String = id.chars().take(80).collect();
        return Err(format!(
            "`{shown}` is no id: 1 to 64 of A-Z, a-z, 0-9, `_` and `-`"
        ));
    }
    if RESERVED.contains(&id) {
        return Err(format!(
            "`{id}` is a word of the interface's paths; choose another id"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ids_keep_their_own_rule_and_differ() {
        let ids: std::collections::BTreeSet<String> = (0..500).map(|_| random().unwrap()).collect();
        assert_eq!(ids.len(), 500);
        for id in &ids {
            assert_eq!(id.len(), 12);
            assert!(
                id.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
                "{id}"
            );
        }
    }

    #[test]
    fn refuses_what_could_leave_its_folder_or_hide_a_path() {
        for id in [
            "",
            ".",
            "../x",
            "a/b",
            "a b",
            "é",
            "active",
            "worker",
            &"x".repeat(65),
        ] {
            assert!(check(id).is_err(), "{id}");
        }
        for id in ["a", "My_run-7", &"x".repeat(64)] {
            assert!(check(id).is_ok(), "{id}");
        }
    }
}
