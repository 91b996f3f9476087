//! Between the providers and the stages: a provider's trouble as a stage's end, and what happens when one lacks its key.

use crate::attempt_log::Level;
use crate::config::Missing;
use crate::domain::ErrorClass;
use crate::executor::stage::{StageContext, StageError};
use crate::providers::{Lacks, Trouble};
use std::future::Future;
use std::time::Duration;

/// A limit whose end is not told.
const A_WHILE: Duration = Duration::from_secs(60);

/// A provider's trouble: a limit parks the stage until it is over, all else fails it.
#[must_use]
pub fn failed(trouble: Trouble) -> StageError {
    match trouble.class {
        ErrorClass::RateLimit | ErrorClass::Quota => StageError::Parked {
            wait: trouble.wait.unwrap_or(A_WHILE),
            reason: trouble.message,
            class: Some(trouble.class),
        },
        class => StageError::failed(class, trouble.code, trouble.message, trouble.hint),
    }
}

/// Asks a provider, unless cancel is asked first.
///
/// # Errors
/// The provider's; `Cancelled`.
pub async fn ask<T>(
    context: &StageContext,
    asking: impl Future<Output = Result<T, Trouble>> + Send,
) -> Result<T, StageError> {
    tokio::select! {
        () = context.cancelled().cancelled() => Err(StageError::Cancelled),
        answer = asking => answer.map_err(failed),
    }
}

/// Whether everything is to be made without any service: `[providers] all = "simulate"`.
#[must_use]
pub fn is_simulated(context: &StageContext) -> bool {
    context.config.providers.simulate
}

/// A provider that is named lacks something: told, and `instead` works; or refused, as the configuration says.
///
/// # Errors
/// Class `config` with `[providers] missing = "refuse"`.
pub fn or_offline(context: &StageContext, lacks: &Lacks, instead: &str) -> Result<(), StageError> {
    if context.config.providers.missing == Missing::Refuse {
        return Err(StageError::failed(
            ErrorClass::Config,
            "provider_missing",
            lacks.to_string(),
            "Give what is missing, name another provider in [providers], or set missing = \"fallback\".",
        ));
    }
    context.log(Level::Warn, &format!("{lacks}; {instead}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_parks_and_all_else_fails() {
        let trouble = |class, wait| Trouble {
            wait,
            ..Trouble::new(class, "x", "m".into(), "h".into())
        };
        let parked = failed(trouble(ErrorClass::RateLimit, Some(Duration::from_secs(9))));
        assert!(
            matches!(parked, StageError::Parked { wait, class: Some(ErrorClass::RateLimit), .. } if wait.as_secs() == 9)
        );
        assert!(
            matches!(failed(trouble(ErrorClass::Quota, None)), StageError::Parked { wait, .. } if wait == A_WHILE)
        );
        assert!(matches!(
            failed(trouble(ErrorClass::Config, None)),
            StageError::Failed {
                class: ErrorClass::Config,
                ..
            }
        ));
    }
}
