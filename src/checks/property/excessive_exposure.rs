//! `property/excessive-exposure`.

use std::collections::BTreeMap;

use super::exposing::{cause_of, declared, exposed, is_readers_credential, is_readers_own, looks_like_a_credential};
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, searched};
use crate::detect::exposure::Exposed;
use crate::model::{ANONYMOUS, Draft, Operation, Role, Severity, Silence, clean_name};
use crate::survey::{Baseline, Leaf, Surveyed, leaves, words};

check! {
    /// ## What it does
    /// Looks in every answer for fields that nobody should get: passwords, password hashes, private keys, secrets, card
    /// numbers. A field counts only when its name and its value both say so.
    ///
    /// ## Why it matters
    /// Handlers that serialise whole rows hand out what the screen never shows.
    ///
    /// ## How it is confirmed
    /// The field is in the answer, twice; its name and its value say what it is. Keys and tokens that the document
    /// declares for this answer are taken as meant. A password's hash that its owner alone is shown is of medium severity.
    ///
    /// ## When it stays silent
    /// For masked or empty values (`******`, null), for counts, flags and times, for a user's own e-mail, for declared
    /// API keys, and for what its reader is to have: its own credential, the secret with which it enrols an
    /// authenticator, a token that each answer makes anew.
    ///
    /// ## References
    /// OWASP API3:2023, CWE-213
    ExcessiveExposure {
        id: "property/excessive-exposure",
        title: "An answer carries fields nobody should get",
        severity: High,
        level: Passive,
        owasp: ["API3:2023"],
        cwe: [213],
        remedy: "response-schema",
        since: "0.1.0",
        plan: need,
        read: run,
    }
}

fn need(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let callers = u32::try_from(cx.identities.len().max(1)).unwrap_or(u32::MAX);
    if PlanCx::is_read(operation) { Need::Requests(callers) } else { Need::NotApplicable }
}

/// A field that nobody should get, as one caller was shown it.
struct Sighting<'a> {
    baseline: &'a Baseline,
    leaf: Leaf,
    exposed: Exposed,
    /// It is the caller's own, and no stranger is shown it.
    is_own: bool,
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Judged {
    let served = |baseline: &&Baseline| baseline.first.response().is_some_and(|response| response.json.is_some());
    let looked = surveyed.valid().find(served);
    let looked = looked.ok_or_else(|| Silence::undecided("no JSON answer to look at"))?;

    let mut drafts = Vec::new();
    for sighting in sightings(cx, surveyed).into_values() {
        drafts.extend(prove(cx, surveyed, &sighting).await?);
    }
    if drafts.is_empty() {
        return Err(searched(&looked.first, "no field is sensitive by name and value"));
    }
    Ok(drafts)
}

/// The exposed fields by path, each as the caller saw it to whom it belongs least.
fn sightings<'a>(cx: &CheckCx<'_>, surveyed: &'a Surveyed) -> BTreeMap<String, Sighting<'a>> {
    let declared = declared(cx, surveyed);
    let strangers = surveyed.anonymous.as_ref().and_then(|answer| answer.response());
    let open: Vec<Leaf> = strangers.map(leaves).unwrap_or_default();
    let mut worst: BTreeMap<String, Sighting<'a>> = BTreeMap::new();
    for baseline in surveyed.valid() {
        let Some(response) = baseline.first.response().filter(|response| response.json.is_some()) else { continue };
        for (leaf, exposed) in exposed(&leaves(response), &declared) {
            let is_open = open.iter().any(|other| other.path == leaf.path && other.text == leaf.text);
            let is_own = !is_open && is_readers_own(cx, surveyed, baseline, &leaf);
            let sighting = Sighting { baseline, leaf, exposed, is_own };
            if is_meant(cx, &sighting) || worst.get(&sighting.leaf.path).is_some_and(|known| !known.is_own || is_own) {
                continue;
            }
            worst.insert(sighting.leaf.path.clone(), sighting);
        }
    }
    worst
}

/// Whether the caller is to have it: its own credential, what it enrols an authenticator with, and ids that no caller
/// is known by.
fn is_meant(cx: &CheckCx<'_>, sighting: &Sighting<'_>) -> bool {
    let Sighting { baseline, leaf, exposed, is_own } = sighting;
    let names_session = words(&leaf.key).join("").ends_with("sessionid");
    let enrols = || {
        let all = baseline.first.response().map(leaves).unwrap_or_default();
        all.iter().any(|other| other.text.starts_with("otpauth://") && other.text.contains(&leaf.text))
    };
    match exposed.kind {
        "token" if names_session && !looks_like_a_credential(cx, &leaf.text) => true,
        "token" | "secret" => is_readers_credential(cx, baseline, &leaf.text) || *is_own && enrols(),
        _ => false,
    }
}

/// Asks again: what is stored is there again, and what is made for each answer anew was given to its reader alone.
async fn prove(cx: &CheckCx<'_>, surveyed: &Surveyed, sighting: &Sighting<'_>) -> Result<Option<Draft>, Silence> {
    let Sighting { baseline, leaf, exposed, is_own } = sighting;
    let again = cx.send(&baseline.ask().again(1)).await?;
    let given = again.response().map(leaves).unwrap_or_default();
    let repeat = given.iter().find(|other| other.at == leaf.at);
    let is_stored = repeat.is_some_and(|repeat| repeat.text == leaf.text);
    let is_judged = again.status().is_some_and(|status| status != 429 && status < 500);
    if *is_own && matches!(exposed.kind, "token" | "secret") && is_judged && !is_stored {
        return Ok(None);
    }

    let (path, why) = (clean_name(&leaf.path, 80), &exposed.why);
    let mut rule = Rule::default();
    rule.need("field-is-there", Ok(leaf), |_| format!("`{path}` in the answer to {}", baseline.caller))?;
    rule.need("name-and-value-agree", Ok(exposed), |it| format!("the name says {}, and the value is {why}", it.kind))?;
    rule.weigh("repeated", repeat.is_some(), "the same request again carries it too");
    rule.show(Role::Attack, &baseline.first).show(Role::Control, &again);
    if let Some(anonymous) = surveyed.anonymous.as_ref().filter(|_| baseline.caller != ANONYMOUS) {
        rule.show(Role::Control, anonymous);
    }
    Ok(Some(rule.draft(Finding {
        site: format!("response:{path}"),
        cause: cause_of(surveyed, leaf),
        claim: format!("the answer carries `{}`: {why}", clean_name(&leaf.key, 60)),
        severity: severity(cx, sighting),
        surveyed,
    })))
}

/// How bad it is depends on whose it is: the hash of one's own password, or what an administrator is shown of others,
/// helps an intruder least.
fn severity(cx: &CheckCx<'_>, sighting: &Sighting<'_>) -> Option<Severity> {
    let ranks = || cx.survey.people.all.iter().map(|person| person.rank);
    let rank = cx.survey.people.get(&sighting.baseline.caller).map(|person| person.rank);
    let is_above = rank.is_some() && rank > ranks().min();
    let is_less = match sighting.exposed.kind {
        "token" => true,
        "password-hash" => sighting.is_own || is_above,
        _ => false,
    };
    is_less.then_some(Severity::Medium)
}
