//! `authz/function-write`.

use std::sync::Arc;

use super::making::{Made, make};
use super::marks::{Fence, enforced_nearby, fence, higher_roles, lower_caller, marked};
use super::probing::{guarded_write, harmless};
use super::reaching::{choose_right, compare_rights, subject_for};
use crate::act::{Acting, Kind};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, ensure, status};
use crate::model::{Operation, Role, Silence};
use crate::probe::{Answer, Caller};
use crate::survey::Person;
use crate::trial::{Aim, Seen, Spot, Subject, Trial, Tried, Twist, unjudged};

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
    /// nothing; another function under the same mark refuses the same user, so that roles are told apart; and a second
    /// call shows too. All functions under one mark that are open in the same way are one finding.
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
        plan: need,
        phase: Functions,
        write: run,
    }
}

fn need(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let ranks = cx.identities.iter().map(|identity| (identity.rank, identity.role.as_str()));
    if operation.method.is_safe() || marked(operation, &higher_roles(ranks)).is_none() {
        return Need::NotApplicable;
    }
    // Two targets made and looked at, four calls with the owner's looks after each, a neighbour.
    Need::Requests(26)
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Judged {
    ensure(!matches!(acting.kind, Kind::SignIn | Kind::SignUp | Kind::SignOut), || {
        Silence::not_applicable("signing in and up is for all")
    })?;
    let lower = lower_caller(cx.check, |person| cx.account(&person.name).is_some())?;
    // A harmless call first: where it is refused only the rightful caller's own call can add anything.
    let call = harmless(cx, acting);
    let told = match &call {
        Some(call) => Some(call.send(cx, acting, Caller::named(&lower.name)).await?),
        None => None,
    };
    let refused = told.as_ref().filter(|answer| matches!(answer.status(), Some(401 | 403 | 405)));
    let higher = cx.check.survey.people.all.iter().find(|person| person.signed_in && person.rank > lower.rank);
    if let Some(answer) = refused {
        let because = format!("{} is refused: status {}", lower.name, status(answer));
        cx.note(acting, &lower.name, "", false, because.clone());
        ensure(higher.is_some(), || {
            Silence::undecided(because).with_help("add an identity of a higher role to routewarden.toml")
        })?;
    }
    let attempt = Attempt { cx, acting, lower, higher, fence: fence(cx.check, &acting.operation, lower)? };
    if let Some(subject) = subject_for(cx, acting, lower).await? {
        return attempt.by_trial(subject).await;
    }
    let (Some(call), Some(told)) = (call, told) else {
        return Err(Silence::not_tried("it cannot be tried without doing what it does"));
    };
    ensure(!matches!(told.status(), Some(401 | 403 | 405)), || {
        Silence::undecided("the lower role is refused, and nothing is known that the higher one could do it on")
    })?;
    match make(cx, acting, lower).await {
        Ok(made) => attempt.by_making(&made).await,
        Err(other @ Silence::SeeOther { .. }) => Err(other),
        Err(silence) => {
            let anonymous = call.send(cx, acting, Caller::Anonymous).await?;
            attempt.by_probe(call.what, &told, &anonymous, silence.because()).await
        }
    }
}

struct Attempt<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    lower: &'a Person,
    /// The caller that may use it.
    higher: Option<&'a Person>,
    fence: Fence,
}

