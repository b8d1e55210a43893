//! What a new object refers to: the caller's own objects, or the common stock where nothing there can change by it.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use serde_json::Value;

use super::account_undo::is_people;
use super::bodies::{self, Body, Reference, set_at_pointer};
use super::further::{escape_pointer_step, inner_object, locate_inner_object};
use super::identify::{id_value, rows_in};
use super::kinds::{ActKind, Acting, makes_accounts};
use super::make_fault::MakeFault;
use super::maker::Maker;
use super::unusual::Unusual;
use crate::model::{Effect, Method, Operation, Place, clean_text};
use crate::probe::{Ask, AskCaller, ReferenceTarget, SendError, Values, operation_url};
use crate::spec::Samples;
use crate::survey::{
    Object, Slot, id_slots, is_me_word, is_strong_owner_name, resource_of_name, resource_of_path, role_word,
    scalar_text, session_facts, split_words,
};

impl Maker<'_> {
    /// Values of the path, and what they say of the parents.
    pub(super) async fn parents(&self, acting: &Acting, caller: &str) -> Result<(Values, Object), MakeFault> {
        let mut values: Values = Samples::new(self.api, 1).required(&acting.operation);
        let mut context = Object { resource: acting.resource.clone().unwrap_or_default(), ..Object::default() };

        for slot in &acting.slots {
            let own = self.own_value(caller, slot);
            // `/users/{id}/addresses`: the caller is a user of its own.
            let is_person = slot.resources.iter().any(|resource| is_people(resource));
            let own = own.or_else(|| is_person.then(|| self.own_fact(caller, &slot.name)).flatten().map(Value::String));

            // What is made below something becomes a part of it: that must be the caller's own.
            let own = own.or_else(|| self.granted(caller, slot)).or_else(|| self.held(caller, slot));
            let own = match own {
                None => self.came_with(caller, slot).await?,
                own => own,
            };

            let Some(value) = own else {
                let kind = slot.resources.first().map_or("parent", String::as_str);
                return Err(MakeFault::Told(format!(
                    "needs a {kind} of {caller}'s own to be made in, and there is none"
                )));
            };

            for resource in &slot.resources {
                context.context.insert(resource.clone(), value.clone());
            }

            values.insert((slot.place, slot.name.clone()), value);
        }

        Ok((values, context))
    }

    /// An object that the user says is the caller's, and that the scan may write to.
    fn granted(&self, caller: &str, slot: &Slot) -> Option<Value> {
        let identity = self.probe.identities().iter().find(|identity| identity.name == caller)?;
        let may = identity.consent.covers_what_was_there();
        let fits = |parameter: &&String| {
            **parameter == slot.name || resource_of_name(parameter).is_some_and(|kind| slot.resources.contains(&kind))
        };

        let owned = identity.owns.iter().filter(|_| may).find(|(parameter, _)| fits(parameter));
        // The configuration has ids as texts, and validators want a number where one belongs.
        owned.and_then(|(_, ids)| ids.first()).map(|id| match id.parse::<u64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(id.clone()),
        })
    }

    /// Puts ids of the caller's own objects, or of the common stock, where the body refers to something; fields that are unusual
    /// on purpose stay as they are.
    pub(super) async fn refer(
        &self,
        acting: &Acting,
        (caller, how): (&str, &Unusual),
        body: &mut Body,
    ) -> Result<(), MakeFault> {
        self.refer_to_people((caller, how), body)?;
        let (at, _) = locate_inner_object(&body.value);
        let is_set = |pointer: &str| pointer.rsplit('/').next().is_some_and(|name| how.fields.contains_key(name));
        let references = self.references(acting, &body.value).into_iter();

        for reference in references.filter(|reference| !is_set(&reference.pointer)) {
            let own = self
                .made()
                .into_iter()
                .rev()
                .find(|created| created.caller == caller && created.object.resource == reference.resource);
            let name = reference.pointer.rsplit('/').find(|part| part.parse::<usize>().is_err());
            // `notebookSlug` wants the slug, whatever else the object is known by.
            let slot = Slot {
                place: Place::Query,
                name: name.unwrap_or_default().to_owned(),
                resources: vec![reference.resource.clone()],
            };

            let own = own.map(|created| {
                let named = created.object.slot_value(&slot).cloned().or_else(|| id_value(&created.object));
                named.unwrap_or(Value::String(created.id))
            });

            let value = match own.or_else(|| self.held(caller, &slot)) {
                Some(own) => Ok(own),
                None if self.is_made_in(acting, &reference.resource) => Err(MakeFault::Lacks(format!(
                    "needs a {} of {caller}'s own to be made in, and there is none",
                    clean_text(&reference.resource, 40)
                ))),
                None => self.of_stock(caller, std::slice::from_ref(&reference.resource)).await,
            };

            match value {
                Ok(value) => set_at_pointer(&mut body.value, &reference.pointer, value),
                // A reference that may be missing is left out rather than guessed.
                Err(MakeFault::Lacks(_)) if !reference.required => {
                    let place = reference.pointer.strip_prefix(&at).unwrap_or(&reference.pointer);
                    let name = place.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();

                    if let Some(members) = inner_object(&mut body.value) {
                        members.shift_remove(&name);
                    }
                }

                Err(fault) => return Err(fault),
            }
        }

        Ok(())
    }

    /// Puts what stands for the caller where the body names a person.
    fn refer_to_people(&self, (caller, how): (&str, &Unusual), body: &mut Body) -> Result<(), MakeFault> {
        let is_set = |name: &String| how.fields.contains_key(name);
        let (at, members) = locate_inner_object(&body.value);
        // A person's field that is filled wrongly hands the object to another user.
        let named = bodies::person_fields(&Value::Object(members)).into_iter().filter(|field| !is_set(field));
        // The customer of an invoice is a thing of the API where customers are made, and no user.
        for field in named.filter(|field| self.thing_named(field).is_none()) {
            let Some(own) = self.own_fact(caller, &field) else {
                return Err(MakeFault::Lacks(format!(
                    "needs a `{}`, and {caller}'s own is not known",
                    clean_text(&field, 40)
                )));
            };

            set_at_pointer(&mut body.value, &format!("{at}/{}", escape_pointer_step(&field)), Value::String(own));
        }

        Ok(())
    }

    /// Returns the references of a body: what its fields name, and not whose it is.
    pub fn references(&self, acting: &Acting, body: &Value) -> Vec<Reference> {
        let (at, members) = locate_inner_object(body);
        let declared = acting.fields(self.api);
        let things = bodies::person_fields(&Value::Object(members)).into_iter().filter_map(|field| {
            let required = declared.iter().any(|known| known.name == field && known.required);
            let pointer = format!("{at}/{}", escape_pointer_step(&field));
            Some(Reference { pointer, resource: self.thing_named(&field)?, required })
        });
        bodies::find_references(self.api, acting, &self.kinds, body).into_iter().chain(things).collect()
    }

    /// Returns the kind that a field names, where operations of the API make such things, and not as accounts.
    pub fn thing_named(&self, field: &str) -> Option<String> {
        let kind = resource_of_name(field).filter(|kind| !matches!(kind.as_str(), "user" | "account" | "person"))?;
        let makes = |acting: &Acting| {
            acting.kind == ActKind::Create
                && acting.resource.as_ref() == Some(&kind)
                && !makes_accounts(self.api, acting)
        };

        self.acting.iter().any(makes).then_some(kind)
    }

    /// Whether the document has what an operation makes below such a parent (`/projects/{id}/tasks`): then it becomes a part
    /// of the one that its body names, too.
    fn is_made_in(&self, acting: &Acting, parent: &str) -> bool {
        let is_below = |operation: &Operation| {
            let holds = |slot: &Slot| slot.place == Place::Path && slot.resources.iter().any(|kind| kind == parent);
            id_slots(self.api, operation).iter().any(holds)
                && resource_of_path(&operation.path).is_some_and(|kind| Some(&kind) == acting.resource.as_ref())
        };

        acting.resource.as_deref() != Some(parent) && self.api.operations.iter().any(is_below)
    }

    /// The number, name or address that stands for a caller in a field that names an owner.
    fn own_fact(&self, caller: &str, field: &str) -> Option<String> {
        let session = self.probe.sessions().get(caller).map(|session| session_facts(&session)).unwrap_or_default();
        let told = self.facts.iter().filter(|(name, ..)| name == caller);
        let mut facts: Vec<(String, String)> = told.map(|(_, key, value)| (key.clone(), value.clone())).collect();
        facts.extend(session);
        let joined = |name: &str| split_words(name).join("");
        let field = joined(field);
        let is_address = |value: &str| value.contains('@');
        let key = |wanted: &[&str]| {
            let found = wanted.iter().find_map(|wanted| facts.iter().find(|(key, _)| joined(key) == *wanted));
            found.map(|(_, value)| value.clone())
        };

        if field.ends_with("email") || field.ends_with("mail") {
            return facts.iter().map(|(_, value)| value).find(|value| is_address(value)).cloned();
        }

        if field.ends_with("name") || field.ends_with("login") || field.ends_with("handle") {
            return key(&["username", "login", "handle", "preferredusername"]);
        }

        let own = facts.iter().find(|(key, _)| joined(key) == field).map(|(_, value)| value.clone());
        // A user name comes last, for APIs that know their users by no id.
        own.or_else(|| key(&["userid", "id", "uid", "uuid", "accountid", "sub", "username"]))
    }

    /// The id of an object of the common stock: one that a list shows, that names no owner, and that counts nothing which
    /// a reference to it could change.
    async fn of_stock(&self, caller: &str, resources: &[String]) -> Result<Value, MakeFault> {
        let mut because = format!(
            "needs a {}, and none of {caller}'s own is known",
            resources.first().map_or("parent", String::as_str)
        );

        for resource in resources {
            let key = (caller.to_owned(), resource.clone());
            let known = self.stock.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
            let found = match known {
                Some(found) => found,
                None => {
                    let found = self.look_in_stock(caller, resource).await?;
                    self.stock.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
                    found
                }
            };

            match found {
                Ok(value) => return Ok(value),
                Err(told) if !told.is_empty() => because = told,
                Err(_) => {}
            }
        }

        Err(MakeFault::Lacks(because))
    }

    async fn look_in_stock(&self, caller: &str, resource: &str) -> Result<Result<Value, String>, SendError> {
        let reads = |operation: &&Operation| {
            operation.method == Method::Get
                && operation.effect == Effect::Reads
                && !operation.path.contains('{')
                && resource_of_path(&operation.path).as_deref() == Some(resource)
                && !operation.path.rsplit('/').next().is_some_and(is_me_word)
                && role_word(&operation.path).is_none()
        };

        let Some(operation) = self.api.operations.iter().find(reads) else { return Ok(Err(String::new())) };
        let Ok(url) = operation_url(self.probe.base_url(), operation, &Values::new()) else {
            return Ok(Err(String::new()));
        };

        let answer = self.probe.look_again(&Ask::get(AskCaller::Identity(caller.to_owned()), url)).await?;
        let Some(json) =
            answer.response().filter(|response| response.is_success()).and_then(|response| response.json.as_ref())
        else {
            return Ok(Err(String::new()));
        };

        let mut told = String::new();

        // What stands in a row (who made it) is of another kind, and its id another kind's.
        for fields in rows_in(json, resource) {
            let object = Object::of(resource, fields, BTreeMap::new());
            let Some(id) = id_value(&object) else { continue };

            // A row with an owner may be another user's private object.
            if fields.keys().any(|name| is_strong_owner_name(name)) {
                continue;
            }

            // A reference may take one from a counter, which other users would see.
            if let Some(counter) =
                fields.iter().find(|(name, value)| value.is_number() && names_count(name)).map(|(name, _)| name)
            {
                told = format!("needs a {resource}, whose `{}` the new object might change", clean_text(counter, 40));
                continue;
            }

            if let Some(text) = scalar_text(&id) {
                self.probe.learn_standing(&text, ReferenceTarget::Common(resource));
            }

            return Ok(Ok(id));
        }

        Ok(Err(told))
    }
}

/// Fields that count something which other objects change.
fn names_count(name: &str) -> bool {
    split_words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "stock"
                | "quantity"
                | "qty"
                | "available"
                | "availability"
                | "remaining"
                | "left"
                | "balance"
                | "credit"
                | "credits"
                | "count"
                | "seats"
                | "inventory"
                | "sold"
                | "views"
                | "likes"
                | "votes"
                | "rating"
                | "score"
                | "average"
                | "total"
                | "uses"
                | "usage"
                | "orders"
                | "reviews"
                | "members"
                | "participants"
        )
    })
}
