//! Which fields a caller must not set: what an object shows and its document does not let callers send.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::lab::Lab;
use super::rights::{Right, RightField, other_value, right_of};
use crate::act::{ActKind, Acting, sendable_names};
use crate::model::{Method, path_shape};
use crate::survey::split_words;

/// Most fields that are sent in one body.
const MAX_FIELDS: usize = 8;

/// One field that may be tried.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    /// The field.
    pub(crate) name: String,
    /// What it decides.
    pub(crate) right: Right,
    /// What it is without the caller's doing; `None` where nothing shows it.
    pub(crate) present: Option<Value>,
}

/// An operation that may set fields which callers must not.
#[derive(Debug)]
pub(crate) struct Setter<'a> {
    /// What it works with.
    pub(crate) lab: &'a Lab<'a>,
    /// The operation.
    pub(crate) acting: &'a Acting,
}

/// Fields of a user's rights that are tried though no answer shows them.
fn usual_candidates() -> [(&'static str, Right, Value); 9] {
    [
        ("role", Right::Role, json!("admin")),
        ("is_admin", Right::Role, json!(true)),
        ("isAdmin", Right::Role, json!(true)),
        ("admin", Right::Role, json!(true)),
        ("verified", Right::Approval, json!(true)),
        ("email_verified", Right::Approval, json!(true)),
        ("approved", Right::Approval, json!(true)),
        ("balance", Right::Money, json!(37)),
        ("credits", Right::Money, json!(37)),
    ]
}

impl Setter<'_> {
    /// Returns the fields of an object, or of an account, that the document does not let callers send to this operation.
    pub(crate) fn candidates(&self, shown: &Map<String, Value>, is_account: bool) -> Vec<Candidate> {
        let document = sendable_names(self.lab.maker.api, self.acting);
        let is_silent = document.is_none();
        let names = document.unwrap_or_default();
        let elsewhere = self.set_elsewhere(is_account);
        let may_try = |name: &str, right: Right| {
            let name = one_word(name);
            // What another operation lets every caller set is theirs
            // to set; power over others is tried all the same.
            let allowed = !right.is_power() && elsewhere.contains(&name);
            // Where the document is silent, a plain field of an object may be its maker's to set.
            !names.contains(&name) && !allowed && (is_account || right.is_power() || !is_silent)
        };
        // What an object is subscribed to may be its user's to choose: only an account's plan is its seller's.
        let is_choice = |right: Right, value: &Value| right == Right::Quota && !is_account && value.is_string();
        let mut found: Vec<Candidate> = shown
            .iter()
            .filter_map(|(name, value)| {
                let right = right_of(name, value).filter(|right| may_try(name, *right))?;
                let fits = right != Right::Ownership && !is_choice(right, value);
                fits.then(|| Candidate { name: name.clone(), right, present: Some(value.clone()) })
            })
            .collect();
        if is_account {
            let known: BTreeSet<String> = shown.keys().map(|name| one_word(name)).collect();
            let more = usual_candidates()
                .into_iter()
                .filter(|(name, right, _)| !known.contains(&one_word(name)) && may_try(name, *right));
            found.extend(more.map(|(name, right, _)| Candidate { name: name.to_owned(), right, present: None }));
        }

        // The owner's view can prove fields that are shown, and a role does more harm than money.
        found.sort_by_key(|candidate| (candidate.present.is_none(), candidate.right));
        found.truncate(MAX_FIELDS);
        found
    }

    /// The fields, as one word each, that other operations on the same kind of object let every caller set.
    fn set_elsewhere(&self, is_account: bool) -> BTreeSet<String> {
        let (lab, acting) = (self.lab, self.acting);
        let same = |other: &&Acting| {
            let alike = other.resource.is_some() && other.resource == acting.resource
                || is_account && (lab.changes_account(other) || other.kind == ActKind::SignUp);
            other.operation.id != acting.operation.id && alike && !lab.is_for_higher_role(&other.operation)
        };
        let others = lab.maker.acting.iter().filter(same);
        let mut names: BTreeSet<String> =
            others.filter_map(|other| sendable_names(lab.maker.api, other)).flatten().collect();
        // `PUT /tasks/{id}/status` sets what it is named after.
        names.extend(self.verbs());

        names
    }

    /// The last segments of what callers may do with one such object: `/orders/{id}/cancel`.
    fn verbs(&self) -> Vec<String> {
        let path = path_shape(&self.acting.operation.path);
        let item = if path.ends_with("/{}") { path } else { format!("{path}/{{}}") };
        let below = format!("{item}/");
        let others = self.lab.maker.acting.iter().filter(|other| {
            matches!(other.operation.method, Method::Post | Method::Put | Method::Patch)
                && !self.lab.is_for_higher_role(&other.operation)
        });
        others.filter_map(|other| path_shape(&other.operation.path).strip_prefix(&below).map(one_word)).collect()
    }

    /// Returns a first value for each field.
    pub(crate) fn first_values(&self, candidates: &[Candidate]) -> Map<String, Value> {
        let verbs = self.verbs();
        let value = |candidate: &Candidate| {
            let Some(present) = &candidate.present else {
                return usual_candidates()
                    .into_iter()
                    .find(|(name, ..)| *name == candidate.name)
                    .map(|(_, _, value)| value);
            };

            // A value that callers reach by an operation of its own
            // (`/cancel`) is theirs to reach, so the next one is taken.
            let mut used: Vec<Value> = Vec::new();
            loop {
                match self.other_value(candidate, present, &used) {
                    Some(value) if is_offered(&verbs, &value) && used.len() < 12 => used.push(value),
                    other => break other.filter(|value| !is_offered(&verbs, value)),
                }
            }
        };

        let named = |candidate: &Candidate| Some((candidate.name.clone(), value(candidate)?));
        candidates.iter().filter_map(named).collect()
    }

    fn other_value(&self, candidate: &Candidate, present: &Value, used: &[Value]) -> Option<Value> {
        let field = RightField { name: &candidate.name, right: candidate.right, present };
        other_value(self.lab.maker.api, field, &self.lab.survey.people.higher_roles(), used)
    }

    /// Returns a second value for a field: what it was where it is put back; another one where there is one; else the first
    /// again.
    pub(crate) fn second_value(&self, candidate: &Candidate, first: &Value, on: RepeatOn) -> Value {
        let before = candidate.present.clone().filter(|value| !value.is_null());
        let fallback = match first {
            Value::Bool(flag) => json!(!flag),
            Value::String(_) if candidate.right == Right::Role => json!("user"),
            Value::Number(_) => json!(0),
            other => other.clone(),
        };

        // Only numbers have a further value that is as good as the first.
        let numeric = matches!(candidate.right, Right::Money | Right::Quota);
        let present = candidate.present.as_ref().filter(|_| numeric);
        let other = || self.other_value(candidate, present?, std::slice::from_ref(first));

        match on {
            RepeatOn::PutBack => before.unwrap_or(fallback),
            RepeatOn::SameObject => other().or(before).unwrap_or(fallback),
            RepeatOn::OtherObject => other().unwrap_or_else(|| first.clone()),
        }
    }
}

fn one_word(name: &str) -> String {
    split_words(name).join("")
}

/// Whether callers are offered another way to a value: `cancelled` by `/cancel`.
fn is_offered(verbs: &[String], value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default().to_ascii_lowercase();
    // Without its last letter `/approve` fits `approved`, and `/verify` fits `verified`.
    verbs.iter().any(|verb| verb.len() >= 3 && text.starts_with(verb.trim_end_matches(['e', 'y'])))
}

/// On what a trial is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RepeatOn {
    /// On the same one, which gets its own value back.
    PutBack,
    /// On the same one, with a further value.
    SameObject,
    /// On another one.
    OtherObject,
}

impl RepeatOn {
    /// Returns it in words.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::PutBack => "putting the old value back by the same operation",
            Self::SameObject => "another value",
            Self::OtherObject => "another one of the kind",
        }
    }
}
