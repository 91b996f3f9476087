//! The pipelines that are known: the built-in ones, and the files in `pipelines/` beside the configuration, of which one with
//! a built-in's name replaces it.
//!
//! A file that can't be read or parsed is a problem with its place, told by `check`, the log and the listing; the others
//! still load. While a broken file carries a built-in's name, that name is not known: running the built-in one in place of
//! what a person wrote would be a surprise.

use super::{Defaults, FileError, parse};
use crate::domain::Pipeline;
use crate::domain::nearest::suggest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

const BUILT_IN: &[(&str, &str)] = &[
    ("avatar", include_str!("../../pipelines/avatar.toml")),
    ("clips", include_str!("../../pipelines/clips.toml")),
    ("command", include_str!("../../pipelines/command.toml")),
    (
        "download-video",
        include_str!("../../pipelines/download-video.toml"),
    ),
    ("episode", include_str!("../../pipelines/episode.toml")),
    (
        "generation",
        include_str!("../../pipelines/generation.toml"),
    ),
    ("video", include_str!("../../pipelines/video.toml")),
];

/// A pipeline file that is read is at most this long.
const LONGEST: u64 = 1 << 20;

/// One reading of all files.
#[derive(Debug, Default)]
pub struct Loaded {
    /// By name.
    pub pipelines: BTreeMap<String, Arc<Pipeline>>,
    /// What did not load, in the order of the names.
    pub problems: Vec<FileError>,
}

/// The known pipelines, shared by all who submit; a reload replaces them at once.
#[derive(Debug)]
pub struct Catalogue {
    now: RwLock<Arc<Loaded>>,
}

impl Catalogue {
    /// Reads the built-in pipelines and those in `folder`.
    #[must_use]
    pub fn load(folder: &Path, defaults: &Defaults) -> Self {
        Self {
            now: RwLock::new(Arc::new(read(folder, defaults))),
        }
    }

    /// Where the files of this configuration stand.
    #[must_use]
    pub fn folder(config: &crate::config::Config) -> PathBuf {
        config
            .file
            .parent()
            .unwrap_or_else(|| Path::new("."))
            .join("pipelines")
    }

    /// Reads everything again. With problems that were not there before, nothing changes and they are returned.
    ///
    /// # Errors
    /// All problems of the new reading.
    pub fn reload(&self, folder: &Path, defaults: &Defaults) -> Result<(), Vec<FileError>> {
        let fresh = read(folder, defaults);
        if fresh
            .problems
            .iter()
            .any(|problem| !self.loaded().problems.contains(problem))
        {
            return Err(fresh.problems);
        }
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(())
    }

    /// The reading that holds now.
    #[must_use]
    pub fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A pipeline by its name.
    ///
    /// # Errors
    /// Why there is none of this name, with the nearest one.
    pub fn get(&self, name: &str) -> Result<Arc<Pipeline>, String> {
        self.loaded().get(name)
    }
}

impl Loaded {
    /// A pipeline by its name.
    ///
    /// # Errors
    /// Why there is none of this name, with the nearest one.
    pub fn get(&self, name: &str) -> Result<Arc<Pipeline>, String> {
        if let Some(pipeline) = self.pipelines.get(name) {
            return Ok(Arc::clone(pipeline));
        }
        if let Some(broken) = self
            .problems
            .iter()
            .find(|problem| stem(&problem.origin) == Some(name))
        {
            return Err(format!("the pipeline `{name}` did not load: {broken}"));
        }
        let known: Vec<&str> = self.pipelines.keys().map(String::as_str).collect();
        let shown: String = name.chars().take(80).collect();
        Err(format!(
            "there is no pipeline `{shown}`; {}",
            suggest(&shown, known)
        ))
    }
}

fn stem(path: &str) -> Option<&str> {
    Path::new(path).file_stem().and_then(|stem| stem.to_str())
}

fn read(folder: &Path, defaults: &Defaults) -> Loaded {
    let mut loaded = Loaded::default();
    for (name, text) in BUILT_IN.iter().copied() {
        match parse(name, text, "built-in", defaults) {
            Ok(pipeline) => drop(loaded.pipelines.insert(name.to_owned(), Arc::new(pipeline))),
            Err(problem) => loaded.problems.push(problem),
        }
    }
    match files(folder) {
        Ok(files) => {
            for file in files {
                add(&mut loaded, &file, defaults);
            }
        }
        Err(problem) => loaded.problems.push(problem),
    }
    loaded
}

