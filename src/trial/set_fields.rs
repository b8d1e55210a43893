//! The trial of fields that callers must not set: sent with a body of the scan's own until one is not refused outright,
//! looked for on another route, and once more with another value or on another object.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::assigning::{Assigned, FieldRecipient};
use super::candidates::{Candidate, RepeatOn, Setter};
use super::guarded::GuardedAnswers;
use super::mirror::Mirrored;
use super::rights::Right;
use super::values::list_fields;
use crate::model::{Silence, clean_text, ensure};
use crate::probe::Answer;

/// Fields that are to be set, and on what.
#[derive(Debug)]
pub(crate) struct FieldTrial<'a> {
    /// Who sets them.
    pub(crate) setter: Setter<'a>,
    /// What they are set on.
    pub(crate) recipient: FieldRecipient<'a>,
    /// How it looks without them.
    pub(crate) before: Mirrored,
    /// There is no view but the answers of the writes.
    pub(crate) echo: bool,
    /// The fields.
    pub(crate) found: Vec<Candidate>,
}

/// What was set, once and again.
#[derive(Debug)]
pub(crate) struct FieldsSet {
    /// The first time.
    pub(crate) first: Assigned,
    /// The second time.
    pub(crate) repeat: Assigned,
    /// The fields that were stored.
    pub(crate) kept: Vec<String>,
    /// A guarded function that serves the account now.
    pub(crate) served: Option<GuardedAnswers>,
    /// A field of no meaning was sent with them.
    pub(crate) with_nonce: bool,
    /// The second time went as the first.
    pub(crate) is_repeated: bool,
    /// What it was repeated on.
    pub(crate) on: RepeatOn,
}

impl<'a> FieldTrial<'a> {
    /// Begins a trial: looks at what the fields are to be set on, and chooses them.
    ///
    /// # Errors
    /// Where nothing of the scan's own can be written to, or nothing shows it.
    pub(crate) async fn begin(setter: Setter<'a>) -> Result<Self, Silence> {
        let recipient = FieldRecipient::find(setter.lab, setter.acting).await?;
        let unseen = || Silence::undecided(format!("no route shows {} what it made", recipient.caller()));
        let (before, echo) = recipient.before(setter.lab).await?.ok_or_else(unseen)?;
        let found = setter.candidates(&before.fields(), recipient.is_account());

        Ok(Self { setter, recipient, before, echo, found })
    }

    /// Sets the fields, and looks what became of them.
    ///
    /// # Errors
    /// `Held` where they were not taken while the write without them was; else why there is no verdict.
    pub(crate) async fn run(&self) -> Result<FieldsSet, Silence> {
        let values = self.setter.first_values(&self.found);
        ensure(!values.is_empty(), || {
            Silence::not_applicable(
                "it shows no field of privilege, approval, money or allowance that callers must not send",
            )
        })?;
        let (first, with_nonce) = self.first_accepted(&values).await?;
        ensure(first.seen.is_some(), || Silence::undecided("the object or account could not be looked at afterwards"))?;
        let mut stored = first.stored(&self.before);
        let served = self.served(&first).await?;

        if stored.is_empty() && served.is_some() {
            // No route shows the field, but what it decides does.
            let roles = self.found.iter().filter(|candidate| candidate.right == Right::Role);
            stored.extend(roles.map(|candidate| candidate.name.clone()));
            stored.retain(|name| first.sent.contains_key(name));
        }

        if stored.is_empty() {
            let because = format!("{} were sent, and nothing shows them afterwards", list_fields(values.keys()));
            return Err(self.untaken(first.answer.as_ref(), self.recipient.made_by(), because));
        }
        self.repeat(first, stored, served, with_nonce).await
    }

    /// The silence after fields that were not taken; `control` is the rightful write.
    fn untaken(&self, attack: Option<&Arc<Answer>>, control: &Answer, because: String) -> Silence {
        self.note(false, because.clone());
        match attack {
            Some(attack) => Silence::held(&attack.exchange, &control.exchange, because),
            None => Silence::undecided(because),
        }
    }

    /// Keeps whether the recipient's caller set what it must not.
    pub(crate) fn note(&self, effect: bool, because: String) {
        let caller = self.recipient.caller();
        self.setter.lab.note(self.setter.acting, caller, caller, effect, because);
    }

