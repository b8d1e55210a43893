//! Changes of throw-away accounts: what must be sent of them stays as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answers::why_inconclusive;
use super::lab::Lab;
use super::mirror::{AccountHolder, Mirrored};
use crate::act::{
    Account, ActKind, Acting, Body, Persona, Spare, Unmade, add_fields, contains_marker, may_raise, objects_in,
};
use crate::model::{Credential, Method, Silence, clean_text, ensure};
use crate::probe::{Answer, AskCaller, SendError, Values, WriteResult};
use crate::survey::{Object, role_word, split_words};

/// Why no request could be made for an account.
pub(super) const NO_ID: &str = "the id of the account is not known";

/// A spare account that was changed, or made, with further fields.
#[derive(Debug)]
pub(crate) struct ChangedAccount {
    pub(crate) spare: Spare,
    pub(crate) before: Mirrored,
    /// The answer to the write.
    pub(crate) answer: Arc<Answer>,
    pub(crate) seen: Mirrored,
}

impl<'a> Lab<'a> {
    /// Makes a spare account, changes it with further fields as itself, and looks at it before and afterwards. A sign-up
    /// makes it with these fields; it is compared with the ordinary account that it is made like then.
    ///
    /// # Errors
    /// `Held` where the sign-up is refused with these fields; else why nothing was changed or can be seen.
    pub(crate) async fn change_spare(
        &self,
        acting: &Acting,
        (model, ordinary): (&Account, &Mirrored),
        further: &Map<String, Value>,
    ) -> Result<ChangedAccount, Silence> {
        let signs_up = acting.kind == ActKind::SignUp;
        let plain = Map::new();
        let spare = self.sign_up_with(model, if signs_up { further } else { &plain }).await?;
        let spare = spare.map_err(|unmade| match unmade.answer.filter(|_| signs_up) {
            Some(answer) => {
                let because = format!("a sign-up with these fields is refused: {}", clean_text(&unmade.because, 160));
                Silence::held(&answer.exchange, &model.answer.exchange, because)
            }
            None => Silence::undecided(unmade.because),
        })?;

        let who = self.who_spare(&spare);
        let (before, answer) = if signs_up {
            (ordinary.clone(), Arc::clone(&spare.answer))
        } else {
            let before = self.mirror_of(&who).await?;
            let written = self.change_account(acting, &spare.name, &spare, &before, further).await?;
            (before, written.map_err(Silence::undecided)?.answer)
        };
        if let Some(because) = why_inconclusive(&answer) {
            return Err(Silence::undecided(because));
        }
        let seen = self.mirror(&who).await?;
        let seen = seen.ok_or_else(|| Silence::undecided("the account could not be looked at afterwards"))?;
        Ok(ChangedAccount { spare, before, answer, seen })
    }

    /// Signs up a spare account with further fields. What may give it rights is sent where an account was seen to be removed
    /// again, or else where an operation may set them back: an account with rights must not stay.
    ///
    /// # Errors
    /// `NotTried` where neither is so.
    pub(crate) async fn sign_up_with(
        &self,
        model: &Account,
        further: &Map<String, Value>,
    ) -> Result<Result<Spare, Unmade>, Silence> {
        let sets_back = |acting: &Acting| acting.left_alone.is_none() && self.changes_account(acting);
        let is_risky = further.keys().any(|name| may_raise(name)) && !self.maker.acting.iter().any(sets_back);
        ensure(!is_risky || self.spares.can_remove(model).await?, || {
            Silence::not_tried("an account with rights could be neither removed nor made an ordinary one again")
                .with_help("describe the operation by which an account is removed, or by which it is changed")
        })?;
        Ok(self.spares.make(model, further).await?)
    }

    /// Returns how an account looks to itself now.
    ///
    /// # Errors
    /// `Undecided` where no route shows it.
    pub(crate) async fn mirror_of(&self, who: &AccountHolder) -> Result<Mirrored, Silence> {
        let shown = self.mirror(who).await?;
        shown.ok_or_else(|| Silence::undecided("no route shows an account to itself"))
    }

