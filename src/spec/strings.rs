//! Example texts and numbers that keep to a schema's bounds.

use serde_json::{Number, Value};

use crate::model::{JsonType, Schema};

use super::pattern::{self, Length};

/// The longest text that is made to satisfy `minLength`.
const MAX_TEXT: usize = 65_536;

/// A text for a schema. `turn` varies it among the items of a list; equal seeds give equal texts.
pub(super) fn sample_text(schema: &Schema, seed: u64, turn: usize) -> String {
    let min = as_count(schema.min_length, 0).min(MAX_TEXT);
    let max = as_count(schema.max_length, usize::MAX).max(min);
    let length = Length { min, max };
    let fits = |text: &String| {
        let count = text.chars().count();
        let matched =
            || schema.pattern.as_deref().is_none_or(|found| pattern::matches_text(found, text) != Some(false));
        (min..=max).contains(&count) && matched()
    };

    let by_format = schema.format.as_deref().and_then(|format| sample_of_format(format, seed, turn)).filter(fits);
    by_format
        .or_else(|| pattern::make_text(schema.pattern.as_deref()?, length, turn))
        .unwrap_or_else(|| plain_sample(length, seed, turn))
}

fn plain_sample(length: Length, seed: u64, turn: usize) -> String {
    let turn = turn as u64;
    let mut text = format!("sample-{:04x}", mix_seed(seed, turn) & 0xffff);
    let count = text.len();

    if count < length.min {
        text.extend(std::iter::repeat_n('a', length.min - count));
    }
    if count > length.max {
        // The end differs from item to item, the beginning does not.
        text = text.chars().skip(count - length.max).collect();
    }
    text
}

fn sample_of_format(format: &str, seed: u64, turn: usize) -> Option<String> {
    let bits = mix_seed(seed, turn as u64);
    let day = turn % 28 + 1;
    // Hosts and addresses are those kept for examples (RFC 2606, 5737, 3849): a target may write to them.
    Some(match format {
        "date" => format!("2024-01-{day:02}"),
        "date-time" => format!("2024-01-{day:02}T09:30:00Z"),
        "time" => "09:30:00Z".to_owned(),
        "duration" => "P1D".to_owned(),
        "email" | "idn-email" => format!("sample-{:04x}@example.com", bits & 0xffff),
        "uuid" | "guid" => uuid_from_bits(bits, mix_seed(bits, 1)),
        "uri" | "url" | "iri" => format!("https://example.com/{:04x}", bits & 0xffff),
        "uri-reference" | "iri-reference" => format!("/{:04x}", bits & 0xffff),
        "hostname" | "idn-hostname" => "example.com".to_owned(),
        "ipv4" | "ip" => format!("192.0.2.{}", turn % 254 + 1),
        "ipv6" => format!("2001:db8::{:x}", turn + 1),
        "byte" | "base64" => "c2FtcGxl".to_owned(),
        "password" => "Sample-passw0rd!".to_owned(),
        "phone" | "phone-number" => "+15555550100".to_owned(),
        "int32" | "int64" | "integer" | "decimal" | "number" | "double" | "float" => (turn + 1).to_string(),
        "json-pointer" => "/a".to_owned(),
        "regex" => "a".to_owned(),
        _ => return None,
    })
}

/// A random (version 4) identifier of these bits (RFC 9562 §5.4).
fn uuid_from_bits(high: u64, low: u64) -> String {
    let high = high & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    let digits = format!("{high:016x}{low:016x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();

    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// Spreads a seed (SplitMix64).
fn mix_seed(seed: u64, turn: u64) -> u64 {
    let mut bits = seed.wrapping_add(turn.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A number for a schema: one, or what of its bounds is nearest.
pub(super) fn sample_number(schema: &Schema, kind: JsonType, turn: usize) -> Value {
    let whole = kind == JsonType::Integer;
    let step = number_step(schema, whole);
    let low = schema.minimum.map(|(bound, _)| bound);
    let high = schema.maximum.map(|(bound, _)| bound);
    let first = match (low, high) {
        (Some(low), _) => low.max(if low < 1.0 && high.is_none_or(|high| high >= 1.0) { 1.0 } else { low }),
        (None, Some(high)) if high < 1.0 => high,
        _ => 1.0,
    };
    let unit = step.unwrap_or(if whole { 1.0 } else { 0.0 });
    let on_grid = |value: f64| if unit > 0.0 { (value / unit).ceil() * unit } else { value };
    let middle = (low.unwrap_or(first - 1.0) + high.unwrap_or(first + 1.0)) / 2.0;
    let move_by = if unit > 0.0 { unit } else { 1.0 };
    let start = on_grid(first);
    let varied = start + move_by * turn as f64;
    // Several starts, since bounds, steps and excluded ends may rule out any of them.
    let mut candidates = vec![varied, start, start + move_by, start - move_by, on_grid(middle), middle];
    candidates.extend(low);
    candidates.extend(high);
    let found =
        candidates.into_iter().find(|value| is_within_bounds(schema, *value) && (!whole || value.fract() == 0.0));
    as_number(found.unwrap_or(start))
}

/// The step between values, made whole for integers.
fn number_step(schema: &Schema, whole: bool) -> Option<f64> {
    let step = schema.multiple_of?;
    if !whole || step.fract() == 0.0 {
        return Some(step);
    }
    (1..=1000).map(|times| step * f64::from(times)).find(|multiple| multiple.fract() == 0.0)
}

/// Whether a number keeps to the bounds of a schema.
pub(super) fn is_within_bounds(schema: &Schema, value: f64) -> bool {
    let above = schema.minimum.is_none_or(|(low, excluded)| if excluded { value > low } else { value >= low });
    let below = schema.maximum.is_none_or(|(high, excluded)| if excluded { value < high } else { value <= high });
    let multiple = schema.multiple_of.is_none_or(|step| {
        // A step such as 0.1 has no exact value in binary.
        let times = value / step;
        (times - times.round()).abs() < 1e-9
    });
    above && below && multiple
}

fn as_number(value: f64) -> Value {
    // Beyond 2^53 a float does not hold every whole number.
    let whole = value.fract() == 0.0 && value.abs() < 9.0e15;
    match whole {
        true => Value::from(value as i64),
        false => Number::from_f64(value).map_or(Value::from(1), Value::Number),
    }
}

/// A limit as a count.
pub(super) fn as_count(limit: Option<u64>, otherwise: usize) -> usize {
    limit.map_or(otherwise, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}
