//! `[media]` and `[episodes]`: the footage library, the captions' font, and where episodes lie.

use super::section::Section;
use std::path::{Path, PathBuf};

/// `[media]`
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    /// Stock footage.
    pub library: PathBuf,
    /// The captions' font.
    pub font: String,
}

impl Media {
    /// The library's default is `~/Videos/reel`; for the system service, which has no such home, `library` in the data directory.
    pub(super) fn read(section: &mut Section<'_, '_, '_>, data_dir: &Path) -> Self {
        let environment = section.loading.environment;
        let home = environment.home().filter(|_| !environment.is_service());
        let library =
            home.map_or_else(|| data_dir.join("library"), |home| home.join("Videos/reel"));
        Self {
            library: section.path_or("library", library),
            font: section.text_or("font", "DejaVu Sans"),
        }
    }
}

/// `[episodes]`
#[derive(Debug, Clone, PartialEq)]
pub struct Episodes {
    /// Directories that are searched for episodes.
    pub roots: Vec<PathBuf>,
}

impl Episodes {
    pub(super) fn read(section: &mut Section<'_, '_, '_>) -> Self {
        let place = section.place_of("roots");
        let roots: Vec<PathBuf> = section
            .texts_or("roots", &[])
            .into_iter()
            .map(PathBuf::from)
            .collect();
        if let Some(relative) = roots.iter().find(|root| !root.is_absolute()) {
            let problem = format!(
                "{:?} is not an absolute path",
                relative.display().to_string()
            );
            section.refuse("roots", place, problem, "write it from `/` on");
        }
        Self { roots }
    }
}
