//! The one shape of every error: `{"success": false, "error": {"code", "message", "details"?}}`.

use serde::{Deserialize, Serialize};

/// An error body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProblemBody {
    /// Always false.
    pub success: bool,
    /// What went wrong.
    pub error: Problem,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable word: `not_found`, `validation_failed`, `invalid_transition`, `id_taken`…
    pub code: String,
    /// For people: what, and the remedy.
    pub message: String,
    /// By code: a list of `{field, problem}` for 422, `{status, allowed}` for `invalid_transition`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
}

/// One entry of a 422's details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// Its path in the body: `params.prompt`, `workflows[3].priority`.
    pub field: String,
    /// What is wrong, with the value and the remedy.
    pub problem: String,
}
