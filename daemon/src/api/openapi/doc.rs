//! What is written down for a row of the route table. Bodies are in the form that `notation` reads.

use axum::http::Method;

/// Rows that belong together, as one of INTERFACE's surfaces.
pub struct Surface {
    /// Its name, and in `[features]` where it can be hidden.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Its rows.
    pub docs: &'static [Doc],
}

impl Surface {
    /// What is written for a row.
    #[must_use]
    pub fn doc(&self, method: &Method, path: &str) -> Option<&'static Doc> {
        self.docs.iter().find(|doc| {
            doc.row
                .split_once(' ')
                .is_some_and(|(word, at)| word == method.as_str() && at == path)
        })
    }
}

/// One row.
pub struct Doc {
    /// `GET /api/…`, as in the table.
    pub row: &'static str,
    /// What it does, in a few words.
    pub title: &'static str,
    /// What else there is to know.
    pub about: &'static str,
    /// Of its query.
    pub query: &'static [Query],
    /// What it takes.
    pub body: Option<Body>,
    /// What it answers when all goes well, the usual answer first.
    pub answers: &'static [Answer],
    /// Refusals beyond those that follow from the row: statuses.
    pub refuses: &'static [u16],
}

/// A query parameter.
pub struct Query {
    /// Its name.
    pub name: &'static str,
    /// What it may be: an example in `notation`.
    pub like: &'static str,
    /// What it is for.
    pub about: &'static str,
}

/// A request's body.
pub enum Body {
    /// JSON. A field that isn't there is refused by name if `strict`, else passed over.
    Json {
        /// In `notation`.
        like: &'static str,
        /// Of our own making: unknown fields are refused.
        strict: bool,
        /// It may be left out.
        optional: bool,
    },
    /// Bytes.
    Bytes {
        /// Media types.
        kinds: &'static [&'static str],
    },
}

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// When, and what it is.
    pub about: &'static str,
    /// Its body.
    pub body: Shape,
}

/// An answer's body.
pub enum Shape {
    /// None.
    Empty,
    /// `{"success": true, "data": …}` around this, in `notation`.
    Data(&'static str),
    /// This, in `notation`.
    Bare(&'static str),
    /// Bytes of this media type.
    Bytes(&'static str),
}

impl Doc {
    /// With nothing but names.
    #[must_use]
    pub const fn new(row: &'static str, title: &'static str, answers: &'static [Answer]) -> Self {
        Self {
            row,
            title,
            about: "",
            query: &[],
            body: None,
            answers,
            refuses: &[],
        }
    }

    /// The same, with more to know.
    #[must_use]
    pub const fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// The same, with a query.
    #[must_use]
    pub const fn query(mut self, query: &'static [Query]) -> Self {
        self.query = query;
        self
    }

    /// The same, with a body whose unknown fields are refused.
    #[must_use]
    pub const fn takes(mut self, like: &'static str) -> Self {
        self.body = Some(Body::Json {
            like,
            strict: true,
            optional: false,
        });
        self
    }

    /// The same, with such a body that may be left out.
    #[must_use]
    pub const fn may_take(mut self, like: &'static str) -> Self {
        self.body = Some(Body::Json {
            like,
            strict: true,
            optional: true,
        });
        self
    }

    /// The same, with a document's body: unknown fields are passed over.
    #[must_use]
    pub const fn reads(mut self, like: &'static str) -> Self {
        self.body = Some(Body::Json {
            like,
            strict: false,
            optional: false,
        });
        self
    }

    /// The same, with such a body that may be left out.
    #[must_use]
    pub const fn may_read(mut self, like: &'static str) -> Self {
        self.body = Some(Body::Json {
            like,
            strict: false,
            optional: true,
        });
        self
    }

    /// The same, with a body of bytes.
    #[must_use]
    pub const fn uploads(mut self, kinds: &'static [&'static str]) -> Self {
        self.body = Some(Body::Bytes { kinds });
        self
    }

    /// The same, with refusals of its own.
    #[must_use]
    pub const fn refuses(mut self, statuses: &'static [u16]) -> Self {
        self.refuses = statuses;
        self
    }
}

/// A query parameter.
#[must_use]
pub const fn query(name: &'static str, like: &'static str, about: &'static str) -> Query {
    Query { name, like, about }
}

/// Data in its envelope.
#[must_use]
pub const fn data(status: u16, about: &'static str, like: &'static str) -> Answer {
    Answer {
        status,
        about,
        body: Shape::Data(like),
    }
}

/// An object as it is.
#[must_use]
pub const fn bare(status: u16, about: &'static str, like: &'static str) -> Answer {
    Answer {
        status,
        about,
        body: Shape::Bare(like),
    }
}

/// Bytes.
#[must_use]
pub const fn bytes(status: u16, about: &'static str, kind: &'static str) -> Answer {
    Answer {
        status,
        about,
        body: Shape::Bytes(kind),
    }
}

/// A status and its headers.
#[must_use]
pub const fn empty(status: u16, about: &'static str) -> Answer {
    Answer {
        status,
        about,
        body: Shape::Empty,
    }
}
