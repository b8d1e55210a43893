//! What a member of a group does with it, and what its owner is shown of that: the group is gone, was changed, or the member
//! has the owner's role.

use std::sync::Arc;

use serde_json::Value;

use super::answers::refusal_sign;
use super::lab::Lab;
use super::membership::{GroupMembership, GroupRoles, MemberGroup};
use super::rights::{Right, right_of};
use crate::act::{ActKind, Acting, Body, build_body, new_marker};
use crate::model::{Silence, clean_name};
use crate::probe::{Answer, AskCaller};

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupAct {
    Remove,
    Change,
    Raise,
}

/// The trial of one function of a group as its member.
#[derive(Debug)]
pub(crate) struct MemberTrial<'a> {
    lab: &'a Lab<'a>,
    acting: &'a Acting,
    pub(crate) act: GroupAct,
    pub(crate) groups: GroupMembership<'a>,
}

/// What one call came to.
#[derive(Debug)]
pub(crate) struct MemberCall {
    pub(crate) answer: Arc<Answer>,
    /// The answer to the owner that shows what it did.
    pub(crate) seen: Arc<Answer>,
    /// What it did, in words; `None` where it did nothing.
    pub(crate) effect: Option<String>,
}

/// What a member did, with the controls.
#[derive(Debug)]
pub(crate) struct MemberProof {
    pub(crate) call: MemberCall,
    /// The answer that added the member.
    pub(crate) joined: Arc<Answer>,
    pub(crate) roles: Option<GroupRoles>,
    /// The same before it was a member, or else what it was shown of the group then.
    pub(crate) stranger: Arc<Answer>,
    /// The same without credentials; a member's row cannot be named by those who see none.
    pub(crate) nobody: Option<Arc<Answer>>,
}

impl<'a> Lab<'a> {
    /// Returns the trial of a group's function as one of its members.
    ///
    /// # Errors
    /// `NotApplicable` where it is none that a group keeps for its owner; else as [`Lab::membership`].
    pub(crate) fn member_trial(&'a self, acting: &'a Acting) -> Result<MemberTrial<'a>, Silence> {
        let groups = self.membership(acting)?;
        let below = acting.slots.last().is_some_and(|slot| slot.resources.iter().any(|kind| self.is_people(kind)));
        let act = match (acting.kind, below) {
            (ActKind::Delete, false) => GroupAct::Remove,
            (ActKind::Update, false) => GroupAct::Change,
            (ActKind::Update, true) if self.role_field(acting).is_some() => GroupAct::Raise,
            _ => return Err(Silence::not_applicable("it is no function that a group keeps for its owner")),
        };

        Ok(MemberTrial { lab: self, acting, act, groups })
    }

    /// Returns the field of a body that sets a role.
    fn role_field(&self, acting: &Acting) -> Option<String> {
        let fields = acting.fields(self.maker.api).into_iter().map(|field| field.name);
        fields.into_iter().find(|name| right_of(name, &Value::Null) == Some(Right::Role))
    }
}

