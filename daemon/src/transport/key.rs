//! Who may say what: the keys that letters are signed with.
//!
//! - The coordinator holds the root, `DATA_DIR/redis.key` (made at its first start with `--redis`, mode 0600), or
//!   `[redis] key`. Each box's key is made of the root and the box's name, so that one box can't speak for another.
//! - A worker reads its own data directory's `redis.key`: either a box's key (as `reeld key NAME` prints it) or a copy of
//!   the root, out of which it makes its own.
//! - A sealed letter is `MAC ‖ body`; the MAC covers the direction and the box, so that a letter is worth nothing elsewhere.

use crate::config::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The file below the data directory.
const FILE: &str = "redis.key";
const ROOT: &str = "reel-root-";
const BOX: &str = "reel-box-";
/// Bytes of a key, and of a MAC.
const BYTES: usize = 32;
/// Bytes of the public id.
const ID: usize = 6;

type Key = [u8; BYTES];

/// Which way a letter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the coordinator to a box.
    Down,
    /// From a box, to be folded.
    Up,
    /// A box's beat.
    Beat,
}

impl Way {
    fn word(self) -> &'static [u8] {
        match self {
            Self::Down => b"down",
            Self::Up => b"up",
            Self::Beat => b"beat",
        }
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message says what each field is")]
pub enum KeyError {
    #[error("can't {what} {}: {source}", .path.display())]
    Io {
        path: PathBuf,
        what: &'static str,
        source: io::Error,
    },
    #[error(
        "{place} holds no key of Reel; it is one line that begins with `{ROOT}` or `{BOX}`: copy the coordinator's redis.key, or what `reeld key NAME` prints there"
    )]
    Damaged { place: String },
    #[error("no key: copy the coordinator's DATA_DIR/redis.key (or what `reeld key {name}` prints there) to {}, readable by this user alone", .path.display())]
    Missing { path: PathBuf, name: String },
    #[error(
        "the key in {place} is box `{owner}`'s and this box is `{name}`; start with --name {owner}, or put the output of `reeld key {name}` there"
    )]
    Foreign {
        place: String,
        owner: String,
        name: String,
    },
    #[error(
        "{place} holds the key of one box; the coordinator needs the root key: remove the file, and a new one is made (workers need its copy then)"
    )]
    NotRoot { place: String },
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// The keys that one side holds.
#[derive(Clone)]
pub struct KeyRing {
    id: String,
    keys: Keys,
}

#[derive(Clone)]
enum Keys {
    Root(Key),
    Box { name: String, key: Key },
}

impl KeyRing {
    /// The coordinator's: configured, or its data directory's, made where there is none.
    ///
    /// # Errors
    /// A key that can't be read, made or used.
    pub fn coordinator(configured: Option<&Secret>, data_dir: &Path) -> Result<Self, KeyError> {
        let (text, place) = match stored(configured, data_dir)? {
            Some(found) => found,
            None => (make(&data_dir.join(FILE))?, FILE.to_owned()),
        };
        let ring = Self::parse(&text, &place)?;
        match ring.keys {
            Keys::Root(_) => Ok(ring),
            Keys::Box { .. } => Err(KeyError::NotRoot { place }),
        }
    }

    /// A worker's of this name: configured, or its data directory's.
    ///
    /// # Errors
    /// A key that is missing, can't be read, or is another box's.
    pub fn worker(
        configured: Option<&Secret>,
        data_dir: &Path,
        name: &str,
    ) -> Result<Self, KeyError> {
        let (text, place) = stored(configured, data_dir)?.ok_or_else(|| KeyError::Missing {
            path: data_dir.join(FILE),
            name: name.to_owned(),
        })?;
        let ring = Self::parse(&text, &place)?;
        match &ring.keys {
            Keys::Box { name: owner, .. } if owner != name => Err(KeyError::Foreign {
                place,
                owner: owner.clone(),
                name: name.to_owned(),
            }),
            _ => Ok(ring),
        }
    }

    /// A key of this text, as a file holds it.
    ///
    /// # Errors
    /// `Damaged`, naming the place.
    pub fn parse(text: &str, place: &str) -> Result<Self, KeyError> {
        let damaged = || KeyError::Damaged {
            place: place.to_owned(),
        };
        let bytes = |text: &str| -> Result<Vec<u8>, KeyError> {
            URL_SAFE_NO_PAD.decode(text).map_err(|_| damaged())
        };
        let text = text.trim();
        if let Some(rest) = text.strip_prefix(ROOT) {
            let key: Key = bytes(rest)?.try_into().map_err(|_| damaged())?;
            return Ok(Self {
                id: id_of(&key),
                keys: Keys::Root(key),
            });
        }
        let rest = text.strip_prefix(BOX).ok_or_else(damaged)?;
        let mut parts = rest.splitn(3, '.');
        let (Some(id), Some(key), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(damaged());
        };
        Ok(Self {
            id: id.to_owned(),
            keys: Keys::Box {
                name: name.to_owned(),
                key: bytes(key)?.try_into().map_err(|_| damaged())?,
            },
        })
    }

    /// The public id of the coordinator whose keys these are.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is put into a worker's `redis.key`; none without the root.
    #[must_use]
    pub fn box_key(&self, name: &str) -> Option<String> {
        match &self.keys {
            Keys::Root(root) => Some(format!(
                "{BOX}{}.{}.{name}",
                self.id,
                URL_SAFE_NO_PAD.encode(derive(root, name))
            )),
            Keys::Box { .. } => None,
        }
    }

