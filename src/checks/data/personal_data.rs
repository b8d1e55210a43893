//! `data/personal-data`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, searched};
use crate::detect::exposure::sensitive_value;
use crate::detect::personal::{PersonalKind, in_field};
use crate::model::{Draft, Operation, Role, Silence, clean_name};
use crate::probe::Answer;
use crate::survey::{Baseline, Leaf, Person, Surveyed, leaves, words};

/// So many accounts beside people's names are a list of customers; fewer may be the shop's own.
const MIN_ACCOUNTS: usize = 2;

check! {
    /// ## What it does
    /// Looks in the answers to two users of equal rank for the same payment card, bank account or social security
    /// number: it can be of one of them at most, so one user is shown what is another's.
    ///
    /// ## Why it matters
    /// Such numbers are worth money by themselves, and losing them has to be told to authorities and to the people.
    ///
    /// ## How it is confirmed
    /// The number holds its check digits (Luhn and issuer, ISO 13616) or the rules of its office, stands in the
    /// rightful answers to both users, and again when the same is asked again. Bank accounts count where several stand
    /// beside names or addresses of people.
    ///
    /// ## When it stays silent
    /// For a caller's own numbers, for users of one tenant, for numbers published as samples, for the bank account of
    /// a shop, for e-mail addresses and telephone numbers; and for fields that `property/excessive-exposure` reports.
    ///
    /// ## References
    /// OWASP API3:2023, CWE-359
    PersonalData {
        id: "data/personal-data",
        title: "Personal data of other people reaches the caller",
        severity: Medium,
        level: Passive,
        owasp: ["API3:2023"],
        cwe: [359],
        remedy: "response-schema",
        since: "0.1.0",
        plan: plan,
        read: run,
    }
}

/// A validated number in an answer.
struct Shown {
    leaf: Leaf,
    kind: PersonalKind,
}

fn plan(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let enough = cx.identities.len() >= 2;
    if enough && PlanCx::is_read(operation) { Need::Requests(1) } else { Need::NotApplicable }
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Judged {
    let pairs = strangers(cx, surveyed);
    let (first, _) = pairs.first().ok_or_else(|| {
        Silence::not_tried("it takes answers to two users of equal rank who share no tenant")
            .with_help(format!("add a second identity of the same rank that {} serves", surveyed.operation.id))
    })?;
    let shared = pairs.iter().map(|(one, other)| (*one, *other, in_both(one, other)));
    let found = shared.into_iter().find(|(_, _, both)| !both.is_empty());
    let (one, other, both) = found.ok_or_else(|| searched(&first.first, "no personal number is shown to two users"))?;
    let again = cx.send(&one.ask().again(1)).await?;
    Ok(both.into_values().map(|shown| prove(surveyed, (one, other), &shown, &again)).collect())
}

/// Pairs of valid answers to different people of one rank; what a tenant shares is no leak between its members.
fn strangers<'a>(cx: &CheckCx<'_>, surveyed: &'a Surveyed) -> Vec<(&'a Baseline, &'a Baseline)> {
    let person = |baseline: &Baseline| cx.survey.people.all.iter().find(|person| person.name == baseline.caller);
    let apart = |one: &Person, other: &Person| {
        let signed_in = one.signed_in && other.signed_in;
        signed_in && one.rank == other.rank && one.groups.is_disjoint(&other.groups)
    };
    let valid: Vec<&Baseline> = surveyed.valid().collect();
    let pairs = valid.iter().enumerate().flat_map(|(at, one)| valid.iter().skip(at + 1).map(move |two| (*one, *two)));
    pairs.filter(|(one, two)| person(one).zip(person(two)).is_some_and(|(one, two)| apart(one, two))).collect()
}

