//! The matrix of routes and callers, from the facts that a scan gathered. It sends nothing.

use std::collections::BTreeSet;

use super::matrix_writes;
use super::prepare::Prepared;
use crate::access::{AccessOutcome, Fact, Relation};
use crate::model::{ANONYMOUS, Confidence, Draft, HeldProof, Operation, Role, Silence, Verdict, clean_name};
use crate::report::{Access, Caller, Cell, MatrixRow, Ownership, PolicyRow, RouteVerdict};
use crate::scan::{ScanOutcome, operation_ref};
use crate::survey::{AnswerKind, Person, Survey, Surveyed, leaves_of, read_refusal, resource_of_path};

/// The checks whose verdicts say who gets whose objects.
pub(super) const CHECKS: &[&str] = &[
    "authz/bola-read",
    "graphql/field-authorization",
    "authz/bola-write",
    "authz/bola-delete",
    "authz/bola-list",
    "authz/bola-nested",
    "authz/function-read",
    "authn/missing",
];

/// A caller with its column.
struct CallerColumn<'a> {
    letter: &'static str,
    person: &'a Person,
}

/// What was seen on one route.
struct MatrixRoute<'a> {
    outcome: &'a ScanOutcome,
    surveyed: &'a Surveyed,
    facts: Vec<&'a Fact>,
}

/// Returns who gets what on each chosen route, as far as the scan saw.
pub(super) fn build_ownership(prepared: &Prepared, outcome: &ScanOutcome) -> Ownership {
    let columns = choose_columns(&outcome.survey);
    let chosen = prepared.api.operations.iter().filter(|operation| prepared.is_selected(operation));
    let routes = chosen.map(|operation| with_policy(outcome, build_matrix_row(prepared, outcome, &columns, operation)));
    Ownership { routes: routes.collect(), callers: list_callers(&columns) }
}

/// A and B of the lowest rank that has two, and H, the highest above them.
fn choose_columns(survey: &Survey) -> Vec<CallerColumn<'_>> {
    let mut signed: Vec<&Person> = survey.people.all.iter().filter(|person| person.signed_in).collect();
    signed.sort_by_key(|person| person.rank);
    let Some(lowest) = signed.first().map(|person| person.rank) else { return Vec::new() };
    let peers = signed.iter().filter(|person| person.rank == lowest).zip(["A", "B"]);
    let mut columns: Vec<CallerColumn<'_>> = peers.map(|(person, letter)| CallerColumn { letter, person }).collect();

    if let Some(person) = signed.last().filter(|person| person.rank > lowest) {
        columns.push(CallerColumn { letter: "H", person });
    }
    columns
}

