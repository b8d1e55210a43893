//! A function of a role whose rightful caller cannot be called: what the source and the refusal of the attack say together.

use routewarden_source::fix::{CodeFixRequest, FixFacts, RefusalReason, RemedyKind, propose_fix};

use crate::code::CodeIndex;
use crate::model::{Confidence, Role};
use crate::report::{Finding, OperationRef};
use crate::scan::ScanOutcome;

/// Checks that ask for a role.
const OF_ROLES: [&str; 2] = ["authz/function-read", "authz/function-write"];

/// Returns why a function that was open is kept for its role now: its attacker, who is served elsewhere, is refused, and
/// the source asks for a role before the handler. Both are needed: a refusal alone may shut out all callers.
pub(super) fn by_role(finding: &Finding, outcome: &ScanOutcome, code: Option<&CodeIndex>) -> Option<String> {
    let was_proven = finding.confidence == Confidence::Confirmed;
    if !OF_ROLES.contains(&finding.check.as_str()) || !was_proven || outcome.report.scan.untrusted_because.is_some() {
        return None;
    }
    let attacker = &finding.exchanges.iter().find(|exchange| exchange.role == Role::Attack)?.identity;
    let (caller, status) = find_refused_caller(finding, outcome, attacker)?;
    // One route without a guard leaves the function open, so every one needs its own.
    let guards: Vec<String> = affected_operations(finding)
        .map(|operation| asks_for_role(code?, operation))
        .collect::<Option<Vec<String>>>()?;
    let guard = guards.into_iter().next()?;
    Some(format!(
        "{caller}, who was served before and is signed in, is refused with {status}; in the source, {guard}. The rightful caller \
         was not seen: try the function once as one"
    ))
}

/// Returns what a recheck that came to nothing lacks.
pub(super) fn what_decides(finding: &Finding, because: String) -> String {
    if !OF_ROLES.contains(&finding.check.as_str()) {
        return because;
    }
    format!(
        "{because}; it is decided by an identity of the higher role that may use the function (`writes = \"own\"`), or by the source \
         (`--source`), where a guard for a role stands before the handler"
    )
}

fn affected_operations(finding: &Finding) -> impl Iterator<Item = &OperationRef> {
    std::iter::once(&finding.operation).chain(&finding.also)
}

/// The caller of the attack, or another one of its role, that is signed in and was refused for want of rights.
fn find_refused_caller<'a>(finding: &Finding, outcome: &'a ScanOutcome, attacker: &str) -> Option<(&'a str, u16)> {
    let people = &outcome.report.scan.identities;
    let role = people.iter().find(|known| known.name == attacker).map(|known| known.role.as_str());
    let counts = |name: &str| {
        let known = people.iter().find(|known| known.name == name);
        known.is_some_and(|known| known.signed_in && (known.name == attacker || Some(known.role.as_str()) == role))
    };
    let id = finding.operation.id();
    let acted = outcome.accesses.iter().filter(|access| access.operation == id && !access.effect);
    let acted = acted.filter_map(|access| Some((access.caller.as_str(), access.refused_with?)));
    let read = outcome.survey.operation(&id).into_iter().flat_map(|surveyed| &surveyed.by);
    let read = read.filter_map(|(name, baseline)| Some((name.as_str(), baseline.first.status()?)));

    // Servers mix 401 and 403 up; any other status may mean that the function moved or fails.
    acted.chain(read).find(|(name, status)| counts(name) && matches!(status, 401 | 403))
}

/// Returns where the source asks for a role on an operation, in words.
fn asks_for_role(code: &CodeIndex, operation: &OperationRef) -> Option<String> {
    let request = CodeFixRequest {
        project: code.project(),
        routes: code.table(),
        entry: code.entry(&operation.id())?,
        remedy: RemedyKind::RoleGuard,
        sibling: None,
        facts: FixFacts::default(),
    };

    // There is nothing to do for a role guard exactly where one already stands before the handler.
    let refusal = propose_fix(&request).err()?;
    (refusal.reason == RefusalReason::NothingToDo).then_some(refusal.because)
}
