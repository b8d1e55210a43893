//! `authn/missing`.

use std::collections::BTreeSet;

use super::siblings::{signed_in, weigh_sign_in};
use crate::checks::access::private_fields;
use crate::checks::context::{CheckCx, PlanCx, present};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, ensure, held, let_through, status};
use crate::model::{ANONYMOUS, Operation, Role, Security, Silence, clean_name};
use crate::probe::{Answer, Caller};
use crate::survey::{
    Baseline, Leaf, Reading, Sign, Surveyed, is_me_word, is_owner_name, is_person, is_strong_owner_name, leaves,
    scalar_text,
};

check! {
    /// ## What it does
    /// Asks for what signed-in users are shown without any credential, and looks for values that belong to one of
    /// them.
    ///
    /// ## Why it matters
    /// A route that forgot its guard serves the whole internet.
    ///
    /// ## How it is confirmed
    /// The signed-in request is valid; the anonymous answer carries user-specific values of it, twice; another
    /// operation refuses anonymous callers, so that sign-in is in use; and the data is private: an object of one user
    /// that lists keep from others, an account's private fields, or something about the caller.
    ///
    /// ## When it stays silent
    /// When the document says that the operation is public, when anonymous callers are refused in any form, and when
    /// what they get is public content. A document that asks for sign-in where none is needed for public content is
    /// drift, not a hole (`inventory/drift`).
    ///
    /// ## References
    /// OWASP API2:2023, CWE-306
    Missing {
        id: "authn/missing",
        title: "Protected data answers without credentials",
        severity: Critical,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [306],
        remedy: "require-authentication",
        since: "0.1.0",
        plan: plan,
        read: run,
    }
}

fn plan(_: &PlanCx<'_>, operation: &Operation) -> Need {
    if !PlanCx::is_read(operation) || matches!(operation.security, Security::Public | Security::Optional(_)) {
        return Need::NotApplicable;
    }
    Need::Requests(1)
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Judged {
    let mut rule = Rule::default();
    let baseline = rule.need("signed-in-served", signed_in(surveyed), |baseline| {
        format!("{} gets status {}", baseline.caller, status(&baseline.first))
    })?;
    let anonymous = surveyed.anonymous.clone().ok_or_else(|| Silence::not_tried("no anonymous caller asked here"))?;
    let shown = rule.need("anonymous-gets-it", shown_to_anyone(surveyed, baseline, &anonymous), |shown| {
        let paths: Vec<String> = shown.iter().take(4).map(|leaf| clean_name(&leaf.path, 60)).collect();
        format!("{} of the same values, at {}", shown.len(), paths.join(", "))
    })?;
    is_not_published(cx, surveyed, &shown)?;
    // Public content behind a document that asks for sign-in is drift, and inventory/drift says so.
    let (certain, because) = private_sign(cx, surveyed, baseline, &shown)?;
    rule.weigh("data-is-private", certain.then_some(true), because);
    weigh_sign_in(cx, surveyed, &mut rule);
    let again = cx.send(&baseline.ask_as(Caller::Anonymous).again(1)).await?;
    let repeated = again.response().is_some_and(|response| present(&shown, response).len() == shown.len());
    rule.weigh("repeated", repeated, "the same request again gave the same values");

    rule.show(Role::Attack, &anonymous).show(Role::Baseline, &baseline.first);
    rule.found(Finding::of(
        surveyed,
        "operation",
        surveyed.operation.path.clone(),
        format!("an anonymous caller got what {} is shown", baseline.caller),
    ))
}

/// Returns the telling leaves of the signed-in answer that the anonymous one has too.
fn shown_to_anyone(surveyed: &Surveyed, baseline: &Baseline, anonymous: &Answer) -> Result<Vec<Leaf>, Silence> {
    let reading = surveyed.anonymous_reading().unwrap_or(Reading::Data);
    let_through(reading, anonymous, &baseline.first, "anonymous")?;
    let own = baseline.first.response().map(leaves).unwrap_or_default();
    let wanted: Vec<Leaf> =
        own.into_iter().filter(|leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path)).collect();
    let shown = anonymous.response().map(|given| present(&wanted, given)).unwrap_or_default();
    if shown.is_empty() {
        let because = "the anonymous answer has nothing of what the signed-in caller is shown";
        return Err(held(anonymous, &baseline.first, because));
    }
    Ok(shown.into_iter().cloned().collect())
}

