//! Whether a read is what it was: its status, its rows, and what stands in rows that are not the scan's own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Reread;
use super::blame::Changed;
use crate::probe::{Answer, Probe, Response};
use crate::scan::own::Own;
use crate::survey::{BARE_IDS, ends_in_id, is_soft_error, looks_volatile, resource_of_path, scalar_text};

/// Most values that are looked at in one answer.
const MAX_VALUES: usize = 20_000;
/// Deepest nesting that is looked at.
const MAX_DEPTH: usize = 12;
/// Most rows or fields that a sentence names.
const MAX_NAMED: usize = 3;

/// What is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) before: String,
    pub(super) now: String,
    is_status: bool,
    /// No harm, but what an application keeps by itself: a number that counts, a field that was empty.
    is_kept: bool,
    /// What it is about: for finding the write that did it.
    pub(super) about: Changed,
}

impl Difference {
    /// Returns that another status is answered.
    pub(super) fn of_status(first: &Answer, now: &Answer) -> Self {
        let text = |answer: &Answer| {
            answer.status().map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"))
        };
        Self { before: text(first), now: text(now), is_status: true, is_kept: false, about: Changed::default() }
    }

    /// Whether it is no harm, but what an application keeps by itself.
    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Whether the answer is no success any more.
    pub(super) fn is_status(&self) -> bool {
        self.is_status
    }
}

/// Returns what is not as it was, of what was the same in the survey.
pub(super) fn find_differences(probe: &Probe, read: &Reread<'_>, now: &Answer, own: &Own) -> Vec<Difference> {
    let Some(first) = read.first.response() else { return Vec::new() };
    let is_fine = |response: &&Response| response.is_success() && !is_soft_error(response);
    let Some(response) = now.response().filter(is_fine) else {
        return vec![Difference::of_status(&read.first, now)];
    };
    let (Some(before), Some(after)) = (&first.json, &response.json) else {
        // A body that was cut is no JSON for that reason alone.
        let broken = first.json.is_some() && !first.truncated && !response.truncated;
        let difference = || {
            let (before, now) = ("JSON".to_owned(), "no JSON".to_owned());
            Difference { before, now, is_status: true, is_kept: false, about: Changed::default() }
        };
        return if broken { vec![difference()] } else { Vec::new() };
    };

    // Rows beyond the cut would seem to be gone.
    if first.truncated || response.truncated {
        return Vec::new();
    }
    let resource = resource_of_path(&read.surveyed.operation.path).unwrap_or_default();

    // Of what was there before the first write nothing is the scan's own, whatever ids it has.
    let (none, volatile) = (Own::default(), &read.surveyed.volatile);
    let own = if read.is_from_before { &none } else { own };
    let rows = |json: &Value| Rows::of(json, &resource, own);
    let (before, after) = (rows(before), rows(after));
    let of_answer = |answer: &Answer| answer.response().and_then(|response| response.json.as_ref()).map(rows);
    let turnover =
        read.twice.as_ref().and_then(|(one, other)| Some(Turnover::of(&of_answer(one)?, &of_answer(other)?)));
    let turnover = turnover.unwrap_or_default();

    // Where rows come and go by themselves, those that the survey did not see any more have.
    let surveyed = read.surveyed.by.get(&read.caller).filter(|_| read.is_from_before && turnover.went > 0);
    let second = read.second.as_ref().or(surveyed.map(|baseline| &baseline.first));
    let second = second.and_then(|answer| of_answer(answer));
    let judge = Judge { probe, volatile, turnover };
    let mut found: Vec<Difference> = judge.missing(&before, second.as_ref(), &after).into_iter().collect();
    found.extend(judge.changed(&before, second.as_ref(), &after));

    found
}

/// Where a row stands, and its id.
type AlikeKey = (String, String);
/// Values by their place in a row.
type AlikeValues = BTreeMap<String, Value>;

/// The rows of an answer that are not the scan's own.
#[derive(Debug, Default)]
struct Rows {
    all: BTreeMap<AlikeKey, AlikeValues>,
    /// Of the scan's own.
    own: usize,
    values: usize,
}

impl Rows {
    fn of(json: &Value, resource: &str, own: &Own) -> Self {
        let mut rows = Self::default();
        match json {
            // Numbers and texts around lists are about the lists: pages, sums, addresses.
            Value::Object(fields) if fields.values().any(is_list) => rows.nested(fields, "", (resource, own), 0),
            Value::Object(fields) => rows.row(fields, (String::new(), String::new()), (resource, own), 0),
            other => rows.list(other, "", (resource, own), 0),
        }

        rows
    }

