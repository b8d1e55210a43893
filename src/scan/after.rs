//! The look at the end: what the survey read is read again once everything is undone, so that harm is seen by the scan
//! that did it, and not by the next user.

mod alike;
mod blame;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;

use self::alike::{Difference, find_differences};
use self::blame::{Harmed, most_likely_write};
use super::beside::{Ties, came_since};
use super::fatal::notice_late_death;
use super::own::Own;
use super::run::ScanOutcome;
use super::{beside, companions, operation_ref};
use crate::model::{ANONYMOUS, OperationId, clean_name};
use crate::probe::{Answer, Ask, AskCaller, Journal, Probe};
use crate::report::{HarmRow, Status, Write};
use crate::survey::{Baseline, Survey, Surveyed, is_clear_success};

/// Most reads that are repeated.
const MAX_READS: usize = 400;
/// Most differences that a report lists.
const MAX_ROWS: usize = 40;
/// Most differences that its first sentence names.
const MAX_NAMED: usize = 3;
/// Most values that a note names which an application keeps by itself.
const MAX_MOVED: usize = 12;
/// Time between two looks: what shows the time in seconds differs between them, and shows nothing else.
const PAUSE: Duration = Duration::from_millis(1_100);

/// A read of the survey, to be repeated.
struct Reread<'a> {
    surveyed: &'a Surveyed,
    /// As whom.
    caller: String,
    ask: Ask,
    first: Arc<Answer>,
    second: Option<Arc<Answer>>,
    /// Two answers to one request of some caller: what differs between them comes and goes by itself.
    twice: Option<(Arc<Answer>, Arc<Answer>)>,
    /// The caller's account is gone by now, or the read may be of what the scan made: a refusal is what it should get, and
    /// only a failure says anything.
    is_former: bool,
    /// It was asked before anything was written: nothing in it is the scan's own.
    is_from_before: bool,
}

/// Reads again what the survey read, and reports what was fine and is not. `before_undo` is the number of writes that
/// were noted before anything was undone.
pub async fn after_check(probe: &Probe, outcome: &mut ScanOutcome, before_undo: usize) {
    let Some(journal) = probe.journal().filter(|journal| !journal.is_empty()) else { return };
    // A dead target fails every read: that is reported as its death, and as no harm.
    if probe.death().is_some() {
        return;
    }
    let own = Own::of(journal);
    let reads = reads_to_repeat(probe, (&outcome.survey, outcome.before.as_deref()), journal, &own);

    // Twice for each, and a renewed session now and then.
    probe.begin_cleaning(reads.len() as u64 * 2 + 20);
    let entries = journal.entries();
    let ties = Ties { people: &outcome.survey.people, entries: &entries, own: &own };
    let looks = repeat_reads(probe, &reads, &ties).await;
    let (mut first, mut marked, mut kept, mut moved) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());

    for (read, look) in reads.iter().zip(looks) {
        let (of_application, of_scan): (Vec<_>, Vec<_>) = look.differences.into_iter().partition(Difference::is_kept);
        // Later rows may be the scan's own; only what was there before the first write is the application's.
        let of_application = of_application.into_iter().filter(|_| read.is_from_before);
        moved.extend(of_application.map(|difference| (&read.surveyed.operation.id, difference)));
        first.push(of_scan);
        marked.extend(look.marked);
        kept.extend(look.kept);
    }

    companions::tell_marked(&mut outcome.report, marked.into_iter());
    beside::add_kept_rows(&mut outcome.report, kept);
    outcome.report.notes.extend(moved_note(probe, &moved));
    let suspects: Vec<(&Reread<'_>, Vec<Difference>)> =
        reads.iter().zip(first).filter(|(_, found)| !found.is_empty()).collect();
    outcome.report.scan.requests = probe.sent();

    // A target that died while it was cleaned up fails every read as well: one death, and no list of harm.
    if suspects.is_empty() || notice_late_death(probe, &mut outcome.report).await {
        return;
    }
    tokio::time::sleep(PAUSE).await;
    let mut rows = Vec::new();

    for (read, before) in suspects {
        let Ok(answer) = probe.look_again(&read.ask).await else { continue };
        let again = read.differs(probe, &answer, &own);

        // What is not the same twice changes by itself.
        for difference in before.iter().filter(|difference| again.contains(difference)) {
            rows.push(build_harm_row(probe, journal, read, difference, before_undo));
        }
    }

    let report = &mut outcome.report;
    report.scan.requests = probe.sent();

    if !rows.is_empty() {
        report_harm(report, rows);
    }
}

