//! What a trial has shown, as clauses and evidence of a rule.

use std::sync::Arc;

use super::rule::{CheckResult, Rule, Violation, status_text};
use crate::act::{Acting, Created};
use crate::model::{ANONYMOUS, AccessClaim, AccessVerb, Role, clean_name};
use crate::probe::Answer;
use crate::survey::Slot;
use crate::trial::{Aim, ExpectedEffect, Proven, Shown, Subject, Trial, Tried, WriteEffect, refusal_sign};

impl Rule {
    /// Adds everything that shows an attack on what is another user's.
    pub(super) fn rest_on(&mut self, trial: &Trial<'_>, proven: &Proven<'_>) {
        self.rest_on_controls(trial, proven);
        self.rest_on_effect("owner-sees-the-change", trial, proven);
        self.rest_on_repeat(proven);
        self.rest_on_owner(trial, proven);
        if let (ExpectedEffect::Value(field, value), Some(own)) = (&proven.attack.wanted, &proven.own_thing) {
            let because = format!("what is {}'s own does not show the value", trial.attacker);
            self.weigh("own-stays", !own.shows(field, value), because);
        }
    }

    /// Adds whose the object is: by its own path the operation itself refuses the attacker, or other routes show it.
    fn rest_on_owner(&mut self, trial: &Trial<'_>, proven: &Proven<'_>) {
        match &proven.refused {
            Some(refused) => self.rest_on_true_parent(&trial.attacker, refused),
            None => _ = self.claim_access(claim_of_write(trial, &proven.subject, &proven.attack)),
        }
    }

    /// Adds that by the object's own path the operation refuses the attacker, which it lets in by another one.
    pub(super) fn rest_on_true_parent(&mut self, attacker: &str, (answer, sign): &(Arc<Answer>, String)) {
        let because = format!("by the object's own path {attacker} is refused: {sign}");
        self.weigh("true-parent-refuses", refusal_sign(answer).is_some(), because).show(Role::Control, answer);
    }

    /// Adds whether the same read about nothing, in words, gives none of the values.
    pub(super) fn weigh_nothing(&mut self, name: &'static str, shown: &Shown, what: &str) {
        match &shown.nothing {
            Some(nothing) => {
                let judged = nothing.response().filter(|response| response.status != 429);
                let because = format!("{what} gets none of them (status {})", status_text(nothing));
                self.weigh(name, judged.map(|_| shown.is_absent_from(nothing)), because).show(Role::Control, nothing);
            }
            None => _ = self.weigh(name, None, format!("{what} could not be asked for")),
        }
    }

    /// Adds whether a read gave the same values again.
    pub(super) fn weigh_shown_again(&mut self, shown: &Shown) -> &mut Self {
        let same = shown.is_whole_in(&shown.again);
        self.weigh("repeated", same, "the same request again gave the same values").show(Role::Attack, &shown.attack)
    }

    /// Adds what the rightful caller and anonymous callers can do.
    pub(super) fn rest_on_controls(&mut self, trial: &Trial<'_>, proven: &Proven<'_>) {
        let owner = &trial.owner;
        if matches!(trial.aim, Aim::Removal | Aim::Once(_)) {
            let found = format!("{owner} found the object before (status {})", status_text(&proven.before.answer));
            self.weigh("owner-had-it", proven.before.object.is_some(), found);
            self.show(Role::Baseline, &proven.before.answer);
        }
        if let Some(own) = &proven.own {
            let what = clean_name(own.field(), 60);
            let shows = format!("{}'s own change of `{what}` shows (status {})", own.caller, status_text(&own.answer));
            self.weigh("owner-can-write", own.has_effect(), shows);
            self.show(Role::Baseline, &own.answer);
        }
        if let Some(nobody) = &proven.nobody {
            let said = format!("the same without credentials (status {}) had no effect", status_text(&nobody.answer));
            self.weigh("anonymous-cannot", nobody.seen.telling && !nobody.has_effect(), said);
            self.show(Role::Control, &nobody.answer);
        }
    }

    /// Adds what the owner sees of the attack; `name` is the clause of a change.
    pub(super) fn rest_on_effect(&mut self, name: &'static str, trial: &Trial<'_>, proven: &Proven<'_>) {
        let (attack, owner) = (&proven.attack, &trial.owner);
        let by = format!("{}'s write{}", trial.attacker, format_own_parents(proven));
        match &attack.effect {
            WriteEffect::Gone => {
                let gone =
                    format!("after {by} {owner} no longer finds it (status {})", status_text(&attack.seen.answer));
                let name = if matches!(trial.aim, Aim::Removal) { "gone-for-the-owner" } else { name };
                self.weigh(name, attack.seen.is_gone(), gone);
                let still = proven.other.as_ref().is_some_and(|seen| seen.object.is_some());
                self.weigh("other-object-is-there", still, format!("another object of {owner}'s is still found"));
            }
            WriteEffect::Shows(what) => {
                let what = clean_name(what, 60);
                let how =
                    if matches!(trial.aim, Aim::Once(_) | Aim::Removal) { "changed" } else { "as it was written" };
                self.weigh(name, attack.has_effect(), format!("after {by} {owner} reads `{what}` {how}"));
            }
            WriteEffect::None => {
                self.weigh(name, attack.has_effect(), format!("{owner} sees nothing of {by}"));
            }
        }
        self.show(Role::Attack, &attack.answer).show(Role::Readback, &attack.seen.answer);
        if let Some(other) = &proven.other {
            self.show(Role::Control, &other.answer);
        }
    }

