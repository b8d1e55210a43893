//! What a scan writes, around the survey and the checks: objects before them, undoing after them, and what is told of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::before::Before;
use super::companions::unseen_note;
use super::count::{Stage, Ticked};
use super::fatal::notice_late_death;
use super::plan::MAX_CALLERS;
use super::run::ScanInput;
use crate::access::SeenAnswer;
use crate::act::{Accounts, ActKind, Acting, Cleaner, HeldObject, Leftover, Maker, find_held_objects, was_reset};
use crate::checks::ObservedAccess;
use crate::llm::recognise_operation;
use crate::model::{AccessVerb, Credential, OperationId, Secret, Security, clean_name};
use crate::probe::{Answer, Journal, Probe, ReferenceTarget, SendError};
use crate::report::{Report, Status, Write};
use crate::survey::{Survey, me_facts, session_facts};

/// Most operations that are named in one note.
const MAX_NAMED: usize = 12;

/// What a scan writes with.
#[derive(Debug, Default)]
pub struct ActInput {
    /// The operations that change state.
    pub acting: Vec<Acting>,
    /// The throw-away accounts.
    pub accounts: Accounts,
    /// What was there before anything was written.
    pub before: Option<Before>,
}

/// Makes objects of the callers' own.
pub(super) async fn make_objects(
    input: &ScanInput<'_>,
    maker: &Maker<'_>,
    ticked: Ticked<'_>,
) -> Result<(), SendError> {
    if input.act.is_none() {
        return Ok(());
    }
    ticked(Stage::Making, 0, 1, 0);
    let resources = wanted_resources(input, maker.acting);
    let wanted = |acting: &Acting| match (&resources, &acting.resource) {
        // A call of a model costs money and makes nothing that other checks could use.
        _ if recognise_operation(&input.api, &acting.operation, &input.llm).is_some() => false,
        (Some(resources), Some(resource)) => resources.contains(resource),
        (Some(_), None) => false,
        (None, _) => true,
    };

    maker.make_all(&choose_callers(input), &wanted).await
}

/// Who makes objects: the signed-in callers of the lowest rank that has two, or else of the lowest; throw-away accounts
/// first.
fn choose_callers(input: &ScanInput<'_>) -> Vec<String> {
    let signed: Vec<_> = input
        .probe
        .identities()
        .iter()
        .filter(|identity| input.probe.sessions().get(&identity.name).is_some())
        .collect();
    let ranks: BTreeSet<u32> = signed.iter().map(|identity| identity.rank).collect();
    let count = |rank: u32| signed.iter().filter(|identity| identity.rank == rank).count();
    // Peers show what no role explains, and to those of the lowest rank the least is allowed by right.
    let Some(rank) = ranks.iter().copied().find(|rank| count(*rank) >= 2).or(ranks.first().copied()) else {
        return Vec::new();
    };
    let is_account =
        |name: &str| input.act.as_ref().is_some_and(|act| act.accounts.made.iter().any(|account| account.name == name));
    let mut names: Vec<String> =
        signed.iter().filter(|identity| identity.rank == rank).map(|identity| identity.name.clone()).collect();
    // What cannot be removed is then left with a throw-away account, and in no user's data.
    names.sort_by_key(|name| !is_account(name));
    names.truncate(MAX_CALLERS);

    names
}

/// The kinds of objects that the chosen operations concern, with their parents; `None` when all operations are chosen.
fn wanted_resources(input: &ScanInput<'_>, acting: &[Acting]) -> Option<BTreeSet<String>> {
    let chosen: Vec<_> = input.api.operations.iter().filter(|operation| (input.selected)(operation)).collect();
    if chosen.len() == input.api.operations.len() {
        return None;
    }
    let mut wanted: BTreeSet<String> = BTreeSet::new();

    for operation in chosen {
        wanted.extend(crate::survey::id_slots(&input.api, operation).into_iter().flat_map(|slot| slot.resources));
        wanted.extend(crate::survey::resource_of_path(&operation.path));
    }
    // Each round adds the parents of what is wanted; paths seldom nest deeper than this.
    for _ in 0..3 {
        for acting in acting.iter().filter(|acting| acting.kind == ActKind::Create) {
            if acting.resource.as_ref().is_some_and(|resource| wanted.contains(resource)) {
                wanted.extend(acting.slots.iter().flat_map(|slot| slot.resources.clone()));
            }
        }
    }

    Some(wanted)
}

/// What callers were seen to make for themselves.
pub(super) fn creation_accesses(maker: &Maker<'_>) -> Vec<ObservedAccess> {
    let of = |created: &crate::act::Created| {
        let producer = maker.acting.get(created.producer)?;
        let (kind, id) = (clean_name(&created.object.resource, 40), clean_name(&created.id, 60));
        Some(ObservedAccess {
            operation: producer.operation.id.clone(),
            caller: created.caller.clone(),
            owner: created.caller.clone(),
            effect: true,
            because: format!("made {kind} {id}"),
            refused_with: None,
        })
    };

    maker.made().iter().filter_map(of).collect()
}

