//! What the terminal is, from its environment alone: no question is sent that it would have to answer. It decides how a
//! person is told something, how bytes pass a multiplexer, and whether the terminal shows pictures itself.

/// How the terminal shows words of its own to a person who looks elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notes {
    /// OSC 9.
    Nine,
    /// OSC 777.
    Urxvt,
    /// OSC 99.
    Kitty,
    /// It only rings.
    Bell,
}

/// How it shows pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    /// As cells alone.
    Cells,
    /// kitty's protocol.
    Kitty,
    /// iTerm's inline files.
    Iterm,
    /// Sixels.
    Sixel,
}

/// What the terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    notes: Notes,
    /// How it shows pictures.
    pub pictures: Pictures,
    tmux: bool,
    screen: bool,
}

impl Kind {
    /// `env` gives a variable that is set and not empty.
    #[must_use]
    pub fn read(env: impl Fn(&str) -> Option<String>) -> Self {
        let term = env("TERM").unwrap_or_default();
        let program = env("TERM_PROGRAM").unwrap_or_default();
        let tmux = env("TMUX").is_some() || term.starts_with("tmux");
        let screen = !tmux && (env("STY").is_some() || term.starts_with("screen"));
        let kitty = env("KITTY_WINDOW_ID").is_some() || term.contains("kitty");
        let ghostty = program == "ghostty" || term.contains("ghostty");
        let wezterm = program == "WezTerm";
        let iterm =
            program == "iTerm.app" || env("LC_TERMINAL").is_some_and(|name| name == "iTerm2");
        let foot = term.starts_with("foot");
        let notes = if kitty {
            Notes::Kitty
        } else if iterm || wezterm || ghostty || env("WT_SESSION").is_some() {
            Notes::Nine
        } else if term.contains("rxvt") || foot || env("VTE_VERSION").is_some() {
            Notes::Urxvt
        } else {
            Notes::Bell
        };
        // Inside a multiplexer the cells are its own: what it doesn't know of would be left standing.
        let pictures = match () {
            () if tmux || screen => Pictures::Cells,
            () if kitty || ghostty => Pictures::Kitty,
            () if iterm || wezterm => Pictures::Iterm,
            () if foot || term.contains("sixel") || term.contains("mlterm") => Pictures::Sixel,
            () => Pictures::Cells,
        };
        Self {
            notes,
            pictures,
            tmux,
            screen,
        }
    }

    /// Bytes that the terminal itself is to see, through whatever multiplexer stands between.
    #[must_use]
    pub fn passed_on(&self, bytes: &str) -> String {
        if self.tmux {
            format!("\x1bPtmux;{}\x1b\\", bytes.replace('\x1b', "\x1b\x1b"))
        } else if self.screen {
            format!("\x1bP{bytes}\x1b\\")
        } else {
            bytes.to_owned()
        }
    }

    /// Words for a person who looks elsewhere, and a ring.
    #[must_use]
    pub fn notification(&self, text: &str) -> String {
        let text: String = text
            .chars()
            .filter(|c| !c.is_control() && *c != ';')
            .take(200)
            .collect();
        let note = match self.notes {
            Notes::Bell => return "\x07".to_owned(),
            Notes::Nine => format!("\x1b]9;{text}\x07"),
            Notes::Urxvt => format!("\x1b]777;notify;reel;{text}\x07"),
            Notes::Kitty => format!("\x1b]99;i=reel:d=1;{text}\x1b\\"),
        };
        format!("{}\x07", self.passed_on(&note))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(pairs: &[(&str, &str)]) -> Kind {
        Kind::read(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn words_reach_a_person_in_each_terminals_way_and_always_ring() {
        let plain = kind(&[("TERM", "xterm-256color")]);
        assert_eq!(plain.notification("done"), "\x07");
        let kitty = kind(&[("TERM", "xterm-kitty"), ("KITTY_WINDOW_ID", "1")]);
        assert_eq!(
            kitty.notification("done"),
            "\x1b]99;i=reel:d=1;done\x1b\\\x07"
        );
        let iterm = kind(&[("TERM_PROGRAM", "iTerm.app"), ("TMUX", "/tmp/x")]);
        assert_eq!(
            iterm.notification("a;b\x1b"),
            "\x1bPtmux;\x1b\x1b]9;ab\x07\x1b\\\x07"
        );
    }

    #[test]
    fn pictures_are_cells_inside_a_multiplexer() {
        assert_eq!(kind(&[("TERM", "xterm-kitty")]).pictures, Pictures::Kitty);
        assert_eq!(kind(&[("TERM", "foot")]).pictures, Pictures::Sixel);
        let inside = kind(&[("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1")]);
        assert_eq!(inside.pictures, Pictures::Cells);
        assert_eq!(kind(&[]).pictures, Pictures::Cells);
    }
}
