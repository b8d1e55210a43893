//! The trial of a POST that only reads, such as a search or a batch: what it shows a caller that names another user's
//! object, or another user, in its body.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::addressed::is_list_of_ids;
use super::answers::{refusal_sign, why_inconclusive};
use super::lab::Lab;
use super::reading::{Shown, texts_of};
use super::values::{list_behind, value_like};
use crate::act::{ActKind, Acting, Body, Field, build_body};
use crate::model::{ANONYMOUS, Api, Effect, Method, Place, Silence, ensure};
use crate::probe::{Answer, AskCaller, SendError, Values};
use crate::spec::Samples;
use crate::survey::{
    Leaf, Person, ends_in_id, is_clear_success, leaves_of, missing_like, names_principal, present_leaves, scalar_text,
};

/// Most fields of one operation that are tried.
const MAX_FIELDS: usize = 3;

/// A field of a reading POST that says whose, or which object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AskedField {
    /// As the body has it.
    pub(crate) name: String,
    /// It takes several ids at once.
    is_list: bool,
    /// The body is refused without it.
    required: bool,
}

/// One field by which an intruder may be shown what is an owner's.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    lab: &'a Lab<'a>,
    pub(crate) acting: &'a Acting,
    pub(crate) field: AskedField,
    pub(crate) intruder: &'a Person,
    pub(crate) owner: &'a Person,
    theirs: Value,
    own: Option<Value>,
}

/// What the intruder was shown of the owner's, with the answers around it.
#[derive(Debug)]
pub(crate) struct AskedShown {
    /// What the attacks showed.
    pub(crate) shown: Shown,
    /// The owner's own request.
    pub(crate) rightful: Arc<Answer>,
    /// The intruder's request without the owner's id.
    pub(crate) innocent: Arc<Answer>,
    /// The attack without credentials.
    pub(crate) nobody: Arc<Answer>,
}

/// Returns the fields of a POST that reads, or may read, which may say whose, or which object.
pub(crate) fn asked_fields(api: &Api, acting: &Acting) -> Vec<AskedField> {
    let reads = acting.operation.effect == Effect::Reads;
    if acting.operation.method != Method::Post || acting.operation.path.contains('{') {
        return Vec::new();
    }
    let of = |field: Field| {
        let is_list = is_list_of_ids(api, &field);
        // What nothing says only reads may show several objects by their ids all the same: `POST /documents/batch`.
        let names = is_list || reads && (names_principal(&field.name) || ends_in_id(&field.name));
        names.then_some(AskedField { name: field.name, is_list, required: field.required })
    };
    let is_act = reads || acting.kind == ActKind::Act;
    acting.fields(api).into_iter().filter(|_| is_act).filter_map(of).take(MAX_FIELDS).collect()
}

impl<'a> Lab<'a> {
    /// Returns the trials of a reading POST: for each field the first two callers for which values are known.
    ///
    /// # Errors
    /// `NotTried` where there is none.
    pub(crate) fn asked(&'a self, acting: &'a Acting) -> Result<Vec<Asked<'a>>, Silence> {
        let pairs = self.pairs();
        ensure(!pairs.is_empty(), || self.no_target(acting, false))?;
        let fields = asked_fields(self.maker.api, acting);
        let principals = self.principals();
        let value = |field: &AskedField, owner: &Person, other: &Person| {
            let single = if field.is_list { field.name.strip_suffix('s').unwrap_or(&field.name) } else { &field.name };
            principals.naming_value((collection_of(&acting.operation.path), Place::Query, single), owner, other)
        };

        let of = |field: AskedField| {
            let mut cases: Vec<Asked<'a>> = Vec::new();
            cases.extend(pairs.iter().filter_map(|(intruder, owner)| {
                let theirs = value(&field, owner, intruder)?;
                let own = value(&field, intruder, owner).filter(|own| *own != theirs);
                Some(Asked { lab: self, acting, field: field.clone(), intruder, owner, theirs, own })
            }));
            // Beside an own one in a list a foreign one may go unseen.
            cases.sort_by_key(|case| case.own.is_none());
            cases.into_iter().next()
        };

        let found: Vec<Asked<'a>> = fields.into_iter().filter_map(of).collect();
        ensure(!found.is_empty(), || {
            Silence::not_tried("no value is known by which a field would name another user or an object of another's")
        })?;

        Ok(found)
    }
}

/// Returns the path without its last part, which says what is done: `/orders` of `/orders/search`.
fn collection_of(path: &str) -> &str {
    path.trim_end_matches('/').rsplit_once('/').map_or(path, |(before, _)| before)
}

