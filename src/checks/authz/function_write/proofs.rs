//! The three ways to show that a changing function is open: on something that exists, by what it makes, and by what it
//! answers about nothing.

use super::decided::{choose_right, compare_rights};
use crate::act::{ActKind, Acting};
use crate::checks::acting::ActCx;
use crate::checks::authz::lower_role::enforced_nearby;
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, status_text};
use crate::model::{Role, Silence};
use crate::probe::Answer;
use crate::survey::{Fence, Person};
use crate::trial::{Aim, CreationEvidence, Harmless, ObjectView, Proven, Subject, Trial, Twist, why_inconclusive};

/// A marked function, and who calls it.
pub(super) struct FunctionCase<'a> {
    pub(super) cx: &'a ActCx<'a>,
    pub(super) acting: &'a Acting,
    pub(super) lower: &'a Person,
    /// The caller that may use it.
    pub(super) higher: Option<&'a Person>,
    pub(super) fence: Fence,
}

impl FunctionCase<'_> {
    /// On something that the scan made: its owner's view decides.
    pub(super) async fn by_trial(&self, mut rule: Rule, subject: Subject<'_>) -> CheckResult {
        let choose = |seen: &ObjectView| choose_right(self.cx, self.acting, seen);
        let (owner, what) = match &subject {
            Subject::Spare(spare) => (spare.name.clone(), "a throw-away account"),
            Subject::Object(created) if created.caller != self.lower.name => {
                (created.caller.clone(), "an object that a higher role made")
            }
            _ => (self.lower.name.clone(), "an object of its own"),
        };
        let is_object = subject.object().is_some();
        let trial = Trial::new(self.cx, self.acting, (subject, &owner), Aim::Removal, &self.lower.name);
        // The higher role's own call on an account could leave it with more rights than it had.
        let rightful = self.higher.filter(|_| is_object).map(|person| person.name.clone());
        let mut trial = Trial { rightful, ..trial };
        if self.acting.kind != ActKind::Delete {
            let before = trial.before(&trial.subject).await?;
            trial.aim = match self.cx.change(self.acting, &before.fields(), &[]) {
                Some(_) if is_object => Aim::Change,
                _ if choose(&before).is_some() => Aim::Chosen(&choose),
                _ => Aim::Call(&compare_rights),
            };
        }
        let proven = match trial.aim {
            Aim::Call(_) => self.call(&mut trial).await?,
            _ => trial.run().await?,
        };
        rule.rest_on_controls(&trial, &proven);
        rule.rest_on_effect("owner-sees-the-effect", &trial, &proven);
        self.look_nearby(&mut rule).await?;
        rule.rest_on_repeat(&proven);
        let word = &self.fence.mark.word;
        let claim = format!("used a function that `{word}` marks as a higher role's on {what}");
        self.found(rule, &trial.owner, claim)
    }

    /// Calls a function that decides something once: its repeat is on another thing, and the rightful caller's call comes
    /// to nothing after the attack's.
    async fn call<'t>(&self, trial: &mut Trial<'t>) -> Result<Proven<'t>, Silence>
    where
        Self: 't,
    {
        trial.rightful = None;
        let mut proven = trial.run().await?;
        proven.again = match self.cx.function_target(self.acting, self.lower).await? {
            Some(other) => {
                let other = trial.target_on(other).await?;
                trial.shoot_at(&other, &self.lower.name, &Twist::default()).await.ok()
            }
            None => None,
        };
        Ok(proven)
    }

    /// By what it makes: an independent view shows it.
    pub(super) async fn by_making(&self, mut rule: Rule, made: &CreationEvidence) -> CheckResult {
        let name = &self.lower.name;
        let shown = made.seen.object.is_some();
        rule.weigh("owner-sees-the-effect", shown, format!("{} is shown what {name} made by it", made.viewer));
        let nobody = format!("the same call without credentials (status {}) made nothing", status_text(&made.nobody));
        rule.weigh("anonymous-cannot", why_inconclusive(&made.nobody).is_none(), nobody);
        self.look_nearby(&mut rule).await?;
        rule.weigh("repeated", made.repeated, "a second one was made and shows too");
        rule.show(Role::Attack, &made.answer).show(Role::Control, &made.nobody);
        rule.show(Role::Readback, &made.seen.answer);
        let word = &self.fence.mark.word;
        self.found(rule, "", format!("used a function that `{word}` marks as a higher role's, and what it made shows"))
    }

    /// On nothing: only what is answered differs.
    pub(super) async fn by_probe(
        &self,
        mut rule: Rule,
        (call, answer): (&Harmless, &Answer),
        anonymous: &Answer,
        because: &str,
    ) -> CheckResult {
        let (name, cx, what) = (&self.lower.name, self.cx, call.what);
        // Forms are judged for all who fill them in: there the answers alone show nothing.
        ensure(!self.acting.only_looks(), || {
            Silence::undecided("its path says that it only judges what it is given, and nothing shows what it does")
        })?;
        let judged = ensure(matches!(answer.status(), Some(400 | 404 | 409 | 410 | 422)), || {
            Silence::undecided(format!("{what} was answered with status {}, which says nothing", status_text(answer)))
        });
        rule.need("no-guard-in-front", judged, |()| format!("{name} is answered {} to {what}", status_text(answer)))?;
        let refused = ensure(matches!(anonymous.status(), Some(401 | 403)), || {
            Silence::undecided("anonymous callers are answered the same before any guard is asked")
        });
        rule.need("anonymous-cannot", refused, |()| format!("anonymous callers get {}", status_text(anonymous)))?;
        let mark = &self.fence.mark;
        let sibling = cx.guarded_write(self.acting, name, mark).await?;
        let unknown = || Silence::undecided("nothing shows that a guard would answer first here");
        let (_, sibling) =
            rule.need("roles-are-enforced-nearby", sibling.ok_or_else(unknown), |(operation, sibling)| {
                format!("{operation} answers {name} with {} to the like", status_text(sibling))
            })?;
        let help = "let callers make objects of this kind, so that one may be tried";
        rule.weigh("owner-sees-the-effect", None, format!("{because}; {help}"));
        rule.show(Role::Attack, answer).show(Role::Control, anonymous).show(Role::Control, &sibling);
        let claim = format!("is let through to a function that `{}` marks as a higher role's", mark.word);
        let claim = format!("{name} ({}) {claim}", self.lower.role);
        cx.note(self.acting, name, "", false, claim.clone());
        // What is only guessed from answers is another cause than what was seen to be done.
        rule.found(Violation::of(self.acting, "operation", format!("{} answers", mark.root), claim))
    }

    /// Looks for a function under the mark that refuses the caller: a read, or else the harmless call of a write.
    async fn look_nearby(&self, rule: &mut Rule) -> Result<(), Silence> {
        let mut fence = self.fence.clone();
        if fence.refusing.is_none() {
            fence.refusing = self.cx.guarded_write(self.acting, &self.lower.name, &fence.mark).await?;
        }
        enforced_nearby(self.cx.check, rule, &fence, self.lower)
    }

    fn found(&self, rule: Rule, owner: &str, claim: String) -> CheckResult {
        let claim = format!("{} ({}) {claim}", self.lower.name, self.lower.role);
        self.cx.note(self.acting, &self.lower.name, owner, true, claim.clone());
        rule.found(Violation::of(self.acting, "operation", self.fence.mark.root.as_str(), claim))
    }
}
