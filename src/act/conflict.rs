//! Values that something else has already: a body whose short texts are changed for others that fit as well.

use rand::RngExt as _;
use serde_json::Value;

use super::bodies::Body;
use super::fields::resolve_schema;
use super::further::inner_object;
use super::kinds::Acting;
use super::maker::Maker;
use crate::model::JsonType;
use crate::probe::Response;
use crate::spec::Samples;
use crate::survey::{ends_in_id, is_owner_name, resource_of_name};

/// What refusals say of a value that is not free.
const TAKEN: [&str; 5] = ["taken", "exist", "unique", "duplicate", "in use"];
/// Most texts that are tried for one field.
const MAX_TURNS: usize = 6;

impl Maker<'_> {
    /// Gives the texts of a body that carry no mark other values that their schemas allow, where a refusal says that one is
    /// not free; whether one was changed.
    pub(super) fn make_unique(&self, acting: &Acting, body: &mut Body, said: &Response) -> bool {
        let text = said.head().to_ascii_lowercase();
        if said.status != 409 && !TAKEN.iter().any(|word| text.contains(word)) {
            return false;
        }

        let (_, declared) = acting.inner_fields(self.api);
        let marked = body.marked.clone();
        let Some(members) = inner_object(&mut body.value) else { return false };
        let mut is_changed = false;

        for field in declared.iter().filter(|field| !marked.contains(&field.name)) {
            let Some(schema) = resolve_schema(self.api, field.schema) else { continue };
            let is_free = schema.types.contains(&JsonType::String) && schema.enumeration.is_empty();
            let is_reference =
                resource_of_name(&field.name).is_some() && ends_in_id(&field.name) || is_owner_name(&field.name);
            let Some(Value::String(present)) = members.get_mut(&field.name).filter(|_| is_free && !is_reference) else {
                continue;
            };

            // A text with a form of its own, such as a date, is seldom what has to be unique.
            if schema.format.is_some() {
                continue;
            }

            let start: usize = rand::rng().random_range(2..5_000);
            let samples = Samples::new(self.api, start as u64);
            let other = (start..start + MAX_TURNS).map(|turn| samples.text(schema, turn)).find(|text| text != present);
            if let Some(other) = other {
                *present = other;
                is_changed = true;
            }
        }

        is_changed
    }
}
