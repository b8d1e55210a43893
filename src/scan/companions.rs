//! What came with what the scan made: the key that an application makes beside a project, the wallet beside an account.
//! What carries a mark of the scan is undone with the rest; what belongs to an account that stays is named with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value};

use super::run::{ScanInput, ScanOutcome};
use crate::act::{ActKind, Acting, id_value, is_whole_list, rows_in};
use crate::model::{
    Api, Effect, Method, Operation, Place, UndoOutcome, clean_name, clean_text, item_shape, path_shape,
};
use crate::probe::{
    Answer, Ask, AskCaller, ID_PLACE, Journal, JournalEntry, Probe, Undo, Values, WriteKind, WriteNote, operation_url,
};
use crate::report::{Report, Write};
use crate::survey::{Baseline, Object, Survey, Surveyed, is_person, resource_of_path, scalar_text};

/// Shorter marks would stand in others' texts as well.
const MIN_MARK: usize = 6;
/// Shorter ids are given to objects of many kinds.
const TELLING: usize = 8;
/// Most reads that are repeated to look for it.
const MAX_READS: usize = 120;
/// Most of them at a time.
const MOST_AT_ONCE: usize = 8;
/// Most rows that are named.
const MAX_NAMED: usize = 60;
/// Most operations that a note names.
const MAX_OPERATIONS: usize = 6;

/// Notes rows of other kinds that came with what the scan made and carry its mark, where something removes them: they are
/// undone with the rest.
pub(super) async fn note_marked(input: &ScanInput<'_>, survey: &Survey) {
    let (Some(journal), Some(act)) = (input.probe.journal(), &input.act) else { return };
    // Without a look before the first write, new rows cannot be separated from those that were there.
    let Some(before) = act.before.as_ref().filter(|_| !journal.is_empty()) else { return };
    let entries = journal.entries();

    // An account that a trial has removed is shown nothing any more.
    let is_there = |entry: &&JournalEntry| !entry.undone && !entry.sent;
    let accounts: BTreeSet<&str> =
        entries.iter().filter(is_there).filter_map(|entry| entry.note.account.as_deref()).collect();
    let mut reads = marked_lists(&before.survey, &act.acting, |baseline| vec![baseline.caller.clone()]);
    reads.extend(marked_lists(survey, &act.acting, |baseline| {
        // What an account of the scan's own is shown with a mark came with what it made.
        let is_own = accounts.contains(baseline.caller.as_str());
        accounts.iter().filter(|_| is_own).map(|name| (*name).to_owned()).collect()
    }));
    let mut asked = BTreeSet::new();
    // Of two baselines of one list the first counts: the one from before the first write.
    reads.retain(|list| asked.insert((list.surveyed.operation.id.clone(), list.caller.clone())));
    reads.truncate(MAX_READS);
    let ask = |list: &MarkedList<'_>| list.baseline.ask_as(AskCaller::named(&list.caller));
    let asks: Vec<Ask> = reads.iter().map(ask).collect();
    let looks = asks.into_iter().map(|ask| look_unless_halted(input.probe, ask));
    let answers: Vec<Option<Arc<Answer>>> = stream::iter(looks).buffered(MOST_AT_ONCE).collect().await;

    for (list, answer) in reads.iter().zip(answers) {
        if let Some(answer) = answer {
            note_in_list(input, journal, list, &answer);
        }
    }
}

async fn look_unless_halted(probe: &Probe, ask: Ask) -> Option<Arc<Answer>> {
    match probe.halted() {
        Some(_) => None,
        None => probe.look_again(&ask).await.ok(),
    }
}

/// A list whose items can be removed, to be read again.
struct MarkedList<'a> {
    surveyed: &'a Surveyed,
    removal: &'a Acting,
    baseline: &'a Baseline,
    /// As whom.
    caller: String,
}

fn marked_lists<'a>(
    survey: &'a Survey,
    acting: &'a [Acting],
    callers: impl Fn(&Baseline) -> Vec<String>,
) -> Vec<MarkedList<'a>> {
    let mut lists = Vec::new();
    for surveyed in survey.operations.iter().filter(|surveyed| surveyed.slots.is_empty()) {
        let Some(removal) = removal_below(acting, &surveyed.operation) else { continue };
        for baseline in surveyed.by.values() {
            let of = |caller| MarkedList { surveyed, removal, baseline, caller };
            lists.extend(callers(baseline).into_iter().map(of));
        }
    }

    lists
}

