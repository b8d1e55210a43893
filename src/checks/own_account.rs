//! What checks that write to accounts work with: spare accounts, how an account looks to itself, and which operations
//! change it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::acting::{ActCx, Seen};
use super::authz::marks::{marked, roles_of};
use super::context::CheckCx;
use super::proof::skipped;
use super::rights::agrees;
use crate::act::{Account, Acting, Body, Kind, Persona, Spare, add, carries, objects_in};
use crate::model::{Credential, Effect, Method, Operation, Place, Verdict};
use crate::probe::{Answer, Ask, Caller, SendError, Values, Written, operation_url};
use crate::survey::{Object, Reading, Slot, Surveyed, is_me_word, is_soft_error, role_word, slots, succeeds, words};

/// Most routes on which an account is looked at.
const MAX_MIRRORS: usize = 2;
/// Most routes that are tried for that.
const MAX_TRIES: usize = 4;

/// An account and what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Who {
    /// The name to call as.
    pub(super) name: String,
    /// Who it is to the API.
    pub(super) persona: Persona,
    /// Its fields, as far as they are known.
    object: Object,
}

/// How something looks to its owner, on one route or several.
#[derive(Debug, Clone, Default)]
pub(super) struct Mirrored {
    views: Vec<(Arc<Answer>, Map<String, Value>)>,
}

impl Mirrored {
    /// One view of an object.
    pub(super) fn of(seen: Seen) -> Option<Self> {
        let object = seen.object?;
        Some(Self { views: vec![(seen.answer, object)] })
    }

    /// What an answer itself shows of the object that it made.
    pub(super) fn of_answer(answer: &Arc<Answer>, marker: &str) -> Option<Self> {
        let json = answer.response()?.json.as_ref()?;
        let object = objects_in(json).find(|fields| carries(fields, marker))?.clone();
        Some(Self { views: vec![(Arc::clone(answer), object)] })
    }

    /// A field's value, and the answer that shows it.
    pub(super) fn value(&self, name: &str) -> Option<(&Value, &Arc<Answer>)> {
        self.views.iter().find_map(|(answer, object)| object.get(name).map(|value| (value, answer)))
    }

    /// Whether a field has a value.
    pub(super) fn shows(&self, name: &str, value: &Value) -> bool {
        self.value(name).is_some_and(|(seen, _)| agrees(seen, value))
    }

    /// Whether a text stands anywhere in it.
    pub(super) fn contains(&self, text: &str) -> bool {
        self.answers().any(|answer| answer.response().is_some_and(|response| response.text.contains(text)))
    }

    /// The answers.
    pub(super) fn answers(&self) -> impl Iterator<Item = &Arc<Answer>> {
        self.views.iter().map(|(answer, _)| answer)
    }

    /// All fields, those of the first route first.
    pub(super) fn fields(&self) -> Map<String, Value> {
        let mut all = Map::new();
        for (name, value) in self.views.iter().flat_map(|(_, object)| object) {
            all.entry(name.clone()).or_insert_with(|| value.clone());
        }
        all
    }
}

