//! What a check says of one operation: a weakness, or a silence of one kind, never mixed up.

use std::sync::Arc;

use super::evidence::Draft;
use super::exchange::{Exchange, Outcome};

/// What a check says of one operation.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// The rule is broken.
    Broken(Vec<Draft>),
    /// No weakness is claimed, for one of these reasons.
    Silent(Silence),
}

/// Why a check claims no weakness. Only `Held` counts as tested (beside `Broken`).
#[derive(Debug, Clone)]
pub enum Silence {
    /// The attack was sent and came to nothing, while the rightful request was served.
    Held(HeldProof),
    /// The rule has no subject here.
    NotApplicable(String),
    /// The caller is meant to reach it, as far as was seen: it is shared, or public.
    Open(String),
    /// Nothing was tried, and what would open it.
    NotTried(Obstacle),
    /// It was tried, and no verdict is possible.
    Undecided(Obstacle),
    /// Another check reports the cause that this one would only repeat.
    SeeOther {
        /// The id of that check.
        check: &'static str,
        /// What was seen.
        because: String,
    },
}

/// What stood in the way of a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The reason, in a few words; equal reasons are grouped.
    pub because: String,
    /// What the user can do, where there is something.
    pub help: Option<String>,
}

/// The two exchanges that earn the word "held": an attack that was answered and came to nothing, and the rightful
/// request beside it that was served. It cannot be made without them.
#[derive(Debug, Clone)]
pub struct HeldProof {
    attack: Arc<Exchange>,
    control: Arc<Exchange>,
    because: String,
}

impl HeldProof {
    /// The exchange of the attack.
    pub fn attack(&self) -> &Arc<Exchange> {
        &self.attack
    }

    /// The exchange of the positive control.
    pub fn control(&self) -> &Arc<Exchange> {
        &self.control
    }

    /// Returns how the attack came to nothing.
    pub fn because(&self) -> &str {
        &self.because
    }
}

impl Silence {
    /// Returns `Held` where the attack was judged by the target and the control was served; else `Undecided` with what
    /// is missing. An overload (429) or a fault (5xx) judged nothing.
    pub fn held(attack: &Arc<Exchange>, control: &Arc<Exchange>, because: impl Into<String>) -> Self {
        if let Some(fault) = unjudged_reason(attack) {
            return Self::undecided(format!("the attack was not judged: {fault}"));
        }
        // Where the rightful caller is refused too, the refusal is not about access.
        if !is_served(control) {
            let identity = &control.identity;
            return Self::undecided(format!("the attack was refused, but {identity} was not served either"));
        }
        Self::Held(HeldProof { attack: Arc::clone(attack), control: Arc::clone(control), because: because.into() })
    }

    /// Returns `Held` for an answer that was searched and in which nothing was found: its request is the attack and the
    /// control in one.
    pub fn searched(answer: &Arc<Exchange>, because: impl Into<String>) -> Self {
        Self::held(answer, answer, because)
    }

    /// Returns `Held` for an attack that any answer withstands: a limit (429) to a burst, a failure (5xx) that shows
    /// nothing of the server's inside. The control was served, as always.
    pub fn withstood(attack: &Arc<Exchange>, control: &Arc<Exchange>, because: impl Into<String>) -> Self {
        match &attack.outcome {
            Outcome::Response(_) if is_served(control) => Self::Held(HeldProof {
                attack: Arc::clone(attack),
                control: Arc::clone(control),
                because: because.into(),
            }),
            _ => Self::held(attack, control, because),
        }
    }

    /// Returns that the rule has no subject here.
    pub fn not_applicable(because: impl Into<String>) -> Self {
        Self::NotApplicable(because.into())
    }

    /// Returns that the caller is meant to reach it.
    pub fn open(because: impl Into<String>) -> Self {
        Self::Open(because.into())
    }

    /// Returns that nothing was tried.
    pub fn not_tried(because: impl Into<String>) -> Self {
        Self::NotTried(Obstacle { because: because.into(), help: None })
    }

    /// Returns that it was tried without a verdict.
    pub fn undecided(because: impl Into<String>) -> Self {
        Self::Undecided(Obstacle { because: because.into(), help: None })
    }

    /// Adds what the user can do about it; kept only where something stood in the way.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        match self {
            Self::NotTried(obstacle) => Self::NotTried(Obstacle { help: Some(help.into()), ..obstacle }),
            Self::Undecided(obstacle) => Self::Undecided(Obstacle { help: Some(help.into()), ..obstacle }),
            other => other,
        }
    }

    /// Returns the reason.
    pub fn because(&self) -> &str {
        match self {
            Self::Held(proof) => proof.because(),
            Self::NotApplicable(because) | Self::Open(because) | Self::SeeOther { because, .. } => because,
            Self::NotTried(obstacle) | Self::Undecided(obstacle) => &obstacle.because,
        }
    }

    /// Returns what the user can do, where there is something.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::NotTried(obstacle) | Self::Undecided(obstacle) => obstacle.help.as_deref(),
            _ => None,
        }
    }
}

impl From<Result<Vec<Draft>, Silence>> for Verdict {
    fn from(judged: Result<Vec<Draft>, Silence>) -> Self {
        match judged {
            Ok(drafts) => Self::Broken(drafts),
            Err(silence) => Self::Silent(silence),
        }
    }
}

impl Verdict {
    /// Returns the drafts of a weakness; none for a silence.
    pub fn drafts(&self) -> &[Draft] {
        match self {
            Self::Broken(drafts) => drafts,
            Self::Silent(_) => &[],
        }
    }

    /// Returns the silence, where it is one.
    pub fn silence(&self) -> Option<&Silence> {
        match self {
            Self::Broken(_) => None,
            Self::Silent(silence) => Some(silence),
        }
    }
}

/// Why an exchange was not judged by the target.
fn unjudged_reason(exchange: &Exchange) -> Option<String> {
    match &exchange.outcome {
        Outcome::Response(response) if response.status == 429 => Some("the target limits the rate (429)".to_owned()),
        Outcome::Response(response) if response.status >= 500 => {
            Some(format!("the target failed (status {})", response.status))
        }
        Outcome::Response(_) => None,
        Outcome::Timeout => Some("no answer in time".to_owned()),
        Outcome::Unreachable(_) | Outcome::Broken(_) => Some("the target gave no answer".to_owned()),
    }
}

/// Whether the target served a request. Redirects count: sign-ins and downloads answer with them.
fn is_served(exchange: &Exchange) -> bool {
    matches!(&exchange.outcome, Outcome::Response(response) if response.status < 400)
}

/// Passes where a condition holds, and gives the silence where it does not: `ensure(x, || ..)?`.
///
/// # Errors
/// The silence.
pub fn ensure(holds: bool, otherwise: impl FnOnce() -> Silence) -> Result<(), Silence> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
