//! `authz/bola-nested`.

use super::bola_read::{no_pair, present_all};
use super::intent::private_fields;
use crate::checks::context::{CheckCx, Pair, PlanCx, pairs_of, present};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, is_quiet, skipped, status, unsent};
use crate::model::{Operation, Role, Severity, Verdict, clean_name};
use crate::probe::{Ask, Caller, SendError, Values, operation_url};
use crate::survey::{ObjectKey, Reading, Surveyed, scalar_text, slots};

check! {
    /// ## What it does
    /// On routes with a parent and a child in the path, asks for another user's child under one's own parent:
    /// `/customers/{mine}/contacts/{yours}`.
    ///
    /// ## Why it matters
    /// Many handlers check the parent and then load the child by its id alone.
    ///
    /// ## How it is confirmed
    /// The owner gets the child under its true parent; the intruder is refused there; yet under the intruder's own
    /// parent the intruder gets values of the owner's child, twice; and a child that does not exist is refused.
    ///
    /// ## When it stays silent
    /// When the child is refused under the wrong parent, when the answer has none of the child's values, and when the
    /// intruder may read the child under its true parent anyway (that is `authz/bola-read`).
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    BolaNested {
        id: "authz/bola-nested",
        title: "A child is served under a parent it does not belong to",
        severity: High,
        level: Passive,
        owasp: ["API1:2023"],
        cwe: [639],
        remedy: "object-ownership",
        since: "0.1.0",
    }
}

impl Check for BolaNested {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if !PlanCx::is_read(operation) || slots(cx.api, operation).len() < 2 {
            return Need::NotApplicable;
        }
        Need::Requests(5 * pairs_of(cx.identities.len()))
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(cx, surveyed).await.unwrap_or_else(|error| unsent(&error)) })
    }
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Verdict, SendError> {
    let pairs = cx.pairs(surveyed);
    if pairs.is_empty() {
        return Ok(no_pair(cx, surveyed));
    }
    let mut last =
        skipped("no parent is known that belongs to the intruder", Some("give both identities a parent object"));
    for pair in pairs {
        let Some(values) = mixed(cx, surveyed, &pair) else { continue };
        match attempt(cx, surveyed, &pair, &values).await? {
            Verdict::Broken(drafts) => return Ok(Verdict::Broken(drafts)),
            verdict if is_quiet(&verdict) => return Ok(verdict),
            other => last = other,
        }
    }
    Ok(last)
}

