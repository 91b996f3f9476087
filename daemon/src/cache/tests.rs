//! The cache by its public face, on a real disk.

use super::*;
use std::fs;

const NEVER: &dyn Fn() -> bool = &|| false;

struct Place {
    folder: tempfile::TempDir,
    max: u64,
}

impl Place {
    fn new(max: u64) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            max,
        }
    }

    fn cache(&self) -> Cache {
        let mut config = Config::default_at(self.folder.path());
        config.cache.max = self.max;
        config.retention.min_free_disk = 0;
        Cache::of(&config)
    }

    fn item(&self, name: &str, bytes: &[u8]) -> Item {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        Item {
            name: "out".to_owned(),
            path,
        }
    }

    fn target(&self, name: &str) -> Item {
        Item {
            name: "out".to_owned(),
            path: self.folder.path().join(name),
        }
    }

    /// The only file of the only entry.
    fn kept_file(&self, key: &Key) -> PathBuf {
        let folder = self.folder.path().join("cache").join(key.folder());
        folder.join(key.as_str()).join("0")
    }
}

fn key(name: &str) -> Key {
    Maker::new("test").with("name", name).key()
}

fn about() -> About {
    About {
        workflow: "w".to_owned(),
        made_at: 1,
        took_ms: 2,
        facts: serde_json::json!({"seconds": 1.5}),
    }
}

#[test]
fn what_is_kept_comes_back_and_a_later_write_does_not_reach_it() {
    let place = Place::new(1 << 20);
    let made = place.item("made", b"bytes");
    let kept = place
        .cache()
        .keep(&key("a"), std::slice::from_ref(&made), &about(), NEVER)
        .unwrap();
    assert!(matches!(kept, Keeping::Kept(_)));
    fs::write(&made.path, b"other").unwrap();
    // Another life of the daemon finds it.
    let cache = place.cache();
    let first = place.target("first");
    assert_eq!(
        cache
            .take(&key("a"), std::slice::from_ref(&first), NEVER)
            .unwrap(),
        Some(about())
    );
    assert_eq!(fs::read(&first.path).unwrap(), b"bytes");
    fs::write(&first.path, b"spoilt").unwrap();
    let second = place.target("second");
    cache
        .take(&key("a"), std::slice::from_ref(&second), NEVER)
        .unwrap()
        .unwrap();
    assert_eq!(fs::read(&second.path).unwrap(), b"bytes");
    assert_eq!(cache.take(&key("b"), &[second], NEVER).unwrap(), None);
}

#[test]
fn what_was_damaged_is_a_miss_and_goes() {
    let place = Place::new(1 << 20);
    let cache = place.cache();
    let (one, made) = (key("a"), place.item("made", b"bytes"));
    let target = place.target("target");
    for spoil in [
        |file: &Path| fs::write(file, b"bytez").unwrap(),
        |file: &Path| fs::write(file, b"").unwrap(),
        |file: &Path| fs::remove_file(file).unwrap(),
        |file: &Path| fs::write(file.with_file_name("entry.json"), b"{}").unwrap(),
        |file: &Path| fs::remove_file(file.with_file_name("entry.json")).unwrap(),
    ] {
        cache
            .keep(&one, std::slice::from_ref(&made), &about(), NEVER)
            .unwrap();
        spoil(&place.kept_file(&one));
        assert_eq!(
            cache
                .take(&one, std::slice::from_ref(&target), NEVER)
                .unwrap(),
            None
        );
        assert!(!target.path.exists(), "nothing half is left");
        assert!(
            !place.kept_file(&one).parent().unwrap().exists(),
            "it is gone"
        );
        assert_eq!(
            fs::read_dir(place.folder.path()).unwrap().count(),
            2,
            "made, cache"
        );
    }
    let again = cache.keep(&one, &[made], &about(), NEVER).unwrap();
    assert!(matches!(again, Keeping::Kept(_)));
}

