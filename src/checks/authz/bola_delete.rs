//! `authz/bola-delete`.

use std::sync::Arc;

use super::bola_write::no_target;
use crate::act::{Acting, Created, Kind, ends_in_slot};
use crate::checks::acting::{ActCx, Meant, Seen};
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, status, unsent};
use crate::model::{ANONYMOUS, Method, Operation, Role, Verdict, clean_name};
use crate::probe::{Answer, Caller, SendError};
use crate::survey::{Person, slots};

check! {
    /// ## What it does
    /// Makes an object as one user, deletes it as another of the same role, and lets the owner look whether it is gone.
    ///
    /// ## Why it matters
    /// Whoever can count up an id can empty the database.
    ///
    /// ## How it is confirmed
    /// All of these hold: an anonymous deletion leaves the object where it is; after the intruder's deletion the owner no
    /// longer finds it, while another object of the owner's is still there; the same happens with a second object made
    /// for the purpose; and something shows that the object is its owner's.
    ///
    /// ## When it stays silent
    /// When the owner still finds the object, whatever the answer to the deletion said (204 for what is not deleted is
    /// common), and when anyone may delete it (that is authn/missing-write).
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    BolaDelete {
        id: "authz/bola-delete",
        title: "An object of another user can be deleted",
        severity: Critical,
        level: Active,
        owasp: ["API1:2023"],
        cwe: [639],
        remedy: "object-ownership",
        since: "0.2.0",
    }
}

impl Check for BolaDelete {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        let one = ends_in_slot(&operation.path);
        if operation.method != Method::Delete || !one || slots(cx.api, operation).is_empty() {
            return Need::NotApplicable;
        }
        // Two objects made and looked at, three deletions with the owner's view after each, one more look.
        Need::Requests(if cx.identities.len() < 2 { 0 } else { 14 })
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move { run(cx, acting).await.unwrap_or_else(|error| unsent(&error)) })
    }

    fn phase(&self) -> Phase {
        Phase::Removals
    }
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    if acting.kind != Kind::Delete {
        return Ok(held("it does not remove an object that its address names"));
    }
    let pairs = cx.pairs();
    let Some((intruder, owner)) = pairs.iter().copied().find(|(_, owner)| cx.target(acting, &owner.name).is_some())
    else {
        return Ok(no_target(cx, acting, !pairs.is_empty()));
    };
    let Some((kept, _)) = cx.target(acting, &owner.name) else { return Ok(no_target(cx, acting, true)) };
    let Some(first) = cx.fresh(&kept).await? else {
        return Ok(inconclusive("no further object could be made to be deleted", None));
    };
    let attempt = Attempt { cx, acting, intruder, owner, kept };
    let Some(before) = cx.view(&owner.name, &first).await? else {
        return Ok(inconclusive("the owner has no way to look whether the object is there", None));
    };
    if before.object.is_none() {
        return Ok(inconclusive("the owner is not shown the object that it made", None));
    }
    attempt.carry_out(first, &before).await
}

struct Attempt<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    intruder: &'a Person,
    owner: &'a Person,
    kept: Created,
}

/// One deletion and what the owner sees after it.
struct Tried {
    answer: Arc<Answer>,
    seen: Seen,
}

impl Tried {
    fn is_gone(&self) -> bool {
        self.seen.telling && self.seen.object.is_none()
    }
}