fn add(loaded: &mut Loaded, file: &Path, defaults: &Defaults) {
    let origin = file.display().to_string();
    let name = stem(&origin).unwrap_or_default().to_owned();
    match text(file).and_then(|text| parse(&name, &text, &origin, defaults)) {
        Ok(pipeline) => drop(loaded.pipelines.insert(name, Arc::new(pipeline))),
        Err(problem) => {
            loaded.pipelines.remove(&name);
            loaded.problems.push(problem);
        }
    }
}

/// The `.toml` files of the folder, sorted; none where there is no folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, &error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden
            && path
                .extension()
                .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn text(file: &Path) -> Result<String, FileError> {
    let length = std::fs::metadata(file)
        .map_err(|error| unreadable(file, &error))?
        .len();
    if length > LONGEST {
        let message = format!("the file has {length} bytes; a pipeline has at most {LONGEST}");
        return Err(FileError {
            origin: file.display().to_string(),
            line: 1,
            column: 1,
            message,
        });
    }
    std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> FileError {
    FileError {
        origin: path.display().to_string(),
        line: 1,
        column: 1,
        message: format!("can't be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pipeline::RetryPolicy;
    use std::time::Duration;

    fn defaults() -> Defaults {
        Defaults {
            retry: RetryPolicy {
                times: 3,
                first: Duration::from_secs(5),
                max: Duration::from_secs(600),
            },
        }
    }

    const ONE: &str = "description = \"mine\"\n[[stages]]\nid = \"one\"\nrun = [\"true\"]\n";

    #[test]
    fn the_built_in_pipelines_parse() {
        let loaded = read(Path::new("/nonexistent/reel"), &defaults());
        assert_eq!(loaded.problems, []);
        let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        assert!(names.is_sorted() && names.contains(&"generation"));
        assert_eq!(loaded.pipelines.keys().collect::<Vec<_>>(), names);
        let ids: Vec<&str> = loaded.pipelines["video"]
            .stages
            .iter()
            .map(|stage| stage.id.as_str())
            .collect();
        assert_eq!(
            ids,
            [
                "writing_script",
                "generating_tts",
                "transcribing",
                "searching_video",
                "generating_video",
                "processing_video",
                "renditions",
                "thumbnails",
                "checking",
                "storing",
                "approving",
                "publishing"
            ]
        );
    }

    #[test]
    fn a_broken_file_is_told_and_the_others_load() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("good.toml"), ONE).unwrap();
        std::fs::write(
            folder.path().join("bad.toml"),
            "description = \"x\"\ntimeuot = 3\n",
        )
        .unwrap();
        std::fs::write(folder.path().join("notes.txt"), "not a pipeline").unwrap();
        let loaded = read(folder.path(), &defaults());
        assert!(loaded.pipelines.contains_key("good") && loaded.pipelines.contains_key("video"));
        assert_eq!(loaded.problems.len(), 1);
        assert_eq!((loaded.problems[0].line, loaded.problems[0].column), (2, 1));
        assert!(loaded.get("bad").unwrap_err().contains("bad.toml:2:1"));
    }

    #[test]
    fn a_file_of_the_same_name_replaces_and_a_broken_one_hides() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("video.toml");
        std::fs::write(&file, ONE).unwrap();
        assert_eq!(
            read(folder.path(), &defaults())
                .get("video")
                .unwrap()
                .description,
            "mine"
        );
        std::fs::write(&file, "[[stages]]\n").unwrap();
        assert!(read(folder.path(), &defaults()).get("video").is_err());
    }

    #[test]
    fn an_unknown_name_is_told_with_the_nearest() {
        let loaded = read(Path::new("/nonexistent/reel"), &defaults());
        assert_eq!(
            loaded.get("vidoe").unwrap_err(),
            "there is no pipeline `vidoe`; did you mean `video`?"
        );
    }

    #[test]
    fn a_reload_with_a_new_problem_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Catalogue::load(folder.path(), &defaults());
        std::fs::write(folder.path().join("good.toml"), ONE).unwrap();
        catalogue.reload(folder.path(), &defaults()).unwrap();
        std::fs::write(folder.path().join("good.toml"), "nonsense").unwrap();
        assert_eq!(
            catalogue
                .reload(folder.path(), &defaults())
                .unwrap_err()
                .len(),
            1
        );
        assert!(catalogue.get("good").is_ok());
    }
}
