//! Where a workflow's finished files stand below the media directory, and under which number.
//!
//! ```text
//! media/videos/USER/MS.mp4          media/videos/USER/MS_720p.mp4
//! media/captions/USER/MS.srt .ass   media/thumbnails/USER/MS-N.jpg    media/audio/USER/MS.wav
//! ```
//!
//! The number is the moment at which the workflow first wanted one, in milliseconds. It is claimed by creating the video's
//! file, so no other workflow's files are ever overwritten, and remembered in the work directory, so that every stage and
//! every later attempt of this workflow finds the same one.

use super::files;
use crate::domain::{Value, Workflow};
use crate::executor::stage::{StageContext, StageError};
use crate::outbound::fetch;
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

const REMEMBERED: &str = "kept-as";

/// The names of one workflow's finished files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    media: PathBuf,
    user: String,
    number: u64,
}

impl Kept {
    /// This workflow's names: those it had, or new ones.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn of(context: &StageContext) -> Result<Self, StageError> {
        let (media, work, user) = (
            context.media_dir.clone(),
            context.work_dir.clone(),
            folder_of(&context.user),
        );
        files::blocking(move || Self::claim(&media, &work, user)).await
    }

    /// This user's names, claimed in this work directory, or new ones.
    ///
    /// # Errors
    /// What the disk says.
    pub fn claim_for(media: &Path, work: &Path, user: &str) -> Result<Self, StageError> {
        Self::claim(media, work, folder_of(user))
    }

    /// The names that were claimed in this work directory, if any were.
    #[must_use]
    pub fn claimed(media: &Path, work: &Path, user: &str) -> Option<Self> {
        let text = std::fs::read_to_string(work.join(REMEMBERED)).ok()?;
        Some(Self {
            media: media.to_path_buf(),
            user: folder_of(user),
            number: text.trim().parse().ok()?,
        })
    }

    fn claim(media: &Path, work: &Path, user: String) -> Result<Self, StageError> {
        let remembered = work.join(REMEMBERED);
        match std::fs::read_to_string(&remembered) {
            Ok(text) => {
                if let Ok(number) = text.trim().parse() {
                    let kept = Self {
                        media: media.to_path_buf(),
                        user,
                        number,
                    };
                    // The claim may have been made on another box.
                    kept.make_folders()?;
                    return Ok(kept);
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(files::failed("read", &remembered, &error)),
        }
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis();
        let mut kept = Self {
            media: media.to_path_buf(),
            user,
            number: u64::try_from(now).unwrap_or(0),
        };
        kept.make_folders()?;
        loop {
            match std::fs::File::create_new(kept.video()) {
                Ok(_) => break,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => kept.number += 1,
                Err(error) => return Err(files::failed("made", &kept.video(), &error)),
            }
        }
        files::write_whole(&remembered, kept.number.to_string().as_bytes())?;
        Ok(kept)
    }

    fn make_folders(&self) -> Result<(), StageError> {
        ["videos", "captions", "thumbnails"]
            .iter()
            .try_for_each(|folder| files::make_dir(&self.folder(folder)))
    }

    /// The names of a workflow that has ended, from what its stages gave; none where it kept nothing.
    #[must_use]
    pub fn of_ended(workflow: &Workflow, media: &Path) -> Option<Self> {
        let gave = |key: &str| {
            workflow
                .stages
                .iter()
                .find_map(|stage| stage.outputs.get(key))
        };
        let captions = gave("captions")
            .and_then(Value::as_map)
            .and_then(|map| map.get("srt"));
        let path = captions
            .or_else(|| gave("videoPath"))
            .and_then(Value::as_text)?;
        let path = Path::new(path).strip_prefix(media).ok()?;
        let parts: Vec<&str> = path
            .components()
            .map(|part| part.as_os_str().to_str())
            .collect::<Option<_>>()?;
        let [_, user, _] = parts[..] else { return None };
        let number = path.file_stem()?.to_str()?.parse().ok()?;
        (user != "..").then(|| Self {
            media: media.to_path_buf(),
            user: user.to_owned(),
            number,
        })
    }

    /// Every file that may be kept under these names, whether it was made or not: what goes when the workflow is deleted.
    /// What was published stays where it was published.
    #[must_use]
    pub fn all(&self) -> Vec<PathBuf> {
        let mut files = vec![
            self.video(),
            self.rendition("720p"),
            self.captions("srt"),
            self.captions("ass"),
            self.audio(),
        ];
        files.extend((0..super::thumbnails::COUNT).map(|index| self.thumbnail(index)));
        let parts: Vec<PathBuf> = files.iter().map(|file| files::part(file)).collect();
        files.push(fetch::note_of(&files::part(&self.video())));
        files.extend(parts);
        files
    }

    fn folder(&self, kind: &str) -> PathBuf {
        self.media.join(kind).join(&self.user)
    }

    /// The video.
    #[must_use]
    pub fn video(&self) -> PathBuf {
        self.folder("videos").join(format!("{}.mp4", self.number))
    }

    /// A smaller rendition of it: `720p`.
    #[must_use]
    pub fn rendition(&self, quality: &str) -> PathBuf {
        self.folder("videos")
            .join(format!("{}_{quality}.mp4", self.number))
    }

    /// Its captions: `srt` or `ass`.
    #[must_use]
    pub fn captions(&self, kind: &str) -> PathBuf {
        self.folder("captions")
            .join(format!("{}.{kind}", self.number))
    }

    /// A thumbnail, from 0.
    #[must_use]
    pub fn thumbnail(&self, index: usize) -> PathBuf {
        self.folder("thumbnails")
            .join(format!("{}-{index}.jpg", self.number))
    }

    /// The narration, where intermediate files are wanted.
    #[must_use]
    pub fn audio(&self) -> PathBuf {
        self.folder("audio").join(format!("{}.wav", self.number))
    }

    /// Its name on a channel.
    #[must_use]
    pub fn published(&self, channel: &str) -> PathBuf {
        self.media
            .join("channels")
            .join(folder_of(channel))
            .join(format!("{}.mp4", self.number))
    }

    /// A file's key in a store: its path below the media directory.
    #[must_use]
    pub fn key(&self, path: &Path) -> Option<String> {
        path.strip_prefix(&self.media)
            .ok()
            .map(|rest| rest.to_string_lossy().into_owned())
    }
}

/// A name as one component of a path. What can't stand there is replaced, and a piece of the name's hash then keeps
/// different names apart.
#[must_use]
pub fn folder_of(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    let plain = (1..=64).contains(&name.len()) && name.chars().all(fits) && !name.starts_with('.');
    if plain {
        return name.to_owned();
    }
    let safe: String = name
        .chars()
        .take(32)
        .map(|c| if fits(c) && c != '.' { c } else { '_' })
        .collect();
    let hash: String = Sha256::digest(name.as_bytes())
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{safe}-{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_workflow_finds_the_same_names_and_another_gets_others() {
        let data = tempfile::tempdir().unwrap();
        let (media, one, two) = (
            data.path().join("media"),
            data.path().join("1"),
            data.path().join("2"),
        );
        std::fs::create_dir(&one).unwrap();
        std::fs::create_dir(&two).unwrap();
        let first = Kept::claim(&media, &one, "ann".into()).unwrap();
        assert_eq!(Kept::claim(&media, &one, "ann".into()).unwrap(), first);
        let other = Kept::claim(&media, &two, "ann".into()).unwrap();
        assert_ne!(first.video(), other.video());
        assert_eq!(
            first.key(&first.rendition("720p")),
            Some(format!("videos/ann/{}_720p.mp4", first.number))
        );
    }

    #[test]
    fn what_a_deleted_workflow_kept_is_known_from_its_outputs() {
        let media = Path::new("/d/media");
        let ended = |key: &str, value: Value| {
            let mut workflow = crate::executor::stages::tests::bench::workflow();
            workflow.stages[0].outputs.insert(key.to_owned(), value);
            Kept::of_ended(&workflow, media)
        };
        let kept = ended("videoPath", Value::from("/d/media/videos/ann/7.mp4")).unwrap();
        assert_eq!(kept.video(), Path::new("/d/media/videos/ann/7.mp4"));
        assert!(
            kept.all()
                .contains(&PathBuf::from("/d/media/thumbnails/ann/7-0.jpg"))
        );
        for path in [
            "/etc/passwd",
            "/d/media/videos/../7.mp4",
            "/d/media/videos/ann/x.mp4",
            "/d/media/7.mp4",
        ] {
            assert_eq!(ended("videoPath", Value::from(path)), None, "{path}");
        }
        assert_eq!(
            ended("other", Value::from("/d/media/videos/ann/7.mp4")),
            None
        );
    }

    proptest! {
        #[test]
        fn no_name_leaves_its_folder(name in ".{0,80}") {
            let folder = folder_of(&name);
            prop_assert!(!folder.is_empty() && folder.len() <= 140);
            prop_assert!(!folder.contains('/') && !folder.starts_with('.') && !folder.contains('\0'));
        }
    }

    #[test]
    fn different_names_stay_apart() {
        assert_eq!(folder_of("ann@example.org"), "ann@example.org");
        assert_ne!(folder_of("a/b"), folder_of("a:b"));
        assert_ne!(folder_of(".."), folder_of("."));
    }
}
