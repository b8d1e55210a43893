//! Builds a JSON value from any serde format within a budget. Knows nothing of OpenAPI.
//!
//! YAML allows what JSON does not: keys that are numbers, merge keys, and aliases that expand without end. All three
//! end here: keys become text, merge keys are applied, and every value costs, however often it is reached by alias.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_json::{Map, Value};

/// The most values one document may hold: more than twice what the largest known document (47 MB) has.
pub(super) const MAX_VALUES: usize = 4_000_000;

/// How many more values may be built. A long text costs as much as several values.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
}

impl Budget {
    /// A budget of so many values.
    pub(super) fn new(values: usize) -> Self {
        Self { left: values }
    }

    /// Whether it ran out, which is why building failed.
    pub(super) fn is_spent(&self) -> bool {
        self.left == 0
    }

    fn spend<E: Error>(&mut self, values: usize) -> Result<(), E> {
        self.left = self.left.saturating_sub(values);
        if self.left == 0 { Err(E::custom("too many values")) } else { Ok(()) }
    }
}

/// Builds one value and everything below it.
pub(super) struct Tree<'b>(pub(super) &'b mut Budget);

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.spend(1)?;
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
        Ok(Value::from(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::from(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.0.spend(value.len() / 64)?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        self.0.spend(value.len() / 64)?;
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
        while let Some(item) = items.next_element_seed(Tree(&mut *self.0))? {
            list.push(item);
        }
        list.shrink_to_fit();
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            let value = entries.next_value_seed(Tree(&mut *self.0))?;
            map.insert(key, value);
        }
        if let Some(merged) = map.shift_remove("<<") {
            merge(&mut map, merged);
        }
        Ok(Value::Object(map))
    }

    /// A YAML value with a tag of its own: the tag is dropped, the value stays.
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let (_tag, content) = access.variant_seed(Key)?;
        content.newtype_variant_seed(self)
    }
}

/// Applies a YAML merge key: what stands in the mapping itself wins. Anything but mappings is put back as it was.
fn merge(map: &mut Map<String, Value>, merged: Value) {
    match merged {
        Value::Object(more) => more.into_iter().for_each(|(key, value)| {
            map.entry(key).or_insert(value);
        }),
        Value::Array(list) if list.iter().all(Value::is_object) => list.into_iter().for_each(|more| merge(map, more)),
        other => {
            map.insert("<<".to_owned(), other);
        }
    }
}

/// A key of any scalar type, as text: `200:` is `"200"`.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Key {
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
