//! `authz/existence-oracle`.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::Value;

use super::bola_read::no_pair;
use super::ids::guessable;
use crate::checks::context::{CheckCx, Pair, PlanCx, pairs_of, present};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, is_quiet, status, unsent};
use crate::model::{ANONYMOUS, Operation, Role, Severity, Verdict, clean_name};
use crate::probe::{Answer, Ask, SendError, operation_url};
use crate::survey::{
    Reading, Slot, Surveyed, missing_like, readable_base64, same, scalar_text, slots, succeeds, varying,
};

check! {
    /// ## What it does
    /// Asks, as a user who is refused it, for an object of another user and for ids that do not exist, and compares the
    /// two refusals.
    ///
    /// ## Why it matters
    /// Whoever may not read an object can still learn that it exists: which customers there are, how many invoices, whose
    /// address has an account. Such lists feed other attacks.
    ///
    /// ## How it is confirmed
    /// The other user's object is refused twice in the same way; two different ids that do not exist are answered alike;
    /// the two kinds of answer differ in status or in content once the ids are masked and what varies by itself is left
    /// out; and nothing shows the object to the caller. Where the ids cannot be guessed it is worth knowing (info) and no
    /// more: it tells which of the ids that leaked are real.
    ///
    /// ## When it stays silent
    /// When all refusals are alike, when the caller is served the object (`authz/bola-read` speaks) or knows of it from
    /// lists or other routes, and when ids that do not exist are turned away by their form.
    ///
    /// ## References
    /// OWASP API1:2023, CWE-204
    ExistenceOracle {
        id: "authz/existence-oracle",
        title: "Refusals tell existing ids from missing ones",
        severity: Low,
        level: Passive,
        owasp: ["API1:2023"],
        cwe: [204],
        remedy: "uniform-refusal",
        since: "0.2.0",
    }
}

/// Most pairs of intruder and owner that are tried; a second one only says more where the first cannot be judged.
const MAX_TRIED: u32 = 2;

impl Check for ExistenceOracle {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if !PlanCx::is_read(operation) || slots(cx.api, operation).is_empty() {
            return Need::NotApplicable;
        }
        // The object twice, two missing ones, and two other routes to the same object; all but one are often known.
        Need::Requests(6 * pairs_of(cx.identities.len()).min(MAX_TRIED))
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(run(cx, surveyed))
    }
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Verdict {
    let pairs = cx.pairs(surveyed);
    if pairs.is_empty() {
        return no_pair(cx, surveyed);
    }
    let (mut quiet, mut last) = (None, None);
    for pair in pairs.iter().take(MAX_TRIED as usize) {
        match attempt(cx, surveyed, pair).await {
            Ok(Verdict::Broken(drafts)) => return Verdict::Broken(drafts),
            Ok(verdict) if is_quiet(&verdict) => quiet = quiet.or(Some(verdict)),
            Ok(other) => last = Some(other),
            Err(error) => last = Some(unsent(&error)),
        }
    }
    quiet.or(last).unwrap_or_else(|| inconclusive("nothing was tried", None))
}