    /// The letter's bytes: signed for this way and box.
    #[must_use]
    pub fn seal(&self, way: Way, box_name: &str, body: &[u8]) -> Vec<u8> {
        let mac = mac(&self.key_of(box_name), way, box_name, body);
        let mut sealed = Vec::with_capacity(BYTES + body.len());
        sealed.extend_from_slice(&mac.finalize().into_bytes());
        sealed.extend_from_slice(body);
        sealed
    }

    /// The body, if the letter was signed for this way and box with a key that is ours to know.
    #[must_use]
    pub fn open<'a>(&self, way: Way, box_name: &str, sealed: &'a [u8]) -> Option<&'a [u8]> {
        let (tag, body) = sealed.split_at_checked(BYTES)?;
        mac(&self.key_of(box_name), way, box_name, body)
            .verify_slice(tag)
            .ok()
            .map(|()| body)
    }

    fn key_of(&self, box_name: &str) -> Key {
        match &self.keys {
            Keys::Root(root) => derive(root, box_name),
            Keys::Box { key, .. } => *key,
        }
    }
}

fn keyed(key: &Key) -> Hmac<Sha256> {
    // Thirty-two bytes are less than a block: used as they are.
    Hmac::new(&{
        let mut block = [0_u8; 64];
        block[..BYTES].copy_from_slice(key);
        block.into()
    })
}

fn mac(key: &Key, way: Way, box_name: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = keyed(key);
    for part in [way.word(), b"\0", box_name.as_bytes(), b"\0", body] {
        mac.update(part);
    }
    mac
}

fn derive(root: &Key, name: &str) -> Key {
    let mut mac = keyed(root);
    mac.update(b"box\0");
    mac.update(name.as_bytes());
    mac.finalize().into_bytes().into()
}

fn id_of(root: &Key) -> String {
    let mut mac = keyed(root);
    mac.update(b"id");
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..ID])
}

/// The key's text and where it was found.
fn stored(
    configured: Option<&Secret>,
    data_dir: &Path,
) -> Result<Option<(String, String)>, KeyError> {
    if let Some(secret) = configured {
        return Ok(Some((secret.expose().to_owned(), "[redis] key".to_owned())));
    }
    let path = data_dir.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some((text, path.display().to_string()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyError::Io {
            path,
            what: "read",
            source,
        }),
    }
}

/// Makes a root key's file: whole or not at all.
fn make(path: &Path) -> Result<String, KeyError> {
    let mut key: Key = [0; BYTES];
    getrandom::fill(&mut key).map_err(KeyError::Random)?;
    let text = format!("{ROOT}{}\n", URL_SAFE_NO_PAD.encode(key));
    let part = path.with_extension("key.part");
    let failed = |source| KeyError::Io {
        path: path.to_owned(),
        what: "write",
        source,
    };
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&part)
        .map_err(failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&part, path))
        .map_err(failed)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn root(byte: u8) -> KeyRing {
        let text = format!("{ROOT}{}", URL_SAFE_NO_PAD.encode([byte; BYTES]));
        KeyRing::parse(&text, "test").unwrap()
    }

    #[test]
    fn a_root_is_made_once_and_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::TempDir::new().unwrap();
        let made = KeyRing::coordinator(None, dir.path()).unwrap();
        let again = KeyRing::coordinator(None, dir.path()).unwrap();
        assert_eq!(made.id(), again.id());
        let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn a_boxs_own_key_opens_what_the_root_sealed_for_it_and_nothing_else() {
        let root = root(7);
        let text = root.box_key("box.b").unwrap();
        let own = KeyRing::parse(&text, "test").unwrap();
        assert_eq!(own.id(), root.id());
        let sealed = root.seal(Way::Down, "box.b", b"order");
        assert_eq!(own.open(Way::Down, "box.b", &sealed), Some(&b"order"[..]));
        assert_eq!(own.open(Way::Up, "box.b", &sealed), None);
        assert_eq!(root.open(Way::Down, "box.c", &sealed), None);
        let forged = own.seal(Way::Up, "box.c", b"done");
        assert_eq!(root.open(Way::Up, "box.c", &forged), None);
    }

    #[test]
    fn what_is_wrong_with_a_key_is_told_with_its_remedy() {
        let dir = tempfile::TempDir::new().unwrap();
        let told = |result: Result<KeyRing, KeyError>| match result {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        let missing = told(KeyRing::worker(None, dir.path(), "b"));
        assert!(missing.contains("`reeld key b`"), "{missing}");
        let other = Secret::new(root(1).box_key("c").unwrap());
        let foreign = told(KeyRing::worker(Some(&other), dir.path(), "b"));
        assert!(foreign.contains("box `c`'s"), "{foreign}");
        let no_root = told(KeyRing::coordinator(Some(&other), dir.path()));
        assert!(no_root.contains("root key"), "{no_root}");
        fs::write(dir.path().join(FILE), "rubbish").unwrap();
        let damaged = told(KeyRing::worker(None, dir.path(), "b"));
        assert!(damaged.contains("holds no key"), "{damaged}");
    }

    proptest! {
        #[test]
        fn one_changed_bit_voids_a_letter(body in proptest::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
            let ring = root(3);
            let mut sealed = ring.seal(Way::Up, "a", &body);
            prop_assert_eq!(ring.open(Way::Up, "a", &sealed), Some(&body[..]));
            let index = at.index(sealed.len());
            sealed[index] ^= 1 << bit;
            prop_assert_eq!(ring.open(Way::Up, "a", &sealed), None);
        }
    }
}
