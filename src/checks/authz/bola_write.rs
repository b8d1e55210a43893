//! `authz/bola-write`.

use std::sync::Arc;

use serde_json::Value;

use super::account_write;
use crate::act::{Acting, Change, Created, Kind, ends_in_slot};
use crate::checks::acting::{ActCx, Meant, Seen};
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status, unsent};
use crate::model::{ANONYMOUS, Method, Operation, Role, Verdict, clean_name};
use crate::probe::{Answer, Caller, SendError, Values};
use crate::survey::{Person, slots};

check! {
    /// ## What it does
    /// Makes an object as one user, changes it as another of the same role, and lets the owner look.
    ///
    /// ## Why it matters
    /// Whoever can change other people's objects can take them over: an address, a price, a document.
    ///
    /// ## How it is confirmed
    /// All of these hold: the owner's own change shows in the owner's view, so that the view tells; an anonymous change
    /// does not show; the intruder's value shows in the owner's view, twice, with two different values; and something
    /// shows that the object is its owner's: an owner field, a list of one's own, a route that refuses the intruder.
    /// The status of the answer decides nothing: many handlers answer 200 and change the caller's own object, or none.
    ///
    /// ## When it stays silent
    /// When the owner's view stays as it was, when anyone may change the object (that is authn/missing-write), and when
    /// not even the owner's change shows. Where nothing shows whose the object is, everybody may be meant to edit it: a
    /// wiki page looks the same, and it is only suspected.
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    BolaWrite {
        id: "authz/bola-write",
        title: "An object of another user can be changed",
        severity: Critical,
        level: Active,
        owasp: ["API1:2023"],
        cwe: [639],
        remedy: "object-ownership",
        since: "0.2.0",
    }
}

impl Check for BolaWrite {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if !changes_object(cx, operation) {
            return Need::NotApplicable;
        }
        // Five writes and the owner's view before and after each; one look for the intent.
        Need::Requests(if cx.identities.len() < 2 { 0 } else { 12 })
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move { run(cx, acting).await.unwrap_or_else(|error| unsent(&error)) })
    }

    fn phase(&self) -> Phase {
        Phase::Changes
    }
}

fn changes_object(cx: &PlanCx<'_>, operation: &Operation) -> bool {
    let one = ends_in_slot(&operation.path);
    // A part of an object (`/users/{id}/email`) is changed by PUT and PATCH; a POST there makes something.
    matches!(operation.method, Method::Put | Method::Patch) && operation.path.contains('}')
        || operation.method == Method::Post && one && !slots(cx.api, operation).is_empty()
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    if acting.kind != Kind::Update {
        return Ok(held("it does not change an object that its address names"));
    }
    if account_write::concerns(cx, acting) {
        return account_write::run(cx, acting).await;
    }
    let pairs = cx.pairs();
    let Some(pair) = pairs.iter().find(|(_, owner)| cx.target(acting, &owner.name).is_some()) else {
        return Ok(no_target(cx, acting, !pairs.is_empty()));
    };
    let (intruder, owner) = *pair;
    let Some((created, values)) = cx.target(acting, &owner.name) else { return Ok(no_target(cx, acting, true)) };
    Attempt { cx, acting, intruder, owner, created, values }.carry_out().await
}

/// Why there is nothing to write to.
pub(crate) fn no_target(cx: &ActCx<'_>, acting: &Acting, has_pair: bool) -> Verdict {
    if !has_pair {
        return skipped(
            "needs two signed-in identities of the same role",
            Some("add two identities of the same role to routewarden.toml, or scan with --auto-accounts"),
        );
    }
    let because = cx.maker.why_not(acting.resource.as_deref());
    skipped(
        because.unwrap_or_else(|| "no operation of the document makes an object of this kind".to_owned()),
        Some(
            "let a caller make objects of this kind (a POST that the document describes), so that one may be written to",
        ),
    )
}

/// One intruder on one object of an owner.
struct Attempt<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    intruder: &'a Person,
    owner: &'a Person,
    created: Created,
    values: Values,
}

/// One write and what the owner sees after it.
struct Tried {
    change: Change,
    answer: Arc<Answer>,
    seen: Seen,
}

impl Tried {
    fn shows(&self) -> bool {
        self.seen.shows(&self.change.field, &self.change.value)
    }
}

