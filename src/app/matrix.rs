//! The matrix of routes and callers, from what a scan saw.

use super::answers::{Access, Caller, Cell, Matrix, MatrixRow, RouteVerdict};
use super::prepare::Prepared;
use crate::model::{ANONYMOUS, Confidence, Effect, Operation, OperationId, Silence, Verdict, clean_name};
use crate::probe::Probe;
use crate::scan::{Outcome, operation_ref};
use crate::survey::{Baseline, Person, Reading, Survey, Surveyed, leaves, read};

/// A caller with its column.
struct Column<'a> {
    letter: &'static str,
    person: &'a Person,
}

/// Builds the matrix; a few requests are made where a caller's access to another's object was not asked yet.
pub(super) async fn matrix(prepared: &Prepared, probe: &Probe, outcome: &Outcome, chosen: &[Operation]) -> Matrix {
    let columns = columns(&outcome.survey);
    let mut routes = Vec::new();
    for operation in chosen {
        routes.push(row(prepared, probe, outcome, &columns, operation).await);
    }
    let listed = |id: &OperationId| chosen.iter().any(|operation| operation.id == *id);
    let findings = outcome
        .report
        .findings
        .iter()
        .filter(|finding| listed(&OperationId(format!("{} {}", finding.operation.method, finding.operation.path))));
    Matrix {
        scan_id: outcome.report.scan.id.clone(),
        callers: callers(&columns),
        routes,
        findings: findings.map(|finding| finding.id.clone()).collect(),
        next_steps: outcome.report.next_steps.iter().map(|step| step.action.clone()).collect(),
    }
}

/// A and B of the lowest rank that has two, and H, the highest above them.
fn columns(survey: &Survey) -> Vec<Column<'_>> {
    let mut signed: Vec<&Person> = survey.people.all.iter().filter(|person| person.signed_in).collect();
    signed.sort_by_key(|person| person.rank);
    let Some(lowest) = signed.first().map(|person| person.rank) else { return Vec::new() };
    let peers = signed.iter().filter(|person| person.rank == lowest).zip(["A", "B"]);
    let mut columns: Vec<Column<'_>> = peers.map(|(person, letter)| Column { letter, person }).collect();
    if let Some(person) = signed.last().filter(|person| person.rank > lowest) {
        columns.push(Column { letter: "H", person });
    }
    columns
}

fn callers(columns: &[Column<'_>]) -> Vec<Caller> {
    let anonymous = Caller { column: ANONYMOUS.to_owned(), identity: ANONYMOUS.to_owned(), role: "none".to_owned() };
    let others = columns.iter().map(|column| Caller {
        column: column.letter.to_owned(),
        identity: column.person.name.clone(),
        role: column.person.role.clone(),
    });
    std::iter::once(anonymous).chain(others).collect()
}

async fn row(
    prepared: &Prepared,
    probe: &Probe,
    outcome: &Outcome,
    columns: &[Column<'_>],
    operation: &Operation,
) -> MatrixRow {
    let reference = operation_ref(&operation.id);
    let unknown = |reason: String| MatrixRow {
        operation: reference.clone(),
        verdict: RouteVerdict::Unknown,
        reason,
        cells: Vec::new(),
    };
    if matches!(operation.effect, Effect::Writes | Effect::Deletes) {
        return super::matrix_writes::row(prepared, outcome, operation, &letters(columns));
    }
    if prepared.is_excluded(operation) {
        return unknown("excluded by the configuration".to_owned());
    }
    let Some(surveyed) = outcome.survey.operation(&operation.id) else {
        return unknown("not asked: only GET is".to_owned());
    };
    if let Some(skipped) = &surveyed.skipped {
        return unknown(skipped.because.clone());
    }
    let mut cells = vec![anonymous_cell(outcome, surveyed)];
    for column in columns {
        cells.push(cell(probe, outcome, surveyed, column).await);
    }
    let (verdict, reason) = verdict(outcome, surveyed, &cells);
    MatrixRow { operation: reference, verdict, reason, cells }
}

/// Column letters with the names of the callers that they stand for.
fn letters<'a>(columns: &[Column<'a>]) -> Vec<(&'static str, &'a str)> {
    let mut letters = vec![(ANONYMOUS, ANONYMOUS)];
    letters.extend(columns.iter().map(|column| (column.letter, column.person.name.as_str())));
    letters
}

fn anonymous_cell(outcome: &Outcome, surveyed: &Surveyed) -> Cell {
    let broken = broken(outcome, surveyed, "authn/missing").is_some();
    let (access, because) = match surveyed.anonymous_reading() {
        Some(Reading::Refused(because)) => (Access::Refused, because),
        Some(Reading::Data) if broken => (Access::Others, "is shown what belongs to a user".to_owned()),
        Some(Reading::Data) => (Access::Served, "is shown the same as signed-in callers".to_owned()),
        Some(Reading::NoData(because)) => (Access::Unknown, because),
        None if surveyed.valid_of(ANONYMOUS).is_some() => (Access::Served, "nobody signed in".to_owned()),
        None => (Access::Unknown, "not asked".to_owned()),
    };
    Cell { column: ANONYMOUS.to_owned(), access, because }
}

