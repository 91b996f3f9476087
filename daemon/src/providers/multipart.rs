//! A form with a file, as `multipart/form-data`.

use hyper::body::Bytes;

/// Texts and one file, in order.
#[derive(Debug)]
pub struct Form {
    boundary: String,
    body: Vec<u8>,
}

impl Form {
    /// An empty one. The boundary is drawn at random, so that no file holds it.
    #[must_use]
    pub fn new() -> Self {
        let mut bytes = [0_u8; 16];
        // Without randomness the boundary is still one that no sound or text would hold by chance.
        let _ = getrandom::fill(&mut bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            boundary: format!("reel-{hex}"),
            body: Vec::new(),
        }
    }

    /// With a text. Names are our own.
    #[must_use]
    pub fn text(mut self, name: &str, value: &str) -> Self {
        let head = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n",
            self.boundary
        );
        self.body.extend_from_slice(head.as_bytes());
        self
    }

    /// With a file. Name, file's name and kind are our own.
    #[must_use]
    pub fn file(mut self, name: &str, file: &str, kind: &str, bytes: &[u8]) -> Self {
        let head = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: {kind}\r\n\r\n",
            self.boundary
        );
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(bytes);
        self.body.extend_from_slice(b"\r\n");
        self
    }

    /// Its kind and its bytes.
    #[must_use]
    pub fn finish(mut self) -> (String, Bytes) {
        self.body
            .extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        (
            format!("multipart/form-data; boundary={}", self.boundary),
            self.body.into(),
        )
    }
}

impl Default for Form {
    fn default() -> Self {
        Self::new()
    }
}
