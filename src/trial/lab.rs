//! What trials work with: objects and accounts of the scan's own, and who tries whose.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde_json::Value;

use super::access::ObservedAccess;
use super::promptness::Promptness;
use super::send::WriteRequest;
use crate::access::FactTable;
use crate::act::{Account, Accounts, ActKind, Acting, Created, FieldChange, Maker, SpareMaker};
use crate::act::{
    LET_STAY, address_id, change_one_field, is_item_of, item_operations, new_marker, objects_in, values_for,
};
use crate::model::{Method, Operation, Place, Silence};
use crate::probe::{Answer, SendError, Values};
use crate::survey::{Object, Person, Principals, Slot, Survey, is_clear_success, scalar_text};

/// What trials work with.
#[derive(Debug)]
pub struct Lab<'a> {
    /// What was learnt before.
    pub survey: &'a Survey,
    /// Makes objects.
    pub maker: &'a Maker<'a>,
    /// The throw-away accounts.
    pub accounts: &'a Accounts,
    /// Makes spare accounts, for what may spoil an account.
    pub spares: SpareMaker<'a>,
    /// Who reached what, for the judgement of all claims.
    pub(super) facts: &'a FactTable,
    /// Held only to add or read.
    pub(super) accesses: Mutex<Vec<ObservedAccess>>,
    /// Spare accounts that act in place of callers whose account a trial has spoilt; held only to add or read.
    pub(super) stand_ins: Mutex<BTreeMap<String, Option<String>>>,
    /// How soon writes have shown.
    pub(super) promptness: Promptness,
    /// Creating operations whose things were shown within their parents, by index; held only to add or read.
    pub(super) shown_within: Mutex<BTreeSet<usize>>,
}

impl<'a> Lab<'a> {
    /// Returns a lab in which nothing was tried yet.
    pub fn new(survey: &'a Survey, maker: &'a Maker<'a>, accounts: &'a Accounts, facts: &'a FactTable) -> Self {
        let spares = SpareMaker::new(maker.api, maker.probe, maker.acting);
        let (accesses, stand_ins, promptness, shown_within) = Default::default();
        Self { survey, maker, accounts, spares, facts, accesses, stand_ins, promptness, shown_within }
    }

    /// Returns signed-in callers of one rank, as intruder and owner; strangers to each other first. A caller whose account
    /// was spoilt owns nothing any more.
    pub(crate) fn pairs(&self) -> Vec<(&'a Person, &'a Person)> {
        let mut pairs = self.survey.people.peer_pairs();
        pairs.retain(|(intruder, owner)| self.can_act(&intruder.name) && !self.is_spoilt(&owner.name));
        pairs
    }