/// By path the first number that both answers show.
fn in_both(one: &Baseline, other: &Baseline) -> BTreeMap<String, Shown> {
    let others: BTreeSet<String> = numbers(&other.first).into_iter().map(|shown| shown.leaf.text).collect();
    let all = one.first.response().map(leaves).unwrap_or_default();
    let shared: Vec<Shown> =
        numbers(&one.first).into_iter().filter(|shown| others.contains(&shown.leaf.text)).collect();
    let n_accounts = |path: &str| {
        let beside = shared.iter().filter(|shown| shown.leaf.path == path && is_beside_person(&all, &shown.leaf));
        beside.map(|shown| shown.leaf.text.as_str()).collect::<BTreeSet<_>>().len()
    };
    let counts: BTreeMap<String, usize> =
        shared.iter().map(|shown| (shown.leaf.path.clone(), n_accounts(&shown.leaf.path))).collect();
    let mut first = BTreeMap::new();
    for shown in shared {
        let n_accounts = counts.get(&shown.leaf.path).copied().unwrap_or_default();
        // A shop shows everybody where to send the money.
        if shown.kind != PersonalKind::Iban || n_accounts >= MIN_ACCOUNTS {
            first.entry(shown.leaf.path.clone()).or_insert(shown);
        }
    }
    first
}

/// The validated numbers of an answer.
fn numbers(answer: &Answer) -> Vec<Shown> {
    let Some(response) = answer.response().filter(|response| response.json.is_some()) else { return Vec::new() };
    let told_elsewhere = |leaf: &Leaf| sensitive_value(&leaf.key, &Value::String(leaf.text.clone())).is_some();
    let all = leaves(response).into_iter().filter(|leaf| !leaf.word && !told_elsewhere(leaf));
    all.filter_map(|leaf| in_field(&leaf.key, &leaf.text).map(|kind| Shown { leaf, kind })).collect()
}

/// Whether the object of a leaf also names a person.
fn is_beside_person(all: &[Leaf], leaf: &Leaf) -> bool {
    let parent = |at: &str| at.rsplit_once('/').map(|(parent, _)| parent.to_owned());
    let names = ["email", "holder", "owner", "customer", "user", "username", "firstname", "lastname", "surname"];
    all.iter().filter(|other| parent(&other.at) == parent(&leaf.at) && other.at != leaf.at).any(|other| {
        let words = words(&other.key);
        words.iter().any(|word| names.contains(&word.as_str())) || names.contains(&words.concat().as_str())
    })
}

fn prove(surveyed: &Surveyed, (one, other): (&Baseline, &Baseline), shown: &Shown, again: &Answer) -> Draft {
    let (path, kind) = (clean_name(&shown.leaf.path, 80), shown.kind.name());
    let carries = |answer: &Answer| numbers(answer).iter().any(|other| other.leaf.text == shown.leaf.text);
    let at_same_place =
        numbers(again).iter().any(|other| other.leaf.path == shown.leaf.path && other.leaf.text == shown.leaf.text);
    let mut rule = Rule::default();
    rule.weigh("validator-holds", carries(&one.first), format!("`{path}` is a valid {kind}, and no published sample"));
    rule.weigh(
        "shown-to-two",
        carries(&other.first),
        format!("{} and {} are shown the same one", one.caller, other.caller),
    );
    rule.weigh("repeated", at_same_place, "the same request again shows it too");
    // No name says what these fields hold, so that the redactor leaves them.
    for (role, answer) in [(Role::Attack, &*one.first), (Role::Baseline, &*other.first), (Role::Control, again)] {
        let hidden: Vec<String> = numbers(answer).into_iter().map(|shown| shown.leaf.text).collect();
        rule.show_without(role, answer, &hidden, "[redacted:personal-data]");
    }
    rule.draft(Finding::of(
        surveyed,
        format!("response:{path}"),
        format!("{} {}", surveyed.operation.path, words(&shown.leaf.key).join("_")),
        format!("{} and {} are shown the same {kind} at `{path}`", one.caller, other.caller),
    ))
}