    /// Adds whether the attack went the same way a second time.
    pub(super) fn rest_on_repeat(&mut self, proven: &Proven<'_>) {
        let again = proven.again.as_ref();
        let repeated = again.is_some_and(|again| again.effect == proven.attack.effect);
        let because = match proven.attack.effect {
            WriteEffect::Gone => "a second object went the same way",
            _ if matches!(proven.attack.wanted, ExpectedEffect::Anything) => "the same showed on a second one",
            _ => "a second change with another value shows too",
        };
        self.weigh("repeated", repeated, because);
        if let Some(again) = again {
            self.show(Role::Readback, &again.seen.answer);
        }
    }
}

/// Runs an attack on what is another user's, and returns its finding.
pub(super) async fn judge_attack(trial: Trial<'_>) -> CheckResult {
    let proven = trial.run().await?;
    let mut rule = Rule::default();
    rule.rest_on(&trial, &proven);
    find_in(rule, &trial, &proven)
}

fn find_in(rule: Rule, trial: &Trial<'_>, proven: &Proven<'_>) -> CheckResult {
    let site = trial.naming.as_ref().map(crate::trial::Naming::site);
    let claim = format_write_claim(trial, proven);
    rule.found(Violation {
        site: site.or_else(|| trial.acting.slots.last().map(Slot::site)).unwrap_or_default(),
        cause: trial.acting.operation.path.clone(),
        claim,
        severity: None,
        surveyed: trial.acting,
    })
}

/// Returns the claim in a sentence: `bob changed note 17, which alice made`.
pub(super) fn format_write_claim(trial: &Trial<'_>, proven: &Proven<'_>) -> String {
    let deed = match (&trial.aim, &proven.attack.effect) {
        (Aim::Removal, WriteEffect::Shows(_)) => "took back or archived",
        (Aim::Removal, _) => "deleted",
        (Aim::Once(_), WriteEffect::Shows(_)) => "acted on",
        (_, WriteEffect::Gone) => "took over or removed",
        _ => "changed",
    };
    let what = proven.subject.describe(&trial.owner);
    let named = trial
        .naming
        .as_ref()
        .map_or_else(String::new, |naming| format!(", naming it in `{}`", clean_name(naming.field(), 60)));
    let attacker = if trial.attacker == ANONYMOUS { "an anonymous caller" } else { &trial.attacker };
    format!("{attacker} {deed} {what}{}{named}", format_own_parents(proven))
}

fn format_own_parents(proven: &Proven<'_>) -> String {
    proven.own_parents.as_ref().map_or_else(String::new, |parents| format!(" below {parents} of its own"))
}

/// Returns the claim for the access model, which judges from all facts whose it is that a route wrote to.
pub(super) fn claim_of_write(trial: &Trial<'_>, subject: &Subject<'_>, attack: &Tried) -> AccessClaim {
    let field = attack.field();
    let (resource, object) = match subject.object() {
        Some(created) => trial.lab.key_of(created),
        None => (account_resource(trial), trial.owner.clone()),
    };
    AccessClaim {
        operation: trial.acting.operation.id.clone(),
        verb: trial.verb(),
        resource,
        object,
        values: Vec::new(),
        fields: (!field.is_empty()).then(|| field.to_owned()).into_iter().collect(),
        owner: trial.owner.clone(),
        caller: trial.attacker.clone(),
        open: false,
        account: subject.object().is_none(),
        reduced: false,
    }
}

/// Returns the claim that a caller reached a whole object of another caller's, which made it.
pub(super) fn claim_on(acting: &Acting, verb: AccessVerb, object: &Created, caller: &str) -> AccessClaim {
    AccessClaim {
        operation: acting.operation.id.clone(),
        verb,
        resource: object.object.resource.clone(),
        object: object.id.clone(),
        values: Vec::new(),
        fields: Vec::new(),
        owner: object.caller.clone(),
        caller: caller.to_owned(),
        open: false,
        account: false,
        reduced: false,
    }
}

/// Returns what an operation on accounts calls them: `user`.
fn account_resource(trial: &Trial<'_>) -> String {
    let of_slot = trial.acting.slots.iter().rev().find_map(|slot| slot.resources.first().cloned());
    of_slot.or_else(|| trial.acting.resource.clone()).unwrap_or_else(|| "account".to_owned())
}
