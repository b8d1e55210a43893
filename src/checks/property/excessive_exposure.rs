//! `property/excessive-exposure`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::whose::{cause_of, is_readers_credential, is_readers_own, looks_like_a_credential};
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::data::is_secret_by_form;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, searched};
use crate::detect::Redactor;
use crate::detect::exposure::{Exposed, sensitive_value};
use crate::model::{ANONYMOUS, Draft, Operation, Role, Severity, Silence, clean_name};
use crate::spec::declared_properties;
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

/// Fields that are sensitive by name and value, and not meant to be there.
pub(super) fn exposed(leaves: &[Leaf], declared: &[String]) -> Vec<(Leaf, Exposed)> {
    leaves
        .iter()
        .filter(|leaf| !leaf.key.is_empty())
        .filter_map(|leaf| {
            let value =
                if leaf.number { leaf.text.parse().map(Value::Number).ok()? } else { Value::String(leaf.text.clone()) };
            let found = sensitive_value(&leaf.key, &value)?;
            // An API that hands out keys declares them; a declared password is no better for it.
            let by_design = matches!(found.kind, "token" | "secret") && declared.contains(&leaf.key);
            // What is told by its form, and by no name, is `data/secret-in-response`'s to judge.
            let by_form = || !Redactor::is_sensitive_name(&leaf.key) && sensitive_value("", &value).is_some();
            let elsewhere = matches!(found.kind, "token" | "secret" | "private-key")
                && (is_secret_by_form(&leaf.text) || by_form());
            (!by_design && !elsewhere).then(|| (leaf.clone(), found))
        })
        .collect()
}

/// Names of the fields that the document declares for successful answers, two levels deep.
pub(super) fn declared(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Vec<String> {
    let api = &cx.survey.api;
    let mut names = Vec::new();
    let schemas = surveyed
        .operation
        .responses
        .iter()
        .filter(|response| response.status.starts_with('2') || response.status.eq_ignore_ascii_case("default"))
        .flat_map(|response| response.content.iter().filter_map(|(_, schema)| *schema));
    for schema in schemas {
        names.extend(declared_properties(api, schema));
        let inner = api
            .schemas
            .get(schema)
            .into_iter()
            .flat_map(|node| node.items.into_iter().chain(node.properties.iter().map(|(_, inner)| *inner)));
        for inner in inner {
            names.extend(declared_properties(api, inner));
            if let Some(items) = api.schemas.get(inner).and_then(|node| node.items) {
                names.extend(declared_properties(api, items));
            }
        }
    }
    names
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
