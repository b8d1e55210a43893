//! One write of a trial, and what the owner sees of it: at once, and again before it is called without effect.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::account::NO_ID;
use super::action::compare_states;
use super::answers::refusal_sign;
use super::body::harmless_change;
use super::funnel::Trial;
use super::look::ObjectView;
use super::send::Twist;
use super::subject::Subject;
use crate::act::{Body, add_fields, build_body, keep_present};
use crate::model::{ANONYMOUS, Secret, Silence};
use crate::probe::{Answer, AskCaller, Values};

/// Chooses a field and its new value by what the owner sees.
pub type ChooseValue<'a> = &'a (dyn Fn(&ObjectView) -> Option<(String, Value)> + Sync);
/// Returns what a call changed, in words, by what the owner saw before and sees now.
pub type CompareViews<'a> = &'a (dyn Fn(&ObjectView, &ObjectView) -> Option<String> + Sync);

/// What a write is to bring about.
#[derive(Clone)]
pub enum Aim<'a> {
    /// A field has another value; the document and the object say which.
    Change,
    /// A field has the value that the check chooses.
    Chosen(ChooseValue<'a>),
    /// A text field of a spare account has another text, by which the account is still known.
    Text(String),
    /// The account signs in with another password, which stands in this field.
    Password(String),
    /// The function changes what it decides.
    Call(CompareViews<'a>),
    /// An action changes the object for good, so that each call takes a further one.
    Once(CompareViews<'a>),
    /// The object is gone.
    Removal,
}

impl std::fmt::Debug for Aim<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Change => "Change",
            Self::Chosen(_) => "Chosen",
            Self::Text(_) => "Text",
            Self::Password(_) => "Password",
            Self::Call(_) => "Call",
            Self::Once(_) => "Once",
            Self::Removal => "Removal",
        })
    }
}

/// What one write would be seen by.
#[derive(Debug, Clone)]
pub enum ExpectedEffect {
    /// A field has a value.
    Value(String, Value),
    /// The account signs in with this password.
    Password(Secret),
    /// Whatever the function decides.
    Anything,
    /// The object is gone.
    Gone,
}

/// What the owner saw of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteEffect {
    /// Nothing.
    None,
    /// What was wanted; for a function, in words.
    Shows(String),
    /// The object is gone from its owner's view: removed or, after a change, taken over.
    Gone,
}

/// One write, and what the owner sees after it.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The name of the caller.
    pub caller: String,
    /// What it would be seen by.
    pub wanted: ExpectedEffect,
    /// The answer.
    pub answer: Arc<Answer>,
    /// The owner's view.
    pub seen: ObjectView,
    /// What it shows.
    pub effect: WriteEffect,
}

impl Tried {
    /// Whether it had an effect.
    pub fn has_effect(&self) -> bool {
        self.effect != WriteEffect::None
    }

    /// Returns the field that was written; empty where none is named.
    pub fn field(&self) -> &str {
        match &self.wanted {
            ExpectedEffect::Value(field, _) => field,
            ExpectedEffect::Password(_) => "password",
            ExpectedEffect::Anything | ExpectedEffect::Gone => "",
        }
    }
}

/// What is written to, as its owner sees it before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot<'s> {
    pub(crate) subject: &'s Subject<'s>,
    pub(crate) seen: &'s ObjectView,
}

/// Returns the fields that the owner sees, with the id of the address where the object does not show it.
fn named_fields(on: Spot<'_>) -> BTreeMap<String, Value> {
    let mut present = on.seen.fields();
    if let Some(created) = on.subject.object() {
        present.entry("id".to_owned()).or_insert_with(|| Value::String(created.id.clone()));
    }
    present
}

/// A write that was sent, before its owner looks.
pub(super) struct Fired {
    caller: String,
    wanted: ExpectedEffect,
    answer: Arc<Answer>,
}

/// A request before it is sent.
struct Composed {
    values: Values,
    body: Option<Body>,
    wanted: ExpectedEffect,
}