/// Names values of what was there before that an application keeps by itself, and that are others now.
fn moved_note(probe: &Probe, moved: &[(&OperationId, Difference)]) -> Option<String> {
    let mut told = BTreeSet::new();
    let mut named: Vec<String> = Vec::new();

    for (operation, difference) in moved {
        if told.insert((&difference.about.rows, &difference.about.field)) && named.len() < MAX_MOVED {
            let line = format!("{}, now {} ({operation})", difference.before, difference.now);
            named.push(probe.redactor().line(&line, 200));
        }
    }

    let more = told.len().saturating_sub(named.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    (!named.is_empty()).then(|| {
        format!(
            "of what was there before, values that an application keeps by itself (counts, fields that were empty) are \
             others now: {}{more}",
            named.join("; ")
        )
    })
}

fn report_harm(report: &mut crate::report::Report, mut rows: Vec<HarmRow>) {
    let all = rows.len();
    rows.truncate(MAX_ROWS);
    let line = |row: &HarmRow| {
        let likely = row.likely.as_ref().map(|likely| format!("; most likely by {likely}")).unwrap_or_default();
        let operation = format!("{} {}", row.operation.method, row.operation.path);
        format!("{operation} as {}: {} before, {} now{likely}", row.identity, row.before, row.now)
    };
    let named: Vec<String> = rows.iter().take(MAX_NAMED).map(line).collect();
    let more = if all > MAX_NAMED { format!(", and {} more", all - MAX_NAMED) } else { String::new() };
    let because = format!("what was fine before the scan is not any more: {}{more}", named.join(" | "));
    // The earlier reason stays as a note: harm is what the user has to see first.
    report.notes.extend(report.scan.untrusted_because.take());
    report.scan.untrusted_because = Some(because.clone());
    report.scan.untrusted_step = None;
    report.scan.status = Status::Harm;
    report.score.value = None;
    report.score.grade = None;
    report.score.withheld_because = Some(because);

    report.harm = rows;
}

/// The reads that can be repeated, as they were before anything was written; else, as the survey saw them: as a caller who
/// is still there, as a stranger where strangers were served, and as a former account of the scan's own.
fn reads_to_repeat<'a>(
    probe: &Probe,
    (survey, before): (&'a Survey, Option<&Survey>),
    journal: &Journal,
    own: &Own,
) -> Vec<Reread<'a>> {
    let former: BTreeSet<String> = journal.accounts().into_iter().map(|account| account.name).collect();
    // A spare account (`auto-a+1`) is named after the account that it stands beside.
    let is_former = |name: &str| former.contains(name.split('+').next().unwrap_or(name));
    let mut reads = Vec::new();
    let operations = survey.operations.iter();

    // What an operation gives only so often is not spent on a comparison.
    for surveyed in operations.filter(|surveyed| !probe.is_scarce(&surveyed.operation.id)) {
        let glimpse = before.and_then(|before| before.operation(&surveyed.operation.id));
        let glimpsed: Vec<Reread<'a>> = glimpse.map(|glimpse| as_before(surveyed, glimpse)).unwrap_or_default();
        let has_own = glimpsed.iter().any(|read| read.caller != ANONYMOUS);
        let has_strangers = glimpsed.iter().any(|read| read.caller == ANONYMOUS);
        reads.extend(glimpsed);
        // What was asked for by an id of the scan's own is gone by now, as it should be.
        let comparable = |baseline: &&Baseline| !own.is_asked_for(surveyed, baseline);
        // A caller that is still there is compared in full; of a former one only a failure says anything.
        let mut lasting = surveyed.valid().filter(|baseline| !is_former(&baseline.caller)).filter(comparable);
        let first = lasting.next();
        let chosen = first.or_else(|| surveyed.valid().find(comparable)).filter(|_| !has_own);
        reads.extend(chosen.map(|baseline| Reread {
            surveyed,
            caller: baseline.caller.clone(),
            ask: baseline.ask(),
            first: Arc::clone(&baseline.first),
            second: baseline.second.clone(),
            twice: repeated_answers(surveyed),
            is_former: is_former(&baseline.caller) || is_news(baseline, before),
            is_from_before: false,
        }));

        let says_little = |baseline: &Baseline| is_former(&baseline.caller) || is_news(baseline, before);
        let of_former = surveyed.asked_by_strangers().filter(comparable).map(says_little);
        // Without identities the caller's own read is the stranger's already.
        let is_new = first.is_none_or(|baseline| baseline.caller != ANONYMOUS);
        reads.extend(
            of_former.filter(|_| is_new && !has_strangers).and_then(|is_former| as_stranger(surveyed, is_former)),
        );
    }

    reads.truncate(MAX_READS);
    reads
}