    fn row(&mut self, fields: &Map<String, Value>, key: AlikeKey, about: (&str, &Own), depth: usize) {
        if about.1.has(fields, about.0) {
            self.own += 1;
            return;
        }
        let mut values = AlikeValues::new();
        self.scalars(fields, &key.0, &mut values, depth);
        self.nested(fields, &format!("{}/{}", key.0, key.1), about, depth);

        self.all.insert(key, values);
    }

    fn scalars(&mut self, fields: &Map<String, Value>, place: &str, values: &mut AlikeValues, depth: usize) {
        for (name, value) in fields {
            let place = format!("{place}/{name}");
            match value {
                Value::Object(inner) if depth < MAX_DEPTH => self.scalars(inner, &place, values, depth + 1),
                Value::Object(_) | Value::Array(_) => {}
                scalar if self.values < MAX_VALUES => {
                    self.values += 1;
                    values.insert(place, scalar.clone());
                }
                _ => {}
            }
        }
    }

    fn nested(&mut self, fields: &Map<String, Value>, place: &str, about: (&str, &Own), depth: usize) {
        for (name, value) in fields {
            self.list(value, &format!("{place}/{name}"), about, depth + 1);
        }
    }

    /// Rows of a list; what has no id cannot be known again.
    fn list(&mut self, value: &Value, place: &str, about: (&str, &Own), depth: usize) {
        match value {
            Value::Array(items) if depth < MAX_DEPTH => {
                for fields in items.iter().filter_map(Value::as_object) {
                    if let Some(id) = id_of(fields) {
                        self.row(fields, (format!("{place}/*"), id), about, depth + 1);
                    }
                }
            }
            Value::Object(fields) if depth < MAX_DEPTH => self.nested(fields, place, about, depth + 1),
            _ => {}
        }
    }
}

fn is_list(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(Value::is_object) || items.is_empty(),
        Value::Object(fields) => fields.values().any(|inner| matches!(inner, Value::Array(_))),
        _ => false,
    }
}

fn id_of(fields: &Map<String, Value>) -> Option<String> {
    let bare = BARE_IDS.iter().find_map(|name| fields.get(*name)).and_then(scalar_text);
    bare.or_else(|| fields.iter().find(|(name, _)| ends_in_id(name)).and_then(|(_, value)| scalar_text(value)))
}

/// Rows that come and go between two equal requests.
#[derive(Debug, Clone, Copy, Default)]
struct Turnover {
    came: usize,
    went: usize,
}

impl Turnover {
    fn of(one: &Rows, other: &Rows) -> Self {
        let beyond = |a: &Rows, b: &Rows| a.all.keys().filter(|key| !b.all.contains_key(*key)).count();
        Self { came: beyond(other, one), went: beyond(one, other) }
    }
}

struct Judge<'a> {
    probe: &'a Probe,
    /// Places that differ between two equal requests.
    volatile: &'a BTreeSet<String>,
    turnover: Turnover,
}

