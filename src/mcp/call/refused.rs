//! Why a call came to nothing, in words that let a model repair it.

use thiserror::Error;

use crate::app::{AppError, Progress};
use crate::mcp::answer::CursorRefused;
use crate::mcp::arguments::ArgumentRefused;
use crate::mcp::patience::CallAbandoned;
use crate::model::{Mode, ScanId};

/// Why a call came to nothing.
#[derive(Debug, Error)]
pub(super) enum CallRefused {
    #[error(transparent)]
    Argument(#[from] ArgumentRefused),
    #[error(transparent)]
    Cursor(#[from] CursorRefused),
    #[error(transparent)]
    Abandoned(#[from] CallAbandoned),
    #[error("{}", describe_error(.0))]
    Failed(#[from] AppError),
    #[error("{}\nThis was the scan with scan_id {scan}.", describe_error(error))]
    ScanFailed { error: AppError, scan: ScanId },
    #[error("the call was cancelled")]
    Cancelled,
    #[error("the call was cancelled; others still wait for the work, so it goes on")]
    CancelledAlone,
    #[error("the call was cancelled before the scan started.")]
    CancelledBeforeScan,
    #[error("suggest_fix needs `finding_id`, or `check` with a check id such as authz/bola-read.")]
    NothingToFix,
    #[error("`cursor` pages one scan; pass the `scan_id` of the same answer with it.")]
    CursorWithoutScan,
    /// The tool whose cursor it is.
    #[error(
        "the argument `cursor` is not one that {0} gave; pass next_cursor as it is, or leave it out for the first page."
    )]
    ForeignCursor(&'static str),
    /// The argument that `scan_id` leaves no room for.
    #[error(
        "`scan_id` continues a scan that was started before, so `{0}` cannot be given with it. Leave `scan_id` out to start a new scan."
    )]
    ContinuesOnly(&'static str),
    /// The argument that `scan_id` leaves no room for.
    #[error(
        "`scan_id` names a scan that was made before, so `{0}` cannot be given with it. Leave `scan_id` out to ask the API anew."
    )]
    ReadsOnly(&'static str),
    #[error("{}", describe_crowd(*.most, .ids))]
    TooManyScans { most: usize, ids: Vec<String> },
    #[error(
        "mode {mode} is more than this server may do: it was started with `--max-mode {most}`. The user can start it with \
         `routewarden mcp --max-mode {mode}`; do not try to get around it{}",
        if *of_recheck { ". The finding was proven in that mode, so a recheck in a lower one shows nothing." } else { ", call with a lower mode." },
        mode = mode.as_str(), most = most.as_str()
    )]
    AboveMaximum { mode: Mode, most: Mode, of_recheck: bool },
    /// The mode, and the most that the token allows.
    #[error(
        "mode {mode} is more than the token of this client allows ({most} at most); it needs the scope scan:active",
        mode = .0.as_str(), most = .1.as_str()
    )]
    AboveToken(Mode, Mode),
    #[error(
        "what this call would use changed while the user was asked about it; nothing was sent. Call again to ask anew."
    )]
    ChangedMeanwhile,
    /// How many there may be.
    #[error("{0} ownership questions are being worked on already; ask one of them again to get its answer first.")]
    TooManyQuestions(usize),
    #[error(
        "still at work ({}: {} requests so far), and going on. Call check_route_ownership again with the same arguments to get the answer.",
        .0.phase, .0.requests
    )]
    StillRunning(Progress),
}

/// A use case's error in words for the model.
fn describe_error(error: &AppError) -> String {
    let next = match error {
        AppError::Unknown(_) => {
            "\nscan_api with no scan_id makes a scan; the resource routewarden://scans lists the stored ones."
        }
        AppError::Internal(_) => {
            "\nThis is a fault of routewarden or of the disk, not of the call; calling again unchanged will hardly help."
        }
        AppError::Usage(_) | AppError::Untrusted(_) | AppError::Cancelled => "",
    };

    format!("{error}{next}")
}

/// Why no further scan starts, and what to do.
fn describe_crowd(most: usize, ids: &[String]) -> String {
    let others = most.saturating_sub(ids.len());
    let running = if ids.is_empty() { String::new() } else { format!(": {}", ids.join(", ")) };
    let starting = if others == 0 { String::new() } else { format!(" ({others} of them only starting)") };
    format!(
        "{most} scans run already{starting}, and no more may at one time; this one was not started. Wait for one with scan_api \
         and its scan_id, then call again{running}"
    )
}
