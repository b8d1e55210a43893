//! `property/excessive-exposure`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::data::is_secret_by_form;
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, unsent};
use crate::detect::Redactor;
use crate::detect::exposure::sensitive_value;
use crate::model::{ANONYMOUS, Draft, Operation, Role, Severity, Verdict, clean_name};
use crate::probe::SendError;
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
    /// declares for this answer are taken as meant.
    ///
    /// ## When it stays silent
    /// For masked or empty values (`******`, null), for a user's own e-mail, for declared API keys.
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
    }
}

impl Check for ExcessiveExposure {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        let callers = u32::try_from(cx.identities.len().max(1)).unwrap_or(u32::MAX);
        if PlanCx::is_read(operation) { Need::Requests(callers) } else { Need::NotApplicable }
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(cx, surveyed).await.unwrap_or_else(|error| unsent(&error)) })
    }
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Verdict, SendError> {
    let declared = declared(cx, surveyed);
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let mut looked = false;
    for baseline in surveyed.valid() {
        let Some(response) = baseline.first.response().filter(|response| response.json.is_some()) else { continue };
        looked = true;
        let again = CheckCx::as_caller(baseline, CheckCx::caller(&baseline.caller)).again(1);
        for (leaf, kind, why) in exposed(&leaves(response), &declared) {
            if drafts.contains_key(&leaf.path) {
                continue;
            }
            let again = cx.send(&again).await?;
            let repeated = again.response().is_some_and(|response| {
                exposed(&leaves(response), &declared).iter().any(|(other, _, _)| other.path == leaf.path)
            });
            drafts.insert(leaf.path.clone(), proven(surveyed, baseline, &leaf, (kind, &why), (repeated, &again)));
        }
    }
    if !looked {
        return Ok(inconclusive("no JSON answer to look at", None));
    }
    if drafts.is_empty() {
        return Ok(held("no field is sensitive by name and value"));
    }
    Ok(Verdict::Broken(drafts.into_values().collect()))
}

/// Fields that are sensitive by name and value, and not meant to be there.
pub(super) fn exposed(leaves: &[Leaf], declared: &[String]) -> Vec<(Leaf, &'static str, String)> {
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
            (!by_design && !elsewhere).then(|| (leaf.clone(), found.kind, found.why))
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

fn proven(
    surveyed: &Surveyed,
    baseline: &Baseline,
    leaf: &Leaf,
    (kind, why): (&'static str, &str),
    (repeated, again): (bool, &crate::probe::Answer),
) -> Draft {
    let key = clean_name(&leaf.key, 60);
    let mut proof = Proof::default();
    proof.clause(
        "field-is-there",
        true,
        format!("`{}` in the answer to {}", clean_name(&leaf.path, 80), baseline.caller),
    );
    proof.clause("name-and-value-agree", true, format!("the name says {kind}, and the value is {why}"));
    proof.clause("repeated", repeated, "the same request again carries it too");
    proof.show(Role::Attack, &baseline.first).show(Role::Control, again);
    if let Some(anonymous) = surveyed.anonymous.as_ref().filter(|_| baseline.caller != ANONYMOUS) {
        proof.show(Role::Control, anonymous);
    }
    proof.draft(Finding {
        site: format!("response:{}", clean_name(&leaf.path, 80)),
        cause: format!("{} {}", surveyed.operation.path, words(&leaf.key).join("_")),
        claim: format!("the answer carries `{key}`: {why}"),
        severity: (kind == "token").then_some(Severity::Medium),
        surveyed,
    })
}
