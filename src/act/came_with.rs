//! What came with something that the scan made: the organisation of a throw-away account, the lists of a household.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use serde_json::Value;

use super::identify::{id_value, rows_in};
use super::maker::Maker;
use crate::model::{Effect, Method, Operation, Place};
use crate::probe::{Ask, AskCaller, ReferenceTarget, SendError, Values, operation_url};
use crate::survey::{Object, Slot, id_slots, is_clear_success, is_me_word, resource_of_path, role_word, scalar_text};

/// Most lists that are asked for one kind.
const MAX_LISTS: usize = 3;

impl Maker<'_> {
    /// Returns the id of an object that a slot takes and that came with what the scan made for a caller; none where other
    /// callers are shown it too.
    ///
    /// # Errors
    /// As [`Probe::look_again`](crate::probe::Probe::look_again).
    pub(super) async fn came_with(&self, caller: &str, slot: &Slot) -> Result<Option<Value>, SendError> {
        for kind in &slot.resources {
            if let Some(value) = self.companion(caller, kind).await? {
                return Ok(Some(value));
            }
        }

        Ok(None)
    }

    async fn companion(&self, caller: &str, kind: &str) -> Result<Option<Value>, SendError> {
        let (key, made) = ((caller.to_owned(), kind.to_owned()), self.made().len());
        let known = self.companions.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        // What is not there yet may come with what is made later.
        if let Some((_, found)) = known.filter(|(at, found)| found.is_some() || *at == made) {
            return Ok(found);
        }

        let found = self.look_for_companion(caller, kind).await?;
        if let Some(text) = found.as_ref().and_then(scalar_text) {
            self.probe.learn_standing(&text, ReferenceTarget::Granted(kind));
        }

        self.companions.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (made, found.clone()));
        Ok(found)
    }

    async fn look_for_companion(&self, caller: &str, kind: &str) -> Result<Option<Value>, SendError> {
        for (operation, values) in self.lists_of_own(caller, kind).into_iter().take(MAX_LISTS) {
            let rows = self.ids_listed(operation, &values, caller, kind).await?;
            // Below an object of the scan's own everything is its own; beside an account only what no other is shown.
            let others =
                if values.is_empty() { self.listed_to_others(operation, caller, kind).await? } else { BTreeSet::new() };
            let is_own = |value: &&Value| scalar_text(value).is_some_and(|text| !others.contains(&text));
            if let Some(value) = rows.iter().find(is_own) {
                return Ok(Some(value.clone()));
            }
        }

        Ok(None)
    }

    /// Returns the reads that list a kind below objects which the scan made for a caller; those without parents, too, where
    /// the caller is a throw-away account.
    fn lists_of_own(&self, caller: &str, kind: &str) -> Vec<(&Operation, Values)> {
        let is_account = self.is_account(caller);
        let lists = self.api.operations.iter().filter(|operation| {
            let last = operation.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            operation.method == Method::Get
                && operation.effect == Effect::Reads
                && !last.contains('{')
                && !is_me_word(last)
                && role_word(&operation.path).is_none()
                && resource_of_path(&operation.path).as_deref() == Some(kind)
        });
        let below_own = |operation: &Operation| {
            let mut values = Values::new();

            for slot in id_slots(self.api, operation) {
                let value = self.own_value(caller, &slot)?;
                values.insert((slot.place, slot.name.clone()), value);
            }

            let has_parent = values.keys().any(|(place, _)| *place == Place::Path);
            (has_parent || is_account && values.is_empty()).then_some(values)
        };

        lists.filter_map(|operation| Some((operation, below_own(operation)?))).collect()
    }

    async fn listed_to_others(
        &self,
        operation: &Operation,
        caller: &str,
        kind: &str,
    ) -> Result<BTreeSet<String>, SendError> {
        let mut seen = BTreeSet::new();
        let others = self.probe.identities().iter().filter(|identity| identity.name != caller);

        for other in others.filter(|other| self.probe.sessions().get(&other.name).is_some()) {
            let rows = self.ids_listed(operation, &Values::new(), &other.name, kind).await?;
            seen.extend(rows.iter().filter_map(scalar_text));
        }

        Ok(seen)
    }

    async fn ids_listed(
        &self,
        operation: &Operation,
        values: &Values,
        caller: &str,
        kind: &str,
    ) -> Result<Vec<Value>, SendError> {
        let Ok(url) = operation_url(self.probe.base_url(), operation, values) else { return Ok(Vec::new()) };
        let answer = self.probe.look_again(&Ask::get(AskCaller::named(caller), url)).await?;
        let response = answer.response().filter(|response| is_clear_success(response));
        let json = response.and_then(|response| response.json.as_ref());
        let rows = json.map(|json| rows_in(json, kind)).unwrap_or_default();

        Ok(rows.into_iter().filter_map(|fields| id_value(&Object::of(kind, fields, BTreeMap::new()))).collect())
    }
}
