//! The trial of a creation below an object of another caller: by its plain path, and below a parent of the intruder's own.
//! What was made counts where the owner is shown it at the object's own path.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Map;

use super::answers::{access_refusal, status_of, why_inconclusive};
use super::funnel::Trial;
use super::lab::Lab;
use super::look::ObjectView;
use super::making::Making;
use super::mixed::MixedPath;
use super::shot::Aim;
use super::subject::{Subject, describe_made};
use crate::act::{ActKind, Acting, Below, Created, Unusually, contains_marker};
use crate::model::{Place, Silence};
use crate::probe::{Answer, Values};
use crate::survey::Person;

/// A creating operation below an object of one caller's, and another caller that tries it there.
#[derive(Debug)]
pub(crate) struct Adding<'a> {
    lab: &'a Lab<'a>,
    acting: &'a Acting,
    index: usize,
    /// Who tries it.
    pub(crate) intruder: &'a Person,
    /// Whose the object is.
    pub(crate) owner: &'a Person,
    /// The object below which something is made.
    pub(crate) parent: Created,
    /// What its owner made there.
    pub(crate) control: Created,
}

/// Something that was made below another caller's object, and its controls.
#[derive(Debug)]
pub(crate) struct Added {
    pub(crate) object: Created,
    /// The owner's view of it.
    pub(crate) seen: ObjectView,
    /// The answer that refused the same by the plain path, where a parent of the intruder's own was needed; with its sign.
    pub(crate) refused: Option<(Arc<Answer>, String)>,
    /// That parent, in words.
    pub(crate) own_parents: Option<String>,
    /// The answer to the same without credentials, and why nothing was made.
    pub(crate) nobody: (Option<Arc<Answer>>, String),
    /// A second one was made there too.
    pub(crate) repeated: bool,
}

/// What came of one request.
enum AddingAttempt {
    Shown(Box<Created>, ObjectView),
    /// Nothing that the owner is shown; the answer, and that in words.
    Missed(Arc<Answer>, String),
}

impl<'a> Lab<'a> {
    /// Returns the trial of making something below an object of another user of the same role.
    ///
    /// # Errors
    /// `NotTried` where there are no two callers, or the owner made nothing below an object of its own.
    pub(crate) fn adding(&'a self, acting: &'a Acting) -> Result<Adding<'a>, Silence> {
        let last = acting.slots.last().filter(|slot| acting.kind == ActKind::Create && slot.place == Place::Path);
        let last = last.ok_or_else(|| Silence::not_applicable("it makes nothing below an object"))?;

        if last.resources.iter().any(|resource| self.is_people(resource)) {
            return Err(Silence::not_applicable("it makes something for an account, which others may be meant to"));
        }
        let index = self.index_of(acting);
        let index = index.ok_or_else(|| Silence::not_tried("the operation is not among those that write"))?;
        let (pairs, made) = (self.pairs(), self.maker.made());
        let below = |control: &Created| {
            let id = control.values.get(&(last.place, last.name.clone()))?;
            made.iter().find(|parent| {
                parent.caller == control.caller
                    && last.resources.contains(&parent.object.resource)
                    && parent.object.slot_value(last) == Some(id)
            })
        };

        let of_owner = |owner: &Person| {
            let mut own = made.iter().rev().filter(|made| made.producer == index && made.caller == owner.name);
            own.find_map(|control| Some((control.clone(), below(control)?.clone())))
        };
        let found = pairs.iter().filter_map(|(intruder, owner)| {
            let (control, parent) = of_owner(owner)?;
            Some(Adding { lab: self, acting, index, intruder, owner, parent, control })
        });
        // An intruder that has a parent of its own can try the mixed path too.
        let lacks_parent = |adding: &Adding<'_>| matches!(adding.mixed(), MixedPath::NoParent(_));
        found.min_by_key(lacks_parent).ok_or_else(|| self.no_target(acting, !pairs.is_empty()))
    }
}

