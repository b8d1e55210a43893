//! `authz/function-write`.

use std::sync::Arc;

use serde_json::Value;

use super::making::{self, Made};
use super::marks::{Mark, higher_roles, marked, roles_of};
use super::probing::{guarded_nearby, guarded_write, harmless};
use super::reaching::{Call, Target};
use crate::act::{Acting, Kind};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::own_account::Mirrored;
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status, unsent};
use crate::model::{Operation, Role, Verdict};
use crate::probe::{Answer, Caller, SendError};
use crate::survey::Person;

check! {
    /// ## What it does
    /// Calls functions that change something, and that the document marks as a higher role's (by words such as `admin` in
    /// path, tag or operationId, or by scopes), as a user of a lower role: on an object or account that the scan made, or
    /// else on an object that does not exist or with a body that must be refused.
    ///
    /// ## Why it matters
    /// A function that only the user interface hides is open to every account.
    ///
    /// ## How it is confirmed
    /// All of these hold: the owner of the object or account sees what the function did; a call without credentials did
    /// nothing; another function with such a mark refuses the same user, so that roles are told apart; and a second call
    /// shows too.
    ///
    /// ## When it stays silent
    /// When the lower role is refused or the call shows nowhere, when anyone is served (that is authn/missing-write), and
    /// when the guard may stand behind the look-up or the validation. Where nothing of the scan's own can be tried, being
    /// told "not found" or "invalid" where a guarded neighbour says "forbidden" is only suspected.
    ///
    /// ## References
    /// OWASP API5:2023, CWE-285
    FunctionWrite {
        id: "authz/function-write",
        title: "A lower role reaches a higher role's changing function",
        severity: Critical,
        level: Active,
        owasp: ["API5:2023"],
        cwe: [285],
        remedy: "role-check",
        since: "0.2.0",
    }
}

impl Check for FunctionWrite {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        let ranks = cx.identities.iter().map(|identity| (identity.rank, identity.role.as_str()));
        if operation.method.is_safe() || marked(operation, &higher_roles(ranks)).is_none() {
            return Need::NotApplicable;
        }
        // Two targets made and looked at, three calls with the owner's view after each, a neighbour.
        Need::Requests(18)
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move { run(cx, acting).await.unwrap_or_else(|error| unsent(&error)) })
    }

    fn phase(&self) -> Phase {
        Phase::Functions
    }
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    if matches!(acting.kind, Kind::SignIn | Kind::SignUp | Kind::SignOut) {
        return Ok(held("public: signing in and up is everybody's"));
    }
    let people = cx.check.survey.people.all.iter().filter(|person| person.signed_in);
    let Some(lowest) = people.min_by_key(|person| (person.rank, cx.account(&person.name).is_none())) else {
        return Ok(skipped(
            "needs a signed-in identity",
            Some("add an identity to routewarden.toml, or scan with --auto-accounts"),
        ));
    };
    let Some(mark) = marked(&acting.operation, &roles_of(cx.check)) else {
        return Ok(held("nothing marks it as a higher role's"));
    };
    let attempt = Attempt { cx, acting, lowest, mark };
    // A harmless call first: where it is refused there is nothing to try.
    if let Some(call) = harmless(cx, acting) {
        let answer = call.send(cx, acting, Caller::named(&lowest.name)).await?;
        if matches!(answer.status(), Some(401 | 403 | 405)) {
            return Ok(attempt.refused(&answer));
        }
        return match Target::find(cx, acting, lowest).await? {
            Some(target) => attempt.on_target(target).await,
            None => match making::make(cx, acting, lowest).await? {
                Ok(made) => attempt.by_making(&made).await,
                Err(because) => {
                    let anonymous = call.send(cx, acting, Caller::Anonymous).await?;
                    attempt.by_probe(call.what, &answer, anonymous, &because).await
                }
            },
        };
    }
    match Target::find(cx, acting, lowest).await? {
        Some(target) => attempt.on_target(target).await,
        None => Ok(inconclusive("it cannot be tried without doing what it does", None)),
    }
}

struct Attempt<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    lowest: &'a Person,
    mark: Mark,
}

