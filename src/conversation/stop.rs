//! Why nothing more is asked of a model, and what a check may say then.

use crate::model::Silence;
use crate::probe::SendError;

/// Why nothing more is asked.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The request could not leave.
    Send(SendError),
    /// No call is left, or the target wants to be left alone.
    Exhausted(Exhausted),
}

/// What ended the calls of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exhausted {
    /// All calls of the scan are spent, which were so many.
    Scan(u64),
    /// All calls of this model are spent, which were so many.
    Model(u64),
    /// The model has answered with so many characters as a scan reads of one.
    Output(usize),
    /// It was waited for in vain, three times in a row.
    Late,
    /// The target limits the rate.
    Slowed,
    /// There is nothing at the operation's address, by this status of its first answer.
    Absent(u16),
}

impl From<SendError> for Stop {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

impl From<Stop> for Silence {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Send(error) => error.into(),
            Stop::Exhausted(end) => end.silence(),
        }
    }
}

impl Exhausted {
    /// Returns that nothing is concluded, with the step that helps.
    pub(crate) fn silence(self) -> Silence {
        let budget = "raise `max_calls` in [llm], or choose operations";
        match self {
            Self::Scan(most) => {
                Silence::undecided(format!("the budget of {most} calls of models is spent")).with_help(budget)
            }
            Self::Model(most) => {
                Silence::undecided(format!("the budget of {most} calls of this model is spent")).with_help(budget)
            }
            Self::Output(most) => Silence::undecided(format!(
                "the model has answered with {most} characters, which is all that a scan reads of one"
            )),
            Self::Late => Silence::undecided(
                "the model gave no answer in time, three times in a row, so it is left alone; raise `timeout_seconds` in [llm]",
            )
            .with_help("raise `timeout_seconds` in [llm]"),
            Self::Absent(status) => {
                Silence::undecided(format!("the first question got status {status}: nothing answers there, and no other is asked"))
            }
            Self::Slowed => Silence::undecided("the target limits the rate (429), so the model is left alone"),
        }
    }
}