impl Adding<'_> {
    /// Makes something below the owner's object by its plain path and, where that is refused, below a parent of the
    /// intruder's own.
    ///
    /// # Errors
    /// `Held` where the owner is shown nothing of it; else why there is no verdict.
    pub(crate) async fn run(&self) -> Result<Added, Silence> {
        let home = &self.control.values;
        let plain = Below { path: home.clone(), home: home.clone() };
        // The plain path comes first: its refusal is what makes the mixed path a finding of its own.
        let (answer, because) = match self.attempt(&plain).await? {
            AddingAttempt::Shown(object, seen) => return self.follow(*object, seen, &plain).await,
            AddingAttempt::Missed(answer, because) => (answer, because),
        };
        let (values, parents) = match self.mixed() {
            MixedPath::Found(values, parents) => (values, parents),
            MixedPath::NoParent(kind) => {
                let also = format!("not tried below a {kind} of {}'s own, as it has none", self.intruder.name);
                return Err(self.hold(&answer, format!("{because}; {also}")));
            }
            MixedPath::None => return Err(self.hold(&answer, because)),
        };

        let mut mixed = plain.clone();
        mixed.path.extend(values.parents);

        match self.attempt(&mixed).await? {
            AddingAttempt::Shown(object, seen) => {
                // Without an outright refusal of the plain path it is open why the mixed one got through.
                let sign = access_refusal(&answer).ok_or_else(|| Silence::undecided(because))?;
                let added = self.follow(*object, seen, &mixed).await?;
                Ok(Added { refused: Some((answer, sign)), own_parents: Some(parents), ..added })
            }
            AddingAttempt::Missed(below, also) => {
                Err(self.hold(&below, format!("{because}; below {parents} of its own: {also}")))
            }
        }
    }

    /// Keeps for the access model what the two are shown of the object.
    ///
    /// # Errors
    /// As the looks that it takes.
    pub(crate) async fn ask_peer(&self) -> Result<(), Silence> {
        Ok(self.lab.ask_both(&self.parent, (self.intruder, self.owner)).await?)
    }

    fn mixed(&self) -> MixedPath {
        let subject = Subject::Object(Box::new(self.parent.clone()));
        Trial::new(self.lab, self.acting, (subject, &self.owner.name), Aim::Change, &self.intruder.name)
            .mixed_path(&self.parent)
    }

    fn making(&self, below: &Below) -> Making<'_> {
        let (intruder, heirs) = (&self.intruder.name, vec![self.owner.name.clone()]);
        let below = Some(below.clone());
        Making { lab: self.lab, index: self.index, caller: intruder, fields: Map::new(), heirs, below }
    }

    /// Makes one, and looks as the owner.
    async fn attempt(&self, below: &Below) -> Result<AddingAttempt, Silence> {
        // Without a mark the new object is the one that was not listed before.
        let listed = self.lab.maker.listed(self.acting, &self.owner.name, &below.home).await?;
        let created = match self.making(below).make(None).await? {
            Unusually::Made(created) => created,
            Unusually::Not(answer, because) => return self.not_made(answer, because),
        };
        let seen = self.look(&created, listed.as_ref()).await?;
        // A caller that its own request signed out is refused for that reason from now on.
        self.lab.check_session(&self.intruder.name).await?;

        match seen {
            Some(seen) => Ok(AddingAttempt::Shown(created, seen)),
            None => {
                // It lies where its maker is let in, below what is its own.
                self.lab.remove_as(&self.intruder.name, &self.placed(&created, &below.path)).await?;
                let because = format!(
                    "{} was answered status {}, and {} is shown nothing of it",
                    self.intruder.name,
                    status_of(&created.answer),
                    self.owner.name
                );
                Ok(AddingAttempt::Missed(created.answer, because))
            }
        }
    }

    fn not_made(&self, answer: Option<Arc<Answer>>, because: String) -> Result<AddingAttempt, Silence> {
        let Some(answer) = answer else { return Err(Silence::undecided(because)) };
        if let Some(because) = why_inconclusive(&answer) {
            return Err(Silence::undecided(because));
        }
        match access_refusal(&answer) {
            Some(sign) => Ok(AddingAttempt::Missed(answer, format!("{} is refused: {sign}", self.intruder.name))),
            None => Err(Silence::undecided(format!("{} made nothing: {because}", self.intruder.name))),
        }
    }

    /// Looks until the owner is shown what was made: it carries its mark, or was not there before.
    async fn look(&self, created: &Created, listed: Option<&BTreeSet<String>>) -> Result<Option<ObjectView>, Silence> {
        let mut watch = self.lab.promptness.watch(&self.acting.operation.id, &created.answer);
        while watch.is_due().await {
            let seen = self.lab.view(&self.owner.name, created).await?;
            let seen = seen.ok_or_else(|| Silence::undecided("the owner has no way to look at what is made there"))?;
            let marked = |object| !created.marker.is_empty() && contains_marker(object, &created.marker);
            let is_new = || listed.is_some_and(|ids| !ids.contains(&created.id));

            if seen.object.as_ref().is_some_and(|object| marked(object) || is_new()) {
                watch.showed();
                return Ok(Some(seen));
            }
        }

        Ok(None)
    }

    /// Asks the same without credentials, and once more.
    async fn follow(&self, object: Created, seen: ObjectView, below: &Below) -> Result<Added, Silence> {
        let nobody = self.making(below).ask_nobody().await?;
        let repeated = matches!(self.attempt(below).await, Ok(AddingAttempt::Shown(..)));
        Ok(Added { object, seen, refused: None, own_parents: None, nobody, repeated })
    }

    /// Returns an object as it is addressed by other values of the path.
    fn placed(&self, created: &Created, values: &Values) -> Created {
        let mut placed = Created { values: values.clone(), ..created.clone() };
        for slot in &self.acting.slots {
            let Some(value) = values.get(&(slot.place, slot.name.clone())) else { continue };
            let of_slot = slot.resources.iter().map(|resource| (resource.clone(), value.clone()));
            placed.object.context.extend(of_slot);
        }
        placed
    }

    fn hold(&self, attack: &Answer, because: String) -> Silence {
        self.lab.note(self.acting, &self.intruder.name, &self.owner.name, false, because.clone());
        Silence::held(&attack.exchange, &self.control.answer.exchange, because)
    }

    /// Returns the object in words: `issue 17, which alice made`.
    pub(crate) fn place(&self) -> String {
        describe_made(&self.parent, &self.owner.name)
    }
}
