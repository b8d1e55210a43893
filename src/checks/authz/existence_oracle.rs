//! `authz/existence-oracle`.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::Value;

use super::ids::guessable;
use crate::checks::context::{CheckCx, Pair, PlanCx, pairs_of, present};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, ensure, held, see, status};
use crate::model::{ANONYMOUS, Draft, Operation, Role, Severity, Silence, clean_name};
use crate::probe::{Answer, Ask, Caller, operation_url};
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
        plan: plan,
        read: run,
    }
}

/// Most pairs of intruder and owner that are tried; a second one only says more where the first cannot be judged.
const MAX_TRIED: u32 = 2;

fn plan(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if !PlanCx::is_read(operation) || slots(cx.api, operation).is_empty() {
        return Need::NotApplicable;
    }
    // The object twice, two missing ones, and two other routes to the same object; all but one are often known.
    Need::Requests(6 * pairs_of(cx.identities.len()).min(MAX_TRIED))
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Judged {
    let pairs = cx.pairs(surveyed);
    ensure(!pairs.is_empty(), || cx.no_pair(surveyed))?;
    let mut last = Silence::undecided("nothing was tried");
    for pair in pairs.iter().take(MAX_TRIED as usize) {
        match attempt(cx, surveyed, pair).await {
            Ok(draft) => return Ok(vec![draft]),
            Err(silence) if !matches!(last, Silence::Held(_)) => last = silence,
            Err(_) => {}
        }
    }
    Err(last)
}

async fn attempt(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Result<Draft, Silence> {
    let (intruder, owner) = (&pair.intruder.name, &pair.owner.name);
    let id = pair.baseline.object_id(&surveyed.slots).unwrap_or_default();
    let mut rule = Rule::default();
    let unknown = is_unknown(cx, surveyed, pair, &id).await;
    rule.need("unknown-otherwise", unknown, |()| format!("no list and no other route shows it to {intruder}"))?;
    let asked = ask(cx, surveyed, pair).await?;
    compare(cx, surveyed, pair, &asked, &mut rule)?;
    // Of ids that nobody can guess it says only which exist: worth knowing, and no more.
    let severity = match guessable(&id) {
        Ok(how) => {
            rule.weigh("ids-can-be-guessed", !how.is_empty(), format!("the id is {how}"));
            None
        }
        Err(_) => Some(Severity::Info),
    };
    rule.show(Role::Attack, &asked.refused).show(Role::Baseline, &pair.baseline.first);
    rule.show(Role::Control, &asked.missing).show(Role::Control, &asked.other_missing);
    let resource = pair.baseline.object.as_ref().map_or("object", |key| key.0.as_str());
    let (resource, id) = (clean_name(resource, 40), clean_name(&id, 60));
    let by = difference(&asked);
    Ok(rule.draft(Finding {
        site: surveyed.slots.last().map(Slot::site).unwrap_or_default(),
        cause: surveyed.operation.path.clone(),
        claim: format!("{intruder} can tell that {resource} {id} of {owner} exists: it is answered {by}"),
        severity,
        surveyed,
    }))
}

/// Looks at whether it is news to the intruder that the object exists: no list and no other route shows it.
async fn is_unknown(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>, id: &str) -> Result<(), Silence> {
    let shared = |because: String| Silence::open(format!("shared: {because}"));
    let intruder = &pair.intruder.name;
    let key = pair.baseline.object.as_ref().ok_or_else(|| Silence::not_applicable("its address names no object"))?;
    let listed = cx.is_listed_to(key, surveyed, intruder) || cx.is_listed_to(key, surveyed, ANONYMOUS);
    ensure(!listed, || shared(format!("a list shows the object to {intruder}")))?;
    // A short number stands in many answers and means something else there.
    let says_something = id.len() >= 4 || !id.bytes().all(|byte| byte.is_ascii_digit());
    let given = says_something && cx.values_given(surveyed, intruder).contains(id);
    ensure(!given, || shared(format!("another route gives {intruder} the id")))?;
    let others = cx.survey.operations.iter().filter(|other| other.operation.id != surveyed.operation.id);
    let same_object = others.filter_map(|other| {
        let baseline = other.valid_of(&pair.owner.name)?;
        (baseline.object == pair.baseline.object).then_some((other, baseline))
    });
    for (other, baseline) in same_object.take(2) {
        let answer = cx.send(&baseline.ask_as(Caller::named(intruder))).await?;
        let refused = CheckCx::reading(other, &answer, &baseline.masks, &[]) != Reading::Data;
        ensure(refused, || shared(format!("{} shows {intruder} the object", other.operation.id)))?;
    }
    Ok(())
}

/// The answers that one attempt rests on; all but the owner's are the intruder's.
struct Asked {
    refused: Arc<Answer>,
    again: Arc<Answer>,
    missing: Arc<Answer>,
    other_missing: Arc<Answer>,
    /// The ids that were asked for.
    masks: Vec<String>,
}

async fn ask(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Result<Asked, Silence> {
    let baseline = pair.baseline;
    let other = surveyed.slots.last().and_then(|slot| other_missing(cx, surveyed, pair, slot));
    let (Some(url), Some((other_url, other_id))) = (baseline.missing_url.clone(), other) else {
        return Err(Silence::not_tried("no id that does not exist could be asked for"));
    };
    let attack = baseline.ask_as(Caller::named(&pair.intruder.name));
    // The two kinds take turns: a session that ends on the way shows as a disagreement within one kind.
    let refused = cx.send(&attack).await?;
    let missing = cx.send(&Ask { url, ..attack.clone() }).await?;
    let other_missing = cx.send(&Ask { url: other_url, ..attack.clone() }).await?;
    let again = cx.send(&attack.again(1)).await?;
    let masks = baseline.masks.iter().cloned().chain([other_id]).collect();
    Ok(Asked { refused, again, missing, other_missing, masks })
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

/// Looks at whether the answers set another user's object apart from ids that do not exist, by themselves and not by
/// chance.
fn compare(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    pair: &Pair<'_>,
    asked: &Asked,
    rule: &mut Rule,
) -> Result<(), Silence> {
    let (intruder, owner) = (&pair.intruder.name, &pair.owner.name);
    for answer in [&asked.refused, &asked.again, &asked.missing, &asked.other_missing] {
        if let Reading::NoData(because) = CheckCx::reading(surveyed, answer, &asked.masks, &[]) {
            return Err(Silence::undecided(because));
        }
    }
    let refused = asked.refused.response().ok_or_else(|| Silence::undecided("no answer"))?;
    let markers = cx.markers(surveyed, pair, &[&*asked.missing, &*asked.other_missing]);
    let shown = refused.is_success() && !present(&markers, refused).is_empty();
    ensure(!shown, || see("authz/bola-read", format!("{intruder} is served the object")))?;

    let volatile = volatile(surveyed, asked);
    let alike = |a: &Answer, b: &Answer| {
        a.response().zip(b.response()).is_some_and(|(a, b)| same(a, b, &volatile, &asked.masks))
    };
    let differ = !(alike(&asked.refused, &asked.missing) && alike(&asked.refused, &asked.other_missing));
    let differ = ensure(differ, || {
        let because = "an object of another user is answered like an id that does not exist";
        held(&asked.refused, &pair.baseline.first, because)
    });
    rule.need("answers-differ", differ, |()| format!("{owner}'s object is answered {}", difference(asked)))?;
    let refusal = ensure(!succeeds(refused), || {
        Silence::undecided("the answer about another user's object is neither the object nor a refusal")
    });
    rule.need("intruder-refused", refusal, |()| format!("{owner} is served it, and {intruder} is not"))?;
    let repeated = ensure(alike(&asked.refused, &asked.again), || {
        Silence::undecided("the same refused request is answered differently each time")
    });
    rule.need("repeated", repeated, |()| "the same refused request again is answered alike".to_owned())?;
    let agree = ensure(alike(&asked.missing, &asked.other_missing), || {
        Silence::undecided("two ids that do not exist are answered differently")
    });
    rule.need("missing-ids-agree", agree, |()| "two different ids that do not exist are answered alike".to_owned())?;
    // RFC 9110 §15.5.1 and §15.5.21: the id was not looked up, it was found to be no id.
    let by_form = matches!(asked.missing.status(), Some(400 | 405 | 406 | 414 | 415 | 422));
    ensure(!by_form, || Silence::undecided("ids that do not exist are turned away by their form"))
}

/// How the two kinds of id are told apart, for a sentence.
fn difference(asked: &Asked) -> String {
    let (refused, missing) = (status(&asked.refused), status(&asked.missing));
    if refused == missing {
        format!("with status {refused}, in other words than an id that does not exist")
    } else {
        format!("with status {refused}, and an id that does not exist with status {missing}")
    }
}

/// What varies by itself: between two equal requests, refused or not.
fn volatile(surveyed: &Surveyed, asked: &Asked) -> std::collections::BTreeSet<String> {
    let mut paths = varying(&asked.refused, &asked.again);
    paths.extend(surveyed.volatile.iter().cloned());
    paths
}
