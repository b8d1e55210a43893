//! `property/undocumented-field`.

use std::collections::{BTreeMap, BTreeSet};

use super::exposing::{cause_of, declared, exposed};
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, searched};
use crate::detect::exposure::is_placeholder;
use crate::model::{Draft, Operation, Role, SchemaId, Severity, Silence, clean_name};
use crate::probe::Response;
use crate::spec::{Declared, declared_at, declared_properties};
use crate::survey::{Baseline, Leaf, Surveyed, leaves, role_mark, singular, words};

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
        plan: need,
        read: run,
    }
}

/// Most fields that one sentence names.
const MAX_NAMED: usize = 5;

fn need(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let schemas = operation.responses.iter().flat_map(|response| &response.content).filter_map(|(_, schema)| *schema);
    let declares = schemas.into_iter().any(|schema| !declared_properties(cx.api, schema).is_empty());
    if !PlanCx::is_read(operation) || !declares {
        return Need::NotApplicable;
    }
    // The repeat of each caller's request, where it shows something that is no mere observation.
    Need::Requests(u32::try_from(cx.identities.len().max(1)).unwrap_or(u32::MAX))
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Judged {
    let described = surveyed.valid().filter_map(|baseline| {
        let response = baseline.first.response().filter(|response| response.json.is_some())?;
        Some((baseline, response, schema_of(&surveyed.operation, response)?))
    });
    let described: Vec<_> = described.collect();
    let Some((looked, ..)) = described.first() else { return Err(without_schema(surveyed)) };

    let mut raised: BTreeMap<String, Draft> = BTreeMap::new();
    let mut rest: BTreeSet<String> = BTreeSet::new();
    let mut shown_by: Option<&Baseline> = None;
    for (baseline, response, schema) in &described {
        let is_lowest = is_lowest(cx, surveyed, baseline);
        for field in undeclared(cx, surveyed, *schema, response) {
            match house_field(&field.leaf).filter(|_| field.beside_declared && is_lowest) {
                Some(_) if raised.contains_key(&field.leaf.path) => {}
                Some(kind) => {
                    let draft = prove(cx, surveyed, baseline, (&field.leaf, kind)).await?;
                    raised.insert(field.leaf.path, draft);
                }
                None => {
                    rest.insert(field.way);
                    shown_by = shown_by.or(Some(baseline));
                }
            }
        }
    }
    let mut drafts: Vec<Draft> = raised.into_values().collect();
    if let Some(baseline) = shown_by {
        drafts.push(observe(surveyed, baseline, &rest)?);
    }
    if drafts.is_empty() {
        return Err(searched(&looked.first, "every field is declared"));
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

/// The schema that the document declares for an answer.
fn schema_of(operation: &Operation, response: &Response) -> Option<SchemaId> {
    let sent = response.header("content-type")?.split(';').next()?.trim().to_ascii_lowercase();
    let spec = operation.response_for(response.status)?;
    // Beside a success of its own the default is what errors look like.
    let success = operation.responses.iter().any(|other| other.status.starts_with('2'));
    let meant = !(success && spec.status.eq_ignore_ascii_case("default"));
    spec.content_for(&sent).filter(|_| meant)?.1
}

/// A leaf that is not declared.
struct Field {
    leaf: Leaf,
    /// The way to the first field that is not declared: the leaf's own, or one above it.
    way: String,
    /// It is itself the field that is not declared, and others beside it are.
    beside_declared: bool,
}

/// The leaves that stand at or below a field that is not declared. What `property/excessive-exposure` names is left to
/// it.
fn undeclared(cx: &CheckCx<'_>, surveyed: &Surveyed, schema: SchemaId, response: &Response) -> Vec<Field> {
    let all = leaves(response);
    let named: BTreeSet<String> =
        exposed(&all, &declared(cx, surveyed)).into_iter().map(|(leaf, _)| leaf.path).collect();
    // Lists repeat their paths.
    let mut known: BTreeMap<String, Declared> = BTreeMap::new();
    for leaf in &all {
        known.entry(leaf.path.clone()).or_insert_with(|| declared_at(&cx.survey.api, schema, &leaf.path));
    }
    let parents: BTreeSet<&str> =
        known.iter().filter(|(_, place)| **place == Declared::Named).map(|(path, _)| parent(path)).collect();
    all.into_iter()
        .filter(|leaf| !named.contains(&leaf.path))
        .filter_map(|leaf| {
            let Some(Declared::Undeclared(way)) = known.get(&leaf.path) else { return None };
            let beside_declared = field_of(&leaf.path) == *way && parents.contains(parent(way));
            Some(Field { way: way.clone(), beside_declared, leaf })
        })
        .collect()
}

/// A path without the array positions at its end.
fn field_of(path: &str) -> &str {
    path.trim_end_matches("/*")
}

fn parent(path: &str) -> &str {
    field_of(path).rsplit_once('/').map_or("", |(before, _)| before)
}

/// Whether nobody of a lower role could have asked, and the route is not one of a higher role.
fn is_lowest(cx: &CheckCx<'_>, surveyed: &Surveyed, baseline: &Baseline) -> bool {
    let people = &cx.survey.people;
    let lowest = people.all.iter().map(|person| person.rank).min();
    let rank = people.get(&baseline.caller).map(|person| person.rank);
    let for_higher = surveyed.operation.path.split('/').any(|segment| role_mark(segment).is_some());
    (rank.is_none() || rank == lowest) && !for_higher
}

/// What a field is that should not have left, by name and value.
#[derive(Debug, Clone, Copy)]
struct House {
    what: &'static str,
    severity: Severity,
}

/// Compound names of what is for the house alone. Single words (`cost`, `margin`, `score`) mean too many things.
const HOUSE_NAMES: &[(&str, &str)] = &[
    ("internalnote", "a note for the house"),
    ("internalcomment", "a note for the house"),
    ("internalremark", "a note for the house"),
    ("staffnote", "a note for the house"),
    ("adminnote", "a note for the house"),
    ("admincomment", "a note for the house"),
    ("moderatornote", "a note for the house"),
    ("agentnote", "a note for the house"),
    ("costprice", "what the house pays"),
    ("purchaseprice", "what the house pays"),
    ("wholesaleprice", "what the house pays"),
    ("buyingprice", "what the house pays"),
    ("profitmargin", "what the house earns"),
    ("grossmargin", "what the house earns"),
    ("riskscore", "what the house thinks of its customers"),
    ("fraudscore", "what the house thinks of its customers"),
    ("churnscore", "what the house thinks of its customers"),
    ("spamscore", "what the house thinks of its customers"),
    ("trustscore", "what the house thinks of its customers"),
    ("banreason", "what the house thinks of its customers"),
    ("blacklistreason", "what the house thinks of its customers"),
];

/// Names of numbers that identity documents have.
const IDENTITY_NUMBERS: &[&str] = &[
    "ssn",
    "socialsecuritynumber",
    "passportnumber",
    "passportno",
    "nationalid",
    "nationalidnumber",
    "driverslicensenumber",
];

fn house_field(leaf: &Leaf) -> Option<House> {
    let text = leaf.text.trim();
    // A flag says that there is something, not what; 0 and the empty text say nothing.
    if leaf.word || is_placeholder(text) || text.chars().all(|c| matches!(c, '0' | '.' | '-')) {
        return None;
    }
    let name = words(&leaf.key).iter().map(|word| singular(word)).collect::<String>();
    if IDENTITY_NUMBERS.contains(&name.as_str()) {
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || " -".contains(c));
        let real = (6..=20).contains(&text.chars().count()) && plain && digits >= 5;
        return real.then_some(House { what: "the number of an identity document", severity: Severity::Medium });
    }
    let (_, what) = HOUSE_NAMES.iter().find(|(known, _)| name == *known)?;
    Some(House { what, severity: Severity::Low })
}

async fn prove(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    baseline: &Baseline,
    (leaf, kind): (&Leaf, House),
) -> Result<Draft, Silence> {
    let again = cx.send(&baseline.ask().again(1)).await?;
    let given = again.response().map(leaves).unwrap_or_default();
    let (key, path) = (clean_name(&leaf.key, 60), clean_name(&leaf.path, 80));
    let mut rule = Rule::default();
    let caller = &baseline.caller;
    rule.need("field-is-there", Ok(leaf), |_| format!("`{path}` in the answer to {caller}, of the lowest role"))?;
    rule.need("not-declared", Ok(leaf), |_| {
        "the schema of this answer names other fields there, and not this one".to_owned()
    })?;
    rule.need("name-and-value-agree", Ok(kind), |kind| {
        format!("the name says {}, and the value is neither empty nor masked", kind.what)
    })?;
    rule.weigh("repeated", given.iter().any(|other| other.path == leaf.path), "the same request again carries it too");
    rule.show(Role::Attack, &baseline.first).show(Role::Control, &again);
    Ok(rule.draft(Finding {
        site: format!("response:{path}"),
        cause: cause_of(surveyed, leaf),
        claim: format!("the answer carries `{key}`, which the document does not declare: {}", kind.what),
        severity: Some(kind.severity),
        surveyed,
    }))
}

/// One observation for all the rest.
fn observe(surveyed: &Surveyed, baseline: &Baseline, ways: &BTreeSet<String>) -> Result<Draft, Silence> {
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
    rule.need("not-declared", Ok(&named), |named| format!("the schema of this answer does not name {named}"))?;
    rule.show(Role::Attack, &baseline.first);
    Ok(rule.observation(Finding {
        site: "response".to_owned(),
        cause: format!("fields of {}", surveyed.operation.path),
        claim: format!("the answer carries {named}, which the document does not declare"),
        severity: None,
        surveyed,
    }))
}

fn sounds_internal(name: &str) -> bool {
    let flags = [
        "banned",
        "blocked",
        "suspended",
        "deleted",
        "permission",
        "role",
        "privilege",
        "score",
        "margin",
        "cost",
        "debug",
    ];
    role_mark(name).is_some() || words(name).iter().any(|word| flags.contains(&singular(word).as_str()))
}
