//! What is written to, what names it in a request, and how its owner looks at it.

use serde_json::{Map, Value};

use super::lab::Lab;
use super::look::{ObjectView, is_telling};
use super::mirror::Mirrored;
use super::values::{list_behind, value_like};
use crate::act::{Acting, Body, Created, Spare, objects_in};
use crate::model::{Place, clean_name};
use crate::probe::{Ask, AskCaller, SendError, Values};
use crate::spec::Samples;
use crate::survey::{Person, Slot, is_clear_success, is_me_word, scalar_text};

/// What is written to.
#[derive(Debug, Clone)]
pub enum Subject<'a> {
    /// An object that the scan made.
    Object(Box<Created>),
    /// An account that may be spoilt, a throw-away one or one that is marked as disposable: what names it, and how it and the
    /// intruder look at themselves.
    Account {
        /// What names it.
        value: Value,
        /// Whose it is.
        owner: &'a Person,
        /// How its owner looks at itself.
        theirs: Box<Ask>,
        /// How the intruder looks at itself.
        mine: Box<Ask>,
    },
    /// A spare account, made for the purpose.
    Spare(Box<Spare>),
}

/// A field of the request that names what is written to, where the path does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// The objects that it may name, as a slot of the path would.
    pub slot: Slot,
    /// It is a parameter of the query, and no field of the body.
    pub in_query: bool,
    /// The body is refused without it.
    pub required: bool,
    /// It takes several at once.
    pub list: Option<ListNaming>,
}

/// A field that takes the ids of several objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListNaming {
    /// Its name: `ids`.
    pub field: String,
    /// What is the attacker's own, and stands before the other's.
    pub beside: Option<Value>,
}

impl Naming {
    /// Returns where the weakness is.
    pub fn site(&self) -> String {
        let name = clean_name(self.field(), 60);
        if self.in_query { format!("query:{name}") } else { format!("body:/{name}") }
    }

    /// Returns the name of the field.
    pub fn field(&self) -> &str {
        self.list.as_ref().map_or(&self.slot.name, |list| &list.field)
    }

    /// Returns what the field holds, in the JSON type that its sample has; an attacker's own stands before the other's.
    fn value(&self, theirs: &Value, sample: Option<&Value>, by_attacker: bool) -> Value {
        match &self.list {
            Some(list) => list_behind(list.beside.as_ref().filter(|_| by_attacker), theirs, sample),
            None => value_like(theirs, sample),
        }
    }

    /// Puts the name of a subject into a request.
    pub(super) fn put(
        &self,
        (lab, acting): (&Lab<'_>, &Acting),
        theirs: &Value,
        by_attacker: bool,
        body: &mut Option<Body>,
    ) -> Values {
        let mut values: Values = Samples::new(lab.maker.api, 1).required(&acting.operation);
        if self.in_query {
            values.insert((Place::Query, self.slot.name.clone()), theirs.clone());
        } else if let Some(members) = body.as_mut().and_then(|body| body.value.as_object_mut()) {
            let value = self.value(theirs, members.get(self.field()), by_attacker);
            members.insert(self.field().to_owned(), value);
        }

        values
    }
}

impl<'a> Subject<'a> {
    /// Returns the account of an owner, where both can look at themselves.
    pub(crate) fn account(lab: &Lab<'_>, owner: &'a Person, intruder: &Person, value: Option<Value>) -> Option<Self> {
        let about_me = lab.survey.operations.iter().filter(|surveyed| {
            let last = surveyed.operation.path.rsplit('/').find(|part| !part.is_empty());
            surveyed.slots.is_empty() && last.is_some_and(is_me_word)
        });
        let views = about_me.filter_map(|surveyed| {
            Some((surveyed.valid_of(&owner.name)?.ask(), surveyed.valid_of(&intruder.name)?.ask()))
        });
        let (theirs, mine) = views.into_iter().next()?;
        Some(Self::Account { value: value?, owner, theirs: Box::new(theirs), mine: Box::new(mine) })
    }

