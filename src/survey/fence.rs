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
#[derive(Debug, Default)]
struct MarkedGround {
    /// Operations of the document.
    operations: usize,
    /// A read that refuses the caller, and how many do.
    first_refusal: Option<(String, Arc<Answer>)>,
    refusals: usize,
    /// Reads that serve the caller.
    served: usize,
}

impl MarkedGround {
    /// Returns why a mark divides nothing, where it stands over most of the API's operations.
    fn dismiss(&self, mark: &RoleMark, all: usize, lower: &str) -> Option<String> {
        if self.operations == all {
            return Some(format!("`{}` stands over the whole API", mark.root));
        }
        // A word over most routes is what the API is about, unless most reads under it refuse the caller.
        if self.operations * 2 <= all || self.refusals > self.served {
            return None;
        }
        let shown = match self.served {
            0 => format!("no read under it shows whether {lower} is refused there"),
            _ => format!("{lower} is served there too"),
        };
        Some(format!("`{}` stands over most of the API, {shown}", mark.root))
    }
}

impl Survey {
    /// Returns the mark of an operation that divides the API, best the one behind which a read refuses the caller.
    ///
    /// # Errors
    /// `NotApplicable` where no mark does: it stands on every route, or over most of them and no more reads under it refuse
    /// the caller than serve it.
    pub fn fence(&self, operation: &Operation, lower: &Person) -> Result<Fence, Silence> {
        let all = self.api.operations.len();
        let (mut found, mut dismissed) = (None, false);
        let mut why_not = "nothing marks it as a higher role's".to_owned();

        for mark in marks_of(operation, &self.people.higher_roles()) {
            let ground = self.ground(&mark, operation, lower);
            if let Some(because) = ground.dismiss(&mark, all, &lower.name) {
                why_not = because;
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

#[cfg(test)]
mod tests {
    use super::{MarkedGround, RoleMark};

    fn dismissed(operations: usize, refusals: usize, served: usize) -> Option<String> {
        let mark = RoleMark { place: "path", word: "staff".to_owned(), plain: true, root: "/staff".to_owned() };
        MarkedGround { operations, refusals, served, first_refusal: None }.dismiss(&mark, 10, "alice")
    }

    #[test]
    fn a_caller_is_only_said_to_be_served_where_it_is() {
        let served = dismissed(8, 1, 2).unwrap_or_default();
        assert!(served.contains("alice is served there too"), "{served}");
        let unread = dismissed(8, 0, 0).unwrap_or_default();
        assert!(unread.contains("no read under it shows"), "{unread}");
        assert!(!unread.contains("is served"), "{unread}");
        let whole = dismissed(10, 3, 0).unwrap_or_default();
        assert!(!whole.contains("is served"), "{whole}");
    }

    #[test]
    fn most_reads_that_refuse_make_a_wide_mark_divide() {
        assert_eq!(dismissed(8, 2, 1), None);
        assert_eq!(dismissed(5, 0, 0), None);
    }
}
