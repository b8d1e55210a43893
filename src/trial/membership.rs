//! Groups that the scan makes, with another of its accounts as a member of the least role: no stranger to the group then,
//! and not its owner either. How the API adds people is read from the document: a POST to a collection of persons below
//! the group, `POST /teams/{id}/members`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::lab::Lab;
use super::rights::{Right, is_higher, right_of};
use super::send::WriteRequest;
use crate::act::{ActKind, Acting, Body, Created, build_body, objects_in, plan_undo, resolve_schema};
use crate::model::{
    Api, Effect, Method, Operation, Place, SchemaId, Silence, clean_name, ensure, item_shape, path_shape,
};
use crate::probe::{Answer, Ask, AskCaller, JournalEntry, SendError, Values, WriteKind, WriteNote, operation_url};
use crate::survey::{
    Object, Person, ends_in_id, is_clear_success, is_person, names_principal, resource_of_name, scalar_text,
    singular_of, split_words,
};

/// Roles of members who may only look.
const LOOKING: &str = "viewer reader guest readonly observer spectator read";

/// A group of an owner's, and another account that can be made its member.
#[derive(Debug)]
pub(crate) struct GroupMembership<'a> {
    lab: &'a Lab<'a>,
    /// What adds people.
    joining: &'a Acting,
    /// An object that the owner made: further ones are made like it.
    like: Created,
    pub(crate) member: &'a Person,
    pub(crate) owner: &'a Person,
}

/// A group that was made for a trial.
#[derive(Debug)]
pub(crate) struct MemberGroup {
    object: Created,
    /// The values of the paths below it.
    values: Values,
    /// What it answered to one who was no member yet.
    pub(crate) hidden: Arc<Answer>,
}

/// The roles of owner and member as the group shows them.
#[derive(Debug, Clone)]
pub(crate) struct GroupRoles {
    /// The field.
    pub(crate) field: String,
    pub(crate) owner: String,
    pub(crate) member: String,
    /// The answer that shows them.
    pub(crate) answer: Arc<Answer>,
}

impl GroupRoles {
    /// Returns whether the member may only look, by what its role is called.
    pub(crate) fn only_looks(&self) -> bool {
        is_looking_role(&self.member)
    }
}

/// Returns what adds people to the group that a path names, or below which it lies: `POST /teams/{}/members` for
/// `/teams/{}` and `/teams/{}/members/{}`.
pub(crate) fn adds_members<'a>(api: &'a Api, path: &str) -> Option<&'a Operation> {
    let shape = path_shape(path);
    // What has no address of its own has no members either.
    let item = shape.ends_with("{}").then_some(shape.as_str())?;
    api.operations.iter().find(|operation| {
        let joining = path_shape(&operation.path);
        let Some((group, people)) = joining.rsplit_once('/') else { return false };
        let is_of_group = group.ends_with("{}") && (item == group || item.strip_suffix("/{}") == Some(&joining));
        operation.method == Method::Post && is_of_group && is_person(&singular_of(people))
    })
}