    /// The throw-away account that spare ones are made like.
    pub(crate) fn model(&self) -> Option<&'a Account> {
        self.accounts.made.iter().find(|account| self.maker.probe.sessions().get(&account.name).is_some())
    }

    /// Returns the throw-away account that spare ones are made like.
    ///
    /// # Errors
    /// `NotTried` where there is none.
    pub(crate) fn need_model(&self) -> Result<&'a Account, Silence> {
        self.model().ok_or_else(|| self.lacks_account("needs a throw-away account"))
    }

    /// Returns that no throw-away account was at hand, with the step that is left: to let the scan make some, or what
    /// stood in the way where it was to.
    pub(crate) fn lacks_account(&self, because: &str) -> Silence {
        let silence = Silence::not_tried(because);
        match self.accounts.faults.first() {
            Some(fault) => silence.with_help(fault.clone()),
            None if self.accounts.made.is_empty() => silence
                .with_help("scan with --auto-accounts, so that accounts of the scan's own may be tried and changed"),
            None => silence,
        }
    }

    /// Returns why an operation on accounts cannot be tried.
    pub(crate) fn no_account(&self, acting: &Acting) -> Silence {
        let silence = Silence::not_tried("needs a throw-away account");
        if !self.accounts.made.is_empty() {
            return silence;
        }
        let id = &acting.operation.id;
        silence
            .with_help(format!("scan with --auto-accounts, so that {id} may be tried on an account of the scan's own"))
    }

    /// An account that the scan acts as.
    pub(crate) fn who(&self, account: &Account) -> AccountHolder {
        self.known(&account.name, &account.persona, &account.answer)
    }

    /// A spare account.
    pub(crate) fn who_spare(&self, spare: &Spare) -> AccountHolder {
        self.known(&spare.name, &spare.persona, &spare.answer)
    }

    fn known(&self, name: &str, persona: &Persona, answer: &Answer) -> AccountHolder {
        let json = answer.response().and_then(|response| response.json.as_ref());
        let shown = json.into_iter().flat_map(objects_in).find(|fields| contains_marker(fields, &persona.username));
        let mut fields = shown.cloned().unwrap_or_default();
        let claims = self.maker.probe.sessions().get(name).and_then(|session| session.jwt());

        for (claim, value) in claims.iter().filter_map(|jwt| jwt.payload.as_object()).flatten() {
            // The subject of a token (RFC 7519 section 4.1.2) is the id of its user in most APIs.
            let field = if claim == "sub" { "id" } else { claim.as_str() };
            fields.entry(field).or_insert_with(|| value.clone());
        }
        fields.entry("username").or_insert_with(|| json!(persona.username));
        fields.entry("email").or_insert_with(|| json!(persona.email));
        let object = Object::of("user", &fields, BTreeMap::new());

        AccountHolder { name: name.to_owned(), persona: persona.clone(), object }
    }

    /// Whether an operation changes the account of a user, and no administrator's function does.
    pub(crate) fn changes_account(&self, acting: &Acting) -> bool {
        acting.kind == ActKind::Update
            && role_word(&acting.operation.path).is_none()
            && self.is_of_account(&acting.operation.path, &acting.slots)
    }

    /// Changes a spare account as a caller: what must be sent stays as it is, and `further` is added. The inner error says
    /// why no request could be made.
    pub(crate) async fn change_account(
        &self,
        acting: &Acting,
        caller: &str,
        spare: &Spare,
        view: &Mirrored,
        further: &Map<String, Value>,
    ) -> Result<Result<WriteResult, String>, SendError> {
        let Some((values, body)) = self.account_request(acting, spare, &view.fields(), further) else {
            return Ok(Err(NO_ID.to_owned()));
        };
        self.write(acting, AskCaller::named(caller), &values, Some(&body)).await.map(Ok)
    }

    /// Returns the path and the body that change a spare account; `None` where its id is not known.
    pub(super) fn account_request(
        &self,
        acting: &Acting,
        spare: &Spare,
        present: &Map<String, Value>,
        further: &Map<String, Value>,
    ) -> Option<(Values, Body)> {
        let mut who = self.who_spare(spare);
        who.object.fields.extend(present.clone());
        let values = self.account_values(&acting.operation, &who)?;
        let mut body = self.account_body(acting, spare, present);
        add_fields(&mut body.value, further);

        Some((values, body))
    }

    /// Signs a spare account in again: a token that carries the role is a new one then.
    pub(crate) async fn sign_in_again(&self, spare: &Spare) -> Result<bool, SendError> {
        // Other credentials are sent as they are, and no sign-in renews them.
        let Credential::Login(recipe) = &spare.identity.credential else { return Ok(true) };
        let answer = self.maker.probe.try_sign_in(&spare.identity).await?;
        Ok(self.maker.probe.open_further_session(&spare.identity, recipe, answer).is_ok())
    }

    /// A body that leaves an account as it is: with PUT everything that it has, with PATCH what must be there.
    fn account_body(&self, acting: &Acting, spare: &Spare, present: &Map<String, Value>) -> Body {
        let api = self.maker.api;
        let mut body = crate::act::build_body(api, acting, &spare.persona.username).unwrap_or_else(Body::empty);
        let declared = acting.fields(api);
        let whole = acting.operation.method != Method::Patch;

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
                if let Some(own) = own_principal(name, spare, present).filter(|_| !value.is_object()) {
                    *value = own;
                }
            }
            // `{"user": {...}}`: what it wraps stays as it is too.
            let inner = members.values_mut().filter(|_| wraps).filter_map(Value::as_object_mut);

            for (name, value) in inner.flatten() {
                let now = present.get(name).filter(|now| !now.is_null()).cloned();
                if let Some(now) = now.or_else(|| own_principal(name, spare, present)) {
                    *value = now;
                } else if is_password(name) {
                    *value = json!(spare.password.expose());
                }
            }

            // A sample in place of the password would lock the account.
            for (_, value) in members.iter_mut().filter(|(name, _)| is_password(name)) {
                *value = json!(spare.password.expose());
            }
        }

        body
    }
}

/// What stands for an account in a field that names an account: its id, its name, its address.
fn own_principal(name: &str, spare: &Spare, present: &Map<String, Value>) -> Option<Value> {
    let joined = split_words(name).join("");
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
    split_words(name).join("").contains("password")
}
