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
    let is_list = markers.iter().any(|leaf| leaf.path.contains('*'));
    let mut names: Vec<String> = markers
        .iter()
        // `total` beside a list is the number of its entries.
        .filter(|leaf| !(is_list && !leaf.path.contains('*') && words(&leaf.key).iter().any(|word| word == "total")))
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
    let private = private_fields(seen);
    if let Some((because, answer)) = sibling_refuses(cx, surveyed, pair, !private.is_empty()).await {
        return Intent::Private(because, Some(answer));
    }
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
                "{name}, who has nothing to do with it, is not refused it, and only the object itself names {owner}"
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

/// Whether a route leads to a whole object: what is refused of a part of it (`/users/{id}/settings`) says nothing of the
/// whole.
pub(super) fn is_whole(surveyed: &Surveyed) -> bool {
    surveyed.operation.path.trim_end_matches('/').ends_with('}')
}

/// Another route to the same object that refuses the intruder; `parts` too, where private values were seen.
async fn sibling_refuses(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    pair: &Pair<'_>,
    parts: bool,
) -> Option<(String, Arc<Answer>)> {
    let others = cx.survey.operations.iter().filter(|other| other.operation.id != surveyed.operation.id);
    let siblings = others
        .filter(|other| parts || is_whole(other))
        .filter(|other| other.by.get(&pair.owner.name).is_some_and(|own| own.object == pair.baseline.object))
        .filter_map(|other| Some((other, other.valid_of(&pair.owner.name)?)));
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
    let Ok(answer) = cx.send(&CheckCx::as_caller(pair.baseline, CheckCx::caller(&third.name))).await else {
        return Some(third.name.clone());
    };
    // Where the bystander's answer cannot be judged, it may read it as well.
    let reading = CheckCx::reading(surveyed, &answer, &pair.baseline.masks, &[]);
    (!matches!(reading, Reading::Refused(_))).then(|| third.name.clone())
}
