//! Trials of operations on what their path names: an object or an account of another caller.

use serde_json::{Map, Value, json};

use super::funnel::Trial;
use super::lab::Lab;
use super::mirror::Mirrored;
use super::shot::Aim;
use super::subject::Subject;
use crate::act::{
    ActKind, Acting, Created, declared_names, is_email, is_item_of, is_password, is_privilege, item_operations,
};
use crate::model::{ANONYMOUS, Method, Place, Silence};
use crate::probe::SendError;
use crate::survey::{Person, ends_in_id, is_owner_name, role_word, split_words};

impl<'a> Trial<'a> {
    /// Returns the trial of an attacker on what is an owner's, who is the rightful caller.
    pub(crate) fn new(
        lab: &'a Lab<'a>,
        acting: &'a Acting,
        (subject, owner): (Subject<'a>, &str),
        aim: Aim<'a>,
        attacker: &str,
    ) -> Self {
        let (owner, attacker) = (owner.to_owned(), attacker.to_owned());
        Self { lab, acting, subject, naming: None, aim, rightful: Some(owner.clone()), owner, attacker, peer: None }
    }
}

impl<'a> Lab<'a> {
    /// Returns the trial of an operation on an object of another user of the same role.
    ///
    /// # Errors
    /// `NotTried` where there are no two callers, or there is no such object.
    pub(crate) fn foreign_trial(&'a self, acting: &'a Acting, aim: Aim<'a>) -> Result<Trial<'a>, Silence> {
        let pairs = self.pairs();
        let trial_on = |(intruder, owner): &(&'a Person, &'a Person), object: Subject<'a>| {
            let trial = Trial::new(self, acting, (object, &owner.name), aim.clone(), &intruder.name);
            Trial { peer: Some(*intruder), ..trial }
        };
        let mut owned = pairs.iter().filter_map(|pair| Some(trial_on(pair, self.object_of(acting, pair.1)?)));

        // Who has a parent of its own can try both paths: the victim's whole one, and the own parent with the foreign child.
        let first = owned.next();
        let found = match first {
            Some(first) if first.lacks_parent() => owned.find(|other| !other.lacks_parent()).or(Some(first)),
            first => first,
        };
        // What the user gave the scan to write to stands in where it can make none.
        let given = || {
            let of = |owner: &Person| Some(Subject::Object(Box::new(self.granted(acting, &owner.name)?)));
            pairs.iter().find_map(|pair| Some(trial_on(pair, of(pair.1)?)))
        };
        found.or_else(given).ok_or_else(|| self.no_target(acting, !pairs.is_empty()))
    }

    /// Returns the trial of an operation without credentials on an object of a signed-in caller.
    ///
    /// # Errors
    /// `NotTried` where there is no such object.
    pub(crate) fn anonymous_trial(&'a self, acting: &'a Acting, aim: Aim<'a>) -> Result<Trial<'a>, Silence> {
        let people = self.survey.people.all.iter().filter(|person| person.signed_in);
        let mut owned = people.filter_map(|owner| Some((owner, self.object_of(acting, owner)?)));
        let (owner, object) = owned.next().ok_or_else(|| self.no_target(acting, true))?;
        Ok(Trial::new(self, acting, (object, &owner.name), aim, ANONYMOUS))
    }

    fn object_of(&self, acting: &Acting, owner: &Person) -> Option<Subject<'a>> {
        self.target(acting, &owner.name).map(|(created, _)| Subject::Object(Box::new(created)))
    }

    /// Returns true for operations that change an account which their path names: `PUT /users/{id}`,
    /// `PUT /users/{name}/password`.
    pub(crate) fn changes_named_account(&self, acting: &Acting) -> bool {
        let is_people = |resources: &[String]| resources.iter().any(|resource| self.is_people(resource));
        acting.kind == ActKind::Update
            && matches!(acting.operation.method, Method::Put | Method::Patch | Method::Post)
            && role_word(&acting.operation.path).is_none()
            && matches!(acting.slots.as_slice(), [slot] if slot.place == Place::Path && is_people(&slot.resources))
    }

    /// Returns the trial of an operation on the account of another user: a spare one, made for the purpose.
    ///
    /// # Errors
    /// `NotTried` without throw-away accounts; `Undecided` where none can be made, or nothing would show a change of it.
    pub(crate) async fn account_trial(&'a self, acting: &'a Acting) -> Result<Trial<'a>, Silence> {
        // The spare is made like the first account, so the last one is a stranger to it.
        let (Some(model), Some(intruder)) = (self.model(), self.accounts.made.last()) else {
            let id = &acting.operation.id;
            return Err(Silence::not_tried("needs a throw-away account to be changed")
                .with_help(format!("scan with --auto-accounts, so that {id} may be tried on such an account")));
        };
        let no_spare = |because| Silence::undecided(format!("no account could be made to be changed: {because}"));
        let spare = self.spares.make(model, &Map::new()).await?.map_err(no_spare)?;
        let view = self.mirror(&self.who_spare(&spare)).await?;
        let view = view.ok_or_else(|| Silence::undecided("no route shows the account to itself"))?;
        let aim = self
            .choose_account_field(acting, &view)
            .ok_or_else(|| Silence::undecided("no field is known that the operation changes and the account shows"))?;
        let name = spare.name.clone();

