//! What waits for a person, as the daemon lists it (`/api/attention`, and a snapshot's `attention`).

use serde::Deserialize;
use serde_json::Value;

/// One entry.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attention {
    /// `gate`, `failed`, `endpoint`, `disk`…
    pub kind: String,
    /// `ask`, `error`, `warn`…
    pub severity: String,
    /// Whose, where it is a workflow's.
    pub video_id: Option<String>,
    /// In words.
    pub message: String,
}

impl Attention {
    /// The entries of a listing; what can't be read is passed over.
    #[must_use]
    pub fn read_all(value: &Value) -> Vec<Self> {
        let items = value.get("items").unwrap_or(value).as_array();
        items
            .into_iter()
            .flatten()
            .filter_map(|item| serde_json::from_value(item.clone()).ok())
            .collect()
    }
}
