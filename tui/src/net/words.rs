//! A client's errors in the few words that a header or a toast has room for.

use crate::app::call::Failure;
use reel_shared::client::ClientError;
use std::error::Error;

/// Why there is no connection.
#[must_use]
pub fn why(error: &ClientError) -> String {
    match error {
        ClientError::Unreachable { source, .. } => match source.kind() {
            std::io::ErrorKind::ConnectionRefused => "refused".to_owned(),
            std::io::ErrorKind::NotFound => "no socket there".to_owned(),
            std::io::ErrorKind::PermissionDenied => {
                "permission denied: join the socket's group".to_owned()
            }
            std::io::ErrorKind::TimedOut => "no answer".to_owned(),
            _ => source.to_string(),
        },
        ClientError::Lost {
            source: Some(source),
        } => deepest(source.as_ref()),
        other => other.to_string(),
    }
}

/// Why a call has no answer.
#[must_use]
pub fn failure(error: &ClientError) -> Failure {
    let uncertain = matches!(error, ClientError::Lost { .. } | ClientError::Silent { .. });
    Failure {
        message: error.to_string(),
        status: error.status(),
        uncertain,
    }
}

/// The cause behind the causes says most.
fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