impl Judge<'_> {
    /// Rows that are gone. As many new ones as old ones that are gone are a page that moved on.
    fn missing(&self, before: &Rows, second: Option<&Rows>, after: &Rows) -> Option<Difference> {
        // Rows that went by themselves between two requests would all have gone by now.
        let Turnover { came, went } = self.turnover;

        if went > came {
            return None;
        }
        // What a second look did not show any more had gone by itself.
        let steady = |key: &&AlikeKey| second.is_none_or(|second| second.all.contains_key(*key));
        let gone: Vec<&AlikeKey> =
            before.all.keys().filter(steady).filter(|key| !after.all.contains_key(*key)).collect();
        let fresh = after.all.keys().filter(|key| !before.all.contains_key(*key)).count().saturating_sub(came);

        // On a page of fixed length each row of the scan's own pushes another one out.
        if gone.len() <= fresh + after.own.saturating_sub(before.own) {
            return None;
        }
        let ids: Vec<&str> =
            gone.iter().take(MAX_NAMED).map(|(_, id)| id.as_str()).filter(|id| !id.is_empty()).collect();
        let count = |rows: usize| if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        let which = if ids.is_empty() { String::new() } else { format!(" (gone: {})", ids.join(", ")) };
        Some(Difference {
            before: count(before.all.len()),
            now: format!("{}{which}", count(after.all.len())),
            is_status: false,
            is_kept: false,
            about: Changed { rows: gone.iter().map(|(_, id)| id.clone()).collect(), ..Changed::default() },
        })
    }

    /// Rows in which something else stands, or that lack a field; harm first.
    fn changed(&self, before: &Rows, second: Option<&Rows>, after: &Rows) -> Vec<Difference> {
        let (mut harm, mut kept) = (Vec::new(), Vec::new());
        for (key, values) in &before.all {
            let Some(now) = after.all.get(key) else { continue };
            let again = second.and_then(|second| second.all.get(key));

            for (place, value) in values {
                // What differs between two equal requests says nothing of a change.
                let steady =
                    again.is_none_or(|again| again.get(place) == Some(value)) && !self.volatile.contains(place);
                let new = now.get(place);

                if !steady || Some(value) == new {
                    continue;
                }
                let changed = || self.of_value(key, place, (value, new));

                if self.is_harm(value, new) {
                    harm.extend((harm.len() < MAX_NAMED).then(changed));
                } else if kept.len() < MAX_NAMED && !key.1.is_empty() && is_kept(value, new) {
                    kept.push(Difference { is_kept: true, ..changed() });
                }
            }
        }

        harm.extend(kept);
        harm
    }

    fn of_value(&self, key: &AlikeKey, place: &str, (value, new): (&Value, Option<&Value>)) -> Difference {
        let name = place.strip_prefix(&key.0).unwrap_or(place).trim_start_matches('/');
        let row = if key.1.is_empty() { String::new() } else { format!(" of {}", key.1) };
        let now = new.map_or_else(|| "absent".to_owned(), Value::to_string);
        let about = Changed {
            rows: Some(key.1.clone()).filter(|id| !id.is_empty()).into_iter().collect(),
            field: name.rsplit('/').next().map(str::to_owned),
            value: new.map(|new| scalar_text(new).unwrap_or_else(|| new.to_string())),
        };
        Difference { before: format!("`{name}`{row} {value}"), now, is_status: false, is_kept: false, about }
    }

    /// Whether a value that is another now was changed, and does not change by itself. Moments and random texts do;
    /// whole numbers that moved by no more than what was sent are counters.
    fn is_harm(&self, before: &Value, now: Option<&Value>) -> bool {
        // Some servers leave null fields out: where a null is absent now, the same is said.
        let Some(now) = now else { return !before.is_null() };
        let varies = |value: &Value| {
            scalar_text(value).is_some_and(|text| looks_volatile(&text) || self.probe.redactor().text(&text) != text)
        };
        if before == now || varies(before) || varies(now) || is_age(before) && is_age(now) {
            return false;
        }
        match (before, now) {
            (Value::Number(before), Value::Number(now)) => match (before.as_i64(), now.as_i64()) {
                (Some(before), Some(now)) => now.abs_diff(before) > self.probe.sent(),
                // A mean moves with what it is of.
                _ => false,
            },
            // A moment that was none yet, a text that was given for the first time by a sign-in.
            (Value::Null, _) => false,
            _ => true,
        }
    }
}

/// Returns whether a value that is no harm says something of what was there: it was empty, or it counts.
fn is_kept(before: &Value, now: Option<&Value>) -> bool {
    match (before, now) {
        (Value::Null, Some(now)) => !now.is_null(),
        (Value::Number(before), Some(Value::Number(now))) => before.is_i64() && now.is_i64(),
        _ => false,
    }
}

/// Returns true for texts that say how long ago something was: `3 minutes`, `an hour ago`, `just now`.
fn is_age(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default().to_lowercase();
    let words = || text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let is_unit = |word: &str| {
        let one = word.strip_suffix('s').unwrap_or(word);
        matches!(one, "second" | "sec" | "minute" | "min" | "hour" | "day" | "week" | "month" | "year" | "moment")
    };
    let is_part = |word: &str| {
        is_unit(word)
            || word.bytes().all(|byte| byte.is_ascii_digit())
            || matches!(word, "a" | "an" | "ago" | "just" | "now" | "few" | "about" | "and" | "in")
    };
    // `3` has no unit, and `2 rooms` has a word that no age has.
    words().any(|word| is_unit(word) || word == "now") && words().all(is_part)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_age;

    #[test]
    fn ages_are_told_from_other_texts() {
        for age in ["0\u{a0}minutes", "an hour ago", "just now", "about 2 hours, 3 minutes", "in 5 days"] {
            assert!(is_age(&json!(age)), "{age}");
        }
        for text in ["light", "3", "minutes of the meeting", "next day delivery", "", "2 rooms"] {
            assert!(!is_age(&json!(text)), "{text}");
        }
    }
}