impl Attempt<'_> {
    async fn carry_out(&self, first: Created, before: &Seen) -> Result<Verdict, SendError> {
        let (intruder, owner) = (&self.intruder.name, &self.owner.name);
        let Some(nobody) = self.delete(Caller::Anonymous, &first).await? else { return Ok(no_view()) };
        self.cx.note(
            self.acting,
            ANONYMOUS,
            owner,
            nobody.is_gone(),
            format!("a deletion without credentials: status {}", status(&nobody.answer)),
        );
        if nobody.is_gone() {
            return Ok(held("anonymous callers are let in too: see authn/missing-write"));
        }
        // Whose it is must be asked while it is there.
        let meant = self.cx.meant(&first, self.intruder, self.owner, before).await?;
        let Some(attack) = self.delete(Caller::named(intruder), &first).await? else { return Ok(no_view()) };
        if let Some(because) = ActCx::no_answer(&attack.answer) {
            return Ok(inconclusive(because, None));
        }
        if !attack.is_gone() {
            if !attack.seen.telling {
                return Ok(no_view());
            }
            let because = match ActCx::refusal(&attack.answer) {
                Some(sign) => format!("{intruder} is refused: {sign}"),
                None => format!(
                    "{intruder} was answered status {}, and {owner} still finds the object",
                    status(&attack.answer)
                ),
            };
            self.cx.note(self.acting, intruder, owner, false, because.clone());
            // Who may not is one half; that the owner still may is the other.
            if let Some(own) = self.delete(Caller::named(owner), &first).await?
                && (own.is_gone() || own.seen.telling && ActCx::no_answer(&own.answer).is_none())
            {
                let said = format!("its own deletion: status {}", status(&own.answer));
                self.cx.note(self.acting, owner, owner, own.is_gone(), said);
            }
            return Ok(held(because));
        }
        let other = self.cx.view(owner, &self.kept).await?;
        let Some(second) = self.cx.fresh(&self.kept).await? else {
            return Ok(inconclusive("no second object could be made to repeat the deletion", None));
        };
        let Some(again) = self.delete(Caller::named(intruder), &second).await? else { return Ok(no_view()) };
        let mut proof = Proof::default();
        proof.clause(
            "owner-had-it",
            true,
            format!("{owner} found the object before (status {})", status(&before.answer)),
        );
        proof.clause(
            "anonymous-cannot",
            nobody.seen.telling,
            format!("a deletion without credentials (status {}) left it there", status(&nobody.answer)),
        );
        proof.clause(
            "gone-for-the-owner",
            true,
            format!("after {intruder}'s deletion {owner} no longer finds it (status {})", status(&attack.seen.answer)),
        );
        let still = other.as_ref().is_some_and(|seen| seen.object.is_some());
        proof.clause("other-object-is-there", still, format!("another object of {owner}'s is still found"));
        match meant {
            Meant::ForOwner(because) => proof.clause("meant-for-owner", true, because),
            Meant::Unclear(because) => proof.open(
                "meant-for-owner",
                format!("{because}; to settle it, name an object under `owns` of its owner, or let another route refuse strangers"),
            ),
        };
        proof.clause("repeated", again.is_gone(), "a second object went the same way");
        proof
            .show(Role::Attack, &attack.answer)
            .show(Role::Baseline, &before.answer)
            .show(Role::Control, &nobody.answer);
        proof.show(Role::Readback, &attack.seen.answer);
        if let Some(other) = &other {
            proof.show(Role::Control, &other.answer);
        }
        let claim = format!(
            "{intruder} deleted {} {}, which {owner} made",
            clean_name(&first.object.resource, 40),
            clean_name(&first.id, 60)
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

    async fn delete(&self, caller: Caller, created: &Created) -> Result<Option<Tried>, SendError> {
        let Some(values) = self.cx.values(&self.acting.operation, created) else { return Ok(None) };
        let body = crate::act::body(self.cx.maker.api, self.acting, "");
        let written = self.cx.write(self.acting, caller, &values, body.as_ref()).await?;
        let Some(seen) = self.cx.view(&self.owner.name, created).await? else { return Ok(None) };
        let tried = Tried { answer: written.answer, seen };
        if tried.is_gone() {
            // Nothing may be made below it any more, and there is nothing left to undo.
            self.cx.maker.forget(created);
            if let Some(journal) = self.cx.maker.probe.journal() {
                journal.undone(created.entry);
            }
        }
        Ok(Some(tried))
    }
}

fn no_view() -> Verdict {
    inconclusive("the owner's view could not be had after the deletion", None)
}
