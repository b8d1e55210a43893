//! The course of a trial: before, the rightful caller's control, the anonymous control, the attack, the mixed path, the
//! repeat. All of them are the same request but for the one thing that each controls.

use std::sync::Arc;

use super::answers::{access_refusal, refusal_sign, status_of, why_inconclusive};
use super::lab::Lab;
use super::look::ObjectView;
use super::mixed::MixedPath;
use super::send::Twist;
use super::shot::{Aim, Spot, Tried, WriteEffect};
use super::subject::{Naming, Subject};
use crate::access::AccessOutcome;
use crate::act::{Acting, Created};
use crate::model::{ANONYMOUS, AccessVerb, Silence};
use crate::probe::Answer;
use crate::survey::Person;

/// The check that reports what anonymous callers can write.
pub(super) const OPEN_TO_ALL: &str = "authn/missing-write";

/// One attacker on one object or account of an owner's, by one operation.
#[derive(Debug)]
pub struct Trial<'a> {
    /// What it works with.
    pub lab: &'a Lab<'a>,
    /// The operation.
    pub acting: &'a Acting,
    /// What is written to. A removal takes further objects of its kind, and leaves this one.
    pub subject: Subject<'a>,
    /// The field that names it, where the path does not.
    pub naming: Option<Naming>,
    /// What is to be brought about.
    pub aim: Aim<'a>,
    /// The owner: its view decides.
    pub owner: String,
    /// The caller that may do it: its request is the positive control. Where none is known nothing is ever "held".
    pub rightful: Option<String>,
    /// The caller that may not; anonymous callers need no control of their own.
    pub attacker: String,
    /// The caller against which is judged whose the object is; without one that is not asked.
    pub peer: Option<&'a Person>,
}

/// A write that had its effect, with everything that was looked at.
#[derive(Debug)]
pub struct Proven<'a> {
    /// What was attacked first.
    pub subject: Subject<'a>,
    /// The owner's view at first.
    pub before: ObjectView,
    /// The rightful caller's own write; a removal is proven without.
    pub own: Option<Tried>,
    /// The same without credentials.
    pub nobody: Option<Tried>,
    /// The attack.
    pub attack: Tried,
    /// The attack once more.
    pub again: Option<Tried>,
    /// Another object of the owner's after the attack.
    pub other: Option<ObjectView>,
    /// What is the attacker's own, after the attack.
    pub own_thing: Option<ObjectView>,
    /// The parents of the attacker's own in the path, in words, where the attack needed them.
    pub own_parents: Option<String>,
    /// The answer that refused the same by the object's own path, with its sign.
    pub refused: Option<(Arc<Answer>, String)>,
}

/// An attack that came through, with its anonymous control.
struct TrialHit {
    nobody: Option<Tried>,
    attack: Tried,
    twist: Twist,
    own_parents: Option<String>,
    refused: Option<(Arc<Answer>, String)>,
}

/// The attack once more, and another object of the owner's.
type Repeat = (Option<Tried>, Option<ObjectView>);

/// An attack that came to nothing, in words.
struct Miss {
    attack: Tried,
    because: String,
    own_parents: Option<String>,
    /// What the attacker would need a parent of, where the path below one could not be tried.
    untried: Option<String>,
}