fn note_in_list(input: &ScanInput<'_>, journal: &Journal, list: &MarkedList<'_>, answer: &Answer) {
    let entries = journal.entries();
    let resource = resource_of_path(&list.surveyed.operation.path).unwrap_or_default();
    // In a list that may have more, a row that was not seen before may have been there all along.
    let Some(known) = unmarked_rows(&list.baseline.first, &entries, &resource) else { return };

    for (id, fields) in rows_with_ids(answer, &resource) {
        let is_new = !known.contains(&id) && !is_noted(&entries, &id, &resource);
        let Some(maker) = maker_of(&entries, fields, &resource).filter(|_| is_new) else { continue };
        let note = WriteNote {
            marker: maker.note.marker.clone(),
            undo: build_undo(input, list.surveyed, list.removal),
            is_companion: true,
            nature: Some(format!("a {} that came with it", clean_name(&resource, 40))),
            ..WriteNote::bare(&maker.note.operation, &list.caller, WriteKind::Creates)
        };

        journal.stray(note, &id);
    }
}

/// Returns what removes the items of a list.
fn removal_below<'a>(acting: &'a [Acting], list: &Operation) -> Option<&'a Acting> {
    let below = item_shape(&list.path);
    // A removal that checks leave alone, since it may reach people or move money, cleans up nothing either.
    acting.iter().find(|acting| {
        acting.kind == ActKind::Delete && acting.left_alone.is_none() && path_shape(&acting.operation.path) == below
    })
}

fn build_undo(input: &ScanInput<'_>, list: &Surveyed, removal: &Acting) -> Option<Undo> {
    let slot = removal.slots.last()?;
    let values = Values::from([((Place::Path, slot.name.clone()), Value::String(ID_PLACE.to_owned()))]);
    let base = input.probe.base_url();
    let url = operation_url(base, &removal.operation, &values).ok()?.to_string();
    let look = look_at(&input.api, &removal.operation).then(|| url.clone());
    let list = operation_url(base, &list.operation, &Values::new()).ok().map(|url| url.to_string());

    Some(Undo { method: "DELETE".to_owned(), url, look, list, slot: Some(slot.name.clone()) })
}

/// Returns whether a read shows what an operation removes, at the same address.
fn look_at(api: &Api, removal: &Operation) -> bool {
    let is_read = |operation: &&Operation| operation.method == Method::Get && operation.effect == Effect::Reads;
    api.operations.iter().filter(is_read).any(|operation| operation.path == removal.path)
}

/// The ids of a list that shows all that it has, but for what carries a mark; `None` where it may have more, or was refused.
fn unmarked_rows(answer: &Answer, entries: &[JournalEntry], resource: &str) -> Option<BTreeSet<String>> {
    let response = answer.response().filter(|response| response.is_success())?;
    response.json.as_ref().filter(|json| is_whole_list(response, json))?;
    let unmarked =
        rows_with_ids(answer, resource).into_iter().filter(|(_, row)| maker_of(entries, row, resource).is_none());
    Some(unmarked.map(|(id, _)| id).collect())
}

pub(super) fn rows_with_ids<'a>(answer: &'a Answer, resource: &str) -> Vec<(String, &'a Map<String, Value>)> {
    let response = answer.response().filter(|response| response.is_success());
    let json = response.and_then(|response| response.json.as_ref());
    let rows = json.map(|json| rows_in(json, resource)).unwrap_or_default();
    rows.into_iter().filter_map(|fields| Some((id_of(fields, resource)?, fields))).collect()
}

fn id_of(fields: &Map<String, Value>, resource: &str) -> Option<String> {
    id_value(&Object::of(resource, fields, BTreeMap::new())).and_then(|id| scalar_text(&id))
}

fn resource_of(entry: &JournalEntry) -> String {
    let path = entry.note.operation.split_once(' ').map_or("", |(_, path)| path);
    resource_of_path(path).unwrap_or_default()
}

/// Returns whether the journal has it under this id already.
pub(super) fn is_noted(entries: &[JournalEntry], id: &str, resource: &str) -> bool {
    let has = |entry: &&JournalEntry| entry.ids.iter().any(|known| known == id);
    entries.iter().filter(has).any(|entry| id.len() >= TELLING || resource_of(entry) == resource)
}

