//! How an account looks to itself, on one route or several.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::lab::Lab;
use super::look::ObjectView;
use super::values::is_same_value;
use crate::act::{Persona, contains_marker, objects_in};
use crate::model::{Effect, Method, Operation, Place};
use crate::probe::{Answer, Ask, AskCaller, ReferenceTarget, SendError, Values, operation_url};
use crate::survey::{
    BARE_IDS, Object, Slot, ends_in_id, id_slots, is_clear_success, is_me_word, resource_of_name, role_word,
    scalar_text,
};

/// Most routes on which an account is looked at.
const MAX_MIRRORS: usize = 2;
/// Most routes that are tried for that.
const MAX_TRIES: usize = 4;

/// An account and what is known of it.
#[derive(Debug, Clone)]
pub struct AccountHolder {
    /// The name to call as.
    pub(crate) name: String,
    /// Who it is to the API.
    pub(crate) persona: Persona,
    /// Its fields, as far as they are known.
    pub(super) object: Object,
}

/// How something looks to its owner, on one route or several.
#[derive(Debug, Clone, Default)]
pub struct Mirrored {
    views: Vec<(Arc<Answer>, Map<String, Value>)>,
}

impl Mirrored {
    /// One view of an object.
    pub(crate) fn of(seen: ObjectView) -> Option<Self> {
        let object = seen.object?;
        Some(Self { views: vec![(seen.answer, object)] })
    }

    /// What an answer itself shows of the object that it made.
    pub(crate) fn of_answer(answer: &Arc<Answer>, marker: &str) -> Option<Self> {
        let json = answer.response()?.json.as_ref()?;
        let object = objects_in(json).find(|fields| contains_marker(fields, marker))?.clone();
        Some(Self { views: vec![(Arc::clone(answer), object)] })
    }

    /// A field's value, and the answer that shows it.
    pub(crate) fn value(&self, name: &str) -> Option<(&Value, &Arc<Answer>)> {
        self.views.iter().find_map(|(answer, object)| object.get(name).map(|value| (value, answer)))
    }

    /// Whether a field has a value.
    pub(crate) fn shows(&self, name: &str, value: &Value) -> bool {
        self.value(name).is_some_and(|(seen, _)| is_same_value(seen, value))
    }

    /// Whether a text stands anywhere in it.
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.answers().any(|answer| answer.response().is_some_and(|response| response.text.contains(text)))
    }

    /// The answers.
    pub(crate) fn answers(&self) -> impl Iterator<Item = &Arc<Answer>> {
        self.views.iter().map(|(answer, _)| answer)
    }

    /// All fields, those of the first route first.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        let mut all = Map::new();
        for (name, value) in self.views.iter().flat_map(|(_, object)| object) {
            all.entry(name.clone()).or_insert_with(|| value.clone());
        }
        all
    }
}

impl<'a> Lab<'a> {
    /// Returns how an account looks to itself now; `None` where no route shows it.
    pub(crate) async fn mirror(&self, who: &AccountHolder) -> Result<Option<Mirrored>, SendError> {
        let (found, _) = self.ask_mirrors(who).await?;
        Ok((!found.views.is_empty()).then_some(found))
    }

    /// Asks the routes that may show an account to itself; with the last answer that did not.
    pub(super) async fn ask_mirrors(&self, who: &AccountHolder) -> Result<(Mirrored, Option<Arc<Answer>>), SendError> {
        let mut found = Mirrored::default();
        let mut other = None;

        for operation in self.mirrors().into_iter().take(MAX_TRIES) {
            if found.views.len() >= MAX_MIRRORS {
                break;
            }
            let Some(url) = self
                .account_values(operation, who)
                .and_then(|values| operation_url(self.maker.probe.base_url(), operation, &values).ok())
            else {
                continue;
            };
            let answer = self.maker.probe.look_again(&Ask::get(AskCaller::named(&who.name), url)).await?;
            let own = answer
                .response()
                .filter(|response| is_clear_success(response))
                .and_then(|response| response.json.as_ref())
                .and_then(|json| objects_in(json).find(|fields| contains_marker(fields, &who.persona.username)))
                .cloned();
            match own {
                Some(own) => {
                    self.claim(&own);
                    found.views.push((answer, own));
                }
                None => other = Some(answer),
            }
        }

        Ok((found, other))
    }

    /// Lets the guard of writes know by what a throw-away account may be named: its own view says so.
    fn claim(&self, own: &Map<String, Value>) {
        let ids = own.iter().filter(|(name, _)| BARE_IDS.contains(&name.as_str()) || ends_in_id(name));
        // The id of another kind in the view, such as a team's, is not the account's to write to.
        let ids = ids.filter(|(name, _)| resource_of_name(name).is_none_or(|kind| self.is_people(&kind)));
        let values = ids.filter_map(|(_, value)| scalar_text(value));
        values.for_each(|value| self.maker.probe.learn_standing(&value, ReferenceTarget::Account));
    }

    /// Reads that may show a caller its own account, those about the caller first.
    fn mirrors(&self) -> Vec<&'a Operation> {
        let mut found: Vec<&Operation> = self
            .maker
            .api
            .operations
            .iter()
            .filter(|operation| operation.method == Method::Get && operation.effect == Effect::Reads)
            .filter(|operation| role_word(&operation.path).is_none())
            .filter(|operation| self.is_of_account(&operation.path, &id_slots(self.maker.api, operation)))
            .collect();
        // A path without a slot needs no id, which an account may not know of itself.
        found.sort_by_key(|operation| (operation.path.contains('{'), !operation.requires_sign_in()));
        found
    }

    /// The values of an operation on an account: its own id.
    pub(super) fn account_values(&self, operation: &Operation, who: &AccountHolder) -> Option<Values> {
        let mut values = Values::new();
        for slot in id_slots(self.maker.api, operation) {
            values.insert((slot.place, slot.name.clone()), who.object.slot_value(&slot)?.clone());
        }
        Some(values)
    }

    /// Paths of the caller's own account, or of one user by its id: `/me`, `/users/me`, `/me/settings`, `/users/{id}`.
    pub(super) fn is_of_account(&self, path: &str, slots: &[Slot]) -> bool {
        let mut parts = path.trim_end_matches('/').rsplit('/');
        let (last, before) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());

        match slots {
            [] if last.starts_with('{') => false,
            [] => {
                is_me_word(last)
                    || is_me_word(before) && matches!(last, "settings" | "details" | "info" | "preferences" | "profile")
            }
            [slot] => {
                slot.place == Place::Path
                    && last.starts_with('{')
                    && slot.resources.iter().any(|resource| self.is_people(resource))
            }
            _ => false,
        }
    }

    /// Whether the objects of a resource are accounts: users, or what the sign-up makes. The accounts of a bank are not.
    pub(crate) fn is_people(&self, resource: &str) -> bool {
        let signed_up = self.accounts.made.iter().filter_map(|account| self.maker.acting.get(account.sign_up));
        resource == "user" || signed_up.filter_map(|acting| acting.resource.as_deref()).any(|made| made == resource)
    }
}
