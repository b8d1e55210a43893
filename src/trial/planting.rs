//! The trial of an owner field: an object that a caller makes in another user's name, and whose it is afterwards.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answers::refusal_sign;
use super::lab::Lab;
use super::look::ObjectView;
use super::making::Making;
use crate::act::{Acting, Created, Unusually};
use crate::model::{Silence, clean_name};
use crate::probe::Answer;
use crate::survey::{Person, split_words};

/// A field of a creating operation that may say whose the object is, with the caller that names another user in it.
#[derive(Debug)]
pub(crate) struct Planting<'a> {
    pub(crate) lab: &'a Lab<'a>,
    pub(crate) acting: &'a Acting,
    pub(crate) intruder: &'a Person,
    pub(crate) owner: &'a Person,
    pub(crate) field: &'a str,
    /// A value of its kind.
    pub(crate) like: Option<&'a Value>,
}

/// How the two see one object.
#[derive(Debug)]
pub(crate) struct BothViews {
    pub(crate) intruder: Option<ObjectView>,
    pub(crate) owner: Option<ObjectView>,
}

impl BothViews {
    pub(crate) fn all(&self) -> impl Iterator<Item = &ObjectView> {
        [&self.owner, &self.intruder].into_iter().flatten()
    }

    /// Returns true where a view says that the other user has to agree first.
    pub(crate) fn awaits_consent(&self) -> bool {
        const ASKS: &[&str] = &["invited", "requested", "proposed", "awaiting", "unaccepted"];
        self.all().filter_map(|seen| seen.object.as_ref()).flatten().any(|(name, value)| {
            let text = value.as_str().map(str::to_lowercase).unwrap_or_default();
            // Fields for the other one's answer, words that ask for it, and an answer that is not given yet.
            matches!(split_words(name).join("").as_str(), "acceptedat" | "consent")
                || text.split(['_', '-', ' ']).any(|word| ASKS.contains(&word))
                || *value == Value::Bool(false) && split_words(name).iter().any(|word| word == "accepted")
        })
    }
}

/// An object that became the other user's, and its controls.
#[derive(Debug)]
pub(crate) struct Planted {
    pub(crate) object: Created,
    /// The object that the caller made in its own name.
    pub(crate) control: Created,
    pub(crate) after: BothViews,
    /// The other user is shown it, who is not shown others.
    pub(crate) moved: bool,
    /// The owner field names the other user in place of the caller.
    pub(crate) flipped: bool,
    /// The field must be sent anyway.
    pub(crate) must_be_sent: bool,
    /// The answer to the same without credentials, and why nothing was made.
    pub(crate) nobody: (Option<Arc<Answer>>, String),
    /// A second object went the same way.
    pub(crate) repeated: bool,
}

impl<'a> Planting<'a> {
    /// Makes an object in the other user's name, looks at it as both, and repeats that; `made` is an object that the
    /// caller made in its own name.
    ///
    /// # Errors
    /// `Held` where the object is not made or is the caller's all the same; else why there is no verdict.
    pub(crate) async fn run(&self, made: &Created) -> Result<Planted, Silence> {
        let theirs = self.value_of(self.owner, self.intruder).ok_or_else(|| self.no_value())?;
        // What the scan's own body names already must name its maker first.
        let must_be_sent = made.body.as_ref().is_some_and(|body| body.value.get(self.field).is_some());
        let control = if must_be_sent { self.make_own(made.producer).await? } else { made.clone() };
        let before = self.views(&control).await?;
        let making = self.making(made.producer, theirs, vec![self.owner.name.clone()]);
        let object = match making.make(None).await? {
            Unusually::Made(planted) => *planted,
            Unusually::Not(answer, because) => return Err(self.not_made(answer.as_deref(), because, &control)),
        };
        let after = self.views(&object).await?;
        let (moved, flipped) = self.compare(&before, &after);

        if !moved && !flipped {
            return Err(self.ignored(&object, &after, &control));
        }
        let nobody = making.ask_nobody().await?;
        let repeated = match making.make(None).await? {
            Unusually::Made(again) => self.compare(&before, &self.views(&again).await?) != (false, false),
            Unusually::Not(..) => false,
        };
        Ok(Planted { object, control, after, moved, flipped, must_be_sent, nobody, repeated })
    }

