//! Whether a write to an object is meant to be its owner's alone, by what is known of the object itself.

use serde_json::Value;

use super::lab::Lab;
use super::look::Seen;
use crate::act::Created;
use crate::model::clean_name;
use crate::probe::SendError;
use crate::survey::{Person, Sign, is_owner_name, is_strong_owner_name, scalar_text};

/// Whether a write to an object is meant to be its owner's alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// Something shows it.
    ForOwner(String),
    /// Nothing shows it: what all callers may edit looks the same.
    Unclear(String),
}

impl Meant {
    /// Whether it is its owner's alone; `None` where that is unclear.
    pub fn holds(&self) -> Option<bool> {
        matches!(self, Self::ForOwner(_)).then_some(true)
    }

    /// Returns what shows it, or what is missing.
    pub fn because(&self) -> &str {
        match self {
            Self::ForOwner(because) | Self::Unclear(because) => because,
        }
    }
}

impl Lab<'_> {
    /// Whether a created object is meant to be its maker's alone to change.
    pub(crate) async fn meant(
        &self,
        created: &Created,
        intruder: &Person,
        owner: &Person,
        seen: &Seen,
    ) -> Result<Meant, SendError> {
        // Another route to the very object, which may refuse the intruder, or show it.
        let view = self.view_by_route(&intruder.name, created).await?;
        if let Some((route, view)) = &view {
            self.record_look(route, created, &owner.name, seen);
            self.record_look(route, created, &intruder.name, view);
        }
        let fields: Vec<(String, Value)> =
            seen.object.iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
        if let Some(field) = fields
            .iter()
            .find(|(name, value)| is_strong_owner_name(name) && self.names(owner, name, value))
            .map(|(name, _)| name)
        {
            return Ok(Meant::ForOwner(format!("its field `{}` names {}", clean_name(field, 60), owner.name)));
        }
        for (key, (name, signs)) in &self.survey.owners {
            let same = key.0 == created.object.resource
                && self
                    .survey
                    .objects
                    .known
                    .get(key)
                    .is_some_and(|object| object.created_by.as_deref() == Some(owner.name.as_str()));
            if same
                && *name == owner.name
                && let Some(sign) = signs.iter().find(|sign| {
                    !matches!(sign, Sign::Created | Sign::IsCaller)
                        && (sign.shows_intent() || matches!(sign, Sign::ScopedList { .. }))
                })
            {
                return Ok(Meant::ForOwner(sign.because(name)));
            }
        }
        if let Some((_, view)) = view.filter(|(_, view)| view.is_gone()) {
            let status = view.answer.status().unwrap_or(0);
            return Ok(Meant::ForOwner(format!("{} cannot even read it (status {status})", intruder.name)));
        }
        let maker = fields
            .iter()
            .find(|(name, value)| is_owner_name(name) && self.names(owner, name, value))
            .map(|(name, _)| name);
        Ok(match maker {
            Some(field) => Meant::Unclear(format!(
                "its field `{}` names {}, and nothing shows that others may not change it",
                clean_name(field, 60),
                owner.name
            )),
            None => Meant::Unclear(format!("{} made it, and nothing else shows that it is {0}'s alone", owner.name)),
        })
    }

    /// Whether a value stands for a person.
    pub(crate) fn names(&self, person: &Person, field: &str, value: &Value) -> bool {
        let by_value = |value: &Value| {
            scalar_text(value).is_some_and(|text| {
                self.survey.people.named_in(field, &text).is_some_and(|found| found.name == person.name)
            })
        };
        by_value(value) || value.as_object().is_some_and(|inner| inner.values().any(by_value))
    }
}