    /// Returns what is known of how the API names its callers.
    pub(crate) fn principals(&self) -> Principals<'_> {
        Principals { survey: self.survey, sessions: self.maker.probe.sessions() }
    }

    /// Returns the throw-away account of an identity, where it is one.
    pub(crate) fn account(&self, name: &str) -> Option<&'a Account> {
        self.accounts.made.iter().find(|account| account.name == name)
    }

    /// Whether the account of an identity may be changed: a throw-away one, or one that the user gave for it.
    pub(crate) fn may_spoil(&self, name: &str) -> bool {
        let identities = self.maker.probe.identities();
        let is_given = || identities.iter().any(|known| known.name == name && known.consent.is_disposable());
        // Beside throw-away accounts those of the user stay as they are.
        self.account(name).is_some() || self.accounts.made.is_empty() && is_given()
    }

    /// Returns the latest object of a caller that an operation's last slot takes, with the values of its path.
    pub(crate) fn target(&self, acting: &Acting, owner: &str) -> Option<(Created, Values)> {
        self.maker.made().into_iter().rev().filter(|created| created.caller == owner).find_map(|created| {
            let values = self.values(&acting.operation, &created)?;
            let fits =
                self.producer(&created).is_some_and(|producer| is_item_of(self.maker.api, producer, &acting.operation))
                    || is_below_item(acting, &created);
            fits.then_some((created, values))
        })
    }

    /// Returns why there is nothing to write to, and what would change that.
    pub(crate) fn no_target(&self, acting: &Acting, has_pair: bool) -> Silence {
        if !has_pair {
            let more = if self.accounts.made.is_empty() { ", or scan with --auto-accounts" } else { "" };
            return Silence::not_tried("needs two signed-in identities of the same role")
                .with_help(format!("add two identities of the same role to routewarden.toml{more}"));
        }
        let of_kind = |other: &&Acting| {
            other.kind == ActKind::Create && other.resource.is_some() && other.resource == acting.resource
        };
        let id = &acting.operation.id;
        let help = match self.maker.acting.iter().find(of_kind) {
            Some(producer) => {
                format!("let a caller make an object by {}, so that {id} may be tried on it", producer.operation.id)
            }
            None => format!("describe a POST that makes such objects, so that {id} may be tried on one"),
        };

        // Where accounts are the user's own, one of their objects may serve as well.
        let configured = self.maker.probe.identities().iter().filter(|known| self.account(&known.name).is_none());
        let slot = acting.slots.last().filter(|slot| acting.kind == ActKind::Update && slot.names_object());
        let slot = slot.filter(|_| configured.clone().next().is_some());
        let is_given = configured.clone().any(|known| known.consent.covers_what_was_there() && !known.owns.is_empty());
        let help = match slot.filter(|_| !is_given) {
            Some(Slot { name, .. }) => {
                let own = format!("`owns = {{ {name} = [\"<id>\"] }}`");
                format!("{help}; or name one by {own} under an identity with `writes = \"own\"`: it is put back")
            }
            None => help,
        };

        let Some(fault) = self.maker.why_not(acting.resource.as_deref()) else {
            return Silence::not_tried("no operation of the document makes an object of this kind").with_help(help);
        };
        let help = if fault.lacks_consent { LET_STAY.to_owned() } else { help };
        Silence::not_tried(fault.in_words()).with_help(help)
    }

    /// Returns the creating operation of an object.
    pub(crate) fn producer(&self, created: &Created) -> Option<&'a Acting> {
        self.maker.acting.get(created.producer)
    }

    /// Returns the values of an operation's path for an object.
    pub(crate) fn values(&self, operation: &Operation, created: &Created) -> Option<Values> {
        values_for(self.maker.api, operation, &created.object, &created.values)
    }

    /// Makes one more object of the same kind for the same caller; of what stays, one is taken that an earlier trial left.
    pub(crate) async fn fresh(&self, created: &Created) -> Result<Option<Created>, SendError> {
        let made = self.maker.make(created.producer, &created.caller).await?;
        Ok(made.or_else(|| self.maker.another(created)))
    }

    /// Returns a body that changes a field of an object to a value that it did not have.
    pub(crate) fn change(
        &self,
        acting: &Acting,
        present: &BTreeMap<String, Value>,
        avoid: &[Value],
    ) -> Option<FieldChange> {
        change_one_field(self.maker.api, acting, present, &new_marker(), avoid)
    }

    /// Removes an object as a caller that became its owner; its maker may no longer be able to.
    pub(crate) async fn remove_as(&self, caller: &str, created: &Created) -> Result<(), SendError> {
        let Some(producer) = self.producer(created) else { return Ok(()) };
        let mut items = item_operations(self.maker.api, producer, Method::Delete).into_iter();
        let found = items.find_map(|operation| {
            let acting = self.maker.acting.iter().find(|acting| acting.operation.id == operation.id)?;
            Some((acting, self.values(operation, created)?)).filter(|(acting, _)| acting.left_alone.is_none())
        });
        let Some((acting, values)) = found else { return Ok(()) };

        // After a reset another row may stand at its address.
        if self.view(caller, created).await?.is_none_or(|seen| seen.object.is_none()) {
            return Ok(());
        }
        let url = self.url(acting, &values)?;
        let written = self.send(WriteRequest::plain(acting, self.caller(caller), url)).await?;

        if written.answer.response().is_some_and(is_clear_success) {
            self.note_removal(created);
        }
        Ok(())
    }

    /// Leaves an object that a trial removed out of what checks are given. The undoing looks once more whether it is gone.
    pub(super) fn forget_removed(&self, created: &Created) {
        self.maker.forget(created);
        self.note_removal(created);
    }

    /// Keeps the ids that an answer gives an object which was just written to: an update may change what it is called by.
    pub(super) fn learn_ids(&self, created: &Created, answer: &Answer) {
        let (Some(journal), Some(producer)) = (self.maker.probe.journal(), self.producer(created)) else { return };
        let Some(response) = answer.response().filter(|response| is_clear_success(response)) else { return };
        let others = self.maker.made();
        // The answer may be a list that shows other objects of the scan with their marks.
        let is_another = |id: &String| others.iter().any(|other| other.entry != created.entry && other.id == *id);
        let marked = |fields: &&serde_json::Map<String, Value>| {
            fields.values().filter_map(Value::as_str).any(|text| journal.is_marked(text))
        };
        let id = response.json.iter().flat_map(objects_in).filter(marked).find_map(|fields| {
            let object = Object::of(&created.object.resource, fields, BTreeMap::new());
            address_id(self.maker.api, producer, &object).and_then(|id| scalar_text(&id))
        });
        if let Some(id) = id.filter(|id| *id != created.id && !is_another(id)) {
            journal.known_as(created.entry, &id);
        }
    }

    fn note_removal(&self, created: &Created) {
        if let Some(journal) = self.maker.probe.journal() {
            journal.sent(created.entry);
        }
    }
}

/// Whether an operation acts on a created object through a path that goes on behind its id: `/notes/{id}/archive`.
fn is_below_item(acting: &Acting, created: &Created) -> bool {
    acting
        .slots
        .last()
        .is_some_and(|slot| slot.place == Place::Path && slot.resources.contains(&created.object.resource))
}
