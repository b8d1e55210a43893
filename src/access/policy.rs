//! The learnt policy of each kind of object, for people: who may reach it, what that rests on, which routes break it, and
//! what a person would have to say where the facts do not.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::Settled;
use super::evidence::gather_grounds;
use super::fact::{AccessOutcome, Fact, Relation};
use super::field_groups::{FieldGroup, field_groups};
use super::grounds::Rank;
use super::ruling::{AccessModel, Ruling};
use crate::model::{ANONYMOUS, AccessClaim, AccessLevel, AccessVerb, OperationId, clean_name};

/// Most grounds that one row names.
const MAX_GROUNDS: usize = 5;
/// Most questions of one scan.
const MAX_QUESTIONS: usize = 20;

/// The policy of one kind of object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePolicy {
    /// The kind: `order`.
    pub resource: String,
    /// The fields that this is about; `*` for all that have no row of their own.
    pub fields: Vec<String>,
    /// Who may reach it.
    pub level: AccessLevel,
    /// What that rests on.
    pub rests_on: Vec<String>,
    /// Routes that break it.
    pub broken_by: Vec<OperationId>,
}

/// A question that settles what the facts leave open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyQuestion {
    /// The route or kind of object.
    pub about: String,
    /// The question, in one sentence.
    pub question: String,
    /// The lines of the configuration that answer it.
    pub answer_with: String,
}

/// Returns the policy of every kind of object that somebody owns, in the order of names; where some of its fields are
/// shown to others and some are not, of each group of fields, the narrowest first.
pub fn derive_policies(model: &AccessModel<'_>, claims: &[AccessClaim], settled: &Settled) -> Vec<ResourcePolicy> {
    let mut kinds: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
    for fact in model.facts.iter() {
        kinds.entry(&fact.object.0).or_default().push(fact);
    }
    let rows = kinds.into_iter().filter_map(|(resource, facts)| {
        let whole = policy_row(model, resource, &facts, claims, settled)?;
        // A statement is of the whole kind, so that what answers show of single fields does not divide it.
        let is_stated = model.stated.of_resource(resource).is_some();
        let groups = if is_stated { Vec::new() } else { field_groups(model, resource, &settled.violators) };
        Some(rows_of_groups(whole, groups))
    });

    rows.flatten().collect()
}

/// Divides the policy of a kind of object where its fields are not all shown to the same callers.
fn rows_of_groups(whole: ResourcePolicy, groups: Vec<FieldGroup>) -> Vec<ResourcePolicy> {
    let (narrow, wide): (Vec<FieldGroup>, Vec<FieldGroup>) =
        groups.into_iter().partition(|group| matches!(group.level, AccessLevel::Owner | AccessLevel::Group));
    let (Some(first), false) = (narrow.first(), wide.is_empty()) else { return vec![whole] };
    let is_kept = matches!(whole.level, AccessLevel::Owner | AccessLevel::Group);
    let kept = ResourcePolicy {
        fields: narrow.iter().flat_map(|group| &group.fields).map(|name| clean_name(name, 60)).collect(),
        level: if is_kept { whole.level.clone() } else { first.level.clone() },
        rests_on: match wide.first() {
            Some(shown) if !is_kept => vec![format!("{} shows others the rest, and not these", shown.route)],
            _ => whole.rests_on.clone(),
        },
        ..whole.clone()
    };

    let shown = wide.into_iter().map(|group| ResourcePolicy {
        resource: whole.resource.clone(),
        fields: group.fields.iter().map(|name| clean_name(name, 60)).collect(),
        rests_on: vec![format!("{} shows them to {}", group.route, describe_callers(&group.level))],
        level: group.level,
        // The groups are made of what sound routes show, so that no route breaks this one.
        broken_by: Vec::new(),
    });

    std::iter::once(kept).chain(shown).collect()
}

