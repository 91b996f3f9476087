//! `reel` without a verb: the dashboard on a terminal, lines for a screen reader, or one plain picture.

use crate::app::Settings;
use crate::config::Config;
use crate::linear;
use crate::net::Handle;
use crate::once;
use crate::terminal::kind::{Kind, Pictures};
use crate::terminal::pace::Profile;
use crate::terminal::runner::{self, End, Looks};
use crate::terminal::tty;
use jiff::tz::TimeZone;
use reel_shared::client::Endpoint;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

/// What was chosen on the command line and in the environment.
#[derive(Debug, Clone)]
pub struct Options {
    /// The daemons, each with the text that it was named by.
    pub daemons: Vec<(Endpoint, String)>,
    /// Lines only, keys by line.
    pub linear: bool,
    /// One picture, then the end.
    pub once: bool,
    /// Acts are refused.
    pub read_only: bool,
    /// Only ASCII signs.
    pub ascii: bool,
    /// The link between terminal and person; none: ssh in an ssh session.
    pub profile: Option<Profile>,
}

/// What the environment says of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Surroundings {
    profile: Profile,
    colours: bool,
    ascii: bool,
    dumb: bool,
}

impl Surroundings {
    /// `env` gives a variable that is set and not empty.
    fn read(env: impl Fn(&str) -> Option<String>) -> Self {
        let ssh = env("SSH_CONNECTION").is_some() || env("SSH_TTY").is_some();
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(&env)
            .unwrap_or_default()
            .to_uppercase();
        let utf8 = locale.contains("UTF-8") || locale.contains("UTF8");
        // Nothing said is no word against Unicode; a locale that names another coding is.
        let other = locale == "C" || locale == "POSIX" || (locale.contains('.') && !utf8);
        Self {
            profile: if ssh { Profile::Ssh } else { Profile::Local },
            colours: env("NO_COLOR").is_none(),
            ascii: other || env("TERM").is_some_and(|term| term == "linux"),
            dumb: env("TERM").is_some_and(|term| term == "dumb"),
        }
    }
}

/// Runs it to its end.
pub async fn run(options: Options) -> io::Result<ExitCode> {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let around = Surroundings::read(env);
    let config = Config::load(env);
    let profile = options.profile.or(config.profile).unwrap_or(around.profile);
    let settings = Settings {
        // Over ssh a terminal's own selection is worth more, and a lost link leaves no reports behind.
        mouse: config.mouse.unwrap_or(profile == Profile::Local),
        read_only: options.read_only,
        ascii: around.ascii || options.ascii,
        graphics: Kind::read(env).pictures != Pictures::Cells,
        zone: TimeZone::system(),
        ..Settings::default()
    };
    let (endpoints, targets) = options.daemons.into_iter().unzip();
    if options.linear || (around.dumb && !options.once && io::stdout().is_terminal()) {
        return linear::run(endpoints, targets, settings).await;
    }
    if options.once || !io::stdout().is_terminal() {
        return once::run(endpoints, targets, settings).await;
    }
    tty::restore_on_panic();
    let looks = Looks {
        profile,
        colours: around.colours,
        terminal: Kind::read(env),
    };
    match runner::run(Handle::start(endpoints), targets, settings, looks, config).await? {
        End::Quit => Ok(ExitCode::SUCCESS),
        End::Signal => Ok(ExitCode::from(130)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Surroundings {
        Surroundings::read(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_ssh_session_is_a_slow_link() {
        assert_eq!(read(&[]).profile, Profile::Local);
        assert_eq!(read(&[("SSH_TTY", "/dev/pts/3")]).profile, Profile::Ssh);
        assert_eq!(
            read(&[("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")]).profile,
            Profile::Ssh
        );
    }

    #[test]
    fn colours_and_signs_follow_the_environment() {
        assert!(read(&[]).colours);
        assert!(!read(&[("NO_COLOR", "1")]).colours);
        assert!(!read(&[("LANG", "de_DE.UTF-8")]).ascii);
        assert!(!read(&[("LC_ALL", "C.utf8"), ("LANG", "C")]).ascii);
        assert!(read(&[("LANG", "C")]).ascii);
        assert!(read(&[("LANG", "de_DE.ISO-8859-1")]).ascii);
        assert!(read(&[("TERM", "linux")]).ascii);
        assert!(read(&[("TERM", "dumb")]).dumb);
    }
}
