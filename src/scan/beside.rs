//! What the application keeps by itself beside what a scan does: a log of sign-ins, a task for each upload, a row that is
//! made when it is first read. Nothing of it is removed, since nothing shows that the scan made it; it is named.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::companions::rows_with_ids;
use super::own::Own;
use super::run::ScanOutcome;
use crate::act::is_whole_list;
use crate::model::{Operation, UndoOutcome, clean_name, clean_text};
use crate::probe::{Answer, JournalEntry, Probe};
use crate::report::{Report, Write};
use crate::survey::{People, is_owner_name, resource_of_path, scalar_text, split_words};

/// Shorter values are those of many things.
const TELLING: usize = 8;
/// Most rows that `writes` names.
const MAX_NAMED: usize = 60;
/// Most operations, and most ids of each, that a note names.
const MAX_OPERATIONS: usize = 4;
const MAX_IDS: usize = 20;

/// What a row has to do with the scan.
pub(super) struct Ties<'a> {
    pub(super) people: &'a People,
    pub(super) entries: &'a [JournalEntry],
    pub(super) own: &'a Own,
}

impl Ties<'_> {
    /// Returns whether a row is the scan's own, under whatever kind it is shown, or a caller's account.
    fn is_own(&self, id: &str, fields: &Map<String, Value>, resource: &str) -> bool {
        let is_caller = || self.people.all.iter().any(|person| person.facts.contains(&id.to_lowercase()));
        let is_made = || self.entries.iter().any(|entry| entry.ids.iter().any(|known| known == id));
        is_made() || is_caller() || self.own.has(fields, resource)
    }

    /// Returns what of the scan a row names: a caller, or something that it made.
    fn named_in(&self, fields: &Map<String, Value>) -> Option<String> {
        let mut texts = Vec::new();
        collect_texts(fields, &mut texts, 0);
        // A short value stands for many things: it counts only where the field names an owner.
        let is_person = |fact: &str, field: &str, text: &str| {
            fact == text && (text.len() >= TELLING || is_owner_name(field) || text.contains('@'))
        };
        let person = self.people.all.iter().find(|person| {
            // A tenant's number stands in the rows of all its users, of which the scan's callers are a few.
            let own = person.facts.iter().filter(|fact| !person.groups.contains(*fact));
            own.into_iter().any(|fact| texts.iter().any(|(field, text)| is_person(fact, field, text)))
        });
        let made = || {
            let is_in = |id: &String| id.len() >= TELLING && texts.iter().any(|(_, text)| *text == id.to_lowercase());
            self.entries.iter().find(|entry| entry.ids.iter().any(is_in))
        };
        person
            .map(|person| person.name.clone())
            .or_else(|| made().map(|entry| format!("what {} made", clean_text(&entry.note.operation, 120))))
    }

    fn told(&self, operation: &Operation, caller: &str, (id, named): (&str, &str)) -> Write {
        Write {
            operation: operation.id.to_string(),
            identity: caller.to_owned(),
            object: clean_name(id, 120),
            address: None,
            outcome: UndoOutcome::Kept,
            because: Some(format!(
                "the application keeps it by itself: it came while the scan ran and names {}; {} shows it",
                clean_name(named, 120),
                operation.id
            )),
        }
    }
}

/// Names and texts of a row, lower case, one level deep.
fn collect_texts(fields: &Map<String, Value>, texts: &mut Vec<(String, String)>, depth: u8) {
    for (name, value) in fields {
        match value {
            Value::Object(inner) if depth == 0 => collect_texts(inner, texts, depth + 1),
            scalar => texts.extend(scalar_text(scalar).map(|text| (name.clone(), text.to_lowercase()))),
        }
    }
}

/// Returns rows of a list that were not there before, are none of the scan's own, and name a caller of the scan or
/// something that it made.
pub(super) fn came_since(
    ties: &Ties<'_>,
    operation: &Operation,
    caller: &str,
    (before, now): (&Answer, &Answer),
) -> Vec<Write> {
    // A list with further pages may show rows as new that were there all along.
    let whole = before.response().filter(|response| response.is_success());
    if !whole.is_some_and(|response| response.json.as_ref().is_some_and(|json| is_whole_list(response, json))) {
        return Vec::new();
    }
    let resource = resource_of_path(&operation.path).unwrap_or_default();
    let known: BTreeSet<String> = rows_with_ids(before, &resource).into_iter().map(|(id, _)| id).collect();
    let new = rows_with_ids(now, &resource).into_iter().filter(|(id, _)| !known.contains(id));
    let foreign = new.filter(|(id, fields)| !ties.is_own(id, fields, &resource));

    foreign.filter_map(|(id, fields)| Some(ties.told(operation, caller, (&id, &ties.named_in(fields)?)))).collect()
}