async fn cell(probe: &Probe, outcome: &Outcome, surveyed: &Surveyed, column: &Column<'_>) -> Cell {
    let survey = &outcome.survey;
    let name = &column.person.name;
    let own = surveyed.valid_of(name);
    let owns = own.is_some_and(|own| owner_of(survey, own) == Some(name.as_str()));
    // Another's object, as this caller.
    let other = surveyed.valid().find(|other| owner_of(survey, other).is_some_and(|owner| owner != name));
    let (access, because) = match other {
        Some(other) => cross(probe, survey, surveyed, column, other, owns).await,
        None => match (own, surveyed.by.get(name)) {
            (Some(own), _) if owns => (Access::Own, format!("its own object: {}", own.status_text())),
            (Some(own), _) => served(outcome, surveyed, own),
            (None, Some(own)) => match read(&own.first, &surveyed.shapes(), &surveyed.volatile, &own.masks) {
                Reading::NoData(because) => (Access::Unknown, because),
                _ => (Access::Refused, own.status_text()),
            },
            (None, None) => (Access::Unknown, "no id of its own is known".to_owned()),
        },
    };
    Cell { column: column.letter.to_owned(), access, because }
}

fn served(outcome: &Outcome, surveyed: &Surveyed, own: &Baseline) -> (Access, String) {
    let list = broken(outcome, surveyed, "authz/bola-list").is_some();
    if list {
        (Access::Others, "its list holds objects of others".to_owned())
    } else {
        (Access::Served, own.status_text())
    }
}

async fn cross(
    probe: &Probe,
    survey: &Survey,
    surveyed: &Surveyed,
    column: &Column<'_>,
    other: &Baseline,
    owns: bool,
) -> (Access, String) {
    let owner = owner_of(survey, other).unwrap_or_default();
    let id = clean_name(&other.object_id(&surveyed.slots).unwrap_or_default(), 40);
    let caller = crate::probe::Caller::Identity(column.person.name.clone());
    let ask = other.ask_as(caller);
    let Ok(answer) = probe.send(&ask).await else { return (Access::Unknown, "could not be asked".to_owned()) };
    let what = format!("{owner}'s {id}: status {}", answer.status().unwrap_or(0));
    match read(&answer, &surveyed.shapes(), &surveyed.volatile, &other.masks) {
        Reading::Refused(because) if owns => (Access::Own, format!("its own; {owner}'s {id} is refused: {because}")),
        Reading::Refused(because) => (Access::Refused, format!("{what}, {because}")),
        Reading::NoData(because) => (Access::Unknown, because),
        Reading::Data if shares(&answer, other, surveyed) => (Access::Others, what),
        Reading::Data if owns => (Access::Own, format!("{what}, with nothing of {owner}'s in it")),
        Reading::Data => (Access::Served, format!("{what}, with nothing of {owner}'s in it")),
    }
}

/// Whether most telling leaves of the owner's answer are in this one too.
fn shares(answer: &crate::probe::Answer, other: &Baseline, surveyed: &Surveyed) -> bool {
    let (Some(given), Some(own)) = (answer.response(), other.first.response()) else { return false };
    let given: std::collections::BTreeSet<String> = leaves(given).into_iter().map(|leaf| leaf.text).collect();
    let telling: Vec<_> =
        leaves(own).into_iter().filter(|leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path)).collect();
    !telling.is_empty() && telling.iter().filter(|leaf| given.contains(&leaf.text)).count() * 2 > telling.len()
}

fn owner_of<'s>(survey: &'s Survey, baseline: &Baseline) -> Option<&'s str> {
    survey.owner(baseline.object.as_ref()?).map(|(name, _)| name)
}

fn broken<'o>(outcome: &'o Outcome, surveyed: &Surveyed, check: &str) -> Option<&'o crate::model::Draft> {
    outcome.verdicts.get(&(surveyed.operation.id.clone(), check.into()))?.drafts().first()
}

fn verdict(outcome: &Outcome, surveyed: &Surveyed, cells: &[Cell]) -> (RouteVerdict, String) {
    let drafts = super::ownership::CHECKS.iter().filter_map(|check| broken(outcome, surveyed, check));
    if let Some(draft) = drafts.max_by_key(|draft| draft.confidence()) {
        let verdict =
            if draft.confidence() == Confidence::Confirmed { RouteVerdict::Broken } else { RouteVerdict::Suspected };
        return (verdict, draft.claim.clone());
    }
    if cells.first().is_some_and(|cell| cell.access == Access::Served) {
        return (RouteVerdict::Public, "an anonymous caller is served".to_owned());
    }
    let of_route =
        |check: &str| outcome.verdicts.get(&(surveyed.operation.id.clone(), check.into())).and_then(Verdict::silence);
    match of_route("authz/bola-read") {
        Some(Silence::Held(proof)) => (RouteVerdict::Enforced, proof.because().to_owned()),
        Some(Silence::NotTried(obstacle) | Silence::Undecided(obstacle)) => {
            (RouteVerdict::Unknown, obstacle.because.clone())
        }
        _ => match of_route("authz/function-read") {
            Some(Silence::Held(proof)) => (RouteVerdict::Enforced, proof.because().to_owned()),
            _ => (RouteVerdict::NotOwned, "no object of one caller is concerned, as far as was seen".to_owned()),
        },
    }
}