/// Passes what strangers are not shown by routes that are open by their document.
fn is_not_published(cx: &CheckCx<'_>, surveyed: &Surveyed, shown: &[Leaf]) -> Result<(), Silence> {
    let public = cx.values_given(surveyed, ANONYMOUS);
    ensure(!shown.iter().all(|leaf| public.contains(&leaf.text)), || {
        Silence::not_applicable("public content: routes that are open by their document show the same")
    })
}

/// Returns a list that shows anonymous callers the object, its owner among the rest: sign-in is optional there, whatever
/// the document says.
fn open_list(cx: &CheckCx<'_>, surveyed: &Surveyed, baseline: &Baseline, shown: &[Leaf]) -> Option<String> {
    let key = baseline.object.as_ref().filter(|key| cx.is_listed_to(key, surveyed, ANONYMOUS))?;
    let shows = |other: &&Surveyed| {
        let given = other.anonymous.as_ref().and_then(|answer| answer.response()).map(leaves).unwrap_or_default();
        let given: BTreeSet<String> = given.into_iter().map(|leaf| leaf.text).collect();
        let (listed, rest): (Vec<&Leaf>, Vec<&Leaf>) = shown.iter().partition(|leaf| given.contains(&leaf.text));
        other.operation.id != surveyed.operation.id
            && matches!(other.anonymous_reading(), Some(Reading::Data))
            && other.asked_by_strangers().is_some_and(|asked| asked.object.as_ref() != Some(key))
            && listed.len() >= rest.len()
            && !rest.iter().any(|leaf| is_owner_name(&leaf.key))
    };
    cx.survey.operations.iter().find(shows).map(|list| list.operation.id.to_string())
}

/// Returns what makes the data one user's, and whether that is beyond doubt.
fn private_sign(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    baseline: &Baseline,
    shown: &[Leaf],
) -> Result<(bool, String), Silence> {
    let refs: Vec<&Leaf> = shown.iter().collect();
    let fields = private_fields(&refs);
    let caller = &baseline.caller;
    let named = named_people(cx, shown);
    let last = surveyed.operation.path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    if is_me_word(last) && named.iter().any(|(name, _)| name == caller) {
        return Ok((true, format!("the answer is about {caller}")));
    }
    if let Some(key) = &baseline.object
        && let Some((owner, signs)) = cx.survey.owner(key)
        && !cx.is_listed_to(key, surveyed, ANONYMOUS)
        && has_object(surveyed, baseline, shown)
    {
        let scoped = signs
            .iter()
            .find(|sign| matches!(sign, Sign::ScopedList { apart: true, .. } | Sign::Configured | Sign::Parent { .. }));
        if signs.contains(&Sign::IsCaller) && !fields.is_empty() {
            return Ok((true, format!("it is {owner}'s own account, with {}", fields.join(", "))));
        }
        if let Some(sign) = scoped {
            return Ok((true, format!("the object is {owner}'s: {}", sign.because(owner))));
        }
    }
    let required = surveyed.operation.requires_sign_in();
    if required && let Some(sibling) = kept_elsewhere(cx, surveyed, baseline, shown) {
        return Ok((true, format!("{sibling} keeps the same object from anonymous callers")));
    }
    // A marketplace shows its sellers' addresses; only a document that asks for sign-in makes that a leak.
    if !fields.is_empty() && !named.is_empty() && required {
        let people: BTreeSet<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        let people = people.into_iter().collect::<Vec<_>>().join(", ");
        return Ok((true, format!("it names {people} beside {}", fields.join(", "))));
    }
    // What was asked for by its name names itself, and no owner.
    let asked: BTreeSet<String> = baseline.values.values().filter_map(scalar_text).collect();
    let strong = shown.iter().any(|leaf| {
        is_strong_owner_name(&leaf.key)
            && !asked.contains(&leaf.text)
            && cx.survey.people.named_in(&leaf.key, &leaf.text).is_some()
    });
    if required && strong && baseline.object.is_some() && !cx.survey.people.all.is_empty() {
        if let Some(list) = open_list(cx, surveyed, baseline, shown) {
            return Err(Silence::not_applicable(format!(
                "public content: {list} shows anonymous callers the same object"
            )));
        }
        let owner = named.first().map(|(name, _)| name.as_str()).unwrap_or_default();
        return Ok((
            false,
            format!(
                "its owner field names {owner}, which public objects may have too; name the object under `owns` of its owner to settle it"
            ),
        ));
    }
    Err(Silence::not_applicable("public content: nothing in it belongs to one user"))
}

