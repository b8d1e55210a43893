//! Accounts that users cannot make for themselves, made and removed by an identity of higher rank from the configuration.

use std::collections::BTreeMap;

use serde_json::Value;

use super::accounts::{Account, AccountMaker};
use super::identify::{contains_marker, objects_in};
use super::kinds::{ActKind, Acting, ends_in_slot, makes_accounts};
use crate::model::{Effect, Method, Place};
use crate::probe::{Ask, AskCaller, ID_PLACE, Probe, SendError, Undo, Values, operation_url};
use crate::survey::{Object, Slot, is_clear_success, scalar_text};

/// The rank that ordinary users have at most.
const USER_RANK: u32 = 10;

impl AccountMaker<'_> {
    /// The configured identity of the highest rank above ordinary users that signs in, if there is one.
    pub(super) async fn administrator(&self, probe: &Probe) -> Option<String> {
        let mut ranked: Vec<_> = probe.identities().iter().filter(|identity| identity.rank > USER_RANK).collect();
        // The highest rank is the likeliest to be let both make accounts and remove them.
        ranked.sort_by_key(|identity| std::cmp::Reverse(identity.rank));

        for identity in ranked {
            if probe.sessions().get(&identity.name).is_some() || probe.sign_in(identity).await.is_ok() {
                return Some(identity.name.clone());
            }
        }
        None
    }

    /// Operations that make accounts and that nobody would take for a sign-up.
    pub(super) fn ways_of_administrators(&self) -> impl Iterator<Item = usize> {
        let ways = self.acting.iter().enumerate().filter(|(_, acting)| {
            !matches!(acting.kind, ActKind::SignUp | ActKind::SignIn)
                && acting.left_alone.is_none()
                && makes_accounts(self.api, acting)
        });
        ways.map(|(index, _)| index)
    }

    /// How an administrator removes what a sign-up makes; `None` where the API offers no way.
    pub(super) fn removal_by_administrator(&self, probe: &Probe, sign_up: &Acting) -> Option<Undo> {
        let (removal, slot) = self.removal_of(sign_up)?;
        let values = Values::from([((Place::Path, slot.name.clone()), Value::String(ID_PLACE.to_owned()))]);
        let read = |path: &str| {
            self.api.operations.iter().find(|operation| {
                operation.path == path && operation.method == Method::Get && operation.effect == Effect::Reads
            })
        };
        let address = |operation, values: &Values| operation_url(probe.base_url(), operation, values).ok();
        let look = read(&removal.operation.path).and_then(|item| address(item, &values));
        let list = read(&sign_up.operation.path).and_then(|list| address(list, &Values::new()));
        Some(Undo {
            method: "DELETE".to_owned(),
            url: address(&removal.operation, &values)?.to_string(),
            look: look.map(|url| url.to_string()),
            list: list.map(|url| url.to_string()),
            slot: Some(slot.name.clone()),
        })
    }

    /// The operation that removes one account by its id: below the sign-up itself, or else any that removes people.
    fn removal_of(&self, sign_up: &Acting) -> Option<(&Acting, &Slot)> {
        let mut found: Vec<(&Acting, &Slot)> = self
            .acting
            .iter()
            .filter(|acting| acting.kind == ActKind::Delete && acting.left_alone.is_none())
            .filter(|acting| ends_in_slot(&acting.operation.path))
            .filter_map(|acting| match acting.slots.as_slice() {
                [slot] => Some((acting, slot)),
                _ => None,
            })
            .collect();
        let below = |acting: &Acting| {
            let parent = acting.operation.path.trim_end_matches('/').rsplit_once('/').map(|(parent, _)| parent);
            parent == Some(sign_up.operation.path.trim_end_matches('/'))
        };
        found.retain(|(acting, slot)| {
            below(acting) || slot.resources.iter().any(|name| super::account_undo::is_people(name))
        });
        // A removal right below the sign-up's path surely takes the
        // ids that it gives; others may take those of another table.
        found.into_iter().min_by_key(|(acting, _)| !below(acting))
    }

    /// Completes the way back of an account that an administrator made with its id, and keeps of it what is seen to
    /// work: a list that does not show the account now says nothing when it does not show it later.
    pub(super) async fn learn_removal(&self, probe: &Probe, account: &Account, admin: &str) -> Result<(), SendError> {
        let (Some(journal), Some(sign_up)) = (probe.journal(), self.acting.get(account.sign_up)) else { return Ok(()) };
        let Some(mut undo) = self.removal_by_administrator(probe, sign_up) else { return Ok(()) };
        let Some((_, slot)) = self.removal_of(sign_up) else { return Ok(()) };
        let (marker, resource) = (&account.persona.username, sign_up.resource.as_deref().unwrap_or("user"));
        let id_of = |json: &Value| {
            let own = objects_in(json).filter(|fields| contains_marker(fields, marker));
            own.map(|fields| Object::of(resource, fields, BTreeMap::new()))
                .find_map(|object| object.slot_value(slot).and_then(scalar_text))
        };
        let mut id = account.answer.response().and_then(|response| response.json.as_ref()).and_then(id_of);
        let seen = |address: String| async move {
            let Ok(url) = url::Url::parse(&address) else { return Ok::<_, SendError>(None) };
            let answer = probe.look_again(&Ask::get(AskCaller::Identity(admin.to_owned()), url)).await?;
            let response = answer.response().filter(|response| is_clear_success(response));
            Ok(response.and_then(|response| response.json.clone()))
        };

        if let Some(list) = undo.list.take() {
            let shown = seen(list.clone()).await?.as_ref().and_then(id_of);
            undo.list = shown.is_some().then_some(list);
            // The list may show the id where the answer of the sign-up has none.
            id = id.or(shown);
        }
        if let (Some(look), Some(id)) = (undo.look.take(), &id) {
            let shown = seen(look.replace(ID_PLACE, id)).await?.as_ref().and_then(id_of);
            undo.look = shown.is_some().then_some(look);
        }
        journal.made(account.entry, id, Some(undo));
        Ok(())
    }
}