        Ok(Trial::new(self, acting, (Subject::Spare(Box::new(spare)), &name), aim, &intruder.name))
    }

    /// Returns a field that the operation changes and the account shows, or else its password, which the sign-in shows.
    fn choose_account_field(&self, acting: &Acting, view: &Mirrored) -> Option<Aim<'a>> {
        let (names, known) = declared_names(self.maker.api, acting);
        let (passwords, others): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| is_password(name));
        let is_old = |word: &String| matches!(word.as_str(), "old" | "current" | "present");

        if !known || others.iter().any(|name| split_words(name).iter().any(is_old)) {
            // Who must know the old password is no stranger.
            return None;
        }
        let is_shown = |name: &String| view.value(name).is_some_and(|(value, _)| value.is_string());
        let is_free =
            |name: &&String| !is_owner_name(name) && !ends_in_id(name) && !is_privilege(name) && is_shown(name);
        match passwords.as_slice() {
            [] => {
                // The address comes last, since the account may sign in by it.
                let email = |name: &&String| is_email(name) && view.value(name).is_some();
                let field = others.iter().find(is_free).or_else(|| others.iter().find(email));
                field.map(|field| Aim::Text(field.clone()))
            }
            [only] => Some(Aim::Password(only.clone())),
            // Of several password fields it is not known which one takes the new one.
            _ => None,
        }
    }

    /// Returns what a changing function of a higher role is called on: an object or an account that the scan made for the
    /// purpose; `None` where it makes nothing of the kind.
    ///
    /// # Errors
    /// A fault of the target.
    pub(crate) async fn function_target(
        &self,
        acting: &Acting,
        caller: &Person,
    ) -> Result<Option<Subject<'a>>, Silence> {
        let removes = acting.operation.method == Method::Delete;
        if let Some((known, _)) = self.target(acting, &caller.name) {
            if removes {
                return Ok(Some(Subject::Object(Box::new(known))));
            }
            let fresh = self.fresh(&known).await?.map(Box::new);
            return Ok(fresh.inspect(|created| self.maker.forget(created)).map(Subject::Object));
        }

        if let Some(created) = self.make_as_higher(acting, caller).await? {
            return Ok(Some(Subject::Object(Box::new(created))));
        }
        // An account that is removed no longer signs in to show it.
        let is_account = |slot: &crate::survey::Slot| slot.resources.iter().any(|resource| self.is_people(resource));

        match (acting.slots.as_slice(), self.model()) {
            ([slot], Some(model)) if !removes && is_account(slot) => {
                let spare = self.spares.make(model, &Map::new()).await?;
                Ok(spare.ok().map(|spare| Subject::Spare(Box::new(spare))))
            }
            _ => Ok(None),
        }
    }

    /// Makes an object of the kind as a higher role, where the user lets the scan write as one and it can be removed again.
    async fn make_as_higher(&self, acting: &Acting, caller: &Person) -> Result<Option<Created>, SendError> {
        let identities = self.maker.probe.identities();
        let may = |person: &&Person| {
            let known = identities.iter().find(|identity| identity.name == person.name);
            person.signed_in
                && person.rank > caller.rank
                && known.is_some_and(|known| known.consent.covers_what_was_there())
        };

        let Some(higher) = self.survey.people.all.iter().find(may) else { return Ok(None) };
        let api = self.maker.api;
        let makes = |create: &Acting| {
            let removals = item_operations(api, create, Method::Delete);
            create.kind == ActKind::Create
                && create.left_alone.is_none()
                && is_item_of(api, create, &acting.operation)
                && !removals.is_empty()
        };

        let Some(index) = self.maker.acting.iter().position(makes) else { return Ok(None) };
        let made = self.maker.make(index, &higher.name).await?;
        made.iter().for_each(|created| self.maker.forget(created));
        Ok(made)
    }
}

impl Trial<'_> {
    /// Returns a text that a field has not had, and by which the account is still known.
    pub(super) fn new_text(subject: &Subject<'_>, field: &str) -> Option<Value> {
        let Subject::Spare(spare) = subject else { return None };
        let suffix: String = crate::act::new_marker().chars().rev().take(3).collect();
        // The account's name stays in the text, so that its own view is still recognised.
        let text = format!("{}x{suffix}", spare.persona.username);
        Some(if is_email(field) { json!(format!("{text}@example.com")) } else { json!(text) })
    }
}
