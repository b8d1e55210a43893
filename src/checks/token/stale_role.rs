//! `token/stale-role`.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::act::{Acting, Spare, acting_of};
use crate::checks::acting::ActCx;
use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::role_changes::{is_on_accounts, is_role_function, plain_role, raised_role_fields, role_fields};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::model::{Credential, Operation, Role, Secret, Silence};
use crate::probe::{Answer, AskCaller};
use crate::survey::{Person, Surveyed};
use crate::trial::{Mirrored, is_served};

check! {
    /// ## What it does
    /// Lets an identity of a higher role promote a throw-away account, signs that account in, has it demoted again, and
    /// uses the token from before.
    ///
    /// ## Why it matters
    /// A user who loses a role keeps its power for as long as the token lives.
    ///
    /// ## How it is confirmed
    /// All of these hold: a function that is marked for a higher role refuses ordinary accounts and serves the promoted
    /// one; after the demotion the account shows its old role, and a token of a new sign-in is refused; and the token from
    /// before the demotion is still served, twice.
    ///
    /// ## When it stays silent
    /// When the old token is refused. It is not tried without an identity of a higher role that can change roles, and
    /// where no function is known that refuses ordinary accounts.
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
        plan: plan_requests,
        phase: Functions,
        write: check_stale_role,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
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

async fn check_stale_role(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    ensure(is_on_accounts(cx, acting), || Silence::not_applicable("it does not change the role of a user"))?;
    let model = cx.need_model()?;
    let higher = find_higher(cx, &model.name)?;
    let mut rule = Rule::default();
    let guarded = rule.need("refuses-ordinary-accounts", find_guarded(cx, &model.name, higher), |guarded| {
        format!("{} refuses an account without the role", guarded.operation.id)
    })?;
    let spare = cx.spares.make(model, &Map::new()).await?.map_err(Silence::undecided)?;
    ensure(matches!(spare.identity.credential, Credential::Login(_)), || {
        Silence::not_tried("the account does not sign in by a request that gives a token")
    })?;
    let before = cx.mirror(&cx.who_spare(&spare)).await?;
    let before = before.ok_or_else(|| Silence::undecided("no route shows an account to itself"))?;
    let raised = raised_role_fields(cx, acting, &before);
    ensure(!raised.is_empty(), || Silence::not_applicable("the roles that it sets are no privileges"))?;
    let lowered = raised.iter().map(|(name, value)| (name.clone(), plain_role(&before, name, value))).collect();

    RoleChange { cx, acting, higher, guarded, spare, before, raised, lowered }.judge(rule).await
}

/// Returns the signed-in caller of the highest rank above an account's.
fn find_higher<'a>(cx: &ActCx<'a>, account: &str) -> Result<&'a Person, Silence> {
    let people = &cx.check.survey.people;
    let own = people.get(account).map_or(10, |person| person.rank);
    let higher = people.all.iter().filter(|person| person.signed_in && person.rank > own);
    higher.max_by_key(|person| person.rank).ok_or_else(|| {
        Silence::not_tried("needs an identity that may change roles")
            .with_help("add an identity of a higher role (rank above the others') to routewarden.toml")
    })
}

/// Returns a function that refuses an account, one that serves the higher caller first.
fn find_guarded<'a>(cx: &ActCx<'a>, account: &str, higher: &Person) -> Result<&'a Surveyed, Silence> {
    let guarded = cx.guarded_from(account);
    let serves = |surveyed: &&&Surveyed| surveyed.valid_of(&higher.name).is_some();
    guarded.iter().find(serves).or(guarded.first()).copied().ok_or_else(|| {
        Silence::not_tried("no function is known that refuses ordinary accounts")
            .with_help("let the document mark a read for administrators (in its path, tag or operationId)")
    })
}

/// A role that is given to a spare account and taken away again.
struct RoleChange<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    higher: &'a Person,
    guarded: &'a Surveyed,
    spare: Spare,
    before: Mirrored,
    raised: Map<String, Value>,
    lowered: Map<String, Value>,
}

