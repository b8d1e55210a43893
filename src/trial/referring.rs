//! The trial of a creation whose body refers to another caller's object: `POST /claims` with the policy of somebody else.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answers::{access_refusal, why_inconclusive};
use super::lab::Lab;
use super::look::ObjectView;
use super::making::Making;
use super::subject::describe_made;
use crate::act::{ActKind, Acting, Created, Unusually, contains_marker};
use crate::model::{Place, Silence, clean_name};
use crate::probe::Answer;
use crate::survey::{Person, Slot, is_owner_name, missing_like, scalar_text};

/// A creating operation, a field of its body that refers to an object of one caller's, and another caller that names it.
#[derive(Debug)]
pub(crate) struct Referring<'a> {
    lab: &'a Lab<'a>,
    acting: &'a Acting,
    index: usize,
    /// The field of the body.
    pub(crate) field: String,
    /// Who tries it.
    pub(crate) intruder: &'a Person,
    /// Whose the object is.
    pub(crate) owner: &'a Person,
    /// The object that is referred to.
    pub(crate) target: Created,
    /// What its owner made that refers to it.
    pub(crate) control: Created,
}

/// Something that was made to refer to another caller's object, and its controls.
#[derive(Debug)]
pub(crate) struct Referred {
    pub(crate) object: Created,
    /// A view of it on another route, by its maker or by the owner of what it refers to.
    pub(crate) seen: Option<ObjectView>,
    /// The owner, who asked for nothing, is shown it.
    pub(crate) owner_sees: bool,
    /// Its maker is shown what stands in the owner's object: the answer, or the view, has the mark of that.
    pub(crate) discloses: bool,
    /// The answer to the same with an id that nothing has, which is refused.
    pub(crate) missing: Arc<Answer>,
    /// The answer to the same without credentials, and why nothing was made.
    pub(crate) nobody: (Option<Arc<Answer>>, String),
    /// A second one was made so too.
    pub(crate) repeated: bool,
}

impl<'a> Lab<'a> {
    /// Returns the trial of making something that refers to an object of another user of the same role.
    ///
    /// # Errors
    /// `NotApplicable` where the body refers to nothing; `NotTried` where no owner made something that refers to its own.
    pub(crate) fn referring(&'a self, acting: &'a Acting) -> Result<Referring<'a>, Silence> {
        let none = || Silence::not_applicable("what it makes refers to no object of another kind");
        let index = self.index_of(acting).filter(|_| acting.kind == ActKind::Create).ok_or_else(none)?;
        let (pairs, made) = (self.pairs(), self.maker.made());
        // Who has made such a thing itself has what else its body needs.
        let has_own = |person: &Person| made.iter().any(|made| made.producer == index && made.caller == person.name);
        let (able, others): (Vec<_>, Vec<_>) = pairs.iter().partition(|(intruder, _)| has_own(intruder));
        let found = able.into_iter().chain(others).find_map(|(intruder, owner)| {
            let mut own = made.iter().rev().filter(|made| made.producer == index && made.caller == owner.name);
            own.find_map(|control| {
                let (field, target) = self.reference_of(acting, control, &made)?;
                let (control, acting) = (control.clone(), acting);
                Some(Referring { lab: self, acting, index, field, intruder, owner, target, control })
            })
        });
        found.ok_or_else(none)
    }

    /// Returns a field of a body that refers to an object which its maker made as well, and that object.
    fn reference_of(&self, acting: &Acting, control: &Created, made: &[Created]) -> Option<(String, Created)> {
        let body = control.body.as_ref()?;
        let references = self.maker.references(acting, &body.value);
        references.into_iter().find_map(|reference| {
            let name = reference.pointer.strip_prefix('/').filter(|name| !name.contains('/'))?;
            let is_thing = self.maker.thing_named(name).is_some();
            let is_person = !is_thing && (is_owner_name(name) || self.is_people(&reference.resource));
            let value = body.value.get(name).filter(|_| !is_person)?;
            let target = made.iter().find(|other| {
                let slot =
                    Slot { place: Place::Query, name: name.to_owned(), resources: vec![reference.resource.clone()] };
                let id = other.object.slot_value(&slot).and_then(scalar_text).unwrap_or_else(|| other.id.clone());
                other.caller == control.caller
                    && other.object.resource == reference.resource
                    && scalar_text(value) == Some(id)
            })?;
            Some((name.to_owned(), target.clone()))
        })
    }
}

