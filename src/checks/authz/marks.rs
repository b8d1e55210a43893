//! What a document marks as a higher role's (words in path, tag or operationId, and scopes), and whether such a mark
//! divides the API: a word that stands over nearly all routes, or that no route enforces, marks nothing.

use std::sync::Arc;

use serde_json::json;

use crate::checks::context::CheckCx;
use crate::checks::rights::{Right, is_higher, right_of};
use crate::checks::rule::{Rule, ensure, status};
use crate::model::{Operation, Role, Security, Silence};
use crate::probe::Answer;
use crate::survey::{Person, Surveyed, leaves, role_mark, words};

/// What marks a function as a higher role's.
#[derive(Debug, Clone)]
pub(in crate::checks) struct Mark {
    /// Where it stands.
    pub(in crate::checks) place: &'static str,
    /// The word.
    pub(in crate::checks) word: String,
    /// The word can mean nothing else.
    pub(in crate::checks) plain: bool,
    /// What all operations under it share: the path as far as the word, the whole tag; the word itself elsewhere.
    pub(in crate::checks) root: String,
}

/// Returns all marks of an operation, the widest first. `roles` are the configured names of higher roles: `teacher`
/// marks `/teacher/gradebook`.
fn marks_of(operation: &Operation, roles: &[String]) -> Vec<Mark> {
    let own_role = |name: &str| words(name).into_iter().find(|word| roles.contains(word)).map(|word| (word, false));
    let mark = |place, name: &str, root: &dyn Fn(&str) -> String| {
        let found = role_mark(name).or_else(|| own_role(name));
        found.map(|(word, plain)| Mark { place, root: root(&word), word, plain })
    };
    let mut marks = Vec::new();
    let mut above = String::new();
    for segment in operation.path.split('/').filter(|segment| !segment.is_empty()) {
        above = format!("{above}/{segment}");
        marks.extend(mark("path", segment, &|_| above.clone()).filter(|_| !segment.starts_with('{')));
    }
    let scopes = match &operation.security {
        Security::Required(any) => any.iter().flatten().flat_map(|(_, scopes)| scopes).collect(),
        _ => Vec::new(),
    };
    marks.extend(operation.operation_id.iter().filter_map(|id| mark("operationId", id, &str::to_owned)));
    marks.extend(operation.tags.iter().filter_map(|tag| mark("tag", tag, &|_| tag.clone())));
    marks.extend(scopes.into_iter().filter_map(|scope| mark("scope", scope, &str::to_owned)));
    marks
}

/// Returns the first mark of an operation, whether it divides the API or not.
pub(in crate::checks) fn marked(operation: &Operation, roles: &[String]) -> Option<Mark> {
    marks_of(operation, roles).into_iter().next()
}

/// Names of the roles above the lowest one, lower case.
pub(in crate::checks) fn higher_roles<'r>(ranks: impl Iterator<Item = (u32, &'r str)> + Clone) -> Vec<String> {
    let lowest = ranks.clone().map(|(rank, _)| rank).min().unwrap_or_default();
    ranks.filter(|(rank, _)| *rank > lowest).map(|(_, role)| role.to_lowercase()).collect()
}

/// The names of the roles above the lowest one among the callers of a scan.
pub(in crate::checks) fn roles_of(cx: &CheckCx<'_>) -> Vec<String> {
    higher_roles(cx.survey.people.all.iter().map(|person| (person.rank, person.role.as_str())))
}

impl Mark {
    /// Returns whether an operation stands under it.
    pub(in crate::checks) fn covers(&self, operation: &Operation, roles: &[String]) -> bool {
        marks_of(operation, roles).iter().any(|other| other.place == self.place && other.root == self.root)
    }

    /// Returns whether an operation stands outside it and under no other mark than those that stand above this one.
    pub(super) fn leaves_out(&self, operation: &Operation, roles: &[String]) -> bool {
        let is_above = |other: &Mark| other.root != self.root && self.root.starts_with(&other.root);
        marks_of(operation, roles).iter().all(is_above)
    }

    /// `` `admin` in its path``.
    pub(super) fn told(&self) -> String {
        format!("`{}` in its {}", self.word, self.place)
    }
}

/// A mark that divides the API, as a caller of a lower role meets it.
#[derive(Debug)]
pub(super) struct Fence {
    pub(super) mark: Mark,
    /// A read under it that refuses the caller: roles are enforced here.
    pub(super) refusing: Option<(String, Arc<Answer>)>,
}