impl<'a> ActCx<'a> {
    /// The throw-away account that spare ones are made like.
    pub(super) fn model(&self) -> Option<&'a Account> {
        self.accounts.made.iter().find(|account| self.maker.probe.sessions().get(&account.name).is_some())
    }

    /// An account that the scan acts as.
    pub(super) fn who(&self, account: &Account) -> Who {
        self.known(&account.name, &account.persona, &account.answer)
    }

    /// A spare account.
    pub(super) fn who_spare(&self, spare: &Spare) -> Who {
        self.known(&spare.name, &spare.persona, &spare.answer)
    }

    fn known(&self, name: &str, persona: &Persona, answer: &Answer) -> Who {
        let json = answer.response().and_then(|response| response.json.as_ref());
        let shown = json.into_iter().flat_map(objects_in).find(|fields| carries(fields, &persona.username));
        let mut fields = shown.cloned().unwrap_or_default();
        let claims = self.maker.probe.sessions().get(name).and_then(|session| session.jwt());
        for (claim, value) in claims.iter().filter_map(|jwt| jwt.payload.as_object()).flatten() {
            let field = if claim == "sub" { "id" } else { claim.as_str() };
            fields.entry(field).or_insert_with(|| value.clone());
        }
        fields.entry("username").or_insert_with(|| json!(persona.username));
        fields.entry("email").or_insert_with(|| json!(persona.email));
        let object = Object::of("user", &fields, BTreeMap::new());
        Who { name: name.to_owned(), persona: persona.clone(), object }
    }

    /// How an account looks to itself now; `None` where no route shows it.
    pub(super) async fn mirror(&self, who: &Who) -> Result<Option<Mirrored>, SendError> {
        let mut found = Mirrored::default();
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
            let answer = self.maker.probe.look_again(&Ask::get(Caller::named(&who.name), url)).await?;
            let own = answer
                .response()
                .filter(|response| succeeds(response))
                .and_then(|response| response.json.as_ref())
                .and_then(|json| objects_in(json).find(|fields| carries(fields, &who.persona.username)))
                .cloned();
            found.views.extend(own.map(|own| (answer, own)));
        }
        Ok((!found.views.is_empty()).then_some(found))
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
            .filter(|operation| self.is_of_account(&operation.path, &slots(self.maker.api, operation)))
            .collect();
        found.sort_by_key(|operation| (operation.path.contains('{'), !operation.requires_sign_in()));
        found
    }

    /// The values of an operation on an account: its own id.
    fn account_values(&self, operation: &Operation, who: &Who) -> Option<Values> {
        let mut values = Values::new();
        for slot in slots(self.maker.api, operation) {
            values.insert((slot.place, slot.name.clone()), who.object.slot_value(&slot)?.clone());
        }
        Some(values)
    }

    /// Whether an operation changes the account of a user, and no administrator's function does.
    pub(super) fn changes_account(&self, acting: &Acting) -> bool {
        acting.kind == Kind::Update
            && role_word(&acting.operation.path).is_none()
            && self.is_of_account(&acting.operation.path, &acting.slots)
    }

    /// Changes a spare account as itself: what must be sent stays as it is, and `further` is added.
    pub(super) async fn change_account(
        &self,
        acting: &Acting,
        caller: &str,
        spare: &Spare,
        view: &Mirrored,
        further: &Map<String, Value>,
    ) -> Result<Result<Written, String>, SendError> {
        let mut who = self.who_spare(spare);
        for (name, value) in view.fields() {
            who.object.fields.insert(name, value);
        }
        let Some(values) = self.account_values(&acting.operation, &who) else {
            return Ok(Err("the id of the account is not known".to_owned()));
        };
        let mut body = self.account_body(acting, spare, view);
        add(&mut body.value, further);
        self.write(acting, Caller::named(caller), &values, Some(&body)).await.map(Ok)
    }

    /// Signs a spare account in again: a token that carries the role is a new one then.
    pub(super) async fn sign_in_again(&self, spare: &Spare) -> Result<bool, SendError> {
        let Credential::Login(recipe) = &spare.identity.credential else { return Ok(true) };
        let answer = self.maker.probe.try_sign_in(&spare.identity).await?;
        Ok(self.maker.probe.open_further_session(&spare.identity, recipe, answer).is_ok())
    }

    /// A body that leaves an account as it is: with PUT everything that it has, with PATCH what must be there.
    fn account_body(&self, acting: &Acting, spare: &Spare, view: &Mirrored) -> Body {
        let api = self.maker.api;
        let mut body = crate::act::body(api, acting, &spare.persona.username).unwrap_or_else(Body::empty);
        let declared = acting.fields(api);
        let whole = acting.operation.method != Method::Patch;
        let present = view.fields();
        if let Some(members) = body.value.as_object_mut() {
            let wraps = members.len() == 1 && members.values().all(Value::is_object);
            members.retain(|name, _| {
                wraps || declared.iter().any(|field| field.name == *name && (field.required || whole))
            });
            for field in declared.iter().filter(|field| !wraps && (field.required || whole)) {
                if let Some(now) = present.get(&field.name).filter(|now| !now.is_null()) {
                    members.insert(field.name.clone(), now.clone());
                }
            }
            // Where the body says whose account it is, it says its own.
            for (name, value) in members.iter_mut().filter(|(name, _)| !present.contains_key(*name)) {
                if let Some(own) = own_principal(name, spare, &present).filter(|_| !value.is_object()) {
                    *value = own;
                }
            }
            for (_, value) in members.iter_mut().filter(|(name, _)| is_password(name)) {
                *value = json!(spare.password.expose());
            }
        }
        body
    }

    /// Paths of the caller's own account, or of one user by its id: `/me`, `/users/me`, `/me/settings`, `/users/{id}`.
    fn is_of_account(&self, path: &str, slots: &[Slot]) -> bool {
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
    pub(super) fn is_people(&self, resource: &str) -> bool {
        let signed_up = self.accounts.made.iter().filter_map(|account| self.maker.acting.get(account.sign_up));
        resource == "user" || signed_up.filter_map(|acting| acting.resource.as_deref()).any(|made| made == resource)
    }

    /// Functions that are marked as a higher role's, refuse an account, and refuse strangers.
    pub(super) fn guarded(&self, name: &str) -> Vec<&'a Surveyed> {
        let roles = roles_of(self.check);
        let found = self.check.survey.operations.iter().filter(|surveyed| {
            surveyed.slots.is_empty()
                && marked(&surveyed.operation, &roles).is_some()
                && matches!(surveyed.anonymous_reading(), Some(Reading::Refused(_)))
                && surveyed.by.get(name).is_some_and(|own| matches!(own.first.status(), Some(401 | 403)))
        });
        found.collect()
    }

    /// What a guarded function answers a caller now.
    pub(super) async fn ask_guarded(
        &self,
        surveyed: &Surveyed,
        caller: &str,
    ) -> Result<Option<Arc<Answer>>, SendError> {
        let Some(baseline) = surveyed.by.values().next() else { return Ok(None) };
        self.maker.probe.look_again(&CheckCx::as_caller(baseline, Caller::named(caller))).await.map(Some)
    }
}

/// Whether an answer of a guarded function serves: data came back.
pub(super) fn is_served(answer: &Answer) -> bool {
    ActCx::reading(answer) == Reading::Data && answer.response().is_some_and(|response| !is_soft_error(response))
}

/// Why nothing can be tried on accounts.
pub(super) fn no_account() -> Verdict {
    skipped(
        "needs a throw-away account",
        Some("scan with --auto-accounts, so that accounts of the scan's own may be changed"),
    )
}

/// What stands for an account in a field that names an account: its id, its name, its address.
fn own_principal(name: &str, spare: &Spare, present: &Map<String, Value>) -> Option<Value> {
    let joined = words(name).join("");
    let id = || ["id", "_id", "uuid", "user_id", "userId", "uid"].iter().find_map(|name| present.get(*name)).cloned();
    match joined.as_str() {
        "id" | "userid" | "accountid" | "memberid" | "customerid" | "uid" | "uuid" | "useruuid" | "user" | "owner"
        | "ownerid" => id(),
        "username" | "login" | "handle" => Some(json!(spare.persona.username)),
        "email" | "mail" => Some(json!(spare.persona.email)),
        _ => None,
    }
}

fn is_password(name: &str) -> bool {
    words(name).join("").contains("password")
}