impl Referring<'_> {
    /// Makes something as the intruder that refers to the owner's object.
    ///
    /// # Errors
    /// `Held` where it is refused; else why there is no verdict.
    pub(crate) async fn run(&self) -> Result<Referred, Silence> {
        let theirs = self.control.body.as_ref().and_then(|body| body.value.get(&self.field)).cloned();
        let theirs = theirs.ok_or_else(|| Silence::undecided("the reference of the owner's own is not known"))?;
        // What takes any id looks at no object: that one of another's is taken says nothing then.
        let missing = match self.making(missing_like(&theirs, 41)).make(None).await? {
            Unusually::Not(Some(answer), _) => answer,
            Unusually::Not(None, because) => return Err(Silence::undecided(because)),
            Unusually::Made(_) => {
                return Err(Silence::undecided(format!("`{}` takes an id that nothing has", self.shown_field())));
            }
        };

        let making = self.making(theirs.clone());
        let object = match making.make(None).await? {
            Unusually::Made(created) => *created,
            Unusually::Not(answer, because) => return Err(self.not_made(answer, because)),
        };

        let owners = self.lab.view(&self.owner.name, &object).await?;
        let is_marked = |seen: &ObjectView| {
            let marker = &object.marker;
            seen.object.as_ref().is_some_and(|fields| !marker.is_empty() && contains_marker(fields, marker))
        };

        let owner_sees = owners.as_ref().is_some_and(is_marked);
        let seen = if owner_sees { owners } else { self.lab.view(&self.intruder.name, &object).await? };
        let seen = seen.filter(|seen| owner_sees || seen.shows(&self.field, &theirs));
        let is_in_view = |seen: &ObjectView| !owner_sees && self.shows_target(&seen.answer);
        let discloses = self.shows_target(&object.answer) || seen.as_ref().is_some_and(is_in_view);
        let nobody = making.ask_nobody().await?;
        let repeated = matches!(making.make(None).await?, Unusually::Made(_));

        Ok(Referred { object, seen, owner_sees, discloses, missing, nobody, repeated })
    }

    /// Returns whether an answer has the mark of the owner's object in it.
    fn shows_target(&self, answer: &Answer) -> bool {
        let marker = &self.target.marker;
        !marker.is_empty() && answer.response().is_some_and(|response| response.text.contains(marker.as_str()))
    }

    fn making(&self, value: Value) -> Making<'_> {
        let fields = Map::from_iter([(self.field.clone(), value)]);
        let (caller, heirs) = (&self.intruder.name, vec![self.owner.name.clone()]);
        Making { lab: self.lab, index: self.index, caller, fields, heirs, below: None }
    }

    fn not_made(&self, answer: Option<Arc<Answer>>, because: String) -> Silence {
        let Some(answer) = answer else { return Silence::undecided(because) };
        if let Some(because) = why_inconclusive(&answer) {
            return Silence::undecided(because);
        }

        // Many servers say of another's object what they say of none: a complaint about the field is a refusal too.
        let sign = access_refusal(&answer).unwrap_or(because);
        let because =
            format!("{} is refused, naming {} in `{}`: {sign}", self.intruder.name, self.place(), self.shown_field());
        self.lab.note(self.acting, &self.intruder.name, &self.owner.name, false, because.clone());
        Silence::held(&answer.exchange, &self.control.answer.exchange, because)
    }

    /// Keeps for the access model what the two are shown of the object.
    ///
    /// # Errors
    /// As the looks that it takes.
    pub(crate) async fn ask_peer(&self) -> Result<(), Silence> {
        Ok(self.lab.ask_both(&self.target, (self.intruder, self.owner)).await?)
    }

    /// Returns the field as it may be shown.
    pub(crate) fn shown_field(&self) -> String {
        clean_name(&self.field, 60)
    }

    /// Returns the object that is referred to in words: `policy 17, which alice made`.
    pub(crate) fn place(&self) -> String {
        describe_made(&self.target, &self.owner.name)
    }
}