/// The creation of another kind of object whose mark stands in a row.
pub(super) fn maker_of<'e>(
    entries: &'e [JournalEntry],
    fields: &Map<String, Value>,
    resource: &str,
) -> Option<&'e JournalEntry> {
    let texts: Vec<&str> = fields.values().filter_map(Value::as_str).collect();
    let is_in = |mark: &str| mark.len() >= MIN_MARK && texts.iter().any(|text| text.contains(mark));
    entries.iter().find(|entry| {
        entry.note.kind == WriteKind::Creates && is_in(&entry.note.marker) && resource_of(entry) != resource
    })
}

/// Returns rows of a read that were not there before, that carry a mark of the scan and are no write of its own.
pub(super) fn new_marked_rows(
    journal: &Journal,
    operation: &Operation,
    caller: &str,
    (before, now): (&Answer, &Answer),
) -> Vec<Write> {
    let (entries, resource) = (journal.entries(), resource_of_path(&operation.path).unwrap_or_default());
    let known: BTreeSet<String> = rows_with_ids(before, &resource).into_iter().map(|(id, _)| id).collect();
    let mut found = Vec::new();

    for (id, fields) in rows_with_ids(now, &resource) {
        let is_new = !known.contains(&id) && !is_noted(&entries, &id, &resource);
        // What is left of the scan's own is told as what it is, wherever it shows.
        let maker = maker_of(&entries, fields, &resource).filter(|maker| is_new && (maker.undone || maker.nothing));
        found.extend(maker.map(|maker| Write {
            operation: clean_text(&maker.note.operation, 160),
            identity: caller.to_owned(),
            object: clean_name(&id, 120),
            address: None,
            outcome: UndoOutcome::Remains,
            because: Some(format!("it came with what was made and carries its mark; {} shows it", operation.id)),
        }));
    }

    found
}

/// Names such rows in the report.
pub(super) fn tell_marked(report: &mut Report, marked: impl Iterator<Item = Write>) {
    let mut all = 0;
    for write in marked {
        let is_told = report.writes.iter().any(|told| told.object == write.object && told.operation == write.operation);
        all += usize::from(!is_told);

        if !is_told && all <= MAX_NAMED {
            report.writes.push(write);
        }
    }

    if all > 0 {
        let more = if all > MAX_NAMED { format!("; `writes` names {MAX_NAMED} of them") } else { String::new() };
        report.notes.push(format!("{all} rows that came with what the scan made are left{more}"));
    }
}

/// Names what came with accounts that stay: it is the scan's as they are.
pub async fn name_companions(probe: &Probe, outcome: &mut ScanOutcome) {
    let Some(journal) = probe.journal().filter(|_| probe.death().is_none()) else { return };
    let entries = journal.entries();
    let staying = remaining_accounts(&entries);
    let reads = companion_reads(&outcome.survey, &entries);

    if staying.is_empty() || reads.is_empty() {
        return;
    }
    probe.begin_cleaning((staying.len() * reads.len()) as u64 + 4);
    let (mut found, mut unasked) = (Vec::new(), BTreeSet::new());

    for (name, entry) in &staying {
        for (surveyed, baseline) in &reads {
            let operation = &surveyed.operation;
            let answer = probe.look_again(&baseline.ask_as(AskCaller::named(name))).await.ok();
            let served = answer.filter(|answer| answer.response().is_some_and(|response| response.is_success()));
            let Some(answer) = served else {
                // An account that cannot be asked may have rows all the same: the report names what was not seen.
                unasked.insert(operation.id.to_string());
                continue;
            };
            let resource = resource_of_path(&operation.path).unwrap_or_default();
            let own = rows_with_ids(&answer, &resource).into_iter().map(|(id, _)| id);
            let own = own.filter(|id| !is_noted(&entries, id, &resource));
            found.extend(own.filter(|id| belongs_to_account(&outcome.survey, name, &resource, id)).map(|id| Write {
                operation: clean_text(&entry.note.operation, 160),
                identity: (*name).to_owned(),
                object: clean_name(&id, 120),
                address: None,
                outcome: UndoOutcome::Remains,
                because: Some(format!("it came with the account, which stays; {} shows it", operation.id)),
            }));
        }
    }

    outcome.report.scan.requests = probe.sent();
    report_companions(outcome, found, &unasked);
}

