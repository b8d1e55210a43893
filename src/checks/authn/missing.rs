//! `authn/missing`.

use std::collections::BTreeSet;

use crate::checks::authz::intent::private_fields;
use crate::checks::context::{CheckCx, PlanCx, present};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status, unsent};
use crate::model::{ANONYMOUS, Operation, Role, Security, Verdict, clean_name};
use crate::probe::{Answer, Caller, SendError};
use crate::survey::{Baseline, Leaf, Reading, Sign, Surveyed, is_me_word, is_strong_owner_name, leaves, scalar_text};

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
    }
}

impl Check for Missing {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, _cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if !PlanCx::is_read(operation) || matches!(operation.security, Security::Public | Security::Optional(_)) {
            return Need::NotApplicable;
        }
        Need::Requests(1)
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(cx, surveyed).await.unwrap_or_else(|error| unsent(&error)) })
    }
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Verdict, SendError> {
    let asked = surveyed.asked_by_strangers().filter(|baseline| baseline.valid(&surveyed.volatile));
    let Some(baseline) = asked.filter(|baseline| baseline.caller != ANONYMOUS) else {
        return Ok(skipped("needs a signed-in identity to compare with", Some("add an identity to routewarden.toml")));
    };
    let Some(anonymous) = surveyed.anonymous.clone() else { return Ok(inconclusive("nobody asked anonymously", None)) };
    match surveyed.anonymous_reading() {
        Some(Reading::Refused(because)) => return Ok(held(format!("anonymous is refused: {because}"))),
        Some(Reading::NoData(because)) => return Ok(inconclusive(because, None)),
        _ => {}
    }
    let shown = shown_to_anyone(surveyed, baseline, &anonymous);
    if shown.is_empty() {
        return Ok(held("the anonymous answer has nothing of what the signed-in caller is shown"));
    }
    let public = cx.values_given(surveyed, ANONYMOUS);
    if shown.iter().all(|leaf| public.contains(&leaf.text)) {
        return Ok(held("public content: routes that are open by their document show the same"));
    }
    let Some(private) = private_sign(cx, surveyed, baseline, &shown) else {
        // Public content behind a document that asks for sign-in is drift, and inventory/drift says so.
        return Ok(held("public content: nothing in it belongs to one user"));
    };
    let ask = CheckCx::as_caller(baseline, Caller::Anonymous);
    let again = cx.send(&ask.again(1)).await?;
    Ok(proven(cx, surveyed, baseline, &Seen { anonymous: &anonymous, again: &again, shown: &shown }, private))
}

struct Seen<'a> {
    anonymous: &'a Answer,
    again: &'a Answer,
    shown: &'a [Leaf],
}

/// Telling leaves of the signed-in answer that the anonymous one has too.
fn shown_to_anyone(surveyed: &Surveyed, baseline: &Baseline, anonymous: &Answer) -> Vec<Leaf> {
    let (Some(own), Some(given)) = (baseline.first.response(), anonymous.response()) else { return Vec::new() };
    let wanted: Vec<Leaf> =
        leaves(own).into_iter().filter(|leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path)).collect();
    present(&wanted, given).into_iter().cloned().collect()
}

/// What makes the data one user's: the sentence, and whether it is beyond doubt.
enum Private {
    Proven(String),
    Likely(String),
}

fn private_sign(cx: &CheckCx<'_>, surveyed: &Surveyed, baseline: &Baseline, shown: &[Leaf]) -> Option<Private> {
    let refs: Vec<&Leaf> = shown.iter().collect();
    let fields = private_fields(&refs);
    let caller = &baseline.caller;
    let named = named_people(cx, shown);
    let last = surveyed.operation.path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    if is_me_word(last) && named.iter().any(|(name, _)| name == caller) {
        return Some(Private::Proven(format!("the answer is about {caller}")));
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
            return Some(Private::Proven(format!("it is {owner}'s own account, with {}", fields.join(", "))));
        }
        if let Some(sign) = scoped {
            return Some(Private::Proven(format!("the object is {owner}'s: {}", sign.because(owner))));
        }
    }
    let required = surveyed.operation.requires_sign_in();
    if required && let Some(sibling) = kept_elsewhere(cx, surveyed, baseline, shown) {
        return Some(Private::Proven(format!("{sibling} keeps the same object from anonymous callers")));
    }
    // A marketplace shows its sellers' addresses; only a document that asks for sign-in makes that a leak.
    if !fields.is_empty() && !named.is_empty() && required {
        let people: BTreeSet<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        let people = people.into_iter().collect::<Vec<_>>().join(", ");
        return Some(Private::Proven(format!("it names {people} beside {}", fields.join(", "))));
    }
    let strong = named.iter().any(|(_, key)| is_strong_owner_name(key));
    if required && strong && baseline.object.is_some() && !cx.survey.people.all.is_empty() {
        return Some(Private::Likely(format!(
            "its owner field names {}",
            named.first().map(|(name, _)| name.as_str()).unwrap_or_default()
        )));
    }
    None
}