impl Attempt<'_> {
    async fn carry_out(&self) -> Result<Verdict, SendError> {
        let Some(before) = self.cx.view(&self.owner.name, &self.created).await? else {
            return Ok(inconclusive("the owner has no way to look at the object", None));
        };
        if before.object.is_none() {
            return Ok(inconclusive("the owner is not shown the object that it made", None));
        }
        let mut used: Vec<Value> = Vec::new();
        let Some(own) = self.attempt(Caller::named(&self.owner.name), &before, &mut used).await? else {
            return Ok(inconclusive("no field is known that the operation changes", None));
        };
        if !own.shows() {
            let what = ActCx::refusal(&own.answer).unwrap_or_else(|| format!("status {}", status(&own.answer)));
            if own.seen.telling && ActCx::no_answer(&own.answer).is_none() {
                self.cx.note(
                    self.acting,
                    &self.owner.name,
                    &self.owner.name,
                    false,
                    format!("its own change does not show ({what})"),
                );
            }
            return Ok(inconclusive(format!("the owner's own change does not show ({what})"), None));
        }
        self.cx.note(self.acting, &self.owner.name, &self.owner.name, true, "its own change shows in its own view");
        let Some(nobody) = self.attempt(Caller::Anonymous, &own.seen, &mut used).await? else {
            return Ok(inconclusive("no further value is known for the field that changes", None));
        };
        self.cx.note(
            self.acting,
            ANONYMOUS,
            &self.owner.name,
            nobody.shows(),
            format!("a change without credentials: status {}", status(&nobody.answer)),
        );
        if nobody.shows() {
            return Ok(held("anonymous callers are let in too: see authn/missing-write"));
        }
        let Some(attack) = self.attempt(Caller::named(&self.intruder.name), &nobody.seen, &mut used).await? else {
            return Ok(inconclusive("no further value is known for the field that changes", None));
        };
        if let Some(because) = ActCx::no_answer(&attack.answer) {
            return Ok(inconclusive(because, None));
        }
        if !attack.shows() {
            return Ok(self.refused(&attack));
        }
        let Some(again) = self.attempt(Caller::named(&self.intruder.name), &attack.seen, &mut used).await? else {
            return Ok(inconclusive("the change could not be repeated with another value", None));
        };
        self.proven(&own, &nobody, &attack, &again).await
    }

    /// Writes a new value as a caller, and lets the owner look.
    async fn attempt(&self, caller: Caller, present: &Seen, used: &mut Vec<Value>) -> Result<Option<Tried>, SendError> {
        let Some(change) = self.cx.change(self.acting, &present.fields(), used) else { return Ok(None) };
        used.push(change.value.clone());
        let written = self.cx.write(self.acting, caller, &self.values, Some(&change.body)).await?;
        let Some(seen) = self.cx.view(&self.owner.name, &self.created).await? else { return Ok(None) };
        Ok(Some(Tried { change, answer: written.answer, seen }))
    }

    fn refused(&self, attack: &Tried) -> Verdict {
        let (intruder, owner) = (&self.intruder.name, &self.owner.name);
        if !attack.seen.telling {
            return inconclusive("the owner's view could not be had after the attack", None);
        }
        let because = match ActCx::refusal(&attack.answer) {
            Some(sign) => format!("{intruder} is refused: {sign}"),
            None => format!(
                "{intruder} was answered status {}, and {owner}'s object stayed as it was",
                status(&attack.answer)
            ),
        };
        self.cx.note(self.acting, intruder, owner, false, because.clone());
        held(because)
    }

    async fn proven(&self, own: &Tried, nobody: &Tried, attack: &Tried, again: &Tried) -> Result<Verdict, SendError> {
        let (intruder, owner) = (&self.intruder.name, &self.owner.name);
        let field = clean_name(&attack.change.field, 60);
        let mut proof = Proof::default();
        proof.clause(
            "owner-can-write",
            true,
            format!("{owner}'s own change of `{field}` shows (status {})", status(&own.answer)),
        );
        proof.clause(
            "anonymous-cannot",
            nobody.seen.telling,
            format!("a change without credentials (status {}) does not show", status(&nobody.answer)),
        );
        proof.clause("owner-sees-the-change", true, format!("{owner} reads `{field}` as {intruder} wrote it"));
        match self.cx.meant(&self.created, self.intruder, self.owner, &again.seen).await? {
            Meant::ForOwner(because) => proof.clause("meant-for-owner", true, because),
            Meant::Unclear(because) => proof.open(
                "meant-for-owner",
                format!("{because}; to settle it, name an object under `owns` of its owner, or let another route refuse strangers"),
            ),
        };
        proof.clause("repeated", again.shows(), "a second change with another value shows too");
        proof.show(Role::Attack, &attack.answer).show(Role::Baseline, &own.answer);
        proof
            .show(Role::Control, &nobody.answer)
            .show(Role::Readback, &attack.seen.answer)
            .show(Role::Readback, &again.seen.answer);
        let claim = format!(
            "{intruder} changed {} {}, which {owner} made",
            clean_name(&self.created.object.resource, 40),
            clean_name(&self.created.id, 60)
        );
        self.cx.note(self.acting, intruder, owner, true, claim.clone());
        let site = self.acting.slots.last().map(crate::survey::Slot::site).unwrap_or_default();
        Ok(proof.broken(Finding {
            site,
            cause: self.acting.operation.path.clone(),
            claim,
            severity: None,
            surveyed: self.acting,
        }))
    }
}