/// Returns a route that refuses anonymous callers an object that this one shows them: the very object, with half of what
/// is shown here, or one of many that this one shows at least half of.
fn kept_elsewhere(cx: &CheckCx<'_>, surveyed: &Surveyed, baseline: &Baseline, shown: &[Leaf]) -> Option<String> {
    let texts: BTreeSet<&str> = shown.iter().map(|leaf| leaf.text.as_str()).collect();
    let keeps = |other: &&Surveyed| {
        let Some(asked) = other.asked_by_strangers().filter(|asked| asked.valid(&other.volatile)) else { return false };
        let Some(object) = &asked.object else { return false };
        let own = asked.first.response().map(leaves).unwrap_or_default();
        let own: BTreeSet<String> = own.into_iter().filter(Leaf::is_telling).map(|leaf| leaf.text).collect();
        let n_alike = own.iter().filter(|text| texts.contains(text.as_str())).count();
        let same = baseline.object.as_ref() == Some(object) && n_alike * 2 >= texts.len();
        // What people show of themselves stands in many places.
        let one_of_many = !is_person(&object.0) && n_alike >= 2 && n_alike * 2 >= own.len();
        let refuses = matches!(other.anonymous_reading(), Some(Reading::Refused(_)));
        let is_other = other.operation.id != surveyed.operation.id;
        is_other && refuses && other.operation.requires_sign_in() && (same || one_of_many)
    };
    cx.survey.operations.iter().find(keeps).map(|other| other.operation.id.to_string())
}

/// Whether something of the object itself was shown: not the request's own values, nor what the answers about others'
/// objects and about nothing have too.
fn has_object(surveyed: &Surveyed, baseline: &Baseline, shown: &[Leaf]) -> bool {
    let others = surveyed.by.values().filter(|other| other.url != baseline.url).map(|other| &other.first);
    let nothing = surveyed.by.values().filter_map(|other| other.missing.as_ref());
    let mut known: BTreeSet<String> = baseline.values.values().filter_map(scalar_text).collect();
    for response in others.chain(nothing).filter_map(|answer| answer.response()) {
        known.extend(leaves(response).into_iter().map(|leaf| leaf.text));
    }
    shown.iter().any(|leaf| !known.contains(&leaf.text))
}

/// Callers whom a value of the answer stands for, with the field that says so.
fn named_people(cx: &CheckCx<'_>, shown: &[Leaf]) -> Vec<(String, String)> {
    shown
        .iter()
        .filter(|leaf| is_owner_name(&leaf.key) || is_account_field(&leaf.key))
        .filter_map(|leaf| {
            cx.survey.people.named_in(&leaf.key, &leaf.text).map(|person| (person.name.clone(), leaf.key.clone()))
        })
        .collect()
}

fn is_account_field(key: &str) -> bool {
    matches!(key.to_ascii_lowercase().as_str(), "email" | "username" | "login" | "sub" | "user_name" | "mail")
}