/// Another route to the very object that refuses anonymous callers what this one shows them.
fn kept_elsewhere(cx: &CheckCx<'_>, surveyed: &Surveyed, baseline: &Baseline, shown: &[Leaf]) -> Option<String> {
    let object = baseline.object.as_ref()?;
    let same = |other: &&Surveyed| {
        let Some(asked) = other.asked_by_strangers().filter(|asked| asked.object.as_ref() == Some(object)) else {
            return false;
        };
        let given: BTreeSet<String> =
            asked.first.response().map(leaves).unwrap_or_default().into_iter().map(|leaf| leaf.text).collect();
        other.operation.id != surveyed.operation.id
            && other.operation.requires_sign_in()
            && asked.valid(&other.volatile)
            && matches!(other.anonymous_reading(), Some(Reading::Refused(_)))
            && shown.iter().filter(|leaf| given.contains(&leaf.text)).count() * 2 >= shown.len()
    };
    cx.survey.operations.iter().find(same).map(|other| other.operation.id.to_string())
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
        .filter(|leaf| crate::survey::is_owner_name(&leaf.key) || is_account_field(&leaf.key))
        .filter_map(|leaf| {
            cx.survey.people.named_in(&leaf.key, &leaf.text).map(|person| (person.name.clone(), leaf.key.clone()))
        })
        .collect()
}

fn is_account_field(key: &str) -> bool {
    matches!(key.to_ascii_lowercase().as_str(), "email" | "username" | "login" | "sub" | "user_name" | "mail")
}

fn proven(cx: &CheckCx<'_>, surveyed: &Surveyed, baseline: &Baseline, seen: &Seen<'_>, private: Private) -> Verdict {
    let mut proof = Proof::default();
    proof.clause("signed-in-served", true, format!("{} gets status {}", baseline.caller, status(&baseline.first)));
    let paths: Vec<String> = seen.shown.iter().take(4).map(|leaf| clean_name(&leaf.path, 60)).collect();
    proof.clause(
        "anonymous-gets-it",
        true,
        format!("{} of the same values, at {}", seen.shown.len(), paths.join(", ")),
    );
    match private {
        Private::Proven(because) => proof.clause("data-is-private", true, because),
        Private::Likely(because) => proof.open(
            "data-is-private",
            format!(
                "{because}, which public objects may have too; name the object under `owns` of its owner to settle it"
            ),
        ),
    };
    match cx.sibling_that_refuses(surveyed) {
        Some(sibling) => {
            proof.clause("sign-in-is-in-use", true, format!("{} refuses anonymous callers", sibling.operation.id));
            if let Some(answer) = &sibling.anonymous {
                proof.show(Role::Control, answer);
            }
        }
        None => {
            proof.open("sign-in-is-in-use", "no operation that was asked refuses anonymous callers");
        }
    }
    let repeated =
        seen.again.response().is_some_and(|response| present(seen.shown, response).len() == seen.shown.len());
    proof.clause("repeated", repeated, "the same request again gave the same values");
    proof.show(Role::Attack, seen.anonymous).show(Role::Baseline, &baseline.first);
    proof.broken(Finding {
        site: "operation".to_owned(),
        cause: surveyed.operation.path.clone(),
        claim: format!("an anonymous caller got what {} is shown", baseline.caller),
        severity: None,
        surveyed,
    })
}
