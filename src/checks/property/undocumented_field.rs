//! `property/undocumented-field`.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::cause_of;
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, nothing_found};
use crate::model::{Draft, Operation, Role, Silence, clean_name};
use crate::spec::declared_properties;
use crate::survey::{
    Baseline, Surveyed, UndeclaredField, house_field, leaves_of, role_mark, schema_of, sounds_internal,
    undeclared_fields,
};

check! {
    /// ## What it does
    /// Compares the fields of every valid answer with those that the document declares for its status and media type.
    ///
    /// ## Why it matters
    /// A field that no schema names was often never meant to leave: handlers that serialise whole rows send what is for
    /// the house alone, such as notes about a customer, a purchase price or a risk score.
    ///
    /// ## How it is confirmed
    /// It is an observation as long as the fields are harmless or say little. It is a finding for a field that is for the
    /// house alone, or that is an identity document's number, by its name and by its value: the document declares other
    /// fields there and not this one, a caller of the lowest role gets it, and gets it again.
    ///
    /// ## When it stays silent
    /// Where the document declares no fields, lets further ones stand (`additionalProperties`, `patternProperties`, a
    /// discriminator), or describes another kind of answer; for empty and masked values; for passwords, hashes and
    /// secrets, which `property/excessive-exposure` names; and for routes that are for a higher role.
    ///
    /// ## References
    /// OWASP API3:2023, CWE-213
    UndocumentedField {
        id: "property/undocumented-field",
        title: "An answer carries fields that the document does not declare",
        severity: Low,
        level: Passive,
        owasp: ["API3:2023"],
        cwe: [213],
        remedy: "response-schema",
        since: "0.2.0",
        plan: plan_requests,
        read: check_undocumented_fields,
    }
}

/// Most fields that one sentence names.
const MAX_NAMED: usize = 5;

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let schemas = operation.responses.iter().flat_map(|response| &response.content).filter_map(|(_, schema)| *schema);
    let declares = schemas.into_iter().any(|schema| !declared_properties(cx.api, schema).is_empty());
    if !PlanCx::is_read(operation) || !declares {
        return Need::NotApplicable;
    }
    // The repeat of each caller's request, where it shows something that is no mere observation.
    Need::Requests(u32::try_from(cx.identities.len().max(1)).unwrap_or(u32::MAX))
}

async fn check_undocumented_fields(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let described = surveyed.valid().filter_map(|baseline| {
        let response = baseline.first.response().filter(|response| response.json.is_some())?;
        Some((baseline, response, schema_of(&surveyed.operation, response)?))
    });
    let described: Vec<_> = described.collect();
    let (looked, ..) = described.first().ok_or_else(|| without_schema(surveyed))?;

    let mut raised: BTreeMap<String, Draft> = BTreeMap::new();
    let mut rest: BTreeSet<String> = BTreeSet::new();
    let mut shown_by: Option<&Baseline> = None;
    for (baseline, response, schema) in &described {
        let is_lowest = is_lowest(cx, surveyed, baseline);
        for field in undeclared_fields(&cx.survey.api, &surveyed.operation, *schema, response) {
            if house_field(&field.leaf).is_none() || !field.beside_declared || !is_lowest {
                rest.insert(field.way);
                shown_by = shown_by.or(Some(baseline));
            } else if let Entry::Vacant(free) = raised.entry(field.leaf.path.clone()) {
                free.insert(prove_field(cx, surveyed, baseline, &field).await?);
            }
        }
    }
    let mut drafts: Vec<Draft> = raised.into_values().collect();
    drafts.extend(shown_by.map(|baseline| observe_fields(surveyed, baseline, &rest)));
    if drafts.is_empty() {
        return Err(nothing_found(&looked.first, "every field is declared"));
    }
    Ok(drafts)
}

/// The silence where the document says nothing of any answer.
fn without_schema(surveyed: &Surveyed) -> Silence {
    let json = |baseline: &Baseline| baseline.first.response().and_then(|response| response.json.clone());
    match surveyed.valid().filter_map(json).any(|json| json.is_object() || json.is_array()) {
        true => Silence::not_applicable("the document declares no fields for this answer"),
        false => Silence::undecided("no JSON answer to look at"),
    }
}

/// Whether nobody of a lower role could have asked, and the route is not one of a higher role.
fn is_lowest(cx: &CheckCx<'_>, surveyed: &Surveyed, baseline: &Baseline) -> bool {
    let people = &cx.survey.people;
    let lowest = people.all.iter().map(|person| person.rank).min();
    let rank = people.get(&baseline.caller).map(|person| person.rank);
    let for_higher = surveyed.operation.path.split('/').any(|segment| role_mark(segment).is_some());
    (rank.is_none() || rank == lowest) && !for_higher
}

async fn prove_field(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    baseline: &Baseline,
    UndeclaredField { leaf, beside_declared, .. }: &UndeclaredField,
) -> Result<Draft, Silence> {
    let again = cx.send(&baseline.ask().again(1)).await?;
    let given = again.response().map(leaves_of).unwrap_or_default();
    let (key, path, caller) = (clean_name(&leaf.key, 60), clean_name(&leaf.path, 80), &baseline.caller);
    let mut rule = Rule::default();
    let there = format!("`{path}` in the answer to {caller}, of the lowest role");
    rule.weigh("field-is-there", is_lowest(cx, surveyed, baseline), there);
    let unnamed = "the schema of this answer names other fields there, and not this one";
    rule.weigh("not-declared", *beside_declared, unnamed);
    let house = house_field(leaf).ok_or_else(|| Silence::not_applicable("the field is harmless"));
    let house = rule.need("name-and-value-agree", house, |house| {
        format!("the name says {}, and the value is neither empty nor masked", house.what)
    })?;
    rule.weigh("repeated", given.iter().any(|other| other.path == leaf.path), "the same request again carries it too");
    rule.show(Role::Attack, &baseline.first).show(Role::Control, &again);
    Ok(rule.draft(Violation {
        site: format!("response:{path}"),
        cause: cause_of(surveyed, leaf),
        claim: format!("the answer carries `{key}`, which the document does not declare: {}", house.what),
        severity: Some(house.severity),
        surveyed,
    }))
}

/// One observation for all the rest.
fn observe_fields(surveyed: &Surveyed, baseline: &Baseline, ways: &BTreeSet<String>) -> Draft {
    let mut names: Vec<String> =
        ways.iter().map(|way| way.rsplit('/').find(|step| *step != "*").unwrap_or_default().to_owned()).collect();
    names.dedup();
    // What sounds like a role or the house's own business first.
    names.sort_by_key(|name| !sounds_internal(name));
    let more = names.len().saturating_sub(MAX_NAMED);
    let listed: Vec<String> = names.iter().take(MAX_NAMED).map(|name| format!("`{}`", clean_name(name, 40))).collect();
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named = format!("{}{tail}", listed.join(", "));
    let mut rule = Rule::default();
    rule.weigh("not-declared", !names.is_empty(), format!("the schema of this answer does not name {named}"));
    rule.show(Role::Attack, &baseline.first);
    rule.observation(Violation::of(
        surveyed,
        "response",
        format!("fields of {}", surveyed.operation.path),
        format!("the answer carries {named}, which the document does not declare"),
    ))
}