fn report_companions(outcome: &mut ScanOutcome, mut found: Vec<Write>, unasked: &BTreeSet<String>) {
    let all = found.len();
    found.truncate(MAX_NAMED);

    if all > 0 {
        let more = if all > found.len() { format!(", {} of them in `writes`", found.len()) } else { String::new() };
        outcome.report.notes.push(format!("{all} rows came with accounts that stay, and stay with them{more}"));
    }
    if !unasked.is_empty() {
        let names: Vec<&str> = unasked.iter().take(MAX_OPERATIONS).map(String::as_str).collect();
        outcome.report.notes.push(format!(
            "accounts that stay may each have more that came with them: {} could not be asked as all of them",
            names.join(", ")
        ));
    }

    outcome.report.writes.extend(found);
}

/// Accounts of the scan's own that are still there, by name.
pub(super) fn remaining_accounts(entries: &[JournalEntry]) -> BTreeMap<&str, &JournalEntry> {
    let is_there = |entry: &&JournalEntry| {
        entry.note.kind == WriteKind::SignsUp
            && !entry.undone
            && !entry.nothing
            && entry.status.is_some_and(|status| status < 400)
    };

    let accounts = entries.iter().filter(is_there);
    accounts.filter_map(|entry| Some((entry.note.account.as_deref()?, entry))).collect()
}

/// Reads that showed an account of the scan's own something of its own that the scan did not make.
fn companion_reads<'s>(survey: &'s Survey, entries: &[JournalEntry]) -> Vec<(&'s Surveyed, &'s Baseline)> {
    let sign_ups = entries.iter().filter(|entry| entry.note.kind == WriteKind::SignsUp);
    let accounts: BTreeSet<&str> = sign_ups.filter_map(|entry| entry.note.account.as_deref()).collect();
    let mut reads = Vec::new();

    for surveyed in survey.operations.iter().filter(|surveyed| surveyed.slots.is_empty()) {
        let resource = resource_of_path(&surveyed.operation.path).unwrap_or_default();
        // The account itself is noted as a sign-up, and is not its own companion.
        if is_person(&resource) {
            continue;
        }
        let shows = |baseline: &&Baseline| {
            let came =
                |id: &String| !is_noted(entries, id, &resource) && is_owned(survey, &baseline.caller, &resource, id);
            accounts.contains(baseline.caller.as_str())
                && rows_with_ids(&baseline.first, &resource).into_iter().any(|(id, _)| came(&id))
        };

        let shown = surveyed.valid().find(shows);
        reads.extend(shown.map(|baseline| (surveyed, baseline)));
    }

    reads.truncate(MAX_OPERATIONS);
    reads
}

fn is_owned(survey: &Survey, name: &str, resource: &str, id: &str) -> bool {
    let key = (resource.to_owned(), id.to_owned());
    let made = survey.objects.known.get(&key).is_some_and(|object| object.created_by.is_some());
    !made && survey.owner(&key).is_some_and(|(owner, _)| owner == name)
}

/// Returns whether a row that an account is shown is the account's: as the survey says, or made since.
fn belongs_to_account(survey: &Survey, name: &str, resource: &str, id: &str) -> bool {
    let key = (resource.to_owned(), id.to_owned());
    is_owned(survey, name, resource, id) || !survey.objects.known.contains_key(&key)
}

/// Says by what the target may have kept rows that no read of the document shows.
pub(super) fn unseen_note(journal: &Journal) -> Option<String> {
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    let is_made = |entry: &&JournalEntry| {
        let creates = matches!(entry.note.kind, WriteKind::Creates | WriteKind::SignsUp);
        creates && !entry.nothing && !entry.note.is_companion && entry.status.is_some_and(|status| status < 400)
    };
    for entry in journal.entries().iter().filter(is_made) {
        *made.entry(clean_text(&entry.note.operation, 120)).or_default() += 1;
    }
    let mut made: Vec<(String, usize)> = made.into_iter().collect();
    made.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let more = made.len().saturating_sub(MAX_OPERATIONS);
    let named: Vec<String> =
        made.iter().take(MAX_OPERATIONS).map(|(operation, times)| format!("{operation} ({times})")).collect();
    let more = if more > 0 { format!(" and {more} more operations") } else { String::new() };
    (!named.is_empty()).then(|| {
        format!(
            "`undone` says that no read shows it any more: of a row that an application hides, and of what it makes beside \
             a creation (a key, a file, a log entry) and shows in no read of the document, nothing can be said; creations \
             were sent by {}{more}",
            named.join(", ")
        )
    })
}
