//! `token/stale-role`.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::act::{Acting, Spare, acting_of};
use crate::checks::acting::ActCx;
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::own_account::{Mirrored, is_served, no_account};
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status, unsent};
use crate::checks::role_changes::{is_on_accounts, is_role_function, plain_role, role_fields, wish};
use crate::model::{Credential, Operation, Role, Secret, Verdict};
use crate::probe::{Answer, Caller, SendError};
use crate::survey::{Person, Surveyed};

check! {
    /// ## What it does
    /// Lets an identity of a higher role promote a throw-away account, signs that account in, has it demoted again, and
    /// uses the token from before.
    ///
    /// ## Why it matters
    /// Whoever loses a role keeps its power for as long as the token lives.
    ///
    /// ## How it is confirmed
    /// All of these hold: a function that is marked for a higher role refuses ordinary accounts and serves the promoted
    /// one; after the demotion the account shows its old role, and a token of a new sign-in is refused; and the token from
    /// before the demotion is still served, twice.
    ///
    /// ## When it stays silent
    /// When the old token is refused. It is skipped without an identity of a higher role that can change roles, and where
    /// no function is known that refuses ordinary accounts.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-613
    StaleRole {
        id: "token/stale-role",
        title: "The role in the token is trusted after it was changed",
        severity: High,
        level: Active,
        owasp: ["API2:2023"],
        cwe: [613],
        remedy: "role-from-store",
        since: "0.2.0",
    }
}

impl Check for StaleRole {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if operation.method.is_safe() {
            return Need::NotApplicable;
        }
        let acting = acting_of(cx.api, operation);
        let changes_roles = is_role_function(&acting) || !role_fields(cx.api, &acting).is_empty();
        if !changes_roles || acting.slots.len() != 1 {
            return Need::NotApplicable;
        }
        let lowest = cx.identities.iter().map(|identity| identity.rank).min().unwrap_or_default();
        let has_higher = cx.identities.iter().any(|identity| identity.rank > lowest);
        // An account, two changes of its role, two sign-ins, the function five times, the account three times.
        Need::Requests(if has_higher { 17 } else { 0 })
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move { run(cx, acting).await.unwrap_or_else(|error| unsent(&error)) })
    }

    fn phase(&self) -> Phase {
        Phase::Functions
    }
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    if !is_on_accounts(cx, acting) {
        return Ok(held("it does not change the role of a user"));
    }
    let Some(model) = cx.model() else { return Ok(no_account()) };
    let people = &cx.check.survey.people.all;
    let own = people.iter().find(|person| person.name == model.name).map_or(10, |person| person.rank);
    let higher = people.iter().filter(|person| person.signed_in && person.rank > own);
    let Some(higher) = higher.max_by_key(|person| person.rank) else {
        return Ok(skipped(
            "needs an identity that may change roles",
            Some("add an identity of a higher role (rank above the others') to routewarden.toml"),
        ));
    };
    let guarded = cx.guarded(&model.name);
    let served = |surveyed: &&&Surveyed| surveyed.valid_of(&higher.name).is_some();
    let Some(guarded) = guarded.iter().find(served).or(guarded.first()).copied() else {
        return Ok(skipped(
            "no function is known that refuses ordinary accounts",
            Some("let the document mark a read for administrators (in its path, tag or operationId)"),
        ));
    };
    let spare = match cx.spares.make(model, &Map::new()).await? {
        Ok(spare) => spare,
        Err(because) => return Ok(inconclusive(because, None)),
    };
    if !matches!(spare.identity.credential, Credential::Login(_)) {
        return Ok(skipped("the account does not sign in by a request that gives a token", None));
    }
    let Some(before) = cx.mirror(&cx.who_spare(&spare)).await? else {
        return Ok(inconclusive("no route shows an account to itself", None));
    };
    let raised = wish(cx, acting, &before);
    if raised.is_empty() {
        return Ok(held("the roles that it sets are no privileges"));
    }
    let lowered = raised.iter().map(|(name, value)| (name.clone(), plain_role(&before, name, value))).collect();
    Attempt { cx, acting, higher, guarded, spare, before, raised, lowered }.carry_out().await
}

struct Attempt<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    higher: &'a Person,
    guarded: &'a Surveyed,
    spare: Spare,
    before: Mirrored,
    raised: Map<String, Value>,
    lowered: Map<String, Value>,
}

/// What the tokens were told, in the order of the change.
struct Told {
    promotion: Arc<Answer>,
    promoted: Arc<Answer>,
    demotion: Arc<Answer>,
    demoted: Arc<Answer>,
    view: Mirrored,
    stale: Arc<Answer>,
    again: Arc<Answer>,
}