/// Names rows that came into being while the scan ran and that it sent no creation of: the survey's answers show them by
/// the moment of their creation.
pub fn name_beside(probe: &Probe, outcome: &mut ScanOutcome) {
    let journal = probe.journal();
    let began = journal.map_or(outcome.report.scan.started_at.as_str(), |journal| journal.head().started_at.as_str());
    let Ok(began) = began.parse::<Timestamp>() else { return };

    // A moment that is still to come is no moment of a row that is there.
    let while_scanning = began..=Timestamp::now();
    let (entries, own) = (
        journal.map(|journal| journal.entries()).unwrap_or_default(),
        journal.map(|journal| Own::of(journal)).unwrap_or_default(),
    );
    let ties = Ties { people: &outcome.survey.people, entries: &entries, own: &own };
    let mut told = Vec::new();
    let mut unclaimed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut seen = BTreeSet::new();

    for surveyed in outcome.survey.operations.iter() {
        let operation = &surveyed.operation;
        let resource = resource_of_path(&operation.path).unwrap_or_default();

        // A moment that is another one in each answer is that of the answer.
        let is_steady = |name: &str| surveyed.volatile.iter().all(|place| place.rsplit('/').next() != Some(name));

        for baseline in surveyed.valid() {
            for (id, fields) in rows_with_ids(&baseline.first, &resource) {
                let is_new = made_at(fields, &is_steady).is_some_and(|moment| while_scanning.contains(&moment));
                if !is_new || ties.is_own(&id, fields, &resource) || !seen.insert((resource.clone(), id.clone())) {
                    continue;
                }
                match ties.named_in(fields) {
                    Some(named) => told.push(ties.told(operation, &baseline.caller, (&id, &named))),
                    // A row that names nothing of the scan may be another user's: it is counted in a note.
                    None => drop(unclaimed.entry(operation.id.to_string()).or_default().insert(id)),
                }
            }
        }
    }

    add_kept_rows(&mut outcome.report, told);
    let note = kept_note(&outcome.report);
    outcome.report.notes.extend(note.into_iter().chain(unclaimed_note(&unclaimed)));
}

/// Puts rows that the application keeps into the report's list of what was written.
pub(super) fn add_kept_rows(report: &mut Report, found: Vec<Write>) {
    let mut room = MAX_NAMED.saturating_sub(report.writes.iter().filter(|write| write.is_kept()).count());
    for write in found {
        let is_told = report.writes.iter().any(|told| told.object == write.object && !told.is_undone());
        if !is_told && room > 0 {
            room -= 1;
            report.writes.push(write);
        }
    }
}

fn kept_note(report: &Report) -> Option<String> {
    let kept = report.writes.iter().filter(|write| write.is_kept()).count();
    let more = if kept >= MAX_NAMED { "; there may be more than it names" } else { "" };
    (kept > 0).then(|| {
        format!(
            "{kept} rows that the application keeps by itself (a log, a task) came while the scan ran, and stay: `writes` \
             names them{more}"
        )
    })
}

fn unclaimed_note(unclaimed: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    let all: usize = unclaimed.values().map(BTreeSet::len).sum();
    let of_one = |(operation, ids): (&String, &BTreeSet<String>)| {
        let named: Vec<String> = ids.iter().take(MAX_IDS).map(|id| clean_name(id, 60)).collect();
        let more = if ids.len() > MAX_IDS { format!(" and {} more", ids.len() - MAX_IDS) } else { String::new() };
        format!("{operation} ({}{more})", named.join(", "))
    };
    let named: Vec<String> = unclaimed.iter().take(MAX_OPERATIONS).map(of_one).collect();
    let more = unclaimed.len().saturating_sub(MAX_OPERATIONS);
    let more = if more > 0 { format!(", and {more} more operations") } else { String::new() };
    (all > 0).then(|| {
        format!(
            "{all} rows came into being while the scan ran, and it sent no creation of them: the application made them \
             when they were first read, or another user did: {}{more}",
            named.join("; ")
        )
    })
}

/// Returns the moment at which a row says that it was made.
fn made_at(fields: &Map<String, Value>, is_steady: &dyn Fn(&str) -> bool) -> Option<Timestamp> {
    let is_creation = |name: &str| {
        let parts = split_words(name);
        let has = |wanted: &[&str]| parts.iter().any(|word| wanted.contains(&word.as_str()));
        // `created_by` names a person and `created_id` an object: neither is a moment.
        has(&["created", "inserted", "creation"]) && !has(&["by", "id", "user"]) && is_steady(name)
    };
    fields.iter().filter(|(name, _)| is_creation(name)).find_map(|(_, value)| match value {
        Value::String(text) => moment_in(text),
        Value::Number(number) => moment_of(number.as_f64()?),
        _ => None,
    })
}

/// A moment in a text; one without a zone is taken for UTC.
fn moment_in(text: &str) -> Option<Timestamp> {
    // A day alone is no moment.
    let text = Some(text.trim()).filter(|text| (16..=40).contains(&text.len()))?;
    let in_zone = text.parse::<Timestamp>().ok();
    in_zone.or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

/// Seconds or milliseconds since 1970.
fn moment_of(number: f64) -> Option<Timestamp> {
    // Outside these ranges, the years 2001 to 2096, a number is more likely a count or an id.
    #[expect(clippy::cast_possible_truncation, reason = "both are bounded by the ranges")]
    match number {
        1.0e9..4.0e9 => Timestamp::from_second(number as i64).ok(),
        1.0e12..4.0e12 => Timestamp::from_millisecond(number as i64).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::made_at;

    #[test]
    fn rows_say_when_they_were_made() {
        let at = |row: serde_json::Value| {
            row.as_object().and_then(|row| made_at(row, &|name| name != "createdNow")).map(|moment| moment.as_second())
        };
        for moment in [
            json!("2026-11-30T07:44:49.329111"),
            json!("2026-11-30 07:44:49.32"),
            json!("2026-11-30T08:44:49+01:00"),
            json!(1_796_024_689),
            json!(1_796_024_689_250_i64),
        ] {
            assert_eq!(at(json!({"id": 1, "created_at": moment})), Some(1_796_024_689), "{moment}");
        }
        for row in [
            json!({"created_at": "2026-11-30"}),
            json!({"created_by": 1_796_024_689}),
            json!({"updated_at": "2026-11-30T07:44:49Z"}),
            json!({"created": null}),
            json!({"createdCount": 12}),
            json!({"createdNow": "2026-11-30T07:44:49Z"}),
        ] {
            assert_eq!(at(row.clone()), None, "{row}");
        }
    }
}
