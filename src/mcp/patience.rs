//! How a call waits for work that may take longer than its client does.

use std::time::Duration;

use thiserror::Error;
use tokio_util::sync::CancellationToken;

/// A call whose result its client wants no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the call was cancelled; what was found until then is stored")]
pub struct CallAbandoned;

/// Waits for `work`: `None` when it takes longer than `patience`, and then it goes on. When `abandoned` resolves, nobody
/// wants the result any more, so `cancel` stops the work.
///
/// # Errors
/// When the call was abandoned.
pub async fn wait_for_work<T>(
    work: impl Future<Output = T>,
    abandoned: impl Future<Output = ()>,
    patience: Duration,
    cancel: &CancellationToken,
) -> Result<Option<T>, CallAbandoned> {
    tokio::select! {
        // A result that is there is given, whatever else happened at the same moment.
        biased;
        done = work => Ok(Some(done)),
        () = abandoned => {
            cancel.cancel();
            Err(CallAbandoned)
        }
        () = tokio::time::sleep(patience) => Ok(None),
    }
}