/// Returns the mark of an operation that divides the API, best the one behind which a read refuses the caller.
///
/// # Errors
/// `NotApplicable` where no mark does: it stands on every route, or over most of them and the caller is served there.
pub(super) fn fence(cx: &CheckCx<'_>, operation: &Operation, lower: &Person) -> Result<Fence, Silence> {
    let roles = roles_of(cx);
    let all = &cx.survey.api.operations;
    let mut found: Option<Fence> = None;
    let mut dismissed = false;
    let mut why_not = "nothing marks it as a higher role's".to_owned();
    for mark in marks_of(operation, &roles) {
        let under = all.iter().filter(|other| mark.covers(other, &roles)).count();
        let reads = cx.survey.operations.iter().filter(|other| other.operation.id != operation.id);
        let reads: Vec<&Surveyed> = reads.filter(|other| mark.covers(&other.operation, &roles)).collect();
        // A word of a name joins what lies far apart (`instanceAdmin`, `userAdmin`): only neighbours say what it guards.
        let by_name = mark.place == "operationId";
        let reads: Vec<&Surveyed> =
            reads.into_iter().filter(|other| !by_name || is_neighbour(operation, &other.operation)).collect();
        let mut refusing = reads.iter().filter_map(|other| refuses(cx, other, lower)).peekable();
        let first = refusing.peek().map(|(id, answer)| (id.clone(), Arc::clone(answer)));
        let served = reads.iter().filter(|other| other.valid_of(&lower.name).is_some()).count();
        if under == all.len() || under * 2 > all.len() && refusing.count() <= served {
            why_not = format!("`{}` stands over most of the API, {} is served there too", mark.root, lower.name);
            dismissed = true;
            continue;
        }
        // Within a part whose wider word marks nothing, a further word needs a refusal to mark anything.
        if first.is_none() && dismissed {
            why_not = format!("`{}` in its {} is enforced nowhere near it", mark.word, mark.place);
            continue;
        }
        if first.is_some() || found.is_none() {
            let is_last = first.is_some();
            found = Some(Fence { mark, refusing: first });
            if is_last {
                break;
            }
        }
    }
    found.ok_or_else(|| Silence::not_applicable(why_not))
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

/// An operation that refuses a caller for what it may do: with 403, or in any dress where a higher role is served.
fn refuses(cx: &CheckCx<'_>, surveyed: &Surveyed, lower: &Person) -> Option<(String, Arc<Answer>)> {
    let own = surveyed.by.get(&lower.name)?;
    let status = own.first.status()?;
    let is_higher = |name: &str| cx.survey.people.get(name).is_some_and(|person| person.rank > lower.rank);
    let served = surveyed.valid().any(|baseline| is_higher(&baseline.caller));
    let refused = status == 403 || served && status < 429 && !own.valid(&surveyed.volatile);
    refused.then(|| (surveyed.operation.id.0.clone(), Arc::clone(&own.first)))
}

/// Returns the signed-in caller of the lowest role; best one that `is_better`.
///
/// # Errors
/// `NotTried` without one, or where all callers are of one higher role.
pub(super) fn lower_caller<'a>(cx: &CheckCx<'a>, is_better: impl Fn(&Person) -> bool) -> Result<&'a Person, Silence> {
    let people = cx.survey.people.all.iter().filter(|person| person.signed_in);
    let lowest = people.min_by_key(|person| (person.rank, !is_better(person)));
    let lowest = lowest.ok_or_else(|| {
        Silence::not_tried("needs a signed-in identity").with_help("add an identity to routewarden.toml")
    })?;
    let is_only_rank = cx.survey.people.all.iter().all(|person| person.rank == lowest.rank);
    ensure(!(is_only_rank && is_higher(&lowest.role)), || {
        let because = format!("needs a caller of an ordinary role: {} is {}", lowest.name, lowest.role);
        Silence::not_tried(because).with_help("add an identity of an ordinary role to routewarden.toml")
    })?;
    Ok(lowest)
}

/// Returns what shows that some caller is of a higher role than this one to the API itself.
///
/// # Errors
/// `Undecided` where nothing does.
fn higher_is_known(cx: &CheckCx<'_>, lower: &Person) -> Result<String, Silence> {
    let higher = || cx.survey.people.all.iter().filter(|person| person.rank > lower.rank);
    let refused = cx.survey.operations.iter().find_map(|surveyed| refuses(cx, surveyed, lower));
    if let Some((operation, _)) = refused {
        return Ok(format!("{operation} refuses {}", lower.name));
    }
    let roles = |surveyed: &Surveyed, name: &str| -> Vec<(String, String)> {
        let response = surveyed.valid_of(name).and_then(|baseline| baseline.first.response());
        let shown = response.map(leaves).unwrap_or_default().into_iter();
        let shown = shown.filter(|leaf| right_of(&leaf.key, &json!(leaf.text)) == Some(Right::Role));
        shown.map(|leaf| (leaf.path, leaf.text)).collect()
    };
    for surveyed in cx.survey.operations.iter().filter(|surveyed| surveyed.slots.is_empty()) {
        let own = roles(surveyed, &lower.name);
        let other = |(path, text): &(String, String)| own.iter().any(|(known, own)| known == path && own != text);
        if let Some(person) = higher().find(|person| roles(surveyed, &person.name).iter().any(other)) {
            return Ok(format!("{} shows other roles to {} and {}", surveyed.operation.id, lower.name, person.name));
        }
    }
    let because = format!("nothing shows that {} is of a lower role than any other caller", lower.name);
    Err(Silence::undecided(because).with_help("add an identity of a higher role to routewarden.toml"))
}

/// Looks whether roles are told apart under the mark: a sibling refuses the caller. Without one the finding is
/// suspected at most, and only where the word can mean nothing else and the callers are of two roles to the API.
///
/// # Errors
/// `Undecided` where nothing shows that roles are told apart.
pub(super) fn enforced_nearby(cx: &CheckCx<'_>, rule: &mut Rule, fence: &Fence, lower: &Person) -> Result<(), Silence> {
    const NAME: &str = "roles-are-enforced-nearby";
    let Mark { word, plain, .. } = &fence.mark;
    if let Some(refusing) = &fence.refusing {
        let (_, answer) = rule.need(NAME, Ok(refusing), |(sibling, answer)| {
            format!("{sibling} refuses {} (status {})", lower.name, status(answer))
        })?;
        rule.show(Role::Control, answer);
        return Ok(());
    }
    ensure(*plain, || Silence::undecided("nothing shows that roles are told apart here"))?;
    let known = higher_is_known(cx, lower)?;
    rule.weigh(
        NAME,
        None,
        format!(
            "{known}, but no other `{word}` function that was asked refuses {}; if this one is meant for all users, leave it out",
            lower.name
        ),
    );
    Ok(())
}