/// Returns the callers of a level in words.
fn describe_callers(level: &AccessLevel) -> &'static str {
    match level {
        AccessLevel::Public => "callers without a credential",
        _ => "other users",
    }
}

fn policy_row(
    model: &AccessModel<'_>,
    resource: &str,
    facts: &[&Fact],
    claims: &[AccessClaim],
    settled: &Settled,
) -> Option<ResourcePolicy> {
    let of_kind = |(claim, ruling): &(&AccessClaim, &Ruling)| {
        claim.resource == resource && matches!(ruling, Ruling::Broken { confirmed: true, .. })
    };
    let mut broken_by: BTreeSet<OperationId> =
        claims.iter().zip(&settled.rulings).filter(of_kind).map(|(claim, _)| claim.operation.clone()).collect();
    // A route that is open to callers without a credential breaks the policy of what it shows.
    let shows = |fact: &&&Fact| settled.violators.contains(&fact.operation) && fact.outcome == AccessOutcome::Served;
    broken_by.extend(facts.iter().filter(shows).map(|fact| fact.operation.clone()));
    let clean: Vec<&&Fact> = facts.iter().filter(|fact| !settled.violators.contains(&fact.operation)).collect();
    let (level, rests_on) = match model.stated.of_resource(resource) {
        Some(stated) => (stated.level.clone(), vec![format!("stated in {}", stated.source)]),
        None => {
            let blamed: BTreeSet<&OperationId> = claims
                .iter()
                .zip(&settled.rulings)
                .filter(|(claim, ruling)| claim.resource == resource && matches!(ruling, Ruling::Broken { .. }))
                .map(|(claim, _)| &claim.operation)
                .collect();
            level_from_facts(model, resource, &clean, (settled, &blamed))?
        }
    };

    let fields = vec!["*".to_owned()];
    Some(ResourcePolicy {
        resource: clean_name(resource, 60),
        fields,
        level,
        rests_on,
        broken_by: broken_by.into_iter().collect(),
    })
}

/// What the facts of the sound routes speak for, the narrowest first.
fn level_from_facts(
    model: &AccessModel<'_>,
    resource: &str,
    facts: &[&&Fact],
    (settled, blamed): (&Settled, &BTreeSet<&OperationId>),
) -> Option<(AccessLevel, Vec<String>)> {
    // Only callers of the owner's rank count: what strangers are refused may be open to all who sign in.
    let kept: BTreeSet<String> = facts
        .iter()
        .filter(|fact| matches!(fact.relation, Relation::Peer | Relation::Member))
        .filter_map(|fact| match &fact.outcome {
            AccessOutcome::Refused(_) => Some(format!("{} refuses a peer", fact.operation)),
            AccessOutcome::Absent if is_scoped(model, fact) => {
                Some(format!("{} shows each caller its own", fact.operation))
            }
            _ => None,
        })
        .collect();
    let grounds =
        sample_claim(facts).map(|claim| gather_grounds(model, &claim, &settled.violators)).unwrap_or_default();
    let signs = grounds.private.iter().filter(|ground| ground.rank <= Rank::Scope && ground.route.is_none());
    let mut rests_on: Vec<String> =
        kept.into_iter().chain(signs.map(|ground| ground.because.clone())).take(MAX_GROUNDS).collect();
    let written = model.source().of_resource(resource, &settled.violators);
    let served = |relation: Relation| {
        let by = |fact: &&&&Fact| fact.relation == relation && fact.outcome == AccessOutcome::Served;
        facts.iter().find(by).map(|fact| fact.operation.clone())
    };
    // The source alone decides only where nothing but routes that are blamed serve it to others.
    let by_right = |fact: &&&&Fact| {
        matches!(fact.relation, Relation::Peer | Relation::Member | Relation::Anonymous)
            && fact.outcome == AccessOutcome::Served
            && (fact.relation == Relation::Anonymous || !blamed.contains(&fact.operation))
    };
    if !rests_on.is_empty() || !facts.iter().any(|fact| by_right(&fact)) {
        let room = MAX_GROUNDS.saturating_sub(rests_on.len());
        rests_on.extend(written.into_iter().take(room).map(str::to_owned));
    }
    // A rule outweighs what other routes show: they show other fields, or they would be among the violators.
    if !rests_on.is_empty() {
        let group = served(Relation::Member).is_some() && served(Relation::Peer).is_none();
        return Some((if group { AccessLevel::Group } else { AccessLevel::Owner }, rests_on));
    }
    // No ground keeps it from others, so that the widest circle that is served is the policy.
    if let Some(route) = served(Relation::Anonymous) {
        return Some((AccessLevel::Public, vec![format!("{route} serves {resource} to anonymous callers")]));
    }
    let route = served(Relation::Peer).or_else(|| served(Relation::Member))?;
    Some((AccessLevel::SignedIn, vec![format!("{route} serves {resource} to other users")]))
}

