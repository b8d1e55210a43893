//! Whether an object is meant to be its owner's alone: clause (vii) of the rule for objects.

use std::sync::Arc;

use crate::checks::context::{CheckCx, Pair};
use crate::model::clean_name;
use crate::probe::Answer;
use crate::survey::{Leaf, Reading, Sign, Surveyed, words};

/// What is known of the intent.
#[derive(Debug)]
pub(crate) enum Intent {
    /// The object is meant to be the owner's; the sentence says what shows it.
    Private(String, Option<Arc<Answer>>),
    /// Signs point there, and a condition is missing.
    Unclear(String),
    /// The object is meant to be shared.
    Shared(String),
}

/// Words in the names of fields that hold what people keep to themselves.
const PRIVATE_WORDS: &[&str] = &[
    "email",
    "mail",
    "phone",
    "mobile",
    "address",
    "street",
    "iban",
    "bic",
    "card",
    "ssn",
    "salary",
    "balance",
    "birth",
    "birthday",
    "dob",
    "passport",
    "diagnosis",
    "medical",
    "prescription",
    "bank",
    "secret",
    "private",
    "amount",
    "total",
    "tax",
    "credit",
    "income",
    "license",
    "token",
    "password",
    "confidential",
    "zip",
    "postcode",
    "vat",
];

/// Fields among the markers that hold what people keep to themselves.
pub(crate) fn private_fields(markers: &[&Leaf]) -> Vec<String> {
    let mut names: Vec<String> = markers
        .iter()
        .filter(|leaf| words(&leaf.key).iter().any(|word| PRIVATE_WORDS.contains(&word.as_str())))
        .map(|leaf| clean_name(&leaf.key, 40))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Weighs the signs for an object that the intruder got.
pub(crate) async fn intent(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>, seen: &[&Leaf]) -> Intent {
    let Some(key) = pair.baseline.object.as_ref() else { return Intent::Unclear("no object is named".to_owned()) };
    let Some((owner, signs)) = cx.survey.owner(key) else {
        return Intent::Unclear("nobody is known to own it".to_owned());
    };
    if let Some(sign) = signs.iter().find(|sign| matches!(sign, Sign::Configured)) {
        return Intent::Private(sign.because(owner), None);
    }
    if let Some((because, answer)) = sibling_refuses(cx, surveyed, pair).await {
        return Intent::Private(because, Some(answer));
    }
    let private = private_fields(seen);
    if cx.is_listed_to(key, &pair.intruder.name) {
        return if private.is_empty() {
            Intent::Shared(format!("a list shows the same object to {}", pair.intruder.name))
        } else {
            Intent::Unclear(format!(
                "a list shows the same object to {}, yet it holds {}",
                pair.intruder.name,
                private.join(", ")
            ))
        };
    }
    if signs.iter().all(|sign| matches!(sign, Sign::IsCaller)) && private.is_empty() {
        return Intent::Shared(format!("a profile of {owner} without private fields"));
    }
    let strong = signs.iter().find(|sign| sign.shows_intent());
    match strong {
        Some(Sign::OwnerField { .. } | Sign::IsCaller) => match bystander(cx, surveyed, pair).await {
            Some(name) => Intent::Unclear(format!(
                "{name}, who has nothing to do with it, reads it too, and only the object itself names {owner}"
            )),
            None => Intent::Private(strong.map(|sign| sign.because(owner)).unwrap_or_default(), None),
        },
        Some(sign) => Intent::Private(sign.because(owner), None),
        None => Intent::Unclear(format!(
            "{}, which public objects have too",
            signs.first().map(|sign| sign.because(owner)).unwrap_or_default()
        )),
    }
}

/// Another route to the same object that refuses the intruder.
async fn sibling_refuses(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Option<(String, Arc<Answer>)> {
    let siblings =
        cx.survey.operations.iter().filter(|other| other.operation.id != surveyed.operation.id).filter_map(|other| {
            let baseline = other.valid_of(&pair.owner.name)?;
            (baseline.object == pair.baseline.object).then_some((other, baseline))
        });
    for (other, baseline) in siblings.take(2) {
        let ask = CheckCx::as_caller(baseline, CheckCx::caller(&pair.intruder.name));
        let Ok(answer) = cx.send(&ask).await else { continue };
        if let Reading::Refused(_) = CheckCx::reading(other, &answer, &baseline.masks, &[]) {
            let because = format!("{} refuses {} the same object", other.operation.id, pair.intruder.name);
            return Some((because, answer));
        }
    }
    None
}

/// A third caller of the same rank who gets the same object.
async fn bystander(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Option<String> {
    let third = cx.survey.people.all.iter().find(|person| {
        person.rank == pair.owner.rank
            && person.name != pair.owner.name
            && person.name != pair.intruder.name
            && person.signed_in
    })?;
    let answer = cx.send(&CheckCx::as_caller(pair.baseline, CheckCx::caller(&third.name))).await.ok()?;
    (CheckCx::reading(surveyed, &answer, &pair.baseline.masks, &[]) == Reading::Data).then(|| third.name.clone())
}
