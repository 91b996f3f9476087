//! Links for people: an address of ours that lets in whoever holds it, until its time is over.
//!
//! ```text
//!  http://HOST/PATH?quality=720p&expires=1795169870&signature=…
//!                   └─── signed together with the path ──┘
//! ```
//!
//! - The signature covers the path and every part of the query, so that a link opens what it was made for and nothing else.
//! - It says nothing of the method: a player asks by `HEAD` first.
//! - The key is made once with the data directory and never leaves it. Without the file the links given so far are void,
//!   which is also how they are called back.
//! - Signatures are compared in constant time, and before the time is looked at: only who holds a genuine link learns that
//!   it is over.

use crate::config::Http;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

/// The key's file in the data directory.
const FILE: &str = "links.key";
/// Bytes of the key: the hash's block, so that it is used as it is.
const KEY: usize = 64;
/// The moment after which a link is void, in seconds since 1970.
const EXPIRES: &str = "expires";
/// What the signature stands under.
const SIGNATURE: &str = "signature";

/// Where a workflow's finished files are served. Ids need no escaping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The video, to be kept.
    Download,
    /// The video, to be watched.
    Stream,
    /// A still picture of it.
    Thumbnail,
}

impl Door {
    /// Its path for one workflow.
    #[must_use]
    pub fn path(self, id: &str) -> String {
        let word = match self {
            Self::Download => "download",
            Self::Stream => "stream",
            Self::Thumbnail => "thumbnail",
        };
        format!("/api/v1/videos/jobs/{id}/{word}")
    }
}

/// Why links can't be made.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message says what each field is")]
pub enum KeyError {
    #[error("can't {what} the key of signed links {}: {source}; give the daemon's user the directory", .path.display())]
    Io {
        path: PathBuf,
        what: &'static str,
        source: io::Error,
    },
    #[error("{} holds {length} bytes where {KEY} belong; remove it, and a new key is made (links given before are void then)", .path.display())]
    Damaged { path: PathBuf, length: usize },
    #[error("the system gives no random numbers for the key of signed links: {0}")]
    Random(getrandom::Error),
}

/// Why a link opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Void {
    /// Not ours, or changed on its way.
    #[error("this link's signature does not fit it; ask for the link again and use it as it is")]
    Wrong,
    /// Its time is over.
    #[error("this link's time is over; ask for a new one")]
    Expired,
}

/// Makes and judges links.
pub struct Links {
    key: [u8; KEY],
    listen: Option<SocketAddr>,
}

impl Links {
    /// With the key of this data directory, made where there is none. `listen`: what links stand on where no public URL is
    /// configured.
    ///
    /// # Errors
    /// A key that can't be read, made or used.
    pub fn open(data_dir: &Path, listen: Option<SocketAddr>) -> Result<Self, KeyError> {
        let path = data_dir.join(FILE);
        let key = match read(&path)? {
            Some(key) => key,
            None => make(&path)?,
        };
        Ok(Self { key, listen })
    }

    /// What links and callbacks stand on, without a slash at its end.
    #[must_use]
    pub fn base(&self, http: &Http) -> String {
        if let Some(url) = &http.public_url {
            return url.clone();
        }
        let scheme = if http.tls_cert.is_some() {
            "https"
        } else {
            "http"
        };
        match self.listen {
            Some(address) => format!("{scheme}://{address}"),
            // Only the socket is served, where any host's name will do.
            None => format!("{scheme}://localhost"),
        }
    }

    /// A link to `path` that holds from `now` (milliseconds since 1970) for `ttl`.
    #[must_use]
    pub fn to(
        &self,
        http: &Http,
        path: &str,
        query: &[(&str, &str)],
        now: i64,
        ttl: Duration,
    ) -> String {
        let expires = expiry(now, ttl).to_string();
        let mut whole: Vec<(&str, &str)> = query.to_vec();
        whole.push((EXPIRES, &expires));
        let signature = URL_SAFE_NO_PAD.encode(self.mac(path, &whole).finalize().into_bytes());
        whole.push((SIGNATURE, &signature));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(whole)
            .finish();
        format!("{}{path}?{query}", self.base(http))
    }

    /// Whether a request claims to come by a link.
    #[must_use]
    pub fn is_one(query: &str) -> bool {
        form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == SIGNATURE)
    }

    /// Judges a link by the path and query that came, at `now` (milliseconds since 1970).
    ///
    /// # Errors
    /// Why it opens nothing.
    pub fn judge(&self, path: &str, query: &str, now: i64) -> Result<(), Void> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let only = |name: &str| {
            let mut found = pairs.iter().filter(|(given, _)| given == name);
            let first = found.next().map(|(_, value)| value.as_str());
            first.filter(|_| found.next().is_none()).ok_or(Void::Wrong)
        };
        let (expires, given) = (only(EXPIRES)?, only(SIGNATURE)?);
        let signed: Vec<(&str, &str)> = pairs
            .iter()
            .filter(|(name, _)| name != SIGNATURE)
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let right = self.mac(path, &signed).finalize().into_bytes();
        let given = URL_SAFE_NO_PAD.decode(given).map_err(|_| Void::Wrong)?;
        if !bool::from(right.as_slice().ct_eq(&given)) {
            return Err(Void::Wrong);
        }
        let expires: i64 = expires.parse().map_err(|_| Void::Wrong)?;
        if now.div_euclid(1000) >= expires {
            return Err(Void::Expired);
        }
        Ok(())
    }

    /// Over the path and the query's parts in one order, each with its length before it, so that no two links share a text.
    fn mac(&self, path: &str, query: &[(&str, &str)]) -> Hmac<Sha256> {
        let mut sorted = query.to_vec();
        sorted.sort_unstable();
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        for part in
            std::iter::once(path).chain(sorted.iter().flat_map(|(name, value)| [*name, *value]))
        {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }
}

/// The second at which a link made at `now` (milliseconds) with `ttl` is void: never sooner than promised.
#[must_use]
pub fn expiry(now: i64, ttl: Duration) -> i64 {
    let end = now.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX));
    end.div_euclid(1000) + i64::from(end.rem_euclid(1000) > 0)
}

fn read(path: &Path) -> Result<Option<[u8; KEY]>, KeyError> {
    let failed = |source| KeyError::Io {
        path: path.to_owned(),
        what: "read",
        source,
    };
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let mut bytes = Vec::with_capacity(KEY);
    file.take(KEY as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let length = bytes.len();
    match bytes.try_into() {
        Ok(key) => Ok(Some(key)),
        Err(_) => Err(KeyError::Damaged {
            path: path.to_owned(),
            length,
        }),
    }
}

/// Written beside its name and renamed: a name never holds half a key.
fn make(path: &Path) -> Result<[u8; KEY], KeyError> {
    let mut key = [0; KEY];
    getrandom::fill(&mut key).map_err(KeyError::Random)?;
    let part = path.with_extension("key.part");
    let write = || {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&part)?;
        file.write_all(&key)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    write().map_err(|source| KeyError::Io {
        path: path.to_owned(),
        what: "write",
        source,
    })?;
    Ok(key)
}

#[cfg(test)]
mod tests;