impl<'a> Lab<'a> {
    /// Returns how a group's function may be tried as a member: two throw-away or disposable accounts, of which one makes groups.
    ///
    /// # Errors
    /// `NotTried` where no account makes one, or people cannot be added.
    pub(crate) fn membership(&'a self, acting: &Acting) -> Result<GroupMembership<'a>, Silence> {
        let joining = adds_members(self.maker.api, &acting.operation.path);
        let joining = joining.ok_or_else(|| Silence::not_applicable("it is no function of a group with members"))?;
        let known = self.maker.acting.iter().find(|known| known.operation.id == joining.id);
        let joining = known.filter(|known| known.left_alone.is_none());
        let joining = joining.ok_or_else(|| Silence::not_tried("what adds people to the group is not called"))?;
        let made = self.maker.made();
        // A membership is shown to the account, and may be told it by mail.
        let is_own = |person: &Person| self.may_spoil(&person.name);
        let of_owner = |owner: &Person| {
            let mut own = made.iter().filter(|created| created.caller == owner.name && is_own(owner));
            own.find(|created| self.group_values(joining, created).is_some()).cloned()
        };
        let pairs = self.pairs().into_iter().filter(|(member, _)| is_own(member));
        let found = pairs.into_iter().find_map(|(member, owner)| Some((member, owner, of_owner(owner)?)));
        let (member, owner, like) = found.ok_or_else(|| {
            Silence::not_tried("needs two throw-away accounts, of which one makes such a group")
                .with_help("scan with --auto-accounts, so that a member of a lower role may be added to a group")
        })?;

        Ok(GroupMembership { lab: self, joining, like, member, owner })
    }

    /// Returns the values of the path by which people are added to an object, where it is such a group.
    fn group_values(&self, joining: &Acting, created: &Created) -> Option<Values> {
        let slot = joining.slots.last().filter(|slot| slot.place == Place::Path)?;
        let is_group = slot.resources.contains(&created.object.resource);
        is_group.then(|| self.values(&joining.operation, created)).flatten()
    }
}

impl<'a> GroupMembership<'a> {
    /// Makes a group that no other trial works with: what is a member's there says nothing of strangers.
    ///
    /// # Errors
    /// `Undecided` where none could be made, or strangers are shown it.
    pub(crate) async fn make_group(&self) -> Result<MemberGroup, Silence> {
        let made = self.lab.maker.make(self.like.producer, &self.owner.name).await?;
        let object = made.ok_or_else(|| Silence::undecided("no further group could be made"))?;
        self.lab.maker.forget(&object);
        let values = self.lab.group_values(self.joining, &object);
        let values = values.ok_or_else(|| Silence::undecided("the new group has no address"))?;
        let seen = self.lab.view(&self.member.name, &object).await?;
        let seen = seen.ok_or_else(|| Silence::undecided("no route shows a group to its members"))?;
        let group = MemberGroup { object, values, hidden: seen.answer.clone() };
        if !seen.is_gone() {
            self.remove(&group).await?;
            return Err(Silence::undecided("nothing shows who is a member: others are shown the group too"));
        }

        Ok(group)
    }

    /// Adds the member to a group with the least role that there is. Returns the answer.
    ///
    /// # Errors
    /// `Undecided` where the owner cannot add it, or it is shown nothing of the group afterwards.
    pub(crate) async fn add(&self, group: &MemberGroup) -> Result<Arc<Answer>, Silence> {
        let body = self.joining_body();
        let body = body.ok_or_else(|| Silence::undecided("the document does not say who is added to a group"))?;
        let owner = self.lab.caller(&self.owner.name);
        let written = self.lab.write(self.joining, owner, &group.values, Some(&body)).await?;
        let is_done = written.answer.response().is_some_and(is_clear_success);
        ensure(is_done, || {
            let status = written.answer.status().unwrap_or_default();
            Silence::undecided(format!("the owner could not add a member to its group (status {status})"))
        })?;
        // An invitation is in no list of members, and its answer shows it.
        let shown = written.answer.response().and_then(|response| response.json.as_ref());
        let invited = shown.and_then(|json| objects_in(json).next()).cloned();
        let listed = self.row_of(group, self.member).await?.map(|(_, row)| row);
        if let Some(row) = listed.or(invited) {
            self.note_member(group, &row);
        }

        let seen = self.lab.view(&self.member.name, &group.object).await?;
        ensure(seen.is_some_and(|seen| seen.object.is_some()), || {
            Silence::undecided("a member that was added is not shown the group: it may have to accept first")
        })?;

        Ok(written.answer)
    }

    /// Returns the body that adds the member: what names a person names it, and its role is the least that is listed.
    fn joining_body(&self) -> Option<Body> {
        let api = self.lab.maker.api;
        let mut body = build_body(api, self.joining, "")?;
        let members = body.value.as_object_mut()?;
        let principals = self.lab.principals();
        let mut is_named = false;

        for field in self.joining.fields(api) {
            if right_of(&field.name, &Value::Null) == Some(Right::Role) {
                set_least_role(members, &field.name, &listed_roles(api, field.schema));
                continue;
            }
            let names = names_person(&field.name);
            let value = names.then(|| principals.value_for(self.member, &field.name, members.get(&field.name)));
            if let Some(value) = value.flatten() {
                members.insert(field.name, value);
                is_named = true;
            }
        }

        is_named.then_some(body)
    }

    /// Returns the roles of owner and member, where the group's list of members shows two different ones.
    ///
    /// # Errors
    /// As the request that it takes.
    pub(crate) async fn roles(&self, group: &MemberGroup) -> Result<Option<GroupRoles>, Silence> {
        let Some((answer, rows)) = self.list(group).await? else { return Ok(None) };
        let of = |person: &Person| rows.iter().find_map(|row| role_of(row, person));
        let (Some((field, owner)), Some((_, member))) = (of(self.owner), of(self.member)) else { return Ok(None) };

        Ok((owner != member).then_some(GroupRoles { field, owner, member, answer }))
    }