fn list_callers(columns: &[CallerColumn<'_>]) -> Vec<Caller> {
    let anonymous = Caller { column: ANONYMOUS.to_owned(), identity: ANONYMOUS.to_owned(), role: "none".to_owned() };
    let others = columns.iter().map(|column| Caller {
        column: column.letter.to_owned(),
        identity: column.person.name.clone(),
        role: column.person.role.clone(),
    });
    std::iter::once(anonymous).chain(others).collect()
}

fn build_matrix_row(
    prepared: &Prepared,
    outcome: &ScanOutcome,
    columns: &[CallerColumn<'_>],
    operation: &Operation,
) -> MatrixRow {
    if !operation.method.is_safe() {
        return matrix_writes::build_row(prepared, outcome, operation, &column_letters(columns));
    }
    if prepared.is_excluded(operation) {
        return row_without_policy(
            operation,
            (RouteVerdict::Unknown, "excluded by the configuration".to_owned()),
            Vec::new(),
        );
    }

    let Some(surveyed) = outcome.survey.operation(&operation.id) else {
        return row_without_policy(operation, (RouteVerdict::Unknown, "not asked: only GET is".to_owned()), Vec::new());
    };
    if let Some(skipped) = &surveyed.skipped {
        return row_without_policy(operation, (RouteVerdict::Unknown, skipped.because.clone()), Vec::new());
    }
    let facts = outcome.facts.iter().filter(|fact| fact.operation == operation.id).collect();
    let route = MatrixRoute { outcome, surveyed, facts };
    let mut cells = vec![route.anonymous_cell()];
    cells.extend(columns.iter().map(|column| route.cell(column)));
    let apart = columns.iter().find(|column| route.tells_apart(&column.person.name)).map(|column| column.letter);

    row_without_policy(operation, route.verdict(&cells, apart), cells)
}

/// A row without what is known of the policy.
pub(super) fn row_without_policy(
    operation: &Operation,
    (verdict, reason): (RouteVerdict, String),
    cells: Vec<Cell>,
) -> MatrixRow {
    let operation = operation_ref(&operation.id);
    MatrixRow { operation, resource: None, policy: None, rests_on: Vec::new(), verdict, reason, cells, source: None }
}

/// Adds the policy of the kind of object that a route gives.
fn with_policy(outcome: &ScanOutcome, row: MatrixRow) -> MatrixRow {
    let id = row.operation.id();
    let seen = outcome.facts.iter().find(|fact| fact.operation == id).map(|fact| fact.object.0.clone());
    // What answers held names the kind of object; the words of a path are a guess at it.
    let Some(resource) = seen.or_else(|| resource_of_path(&row.operation.path)) else { return row };
    let resource = clean_name(&resource, 60);
    let shown: BTreeSet<String> = outcome.survey.operation(&id).map(field_names).unwrap_or_default();

    // The narrowest policy of what the route shows; that of the whole kind where it shows nothing that is known.
    let of_kind = || outcome.report.policy.iter().filter(|policy| policy.resource == resource);
    let shows = |policy: &&PolicyRow| policy.is_of_all() || policy.fields.iter().any(|field| shown.contains(field));
    let Some(PolicyRow { policy, rests_on, .. }) = of_kind().find(shows).or_else(|| of_kind().next()).cloned() else {
        return row;
    };
    MatrixRow { resource: Some(resource), policy: Some(policy), rests_on, ..row }
}

/// Names of the fields in a route's answers.
fn field_names(surveyed: &Surveyed) -> BTreeSet<String> {
    let answers = surveyed.valid().filter_map(|baseline| baseline.first.response());
    answers.flat_map(leaves_of).map(|leaf| leaf.key).collect()
}

/// Column letters with the names of the callers that they stand for.
fn column_letters<'a>(columns: &[CallerColumn<'a>]) -> Vec<(&'static str, &'a str)> {
    let mut letters = vec![(ANONYMOUS, ANONYMOUS)];
    letters.extend(columns.iter().map(|column| (column.letter, column.person.name.as_str())));
    letters
}