/// A list is scoped where it leaves out for a caller what it shows the owner, and not by paging.
fn is_scoped(model: &AccessModel<'_>, fact: &Fact) -> bool {
    model.survey.owner(&fact.object).is_some_and(|(_, signs)| {
        signs.iter().any(
            |sign| matches!(sign, crate::survey::Sign::ScopedList { operation, .. } if *operation == fact.operation.0),
        )
    })
}

/// A claim that nobody made, to ask for the grounds of a kind of object.
fn sample_claim(facts: &[&&Fact]) -> Option<AccessClaim> {
    let served = |fact: &&&&Fact| fact.relation == Relation::Owner && fact.outcome == AccessOutcome::Served;
    let fact = facts.iter().find(served)?;
    Some(AccessClaim {
        // Without a route of its own the claim leaves none out of the evidence.
        operation: OperationId::from(""),
        verb: AccessVerb::Read,
        resource: fact.object.0.clone(),
        object: fact.object.1.clone(),
        values: Vec::new(),
        fields: Vec::new(),
        owner: fact.caller.clone(),
        caller: String::new(),
        open: false,
        account: false,
        reduced: false,
    })
}

/// Returns the questions that claims leave open: one for each route, in order.
pub fn open_questions(claims: &[AccessClaim], settled: &Settled) -> Vec<PolicyQuestion> {
    let open = claims.iter().zip(&settled.rulings).filter(|(_, ruling)| {
        matches!(ruling, Ruling::Undecided(_) | Ruling::Contested(_) | Ruling::Broken { confirmed: false, .. })
    });
    let asked: BTreeSet<PolicyQuestion> = open.map(|(claim, _)| question_for_claim(claim)).collect();
    asked.into_iter().take(MAX_QUESTIONS).collect()
}

/// Returns the question that would settle a claim.
pub fn question_for_claim(claim: &AccessClaim) -> PolicyQuestion {
    let resource = clean_name(&claim.resource, 40);
    let route = clean_name(claim.operation.as_str(), 200);
    let verb = match claim.verb {
        AccessVerb::Read => "read",
        AccessVerb::List => "see in this list",
        AccessVerb::Create => "make",
        AccessVerb::Change => "change",
        AccessVerb::Delete => "remove",
        AccessVerb::Call => "act on",
    };

    if claim.caller == ANONYMOUS {
        return PolicyQuestion {
            about: route.clone(),
            question: format!("Are callers meant to {verb} any {resource} by {route} without signing in?"),
            answer_with: format!(
                "[intent]\n\"{route}\" = {{ policy = \"public\", reason = \"...\" }}   # or policy = \"signed-in\" if callers must sign in"
            ),
        };
    }

    PolicyQuestion {
        about: route.clone(),
        question: format!("Is every signed-in user meant to {verb} any {resource} by {route}?"),
        answer_with: format!(
            "[intent]\n\"{route}\" = {{ policy = \"signed-in\", reason = \"...\" }}   # or policy = \"owner\" if each {resource} is its owner's alone"
        ),
    }
}
