//! The table of keys against itself, and the line editor against what may be typed.

use super::command::INFO;
use super::keymap::{BINDINGS, Keymap, Lookup};
use super::{Context, Edit, Key};
use proptest::prelude::*;
use std::collections::BTreeSet;

#[test]
fn every_key_of_the_table_is_a_key_and_leads_to_its_command() {
    let keymap = Keymap::default();
    for binding in BINDINGS {
        for keys in binding.keys {
            let typed: Vec<Key> = keys
                .split(' ')
                .map(|name| Key::read(name).unwrap_or_else(|| unreachable!("{name}")))
                .collect();
            let context = if binding.context == Context::Global {
                Context::List
            } else {
                binding.context
            };
            assert_eq!(
                keymap.lookup(context, &typed),
                Lookup::Command(binding.command),
                "{keys}"
            );
            for part in 1..typed.len() {
                assert!(
                    matches!(keymap.lookup(context, &typed[..part]), Lookup::Prefix(_)),
                    "{keys} is shadowed"
                );
            }
        }
    }
}

#[test]
fn no_key_means_two_things_in_one_place() {
    let mut seen = BTreeSet::new();
    for binding in BINDINGS {
        for keys in binding.keys {
            assert!(
                seen.insert((format!("{:?}", binding.context), *keys)),
                "{keys} twice in {:?}",
                binding.context
            );
        }
    }
}

#[test]
fn keys_that_terminals_and_flow_control_take_are_free() {
    for binding in BINDINGS {
        for keys in binding.keys {
            assert!(
                !["C-a", "C-b", "C-h", "C-j", "C-k", "C-s", "C-q"].contains(keys),
                "{keys}"
            );
        }
    }
}

#[test]
fn every_command_has_a_name_of_its_own_words_and_a_key() {
    let names: BTreeSet<&str> = INFO.iter().map(|info| info.name).collect();
    assert_eq!(names.len(), INFO.len());
    for info in INFO {
        assert!(!info.doc.is_empty());
        assert!(
            BINDINGS
                .iter()
                .any(|binding| binding.command == info.command),
            "{} has no key",
            info.name
        );
    }
    for binding in BINDINGS {
        assert!(
            INFO.iter().any(|info| info.command == binding.command),
            "{:?} has no words",
            binding.command
        );
    }
}

#[test]
fn help_tells_each_key_once_and_what_holds_here() {
    let keymap = Keymap::default();
    for context in [Context::List, Context::Detail] {
        let mut seen = BTreeSet::new();
        for (keys, command) in keymap.rows(context) {
            assert!(
                seen.insert(command.info().name),
                "{} twice",
                command.info().name
            );
            assert!(!keys.is_empty());
        }
    }
}

#[test]
fn names_of_keys_read_back() {
    for name in ["x", "C-d", "Space", "PgDn", "S-Tab", "é", "-", "C"] {
        assert_eq!(Key::read(name).unwrap().to_string(), name);
    }
    assert_eq!(Key::read("xy"), None);
    assert_eq!(Key::read(""), None);
}

proptest! {
    #[test]
    fn a_line_stays_text_under_any_editing(keys in prop::collection::vec(prop::sample::select(vec!["a", "é", "日", "Left", "Right", "Home", "End", "Backspace", "Del", "C-u", "C-w", "Space"]), 0..80)) {
        let mut edit = Edit::default();
        for name in keys {
            edit.key(Key::read(name).unwrap());
            prop_assert!(edit.text().starts_with(edit.before()));
        }
    }
}