impl Attempt<'_> {
    /// On something that the scan made: its owner's view decides.
    async fn by_trial(&self, subject: Subject<'_>) -> Judged {
        let choose = |seen: &Seen| choose_right(self.cx, self.acting, seen);
        let (owner, what) = match &subject {
            Subject::Spare(spare) => (spare.name.clone(), "a throw-away account"),
            _ => (self.lower.name.clone(), "an object of its own"),
        };
        let is_object = subject.object().is_some();
        let mut trial = Trial {
            lab: self.cx,
            acting: self.acting,
            subject,
            naming: None,
            aim: Aim::Removal,
            owner,
            // The higher role's own call on an account could leave it with more rights than it had.
            rightful: self.higher.filter(|_| is_object).map(|person| person.name.clone()),
            attacker: self.lower.name.clone(),
            peer: None,
        };
        if self.acting.kind != Kind::Delete {
            let before = trial.before(&trial.subject).await?;
            trial.aim = match self.cx.change(self.acting, &before.fields(), &[]) {
                Some(_) if is_object => Aim::Change,
                _ if choose(&before).is_some() => Aim::Chosen(&choose),
                _ => Aim::Call(&compare_rights),
            };
        }
        let calls = matches!(trial.aim, Aim::Call(_));
        if calls {
            // What the rightful caller's call has decided, another one does not change.
            trial.rightful = None;
        }
        let mut proven = trial.run().await?;
        if calls {
            proven.again = self.call_on_another(&trial).await?;
        }

        let mut rule = self.marked_rule()?;
        rule.rest_on_controls(&trial, &proven);
        rule.rest_on_effect("owner-sees-the-effect", &trial, &proven);
        self.look_nearby(&mut rule).await?;
        rule.rest_on_repeat(&proven);
        let claim = format!("used a function that `{}` marks as a higher role's on {what}", self.word());
        self.found(rule, &trial.owner, claim)
    }

    /// The repeat of a call that decides something once.
    async fn call_on_another(&self, trial: &Trial<'_>) -> Result<Option<Tried>, Silence> {
        let Some(other) = subject_for(self.cx, self.acting, self.lower).await? else { return Ok(None) };
        let seen = trial.before(&other).await?;
        let spot = Spot { subject: &other, seen: &seen };
        Ok(trial.shoot(&self.lower.name, &Twist::default(), spot).await.ok())
    }

    /// By what it makes: an independent view shows it.
    async fn by_making(&self, made: &Made) -> Judged {
        let name = &self.lower.name;
        let mut rule = self.marked_rule()?;
        let shown = made.seen.object.is_some();
        rule.weigh("owner-sees-the-effect", shown, format!("{} is shown what {name} made by it", made.viewer));
        rule.weigh(
            "anonymous-cannot",
            unjudged(&made.nobody).is_none(),
            format!("the same call without credentials (status {}) made nothing", status(&made.nobody)),
        );
        self.look_nearby(&mut rule).await?;
        rule.weigh("repeated", made.repeated, "a second one was made and shows too");
        rule.show(Role::Attack, &made.answer).show(Role::Control, &made.nobody);
        rule.show(Role::Readback, &made.seen.answer);
        let claim = format!("used a function that `{}` marks as a higher role's, and what it made shows", self.word());
        self.found(rule, "", claim)
    }

    /// On nothing: only what is answered differs.
    async fn by_probe(&self, what: &str, answer: &Arc<Answer>, anonymous: &Answer, because: &str) -> Judged {
        let (name, cx) = (&self.lower.name, self.cx);
        let mut rule = self.marked_rule()?;
        let judged = ensure(matches!(answer.status(), Some(400 | 404 | 409 | 410 | 422)), || {
            Silence::undecided(format!("{what} was answered with status {}, which says nothing", status(answer)))
        });
        rule.need("no-guard-in-front", judged, |()| format!("{name} is answered {} to {what}", status(answer)))?;
        let refused = ensure(matches!(anonymous.status(), Some(401 | 403)), || {
            Silence::undecided("anonymous callers are answered the same before any guard is asked")
        });
        rule.need("anonymous-cannot", refused, |()| format!("anonymous callers are answered {}", status(anonymous)))?;
        let mark = &self.fence.mark;
        let sibling = guarded_write(cx, self.acting, name, mark).await?;
        let unknown = || Silence::undecided("nothing shows that a guard would answer first here");
        let (_, sibling) =
            rule.need("roles-are-enforced-nearby", sibling.ok_or_else(unknown), |(operation, sibling)| {
                format!("{operation} answers {name} with {} to the like", status(sibling))
            })?;
        let help = "let callers make objects of this kind, so that one may be tried";
        rule.weigh("owner-sees-the-effect", None, format!("{because}; {help}"));
        rule.show(Role::Attack, answer).show(Role::Control, anonymous).show(Role::Control, &sibling);
        let claim = format!("is let through to a function that `{}` marks as a higher role's", mark.word);
        let claim = format!("{name} ({}) {claim}", self.lower.role);
        cx.note(self.acting, name, "", false, claim.clone());
        // What is only guessed from answers is another cause than what was seen to be done.
        rule.found(self.finding(claim, format!("{} answers", mark.root)))
    }

    fn word(&self) -> &str {
        &self.fence.mark.word
    }

    fn marked_rule(&self) -> Result<Rule, Silence> {
        let mut rule = Rule::default();
        rule.need("marked-for-higher-role", Ok(&self.fence.mark), |mark| mark.told())?;
        Ok(rule)
    }

    /// Looks for a function under the mark that refuses the caller: a read, or else the harmless call of a write.
    async fn look_nearby(&self, rule: &mut Rule) -> Result<(), Silence> {
        let Fence { mark, refusing } = &self.fence;
        let refusing = match refusing {
            Some(known) => Some(known.clone()),
            None => guarded_write(self.cx, self.acting, &self.lower.name, mark).await?,
        };
        enforced_nearby(self.cx.check, rule, &Fence { mark: mark.clone(), refusing }, self.lower)
    }

    fn found(&self, rule: Rule, owner: &str, claim: String) -> Judged {
        let claim = format!("{} ({}) {claim}", self.lower.name, self.lower.role);
        self.cx.note(self.acting, &self.lower.name, owner, true, claim.clone());
        rule.found(self.finding(claim, self.fence.mark.root.clone()))
    }

    fn finding(&self, claim: String, cause: String) -> Finding<'_> {
        Finding { site: "operation".to_owned(), cause, claim, severity: None, surveyed: self.acting }
    }
}