/// What is known of the throw-away accounts: what they were signed up with, and what the sign-up answered.
pub(super) fn account_facts(input: &ScanInput<'_>) -> Vec<(String, String, String)> {
    let accounts = input.act.as_ref().map(|act| act.accounts.made.as_slice()).unwrap_or_default();
    let mut facts = Vec::new();

    for account in accounts {
        facts.push((account.name.clone(), "username".to_owned(), account.persona.username.clone()));
        facts.push((account.name.clone(), "email".to_owned(), account.persona.email.clone()));
        let answered = account.answer.response().map(me_facts).unwrap_or_default();
        facts.extend(answered.into_iter().map(|(field, value)| (account.name.clone(), field, value)));
    }

    facts
}

/// Returns the answers to creations, sign-ups and sign-ins: what they show is evidence like any other answer's.
pub(super) fn answers_to_writes(input: &ScanInput<'_>, maker: &Maker<'_>) -> Vec<SeenAnswer> {
    let of = |operation: &OperationId, verb, caller: &str, answer: &Arc<Answer>| SeenAnswer {
        operation: operation.clone(),
        verb,
        caller: caller.to_owned(),
        answer: Arc::clone(answer),
    };

    let operation = |index: usize| maker.acting.get(index).map(|acting| &acting.operation.id);
    let made = maker.made().into_iter().filter_map(|created| {
        Some(of(operation(created.producer)?, AccessVerb::Create, &created.caller, &created.answer))
    });
    let accounts = input.act.as_ref().map(|act| act.accounts.made.as_slice()).unwrap_or_default();
    let signed_up = accounts
        .iter()
        .filter_map(|account| Some(of(operation(account.sign_up)?, AccessVerb::Call, &account.name, &account.answer)));
    let signed_in = input.probe.identities().iter().filter_map(|identity| {
        let Credential::Login(recipe) = &identity.credential else { return None };
        let session = input.probe.sessions().get(&identity.name)?;
        let id = OperationId::from(recipe.operation.as_str());
        Some(of(&id, AccessVerb::Call, &identity.name, session.login.as_ref()?))
    });

    made.chain(signed_up).chain(signed_in).collect()
}

/// Lets the guard of writes know by what the callers may be named, as their sign-ups and sessions say.
pub(super) fn claim_callers(input: &ScanInput<'_>, facts: &[(String, String, String)]) {
    for (name, _, value) in facts {
        input.probe.learn_standing(value, standing_of(input, name));
    }
    for identity in input.probe.identities() {
        let session = input.probe.sessions().get(&identity.name);
        let known = session.map(|session| session_facts(&session)).unwrap_or_default();
        known.iter().for_each(|(_, value)| input.probe.learn_standing(value, standing_of(input, &identity.name)));
    }
}

/// Lets the guard of writes know what the survey learnt: who the callers are, and what is none of the scan's own.
pub(super) fn learn_owners(input: &ScanInput<'_>, survey: &Survey) {
    for person in &survey.people.all {
        // The number of a shared tenant stands for no single caller.
        let own = person.facts.iter().filter(|fact| !person.groups.contains(*fact));
        own.for_each(|fact| input.probe.learn_standing(fact, standing_of(input, &person.name)));
    }
    for ((kind, id), object) in &survey.objects.known {
        // The guard takes what the scan did not make for another user's.
        if object.created_by.is_none() {
            input.probe.learn_standing(id, ReferenceTarget::Foreign(kind));
        }
    }
}

/// Returns what disposable identities had before the scan, and lets the guard of writes know that it may be written to.
/// Beside throw-away accounts those of the user stay as they are.
pub(super) fn find_held(input: &ScanInput<'_>, before: Option<&Before>) -> Vec<HeldObject> {
    let has_accounts = input.act.as_ref().is_some_and(|act| !act.accounts.made.is_empty());
    let Some(before) = before.filter(|_| !has_accounts) else { return Vec::new() };
    let held = find_held_objects(&before.survey, input.probe.identities());
    for HeldObject { id, object, .. } in &held {
        input.probe.learn_standing(id, ReferenceTarget::Granted(&object.resource));
    }
    held
}

fn standing_of<'n>(input: &ScanInput<'_>, name: &'n str) -> ReferenceTarget<'n> {
    let made = input.act.as_ref().map(|act| act.accounts.made.as_slice()).unwrap_or_default();
    if made.iter().any(|account| account.name == name) {
        ReferenceTarget::Account
    } else {
        ReferenceTarget::Identity(name)
    }
}

