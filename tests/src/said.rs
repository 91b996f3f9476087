//! What was said in a conversation.

use crate::{Failure, Home, Result, ask};
use serde_json::Value;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// `user` or `assistant`.
    pub role: String,
    /// `text`, `generation_started`…
    pub kind: String,
    /// The words.
    pub content: String,
}

/// The messages of a conversation, oldest first.
pub fn said(home: &Home, conversation: &str) -> Result<Vec<Said>> {
    let path = format!("/api/conversations/{conversation}/messages");
    let reply = ask(home, "GET", &path, &Value::Null)?;
    let list = reply.body["data"]["messages"]
        .as_array()
        .ok_or_else(|| Failure::new(format!("no messages: {reply:?}")))?;
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    Ok(list
        .iter()
        .map(|one| Said {
            role: text(one, "role"),
            kind: text(one, "type"),
            content: text(one, "content"),
        })
        .collect())
}

/// The types of its messages.
pub fn said_kinds(home: &Home, conversation: &str) -> Result<Vec<String>> {
    Ok(said(home, conversation)?
        .into_iter()
        .map(|one| one.kind)
        .collect())
}
