//! Keys that an application makes beside what the scan made, where the document declares API keys and names no operation that
//! lists them: the usual places of such a list are read, and what carries a mark of the scan is named. Nothing there is removed,
//! since no document says how.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::companions::{maker_of, rows_with_ids, tell_marked};
use super::run::ScanOutcome;
use crate::model::{
    Api, Effect, HandlerPlace, Method, Operation, Place, SchemeKind, UndoOutcome, clean_name, clean_text,
};
use crate::probe::{Ask, AskCaller, Journal, JournalEntry, Probe, Values, WriteKind, operation_url};
use crate::report::Write;
use crate::spec::undocumented_operation;
use crate::survey::split_words;

/// Usual names of a list of keys.
const NAMES: [&str; 5] = ["api_keys", "api-keys", "apikeys", "api_key", "keys"];
/// Most places beside which they are looked for, and most callers that are asked as.
const MAX_PLACES: usize = 2;
const MAX_CALLERS: usize = 6;

/// Names keys that carry a mark of what the scan made.
pub async fn name_unlisted_keys(
    probe: &Probe,
    api: &Api,
    outcome: &mut ScanOutcome,
    excluded: &(dyn Fn(&Operation) -> bool + Sync),
) {
    let Some(journal) = probe.journal().filter(|_| probe.death().is_none() && gives_keys_elsewhere(api)) else {
        return;
    };
    let entries = journal.entries();
    let (lists, callers) = (usual_lists(&entries), makers(journal, &entries));
    probe.begin_cleaning((lists.len() * MAX_CALLERS) as u64 + 4);
    let mut found = Vec::new();

    for list in lists.iter().filter(|list| list.effect == Effect::Reads && !excluded(list)) {
        let Ok(url) = operation_url(probe.base_url(), list, &Values::new()) else { continue };

        for (caller, is_first) in callers.iter().zip([true].into_iter().chain(std::iter::repeat(false))) {
            let rows = marked_rows(probe, (list, &url), caller, &entries).await;
            match rows {
                Some(rows) => found.extend(rows),
                // Where there is no such list for one, there is none for the others.
                None if is_first => break,
                None => {}
            }
        }
    }

    outcome.report.scan.requests = probe.sent();
    tell_marked(&mut outcome.report, found.into_iter());
}

/// Returns true where the document declares keys in headers or queries, and no path of it has to do with them.
fn gives_keys_elsewhere(api: &Api) -> bool {
    let is_key = |kind: &SchemeKind| matches!(kind, SchemeKind::ApiKey(Place::Header | Place::Query, _));
    let names_keys = |operation: &Operation| {
        operation.path.split('/').any(|part| {
            split_words(part).iter().any(|word| matches!(word.as_str(), "key" | "keys" | "apikey" | "apikeys"))
        })
    };
    api.schemes.values().any(|scheme| is_key(&scheme.kind)) && !api.operations.iter().any(names_keys)
}

/// Returns the usual addresses of such a list beside the collections in which the scan made something.
fn usual_lists(entries: &[JournalEntry]) -> Vec<Operation> {
    let mut places: BTreeSet<(String, &str)> = BTreeSet::new();
    for entry in entries.iter().filter(|entry| was_made(entry)) {
        let path = entry.note.operation.split_once(' ').map_or("", |(_, path)| path);
        let end = if path.ends_with('/') { "/" } else { "" };
        let folder = path.trim_end_matches('/').rsplit_once('/').map(|(folder, _)| folder.to_owned());
        places.extend(folder.filter(|folder| !folder.contains('{')).map(|folder| (folder, end)));
    }

    let of_place = |(folder, end): (String, &str)| NAMES.map(|name| list_at(&format!("{folder}/{name}{end}")));
    places.into_iter().take(MAX_PLACES).flat_map(of_place).collect()
}

fn list_at(path: &str) -> Operation {
    let nowhere = HandlerPlace { file: String::new(), line: 0, function: String::new() };
    undocumented_operation(Method::Get, path, nowhere)
}

/// Callers that made something and are there to be asked as.
fn makers(journal: &Journal, entries: &[JournalEntry]) -> Vec<String> {
    let gone = |name: &str| entries.iter().any(|entry| entry.note.account.as_deref() == Some(name) && entry.undone);
    let accounts: BTreeMap<String, bool> =
        journal.accounts().into_iter().map(|account| (account.name.clone(), gone(&account.name))).collect();
    let made = entries.iter().filter(|entry| was_made(entry)).map(|entry| entry.note.caller.clone());
    let there: BTreeSet<String> = made.filter(|name| !accounts.get(name).copied().unwrap_or(false)).collect();
    there.into_iter().take(MAX_CALLERS).collect()
}

fn was_made(entry: &JournalEntry) -> bool {
    entry.note.kind == WriteKind::Creates && !entry.nothing && entry.status.is_some_and(|status| status < 400)
}

/// Returns rows of a list that carry a mark of the scan; `None` where there is no list.
async fn marked_rows(
    probe: &Probe,
    (list, url): (&Operation, &Url),
    caller: &str,
    entries: &[JournalEntry],
) -> Option<Vec<Write>> {
    let answer = probe.look_again(&Ask::get(AskCaller::named(caller), url.clone())).await.ok()?;
    answer.response().filter(|response| response.is_success() && response.json.is_some())?;
    let told = |(id, maker): (String, &JournalEntry)| Write {
        operation: clean_text(&maker.note.operation, 160),
        identity: caller.to_owned(),
        object: clean_name(&id, 120),
        address: None,
        outcome: UndoOutcome::Remains,
        because: Some(format!(
            "a key that was made beside that and carries its mark; {}, which the document does not name, shows it, and no \
             operation of the document removes it",
            list.id
        )),
    };
    let rows = rows_with_ids(&answer, "key").into_iter();
    Some(rows.filter_map(|(id, fields)| Some((id, maker_of(entries, fields, "key")?))).map(told).collect())
}
