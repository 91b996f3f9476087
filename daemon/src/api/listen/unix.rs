//! The operator's socket: made under umask 077 and only then opened to the group, so that nobody gets in before its mode
//! is set; a socket that a dead daemon left is removed, a live one is not.

use super::ListenError;
use rustix::fs::{Gid, Mode};
use rustix::process::umask;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// The longest path that fits into a socket's address.
const LONGEST: usize = 107;

/// A listening socket, whose file goes with it.
#[derive(Debug)]
pub struct Socket {
    /// Accepts.
    pub listener: UnixListener,
    _file: Option<SocketFile>,
}

/// The socket's file; removed on drop unless another has taken its place.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    /// Device and inode, as bound.
    identity: (u64, u64),
}

impl Socket {
    /// One that somebody else bound (systemd), and who will also remove it.
    #[must_use]
    pub fn inherited(listener: UnixListener) -> Self {
        Self {
            listener,
            _file: None,
        }
    }

    /// Binds `path` with mode 0660, for `group` where given.
    ///
    /// # Errors
    /// The path is too long or holds something else, another daemon listens there, or the system refuses.
    pub fn bind(path: &Path, group: Option<Gid>) -> Result<Self, ListenError> {
        let failed = |what: &'static str| {
            move |source: io::Error| ListenError::Socket {
                path: path.to_owned(),
                what,
                source,
            }
        };
        if path.as_os_str().len() > LONGEST {
            return Err(ListenError::PathTooLong {
                path: path.to_owned(),
                longest: LONGEST,
            });
        }
        if let Some(parent) = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            std::fs::create_dir_all(parent).map_err(failed("make its directory"))?;
        }
        clear(path)?;
        // The mask is the whole process's: it is narrowed for the moment of the bind only, at start, before anything runs.
        let mask = umask(Mode::from_raw_mode(0o077));
        let bound = UnixListener::bind(path);
        umask(mask);
        let listener = bound.map_err(failed("bind"))?;
        let metadata = std::fs::symlink_metadata(path).map_err(failed("look at"))?;
        if let Some(group) = group
            && let Err(error) = rustix::fs::chown(path, None, Some(group))
        {
            tracing::warn!(component = "HTTP", socket = %path.display(), %error,
                "the socket can't be given to [auth] socket_group; its members can't connect unless the daemon may change groups");
        }
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))
            .map_err(failed("set the mode of"))?;
        let identity = identity(&metadata);
        Ok(Self {
            listener,
            _file: Some(SocketFile {
                path: path.to_owned(),
                identity,
            }),
        })
    }
}

fn identity(metadata: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

/// Removes a socket on which nobody listens any more.
fn clear(path: &Path) -> Result<(), ListenError> {
    let failed = |what: &'static str| {
        move |source: io::Error| ListenError::Socket {
            path: path.to_owned(),
            what,
            source,
        }
    };
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("look at")(error)),
    };
    if !metadata.file_type().is_socket() {
        return Err(ListenError::NotASocket {
            path: path.to_owned(),
        });
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(ListenError::Taken {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(failed("remove the stale"))
        }
        Err(error) => Err(failed("try")(error)),
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours =
            std::fs::symlink_metadata(&self.path).is_ok_and(|now| identity(&now) == self.identity);
        if ours && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(component = "HTTP", socket = %self.path.display(), %error, "the socket's file could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_bound_with_its_mode_and_goes_with_the_listener() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/er/reeld.sock");
        let socket = Socket::bind(&path, None).unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o660
        );
        assert!(
            matches!(Socket::bind(&path, None), Err(ListenError::Taken { .. })),
            "a live one is left alone"
        );
        drop(socket);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_stale_one_is_replaced_and_anything_else_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("reeld.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "a dead daemon leaves its socket");
        drop(Socket::bind(&path, None).unwrap());
        std::fs::write(&path, "precious").unwrap();
        assert!(matches!(
            Socket::bind(&path, None),
            Err(ListenError::NotASocket { .. })
        ));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }

    #[tokio::test]
    async fn a_path_that_cannot_fit_is_refused_by_name() {
        let path = PathBuf::from(format!("/tmp/{}", "x".repeat(120)));
        assert!(matches!(
            Socket::bind(&path, None),
            Err(ListenError::PathTooLong { .. })
        ));
    }
}