/// The owner's child under the intruder's parents.
fn mixed(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Option<Values> {
    let (_, parents) = surveyed.slots.split_last()?;
    let own = surveyed.valid_of(&pair.intruder.name);
    let mut values = pair.baseline.values.clone();
    for slot in parents {
        let place = (slot.place, slot.name.clone());
        let from_own = own.and_then(|own| own.values.get(&place)).cloned();
        let from_objects = || {
            cx.survey
                .objects
                .for_slot(slot)
                .find(|(key, _, _)| cx.survey.owner(key).is_some_and(|(name, _)| name == pair.intruder.name))
                .map(|(_, _, value)| value.clone())
        };
        values.insert(place, from_own.or_else(from_objects)?);
    }
    // Children may be numbered within their parents: under its own parent the number is the intruder's own child.
    let listed = |key: &ObjectKey, parent: &str| {
        cx.survey.objects.lists.iter().any(|((_, context), callers)| {
            context.split('&').any(|part| part.split_once('=').is_some_and(|(_, value)| value == parent))
                && callers.get(&pair.intruder.name).is_some_and(|listed| listed.contains(key))
        })
    };
    let nearest = parents.last().and_then(|slot| values.get(&(slot.place, slot.name.clone()))).and_then(scalar_text);
    let is_own = own.is_some_and(|own| own.values == values)
        || pair.baseline.object.as_ref().zip(nearest).is_some_and(|(key, parent)| listed(key, &parent));
    (values != pair.baseline.values && !is_own).then_some(values)
}

async fn attempt(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    pair: &Pair<'_>,
    values: &Values,
) -> Result<Verdict, SendError> {
    let (intruder, owner) = (&pair.intruder.name, &pair.owner.name);
    let direct = cx.send(&CheckCx::as_caller(pair.baseline, CheckCx::caller(intruder))).await?;
    let Ok(url) = operation_url(cx.probe.base_url(), &surveyed.operation, values) else {
        return Ok(inconclusive("the address could not be built", None));
    };
    let ask = Ask { headers: pair.baseline.headers.clone(), ..Ask::get(CheckCx::caller(intruder), url) };
    let attack = cx.send(&ask).await?;
    let mut masks = pair.baseline.masks.clone();
    masks.extend(values.values().filter_map(scalar_text));
    match CheckCx::reading(surveyed, &attack, &masks, &[]) {
        Reading::Refused(because) => return Ok(held(format!("{intruder} is refused under its own parent: {because}"))),
        Reading::NoData(because) => return Ok(inconclusive(because, None)),
        Reading::Data => {}
    }
    let missing: Vec<&crate::probe::Answer> = pair.baseline.missing.iter().map(|answer| &**answer).collect();
    let markers = cx.markers(surveyed, pair, &missing);
    let Some(response) = attack.response() else { return Ok(inconclusive("no answer", None)) };
    let shown = present(&markers, response);
    if shown.is_empty() {
        return Ok(held(format!("the answer under {intruder}'s own parent has nothing of {owner}'s child")));
    }
    let given = cx.values_given(surveyed, intruder);
    if shown.iter().all(|leaf| given.contains(&leaf.text)) {
        return Ok(held(format!("shared: {intruder} is given every value of it by other routes")));
    }
    let anonymous = cx.send(&Ask { caller: Caller::Anonymous, ..ask.clone() }).await?;
    if anonymous.response().is_some_and(|response| response.is_success() && present_all(&shown, response)) {
        return Ok(held("public: an anonymous caller is shown the same"));
    }
    if shown.len() * 2 <= markers.len() {
        // Two children of one kind have values in common.
        return Ok(inconclusive("the answer has few of the values of the owner's child: it may be another one", None));
    }
    let refused = match CheckCx::reading(surveyed, &direct, &pair.baseline.masks, &[]) {
        Reading::Refused(because) => because,
        // Open under its true parent too: one weakness, and not this one.
        Reading::Data => return Ok(held("the child is served under its true parent too: see authz/bola-read")),
        Reading::NoData(because) => return Ok(inconclusive(because, None)),
    };
    let again = cx.send(&ask.again(1)).await?;
    let mut proof = Proof::default();
    let resource = pair.baseline.object.as_ref().map_or("object", |key| key.0.as_str());
    let id = pair.baseline.object_id(&surveyed.slots).unwrap_or_default();
    proof.clause("owner-served", true, format!("{owner} gets the child under its true parent"));
    proof.clause("true-parent-refuses", true, format!("{intruder} is refused there: {refused}"));
    proof.clause(
        "wrong-parent-serves",
        true,
        format!("under its own parent {intruder} gets status {}", status(&attack)),
    );
    proof.clause("anonymous-lacks-it", true, format!("anonymous gets status {} there", status(&anonymous)));
    proof.clause("carries-child-values", true, format!("{} values of the child", shown.len()));
    let repeated = again.response().is_some_and(|response| present_all(&shown, response));
    proof.clause("repeated", repeated, "the same request again gave the same values");
    match &pair.baseline.missing {
        Some(missing) => {
            let because = format!("a child that does not exist gets status {}", status(missing));
            match missing.response() {
                // Its values are no markers.
                Some(response) => proof.clause("missing-child-differs", !present_all(&shown, response), because),
                None => proof.open("missing-child-differs", because),
            };
            proof.show(Role::Control, missing);
        }
        None => {
            proof.open("missing-child-differs", "no missing child could be asked for");
        }
    }
    proof.show(Role::Attack, &attack).show(Role::Baseline, &pair.baseline.first);
    proof.show(Role::Control, &direct).show(Role::Control, &anonymous);
    Ok(proof.broken(Finding {
        site: surveyed.slots.last().map(crate::survey::Slot::site).unwrap_or_default(),
        cause: surveyed.operation.path.clone(),
        claim: format!(
            "{intruder} read {} {} under a parent of its own, though {owner} owns it",
            clean_name(resource, 40),
            clean_name(&id, 60)
        ),
        severity: (!private_fields(&shown).is_empty()).then_some(Severity::Critical),
        surveyed,
    }))
}