    /// Returns the object, where it is one.
    pub fn object(&self) -> Option<&Created> {
        match self {
            Self::Object(created) => Some(created),
            Self::Account { .. } | Self::Spare(_) => None,
        }
    }

    /// Returns what names it in a field.
    pub(crate) fn value(&self, slot: &Slot) -> Option<Value> {
        match self {
            Self::Object(created) => created.object.slot_value(slot).cloned(),
            Self::Account { value, .. } => Some(value.clone()),
            Self::Spare(_) => None,
        }
    }

    /// Returns what its owner sees of it now; `None` where no route shows it.
    pub(crate) async fn view(&self, lab: &Lab<'_>, owner: &str) -> Result<Option<ObjectView>, SendError> {
        match self {
            Self::Object(created) => lab.view(owner, created).await,
            Self::Account { theirs, owner, .. } => look_at_self(lab, theirs, owner).await.map(Some),
            Self::Spare(spare) => lab.look_in_mirrors(&lab.who_spare(spare)).await,
        }
    }

    /// Returns what the intruder sees of its own thing of the kind.
    pub(crate) async fn counterpart(&self, lab: &Lab<'_>, intruder: &str) -> Result<Option<ObjectView>, SendError> {
        match self {
            Self::Object(created) => {
                let own = |other: &Created| other.producer == created.producer && other.caller == intruder;
                match lab.maker.made().into_iter().rev().find(own) {
                    Some(own) => lab.view(intruder, &own).await,
                    None => Ok(None),
                }
            }
            Self::Account { mine, .. } => match lab.survey.people.get(intruder) {
                Some(person) => look_at_self(lab, mine, person).await.map(Some),
                None => Ok(None),
            },
            Self::Spare(_) => Ok(None),
        }
    }

    /// Returns it in words: `note 17, which bob made`.
    pub(crate) fn describe(&self, owner: &str) -> String {
        match self {
            Self::Object(created) => describe_made(created, owner),
            _ => format!("the account of {owner}"),
        }
    }
}

/// Returns an object in words: `note 17, which bob made`.
pub(super) fn describe_made(created: &Created, owner: &str) -> String {
    let (kind, id) = (clean_name(&created.object.resource, 40), clean_name(&created.id, 60));
    format!("{kind} {id}, which {owner} made")
}

impl ObjectView {
    /// Returns one view of what several routes show.
    fn of_mirror(mirrored: &Mirrored) -> Option<Self> {
        let answer = mirrored.answers().next().cloned()?;
        Some(Self { answer, object: Some(mirrored.fields()), telling: true })
    }
}

impl Lab<'_> {
    /// Returns how an account looks to itself; without the object where no route shows it any more.
    async fn look_in_mirrors(&self, who: &super::AccountHolder) -> Result<Option<ObjectView>, SendError> {
        let (mirrored, last) = self.ask_mirrors(who).await?;
        Ok(ObjectView::of_mirror(&mirrored).or_else(|| {
            let answer = last?;
            let telling = is_telling(&answer);
            Some(ObjectView { answer, object: None, telling })
        }))
    }
}

/// Returns the caller's own account in an answer about itself: the object that says who it is.
async fn look_at_self(lab: &Lab<'_>, ask: &Ask, person: &Person) -> Result<ObjectView, SendError> {
    let ask = Ask { caller: AskCaller::named(&person.name), ..ask.clone() };
    let answer = lab.maker.probe.look_again(&ask).await?;
    let response = answer.response();
    let telling = is_telling(&answer);
    let json = response.filter(|response| is_clear_success(response)).and_then(|response| response.json.as_ref());
    let is_self = |fields: &&Map<String, Value>| {
        fields.values().filter_map(scalar_text).any(|text| person.facts.contains(&text.to_lowercase()))
    };
    let object = json.and_then(|json| objects_in(json).find(is_self)).cloned();
    Ok(ObjectView { answer, object, telling })
}