impl<'a> Trial<'a> {
    /// Runs the trial.
    ///
    /// # Errors
    /// `Held` where the attack came to nothing while the rightful caller was served; else why there is no verdict.
    pub(crate) async fn run(&self) -> Result<Proven<'a>, Silence> {
        let saved = self.save().await?;
        let proven = match self.aim {
            Aim::Removal | Aim::Once(_) => self.spend().await,
            _ => self.change().await,
        };
        // A trial that failed may have changed the object too.
        if let Some(saved) = saved {
            self.put_back(&saved).await?;
        }
        proven
    }

    /// Returns the owner's view of what is written to.
    ///
    /// # Errors
    /// `Undecided` where it is not shown to its owner.
    pub(crate) async fn before(&self, subject: &Subject<'_>) -> Result<ObjectView, Silence> {
        let seen = subject.view(self.lab, &self.owner).await?;
        let seen = seen.ok_or_else(|| Silence::undecided("the owner has no way to look at what is written to"))?;

        if seen.object.is_none() {
            return Err(Silence::undecided("the owner is not shown what is written to"));
        }
        Ok(seen)
    }

    async fn change(&self) -> Result<Proven<'a>, Silence> {
        let before = self.before(&self.subject).await?;
        let present = before.object.clone().unwrap_or_default();
        let proven = self.change_from(before).await;
        // A spare account whose password was changed could not sign in to be removed.
        self.restore_password(&present).await?;

        proven
    }

    async fn change_from(&self, before: ObjectView) -> Result<Proven<'a>, Silence> {
        let subject = self.subject.clone();
        // Where the rightful caller's own change does not show, no attack can be judged.
        let own = self.own_change(Spot { subject: &subject, seen: &before }).await?;
        let now = own.as_ref().map_or(&before, |own| &own.seen);
        let hit = match self.attack(Spot { subject: &subject, seen: now }).await? {
            Ok(hit) => hit,
            Err(miss) => {
                self.note(&miss.attack, &subject, miss.because.clone());
                return Err(self.miss(&miss, own.as_ref()));
            }
        };

        // Only where the request names the object something else may have been written to.
        // What stands beside it in a list was meant to change as well.
        let is_beside = |naming: &Naming| naming.list.as_ref().is_some_and(|list| list.beside.is_some());
        let own_thing = match &self.naming {
            Some(naming) if !is_beside(naming) => subject.counterpart(self.lab, &self.attacker).await?,
            _ => None,
        };
        self.note_hit(&hit, &subject);
        let (again, other) = match subject.object() {
            Some(taken) if hit.attack.effect == WriteEffect::Gone => self.change_another(taken, &hit).await?,
            _ => self.change_again(&subject, &hit).await?,
        };
        let TrialHit { nobody, attack, own_parents, refused, .. } = hit;
        Ok(Proven { subject, before, own, nobody, attack, again, other, own_thing, own_parents, refused })
    }

    /// Repeats the change with another value.
    async fn change_again(&self, subject: &Subject<'_>, hit: &TrialHit) -> Result<Repeat, Silence> {
        let spot = Spot { subject, seen: &hit.attack.seen };
        // Without a further value the finding stays, and is not repeated.
        let again = self.shoot(&self.attacker, &hit.twist, spot).await.ok();
        self.ask_peer(subject, again.as_ref().map_or(&hit.attack.seen, |again| &again.seen)).await?;

        Ok((again, None))
    }

    /// Repeats the change that took the object out of its owner's view, on another one.
    async fn change_another(&self, taken: &Created, hit: &TrialHit) -> Result<Repeat, Silence> {
        self.lab.maker.forget(taken);
        let second = self.fresh(taken).await?;
        let there = self.before_and_to_peer(&second).await?;
        let again = self.shoot(&self.attacker, &hit.twist, Spot { subject: &second, seen: &there }).await?;

        // What was taken over is removed by the caller that has it now.
        for created in [Some(taken), second.object()].into_iter().flatten() {
            self.lab.maker.forget(created);
            self.lab.remove_as(&self.attacker, created).await?;
        }
        Ok((Some(again), Some(there)))
    }

    /// Tries what an object goes through once, such as its removal: on a further one each time.
    async fn spend(&self) -> Result<Proven<'a>, Silence> {
        let Some(kept) = self.subject.object() else {
            return Err(Silence::not_applicable("accounts are not used up for a proof"));
        };
        let first = self.fresh(kept).await?;

        // What others are shown of it must be asked while it is there.
        let before = self.before_and_to_peer(&first).await?;
        let spot = Spot { subject: &first, seen: &before };
        let hit = match self.attack(spot).await? {
            Ok(hit) => hit,
            Err(miss) => {
                self.note(&miss.attack, &first, miss.because.clone());
                let own = self.own_spending(spot).await?;
                return Err(self.miss(&miss, own.as_ref()));
            }
        };

        // An object that was not attacked must still be there, or the request did more than remove one.
        let other = self.subject.view(self.lab, &self.owner).await?;
        let second = self.fresh(kept).await?;
        let there = self.before(&second).await?;
        let again = self.shoot(&self.attacker, &hit.twist, Spot { subject: &second, seen: &there }).await?;
        self.note_hit(&hit, &first);
        let TrialHit { nobody, attack, own_parents, refused, .. } = hit;
        let (again, own_thing) = (Some(again), None);

        Ok(Proven { subject: first, before, own: None, nobody, attack, again, other, own_thing, own_parents, refused })
    }

    /// Makes one more object of the same kind.
    ///
    /// # Errors
    /// `Undecided` where that did not work.
    pub(crate) async fn fresh(&self, kept: &Created) -> Result<Subject<'a>, Silence> {
        let made = self.lab.fresh(kept).await?;
        made.map(|created| Subject::Object(Box::new(created)))
            .ok_or_else(|| Silence::undecided("no further object could be made to be written to"))
    }

    /// Sends the positive control of a change.
    async fn own_change(&self, on: Spot<'_>) -> Result<Option<Tried>, Silence> {
        let Some(rightful) = &self.rightful else { return Ok(None) };
        let own = self.shoot(rightful, &Twist::default(), on).await?;

        if matches!(own.effect, WriteEffect::Shows(_)) {
            self.note(&own, on.subject, "its own change shows in its own view".to_owned());
            return Ok(Some(own));
        }
        let what = refusal_sign(&own.answer).unwrap_or_else(|| format!("status {}", status_of(&own.answer)));
        let because = format!("{rightful}'s own change does not show ({what})");

        if own.seen.telling && why_inconclusive(&own.answer).is_none() {
            self.note(&own, on.subject, because.clone());
        }
        Err(Silence::undecided(because))
    }

    /// Sends the positive control of what uses the object up, which comes last.
    async fn own_spending(&self, on: Spot<'_>) -> Result<Option<Tried>, Silence> {
        let Some(rightful) = &self.rightful else { return Ok(None) };
        let own = self.shoot(rightful, &Twist::default(), on).await?;
        let deed = if matches!(self.aim, Aim::Removal) { "removal" } else { "call" };
        let said = format!("its own {deed}: status {}", status_of(&own.answer));

        if own.seen.telling && why_inconclusive(&own.answer).is_none() {
            self.note(&own, on.subject, said);
        }
        if own.has_effect() {
            return Ok(Some(own));
        }
        let status = status_of(&own.answer);
        Err(Silence::undecided(format!(
            "{} is refused, and {rightful}'s own {deed} (status {status}) has no effect either",
            self.attacker
        )))
    }

    /// Attacks by the plain path, and then by the mixed one.
    async fn attack(&self, on: Spot<'_>) -> Result<Result<TrialHit, Miss>, Silence> {
        // The plain request is the simpler proof; the mixed path is for rules that look at the parent alone.
        let (nobody, attack) = self.attack_by(&Twist::default(), on).await?;
        if attack.has_effect() {
            return Ok(Ok(TrialHit { nobody, attack, twist: Twist::default(), own_parents: None, refused: None }));
        }
        let because = self.say_miss(&attack);
        // A caller without credentials has no parents of its own.
        let path = on.subject.object().filter(|_| self.attacker != ANONYMOUS).map(|object| self.mixed_path(object));
        let missed = |attack, own_parents, untried| Ok(Err(Miss { attack, because, own_parents, untried }));

        match path {
            Some(MixedPath::Found(twist, parents)) => {
                let (nobody, mixed) = self.attack_by(&twist, on).await?;
                if mixed.has_effect() {
                    // Without an outright refusal of the plain path it is open why the mixed one got through.
                    let refused = access_refusal(&attack.answer).map(|sign| (attack.answer, sign));
                    return Ok(Ok(TrialHit { nobody, attack: mixed, twist, own_parents: Some(parents), refused }));
                }
                let also = self.say_miss(&mixed);
                missed(attack, Some(format!("below {parents} of its own: {also}")), None)
            }
            Some(MixedPath::NoParent(kind)) => {
                let attacker = &self.attacker;
                let also = format!("not tried below a {kind} of {attacker}'s own, as it has none");
                missed(attack, Some(also), Some(kind))
            }
            Some(MixedPath::None) | None => missed(attack, None, None),
        }
    }

    /// Sends the anonymous control, and the attack by the same request.
    async fn attack_by(&self, twist: &Twist, on: Spot<'_>) -> Result<(Option<Tried>, Tried), Silence> {
        let nobody = match self.attacker.as_str() {
            ANONYMOUS => None,
            _ => Some(self.ask_nobody(twist, on).await?),
        };
        // The anonymous control may have changed what the owner sees, so the newer view is the baseline.
        let now = nobody.as_ref().map_or(on.seen, |nobody| if nobody.seen.telling { &nobody.seen } else { on.seen });
        let on = Spot { seen: now, ..on };
        let fired = self.fire(&self.attacker, twist, on).await?;

        // What comes next needs a caller whose account the attack left as it was. The owner looks after that, so that
        // nothing lies between its look and the next write: a reset of the target shows there.
        let session = self.lab.check_session(&self.attacker).await;
        let attack = self.judge(fired, on).await?;

        // An effect that was seen stands also where the attack cost its sender the session.
        if attack.has_effect() {
            return Ok((nobody, attack));
        }
        if let Some(because) = why_inconclusive(&attack.answer) {
            return Err(Silence::undecided(because));
        }
        if !attack.seen.telling {
            return Err(Silence::undecided("the owner's view could not be had after the attack"));
        }
        session?;
        Ok((nobody, attack))
    }

    /// Sends the anonymous control.
    ///
    /// # Errors
    /// Where it has the effect another check reports that.
    async fn ask_nobody(&self, twist: &Twist, on: Spot<'_>) -> Result<Tried, Silence> {
        let nobody = self.shoot(ANONYMOUS, twist, on).await?;
        let said = format!("the same without credentials: status {}", status_of(&nobody.answer));
        self.note(&nobody, on.subject, said);

        if nobody.has_effect() {
            let because = "anonymous callers are let in too".to_owned();
            return Err(Silence::SeeOther { check: OPEN_TO_ALL, because });
        }
        Ok(nobody)
    }

    fn say_miss(&self, attack: &Tried) -> String {
        match refusal_sign(&attack.answer) {
            Some(sign) => format!("{} is refused: {sign}", self.attacker),
            None => {
                let (attacker, owner) = (&self.attacker, &self.owner);
                format!("{attacker} was answered status {}, and {owner}'s stayed as it was", status_of(&attack.answer))
            }
        }
    }

    /// Returns the silence after an attack that came to nothing.
    fn miss(&self, miss: &Miss, own: Option<&Tried>) -> Silence {
        let because = match &miss.own_parents {
            Some(also) => format!("{}; {also}", miss.because),
            None => miss.because.clone(),
        };
        // Most rules that fail look at the parent alone: a refusal of the victim's whole path does not show that they hold.
        if let Some(kind) = &miss.untried {
            let help = format!("let {} make a {kind} of its own, below which this may be tried", self.attacker);
            return Silence::undecided(because).with_help(help);
        }
        match own {
            Some(own) => Silence::held(&miss.attack.answer.exchange, &own.answer.exchange, because),
            None => Silence::undecided(format!("{because}, and no caller is known that may do it")),
        }
    }

    /// Asks what another caller is shown of an object, where there is one to ask.
    async fn ask_peer(&self, subject: &Subject<'_>, seen: &ObjectView) -> Result<(), Silence> {
        if let Some((created, witness)) = self.witness_of(subject) {
            let shown = self.lab.ask_another_route(created, witness.0).await?;
            self.lab.keep_looks(created, witness, (seen, shown));
        }
        Ok(())
    }

    /// Asks what another caller is shown of an object, and then its owner, whose look comes right before the attack.
    async fn before_and_to_peer(&self, subject: &Subject<'_>) -> Result<ObjectView, Silence> {
        let Some((created, witness)) = self.witness_of(subject) else { return self.before(subject).await };
        let shown = self.lab.ask_another_route(created, witness.0).await?;
        let seen = self.before(subject).await?;
        self.lab.keep_looks(created, witness, (&seen, shown));

        Ok(seen)
    }

    /// Returns an object, with the caller that is asked about it too, and its owner.
    fn witness_of<'s>(&self, subject: &'s Subject<'_>) -> Option<(&'s Created, (&'a Person, &'a Person))> {
        let owner = self.lab.survey.people.get(&self.owner)?;
        Some((subject.object()?, (self.peer?, owner)))
    }

    /// Keeps what a caller was seen to be able to do.
    fn note(&self, tried: &Tried, subject: &Subject<'_>, because: String) {
        if let Some(created) = subject.object() {
            let outcome = match (tried.has_effect(), why_inconclusive(&tried.answer)) {
                (true, _) => AccessOutcome::Served,
                (false, Some(because)) => AccessOutcome::Unclear(because),
                (false, None) => AccessOutcome::Refused(format!("status {}", status_of(&tried.answer))),
            };
            let what = (self.verb(), created);
            self.lab.record(&self.acting.operation, what, &tried.caller, outcome, &tried.answer);
        }

        self.lab.note(self.acting, &tried.caller, &self.owner, tried.has_effect(), because);
    }

    fn note_hit(&self, hit: &TrialHit, subject: &Subject<'_>) {
        let because = format!("{} wrote to {}", self.attacker, subject.describe(&self.owner));
        self.note(&hit.attack, subject, because);
    }

    /// Returns what the operation does to an object.
    pub(crate) fn verb(&self) -> AccessVerb {
        match self.aim {
            Aim::Removal => AccessVerb::Delete,
            Aim::Call(_) | Aim::Once(_) => AccessVerb::Call,
            _ => AccessVerb::Change,
        }
    }
}
