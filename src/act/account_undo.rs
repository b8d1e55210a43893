//! How a throw-away account is removed again: by a route of its own, or by its own id.

use std::collections::BTreeMap;

use serde_json::Value;

use super::accounts::{Account, AccountMaker};
use super::identify::{contains_marker, id_value, objects_in};
use super::kinds::ActKind;
use super::print::print_of;
use crate::model::{Effect, Method, Place};
use crate::probe::{Answer, Ask, AskCaller, ID_PLACE, Probe, SendError, Undo, Values, operation_url};
use crate::survey::{Object, Slot, is_me_word, role_word, scalar_text};

impl AccountMaker<'_> {
    /// How the account can be removed again: by whoever made it, by a route of its own, or by its own id.
    pub(super) async fn learn_undo(&self, probe: &Probe, account: &Account) -> Result<(), SendError> {
        // The administrator that made the account removes it, so what the account itself is shown is not needed.
        if let Some(admin) = &account.made_by {
            return self.learn_removal(probe, account, admin).await;
        }
        let Some(journal) = probe.journal() else { return Ok(()) };
        let mut shown: Vec<Object> = Vec::new();
        let mut look: Option<String> = None;
        let own = |answer: &Answer| {
            let json =
                answer.response().filter(|response| response.is_success()).and_then(|response| response.json.as_ref());
            // Only an object with the account's own name in it is taken
            // for the account: a list may show other users first.
            let own = json
                .into_iter()
                .flat_map(objects_in)
                .filter(|fields| contains_marker(fields, &account.persona.username));
            own.cloned().collect::<Vec<_>>()
        };

        let object = |fields: &serde_json::Map<String, Value>| Object::of("user", fields, BTreeMap::new());
        shown.extend(own(&account.answer).iter().map(object));

        for url in self.witnesses(probe).into_iter().filter(is_about_me).take(2) {
            let answer = probe.look_again(&Ask::get(AskCaller::Identity(account.name.clone()), url.clone())).await?;
            let found = own(&answer);
            shown.extend(found.iter().map(object));

            // The first route that shows the account is where later looks go: it can show that the account is gone.
            if let Some(fields) = found.first().filter(|_| look.is_none()) {
                journal.print(account.entry, print_of(fields));
                journal.shown(account.entry, url.as_str());
                look = Some(url.to_string());
            }
        }

        let known = match self.removal_of_itself(probe) {
            Some((undo, slot)) => {
                let by_slot = slot.map(|slot| shown.iter().find_map(|object| object.slot_value(slot)));
                let id = match by_slot {
                    Some(id) => id.and_then(scalar_text),
                    None => Some(known_as(account, &shown)),
                };
                let undo = Undo { look: look.or(undo.look.filter(|look| look.contains(ID_PLACE))), ..undo };

                // Without the id that its address wants there is no way yet.
                id.map(|id| (id, Some(undo)))
            }
            None => None,
        };

        let (id, undo) = known.unwrap_or_else(|| (known_as(account, &shown), None));
        journal.made(account.entry, Some(id), undo);
        Ok(())
    }

    /// How an account removes itself, as the document says: by a route of its own, or by its id, which the slot takes.
    pub(super) fn removal_of_itself(&self, probe: &Probe) -> Option<(Undo, Option<&Slot>)> {
        let look = self.witnesses(probe).into_iter().find(is_about_me).map(|url| url.to_string());
        // Routes of a higher role refuse a throw-away account.
        let removals = self.acting.iter().filter(|acting| {
            acting.kind == ActKind::Delete && acting.left_alone.is_none() && role_word(&acting.operation.path).is_none()
        });
        for acting in removals {
            let last = acting.operation.path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
            let (values, slot) = match acting.slots.as_slice() {
                // `DELETE /me` removes the account whose session sends it, so no id is needed.
                [] if is_me_word(last) => (Values::new(), None),
                [slot]
                    if slot.resources.iter().any(|resource| is_people(resource))
                        && super::kinds::ends_in_slot(&acting.operation.path) =>
                {
                    let place = Value::String(ID_PLACE.to_owned());
                    (Values::from([((Place::Path, slot.name.clone()), place)]), Some(slot))
                }
                _ => continue,
            };

            let Ok(url) = operation_url(probe.base_url(), &acting.operation, &values) else { continue };
            let of_item = |operation: &crate::model::Operation| {
                operation.method == Method::Get
                    && operation.effect == Effect::Reads
                    && operation.path == acting.operation.path
            };
            // A read at the same address shows later whether the account is gone.
            let look = look.or_else(|| self.api.operations.iter().any(of_item).then(|| url.to_string()));
            return Some((
                Undo {
                    method: "DELETE".to_owned(),
                    url: url.to_string(),
                    look,
                    list: None,
                    slot: slot.map(|slot| slot.name.clone()),
                },
                slot,
            ));
        }

        None
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
        // Routes about the caller are the likeliest to show the
        // account, and those behind a sign-in to prove its session.
        found.sort_by_key(|operation| (!is_me(&operation.path), !operation.requires_sign_in()));
        let urls =
            found.into_iter().filter_map(|operation| operation_url(probe.base_url(), operation, &Values::new()).ok());
        urls.take(6).collect()
    }
}

fn is_about_me(url: &url::Url) -> bool {
    url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty())).is_some_and(is_me_word)
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
