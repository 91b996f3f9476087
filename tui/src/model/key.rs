//! The name of a thing among several daemons: its id at the first one, `id@N` at the others. Ids never hold an `@`, so the
//! same id on two daemons is two rows, and no act reaches the wrong box.

/// The key of `id` at the daemon with this number, from 0.
#[must_use]
pub fn of(daemon: usize, id: &str) -> String {
    if daemon == 0 {
        id.to_owned()
    } else {
        format!("{id}@{daemon}")
    }
}

/// The daemon's number, and the id there.
#[must_use]
pub fn split(key: &str) -> (usize, &str) {
    match key.rsplit_once('@') {
        Some((id, number)) => match number.parse() {
            Ok(number) => (number, id),
            Err(_) => (0, key),
        },
        None => (0, key),
    }
}

/// The id alone.
#[must_use]
pub fn id(key: &str) -> &str {
    split(key).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_key_leads_back_to_its_daemon_and_id(daemon in 0usize..200, id in "[A-Za-z0-9_-]{1,64}") {
            let key = of(daemon, &id);
            prop_assert_eq!(split(&key), (daemon, id.as_str()));
        }
    }
}