    /// Returns the row of a person in the group's list of members; `None` where it is not there, or there is no list.
    ///
    /// # Errors
    /// As the request that it takes.
    pub(crate) async fn row_of(
        &self,
        group: &MemberGroup,
        person: &Person,
    ) -> Result<Option<(Arc<Answer>, Map<String, Value>)>, Silence> {
        let Some((answer, rows)) = self.list(group).await? else { return Ok(None) };
        Ok(rows.into_iter().find(|row| role_of(row, person).is_some()).map(|row| (answer, row)))
    }

    /// The group's members as its owner is shown them.
    async fn list(&self, group: &MemberGroup) -> Result<Option<(Arc<Answer>, Vec<Map<String, Value>>)>, Silence> {
        let shape = path_shape(&self.joining.operation.path);
        let is_list = |operation: &&Operation| {
            operation.method == Method::Get && operation.effect == Effect::Reads && path_shape(&operation.path) == shape
        };
        let Some(list) = self.lab.maker.api.operations.iter().find(is_list) else { return Ok(None) };
        let values = rename_values(&self.joining.operation, list, &group.values);
        let url = operation_url(self.lab.maker.probe.base_url(), list, &values).map_err(SendError::from)?;
        let ask = Ask::get(self.lab.caller(&self.owner.name), url);
        let answer = self.lab.maker.probe.look_again(&ask).await?;
        let response = answer.response().filter(|response| is_clear_success(response));
        let Some(json) = response.and_then(|response| response.json.as_ref()) else { return Ok(None) };
        let rows = objects_in(json).cloned().collect();

        Ok(Some((answer, rows)))
    }

    /// Sends a function of the group as a caller; `row` is the member that its path names, where it names one.
    ///
    /// # Errors
    /// `Undecided` where the request cannot be composed or sent.
    pub(crate) async fn call(
        &self,
        (acting, caller): (&Acting, AskCaller),
        (group, row): (&MemberGroup, Option<&Map<String, Value>>),
        body: Option<&Body>,
    ) -> Result<Arc<Answer>, Silence> {
        let mut values = rename_values(&self.joining.operation, &acting.operation, &group.values);
        if let (Some(row), Some(slot)) = (row, acting.slots.last()) {
            let member = Object::of("member", row, BTreeMap::new());
            let value = member.slot_value(slot).cloned();
            let value = value.ok_or_else(|| Silence::undecided("the list of members shows no id of a member"))?;
            values.insert((slot.place, slot.name.clone()), value);
        }
        let url = self.lab.url(acting, &values)?;
        let request = WriteRequest { body, ..WriteRequest::plain(acting, caller, url) };

        Ok(self.lab.send(request).await?.answer)
    }

    /// Notes that the member was added: what says so may outlive the group.
    fn note_member(&self, group: &MemberGroup, row: &Map<String, Value>) {
        let (Some(journal), Some(id)) = (self.lab.maker.probe.journal(), self.member_id(row)) else { return };
        let maker = self.lab.maker;
        let note = WriteNote {
            undo: plan_undo(maker, self.joining, &group.values, &group.object.object),
            is_companion: true,
            nature: Some(format!("a member of {}'s {}", self.owner.name, self.kind())),
            ..WriteNote::bare(&self.joining.operation.id.0, &self.owner.name, WriteKind::Creates)
        };
        journal.stray(note, &id);
    }

    /// Takes the member out of a group, and removes the group.
    ///
    /// # Errors
    /// A fault that stops the scan.
    pub(crate) async fn dissolve(&self, group: &MemberGroup) -> Result<(), Silence> {
        let row = self.row_of(group, self.member).await?.map(|(_, row)| row);
        if let (Some(removal), Some(row)) = (self.removal(), &row) {
            let owner = self.lab.caller(&self.owner.name);
            self.call((removal, owner), (group, Some(row)), None).await?;
            if self.row_of(group, self.member).await?.is_none() {
                self.note_dismissal(row);
            }
        }
        self.remove(group).await
    }

    /// Returns what takes a member out.
    fn removal(&self) -> Option<&'a Acting> {
        let item = item_shape(&self.joining.operation.path);
        let is_removal = |acting: &&Acting| {
            acting.kind == ActKind::Delete && acting.left_alone.is_none() && path_shape(&acting.operation.path) == item
        };
        self.lab.maker.acting.iter().find(is_removal)
    }

