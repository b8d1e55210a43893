//! The functions of a group, tried as a member of its least role: to remove it, to change it, to raise its own role.

use crate::act::Acting;
use crate::checks::acting::ActCx;
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, see_other, status_text};
use crate::model::{Role, Severity, Silence};
use crate::trial::{GroupAct, MemberProof, MemberTrial, refusal_sign};

/// Tries a function of a group as one of its members.
pub(super) async fn try_as_member(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let trial = cx.member_trial(acting)?;
    let proof = match trial.run().await? {
        Ok(proof) => proof,
        Err(open) => {
            let other = if trial.act == GroupAct::Remove { "authz/bola-delete" } else { "authz/bola-write" };
            let status = status_text(&open.answer);
            return Err(see_other(other, format!("who is no member may do it too (status {status})")));
        }
    };
    let mut rule = Rule::default();
    let (owner, member) = (&trial.groups.owner.name, &trial.groups.member.name);
    let effect = proof.call.effect.clone().ok_or_else(|| Silence::undecided("nothing came of it"));
    let effect = rule.need("owner-sees-the-effect", effect, |effect| format!("{owner} is shown that {effect}"))?;
    rest_on_roles(&mut rule, &trial, &proof)?;
    let outside = refusal_sign(&proof.stranger);
    let because = outside.clone().unwrap_or_else(|| status_text(&proof.stranger));
    rule.weigh("stranger-cannot", outside.is_some(), format!("{member} is refused before it is a member: {because}"));
    if let Some(nobody) = &proof.nobody {
        let sign = refusal_sign(nobody);
        let because = sign.clone().unwrap_or_else(|| status_text(nobody));
        rule.weigh("anonymous-cannot", sign.is_some(), format!("a caller without credentials gets {because}"));
    }
    rule.weigh("repeated", trial.repeat().await?, "the same came of it in a second group");
    rule.show(Role::Attack, &proof.call.answer).show(Role::Readback, &proof.call.seen);
    rule.show(Role::Baseline, &proof.joined).show(Role::Control, &proof.stranger);
    rule.show_all(Role::Control, &proof.nobody);
    rule.show_all(Role::Control, proof.roles.as_ref().map(|roles| &roles.answer));
    let claim = format!("{member}, a member of {owner}'s {}, did what is its owner's: {effect}", trial.groups.kind());
    cx.note(acting, member, owner, true, claim.clone());
    let severity = (trial.act == GroupAct::Change).then_some(Severity::High);
    let violation = Violation::of(acting, "operation", acting.operation.path.as_str(), claim);
    rule.found(Violation { severity, ..violation })
}

/// Adds that the member is less than the owner, and why such a member may not do it.
fn rest_on_roles(rule: &mut Rule, trial: &MemberTrial<'_>, proof: &MemberProof) -> Result<(), Silence> {
    let (owner, member) = (&trial.groups.owner.name, &trial.groups.member.name);
    let untold =
        || Silence::undecided("nothing shows that the group tells roles apart: all members may be meant to do it");
    let roles = rule.need("lower-in-the-group", proof.roles.as_ref().ok_or_else(untold), |roles| {
        format!("{owner} is `{}` there, {member} `{}`", roles.owner, roles.member)
    })?;
    if trial.act == GroupAct::Change {
        // Who may write in a group is often meant to change it.
        let looks = ensure(roles.only_looks(), || {
            Silence::undecided(format!("a `{}` may be meant to change the group", roles.member))
        });
        rule.need("kept-from-its-role", looks, |()| format!("a `{}` is there to look, by its name", roles.member))?;
    }
    Ok(())
}
