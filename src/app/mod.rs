//! The use cases: scan, explain, ownership, fix, and the history behind them. Both faces call these and nothing below.

mod active;
mod answers;
mod base;
mod choice;
mod document;
mod error;
mod explain;
mod fence;
mod finish;
mod fix;
mod following;
mod graphql;
mod guarded;
mod intent;
mod issuer;
mod joining;
mod known;
mod marks;
mod matrix;
mod matrix_writes;
mod ownership;
mod prepare;
mod reading_alone;
mod recheck;
mod recording;
mod replay;
mod scan;
mod signing_back;
mod source;
mod state;

pub use answers::{
    Access, Caller, Cell, CheckPage, Explanation, Fix, FixOutcome, FixRequest, FixStep, FixTest, HistoryRow, Matrix,
    MatrixRow, Overrides, OwnershipRequest, Progress, RecheckOutcome, RecheckRow, Recovered, RecoveredRow, Replay,
    ReplayedExchange, RouteVerdict, ScanRequest,
};
pub use error::AppError;
pub use fence::{FenceRules, FencedCall, NamedByModel, VouchedConfig};
pub use fix::Applied;
pub use following::KeptSoFar;
pub use intent::{IntentRow, StatedIntents};
pub use issuer::{MAX_KEYS_BYTES, fetch_issuer_keys};
pub use scan::{Finished, ScanHandle};
pub use state::App;

pub use crate::detect::{Redactor, Syntax};
pub use crate::probe::NamedTextError;
