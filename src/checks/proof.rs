//! The older way to word a proof, for checks that are not on the rule core yet.

use crate::model::{Silence, Verdict};
use crate::probe::SendError;

pub(crate) use super::rule::{Finding, Rule as Proof, status};

impl Proof {
    /// One fact without a claim of harm.
    pub(crate) fn fact(self, finding: Finding<'_>) -> Verdict {
        Verdict::from(self.observed(finding))
    }

    /// Adds a condition that was looked at.
    pub(crate) fn clause(&mut self, name: &'static str, holds: bool, because: impl Into<String>) -> &mut Self {
        self.weigh(name, holds, because)
    }

    /// Adds a condition that could not be told.
    pub(crate) fn open(&mut self, name: &'static str, because: impl Into<String>) -> &mut Self {
        self.weigh(name, None, because)
    }

    /// The verdict that it is broken.
    pub(crate) fn broken(self, finding: Finding<'_>) -> Verdict {
        Verdict::Broken(vec![self.draft(finding)])
    }
}

/// No weakness is claimed; without exchanges that is no "held".
pub(crate) fn held(because: impl Into<String>) -> Verdict {
    Verdict::Silent(Silence::NotApplicable(because.into()))
}

/// Whether nothing speaks for a weakness, in checks that are not on the rule core yet.
pub(crate) fn is_quiet(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Silent(Silence::Held(_) | Silence::NotApplicable(_)))
}

/// Nothing can be said.
pub(crate) fn inconclusive(because: impl Into<String>, help: Option<&str>) -> Verdict {
    let silence = Silence::undecided(because);
    Verdict::Silent(match help {
        Some(help) => silence.with_help(help),
        None => silence,
    })
}

/// Not tried, and what would change that.
pub(crate) fn skipped(because: impl Into<String>, help: Option<&str>) -> Verdict {
    let silence = Silence::not_tried(because);
    Verdict::Silent(match help {
        Some(help) => silence.with_help(help),
        None => silence,
    })
}

/// A request could not be sent: no verdict.
pub(crate) fn unsent(error: &SendError) -> Verdict {
    inconclusive(error.to_string(), None)
}
