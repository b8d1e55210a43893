//! Whether an object is meant to be its owner's alone: clause (vii) of the rule for objects.

use std::sync::Arc;

use super::parent;
use crate::checks::context::{CheckCx, Pair};
use crate::model::clean_name;
use crate::probe::Answer;
use crate::survey::{
    Leaf, ObjectKey, Reading, Sign, Surveyed, is_strong_owner_name, leaves, scalar_text, singular, words,
};

/// What is known of the intent.
#[derive(Debug)]
pub(crate) enum Intent {
    /// The object is meant to be the owner's; the sentence says what shows it.
    Private(String, Option<Arc<Answer>>),
    /// Signs point there, and a condition is missing.
    Unclear(String),
    /// Some rule tells callers apart, and it may be the right one.
    Ruled(String),
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

/// Words of fields by which people present themselves to others.
const PRESENTING: &[&str] = &[
    "name",
    "username",
    "handle",
    "nick",
    "nickname",
    "login",
    "display",
    "first",
    "last",
    "full",
    "avatar",
    "picture",
    "photo",
    "image",
    "icon",
    "bio",
    "about",
    "headline",
    "tagline",
    "pronouns",
    "joined",
    "since",
    "member",
    "created",
    "createdat",
    "followers",
    "following",
    "posts",
    "reputation",
    "badge",
    "badges",
    "verified",
    "color",
    "colour",
    "id",
    "uid",
    "uuid",
];

/// Whether a value is of the kind that a public profile shows.
fn presents(leaf: &Leaf) -> bool {
    words(&leaf.key).iter().any(|word| PRESENTING.contains(&word.as_str()))
}

/// Whether a route is named after what people keep to themselves: `/users/{id}/addresses`.
fn keeps_private(path: &str) -> bool {
    let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    words(last).iter().any(|word| PRIVATE_WORDS.contains(&singular(word).as_str()))
}

/// Whether a route is named like what people show of themselves.
fn shows_people(path: &str) -> bool {
    let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    words(last).iter().any(|word| {
        matches!(
            word.as_str(),
            "profile" | "public" | "avatar" | "card" | "bio" | "about" | "badges" | "presence" | "summary"
        )
    })
}

/// Weighs the signs for an object that the intruder got.
pub(crate) async fn intent(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>, seen: &[&Leaf]) -> Intent {
    let Some(key) = pair.baseline.object.as_ref() else { return Intent::Unclear("no object is named".to_owned()) };
    let Some((owner, signs)) = cx.survey.owner(key) else {
        return Intent::Unclear("nobody is known to own it".to_owned());
    };
    let intruder = &pair.intruder.name;
    if let Some(sign) = signs.iter().find(|sign| matches!(sign, Sign::Configured)) {
        return Intent::Private(sign.because(owner), None);
    }
    // What the intruder is rightly shown elsewhere is no secret; only the rest can be.
    let given = cx.values_given(surveyed, intruder);
    let hidden: Vec<&Leaf> = seen.iter().copied().filter(|leaf| !given.contains(&leaf.text)).collect();
    if hidden.is_empty() {
        return Intent::Shared(format!("{intruder} is given every value of it by other routes"));
    }
    let private = private_fields(&hidden);
    if let Some((because, answer)) = sibling_refuses(cx, surveyed, pair, seen).await {
        return Intent::Private(because, Some(answer));
    }
    // That everybody knows a user says nothing of what the user keeps: `/users/{id}/addresses`.
    let kept = !is_whole(surveyed)
        && (!private.is_empty() || keeps_private(&surveyed.operation.path))
        && signs.iter().any(|sign| matches!(sign, Sign::IsCaller));
    if !kept && cx.is_listed_to(key, surveyed, intruder) {
        return if private.is_empty() {
            Intent::Shared(format!("a list shows the same object to {intruder}"))
        } else if let Some(field) = owner_field(signs).filter(|_| private.iter().any(|name| is_secret(name))) {
            // Everybody may know that it is there; what the lists keep back is the owner's.
            let secret: Vec<&String> = private.iter().filter(|name| is_secret(name)).collect();
            let secret = secret.into_iter().cloned().collect::<Vec<_>>().join(", ");
            Intent::Private(
                format!("its field `{field}` names {owner}, and the lists that show it leave out its {secret}"),
                None,
            )
        } else {
            let private = private.join(", ");
            Intent::Unclear(format!("a list shows the same object to {intruder}, yet without its {private}"))
        };
    }
    // `/users/{id}` and `/users/{id}/profile` may be a public profile; `/users/{id}/api-keys` is none.
    if signs.iter().all(|sign| matches!(sign, Sign::IsCaller)) && private.is_empty() {
        if is_whole(surveyed) || hidden.iter().all(|leaf| presents(leaf)) {
            return Intent::Shared(format!("a profile of {owner} without private fields"));
        }
        if shows_people(&surveyed.operation.path) {
            return Intent::Unclear(format!("it is named like what {owner} may show to everybody"));
        }
    }
    weigh(cx, surveyed, pair, (owner, signs), !private.is_empty()).await
}

/// What the signs come to once nothing says that the object is shared.
async fn weigh(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    pair: &Pair<'_>,
    (owner, signs): (&str, &[Sign]),
    private: bool,
) -> Intent {
    let intruder = &pair.intruder.name;
    // Lists that have entries in common may be feeds; with private fields in them they are not.
    // What hangs below something that the intruder is shown in a list is no secret by its parent alone.
    let listed = pair.baseline.object.as_ref().is_some_and(|key| below_open_parent(cx, key, intruder));
    let by_parent = signs.iter().any(|sign| matches!(sign, Sign::Parent { .. }));
    let open_parent = listed || by_parent && parent::is_shared(cx, surveyed, pair).await;
    let shows = |sign: &&Sign| match sign {
        Sign::Parent { .. } if open_parent => false,
        Sign::ScopedList { .. } if private => true,
        sign => sign.shows_intent(),
    };
    let Some(sign) = signs.iter().find(shows) else {
        let because = signs.first().map(|sign| sign.because(owner)).unwrap_or_default();
        return Intent::Unclear(format!("{because}, which public objects have too"));
    };
    let third = bystander(cx, surveyed, pair).await;
    if let Some((name, false)) = &third {
        // One stranger is refused and another served: a rule is at work, and it may be the right one.
        return Intent::Ruled(format!("{name} is refused while {intruder} is served: some rule tells them apart"));
    }
    if let Some(shared) = common_ground(cx, pair) {
        return Intent::Unclear(format!(
            "{}, but it also names {shared}, which {owner} and {intruder} share",
            sign.because(owner)
        ));
    }
    match third {
        Some((name, true)) if matches!(sign, Sign::OwnerField { .. } | Sign::IsCaller) => Intent::Unclear(format!(
            "{name}, who has nothing to do with it, reads it too, and only the object itself names {owner}"
        )),
        _ => Intent::Private(sign.because(owner), None),
    }
}

/// Whether a list shows the intruder what an object belongs to.
fn below_open_parent(cx: &CheckCx<'_>, key: &ObjectKey, intruder: &str) -> bool {
    let Some(object) = cx.survey.objects.known.get(key) else { return false };
    object.context.iter().any(|(resource, value)| {
        scalar_text(value).is_some_and(|id| cx.survey.objects.is_listed_to(&(resource.clone(), id), intruder))
    })
}

/// A field beyond doubt that names the owner.
fn owner_field(signs: &[Sign]) -> Option<String> {
    signs.iter().find_map(|sign| match sign {
        Sign::OwnerField { field, strong: true } => Some(clean_name(field, 40)),
        _ => None,
    })
}

/// Whether a field is named like what nobody shows to everybody.
fn is_secret(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "secret"
                | "password"
                | "private"
                | "confidential"
                | "ssn"
                | "passport"
                | "diagnosis"
                | "medical"
                | "token"
                | "iban"
                | "card"
                | "salary"
        )
    })
}