    fn making(&self, index: usize, value: Value, heirs: Vec<String>) -> Making<'a> {
        let fields = Map::from_iter([(self.field.to_owned(), value)]);
        Making { lab: self.lab, index, caller: &self.intruder.name, fields, heirs, below: None }
    }

    /// Returns what the field takes to name a caller, and not the other one.
    fn value_of(&self, person: &Person, other: &Person) -> Option<Value> {
        let known = self.lab.principals();
        // A group names a caller only where the other one is not in it.
        known.value_for(person, self.field, self.like).or_else(|| known.group_for(person, other, self.field))
    }

    fn no_value(&self) -> Silence {
        let (field, owner) = (clean_name(self.field, 60), &self.owner.name);
        let help = format!("let a route such as GET /me show each caller its own id, for {}", self.acting.operation.id);
        Silence::not_tried(format!("no value is known by which `{field}` would name {owner}")).with_help(help)
    }

    /// Makes an object that names the caller itself.
    async fn make_own(&self, index: usize) -> Result<Created, Silence> {
        let none = || Silence::undecided("no object could be made that names its maker");
        let ours = self.value_of(self.intruder, self.owner).ok_or_else(none)?;

        match self.making(index, ours, Vec::new()).make(None).await? {
            Unusually::Made(created) => Ok(*created),
            Unusually::Not(..) => Err(none()),
        }
    }

    async fn views(&self, created: &Created) -> Result<BothViews, Silence> {
        Ok(BothViews {
            intruder: self.lab.view(&self.intruder.name, created).await?,
            owner: self.lab.view(&self.owner.name, created).await?,
        })
    }

    /// Returns whether the other user is shown the object, and whether it is named in it, where neither was so before.
    fn compare(&self, before: &BothViews, after: &BothViews) -> (bool, bool) {
        let owner_has = after.owner.as_ref().is_some_and(|seen| seen.object.is_some());
        let moved = before.owner.as_ref().is_some_and(ObjectView::is_gone) && owner_has;
        let was_own = before.intruder.as_ref().is_some_and(|seen| self.is_named(self.intruder, seen));
        (moved, was_own && after.all().any(|seen| self.is_named(self.owner, seen)))
    }

    /// Returns true where the owner field names a person in a view.
    fn is_named(&self, person: &Person, seen: &ObjectView) -> bool {
        let wanted = split_words(self.field);
        let fields = seen.object.iter().flatten().filter(|(name, _)| split_words(name) == wanted);
        fields.into_iter().any(|(name, value)| self.lab.names(person, name, value))
    }

    /// Returns the silence where the field changed nothing.
    fn ignored(&self, planted: &Created, after: &BothViews, control: &Created) -> Silence {
        if !after.all().any(|seen| seen.telling) {
            return Silence::undecided("no caller could look at the object that was made");
        }
        let (field, owner) = (clean_name(self.field, 60), &self.owner.name);
        let because = format!("`{field}` changes nothing: {owner} is neither shown the object nor named in it");
        self.hold(&planted.answer, control, because)
    }

    /// Returns the silence where nothing was made.
    fn not_made(&self, answer: Option<&Answer>, because: String, control: &Created) -> Silence {
        match answer.and_then(|answer| Some((answer, refusal_sign(answer)?))) {
            Some((answer, sign)) => {
                let (intruder, owner) = (&self.intruder.name, &self.owner.name);
                self.hold(answer, control, format!("{intruder} is refused an object of {owner}'s: {sign}"))
            }
            None => Silence::undecided(because),
        }
    }

    fn hold(&self, attack: &Answer, control: &Created, because: String) -> Silence {
        self.lab.note(self.acting, &self.intruder.name, &self.owner.name, false, because.clone());
        Silence::held(&attack.exchange, &control.answer.exchange, because)
    }
}
