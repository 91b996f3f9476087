//! How wide text is in the fonts of this box, and whether they can show it at all.

use fontdb::{Database, Weight};
use std::collections::{BTreeSet, HashMap};
use unicode_width::UnicodeWidthChar;

/// The widths of a text's characters, in the font that will show them.
#[derive(Debug, Clone, Default)]
pub struct Widths {
    /// Letters' height in pixels.
    size: f32,
    /// By character, as a part of the height.
    known: HashMap<char, f32>,
}

/// What the fonts of this box have for a text.
#[derive(Debug, Clone)]
pub struct Found {
    /// The family to ask for.
    pub family: String,
    /// For measuring.
    pub widths: Widths,
    /// What no font here can show.
    pub missing: Vec<char>,
}

impl Widths {
    /// Widths without a font to look at: wide characters count as high as they are, all else as three fifths.
    #[must_use]
    pub fn estimated(size: f32) -> Self {
        Self {
            size,
            known: HashMap::new(),
        }
    }

    /// A text's width in pixels.
    #[must_use]
    pub fn of(&self, text: &str) -> f32 {
        let parts = text.chars().map(|character| {
            self.known
                .get(&character)
                .copied()
                .unwrap_or_else(|| estimate(character))
        });
        parts.sum::<f32>() * self.size
    }
}

fn estimate(character: char) -> f32 {
    match character.width() {
        None | Some(0) => 0.0,
        Some(1) => 0.6,
        Some(_) => 1.0,
    }
}

/// Looks through this box's fonts for those that show `text`, `wanted` first. Reads the fonts' files: call it where waiting
/// for the disk is fine.
#[must_use]
pub fn find(wanted: &str, text: &str, size: u32) -> Found {
    let mut database = Database::new();
    database.load_system_fonts();
    #[allow(clippy::cast_precision_loss, reason = "pixels")]
    let size = size as f32;
    search(&database, wanted, text, size)
}

fn search(database: &Database, wanted: &str, text: &str, size: f32) -> Found {
    let mut open: BTreeSet<char> = text
        .chars()
        .filter(|c| c.width().is_some_and(|width| width > 0) && !c.is_whitespace())
        .collect();
    let mut found = Found {
        family: wanted.to_owned(),
        widths: Widths::estimated(size),
        missing: Vec::new(),
    };
    let mut most = 0;
    for (family, id) in faces(database, wanted) {
        if open.is_empty() {
            break;
        }
        let here = database
            .with_face_data(id, |data, index| advances(data, index, &open))
            .unwrap_or_default();
        // The family that shows most of the text is asked for; what it lacks is taken from others by itself.
        if here.len() > most {
            most = here.len();
            found.family = family;
        }
        for (character, width) in here {
            open.remove(&character);
            found.widths.known.insert(character, width);
        }
    }
    if let Some(space) = faces(database, &found.family).first().and_then(|(_, id)| {
        database
            .with_face_data(*id, |data, index| {
                advances(data, index, &BTreeSet::from([' ']))
            })
            .unwrap_or_default()
            .first()
            .copied()
    }) {
        found.widths.known.insert(space.0, space.1);
    }
    found.missing = open.into_iter().collect();
    found
}

/// One face of each family: of normal width, and the boldest, as captions are bold; the wanted family first.
fn faces(database: &Database, wanted: &str) -> Vec<(String, fontdb::ID)> {
    let mut best: HashMap<String, ((bool, u16), fontdb::ID)> = HashMap::new();
    for face in database
        .faces()
        .filter(|face| face.style == fontdb::Style::Normal)
    {
        let Some((family, _)) = face.families.first() else {
            continue;
        };
        let narrow = face.stretch != fontdb::Stretch::Normal;
        let distance = (narrow, face.weight.0.abs_diff(Weight::BOLD.0));
        let entry = best.entry(family.clone()).or_insert((distance, face.id));
        if distance < entry.0 {
            *entry = (distance, face.id);
        }
    }
    let mut faces: Vec<(String, fontdb::ID)> = best
        .into_iter()
        .map(|(family, (_, id))| (family, id))
        .collect();
    faces.sort_by(|(one, _), (other, _)| (one != wanted, one).cmp(&(other != wanted, other)));
    faces
}

/// The widths of those characters that a face has, as parts of the height from its highest to its lowest point.
fn advances(data: &[u8], index: u32, wanted: &BTreeSet<char>) -> Vec<(char, f32)> {
    let Ok(face) = ttf_parser::Face::parse(data, index) else {
        return Vec::new();
    };
    let height = f32::from(face.ascender()) - f32::from(face.descender());
    if height <= 0.0 {
        return Vec::new();
    }
    let width = |character: char| {
        let glyph = face.glyph_index(character)?;
        Some((
            character,
            f32::from(face.glyph_hor_advance(glyph)?) / height,
        ))
    };
    wanted
        .iter()
        .filter_map(|character| width(*character))
        .collect()
}

/// Debian's package that brings a font for these characters.
#[must_use]
pub fn package(missing: &[char]) -> &'static str {
    let wide = |c: &char| matches!(*c, '\u{1100}'..='\u{11ff}' | '\u{3000}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{3ffff}');
    let picture = |c: &char| matches!(*c, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}');
    if missing.iter().any(wide) {
        "fonts-noto-cjk"
    } else if missing.iter().any(picture) {
        "fonts-noto-color-emoji"
    } else {
        "fonts-noto-core"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_fonts_everything_is_missing_and_still_measured() {
        let found = search(&Database::new(), "Nothing", "ab 一", 100.0);
        assert_eq!(found.missing, ['a', 'b', '一']);
        assert_eq!(found.family, "Nothing");
        assert!((found.widths.of("ab一") - 220.0).abs() < 0.1);
    }

    #[test]
    fn a_missing_script_names_its_package() {
        assert_eq!(package(&['一']), "fonts-noto-cjk");
        assert_eq!(package(&['👋']), "fonts-noto-color-emoji");
        assert_eq!(package(&['ก']), "fonts-noto-core");
    }

    #[test]
    fn a_family_is_measured_in_its_bold_face_of_normal_width() {
        let mut database = Database::new();
        database.load_system_fonts();
        let found = search(&database, "DejaVu Sans", "100% of it, said C:", 90.0);
        if found.family == "DejaVu Sans" {
            // What the renderer makes of this line in this size, in pixels of a real frame.
            assert!((found.widths.of("100% of it, said C:") - 790.0).abs() < 12.0);
            assert!(found.missing.is_empty(), "{:?}", found.missing);
        }
    }

    #[test]
    fn combining_marks_take_no_room() {
        let widths = Widths::estimated(10.0);
        assert!((widths.of("e\u{301}") - widths.of("e")).abs() < f32::EPSILON);
    }
}
