//! Exposed fields: which ones they are, what they belong to, and whether their values are the reader's own.

use serde_json::Value;

use crate::checks::context::CheckCx;
use crate::checks::data::is_secret_by_form;
use crate::detect::Redactor;
use crate::detect::exposure::{Exposed, sensitive_value};
use crate::model::clean_name;
use crate::spec::declared_properties;
use crate::survey::{Baseline, Leaf, Surveyed, resource_of_path, scalar_text, words};

/// Returns the cause of an exposure: routes that write out one kind of object share the code that does it.
pub(super) fn cause_of(surveyed: &Surveyed, leaf: &Leaf) -> String {
    let path = &surveyed.operation.path;
    let kind = resource_of_path(path).unwrap_or_else(|| path.clone());
    format!("{} {}", clean_name(&kind, 60), words(&leaf.key).join("_"))
}

/// Returns whether a field belongs to its reader: an object around it names the caller and no one else, or the route
/// leads to nothing but what is the caller's.
pub(super) fn is_readers_own(cx: &CheckCx<'_>, surveyed: &Surveyed, baseline: &Baseline, leaf: &Leaf) -> bool {
    let Some(mut node) = baseline.first.response().and_then(|response| response.json.as_ref()) else { return false };
    let mut named = None;
    // The innermost object that names a caller decides.
    for step in leaf.at.split('/').skip(1) {
        let fields = node.as_object().into_iter().flatten();
        let mut people = fields.filter_map(|(name, value)| cx.survey.people.named_in(name, &scalar_text(value)?));
        named = people.next().or(named);
        let step = step.replace("~1", "/").replace("~0", "~");
        let Some(inner) = node.get(&step).or_else(|| node.get(step.parse::<usize>().ok()?)) else { break };
        node = inner;
    }
    match named {
        Some(person) => person.name == baseline.caller,
        None if leaf.path.contains('*') => false,
        None if surveyed.slots.is_empty() => cx.survey.people.get(&baseline.caller).is_some(),
        None => {
            let owner = baseline.object.as_ref().and_then(|key| cx.survey.owner(key));
            owner.is_some_and(|(name, _)| name == baseline.caller)
        }
    }
}

/// Returns whether a text is a credential that its reader has anyway: the session's own, or one that the sign-in gave.
pub(super) fn is_readers_credential(cx: &CheckCx<'_>, baseline: &Baseline, text: &str) -> bool {
    let Some(session) = cx.probe.sessions().get(&baseline.caller) else { return false };
    let given = session.login.as_ref().and_then(|answer| answer.response());
    text.len() >= 8 && (session.token.expose().contains(text) || given.is_some_and(|given| given.text.contains(text)))
}

/// Returns whether some caller of the scan is known by a credential of this form. An id of another form, such as that
/// of a chat's session, opens nothing.
pub(super) fn looks_like_a_credential(cx: &CheckCx<'_>, text: &str) -> bool {
    let sessions = cx.survey.people.all.iter().filter_map(|person| cx.probe.sessions().get(&person.name));
    sessions.into_iter().any(|session| form_of(session.token.expose()) == form_of(text))
}

/// The length of a text, and the classes of characters that it is made of.
fn form_of(text: &str) -> (usize, [bool; 3]) {
    let has = |test: fn(&u8) -> bool| text.bytes().any(|byte| test(&byte));
    let marks = text.bytes().any(|byte| !byte.is_ascii_alphanumeric());
    (text.len(), [has(u8::is_ascii_uppercase), has(u8::is_ascii_digit), marks])
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
