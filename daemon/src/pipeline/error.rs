//! What is wrong with a pipeline file, and where.

/// One mistake in a pipeline file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}:{line}:{column}: {message}")]
pub struct FileError {
    /// The file's path, or `built-in NAME`.
    pub origin: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong, with the name, the value and the remedy.
    pub message: String,
}

/// Turns byte offsets of one text into errors with line and column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    pub origin: &'a str,
    pub text: &'a str,
}

impl Places<'_> {
    /// An error at this byte offset of the text.
    pub fn error(&self, offset: usize, message: impl Into<String>) -> FileError {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        FileError {
            origin: self.origin.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters() {
        let places = Places {
            origin: "x.toml",
            text: "a = 1\nöß = 2\n",
        };
        let error = places.error("a = 1\nöß ".len(), "wrong");
        assert_eq!((error.line, error.column), (2, 4));
        assert_eq!(error.to_string(), "x.toml:2:4: wrong");
    }

    #[test]
    fn an_offset_beyond_the_text_is_its_end() {
        let error = Places {
            origin: "x",
            text: "ab",
        }
        .error(99, "wrong");
        assert_eq!((error.line, error.column), (1, 3));
    }
}