impl Attempt<'_> {
    fn refused(&self, answer: &Answer) -> Verdict {
        let because = format!("{} is refused: status {}", self.lowest.name, status(answer));
        self.cx.note(self.acting, &self.lowest.name, "", false, because.clone());
        held(because)
    }

    /// On something that the scan made: the owner's view tells.
    async fn on_target(&self, target: Target) -> Result<Verdict, SendError> {
        let Some(before) = target.view(self.cx).await? else {
            return Ok(inconclusive(format!("{} is shown on no route", target.as_str()), None));
        };
        let mut used: Vec<Value> = Vec::new();
        let nobody = target.call(self.cx, self.acting, Caller::Anonymous, &before, &mut used).await?;
        let Some(nobody) = nobody else {
            return Ok(inconclusive("no address or body is known for it", None));
        };
        if nobody.effect.is_some() {
            return Ok(held("anonymous callers are let in too: see authn/missing-write"));
        }
        // It did nothing: its value may be used again.
        used.clear();
        let caller = Caller::named(&self.lowest.name);
        let Some(attack) = target.call(self.cx, self.acting, caller.clone(), &before, &mut used).await? else {
            return Ok(inconclusive("no address or body is known for it", None));
        };
        if let Some(because) = ActCx::no_answer(&attack.answer) {
            return Ok(inconclusive(because, None));
        }
        let Some(effect) = attack.effect.clone() else {
            if let Some(sign) = ActCx::refusal(&attack.answer) {
                let because = format!("{} is refused: {sign}", self.lowest.name);
                self.cx.note(self.acting, &self.lowest.name, target.owner(), false, because.clone());
                return Ok(held(because));
            }
            let because = format!(
                "{} was answered status {}, and nothing shows that it did anything",
                self.lowest.name,
                status(&attack.answer)
            );
            self.cx.note(self.acting, &self.lowest.name, target.owner(), false, because.clone());
            return Ok(held(because));
        };
        let again = self.again(target.view(self.cx).await?, &target, &mut used).await?;
        self.proven(&target, &before, &nobody, &attack, &effect, again).await
    }

    /// A second call: on another target where the first is gone, with another value otherwise.
    async fn again(
        &self,
        now: Option<Mirrored>,
        target: &Target,
        used: &mut Vec<Value>,
    ) -> Result<Option<Call>, SendError> {
        let caller = Caller::named(&self.lowest.name);
        if let Some(now) = now.filter(|_| self.acting.kind == Kind::Update) {
            return target.call(self.cx, self.acting, caller, &now, used).await;
        }
        let Some(other) = Target::find(self.cx, self.acting, self.lowest).await? else { return Ok(None) };
        let Some(before) = other.view(self.cx).await? else { return Ok(None) };
        other.call(self.cx, self.acting, caller, &before, &mut Vec::new()).await
    }

    async fn proven(
        &self,
        target: &Target,
        before: &Mirrored,
        nobody: &Call,
        attack: &Call,
        effect: &str,
        again: Option<Call>,
    ) -> Result<Verdict, SendError> {
        let Mark { place, word, plain, .. } = &self.mark;
        let mut proof = Proof::default();
        proof.clause("marked-for-higher-role", true, format!("`{word}` in its {place}"));
        proof.clause("owner-sees-the-effect", true, format!("{} sees that {effect}", target.owner()));
        proof.clause(
            "anonymous-cannot",
            ActCx::no_answer(&nobody.answer).is_none(),
            format!("the same call without credentials (status {}) did nothing", status(&nobody.answer)),
        );
        match guarded_nearby(self.cx, self.acting, &self.lowest.name).await? {
            Some((operation, answer)) => {
                proof.clause(
                    "roles-are-enforced-nearby",
                    true,
                    format!("{operation} refuses {} (status {})", self.lowest.name, status(&answer)),
                );
                proof.show(Role::Control, &answer);
            }
            None if !plain => {
                return Ok(inconclusive("nothing shows that roles are told apart here", None));
            }
            None => {
                proof.open(
                    "roles-are-enforced-nearby",
                    format!("no other `{word}` function that was asked refuses {}; if this one is meant for all users, leave it out", self.lowest.name),
                );
            }
        }
        let repeated = again.as_ref().is_some_and(|call| call.effect.is_some());
        proof.clause("repeated", repeated, "a second call shows too");
        proof.show(Role::Attack, &attack.answer).show(Role::Control, &nobody.answer);
        for answer in before.answers() {
            proof.show(Role::Baseline, answer);
        }
        for answer in attack.seen.iter().chain(again.iter().flat_map(|call| [&call.answer])) {
            proof.show(Role::Readback, answer);
        }
        let claim = format!(
            "{} ({}) used a function that `{word}` marks as a higher role's on {}",
            self.lowest.name,
            self.lowest.role,
            target.as_str()
        );
        self.cx.note(self.acting, &self.lowest.name, target.owner(), true, claim.clone());
        Ok(proof.broken(self.finding(claim)))
    }

    /// By what it makes: an independent view shows it.
    async fn by_making(&self, made: &Made) -> Result<Verdict, SendError> {
        let Mark { place, word, plain, .. } = &self.mark;
        let name = &self.lowest.name;
        let mut proof = Proof::default();
        proof.clause("marked-for-higher-role", true, format!("`{word}` in its {place}"));
        proof.clause("owner-sees-the-effect", true, format!("{} is shown what {name} made by it", made.viewer));
        proof.clause(
            "anonymous-cannot",
            ActCx::no_answer(&made.nobody).is_none(),
            format!("the same call without credentials (status {}) made nothing", status(&made.nobody)),
        );
        match guarded_nearby(self.cx, self.acting, name).await? {
            Some((operation, answer)) => {
                let because = format!("{operation} refuses {name} (status {})", status(&answer));
                proof.clause("roles-are-enforced-nearby", true, because);
                proof.show(Role::Control, &answer);
            }
            None if !plain => return Ok(inconclusive("nothing shows that roles are told apart here", None)),
            None => {
                let because = format!(
                    "no other `{word}` function that was asked refuses {name}; if this one is meant for all users, leave it out"
                );
                proof.open("roles-are-enforced-nearby", because);
            }
        }
        proof.clause("repeated", made.repeated, "a second one was made and shows too");
        proof
            .show(Role::Attack, &made.answer)
            .show(Role::Control, &made.nobody)
            .show(Role::Readback, &made.seen.answer);
        let claim = format!(
            "{name} ({}) used a function that `{word}` marks as a higher role's, and what it made shows",
            self.lowest.role
        );
        self.cx.note(self.acting, name, "", true, claim.clone());
        Ok(proof.broken(self.finding(claim)))
    }

    /// On nothing: only what is told differs.
    async fn by_probe(
        &self,
        what: &str,
        answer: &Arc<Answer>,
        anonymous: Arc<Answer>,
        because: &str,
    ) -> Result<Verdict, SendError> {
        if let Some(because) = ActCx::no_answer(answer) {
            return Ok(inconclusive(because, None));
        }
        let told = matches!(answer.status(), Some(400 | 404 | 409 | 410 | 422));
        if !told {
            return Ok(inconclusive(
                format!("{what} was answered with status {}, which tells nothing", status(answer)),
                None,
            ));
        }
        if !matches!(anonymous.status(), Some(401 | 403)) {
            return Ok(inconclusive("anybody is told the same before any guard is asked", None));
        }
        let name = &self.lowest.name;
        let Some((operation, sibling)) = guarded_write(self.cx, self.acting, name).await? else {
            return Ok(inconclusive("nothing shows that a guard would answer first here", None));
        };
        let Mark { place, word, .. } = &self.mark;
        let mut proof = Proof::default();
        proof.clause("marked-for-higher-role", true, format!("`{word}` in its {place}"));
        proof.clause("no-guard-in-front", true, format!("{name} is answered {} to {what}", status(answer)));
        proof.clause("anonymous-cannot", true, format!("anonymous callers are answered {}", status(&anonymous)));
        proof.clause(
            "roles-are-enforced-nearby",
            true,
            format!("{operation} answers {name} with {} to the like", status(&sibling)),
        );
        proof.open(
            "owner-sees-the-effect",
            format!("{because}; let callers make objects of this kind, so that one may be tried"),
        );
        proof.show(Role::Attack, answer).show(Role::Control, &anonymous).show(Role::Control, &sibling);
        let claim = format!(
            "{name} ({}) is let through to a function that `{word}` marks as a higher role's",
            self.lowest.role
        );
        self.cx.note(self.acting, name, "", false, claim.clone());
        Ok(proof.broken(self.finding(claim)))
    }

    fn finding(&self, claim: String) -> Finding<'_> {
        Finding {
            site: "operation".to_owned(),
            cause: self.acting.operation.path.clone(),
            claim,
            severity: None,
            surveyed: self.acting,
        }
    }
}
