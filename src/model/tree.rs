//! Builds a JSON value from any serde format within a budget of values and bytes. Knows nothing of what it means.
//!
//! YAML allows what JSON does not: keys that are numbers, merge keys, and aliases that expand without end. All three
//! end here: keys become text, merge keys are applied, and every value costs, however often it is reached by alias. In
//! JSON `<<` is a name as any other.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_json::{Map, Value};

/// What a value takes in the list or object that it stands in.
const VALUE_BYTES: usize = size_of::<Value>();
/// What an object takes for each field beyond its value: the name's place, its hash and its place in the index.
const FIELD_BYTES: usize = 48;
/// What an allocation takes beyond what was asked for.
const ALLOCATION_BYTES: usize = 24;

/// JSON would take more memory than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuch;

/// How many more values may be built, and how many bytes of memory they may take.
#[derive(Debug)]
pub struct Budget {
    values: usize,
    bytes: usize,
    used: usize,
    /// Whether `<<` is a merge key.
    merges: bool,
}

impl Budget {
    /// A budget of so many values and bytes, for YAML.
    pub fn new(values: usize, bytes: usize) -> Self {
        Self { values, bytes, used: 0, merges: true }
    }

    /// Whether it ran out, which is why building failed.
    pub fn is_spent(&self) -> bool {
        self.values == 0 || self.bytes == 0
    }

    /// Bytes of memory that were taken, by estimate.
    pub fn used(&self) -> usize {
        self.used
    }

    fn spend<E: Error>(&mut self, values: usize, bytes: usize) -> Result<(), E> {
        self.values = self.values.saturating_sub(values);
        self.bytes = self.bytes.saturating_sub(bytes);
        self.used += bytes;
        if self.is_spent() { Err(E::custom("too many values")) } else { Ok(()) }
    }

    fn spend_text<E: Error>(&mut self, text: &str) -> Result<(), E> {
        self.spend(0, text.len() + ALLOCATION_BYTES)
    }
}

/// Reads JSON that takes at most so many bytes of memory, and returns it with what it takes; `None` where the bytes are
/// no JSON.
///
/// # Errors
/// [`TooMuch`] where it would take more.
pub fn json_within(bytes: &[u8], most: usize) -> Result<Option<(Value, usize)>, TooMuch> {
    let mut budget = Budget { merges: false, ..Budget::new(usize::MAX, most) };
    let mut reader = serde_json::Deserializer::from_slice(bytes);

    match Tree(&mut budget).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => Ok(Some((value, budget.used()))),
        Err(_) if budget.is_spent() => Err(TooMuch),
        Err(_) => Ok(None),
    }
}

/// Builds one value and everything below it.
pub struct Tree<'b>(pub &'b mut Budget);

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        // Paid before it is built: a few lines of YAML expand to gigabytes by alias.
        self.0.spend(1, VALUE_BYTES)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        // Numbers of `serde_json` end at 64 bits: as text no digit is lost.
        Ok(Value::from(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::from(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.0.spend_text(value.as_ref())?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        self.0.spend_text(value.as_ref())?;
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        self.0.spend(0, ALLOCATION_BYTES)?;

        while let Some(item) = items.next_element_seed(Tree(&mut *self.0))? {
            list.push(item);
        }
        // The budget counts what a list holds, not the room that it grew to.
        list.shrink_to_fit();
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        // Gathered first, so that the map is made of the right size: many small objects take half as much then.
        let mut fields: Vec<(String, Value)> = Vec::new();
        self.0.spend(0, 3 * ALLOCATION_BYTES)?;

        while let Some(key) = entries.next_key_seed(TreeKey)? {
            self.0.spend(0, key.len() + FIELD_BYTES + ALLOCATION_BYTES)?;
            let value = entries.next_value_seed(Tree(&mut *self.0))?;
            fields.push((key, value));
        }
        let mut map = Map::with_capacity(fields.len());
        map.extend(fields);

        // Behind all fields, since those of the mapping itself win, wherever the merge key stands.
        if self.0.merges
            && let Some(merged) = map.shift_remove("<<")
        {
            merge_mapping(&mut map, merged);
        }
        Ok(Value::Object(map))
    }

    /// A YAML value with a tag of its own: the tag is dropped, the value stays.
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let (_tag, content) = access.variant_seed(TreeKey)?;
        content.newtype_variant_seed(self)
    }
}

/// Applies a YAML merge key: what stands in the mapping itself wins. Anything but mappings is put back as it was.
fn merge_mapping(map: &mut Map<String, Value>, merged: Value) {
    match merged {
        Value::Object(more) => more.into_iter().for_each(|(key, value)| {
            map.entry(key).or_insert(value);
        }),
        Value::Array(list) if list.iter().all(Value::is_object) => {
            list.into_iter().for_each(|more| merge_mapping(map, more))
        }
        other => {
            map.insert("<<".to_owned(), other);
        }
    }
}

/// A key of any scalar type, as text: `200:` is `"200"`.
struct TreeKey;

impl<'de> DeserializeSeed<'de> for TreeKey {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for TreeKey {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is text, a number or a boolean")
    }

    fn visit_str<E>(self, key: &str) -> Result<String, E> {
        Ok(key.to_owned())
    }

    fn visit_string<E>(self, key: String) -> Result<String, E> {
        Ok(key)
    }

    fn visit_u64<E>(self, key: u64) -> Result<String, E> {
        Ok(key.to_string())
    }

    fn visit_i64<E>(self, key: i64) -> Result<String, E> {
        Ok(key.to_string())
    }

    fn visit_f64<E>(self, key: f64) -> Result<String, E> {
        Ok(Value::from(key).to_string())
    }

    fn visit_bool<E>(self, key: bool) -> Result<String, E> {
        Ok(key.to_string())
    }

    fn visit_unit<E>(self) -> Result<String, E> {
        Ok("null".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn in_json_a_merge_key_is_a_name_as_any_other() {
        let body = br#"{"<<": {"role": "admin"}, "id": 7}"#;
        let read = json_within(body, 1 << 20).ok().flatten().map(|(read, _)| read);
        assert_eq!(read, Some(json!({"<<": {"role": "admin"}, "id": 7})));
    }
}