impl Attempt<'_> {
    async fn carry_out(&self) -> Result<Verdict, SendError> {
        let promotion = match self.change(&self.before, &self.raised).await? {
            Ok(answer) => answer,
            Err(verdict) => return Ok(verdict),
        };
        let promoted = self.promoted().await?;
        // Whatever came of it, the role is put back.
        let demotion = match self.change(&self.before, &self.lowered).await? {
            Ok(answer) => answer,
            Err(verdict) => return Ok(verdict),
        };
        let (old, promoted) = match promoted {
            Ok(found) => found,
            Err(verdict) => return Ok(verdict),
        };
        if !self.cx.sign_in_again(&self.spare).await? {
            return Ok(inconclusive("the account could not sign in again after the change", None));
        }
        let Some(view) = self.cx.mirror(&self.cx.who_spare(&self.spare)).await? else {
            return Ok(inconclusive("the account could not be looked at after the change", None));
        };
        if self.raised.iter().any(|(name, value)| view.shows(name, value)) {
            return Ok(inconclusive("the role could not be taken away again", None));
        }
        let demoted = self.ask(Caller::named(&self.spare.name)).await?;
        if is_served(&demoted) {
            return Ok(inconclusive("a token from after the change is served too: the role does not decide it", None));
        }
        let stale = self.ask(self.with(&old)).await?;
        if let Some(because) = ActCx::no_answer(&stale) {
            return Ok(inconclusive(because, None));
        }
        if !is_served(&stale) {
            return Ok(held(format!("the token from before is refused: status {}", status(&stale))));
        }
        let again = self.ask(self.with(&old)).await?;
        Ok(self.verdict(&Told { promotion, promoted, demotion, demoted, view, stale, again }))
    }

    /// Changes the role as the higher identity.
    async fn change(
        &self,
        view: &Mirrored,
        fields: &Map<String, Value>,
    ) -> Result<Result<Arc<Answer>, Verdict>, SendError> {
        let changed = self.cx.change_account(self.acting, &self.higher.name, &self.spare, view, fields).await?;
        Ok(match changed {
            Ok(written) => Ok(written.answer),
            Err(because) => Err(inconclusive(because, None)),
        })
    }

    /// Signs the promoted account in, and has it served by the function; its token from then.
    async fn promoted(&self) -> Result<Result<(Secret, Arc<Answer>), Verdict>, SendError> {
        if !self.cx.sign_in_again(&self.spare).await? {
            return Ok(Err(inconclusive("the account could not sign in again after the change", None)));
        }
        let answer = self.ask(Caller::named(&self.spare.name)).await?;
        if !is_served(&answer) {
            let because = format!(
                "{} did not open {} to the account (status {})",
                self.higher.name,
                self.guarded.operation.id,
                status(&answer)
            );
            return Ok(Err(inconclusive(because, Some("name an identity of a higher role that may change roles"))));
        }
        let session = self.cx.maker.probe.sessions().get(&self.spare.name);
        Ok(session.map(|session| (session.token, answer)).ok_or_else(|| inconclusive("the account has no token", None)))
    }

    fn with(&self, token: &Secret) -> Caller {
        Caller::Forged {
            identity: self.spare.name.clone(),
            token: token.clone(),
            label: "token from before the change".to_owned(),
        }
    }

    async fn ask(&self, caller: Caller) -> Result<Arc<Answer>, SendError> {
        let baseline = self.guarded.by.values().next();
        let baseline = baseline.ok_or_else(|| SendError::Unbuildable("the function has no request".to_owned()))?;
        self.cx.maker.probe.look_again(&CheckCx::as_caller(baseline, caller)).await
    }

    fn verdict(&self, told: &Told) -> Verdict {
        let function = &self.guarded.operation.id;
        let mut proof = Proof::default();
        proof.clause("refuses-ordinary-accounts", true, format!("{function} refuses an account without the role"));
        proof.clause(
            "serves-the-role",
            true,
            format!("it serves the account that {} promoted (status {})", self.higher.name, status(&told.promoted)),
        );
        proof.clause("role-was-taken", true, "the account shows its old role again");
        proof.clause(
            "new-token-is-refused",
            ActCx::no_answer(&told.demoted).is_none(),
            format!("a token from after the change is refused (status {})", status(&told.demoted)),
        );
        proof.clause(
            "old-token-is-served",
            true,
            format!("the token from before the change is served (status {})", status(&told.stale)),
        );
        proof.clause("repeated", is_served(&told.again), format!("and again (status {})", status(&told.again)));
        proof.show(Role::Attack, &told.stale).show(Role::Attack, &told.again);
        proof.show(Role::Baseline, &told.promoted).show(Role::Baseline, &told.promotion);
        proof.show(Role::Control, &told.demoted).show(Role::Control, &told.demotion);
        for answer in told.view.answers() {
            proof.show(Role::Readback, answer);
        }
        let claim = format!(
            "after {} took the role away by {}, {function} still served {}'s token from before",
            self.higher.name, self.acting.operation.id, self.spare.name
        );
        proof.broken(Finding {
            site: "header:Authorization".to_owned(),
            cause: "the role is read from the token".to_owned(),
            claim,
            severity: None,
            surveyed: self.acting,
        })
    }
}