impl MatrixRoute<'_> {
    fn anonymous_cell(&self) -> Cell {
        let (access, because) = match (self.stranger_fact(), self.surveyed.anonymous_reading()) {
            (Some(fact), _) if self.draft("authn/missing").is_some() => {
                (Access::Others, format!("is served {}, which belongs to a user", self.object(fact)))
            }
            (Some(fact), _) => (Access::Served, format!("is served {}", self.object(fact))),
            (None, Some(AnswerKind::Refused(because))) => (Access::Refused, because),
            (None, Some(AnswerKind::Data)) if self.draft("authn/missing").is_some() => {
                (Access::Others, "is shown what belongs to a user".to_owned())
            }
            (None, Some(AnswerKind::Data)) => (Access::Served, "is served".to_owned()),
            (None, Some(AnswerKind::NoData(because))) => (Access::Unknown, because),
            (None, None) if self.surveyed.valid_of(ANONYMOUS).is_some() => {
                (Access::Served, "nobody signed in".to_owned())
            }
            (None, None) => (Access::Unknown, "not asked".to_owned()),
        };

        Cell { column: ANONYMOUS.to_owned(), access, because }
    }

    /// That a caller without a credential was served an object of somebody's.
    fn stranger_fact(&self) -> Option<&Fact> {
        let served = |fact: &&&Fact| fact.relation == Relation::Anonymous && fact.outcome == AccessOutcome::Served;
        self.facts.iter().find(served).copied()
    }

    fn cell(&self, column: &CallerColumn<'_>) -> Cell {
        let name = column.person.name.as_str();
        let (access, because) =
            // The worst that was seen of a caller comes first: its own object excuses no access to another's.
            self.others(name).or_else(|| self.own_or_refused(name)).unwrap_or_else(|| self.baseline(name));
        Cell { column: column.letter.to_owned(), access, because }
    }

    fn of<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Fact> {
        self.facts.iter().copied().filter(move |fact| fact.caller == name)
    }

    /// Another caller's object that this one got, as a fact or the proof of a weakness shows.
    fn others(&self, name: &str) -> Option<(Access, String)> {
        let is_attacker = |draft: &&Draft| {
            draft.exchanges.iter().any(|item| item.role == Role::Attack && item.exchange.identity == name)
        };
        let proven = CHECKS.iter().filter_map(|check| self.draft(check)).find(is_attacker);

        if let Some(draft) = proven {
            return Some((Access::Others, draft.claim.clone()));
        }
        let served = |fact: &&Fact| fact.relation != Relation::Owner && fact.outcome == AccessOutcome::Served;
        self.of(name).find(served).map(|fact| (Access::Others, format!("is served {}", self.object(fact))))
    }

    /// Its own object, and what it was refused of another's.
    fn own_or_refused(&self, name: &str) -> Option<(Access, String)> {
        let own = self.of(name).find(|fact| fact.relation == Relation::Owner && fact.outcome == AccessOutcome::Served);
        let kept = self.kept_from(name);

        match (own, kept) {
            (Some(own), Some(kept)) => Some((Access::Own, format!("{}; {kept}", self.object(own)))),
            (Some(own), None) => Some((Access::Own, self.object(own))),
            (None, Some(kept)) => Some((Access::Refused, kept)),
            (None, None) => None,
        }
    }

    /// Whether this caller was served its own, and kept from what is another's.
    fn tells_apart(&self, name: &str) -> bool {
        let is_own = |fact: &Fact| fact.relation == Relation::Owner && fact.outcome == AccessOutcome::Served;
        self.others(name).is_none() && self.of(name).any(is_own) && self.kept_from(name).is_some()
    }

    /// What of others this caller was kept from.
    fn kept_from(&self, name: &str) -> Option<String> {
        let of_others = |fact: &&Fact| fact.relation != Relation::Owner;
        let by_fact = self.of(name).filter(of_others).find_map(|fact| match &fact.outcome {
            AccessOutcome::Refused(how) => Some(format!("{} is refused: {how}", self.object(fact))),
            AccessOutcome::Absent => Some(format!("{} is left out", self.object(fact))),
            AccessOutcome::Served | AccessOutcome::Unclear(_) => None,
        });
        let by_proof = || {
            let proofs = CHECKS.iter().filter_map(|check| self.held(check));
            proofs.filter(|proof| proof.attack().identity == name).map(|proof| proof.because().to_owned()).next()
        };
        by_fact.or_else(by_proof)
    }

    /// What the survey alone shows.
    fn baseline(&self, name: &str) -> (Access, String) {
        let surveyed = self.surveyed;
        match (surveyed.valid_of(name), surveyed.by.get(name)) {
            (Some(own), _) => (Access::Served, own.status_text()),
            (None, Some(own)) => match read_refusal(&own.first, &surveyed.shapes(), &surveyed.volatile, &own.masks) {
                // A rate limit or a fault of the server is no refusal.
                AnswerKind::NoData(because) => (Access::Unknown, because),
                _ => (Access::Refused, own.status_text()),
            },
            (None, None) => (Access::Unknown, "no id of its own is known".to_owned()),
        }
    }

    /// `alice's invoice 17`
    fn object(&self, fact: &Fact) -> String {
        let (resource, id) = (clean_name(&fact.object.0, 40), clean_name(&fact.object.1, 40));
        match self.outcome.survey.owner(&fact.object) {
            Some((owner, _)) => format!("{owner}'s {resource} {id}"),
            None => format!("{resource} {id}"),
        }
    }

    fn verdict_of(&self, check: &str) -> Option<&Verdict> {
        self.outcome.verdicts.get(&(self.surveyed.operation.id.clone(), check.into()))
    }

    fn held(&self, check: &str) -> Option<&HeldProof> {
        match self.verdict_of(check)?.silence()? {
            Silence::Held(proof) => Some(proof),
            _ => None,
        }
    }

    /// What a check claims beyond a remark.
    fn draft(&self, check: &str) -> Option<&Draft> {
        let drafts = self.verdict_of(check)?.drafts().iter();
        drafts.filter(|draft| draft.confidence() > Confidence::Observation).max_by_key(|draft| draft.confidence())
    }

    /// What all that was seen comes to; `apart` is a column that was served its own and kept from others'.
    fn verdict(&self, cells: &[Cell], apart: Option<&str>) -> (RouteVerdict, String) {
        // One proof outweighs all refusals: a route that one intruder gets through is not enforced.
        if let Some(draft) = CHECKS.iter().filter_map(|check| self.draft(check)).max_by_key(|draft| draft.confidence())
        {
            return (broken_or_suspected(draft), draft.claim.clone());
        }
        if let Some(public) = self.public() {
            return (RouteVerdict::Public, public);
        }
        if let Some(proof) = self.held(self.read_check()).or_else(|| self.held("authz/bola-nested")) {
            return (RouteVerdict::Enforced, proof.because().to_owned());
        }
        let kept = apart.and_then(|letter| cells.iter().find(|cell| cell.column == letter));
        // A caller that was served something else, or not asked, leaves open whether the route looks at owners.
        let all_kept_out = cells.iter().all(|cell| matches!(cell.access, Access::Own | Access::Refused));

        if let Some(cell) = kept.filter(|_| all_kept_out) {
            return (RouteVerdict::Enforced, cell.because.clone());
        }
        self.silent_verdict()
    }

    /// Callers without a credential were served just what the route gives: an object of somebody's, or something that
    /// is nobody's.
    fn public(&self) -> Option<String> {
        if let Some(fact) = self.stranger_fact() {
            return Some(format!("callers without a credential are served {}", self.object(fact)));
        }
        let is_served = matches!(self.surveyed.anonymous_reading(), Some(AnswerKind::Data));
        (is_served && self.facts.is_empty())
            .then(|| "callers without a credential are served, and no object of one caller is concerned".to_owned())
    }

    /// The check that reads an object of another caller's by this route.
    fn read_check(&self) -> &'static str {
        if self.surveyed.operation.is_graphql() { "graphql/field-authorization" } else { "authz/bola-read" }
    }

    fn silent_verdict(&self) -> (RouteVerdict, String) {
        match self.verdict_of(self.read_check()).and_then(Verdict::silence) {
            Some(Silence::NotTried(obstacle) | Silence::Undecided(obstacle)) => {
                (RouteVerdict::Unknown, obstacle.because.clone())
            }
            Some(Silence::Open(because)) => (RouteVerdict::NotOwned, because.clone()),
            _ => match self.held("authz/function-read") {
                Some(proof) => (RouteVerdict::Enforced, proof.because().to_owned()),
                None => (RouteVerdict::NotOwned, "no object of one caller is concerned, as far as was seen".to_owned()),
            },
        }
    }
}

/// How sure a weakness is, as a verdict on its route.
pub(super) fn broken_or_suspected(draft: &Draft) -> RouteVerdict {
    if draft.confidence() == Confidence::Confirmed { RouteVerdict::Broken } else { RouteVerdict::Suspected }
}
