//! How far a scan came with each operation: a funnel from the document to verdicts on access, and what holds it back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation_ref::OperationRef;
use crate::model::Step;

/// Most groups of operations that are held back by the same thing.
const MAX_GROUPS: usize = 5;
/// Most operations that a group names.
const MAX_NAMED: usize = 4;

/// How far a scan came with one operation; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// It stands in the document.
    Declared,
    /// A request was sent to it.
    Asked,
    /// Some caller was answered with data, or its write was taken.
    Answered,
    /// A caller was served an object that is known to be its own.
    Owned,
    /// Another caller, or none, tried the same.
    Attacked,
    /// A check of access came to broken or held.
    Decided,
}

/// All of them, in their order.
const STAGES: [Reached; 6] =
    [Reached::Declared, Reached::Asked, Reached::Answered, Reached::Owned, Reached::Attacked, Reached::Decided];

impl Reached {
    /// Returns what is said of operations that came this far.
    pub fn words(self) -> &'static str {
        match self {
            Self::Declared => "in the document",
            Self::Asked => "asked",
            Self::Answered => "answered with data",
            Self::Owned => "with an object of a known owner",
            Self::Attacked => "tried by another caller",
            Self::Decided => "decided",
        }
    }

    /// Returns what is said of operations that came no further.
    pub fn words_held_back(self) -> &'static str {
        match self {
            Self::Declared => "not asked",
            Self::Asked => "not answered with data",
            Self::Answered => "without an object of a known owner",
            Self::Owned => "not tried by another caller",
            Self::Attacked | Self::Decided => "undecided",
        }
    }
}

/// How far the scan came with one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReachRow {
    /// The operation.
    pub operation: OperationRef,
    /// How far it came.
    pub reached: Reached,
    /// Why it came no further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What would take it further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub step: Option<Step>,
}

/// How many operations came how far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StageCount {
    /// The stage.
    pub stage: Reached,
    /// Operations that came this far, or further.
    pub operations: usize,
}

/// Operations that are held back at one stage by the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldBack {
    /// How far they came.
    pub reached: Reached,
    /// How many they are.
    pub count: usize,
    /// Some of them.
    pub operations: Vec<OperationRef>,
    /// Why they came no further: the reason of the first.
    pub because: String,
    /// What would take them further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub step: Option<Step>,
}

/// How far a scan came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reach {
    /// The funnel.
    pub stages: Vec<StageCount>,
    /// What holds most operations back; those that a step would take further come first.
    pub held_back: Vec<HeldBack>,
    /// Each operation, in the document's order.
    pub operations: Vec<ReachRow>,
}

impl Reach {
    /// Counts and groups the rows of all operations.
    pub fn of(rows: Vec<ReachRow>) -> Self {
        let count = |stage: Reached| rows.iter().filter(|row| row.reached >= stage).count();
        let stages = STAGES.map(|stage| StageCount { stage, operations: count(stage) }).to_vec();
        Self { stages, held_back: group_held_back(&rows), operations: rows }
    }

    /// Returns the funnel in one line: `45 operations: 40 asked, 31 answered with data, ...`.
    pub fn sentence(&self) -> String {
        let all = self.operations.len();
        let said = |count: &StageCount| format!("{} {}", count.operations, count.stage.words());
        let stages: Vec<String> = self.stages.iter().skip(1).map(said).collect();
        let word = if all == 1 { "operation" } else { "operations" };

        format!("{all} {word}: {}", stages.join(", "))
    }
}

impl HeldBack {
    /// Returns what holds operations back, in words: `7 not asked: needs a value (GET /a, GET /b and 5 more)`.
    pub fn sentence(&self) -> String {
        let named: Vec<String> = self.operations.iter().map(|operation| operation.id().to_string()).collect();
        let more = self.count.saturating_sub(named.len());
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("{} {}: {} ({}{more})", self.count, self.reached.words_held_back(), self.because, named.join(", "))
    }
}

fn group_held_back(rows: &[ReachRow]) -> Vec<HeldBack> {
    let mut groups: Vec<HeldBack> = Vec::new();
    for row in rows {
        let Some(because) = &row.because else { continue };
        // One step may be of use to operations that are held back for reasons in other words.
        let is_same_help = |group: &HeldBack| match (&group.step, &row.step) {
            // Each names its own operation and would make a group of one.
            (Some(Step::Include(_)), Some(Step::Include(_))) => true,
            (Some(one), Some(other)) => one.is_same_as(other),
            (None, None) => group.because == *because,
            _ => false,
        };

        // What was asked must not be counted as not asked, though the same step would help.
        match groups.iter_mut().find(|group| group.reached == row.reached && is_same_help(group)) {
            Some(group) => {
                group.count += 1;

                if group.operations.len() < MAX_NAMED {
                    group.operations.push(row.operation.clone());
                }
            }
            None => groups.push(HeldBack {
                reached: row.reached,
                count: 1,
                operations: vec![row.operation.clone()],
                because: because.clone(),
                step: row.step.clone(),
            }),
        }
    }

    // What a person can do something about goes first, however few operations it opens.
    groups.sort_by_key(|group| std::cmp::Reverse((group.step.is_some(), group.count)));
    groups.truncate(MAX_GROUPS);
    groups
}