impl RoleChange<'_> {
    async fn judge(&self, mut rule: Rule) -> CheckResult {
        let function = &self.guarded.operation.id;
        let promotion = self.change(&self.raised).await?;
        let promoted = self.use_role().await;
        // Whatever came of it, the role is put back.
        let demotion = self.change(&self.lowered).await?;
        let (old, promoted) = rule.need("serves-the-role", promoted, |(_, answer)| {
            format!("it serves the account that {} promoted (status {})", self.higher.name, status_text(answer))
        })?;
        let view =
            rule.need("role-was-taken", self.demoted().await, |_| "the account shows its old role again".to_owned())?;
        let demoted = self.ask(AskCaller::named(&self.spare.name)).await;
        let demoted = rule.need("new-token-is-refused", demoted.and_then(is_refused), |answer| {
            format!("a token from after the change is refused (status {})", status_text(answer))
        })?;

        let stale = self.ask(self.with(&old)).await.and_then(|answer| {
            let refused = || format!("the token from before is refused: status {}", status_text(&answer));
            if is_served(&answer) { Ok(answer) } else { Err(defence_held(&answer, &promoted, refused())) }
        });
        let stale = rule.need("old-token-is-served", stale, |answer| {
            format!("the token from before the change is served (status {})", status_text(answer))
        })?;
        let again = self.ask(self.with(&old)).await?;
        rule.weigh("repeated", is_served(&again), format!("and again (status {})", status_text(&again)));

        rule.show(Role::Attack, &stale).show(Role::Attack, &again);
        rule.show(Role::Baseline, &promoted).show(Role::Baseline, &promotion);
        rule.show(Role::Control, &demoted).show(Role::Control, &demotion);
        view.answers().for_each(|answer| {
            rule.show(Role::Readback, answer);
        });
        let claim = format!(
            "after {} took the role away by {}, {function} still served {}'s token from before",
            self.higher.name, self.acting.operation.id, self.spare.name
        );
        rule.found(Violation::of(self.acting, "header:Authorization", "the role is read from the token", claim))
    }

    /// Changes the role as the higher identity.
    async fn change(&self, fields: &Map<String, Value>) -> Result<Arc<Answer>, Silence> {
        let changed = self.cx.change_account(self.acting, &self.higher.name, &self.spare, &self.before, fields).await?;
        Ok(changed.map_err(Silence::undecided)?.answer)
    }

    async fn sign_in(&self) -> Result<(), Silence> {
        ensure(self.cx.sign_in_again(&self.spare).await?, || {
            Silence::undecided("the account could not sign in again after the change")
        })
    }

    /// Signs the promoted account in, and has it served by the function; returns its token from then.
    async fn use_role(&self) -> Result<(Secret, Arc<Answer>), Silence> {
        self.sign_in().await?;
        let answer = self.ask(AskCaller::named(&self.spare.name)).await?;
        ensure(is_served(&answer), || {
            let (higher, function) = (&self.higher.name, &self.guarded.operation.id);
            Silence::undecided(format!(
                "{higher} did not open {function} to the account (status {})",
                status_text(&answer)
            ))
            .with_help(format!("name an identity that may change roles by {}", self.acting.operation.id))
        })?;
        let session = self.cx.maker.probe.sessions().get(&self.spare.name);
        let session = session.ok_or_else(|| Silence::undecided("the account has no token"))?;
        Ok((session.token, answer))
    }

    /// Returns how the account looks to itself once the role is gone.
    async fn demoted(&self) -> Result<Mirrored, Silence> {
        self.sign_in().await?;
        let view = self.cx.mirror(&self.cx.who_spare(&self.spare)).await?;
        let view = view.ok_or_else(|| Silence::undecided("the account could not be looked at after the change"))?;
        ensure(!self.raised.iter().any(|(name, value)| view.shows(name, value)), || {
            Silence::undecided("the role could not be taken away again")
        })?;
        Ok(view)
    }

    fn with(&self, token: &Secret) -> AskCaller {
        let label = "token from before the change".to_owned();
        AskCaller::Forged { identity: self.spare.name.clone(), token: token.clone(), label }
    }

    async fn ask(&self, caller: AskCaller) -> Result<Arc<Answer>, Silence> {
        let baseline = self.guarded.by.values().next();
        let baseline = baseline.ok_or_else(|| Silence::undecided("the function has no request"))?;
        Ok(self.cx.maker.probe.look_again(&CheckCx::as_caller(baseline, caller)).await?)
    }
}

/// Passes a refusal that the target decided upon.
fn is_refused(answer: Arc<Answer>) -> Result<Arc<Answer>, Silence> {
    if let Some(because) = ActCx::no_answer(&answer) {
        return Err(Silence::undecided(because));
    }
    ensure(!is_served(&answer), || {
        Silence::undecided("a token from after the change is served too: the role does not decide it")
    })?;
    Ok(answer)
}
