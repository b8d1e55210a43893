//! Whether a mark divides the API: a word that stands over nearly all routes, or that no route enforces, marks nothing.

use std::sync::Arc;

use super::baseline::Surveyed;
use super::marks::{RoleMark, marks_of};
use super::people::Person;
use super::run::Survey;
use crate::model::{Operation, Silence};
use crate::probe::Answer;

/// A mark that divides the API, as a caller of a lower role meets it.
#[derive(Debug, Clone)]
pub struct Fence {
    /// The mark.
    pub mark: RoleMark,
    /// A read under it that refuses the caller: roles are enforced here.
    pub refusing: Option<(String, Arc<Answer>)>,
}

/// What stands under one mark.
struct MarkedGround {
    /// Operations of the document.
    operations: usize,
    /// A read that refuses the caller, and how many do.
    first_refusal: Option<(String, Arc<Answer>)>,
    refusals: usize,
    /// Reads that serve the caller.
    served: usize,
}

impl Survey {
    /// Returns the mark of an operation that divides the API, best the one behind which a read refuses the caller.
    ///
    /// # Errors
    /// `NotApplicable` where no mark does: it stands on every route, or over most of them and the caller is served there.
    pub fn fence(&self, operation: &Operation, lower: &Person) -> Result<Fence, Silence> {
        let all = self.api.operations.len();
        let (mut found, mut dismissed) = (None, false);
        let mut why_not = "nothing marks it as a higher role's".to_owned();

        for mark in marks_of(operation, &self.people.higher_roles()) {
            let ground = self.ground(&mark, operation, lower);
            // A word over most routes is what the API is about, unless most reads under it refuse the caller.
            if ground.operations == all || ground.operations * 2 > all && ground.refusals <= ground.served {
                why_not = format!("`{}` stands over most of the API, {} is served there too", mark.root, lower.name);
                dismissed = true;
            } else if ground.first_refusal.is_some() {
                return Ok(Fence { mark, refusing: ground.first_refusal });
            } else if dismissed {
                // Within a part whose wider word marks nothing, a further word needs a refusal to mark anything.
                why_not = format!("`{}` in its {} is enforced nowhere near it", mark.word, mark.place);
            } else {
                found = found.or(Some(mark));
            }
        }

        found.map(|mark| Fence { mark, refusing: None }).ok_or_else(|| Silence::not_applicable(why_not))
    }

    fn ground(&self, mark: &RoleMark, operation: &Operation, lower: &Person) -> MarkedGround {
        let roles = self.people.higher_roles();
        // A word of a name joins what lies far apart (`instanceAdmin`, `userAdmin`): only neighbours say what it guards.
        let is_near = |other: &Operation| mark.place != "operationId" || is_neighbour(operation, other);
        let others = self.operations.iter().filter(|other| other.operation.id != operation.id);
        let reads: Vec<&Surveyed> =
            others.filter(|other| mark.covers(&other.operation, &roles) && is_near(&other.operation)).collect();
        let refusing = || reads.iter().filter_map(|other| self.refusal_of_role(other, lower));
        MarkedGround {
            operations: self.api.operations.iter().filter(|other| mark.covers(other, &roles)).count(),
            first_refusal: refusing().next(),
            refusals: refusing().count(),
            served: reads.iter().filter(|other| other.valid_of(&lower.name).is_some()).count(),
        }
    }

    /// Returns the answer of an operation that refuses a caller for what it may do: with 403, or in any dress where a
    /// higher role is served.
    pub fn refusal_of_role(&self, surveyed: &Surveyed, lower: &Person) -> Option<(String, Arc<Answer>)> {
        let own = surveyed.by.get(&lower.name)?;
        let status = own.first.status()?;
        let is_higher = |name: &str| self.people.get(name).is_some_and(|person| person.rank > lower.rank);
        let served = surveyed.valid().any(|baseline| is_higher(&baseline.caller));
        // Limits and failures (429, 5xx) say nothing of a role.
        let refused = status == 403 || served && status < 429 && !own.valid(&surveyed.volatile);

        refused.then(|| (surveyed.operation.id.0.clone(), Arc::clone(&own.first)))
    }
}

/// Returns true for operations in one part of the API: their paths have all segments but the last in common.
fn is_neighbour(one: &Operation, other: &Operation) -> bool {
    let part = |operation: &Operation| {
        let fixed = operation.path.split('/').take_while(|segment| !segment.starts_with('{'));
        fixed.map(str::to_owned).collect::<Vec<_>>()
    };
    let (one, other) = (part(one), part(other));
    one.len() > 2 && one.get(..one.len() - 1).is_some_and(|parent| other.starts_with(parent))
}
