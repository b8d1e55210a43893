//! The tenant, shop or company that an application makes with an account: what the account is shown of itself names it,
//! and no list need show it. It stays with the account, and is named with it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::companions::{is_noted, remaining_accounts};
use super::run::ScanOutcome;
use crate::act::objects_in;
use crate::model::{UndoOutcome, clean_name, clean_text};
use crate::probe::{Answer, AskCaller, JournalEntry, Probe};
use crate::report::Write;
use crate::survey::{
    BARE_IDS, Baseline, Survey, Surveyed, ends_in_id, is_about_caller, is_person, resource_of_name, scalar_text,
};

/// Most reads about the caller that are asked.
const MAX_READS: usize = 2;

/// A field that names another thing: the field, and what it is of.
type NamedField = (String, String);

/// Names what accounts that stay are shown as theirs, and what nobody had before them.
pub async fn name_tenants(probe: &Probe, outcome: &mut ScanOutcome) {
    let Some(journal) = probe.journal().filter(|_| probe.death().is_none()) else { return };
    let entries = journal.entries();
    let staying = remaining_accounts(&entries);
    let reads: Vec<(&Surveyed, &Baseline)> = reads_about_callers(&outcome.survey);

    if staying.is_empty() || reads.is_empty() {
        return;
    }
    probe.begin_cleaning((staying.len() * reads.len()) as u64 + 4);
    let mut told = Vec::new();

    for (surveyed, baseline) in reads {
        let mut shown: BTreeMap<String, BTreeMap<NamedField, String>> = BTreeMap::new();

        for other in surveyed.valid() {
            shown.insert(other.caller.clone(), named_things(&other.first));
        }

        for name in staying.keys() {
            if let Ok(answer) = probe.look_again(&baseline.ask_as(AskCaller::named(name))).await {
                shown.insert((*name).to_owned(), named_things(&answer));
            }
        }

        let of_read = OfRead { shown: &shown, before: outcome.before.as_deref(), entries: &entries };

        for (name, entry) in &staying {
            let own = of_read.own_of(name).into_iter();
            told.extend(own.map(|(kind, id)| Write {
                operation: clean_text(&entry.note.operation, 160),
                identity: (*name).to_owned(),
                object: clean_name(&id, 120),
                address: None,
                outcome: UndoOutcome::Remains,
                because: Some(format!(
                    "a {} that came with the account, which stays; {} names it",
                    clean_name(&kind, 40),
                    surveyed.operation.id
                )),
            }));
        }
    }

    let report = &mut outcome.report;
    report.scan.requests = probe.sent();
    for write in told {
        let is_told =
            report.writes.iter().any(|known| known.object == write.object && known.identity == write.identity);
        if !is_told {
            report.writes.push(write);
        }
    }
}

/// Reads that show a caller itself.
fn reads_about_callers(survey: &Survey) -> Vec<(&Surveyed, &Baseline)> {
    let about =
        survey.operations.iter().filter(|surveyed| surveyed.slots.is_empty() && is_about_caller(&surveyed.operation));
    about.filter_map(|surveyed| Some((surveyed, surveyed.valid().next()?))).take(MAX_READS).collect()
}

/// What one read shows each caller.
struct OfRead<'a> {
    shown: &'a BTreeMap<String, BTreeMap<NamedField, String>>,
    before: Option<&'a Survey>,
    entries: &'a [JournalEntry],
}

impl OfRead<'_> {
    /// Returns what is named to an account and to nobody else, where each caller is named another.
    fn own_of(&self, name: &str) -> BTreeSet<(String, String)> {
        let others = |field: &NamedField| {
            let others = self.shown.iter().filter(|(caller, _)| *caller != name);
            others.filter_map(|(_, named)| named.get(field)).collect::<Vec<_>>()
        };

        let is_own = |field: &NamedField, id: &String| {
            let others = others(field);
            let was_there =
                self.before.is_some_and(|before| before.objects.known.contains_key(&(field.1.clone(), id.clone())));
            // A plan or a role is shared; without anybody else nothing shows that it is not.
            !others.is_empty() && !others.contains(&id) && !was_there && !is_noted(self.entries, id, &field.1)
        };

        let named = self.shown.get(name).into_iter().flatten();
        named.filter(|(field, id)| is_own(field, id)).map(|(field, id)| (field.1.clone(), id.clone())).collect()
    }
}

/// Returns the things of other kinds that an answer about a caller names: by an id, or as an object with one.
fn named_things(answer: &Answer) -> BTreeMap<NamedField, String> {
    let response = answer.response().filter(|response| response.is_success());
    let json = response.and_then(|response| response.json.as_ref());
    let mut named = BTreeMap::new();
    for fields in json.into_iter().flat_map(objects_in).take(3) {
        for (name, value) in fields {
            let id = match value {
                Value::Object(inner) => id_of(inner),
                scalar => scalar_text(scalar).filter(|_| ends_in_id(name) && !BARE_IDS.contains(&name.as_str())),
            };

            let kind = resource_of_name(name).filter(|kind| !is_person(kind));
            if let (Some(id), Some(kind)) = (id.filter(|id| !id.is_empty()), kind) {
                named.entry((name.clone(), kind)).or_insert(id);
            }
        }
    }

    named
}

fn id_of(fields: &Map<String, Value>) -> Option<String> {
    BARE_IDS.iter().take(6).find_map(|name| fields.get(*name)).and_then(scalar_text)
}
