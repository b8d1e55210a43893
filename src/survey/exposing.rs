//! Exposed fields of an answer: which ones they are, whose they are, and which of them their reader is to have.

use std::collections::BTreeMap;

use serde_json::Value;

use super::baseline::{Baseline, Surveyed};
use super::leaves::{Leaf, leaves_of, scalar_text};
use super::names::split_words;
use super::run::Survey;
use crate::detect::Redactor;
use crate::detect::exposure::{Exposed, sensitive_value};
use crate::detect::secrets::is_secret_by_form;
use crate::probe::Probe;
use crate::spec::declared_of_answers;

/// A field that no caller should get, as one was shown it.
#[derive(Debug, Clone)]
pub struct ExposedField<'a> {
    /// The answer.
    pub baseline: &'a Baseline,
    /// The field.
    pub leaf: Leaf,
    /// What it gives away.
    pub exposed: Exposed,
    /// It is the caller's own, and no stranger is shown it.
    pub is_own: bool,
}

/// Returns the exposed fields of an operation's answers by path, each as the caller saw it to whom it belongs least.
pub fn exposed_fields<'a>(
    survey: &Survey,
    probe: &Probe,
    surveyed: &'a Surveyed,
) -> BTreeMap<String, ExposedField<'a>> {
    let declared = declared_of_answers(&survey.api, &surveyed.operation);
    let strangers = surveyed.anonymous.as_ref().and_then(|answer| answer.response());
    let open: Vec<Leaf> = strangers.map(leaves_of).unwrap_or_default();
    let mut worst: BTreeMap<String, ExposedField<'a>> = BTreeMap::new();

    for baseline in surveyed.valid() {
        let Some(response) = baseline.first.response().filter(|response| response.json.is_some()) else { continue };
        for (leaf, exposed) in exposed_leaves(&leaves_of(response), &declared) {
            let is_open = open.iter().any(|other| other.path == leaf.path && other.text == leaf.text);
            let is_own = !is_open && is_readers_own(survey, surveyed, baseline, &leaf);
            // An answer to another caller than the owner shows the leak, so that it replaces the owner's.
            let is_better = worst.get(&leaf.path).is_some_and(|known| !known.is_own || is_own);
            let field = ExposedField { baseline, leaf, exposed, is_own };

            if !is_better && !is_meant(survey, probe, &field) {
                worst.insert(field.leaf.path.clone(), field);
            }
        }
    }

    worst
}

/// Whether the caller is to have it: its own credential, what it enrols an authenticator with, and ids that no caller
/// is known by.
fn is_meant(survey: &Survey, probe: &Probe, field: &ExposedField<'_>) -> bool {
    let ExposedField { baseline, leaf, exposed, is_own } = field;
    let names_session = split_words(&leaf.key).join("").ends_with("sessionid");
    let enrols = || {
        let all = baseline.first.response().map(leaves_of).unwrap_or_default();
        all.iter().any(|other| other.text.starts_with("otpauth://") && other.text.contains(&leaf.text))
    };
    match exposed.kind {
        "token" if names_session && !looks_like_a_credential(survey, probe, &leaf.text) => true,
        "token" | "secret" => is_readers_credential(probe, baseline, &leaf.text) || *is_own && enrols(),
        _ => false,
    }
}

/// Returns whether a field belongs to its reader: an object around it names the caller and no one else, or the route
/// leads to nothing but what is the caller's.
fn is_readers_own(survey: &Survey, surveyed: &Surveyed, baseline: &Baseline, leaf: &Leaf) -> bool {
    let Some(mut node) = baseline.first.response().and_then(|response| response.json.as_ref()) else { return false };
    let mut named = None;

    // The innermost object that names a caller decides.
    for step in leaf.at.split('/').skip(1) {
        let fields = node.as_object().into_iter().flatten();
        let mut people = fields.filter_map(|(name, value)| survey.people.named_in(name, &scalar_text(value)?));
        named = people.next().or(named);
        let step = step.replace("~1", "/").replace("~0", "~");
        let Some(inner) = node.get(&step).or_else(|| node.get(step.parse::<usize>().ok()?)) else { break };
        node = inner;
    }

    match named {
        Some(person) => person.name == baseline.caller,
        // An entry of a list that names no caller may be anyone's.
        None if leaf.path.contains('*') => false,
        // Without an id in its address a route such as `/settings` shows each caller its own.
        None if surveyed.slots.is_empty() => survey.people.get(&baseline.caller).is_some(),
        None => {
            let owner = baseline.object.as_ref().and_then(|key| survey.owner(key));
            owner.is_some_and(|(name, _)| name == baseline.caller)
        }
    }
}

/// Returns whether a text is a credential that its reader has anyway: the session's own, or one that the sign-in gave.
fn is_readers_credential(probe: &Probe, baseline: &Baseline, text: &str) -> bool {
    let Some(session) = probe.sessions().get(&baseline.caller) else { return false };
    let given = session.login.as_ref().and_then(|answer| answer.response());
    // A short text stands in a token or an answer by chance.
    text.len() >= 8 && (session.token.expose().contains(text) || given.is_some_and(|given| given.text.contains(text)))
}

/// Returns whether some caller of the scan is known by a credential of this form. An id of another form, such as that
/// of a chat's session, opens nothing.
fn looks_like_a_credential(survey: &Survey, probe: &Probe, text: &str) -> bool {
    let sessions = survey.people.all.iter().filter_map(|person| probe.sessions().get(&person.name));
    sessions.into_iter().any(|session| form_of(session.token.expose()) == form_of(text))
}

/// The length of a text, and the classes of characters that it is made of.
fn form_of(text: &str) -> (usize, [bool; 3]) {
    let has = |test: fn(&u8) -> bool| text.bytes().any(|byte| test(&byte));
    let marks = text.bytes().any(|byte| !byte.is_ascii_alphanumeric());
    (text.len(), [has(u8::is_ascii_uppercase), has(u8::is_ascii_digit), marks])
}

impl Leaf {
    /// Returns what it gives away by its name and value.
    pub fn exposes(&self) -> Option<Exposed> {
        sensitive_value(&self.key, &self.value()?)
    }

    fn value(&self) -> Option<Value> {
        if self.number { self.text.parse().map(Value::Number).ok() } else { Some(Value::String(self.text.clone())) }
    }
}

/// Returns the fields that are sensitive by name and value, and not meant to be there.
pub(super) fn exposed_leaves(leaves: &[Leaf], declared: &[String]) -> Vec<(Leaf, Exposed)> {
    let named = leaves.iter().filter(|leaf| !leaf.key.is_empty());
    let found = named.filter_map(|leaf| Some((leaf, leaf.exposes()?)));
    found
        .filter(|(leaf, found)| !is_elsewhere(leaf, found, declared))
        .map(|(leaf, found)| (leaf.clone(), found))
        .collect()
}

/// An API that hands out keys declares them; a declared password is no better for it. And what is told by its form, and
/// by no name, is a secret of another service.
fn is_elsewhere(leaf: &Leaf, found: &Exposed, declared: &[String]) -> bool {
    let by_design = matches!(found.kind, "token" | "secret") && declared.contains(&leaf.key);
    let by_form = || {
        let bare = leaf.value().and_then(|value| sensitive_value("", &value));
        !Redactor::is_sensitive_name(&leaf.key) && bare.is_some()
    };
    let secret =
        matches!(found.kind, "token" | "secret" | "private-key") && (is_secret_by_form(&leaf.text) || by_form());
    by_design || secret
}