    fn member_id(&self, row: &Map<String, Value>) -> Option<String> {
        let member = Object::of("member", row, BTreeMap::new());
        let slot = self.removal().and_then(|removal| removal.slots.last());
        slot.and_then(|slot| member.slot_value(slot)).or_else(|| row.get("id")).and_then(scalar_text)
    }

    fn note_dismissal(&self, row: &Map<String, Value>) {
        let (Some(journal), Some(id)) = (self.lab.maker.probe.journal(), self.member_id(row)) else { return };
        let (operation, owner) = (&self.joining.operation.id.0, &self.owner.name);
        let is_it = |entry: &JournalEntry| {
            entry.note.operation == *operation && entry.note.caller == *owner && entry.object.as_ref() == Some(&id)
        };
        if let Some(entry) = journal.entries().into_iter().rev().find(is_it) {
            journal.undone(entry.n);
        }
    }

    /// Removes a group as its owner, where it is still there.
    ///
    /// # Errors
    /// A fault that stops the scan.
    pub(crate) async fn remove(&self, group: &MemberGroup) -> Result<(), Silence> {
        Ok(self.lab.remove_as(&self.owner.name, &group.object).await?)
    }

    /// Returns what its owner sees of a group.
    ///
    /// # Errors
    /// `Undecided` where no route shows it.
    pub(crate) async fn look(&self, group: &MemberGroup) -> Result<super::look::ObjectView, Silence> {
        let seen = self.lab.view(&self.owner.name, &group.object).await?;
        seen.ok_or_else(|| Silence::undecided("no route shows the group to its owner"))
    }

    /// Returns what the group is called: `workspace`.
    pub(crate) fn kind(&self) -> String {
        clean_name(&self.like.object.resource, 40)
    }
}

/// Returns the roles that a field may take, as its own schema lists them.
fn listed_roles(api: &Api, schema: SchemaId) -> Vec<String> {
    let listed = resolve_schema(api, schema).map(|schema| schema.enumeration.as_slice()).unwrap_or_default();
    listed.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Sets the role of whoever is added to the least that is listed; without a list the server chooses.
fn set_least_role(members: &mut Map<String, Value>, field: &str, listed: &[String]) {
    let looking = listed.iter().find(|role| is_looking_role(role));
    let least = looking.or_else(|| listed.iter().find(|role| !is_higher(role))).cloned();
    match least {
        Some(role) => _ = members.insert(field.to_owned(), Value::String(role)),
        None => _ = members.shift_remove(field),
    }
}

fn is_looking_role(role: &str) -> bool {
    let words = split_words(role);
    LOOKING.split(' ').any(|word| words.iter().any(|known| known == word))
}

/// Gives the values of one path to another below the same objects, whose parameters may be called otherwise.
fn rename_values(from: &Operation, to: &Operation, values: &Values) -> Values {
    let names = |operation: &Operation| -> Vec<String> {
        operation.path.split(['{', '}']).skip(1).step_by(2).map(str::to_owned).collect()
    };
    let pairs = names(from).into_iter().zip(names(to));
    let known = |(from, to): (String, String)| Some(((Place::Path, to), values.get(&(Place::Path, from))?.clone()));
    pairs.filter_map(known).collect()
}

/// Returns whether a field names a person: `user_id`, `email`, `member`.
fn names_person(field: &str) -> bool {
    names_principal(field) || resource_of_name(field).is_some_and(|kind| is_person(&kind))
}

/// Returns field and value of a person's role in a row of members, where the row is that person's.
fn role_of(row: &Map<String, Value>, person: &Person) -> Option<(String, String)> {
    let is_fact = |value: &Value| scalar_text(value).is_some_and(|text| person.facts.contains(&text.to_lowercase()));
    let inner = row.values().filter_map(Value::as_object);
    // The bare id of a row is the membership's, which may be the number of another person.
    let names_it = |(name, value): (&String, &Value)| names_person(name) && is_fact(value);
    let is_named = row.iter().any(names_it) || inner.flat_map(|inner| inner.values()).any(is_fact);
    let is_bare = || {
        let others = row.keys().any(|name| ends_in_id(name) && split_words(name).join("") != "id");
        !others && row.get("id").is_some_and(is_fact)
    };
    let role = row.iter().find_map(|(name, value)| {
        let role = value.as_str().filter(|_| right_of(name, value) == Some(Right::Role))?;
        Some((name.clone(), role.to_owned()))
    })?;

    (is_named || is_bare()).then_some(role)
}