impl Trial<'_> {
    /// Sends the write as a caller, and looks as the owner.
    ///
    /// # Errors
    /// `Undecided` where it could not be composed or sent, or the owner has no view.
    pub(crate) async fn shoot(&self, caller: &str, twist: &Twist, on: Spot<'_>) -> Result<Tried, Silence> {
        let fired = self.fire(caller, twist, on).await?;
        self.judge(fired, on).await
    }

    /// Sends the write as a caller.
    ///
    /// # Errors
    /// `Undecided` where it could not be composed or sent.
    pub(super) async fn fire(&self, caller: &str, twist: &Twist, on: Spot<'_>) -> Result<Fired, Silence> {
        let Composed { values, body, wanted } = self.compose(caller, on)?;
        let sender = if caller == ANONYMOUS { AskCaller::Anonymous } else { self.lab.caller(caller) };
        let written = self.lab.write_twisted(self.acting, sender, &values, body.as_ref(), twist).await?;
        let answer = written.answer;

        // An update may have given the object another id, by which it is removed later.
        if let Some(created) = on.subject.object() {
            self.lab.learn_ids(created, &answer);
        }
        Ok(Fired { caller: caller.to_owned(), wanted, answer })
    }

    /// Looks as the owner at what a write did.
    ///
    /// # Errors
    /// `Undecided` where the owner has no view.
    pub(super) async fn judge(&self, fired: Fired, on: Spot<'_>) -> Result<Tried, Silence> {
        let Fired { caller, wanted, answer } = fired;
        let (seen, effect) = self.look_for(&wanted, on, &answer).await?;
        if let (ExpectedEffect::Gone, true, Some(created)) = (&wanted, effect == WriteEffect::Gone, on.subject.object())
        {
            // Nothing may be made below it any more, and there is nothing left to undo.
            self.lab.forget_removed(created);
        }
        let tried = Tried { caller, wanted, answer, seen, effect };
        self.keep_stray(&tried, on).await?;
        Ok(tried)
    }

    fn compose(&self, caller: &str, on: Spot<'_>) -> Result<Composed, Silence> {
        let api = self.lab.maker.api;
        let no_field = || Silence::undecided("no field is known that the operation changes");
        let present = named_fields(on);
        let (mut body, wanted) = match &self.aim {
            Aim::Removal => (build_body(api, self.acting, ""), ExpectedEffect::Gone),
            Aim::Call(_) | Aim::Once(_) => (self.body_as_it_is(on), ExpectedEffect::Anything),
            Aim::Password(field) => {
                let new = self.new_password(on.subject).ok_or_else(no_field)?;
                let value = Value::String(new.expose().to_owned());
                (Some(self.body_with(on, field, &value)), ExpectedEffect::Password(new))
            }
            Aim::Chosen(choose) => {
                let (field, value) = choose(on.seen).ok_or_else(no_field)?;
                (Some(self.body_with(on, &field, &value)), ExpectedEffect::Value(field, value))
            }
            Aim::Text(field) => {
                let value = Self::new_text(on.subject, field).ok_or_else(no_field)?;
                (Some(self.body_with(on, field, &value)), ExpectedEffect::Value(field.clone(), value))
            }
            Aim::Change => {
                // A field that names the subject must stay, and an account
                // has fields that lock it, so both take the careful way.
                let change = match (&self.naming, on.subject) {
                    (None, Subject::Object(_)) => self.lab.change(self.acting, &present, &[]),
                    (naming, _) => {
                        let name = naming.as_ref().map_or("", |naming| naming.field());
                        harmless_change(self.lab, self.acting, name, on.seen)
                    }
                };

                let change = change.ok_or_else(no_field)?;
                (Some(change.body), ExpectedEffect::Value(change.field, change.value))
            }
        };

        let values = self.address(caller, on, &mut body)?;
        Ok(Composed { values, body, wanted })
    }

    /// Returns a body with a field in it; everything else stays as it is.
    fn body_with(&self, on: Spot<'_>, field: &str, value: &Value) -> Body {
        let mut body = self.body_as_it_is(on).unwrap_or_else(Body::empty);
        add_fields(&mut body.value, &Map::from_iter([(field.to_owned(), value.clone())]));
        body
    }

    /// Returns a body that the operation takes, with what the subject has.
    fn body_as_it_is(&self, on: Spot<'_>) -> Option<Body> {
        if let Subject::Spare(spare) = on.subject {
            let present = on.seen.object.clone().unwrap_or_default();
            return self.lab.account_request(self.acting, spare, &present, &Map::new()).map(|(_, body)| body);
        }
        let present = named_fields(on);
        let own = self.lab.change(self.acting, &present, &[]).map(|change| change.body);
        own.or_else(|| {
            let mut made = build_body(self.lab.maker.api, self.acting, "")?;
            keep_present(&mut made, &present);
            Some(made)
        })
    }

    /// Returns the values of the address; the body gets the name of the subject where the path has none.
    fn address(&self, caller: &str, on: Spot<'_>, body: &mut Option<Body>) -> Result<Values, Silence> {
        let unknown = || Silence::undecided(NO_ID);
        match (&self.naming, on.subject) {
            (Some(naming), subject) => {
                let theirs = subject.value(&naming.slot).ok_or_else(unknown)?;
                Ok(naming.put((self.lab, self.acting), &theirs, caller == self.attacker, body))
            }
            (None, Subject::Object(created)) => self.lab.values(&self.acting.operation, created).ok_or_else(unknown),
            (None, Subject::Spare(spare)) => {
                let present = on.seen.object.clone().unwrap_or_default();
                let request = self.lab.account_request(self.acting, spare, &present, &Map::new());
                request.map(|(values, _)| values).ok_or_else(unknown)
            }
            (None, Subject::Account { .. }) => Err(unknown()),
        }
    }

    /// Looks as the owner until the effect shows. An outright refusal is believed at once; silence is not.
    async fn look_for(
        &self,
        wanted: &ExpectedEffect,
        on: Spot<'_>,
        answer: &Answer,
    ) -> Result<(ObjectView, WriteEffect), Silence> {
        let refused = refusal_sign(answer).is_some();
        let mut watch = self.lab.promptness.watch(&self.acting.operation.id, answer);
        let mut last: Option<(ObjectView, WriteEffect)> = None;

        while watch.is_due().await {
            let seen = on.subject.view(self.lab, &self.owner).await?;
            let seen = seen.ok_or_else(|| Silence::undecided("the owner's view could not be had after the write"))?;
            let effect = match self.effect(wanted, on, &seen).await? {
                // What a refused removal leaves otherwise than it was has changed by itself.
                WriteEffect::Shows(_) if refused && matches!(wanted, ExpectedEffect::Gone) => WriteEffect::None,
                effect => effect,
            };
            let expected =
                effect != WriteEffect::None && (effect != WriteEffect::Gone || matches!(wanted, ExpectedEffect::Gone));
            // That a changed object vanished is seen twice before it is believed.
            let confirmed =
                last.as_ref().is_some_and(|(_, before)| *before == WriteEffect::Gone && effect == WriteEffect::Gone);
            if expected {
                watch.showed();
            }
            let done = expected || confirmed || refused && effect == WriteEffect::None;
            last = Some((seen, effect));

            if done {
                break;
            }
        }

        last.ok_or_else(|| Silence::undecided("the owner's view could not be had after the write"))
    }

    async fn effect(&self, wanted: &ExpectedEffect, on: Spot<'_>, seen: &ObjectView) -> Result<WriteEffect, Silence> {
        // The view of an account that changed, or of an owner that was signed out, is refused for other reasons.
        let says = match on.subject {
            Subject::Object(_) => seen.answer.status() != Some(401),
            _ => matches!(wanted, ExpectedEffect::Gone),
        };
        let gone = if seen.is_gone() && says { WriteEffect::Gone } else { WriteEffect::None };
        Ok(match (wanted, &self.aim) {
            (ExpectedEffect::Value(field, value), _) if seen.shows(field, value) => WriteEffect::Shows(field.clone()),
            (ExpectedEffect::Anything, Aim::Call(compare) | Aim::Once(compare)) if !seen.is_gone() => {
                compare(on.seen, seen).map_or(WriteEffect::None, WriteEffect::Shows)
            }
            // Withdrawn, archived, marked as deleted: it is still shown, in another state.
            (ExpectedEffect::Gone, Aim::Removal) if !seen.is_gone() && matches!(on.subject, Subject::Object(_)) => {
                compare_states(on.seen, seen).map_or(WriteEffect::None, WriteEffect::Shows)
            }
            (ExpectedEffect::Password(secret), _) => {
                let taken = self.signs_in_with(on.subject, secret).await?;
                if taken { WriteEffect::Shows("password".to_owned()) } else { gone }
            }
            _ => gone,
        })
    }
}