impl MemberTrial<'_> {
    /// Tries it as a stranger, without credentials, and as a member. The inner result tells that others than members did it.
    ///
    /// # Errors
    /// `Held` where the member is refused; else why there is no verdict.
    pub(crate) async fn run(&self) -> Result<Result<MemberProof, MemberCall>, Silence> {
        let group = self.groups.make_group().await?;
        let (mut stranger, mut nobody) = (group.hidden.clone(), None);
        if self.act != GroupAct::Raise {
            for caller in [AskCaller::Anonymous, self.lab.caller(&self.groups.member.name)] {
                let call = self.call(caller.clone(), &group, None).await?;
                if call.effect.is_some() {
                    self.groups.remove(&group).await?;
                    return Ok(Err(call));
                }
                match caller {
                    AskCaller::Anonymous => nobody = Some(call.answer),
                    _ => stranger = call.answer,
                }
            }
        }
        let (joined, roles, call) = self.join_and_call(&group).await?;
        if call.effect.is_none() {
            let sign = refusal_sign(&call.answer).unwrap_or_else(|| "nothing came of it".to_owned());
            let (member, owner) = (&self.groups.member.name, &self.groups.owner.name);
            let because = format!("{member}, a member of {owner}'s {}: {sign}", self.groups.kind());
            return Err(Silence::held(&call.answer.exchange, &joined.exchange, because));
        }

        Ok(Ok(MemberProof { call, joined, roles, stranger, nobody }))
    }

    /// Tries it in another group. Returns whether the same came of it.
    ///
    /// # Errors
    /// A fault that stops the scan.
    pub(crate) async fn repeat(&self) -> Result<bool, Silence> {
        let Ok(group) = self.groups.make_group().await else { return Ok(false) };
        let (.., call) = self.join_and_call(&group).await?;
        Ok(call.effect.is_some())
    }

    /// Adds the member, calls as the member, and removes the group whatever came of that.
    async fn join_and_call(
        &self,
        group: &MemberGroup,
    ) -> Result<(Arc<Answer>, Option<GroupRoles>, MemberCall), Silence> {
        let called = self.try_as_member(group).await;
        self.groups.dissolve(group).await?;
        called
    }

    async fn try_as_member(
        &self,
        group: &MemberGroup,
    ) -> Result<(Arc<Answer>, Option<GroupRoles>, MemberCall), Silence> {
        let joined = self.groups.add(group).await?;
        let roles = self.groups.roles(group).await?;
        let member = self.lab.caller(&self.groups.member.name);
        let call = self.call(member, group, roles.as_ref()).await?;
        Ok((joined, roles, call))
    }

    /// Calls the function as somebody, and looks as the owner.
    async fn call(
        &self,
        caller: AskCaller,
        group: &MemberGroup,
        roles: Option<&GroupRoles>,
    ) -> Result<MemberCall, Silence> {
        match self.act {
            GroupAct::Remove => {
                let answer = self.groups.call((self.acting, caller), (group, None), None).await?;
                let seen = self.groups.look(group).await?;
                let effect = seen.is_gone().then(|| "the group is gone".to_owned());
                Ok(MemberCall { answer, seen: seen.answer, effect })
            }
            GroupAct::Change => {
                let before = self.groups.look(group).await?;
                let change = self.lab.change(self.acting, &before.fields(), &[]);
                let change =
                    change.ok_or_else(|| Silence::not_tried("no field of the group can be changed and seen"))?;
                let answer = self.groups.call((self.acting, caller), (group, None), Some(&change.body)).await?;
                let seen = self.groups.look(group).await?;
                let field = clean_name(&change.field, 60);
                let effect = seen.shows(&change.field, &change.value).then(|| format!("`{field}` was changed"));
                Ok(MemberCall { answer, seen: seen.answer, effect })
            }
            GroupAct::Raise => self.raise(caller, group, roles).await,
        }
    }

    /// Asks for the owner's own role.
    async fn raise(
        &self,
        caller: AskCaller,
        group: &MemberGroup,
        roles: Option<&GroupRoles>,
    ) -> Result<MemberCall, Silence> {
        let unshown = || Silence::undecided("no list of members shows the roles of owner and member");
        let roles = roles.ok_or_else(unshown)?;
        let (_, row) = self.groups.row_of(group, self.groups.member).await?.ok_or_else(unshown)?;
        let body = self.raising_body(&roles.owner);
        let answer = self.groups.call((self.acting, caller), (group, Some(&row)), body.as_ref()).await?;
        let (seen, now) = self.groups.row_of(group, self.groups.member).await?.ok_or_else(unshown)?;
        let is_raised = now.get(&roles.field).and_then(Value::as_str) == Some(roles.owner.as_str());
        let (was, is) = (clean_name(&roles.member, 40), clean_name(&roles.owner, 40));
        let effect = is_raised.then(|| format!("its role is `{is}`, and was `{was}`"));
        Ok(MemberCall { answer, seen, effect })
    }

    fn raising_body(&self, role: &str) -> Option<Body> {
        let mut body = build_body(self.lab.maker.api, self.acting, &new_marker())?;
        let field = self.lab.role_field(self.acting)?;
        body.value.as_object_mut()?.insert(field, Value::String(role.to_owned()));
        Some(body)
    }
}