impl Asked<'_> {
    /// Asks as the owner, as the intruder without the owner's id, as nobody, and then as the intruder, twice, and about
    /// nothing.
    ///
    /// # Errors
    /// `Held` where nothing of the owner's came back; `Undecided` where that cannot be said.
    pub(crate) async fn run(&self) -> Result<AskedShown, Silence> {
        let rightful = self.ask(&self.owner.name, Some(&self.theirs)).await?;
        let served = rightful.response().filter(|response| is_clear_success(response));
        let served = served.ok_or_else(|| Silence::undecided("the owner itself gets nothing by that field"))?;
        let other = self.own.as_ref().filter(|_| self.field.required);
        let innocent = self.ask(&self.intruder.name, other).await?;
        let nobody = self.ask(ANONYMOUS, Some(&self.theirs)).await?;
        let known: BTreeSet<String> = [&innocent, &nobody].into_iter().flat_map(|answer| texts_of(answer)).collect();
        let sent = scalar_text(&self.theirs);
        let is_secret =
            |leaf: &Leaf| leaf.is_telling() && !known.contains(&leaf.text) && Some(&leaf.text) != sent.as_ref();
        let wanted: Vec<Leaf> = leaves_of(served).into_iter().filter(is_secret).collect();
        ensure(!wanted.is_empty(), || {
            Silence::undecided("the owner is shown nothing there that others are not shown without its id")
        })?;
        let attack = self.attack().await?;
        let (leaves, nothing) = self.shown_alone(wanted, &rightful, &attack).await?;
        let again = self.attack().await?;

        let shown = Shown { leaves, attack, again, nothing: Some(nothing) };
        Ok(AskedShown { shown, rightful, innocent, nobody })
    }

    async fn attack(&self) -> Result<Arc<Answer>, Silence> {
        let answer = self.ask(&self.intruder.name, Some(&self.theirs)).await?;
        why_inconclusive(&answer).map_or(Ok(answer), |because| Err(Silence::undecided(because)))
    }

    /// Returns the owner's values that the attack shows and a request about nothing does not, with the answer to that.
    async fn shown_alone(
        &self,
        wanted: Vec<Leaf>,
        rightful: &Answer,
        attack: &Arc<Answer>,
    ) -> Result<(Vec<Leaf>, Arc<Answer>), Silence> {
        let name = &self.intruder.name;
        let held = |because: String| Err(Silence::held(&attack.exchange, &rightful.exchange, because));
        if let Some(sign) = refusal_sign(attack) {
            return held(format!("{name} is refused: {sign}"));
        }

        let response = attack.response().filter(|response| is_clear_success(response));
        let found = response.map(|response| present_leaves(&wanted, response)).unwrap_or_default();
        if found.is_empty() {
            return held(format!("{name} is shown nothing of {}'s", self.owner.name));
        }

        let nothing = self.ask(name, Some(&missing_like(&self.theirs, 77))).await?;
        let also = texts_of(&nothing);
        let leaves: Vec<Leaf> = found.into_iter().filter(|leaf| !also.contains(&leaf.text)).cloned().collect();
        if leaves.is_empty() {
            return held("an id that nothing has is answered alike".to_owned());
        }

        Ok((leaves, nothing))
    }

    /// Sends the request with this value in the field, or without the field.
    async fn ask(&self, caller: &str, value: Option<&Value>) -> Result<Arc<Answer>, SendError> {
        let lab = self.lab;
        let mut body = build_body(lab.maker.api, self.acting, "").unwrap_or_else(Body::empty);
        if let Some(members) = body.value.as_object_mut() {
            let sample = members.shift_remove(&self.field.name);
            if let Some(value) = value {
                members.insert(self.field.name.clone(), self.value_for_field(value, sample.as_ref(), caller));
            }
        }

        let values: Values = Samples::new(lab.maker.api, 1).required(&self.acting.operation);
        let caller = if caller == ANONYMOUS { AskCaller::Anonymous } else { lab.caller(caller) };

        Ok(lab.write(self.acting, caller, &values, Some(&body)).await?.answer)
    }

    /// Returns a value in the JSON type of the field's sample. Of a list some servers look at the first alone: the
    /// intruder's own stands there.
    fn value_for_field(&self, value: &Value, sample: Option<&Value>, caller: &str) -> Value {
        if !self.field.is_list {
            return value_like(value, sample);
        }
        let own = self.own.as_ref().filter(|own| caller == self.intruder.name && *own != value);
        list_behind(own, value, sample)
    }
}
