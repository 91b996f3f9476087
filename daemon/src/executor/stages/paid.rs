//! Answers that a service was paid for, kept on the disk before anything is made of them.
//!
//! The daemon may die right behind an answer; the same stage then runs again from its top, and finds it here instead of
//! paying once more. A retry by a person asks anew: they want another answer.

use super::files;
use crate::executor::stage::{StageContext, StageError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::future::Future;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The answer to what was asked, told apart by `asked`: the kept one, else `asking`'s, which is kept if it is good.
///
/// # Errors
/// Those of `asking`, which keep nothing; what the disk says.
pub async fn once<T>(
    context: &StageContext,
    asked: &[&[u8]],
    asking: impl Future<Output = Result<T, StageError>>,
) -> Result<T, StageError>
where
    T: Serialize + DeserializeOwned + Send + 'static,
{
    let path = place(context, asked);
    let kept = path.clone();
    if let Some(answer) = files::blocking(move || read(&kept)).await? {
        return Ok(answer);
    }
    let answer = asking.await?;
    files::blocking(move || {
        if let Some(folder) = path.parent() {
            files::make_dir(folder)?;
        }
        let text = serde_json::to_vec(&answer)
            .map_err(|error| files::failed("written", &path, &error.into()))?;
        files::write_whole(&path, &text)?;
        Ok(answer)
    })
    .await
}

fn place(context: &StageContext, asked: &[&[u8]]) -> PathBuf {
    let mut digest = Sha256::new();
    digest.update(context.run.to_be_bytes());
    for part in asked {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    let hash: String = digest
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    context.work_dir.join("paid").join(format!("{hash}.json"))
}

/// What can't be read as an answer of this shape counts as none.
fn read<T: DeserializeOwned>(path: &PathBuf) -> Result<Option<T>, StageError> {
    match std::fs::read(path) {
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(files::failed("read", path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ErrorClass;
    use crate::executor::stages::tests::bench::Bench;
    use serde_json::json;

    #[tokio::test]
    async fn a_good_answer_is_paid_once_and_a_failure_keeps_nothing() {
        let bench = Bench::new(json!({}));
        let context = bench.context("script");
        let fails =
            async { Err::<u32, _>(StageError::failed(ErrorClass::Provider, "x", "no", "")) };
        assert!(once(&context, &[b"a"], fails).await.is_err());
        assert_eq!(once(&context, &[b"a"], async { Ok(1_u32) }).await, Ok(1));
        assert_eq!(once(&context, &[b"a"], async { Ok(2_u32) }).await, Ok(1));
        assert_eq!(once(&context, &[b"b"], async { Ok(3_u32) }).await, Ok(3));
        assert_eq!(
            once(&context, &[b"", b"b"], async { Ok(4_u32) }).await,
            Ok(4)
        );
    }
}