/// What the user should know of what was made and what was not.
pub(super) fn making_notes(input: &ScanInput<'_>, maker: &Maker<'_>) -> Vec<String> {
    let Some(act) = &input.act else { return Vec::new() };
    let mut notes = act.accounts.faults.clone();
    let mut told: BTreeSet<String> = BTreeSet::new();
    let redact = |text: &str| input.probe.redactor().text(text);

    for fault in maker.not_made() {
        if told.len() < MAX_NAMED {
            told.insert(redact(&format!("nothing to work with came of {}: {}", fault.operation, fault.because)));
        }
    }
    notes.extend(told);
    notes.extend(maker.unmade_notes().iter().take(MAX_NAMED).map(|note| redact(note)));
    let warnings = maker.warnings.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    notes.extend(warnings.iter().take(MAX_NAMED).map(|warning| redact(warning)));

    notes
}

/// Why throw-away accounts were wanted and the scan has nobody to act as.
pub(super) fn no_account(input: &ScanInput<'_>) -> Option<String> {
    let fault = input.act.as_ref()?.accounts.faults.first()?;
    let guarded = input.api.operations.iter().any(|operation| matches!(operation.security, Security::Required(_)));
    (input.probe.identities().is_empty() && guarded).then(|| fault.clone())
}

/// Why a scan of a target that was reset ends.
pub(super) const RESET: &str =
    "the target's data was reset during the scan: what the scan had made and its accounts are gone at once";

/// Returns how many writes the scan has sent.
pub(super) fn count_writes(input: &ScanInput<'_>) -> usize {
    input.probe.journal().map_or(0, |journal| journal.len())
}

/// Looks whether what the scan made is still there; ends the scan where all of it is gone at once.
pub(super) async fn notices_reset(input: &ScanInput<'_>) -> bool {
    let Some(journal) = input.probe.journal() else { return false };
    // A look that failed shows no reset; whether the target is still there, the pulse finds out.
    let is_reset = was_reset(input.probe, journal).await.unwrap_or(false);

    if is_reset {
        input.probe.end(RESET);
    }
    is_reset
}

/// Undoes what the scan wrote, and reports it. `password` gives the passwords of throw-away accounts. Returns the journal
/// where it names something that stays: it is closed once that is told, so that a kill before then loses no name.
pub async fn undo_writes(
    probe: &Probe,
    report: &mut Report,
    password: &(dyn Fn(&str) -> Secret + Sync),
) -> Option<Arc<Journal>> {
    let journal = probe.journal()?;
    let cleaned = Cleaner::new(probe, journal, password).clean_up().await;
    report.scan.requests = probe.sent();
    let mut untold = None;

    if !cleaned.finished {
        wait_for(report, &cleaned.rows);
    } else if cleaned.rows.iter().all(|row| row.outcome.is_removed()) {
        journal.close();
    } else {
        untold = Some(Arc::clone(journal));
    }
    let row = |row: Leftover| Write {
        operation: row.operation,
        identity: row.identity,
        object: row.object,
        address: row.address,
        outcome: row.outcome,
        because: row.because,
    };

    report.writes = cleaned.rows.into_iter().map(row).collect();
    report.notes.extend(left_note(&report.writes));
    report.notes.extend(unseen_note(journal));
    notice_late_death(probe, report).await;

    untold
}

/// Says that something is still to be removed: a scan that leaves that is not over.
fn wait_for(report: &mut Report, rows: &[Leftover]) {
    let waiting: Vec<&str> = rows.iter().filter_map(|row| row.waits_for.as_deref()).collect();
    let reasons: BTreeSet<&str> = waiting.iter().copied().collect();
    let because = format!(
        "{} of what the scan made could not be removed yet: {}; `routewarden undo` removes it once that has changed",
        waiting.len(),
        reasons.into_iter().take(3).collect::<Vec<_>>().join("; ")
    );
    report.notes.push(because.clone());

    // A worse status than this one stays.
    if report.scan.status == Status::Complete {
        report.scan.status = Status::Untrusted;
        report.scan.untrusted_because.get_or_insert(because);
    }
}

/// How many things are left, and why, most frequent reason first.
fn left_note(writes: &[Write]) -> Option<String> {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let left = writes.iter().filter(|write| write.is_left());
    for because in left.filter_map(|write| write.because.as_deref()) {
        *reasons.entry(because).or_default() += 1;
    }
    let left: usize = reasons.values().sum();
    let mut reasons: Vec<(&str, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let why: Vec<String> = reasons.iter().take(4).map(|(because, count)| format!("{because} ({count})")).collect();
    (left > 0).then(|| {
        format!(
            "{left} objects or accounts that the scan made are left, or not known to be gone: {}; `writes` in the report \
             names them",
            why.join(", ")
        )
    })
}
