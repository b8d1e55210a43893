//! What travels between a model and the four tools. The doc comments of the arguments are their descriptions in the
//! committed schemas, so they are written for the model.

mod arguments;
mod explain;
mod fix;
mod ownership;
mod scan;

pub use arguments::{ExplainArguments, FixArguments, OwnershipArguments, ScanArguments};
pub use explain::{ClauseRow, ExchangeRow, ExplainAnswer};
pub use fix::FixAnswer;
pub use ownership::{OwnershipAnswer, RouteRow};
pub use scan::{
    Counts, CoverageSummary, FindingRow, Issues, PlanSummary, PlannedReason, PlannedRow, PolicyLine, QuestionLine,
    Reason, RecheckAnswer, ScanAnswer, ScoreRow, Writes,
};
