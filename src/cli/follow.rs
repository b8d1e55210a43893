//! Following work to its end: progress is drawn, Ctrl-C stops it, a second Ctrl-C leaves it.

use std::future::Future;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::app::{AppError, Progress};

use super::cx::CommandCx;
use super::interrupts::Interrupts;
use super::progress::ProgressLine;

/// How followed work ended.
#[derive(Debug)]
pub(super) enum Ended<T> {
    /// With an answer; after one Ctrl-C it is what was found until then.
    Answer(T),
    /// The user pressed Ctrl-C twice.
    Left,
}

/// Work that can be watched and stopped.
#[derive(Debug)]
pub(super) struct Watched {
    /// How far it is.
    pub progress: watch::Receiver<Progress>,
    /// Stops it.
    pub cancel: CancellationToken,
}

/// Waits for the end of `work`.
///
/// # Errors
/// What the work failed with.
pub(super) async fn wait_with_progress<T>(
    cx: &CommandCx,
    interrupts: &mut Interrupts,
    watched: Watched,
    work: impl Future<Output = Result<T, AppError>>,
) -> Result<Ended<T>, AppError> {
    let Watched { mut progress, cancel } = watched;
    let line = ProgressLine::new(cx.shows_progress());
    let mut work = std::pin::pin!(work);
    let mut watching = true;

    loop {
        tokio::select! {
            answer = &mut work => return answer.map(Ended::Answer),
            () = interrupts.next() => {
                // The first Ctrl-C lets the scan undo its writes; a second one means that this takes too long.
                if cancel.is_cancelled() {
                    return Ok(Ended::Left);
                }
                cancel.cancel();
                line.say("stopping: undoing what was written and storing what was found; press Ctrl-C again to leave at once");
            }
            changed = progress.changed(), if watching => match changed {
                Ok(()) => line.show(&progress.borrow_and_update()),
                // Whoever reports progress is gone; the answer is still to come.
                Err(_) => watching = false,
            },
        }
    }
}
