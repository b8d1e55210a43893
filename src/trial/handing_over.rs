//! The trial of owner fields: an object of the scan's own is handed to another caller of the scan by a field that the
//! document does not declare, and the new owner removes it.

use serde_json::{Map, Value};

use super::assigning::{Assigned, FieldRecipient};
use super::mirror::Mirrored;
use super::rights::{Right, right_of};
use super::set_fields::FieldTrial;
use super::values::is_same_value;
use crate::act::{Created, sendable_names};
use crate::model::{Silence, clean_name, ensure};
use crate::survey::split_words;

/// An owner field of a caller's object, and what stands there for another caller of the scan.
#[derive(Debug)]
pub(crate) struct OwnerDeed {
    /// The field.
    pub(crate) field: String,
    /// Its value.
    pub(crate) own: Value,
    /// The value of the other caller's object.
    pub(crate) other: Value,
    /// The other caller.
    pub(crate) heir: String,
}

/// What a caller sees of the object that was handed over.
#[derive(Debug)]
pub(crate) struct HandedOver {
    /// What was sent.
    pub(crate) sent: Assigned,
    /// The caller.
    pub(crate) by: String,
    /// What it sees.
    pub(crate) view: Mirrored,
}

impl FieldTrial<'_> {
    /// Returns the owner field that may be tried, with the value that another caller's object of the same kind has in it.
    pub(crate) fn owner_deed(&self) -> Option<OwnerDeed> {
        let (FieldRecipient::New(own) | FieldRecipient::Object(own)) = &self.recipient else { return None };
        let lab = self.setter.lab;
        let made = lab.maker.made();
        let others = || made.iter().filter(|other| other.producer == own.producer && other.caller != own.caller);
        self.before.fields().into_iter().find_map(|(field, own)| {
            if right_of(&field, &own) != Some(Right::Ownership) || !self.is_withheld(&field) {
                return None;
            }
            // The value is taken from another caller's object: an invented owner would orphan this one.
            others().find_map(|other| {
                let value = other.object.fields.get(&field)?;
                let (other, heir) = (value.clone(), other.caller.clone());
                let is_other = !is_same_value(value, &own) && !value.is_null();
                is_other.then(|| OwnerDeed { field: field.clone(), own: own.clone(), other, heir })
            })
        })
    }

    /// Whether the document declares what callers may send, and a field is not among it.
    pub(crate) fn is_withheld(&self, field: &str) -> bool {
        let names = sendable_names(self.setter.lab.maker.api, self.setter.acting);
        names.is_some_and(|names| !names.contains(&split_words(field).join("")))
    }

    /// Makes or changes one object with the other's value in its owner field, and returns the caller that sees it. It is
    /// removed at once by its new owner, since its maker may no longer be able to.
    ///
    /// # Errors
    /// Where it had no effect.
    pub(crate) async fn hand_over(&self, deed: &OwnerDeed) -> Result<HandedOver, Silence> {
        self.hand_over_one(&self.recipient, deed).await
    }

    /// Hands over a second object: what was changed belongs to another caller now.
    ///
    /// # Errors
    /// Where it had no effect.
    pub(crate) async fn hand_over_again(&self, deed: &OwnerDeed) -> Result<HandedOver, Silence> {
        match &self.recipient {
            FieldRecipient::Object(created) => {
                let unmade = "no second object could be made to repeat it";
                let second = FieldRecipient::further(self.setter.lab, created, unmade).await?;
                self.hand_over_one(&second, deed).await
            }
            same => self.hand_over_one(same, deed).await,
        }
    }

    async fn hand_over_one(&self, recipient: &FieldRecipient<'_>, deed: &OwnerDeed) -> Result<HandedOver, Silence> {
        let (lab, acting) = (self.setter.lab, self.setter.acting);
        let no_effect = || Silence::undecided(format!("`{}` stayed as it was", clean_name(&deed.field, 60)));
        let fields: Map<String, Value> = [(deed.field.clone(), deed.other.clone())].into_iter().collect();
        let sent = recipient.attempt(lab, acting, &self.before, &fields, true).await?;
        // An echo repeats what was sent, and does not show what was stored.
        ensure(sent.refused.is_none() && !sent.echo, no_effect)?;
        let created: Created = sent.created.clone().ok_or_else(no_effect)?;
        let taken = |view: &Mirrored| view.shows(&deed.field, &deed.other);
        // Its maker may still be shown the object; where it is not, only the heir can see it.
        let (by, view) = match sent.seen.clone().filter(taken) {
            Some(view) => (recipient.caller().to_owned(), view),
            None => {
                let view = lab.view(&deed.heir, &created).await?.and_then(Mirrored::of);
                (deed.heir.clone(), view.filter(taken).ok_or_else(no_effect)?)
            }
        };

        lab.remove_as(&deed.heir, &created).await?;
        Ok(HandedOver { sent, by, view })
    }
}
