//! Payment cards, bank accounts and the like in answers, and which of them two strangers are shown alike.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::baseline::{Baseline, Surveyed};
use super::leaves::{Leaf, leaves_of};
use super::names::split_words;
use super::people::{People, Person};
use crate::detect::exposure::sensitive_value;
use crate::detect::personal::{PersonalKind, in_field};
use crate::probe::Answer;

/// So many accounts beside people's names are a list of customers; fewer may be the shop's own.
const MIN_ACCOUNTS: usize = 2;

/// A validated number in an answer.
#[derive(Debug, Clone)]
pub struct PersonalNumber {
    /// Where it stands.
    pub leaf: Leaf,
    /// What it is.
    pub kind: PersonalKind,
}

/// Returns the pairs of valid answers to different people of one rank; what a tenant shares is no leak between its members.
pub fn pairs_of_strangers<'a>(people: &People, surveyed: &'a Surveyed) -> Vec<(&'a Baseline, &'a Baseline)> {
    let person = |baseline: &Baseline| people.all.iter().find(|person| person.name == baseline.caller);
    let apart = |one: &Person, other: &Person| {
        let signed_in = one.signed_in && other.signed_in;
        signed_in && one.rank == other.rank && one.groups.is_disjoint(&other.groups)
    };
    let valid: Vec<&Baseline> = surveyed.valid().collect();
    let pairs = valid.iter().enumerate().flat_map(|(at, one)| valid.iter().skip(at + 1).map(move |two| (*one, *two)));
    pairs.filter(|(one, two)| person(one).zip(person(two)).is_some_and(|(one, two)| apart(one, two))).collect()
}

/// Returns by path the first number that both answers show.
pub fn numbers_in_both(one: &Baseline, other: &Baseline) -> BTreeMap<String, PersonalNumber> {
    let others: BTreeSet<String> = personal_numbers(&other.first).into_iter().map(|shown| shown.leaf.text).collect();
    let all = one.first.response().map(leaves_of).unwrap_or_default();
    let shared: Vec<PersonalNumber> =
        personal_numbers(&one.first).into_iter().filter(|shown| others.contains(&shown.leaf.text)).collect();
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

/// Returns the validated numbers of an answer, but for those that an answer should never carry.
pub fn personal_numbers(answer: &Answer) -> Vec<PersonalNumber> {
    let Some(response) = answer.response().filter(|response| response.json.is_some()) else { return Vec::new() };
    let told_elsewhere = |leaf: &Leaf| sensitive_value(&leaf.key, &Value::String(leaf.text.clone())).is_some();
    let all = leaves_of(response).into_iter().filter(|leaf| !leaf.word && !told_elsewhere(leaf));
    all.filter_map(|leaf| in_field(&leaf.key, &leaf.text).map(|kind| PersonalNumber { leaf, kind })).collect()
}

/// Whether the object of a leaf also names a person.
fn is_beside_person(all: &[Leaf], leaf: &Leaf) -> bool {
    let parent = |at: &str| at.rsplit_once('/').map(|(parent, _)| parent.to_owned());
    let names = ["email", "holder", "owner", "customer", "user", "username", "firstname", "lastname", "surname"];
    all.iter().filter(|other| parent(&other.at) == parent(&leaf.at) && other.at != leaf.at).any(|other| {
        let words = split_words(&other.key);
        words.iter().any(|word| names.contains(&word.as_str())) || names.contains(&words.concat().as_str())
    })
}