async fn attempt(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Result<Verdict, SendError> {
    let id = pair.baseline.object_id(&surveyed.slots).unwrap_or_default();
    let guess = guessable(&id);
    if let Some(because) = known_to_intruder(cx, surveyed, pair, &id) {
        return Ok(held(because));
    }
    let seen = match ask(cx, surveyed, pair).await? {
        Ok(seen) => seen,
        Err(because) => return Ok(inconclusive(because, None)),
    };
    if let Some(verdict) = unjudged(cx, surveyed, pair, &seen) {
        return Ok(verdict);
    }
    if let Some(because) = served_elsewhere(cx, surveyed, pair).await? {
        return Ok(held(because));
    }
    Ok(proven(surveyed, pair, &seen, &id, &guess))
}

/// Why it is no news to the intruder that the object exists.
fn known_to_intruder(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>, id: &str) -> Option<String> {
    let key = pair.baseline.object.as_ref()?;
    let intruder = &pair.intruder.name;
    if cx.is_listed_to(key, surveyed, intruder) || cx.is_listed_to(key, surveyed, ANONYMOUS) {
        return Some(format!("shared: a list shows the object to {intruder}"));
    }
    // A short number stands in many answers and means something else there.
    let tells = id.len() >= 4 || !id.bytes().all(|byte| byte.is_ascii_digit());
    let told = tells && cx.values_given(surveyed, intruder).contains(id);
    told.then(|| format!("shared: another route tells {intruder} the id"))
}

/// The answers that one attempt rests on; all but the owner's are the intruder's.
struct Seen {
    refused: Arc<Answer>,
    again: Arc<Answer>,
    missing: Arc<Answer>,
    other_missing: Arc<Answer>,
    /// The ids that were asked for.
    masks: Vec<String>,
}

async fn ask(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Result<Result<Seen, &'static str>, SendError> {
    let baseline = pair.baseline;
    let other = surveyed.slots.last().and_then(|slot| other_missing(cx, surveyed, pair, slot));
    let (Some(url), Some((other_url, other_id))) = (baseline.missing_url.clone(), other) else {
        return Ok(Err("no id that does not exist could be asked for"));
    };
    let attack = CheckCx::as_caller(baseline, CheckCx::caller(&pair.intruder.name));
    // The two kinds take turns: a session that ends on the way shows as a disagreement within one kind.
    let refused = cx.send(&attack).await?;
    let missing = cx.send(&Ask { url, ..attack.clone() }).await?;
    let other_missing = cx.send(&Ask { url: other_url, ..attack.clone() }).await?;
    let again = cx.send(&attack.again(1)).await?;
    let masks = baseline.masks.iter().cloned().chain([other_id]).collect();
    Ok(Ok(Seen { refused, again, missing, other_missing, masks }))
}

/// Another id that no object has, with its address.
fn other_missing(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>, slot: &Slot) -> Option<(url::Url, String)> {
    let place = (slot.place, slot.name.clone());
    let absent = another(pair.baseline.values.get(&place)?)?;
    let mut values = pair.baseline.values.clone();
    values.insert(place, absent.clone());
    let url = operation_url(cx.probe.base_url(), &surveyed.operation, &values).ok()?;
    (Some(&url) != pair.baseline.missing_url.as_ref()).then(|| Some((url, scalar_text(&absent)?)))?
}

/// An id of the same form that is not the survey's missing one, which is long. Servers that look at the length answer
/// the two differently then, and that shows: numbers are shorter here, and those behind a text keep their width where
/// they have one. The last number of a width is one that counters seldom come to.
fn another(known: &Value) -> Option<Value> {
    const SALT: u64 = 40_961;
    let last = |width: usize| 10_u64.checked_pow(u32::try_from(width).ok()?)?.checked_sub(3);
    let text = scalar_text(known)?;
    let head = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = text.get(head.len()..)?;
    if head.is_empty() && digits.len() <= 8 {
        let number = last(digits.len().max(7))?;
        let changed = if known.is_number() { Value::from(number) } else { Value::String(number.to_string()) };
        return (changed != *known).then_some(changed);
    }
    let fixed = (4..=9).contains(&digits.len()) || (digits.len() >= 2 && digits.starts_with('0'));
    if head.is_empty() || !fixed || readable_base64(&text).is_some() || guessable(&text).is_err() {
        return Some(missing_like(known, SALT));
    }
    let changed = format!("{head}{}", last(digits.len())?);
    (changed != text).then_some(Value::String(changed))
}

/// The verdict where the answers do not tell the two kinds of id apart, or cannot be compared.
fn unjudged(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>, seen: &Seen) -> Option<Verdict> {
    for answer in [&seen.refused, &seen.again, &seen.missing, &seen.other_missing] {
        if let Reading::NoData(because) = CheckCx::reading(surveyed, answer, &seen.masks, &[]) {
            return Some(inconclusive(because, None));
        }
    }
    let refused = seen.refused.response()?;
    let markers = cx.markers(surveyed, pair, &[&*seen.missing, &*seen.other_missing]);
    if refused.is_success() && !present(&markers, refused).is_empty() {
        return Some(held(format!("{} is served the object: see authz/bola-read", pair.intruder.name)));
    }
    let volatile = volatile(surveyed, seen);
    let alike = |a: &Answer, b: &Answer| {
        a.response().zip(b.response()).is_some_and(|(a, b)| same(a, b, &volatile, &seen.masks))
    };
    if alike(&seen.refused, &seen.missing) && alike(&seen.refused, &seen.other_missing) {
        return Some(held("an object of another user is answered like an id that does not exist"));
    }
    if succeeds(refused) {
        return Some(inconclusive("the answer about another user's object is neither the object nor a refusal", None));
    }
    if !alike(&seen.refused, &seen.again) {
        return Some(inconclusive("the same refused request is answered differently each time", None));
    }
    if !alike(&seen.missing, &seen.other_missing) {
        return Some(inconclusive("two ids that do not exist are answered differently", None));
    }
    // RFC 9110 §15.5.1 and §15.5.21: the id was not looked up, it was found to be no id.
    let by_form = matches!(seen.missing.status(), Some(400 | 405 | 406 | 414 | 415 | 422));
    by_form.then(|| inconclusive("ids that do not exist are turned away by their form", None))
}

/// What varies by itself: between two equal requests, refused or not.
fn volatile(surveyed: &Surveyed, seen: &Seen) -> std::collections::BTreeSet<String> {
    let mut paths = varying(&seen.refused, &seen.again);
    paths.extend(surveyed.volatile.iter().cloned());
    paths
}

/// Another route that gives the intruder the same object: then its existence is no secret.
async fn served_elsewhere(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Result<Option<String>, SendError> {
    let others = cx.survey.operations.iter().filter(|other| other.operation.id != surveyed.operation.id);
    let same_object = others.filter_map(|other| {
        let baseline = other.valid_of(&pair.owner.name)?;
        (baseline.object == pair.baseline.object).then_some((other, baseline))
    });
    for (other, baseline) in same_object.take(2) {
        let answer = cx.send(&CheckCx::as_caller(baseline, CheckCx::caller(&pair.intruder.name))).await?;
        if CheckCx::reading(other, &answer, &baseline.masks, &[]) == Reading::Data {
            return Ok(Some(format!("shared: {} shows {} the object", other.operation.id, pair.intruder.name)));
        }
    }
    Ok(None)
}

fn proven(
    surveyed: &Surveyed,
    pair: &Pair<'_>,
    seen: &Seen,
    id: &str,
    how: &Result<&'static str, &'static str>,
) -> Verdict {
    let (intruder, owner) = (&pair.intruder.name, &pair.owner.name);
    let (refused, missing) = (status(&seen.refused), status(&seen.missing));
    let by = if refused == missing {
        format!("with status {refused}, in other words than an id that does not exist")
    } else {
        format!("with status {refused}, and an id that does not exist with status {missing}")
    };
    let mut proof = Proof::default();
    proof.clause("object-exists", true, format!("{owner} is served it"));
    proof.clause("intruder-refused", true, format!("{intruder} is not"));
    proof.clause("answers-differ", true, format!("{owner}'s object is answered {by}"));
    proof.clause("missing-ids-agree", true, "two different ids that do not exist are answered alike");
    proof.clause("repeated", true, "the same refused request again is answered alike");
    // Of ids that nobody can guess it tells those that leaked: worth knowing, and no more.
    let severity = match how {
        Ok(how) => {
            proof.clause("ids-can-be-guessed", true, format!("the id is {how}"));
            None
        }
        Err(_) => Some(Severity::Info),
    };
    proof.clause("unknown-otherwise", true, format!("no list and no other route shows it to {intruder}"));
    proof.show(Role::Attack, &seen.refused).show(Role::Baseline, &pair.baseline.first);
    proof.show(Role::Control, &seen.missing).show(Role::Control, &seen.other_missing);
    let resource = pair.baseline.object.as_ref().map_or("object", |key| key.0.as_str());
    proof.broken(Finding {
        site: surveyed.slots.last().map(Slot::site).unwrap_or_default(),
        cause: surveyed.operation.path.clone(),
        claim: format!(
            "{intruder} can tell that {} {} of {owner} exists: it is answered {by}",
            clean_name(resource, 40),
            clean_name(id, 60)
        ),
        severity,
        surveyed,
    })
}
