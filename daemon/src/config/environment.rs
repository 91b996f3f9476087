//! What the process was started with: variables, flags, and the places that follow from them.
//!
//! Where things stand when neither flag nor variable says so:
//!
//! | | as the system service | as a user |
//! |---|---|---|
//! | configuration | `$CONFIGURATION_DIRECTORY/reeld.toml` | `$XDG_CONFIG_HOME/reel/reeld.toml` |
//! | data | `$STATE_DIRECTORY` | `$XDG_DATA_HOME/reel` |
//! | socket | `$RUNTIME_DIRECTORY/reeld.sock` | `$XDG_RUNTIME_DIR/reel/reeld.sock`, else in the data directory |
//!
//! The service is known by the three variables that systemd sets from the unit (`/etc/reel`, `/var/lib/reel`,
//! `/run/reel`); the user's are the XDG ones, below `$HOME` where they are not set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Flags of the command line; each is none where it was not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--socket`
    pub socket: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<String>,
    /// `--redis`
    pub redis: Option<String>,
    /// `--name`
    pub name: Option<String>,
    /// `--log`
    pub log: Option<String>,
    /// `--log-format`
    pub log_format: Option<String>,
}

/// The process's surroundings, taken once so that loading stays a function of its arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Variables that are UTF-8.
    pub variables: BTreeMap<String, String>,
    /// The host's name.
    pub host: String,
}

impl Environment {
    /// This process's.
    #[must_use]
    pub fn current() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        Self { variables, host }
    }

    /// A variable that is set and not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// A directory that systemd names; of several the first.
    fn service_directory(&self, name: &str) -> Option<PathBuf> {
        self.get(name)
            .and_then(|value| value.split(':').next())
            .map(PathBuf::from)
    }

    /// An XDG base directory; relative ones don't count, as that standard says.
    fn xdg(&self, name: &str, below_home: &str) -> Option<PathBuf> {
        let named = self
            .get(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        named.or_else(|| self.home().map(|home| home.join(below_home)))
    }

    /// The user's home.
    #[must_use]
    pub fn home(&self) -> Option<&Path> {
        self.get("HOME")
            .map(Path::new)
            .filter(|path| path.is_absolute())
    }

    /// The configuration file's default place.
    #[must_use]
    pub fn default_config(&self) -> PathBuf {
        self.service_directory("CONFIGURATION_DIRECTORY")
            .or_else(|| {
                self.xdg("XDG_CONFIG_HOME", ".config")
                    .map(|base| base.join("reel"))
            })
            .unwrap_or_else(|| PathBuf::from("/etc/reel"))
            .join("reeld.toml")
    }

    /// The data directory's default place; none without a home.
    #[must_use]
    pub fn default_data_dir(&self) -> Option<PathBuf> {
        self.service_directory("STATE_DIRECTORY").or_else(|| {
            self.xdg("XDG_DATA_HOME", ".local/share")
                .map(|base| base.join("reel"))
        })
    }

    /// The socket's default place.
    #[must_use]
    pub fn default_socket(&self, data_dir: &Path) -> PathBuf {
        if let Some(directory) = self.service_directory("RUNTIME_DIRECTORY") {
            return directory.join("reeld.sock");
        }
        match self
            .get("XDG_RUNTIME_DIR")
            .map(Path::new)
            .filter(|path| path.is_absolute())
        {
            Some(base) => base.join("reel/reeld.sock"),
            None => data_dir.join("reeld.sock"),
        }
    }

    /// Whether systemd runs this as a unit with a state directory of its own.
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.get("STATE_DIRECTORY").is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        let variables = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        Environment {
            variables,
            host: "box".into(),
        }
    }

    #[test]
    fn a_user_has_the_xdg_places() {
        let user = environment(&[
            ("HOME", "/home/u"),
            ("XDG_DATA_HOME", "relative"),
            ("XDG_RUNTIME_DIR", "/run/user/7"),
        ]);
        assert_eq!(
            user.default_config(),
            Path::new("/home/u/.config/reel/reeld.toml")
        );
        assert_eq!(
            user.default_data_dir().unwrap(),
            Path::new("/home/u/.local/share/reel")
        );
        assert_eq!(
            user.default_socket(Path::new("/d")),
            Path::new("/run/user/7/reel/reeld.sock")
        );
        assert_eq!(
            environment(&[]).default_socket(Path::new("/d")),
            Path::new("/d/reeld.sock")
        );
        assert_eq!(environment(&[]).default_data_dir(), None);
    }

    #[test]
    fn the_service_has_the_units_places() {
        let unit = environment(&[
            ("HOME", "/var/lib/reel"),
            ("STATE_DIRECTORY", "/var/lib/reel:/var/lib/other"),
            ("RUNTIME_DIRECTORY", "/run/reel"),
            ("CONFIGURATION_DIRECTORY", "/etc/reel"),
        ]);
        assert!(unit.is_service());
        assert_eq!(unit.default_config(), Path::new("/etc/reel/reeld.toml"));
        assert_eq!(unit.default_data_dir().unwrap(), Path::new("/var/lib/reel"));
        assert_eq!(
            unit.default_socket(Path::new("/d")),
            Path::new("/run/reel/reeld.sock")
        );
    }
}
