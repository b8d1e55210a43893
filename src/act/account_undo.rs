//! How a throw-away account is removed again: by a route of its own, or by its own id.

use std::collections::BTreeMap;

use serde_json::Value;

use super::accounts::{Account, AccountMaker};
use super::identify::{carries, id_value, objects_in};
use super::kinds::Kind;
use crate::model::{Effect, Method, Place};
use crate::probe::{Answer, Ask, Caller, ID_PLACE, Probe, SendError, Undo, Values, operation_url};
use crate::survey::{Object, is_me_word, role_word, scalar_text};

impl AccountMaker<'_> {
    /// How the account can be removed again: by whoever made it, by a route of its own, or by its own id.
    pub(super) async fn learn_undo(&self, probe: &Probe, account: &Account) -> Result<(), SendError> {
        if let Some(admin) = &account.made_by {
            return self.learn_removal(probe, account, admin).await;
        }
        let Some(journal) = probe.journal() else { return Ok(()) };
        let mut shown: Vec<Object> = Vec::new();
        let mut look: Option<String> = None;
        let collect = |answer: &Answer, shown: &mut Vec<Object>| {
            let json =
                answer.response().filter(|response| response.is_success()).and_then(|response| response.json.as_ref());
            let own = json.into_iter().flat_map(objects_in).filter(|fields| carries(fields, &account.persona.username));
            shown.extend(own.map(|fields| Object::of("user", fields, BTreeMap::new())));
        };
        collect(&account.answer, &mut shown);
        for url in self.witnesses(probe).into_iter().take(2) {
            let is_me = url.path_segments().and_then(|mut parts| parts.next_back()).is_some_and(is_me_word);
            if is_me {
                let answer = probe.look_again(&Ask::get(Caller::Identity(account.name.clone()), url.clone())).await?;
                collect(&answer, &mut shown);
                look.get_or_insert(url.to_string());
            }
        }
        let removals = self.acting.iter().filter(|acting| {
            acting.kind == Kind::Delete && acting.left_alone.is_none() && role_word(&acting.operation.path).is_none()
        });
        for acting in removals {
            let last = acting.operation.path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
            if acting.slots.is_empty() && is_me_word(last) {
                let Ok(url) = operation_url(probe.base_url(), &acting.operation, &Values::new()) else { continue };
                let undo = Undo { method: "DELETE".to_owned(), url: url.to_string(), look: look.clone(), list: None };
                journal.made(account.entry, Some(known_as(account, &shown)), Some(undo));
                return Ok(());
            }
            let [slot] = acting.slots.as_slice() else { continue };
            let people = slot.resources.iter().any(|resource| is_people(resource));
            let id = shown.iter().find_map(|object| object.slot_value(slot)).and_then(scalar_text);
            let (true, Some(id)) = (people && super::kinds::ends_in_slot(&acting.operation.path), id) else { continue };
            let values = Values::from([((Place::Path, slot.name.clone()), Value::String(ID_PLACE.to_owned()))]);
            let Ok(url) = operation_url(probe.base_url(), &acting.operation, &values) else { continue };
            let undo = Undo { method: "DELETE".to_owned(), url: url.to_string(), look, list: None };
            journal.made(account.entry, Some(id), Some(undo));
            return Ok(());
        }
        journal.made(account.entry, Some(known_as(account, &shown)), None);
        Ok(())
    }

    /// Reads without ids that likely need a session: those about the caller first.
    pub(super) fn witnesses(&self, probe: &Probe) -> Vec<url::Url> {
        let mut found: Vec<_> = self
            .api
            .operations
            .iter()
            .filter(|operation| {
                operation.method == Method::Get && operation.effect == Effect::Reads && !operation.path.contains('{')
            })
            .filter(|operation| role_word(&operation.path).is_none())
            .filter(|operation| !operation.parameters.iter().any(|parameter| parameter.required))
            .collect();
        let is_me = |path: &str| path.rsplit('/').find(|part| !part.is_empty()).is_some_and(is_me_word);
        found.sort_by_key(|operation| (!is_me(&operation.path), !operation.requires_sign_in()));
        let urls =
            found.into_iter().filter_map(|operation| operation_url(probe.base_url(), operation, &Values::new()).ok());
        urls.take(6).collect()
    }
}

/// Whether the objects of a resource are accounts of the API's users.
pub(super) fn is_people(resource: &str) -> bool {
    matches!(resource, "user" | "account" | "member" | "customer" | "person")
}

/// What the report calls an account: its id, or what it was signed up with.
fn known_as(account: &Account, shown: &[Object]) -> String {
    let id = shown.iter().find_map(id_value).and_then(|value| scalar_text(&value));
    id.unwrap_or_else(|| account.persona.signed_as(&account.body.value).to_owned())
}