/// Whether a route leads to a whole object: what is refused of a part of it (`/users/{id}/settings`) says nothing of the
/// whole.
pub(super) fn is_whole(surveyed: &Surveyed) -> bool {
    surveyed.operation.path.trim_end_matches('/').ends_with('}')
}

/// A group (tenant, team, company) that the object names and both callers belong to.
fn common_ground(cx: &CheckCx<'_>, pair: &Pair<'_>) -> Option<String> {
    let object = cx.survey.objects.known.get(pair.baseline.object.as_ref()?)?;
    let both = |value: &str| pair.owner.groups.contains(value) && pair.intruder.groups.contains(value);
    object
        .fields
        .iter()
        .filter_map(|(field, value)| Some((field, scalar_text(value)?.to_lowercase())))
        .find(|(field, value)| is_strong_owner_name(field.split('/').next().unwrap_or(field)) && both(value))
        .map(|(field, _)| format!("a `{}`", clean_name(field, 40)))
}

/// Another route to the same representation of the object that refuses the intruder. A refused part of it (its keys,
/// its applications) says nothing of the whole.
async fn sibling_refuses(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    pair: &Pair<'_>,
    seen: &[&Leaf],
) -> Option<(String, Arc<Answer>)> {
    let siblings =
        cx.survey.operations.iter().filter(|other| other.operation.id != surveyed.operation.id).filter_map(|other| {
            let baseline = other.valid_of(&pair.owner.name)?;
            let response = baseline.first.response()?;
            let shown: Vec<String> = leaves(response).into_iter().map(|leaf| leaf.text).collect();
            let alike = seen.iter().filter(|leaf| shown.contains(&leaf.text)).count() * 2 >= seen.len();
            (baseline.object == pair.baseline.object && alike).then_some((other, baseline))
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

/// A third caller of the same rank, and whether it gets the same object.
async fn bystander(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Option<(String, bool)> {
    let third = cx.survey.people.all.iter().find(|person| {
        person.rank == pair.owner.rank
            && person.name != pair.owner.name
            && person.name != pair.intruder.name
            && person.signed_in
    })?;
    let answer = cx.send(&CheckCx::as_caller(pair.baseline, CheckCx::caller(&third.name))).await.ok()?;
    match CheckCx::reading(surveyed, &answer, &pair.baseline.masks, &[]) {
        Reading::Data => Some((third.name.clone(), true)),
        Reading::Refused(_) => Some((third.name.clone(), false)),
        // Where the bystander's answer cannot be judged, it may read it as well.
        Reading::NoData(_) => Some((third.name.clone(), true)),
    }
}