#[test]
fn what_was_not_used_for_the_longest_time_goes_first_also_after_a_restart() {
    let place = Place::new(4_000);
    let made = place.item("made", &[7; 1_000]);
    let cache = place.cache();
    for name in ["a", "b", "c"] {
        cache
            .keep(&key(name), std::slice::from_ref(&made), &about(), NEVER)
            .unwrap();
    }
    let target = place.target("target");
    cache
        .take(&key("a"), std::slice::from_ref(&target), NEVER)
        .unwrap()
        .unwrap();
    let cache = place.cache();
    cache
        .keep(&key("d"), std::slice::from_ref(&made), &about(), NEVER)
        .unwrap();
    let there = |name: &str| place.kept_file(&key(name)).exists();
    assert!(there("a") && !there("b") && there("c") && there("d"));
    cache.give_up(1);
    assert!(!there("c") && there("a"));
    let large = place.item("large", &[7; 5_000]);
    let kept = cache.keep(&key("e"), &[large], &about(), NEVER).unwrap();
    assert_eq!(kept, Keeping::Left("it is larger than the cache may be"));
}

#[test]
fn nothing_is_kept_where_it_is_off_or_the_disk_is_low() {
    let place = Place::new(0);
    let made = place.item("made", b"bytes");
    assert!(!place.cache().is_on());
    let kept = place
        .cache()
        .keep(&key("a"), std::slice::from_ref(&made), &about(), NEVER)
        .unwrap();
    assert!(matches!(kept, Keeping::Left(_)));
    assert_eq!(
        place
            .cache()
            .take(&key("a"), &[place.target("t")], NEVER)
            .unwrap(),
        None
    );
    let mut config = Config::default_at(place.folder.path());
    config.retention.min_free_disk = u64::MAX / 2;
    let kept = Cache::of(&config)
        .keep(&key("a"), &[made], &about(), NEVER)
        .unwrap();
    assert_eq!(kept, Keeping::Left("the disk is low"));
}

#[test]
fn what_an_earlier_life_began_to_write_goes() {
    let place = Place::new(1 << 20);
    let made = place.item("made", b"bytes");
    let left = place.folder.path().join("cache").join(".new-0-1");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("0"), b"half").unwrap();
    place
        .cache()
        .keep(&key("a"), &[made], &about(), NEVER)
        .unwrap();
    assert!(!left.exists() && place.kept_file(&key("a")).exists());
}

#[test]
fn a_stop_in_the_middle_leaves_nothing() {
    let place = Place::new(1 << 20);
    let (cache, made) = (place.cache(), place.item("made", b"bytes"));
    assert!(
        cache
            .keep(&key("a"), std::slice::from_ref(&made), &about(), &|| true)
            .is_err()
    );
    assert_eq!(
        cache.take(&key("a"), &[place.target("t")], NEVER).unwrap(),
        None
    );
    cache.keep(&key("a"), &[made], &about(), NEVER).unwrap();
    let stopped = cache.take(&key("a"), &[place.target("t")], &|| true);
    assert_eq!(stopped.unwrap_err().kind(), io::ErrorKind::Interrupted);
    assert!(!place.target("t").path.exists());
}

#[tokio::test]
async fn two_that_want_the_same_do_it_once() {
    let place = Place::new(1 << 20);
    let (cache, one) = (place.cache(), key("a"));
    let first = cache.alone(&one).await;
    let mut second = Box::pin(cache.alone(&one));
    assert!(futures_util::poll!(&mut second).is_pending());
    drop(cache.alone(&key("b")).await);
    drop(first);
    drop(second.await);
    // What nobody wants any more is not remembered.
    let _third = cache.alone(&key("c")).await;
    assert_eq!(locked(&cache.inner.makers).len(), 1);
}

#[test]
fn a_program_is_another_when_it_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("tool");
    fs::write(&program, "one").unwrap();
    let search = std::env::join_paths([Path::new("/nonexistent"), folder.path()]).unwrap();
    let first = identity("tool".as_ref(), Some(&search)).unwrap();
    assert_eq!(identity(program.as_os_str(), None), Some(first.clone()));
    fs::write(&program, "other").unwrap();
    assert_ne!(identity("tool".as_ref(), Some(&search)), Some(first));
    assert_eq!(identity("nothing".as_ref(), Some(&search)), None);
}