    /// Sends until a body is not refused outright: with all fields, without the one of no meaning, with single fields.
    async fn first_accepted(&self, values: &Map<String, Value>) -> Result<(Assigned, bool), Silence> {
        let only = |index: usize| -> Map<String, Value> {
            let candidate = self.found.iter().filter(|candidate| values.contains_key(&candidate.name)).nth(index);
            let pair = candidate.and_then(|candidate| values.get_key_value(&candidate.name));
            pair.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        // All fields in one body cost one request, and a strict schema may refuse the one of no meaning.
        let mut tries = vec![(values.clone(), true), (values.clone(), false)];

        // A single unknown field may have the whole body refused, so the likeliest two are sent alone.
        if values.len() > 1 {
            tries.extend([(only(0), true), (only(1), true)]);
        }
        let mut last = Assigned::default();

        for (fields, with_nonce) in tries {
            last = self.send(&self.before, &fields, with_nonce).await?;
            if last.refused.is_none() {
                return Ok((last, with_nonce));
            }
        }

        // Where the same write fails without them, the refusal is not of the fields.
        let plain = self.send(&self.before, &Map::new(), false).await?;
        let because = clean_text(&last.refused.unwrap_or_default(), 160);
        ensure(plain.refused.is_none(), || {
            Silence::undecided(format!("the operation could not be used even without further fields ({because})"))
        })?;
        let because = format!("a body with {} is refused: {because}", list_fields(values.keys()));
        Err(self.untaken(last.answer.as_ref(), plain.answer.as_ref().unwrap_or(self.recipient.made_by()), because))
    }

    async fn send(
        &self,
        before: &Mirrored,
        fields: &Map<String, Value>,
        with_nonce: bool,
    ) -> Result<Assigned, Silence> {
        self.recipient.attempt(self.setter.lab, self.setter.acting, before, fields, with_nonce).await
    }

    /// Returns a function of a higher role that refused the account, and serves it now.
    async fn served(&self, sent: &Assigned) -> Result<Option<GuardedAnswers>, Silence> {
        let lab = self.setter.lab;
        match lab.model().filter(|_| self.recipient.is_account()) {
            Some(model) => Ok(lab.ask_guarded_from(&model.name, &sent.caller).await?.filter(GuardedAnswers::serves)),
            None => Ok(None),
        }
    }

    async fn repeat(
        &self,
        first: Assigned,
        stored: Vec<String>,
        served: Option<GuardedAnswers>,
        with_nonce: bool,
    ) -> Result<FieldsSet, Silence> {
        // An account gets its own value back, so that no raised one stays.
        let on = match self.recipient {
            FieldRecipient::Account(_) => RepeatOn::PutBack,
            FieldRecipient::Object(_) => RepeatOn::SameObject,
            _ => RepeatOn::OtherObject,
        };
        let second = stored.iter().filter_map(|name| {
            let candidate = self.found.iter().find(|candidate| candidate.name == *name)?;
            Some((name.clone(), self.setter.second_value(candidate, first.sent.get(name)?, on)))
        });
        let then = first.seen.clone().unwrap_or_default();
        let base = if on == RepeatOn::OtherObject { &self.before } else { &then };
        let repeat = self.send(base, &second.collect(), with_nonce).await?;
        let repeated = repeat.stored(base);

        if stored.iter().all(|name| then.value(name).is_none()) {
            // Only a function shows it. A role that was put back is taken away again.
            let is_repeated = self.served(&repeat).await?.is_some() == (on != RepeatOn::PutBack);
            return Ok(FieldsSet { first, repeat, kept: stored, served, with_nonce, is_repeated, on });
        }
        // A repeat that shows some of the fields proves those alone.
        let both: Vec<String> = stored.iter().filter(|name| repeated.contains(name)).cloned().collect();
        let is_repeated = !both.is_empty();
        let kept = if is_repeated { both } else { stored };

        Ok(FieldsSet { first, repeat, kept, served, with_nonce, is_repeated, on })
    }

    /// Whether the server gives the field a value of its own that no caller sent.
    pub(crate) fn is_set_by_server(&self, name: &str) -> bool {
        let shown = |candidate: &Candidate| candidate.present.as_ref().is_some_and(|value| !value.is_null());
        self.found.iter().any(|candidate| candidate.name == name && shown(candidate))
    }
}

impl FieldsSet {
    /// Whether a field of no meaning came back.
    pub(crate) fn keeps_anything(&self) -> bool {
        self.first.keeps_anything() || self.repeat.keeps_anything()
    }
}