/// Returns what an operation answered before anything was written, to a caller and to a stranger.
fn as_before<'a>(surveyed: &'a Surveyed, glimpse: &Surveyed) -> Vec<Reread<'a>> {
    let read = |caller: &str, ask: Ask, first: &Arc<Answer>| Reread {
        surveyed,
        caller: caller.to_owned(),
        ask,
        first: Arc::clone(first),
        second: None,
        twice: repeated_answers(surveyed),
        is_former: false,
        is_from_before: true,
    };

    let own = glimpse.valid().next().map(|baseline| read(&baseline.caller, baseline.ask(), &baseline.first));
    let strangers = glimpse.asked_by_strangers().zip(glimpse.anonymous.as_ref());
    let strangers = strangers
        .filter(|(_, answer)| answer.response().is_some_and(is_clear_success))
        .map(|(baseline, answer)| read(ANONYMOUS, baseline.ask_as(AskCaller::Anonymous), answer));
    own.into_iter().chain(strangers).collect()
}

/// Whether a read shows what nothing showed before the first write: it may have come with that, and gone with it.
fn is_news(baseline: &Baseline, before: Option<&Survey>) -> bool {
    let was_known = |before: &Survey| {
        baseline
            .object
            .as_ref()
            .is_some_and(|key| before.objects.known.get(key).is_some_and(|object| !object.reference))
    };

    before.is_some_and(|before| !was_known(before))
}

fn repeated_answers(surveyed: &Surveyed) -> Option<(Arc<Answer>, Arc<Answer>)> {
    surveyed.by.values().find_map(|baseline| Some((Arc::clone(&baseline.first), Arc::clone(baseline.second.as_ref()?))))
}

/// The strangers' request; it names what a former account had where that one's request is what they repeated.
fn as_stranger(surveyed: &Surveyed, is_former: bool) -> Option<Reread<'_>> {
    let baseline = surveyed.asked_by_strangers()?;
    let first = surveyed.anonymous.as_ref().filter(|answer| answer.response().is_some_and(is_clear_success))?;
    Some(Reread {
        surveyed,
        caller: ANONYMOUS.to_owned(),
        ask: baseline.ask_as(AskCaller::Anonymous),
        first: Arc::clone(first),
        second: None,
        twice: repeated_answers(surveyed),
        is_former,
        is_from_before: false,
    })
}

/// What a second look at a read came to.
#[derive(Default)]
struct Look {
    differences: Vec<Difference>,
    /// Rows that carry a mark of the scan and are no write of its own.
    marked: Vec<Write>,
    /// Rows that the application keeps by itself.
    kept: Vec<Write>,
}

async fn repeat_reads(probe: &Probe, reads: &[Reread<'_>], ties: &Ties<'_>) -> Vec<Look> {
    let mut jobs: Vec<BoxFuture<'_, Look>> = Vec::new();
    for read in reads {
        jobs.push(Box::pin(look_at(probe, read, ties)));
    }
    stream::iter(jobs).buffered(8).collect().await
}

async fn look_at(probe: &Probe, read: &Reread<'_>, ties: &Ties<'_>) -> Look {
    let Ok(answer) = probe.look_again(&read.ask).await else {
        // A session that has ended is told elsewhere, and shows nothing here.
        return Look::default();
    };
    // A row is new only against what was there before the first write.
    let journal = probe.journal().filter(|_| read.is_from_before);
    let (operation, caller) = (&read.surveyed.operation, read.caller.as_str());
    let marked = journal.map(|journal| companions::new_marked_rows(journal, operation, caller, (&read.first, &answer)));
    let kept = came_since(ties, operation, caller, (&read.first, &answer));

    Look { differences: read.differs(probe, &answer, ties.own), marked: marked.unwrap_or_default(), kept }
}

impl Reread<'_> {
    fn differs(&self, probe: &Probe, now: &Answer, own: &Own) -> Vec<Difference> {
        let fails = now.response().is_none_or(|response| response.status >= 500);
        if self.is_former {
            return if fails { vec![Difference::of_status(&self.first, now)] } else { Vec::new() };
        }
        // A limit that is reached says nothing of what stands there.
        if now.status() == Some(429) {
            return Vec::new();
        }
        find_differences(probe, self, now, own)
    }
}

fn build_harm_row(
    probe: &Probe,
    journal: &Journal,
    read: &Reread<'_>,
    difference: &Difference,
    before_undo: usize,
) -> HarmRow {
    let redact = |text: &str| probe.redactor().line(text, 200);
    // A read that was served again during the scan clears the writes before it, as far as the status goes.
    let from = if difference.is_status() { probe.written_at_last_read(&read.ask.url) } else { 0 };
    let harmed = Harmed { operation: &read.surveyed.operation.id, address: &read.ask.url, about: &difference.about };
    let likely = most_likely_write(&journal.entries(), &harmed, from).map(|entry| {
        let undoing = if entry.n >= before_undo { ", while it was undone" } else { "" };
        redact(&format!("{} as {}{undoing}", clean_name(&entry.note.operation, 120), entry.note.caller))
    });
    HarmRow {
        operation: operation_ref(&read.surveyed.operation.id),
        identity: read.caller.clone(),
        before: redact(&difference.before),
        now: redact(&difference.now),
        likely,
    }
}
