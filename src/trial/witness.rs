//! What another route shows of an object that a trial writes to: facts for the access model, which alone judges whose it is.

use serde_json::Value;

use super::lab::Lab;
use super::look::ObjectView;
use crate::act::Created;
use crate::model::Operation;
use crate::probe::SendError;
use crate::survey::{Person, scalar_text};

impl<'a> Lab<'a> {
    /// Asks another route to the very object as the intruder.
    pub(super) async fn ask_another_route(
        &self,
        created: &Created,
        intruder: &Person,
    ) -> Result<Option<(&'a Operation, ObjectView)>, SendError> {
        self.view_by_route(&intruder.name, created).await
    }

    /// Keeps what an intruder and the owner were shown of an object.
    pub(super) fn keep_looks(
        &self,
        created: &Created,
        (intruder, owner): (&Person, &Person),
        (seen, shown): (&ObjectView, Option<(&Operation, ObjectView)>),
    ) {
        // The owner's look counts beside the intruder's alone.
        if let Some((route, view)) = shown {
            self.record_look(route, created, &owner.name, seen);
            self.record_look(route, created, &intruder.name, &view);
        }
    }

    /// Keeps what an intruder and the owner are shown of an object of the owner's now.
    pub(super) async fn ask_both(
        &self,
        created: &Created,
        (intruder, owner): (&Person, &Person),
    ) -> Result<(), SendError> {
        if let Some(seen) = self.view(&owner.name, created).await? {
            let shown = self.ask_another_route(created, intruder).await?;
            self.keep_looks(created, (intruder, owner), (&seen, shown));
        }
        Ok(())
    }

    /// Whether a value stands for a person.
    pub(crate) fn names(&self, person: &Person, field: &str, value: &Value) -> bool {
        let by_value = |value: &Value| {
            scalar_text(value).is_some_and(|text| {
                self.survey.people.named_in(field, &text).is_some_and(|found| found.name == person.name)
            })
        };
        // Some APIs embed the person in place of its id: `owner: {id, name}`.
        by_value(value) || value.as_object().is_some_and(|inner| inner.values().any(by_value))
    }
}
