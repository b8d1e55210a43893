//! What a body names, and how its owner looks at it: an object that the scan made, or a throw-away account.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::act::{Acting, Change, Created, body, is_email, marker, objects_in};
use crate::checks::acting::{ActCx, Meant, Seen};
use crate::model::clean_name;
use crate::probe::{Answer, Ask, Caller, SendError};
use crate::survey::{Person, Slot, is_me_word, is_owner_name, scalar_text, succeeds, words};

/// What is written to.
pub(crate) enum Target<'a> {
    /// An object that the scan made.
    Object(Created),
    /// A throw-away account: what names it, and how it and the intruder look at themselves.
    Account { value: Value, owner: &'a Person, theirs: Ask, mine: Ask },
}

/// One write and what the owner sees after it.
pub(crate) struct Tried {
    pub(crate) field: String,
    pub(crate) value: Value,
    pub(crate) answer: Arc<Answer>,
    pub(crate) seen: Seen,
}

impl Tried {
    pub(crate) fn shows(&self) -> bool {
        self.seen.shows(&self.field, &self.value)
    }
}

impl<'a> Target<'a> {
    /// The account of an owner, where both can look at themselves.
    pub(super) fn account(cx: &ActCx<'_>, owner: &'a Person, intruder: &Person, value: Option<Value>) -> Option<Self> {
        let about_me = cx.check.survey.operations.iter().filter(|surveyed| {
            let last = surveyed.operation.path.rsplit('/').find(|part| !part.is_empty());
            surveyed.slots.is_empty() && last.is_some_and(is_me_word)
        });
        let views = about_me.filter_map(|surveyed| {
            Some((surveyed.valid_of(&owner.name)?.ask(), surveyed.valid_of(&intruder.name)?.ask()))
        });
        let (theirs, mine) = views.into_iter().next()?;
        Some(Self::Account { value: value?, owner, theirs, mine })
    }

    /// What names it in a field.
    pub(super) fn value(&self, slot: &Slot) -> Option<Value> {
        match self {
            Self::Object(created) => created.object.slot_value(slot).cloned(),
            Self::Account { value, .. } => Some(value.clone()),
        }
    }

    /// What its owner sees of it now.
    pub(crate) async fn view(&self, cx: &ActCx<'_>, owner: &str) -> Result<Option<Seen>, SendError> {
        match self {
            Self::Object(created) => cx.view(owner, created).await,
            Self::Account { theirs, owner, .. } => look(cx, theirs, owner).await.map(Some),
        }
    }

    /// What the intruder sees of its own thing of the kind.
    pub(super) async fn counterpart(&self, cx: &ActCx<'_>, intruder: &str) -> Result<Option<Seen>, SendError> {
        match self {
            Self::Object(created) => {
                let own = |other: &Created| other.producer == created.producer && other.caller == intruder;
                match cx.maker.made().into_iter().rev().find(own) {
                    Some(own) => cx.view(intruder, &own).await,
                    None => Ok(None),
                }
            }
            Self::Account { mine, .. } => match cx.check.survey.people.get(intruder) {
                Some(person) => look(cx, mine, person).await.map(Some),
                None => Ok(None),
            },
        }
    }

    /// Whether it is meant to be its owner's alone to change.
    pub(crate) async fn meant(
        &self,
        cx: &ActCx<'_>,
        intruder: &Person,
        owner: &Person,
        seen: &Seen,
    ) -> Result<Meant, SendError> {
        match self {
            Self::Object(created) => cx.meant(created, intruder, owner, seen).await,
            Self::Account { .. } => Ok(Meant::ForOwner(format!("it is {}'s own account", owner.name))),
        }
    }

    /// In words: `note 17, which bob made`.
    pub(crate) fn told(&self, owner: &str) -> String {
        match self {
            Self::Object(created) => format!(
                "{} {}, which {owner} made",
                clean_name(&created.object.resource, 40),
                clean_name(&created.id, 60)
            ),
            Self::Account { .. } => format!("the account of {owner}"),
        }
    }
}

/// The caller's own account in an answer about itself: the object that says who it is.
async fn look(cx: &ActCx<'_>, ask: &Ask, person: &Person) -> Result<Seen, SendError> {
    let ask = Ask { caller: Caller::named(&person.name), ..ask.clone() };
    let answer = cx.maker.probe.look_again(&ask).await?;
    let response = answer.response();
    let telling =
        response.is_some_and(|response| response.status < 500 && response.status != 429 && !response.truncated);
    let json = response.filter(|response| succeeds(response)).and_then(|response| response.json.as_ref());
    let is_self = |fields: &&Map<String, Value>| {
        fields.values().filter_map(scalar_text).any(|text| person.facts.contains(&text.to_lowercase()))
    };
    let object = json.and_then(|json| objects_in(json).find(is_self)).cloned();
    Ok(Seen { answer, object, telling })
}

/// A body that changes one harmless field: no credential, nothing that a caller is known by, and not the field that
/// names what is changed.
pub(super) fn changed(cx: &ActCx<'_>, acting: &Acting, naming: &str, present: &Seen, used: &[Value]) -> Option<Change> {
    let marker = marker();
    let fields: BTreeMap<String, Value> = present.fields();
    let mut made = body(cx.maker.api, acting, &marker)?;
    let members = made.value.as_object_mut()?;
    // A password that is set to something else locks an account.
    if members.keys().any(|name| is_secret(name)) {
        return None;
    }
    let harmless = |name: &String| name != naming && !is_email(name) && !is_owner_name(name) && !is_secret(name);
    let marked: Vec<String> = made.marked.iter().filter(|name| harmless(name)).cloned().collect();
    let chosen = marked.iter().find(|name| fields.contains_key(*name)).or(marked.first()).cloned();
    for (name, value) in members.iter_mut() {
        if let Some(now) = fields.get(name).filter(|now| !now.is_null() && Some(name) != chosen.as_ref()) {
            value.clone_from(now);
        }
    }
    if let Some(field) = chosen {
        let value = members.get(&field)?.clone();
        return Some(Change { body: made, field, value });
    }
    let change = cx.change(acting, &fields, used)?;
    let fits = harmless(&change.field) && !change.body.value.as_object()?.keys().any(|name| is_secret(name));
    fits.then_some(change).filter(|change| change.value != json!(null))
}

fn is_secret(name: &str) -> bool {
    words(name).iter().any(|word| {
        word.contains("pass") || matches!(word.as_str(), "pwd" | "pin" | "secret" | "token" | "otp" | "key")
    })
}
